"""An environment on this machine for the rows about rollouts: a small service under supervisor, HAProxy, and a load."""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from .machine import BUILD, CI
from .repositories import commit, git

LOAD = BUILD.parent / "release" / "bench" / "http_load"
RATE = 1050  # asked for: what is promised is 1,000 requests a second

# Cheap enough that the machine is left to what is measured; ends at once when told to, as if it had no idea of
# open requests: that nobody is cut off is the rollout's business.
SERVICE = '''
import asyncio, os
VERSION, STATUS = "{version}", "{status}"
BODY = (VERSION + "\\n").encode()
HEAD = "HTTP/1.1 %s\\r\\nContent-Length: " + str(len(BODY)) + "\\r\\n\\r\\n"
GOOD, PAGE = ((HEAD % status).encode() + BODY for status in ("200 OK", STATUS))

class Answer(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.rest = transport, b""
    def data_received(self, data):
        *requests, self.rest = (self.rest + data).split(b"\\r\\n\\r\\n")
        for request in requests:
            self.transport.write(GOOD if request.startswith(b"GET /healthz ") else PAGE)

async def serve():
    server = await asyncio.get_running_loop().create_server(Answer, "127.0.0.1", int(os.environ["PORT"]), backlog=1000)
    await server.serve_forever()

asyncio.run(serve())
'''

PIPELINE = """
package:
  script: "true"
  artifacts: {paths: [service.py]}
"""

ENVIRONMENTS = """
production:
  target: hosts
  hosts: local
  service: supervisor
  folder: {folder}
  application: {{artifact: service.py, run: python3 -S service.py}}
  ports: {ports}
  instances: {instances}
  health: {{http: /healthz}}
  drain: 10s
  traffic: {{haproxy: {{listen: "127.0.0.1:{public}"}}}}
  {more}
"""


def free_ports(count):
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in taken]
    for one in taken:
        one.close()
    return ports


def end_hosts(folder):
    """Ends the supervisors below a folder, and waits until all that they ran is gone."""
    for path in Path(folder).glob("**/supervisor/pid"):
        try:
            pid = int(path.read_text())
            os.kill(pid, signal.SIGTERM)
            while Path(f"/proc/{pid}").exists():
                time.sleep(0.02)
        except (OSError, ValueError):
            pass


class Scratch:
    """`with` one: a folder of its own, with the project in `app`, for a `ci` whose state lies there. Whoever derives says
    how it is set up, and how it ends."""

    def __init__(self):
        # A short path: the sockets of supervisor and HAProxy lie in it.
        self.folder = Path(tempfile.mkdtemp(prefix="penstock-bench.", dir="/var/tmp"))
        self.app = self.folder / "app"
        self.environment = {**os.environ, "XDG_STATE_HOME": str(self.folder / "state"), "XDG_DATA_HOME": str(self.folder / "data")}

    def __enter__(self):
        try:
            return self.set_up()
        except BaseException:
            self.__exit__()
            raise

    def begin_repository(self):
        git(self.app, "init", "--quiet", "--initial-branch=main")
        git(self.app, "config", "user.name", "Bench")
        git(self.app, "config", "user.email", "bench@example.com")


class Rig(Scratch):
    """`with Rig("rolling", instances=4) as rig`: a scratch project whose environment `production` has that strategy."""

    def __init__(self, strategy, instances=4, more=""):
        super().__init__()
        self.instances = instances
        self.public, *ports = free_ports(1 + 3 * instances)
        self.settings = ENVIRONMENTS.format(folder=self.folder / "production", ports=sorted(ports), instances=instances,
                                            public=self.public, more=f"strategy: {strategy}\n  {more}")
        self.number = 0

    def set_up(self):
        (self.app / ".ci").mkdir(parents=True)
        self.begin_repository()
        (self.app / ".ci" / "main.yml").write_text(PIPELINE)
        (self.app / ".ci" / "environments.yml").write_text(self.settings)
        self.build()
        self.ci("deploy", "production")
        return self

    def __exit__(self, *_):
        end_hosts(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)

    def ci(self, *words, status=0):
        """Runs `ci`; its seconds, standard output and errors."""
        begin = time.monotonic()
        done = subprocess.run([CI, *words], cwd=self.app, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=300, check=False)
        if done.returncode != status:
            raise RuntimeError(f"ci {' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return time.monotonic() - begin, done.stdout, done.stderr

    def start(self, *words):
        return subprocess.Popen([CI, *words], cwd=self.app, env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def build(self, status="200 OK"):
        """Commits and builds the next version; its name."""
        self.number += 1
        version = f"{self.number}.0"
        (self.app / "service.py").write_text(SERVICE.format(version=version, status=status))
        commit(self.app, version)
        self.ci("run")
        return version

    def says(self, path="/healthz"):
        """What production answers: status and body."""
        line = http.client.HTTPConnection("127.0.0.1", self.public, timeout=10)
        try:
            line.request("GET", path)
            answer = line.getresponse()
            return answer.status, answer.read().decode().strip()
        finally:
            line.close()

    def must_be_live(self, version):
        if self.says() != (200, version):
            raise RuntimeError(f"production says {self.says()}, not {version}")

    def bare_start(self):
        """Seconds from the service's start by hand until it answers, once more than it takes to load it into memory."""
        taken = 0.0
        for _ in range(2):
            port = free_ports(1)[0]
            begin = time.monotonic()
            service = subprocess.Popen(["python3", "-S", "service.py"], cwd=self.app, env={**self.environment, "PORT": str(port)})
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    time.sleep(0.002)
            taken = time.monotonic() - begin
            service.kill()
            service.wait()
        return taken


class Load:
    """`with Load(rig) as load`: requests at a steady rate meanwhile. Afterwards `sums` has what became of them."""

    def __init__(self, rig, rate=RATE):
        self.words = [LOAD, str(rig.public), str(rate), "0", "/page"]
        self.lines = []  # (seconds since 1970, good, bad, lost), each 100 ms

    def __enter__(self):
        self.begun = time.monotonic()
        self.process = subprocess.Popen(self.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        return self

    def read(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                self.sums = json.loads(line)
            else:
                at, *counts = map(int, line.split())
                self.lines.append((at / 1000, *counts))

    def __exit__(self, *_):
        self.process.stdin.close()
        self.seconds = time.monotonic() - self.begun
        self.reader.join()
        self.process.wait()

    @property
    def failed(self):
        return self.sums["bad"] + self.sums["lost"]

    @property
    def rate(self):
        return self.sums["requests"] / self.seconds

    def worst_share(self, window=10):
        """The greatest share of failed requests over so many lines (one second) in a row."""
        worst = 0.0
        for end in range(window, len(self.lines) + 1):
            part = self.lines[end - window:end]
            all_of_them = sum(good + bad + lost for _, good, bad, lost in part)
            if all_of_them:
                worst = max(worst, sum(bad + lost for _, _, bad, lost in part) / all_of_them)
        return worst
