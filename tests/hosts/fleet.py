"""What each scenario on real hosts stands on: two machines of with_hosts, a project whose service they run, and visitors."""

import http.client
import json
import os
import re
import subprocess
import threading
import time
import unittest
from collections import Counter

from scenario import Scenario

HOSTS = os.environ.get("PENSTOCK_TEST_HOSTS", "")
NAMES = ("web-1", "web-2")
FRONT = 8000  # where HAProxy listens, on web-1

# Says its version, and what the kernel thinks of its process. Such a share of its pages fails.
SERVICE = '''
    import http.server
    import json
    import os
    import random
    import signal

    VERSION = "{version}"
    ERRORS = {errors}

    def facts():
        status = dict(line.rstrip("\\n").split(":\\t") for line in open("/proc/self/status") if ":\\t" in line)
        return {{"user": os.getuid(), "no_new_privileges": status["NoNewPrivs"], "capabilities": status["CapBnd"],
                "writes_etc": os.access("/etc/hostname", os.W_OK), "own_tmp": not os.path.exists("/tmp/of-the-machine"),
                "secret": open(os.environ["CREDENTIALS_DIRECTORY"] + "/TOKEN").read(),
                "shown": "s3cret" in open("/proc/self/environ").read() + open("/proc/self/cmdline").read()}}

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = (json.dumps(facts()) if self.path == "/facts" else VERSION).encode()
            self.send_response(500 if self.path == "/" and random.random() < ERRORS else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            if self.path == "/seen":
                print(VERSION, "was asked", flush=True)

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 128

    def main():
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        Server(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()

    if __name__ == "__main__":
        main()
    '''


def service(version, errors=0):
    return SERVICE.format(version=version, errors=errors)


class Visitors:
    """Ask for a page all the while, each time on a connection of their own."""

    def __init__(self, address, port, count=3):
        self.place = address, port
        self.seen, self.failures = Counter(), []
        self.ending, self.lock = threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self.ask_on) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def ask_on(self):
        while not self.ending.wait(0.01):
            begun = time.time()
            try:
                status, text = get(self.place)
            except OSError as error:
                status, text = 0, repr(error)
            except http.client.HTTPException as error:
                status, text = 0, repr(error)
            with self.lock:
                if status == 200:
                    self.seen[text] += 1
                else:
                    self.failures.append((round(begun, 2), round(time.time() - begun, 2), status, text))

    def end(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def total(self):
        with self.lock:
            return sum(self.seen.values())


def get(place, path="/"):
    connection = http.client.HTTPConnection(*place, timeout=20)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def at_machine(host, command):
    """Runs it there without ssh; its standard output."""
    done = subprocess.run([HOSTS + "/on", host, command], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"{host}: {command}: {done.stdout}{done.stderr}")
    return done.stdout


@unittest.skipUnless(HOSTS, "there are no test hosts; tests/hosts/with_hosts makes them")
class Fleet(Scenario):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.clear_hosts)
        self.addresses = {host: at_machine(host, "hostname -I").split()[0] for host in NAMES}
        self.front = self.addresses["web-1"], FRONT
        self.run_ci_secret("TOKEN", "s3cret")

    def run_ci_secret(self, name, value):
        self.ci("secrets", "set", name, given=value)

    def clear_hosts(self):
        for host in NAMES:
            if self.docker("inspect", "--format", "{{.State.Status}}", host).strip() != "running":
                self.revive(host)
            at_machine(host, "systemctl start ssh; systemctl stop --quiet 'penstock-*' 2>/dev/null; rm -rf /var/lib/penstock "
                             "/etc/systemd/system/penstock-* /etc/systemd/system/*.wants/penstock-*; systemctl daemon-reload; "
                             "systemctl reset-failed")

    def revive(self, host):
        """It comes back as it was. Waits until its system has come up, and sshd is through with those who knocked meanwhile."""
        if self.docker("inspect", "--format", "{{.State.Status}}", host).strip() == "paused":
            self.docker("unpause", host)
        else:
            self.docker("start", host)
        self.wait_for(lambda: all(self.answers(host) for _ in range(5)))

    @staticmethod
    def answers(host):
        ssh = ["ssh", f"-F{HOSTS}/config", "-oBatchMode=yes", "-oConnectTimeout=5", host, "systemctl is-system-running --wait"]
        return subprocess.run(ssh, capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=60).stdout in (b"running\n", b"degraded\n")

    def cut(self, host):
        """All packets to it and from it are lost until `join`."""
        self.run_checked("ip", "link", "set", self.wire(host), "nomaster")

    def join(self, host):
        self.run_checked("ip", "link", "set", self.wire(host), "master", "docker0")
        self.wait_for(lambda: all(self.answers(host) for _ in range(5)))

    def wire(self, host):
        """Our end of its network."""
        inspected = ["inspect", "--format", "{{.State.Pid}}", host]
        at_host = ["nsenter", "--net", "--target", self.docker(*inspected).strip(), "ip", "-o", "link", "show", "eth0"]
        number = re.search("eth0@if([0-9]+):", self.run_checked(*at_host)).group(1)
        return re.search(rf"^{number}: ([^@:]+)", self.run_checked("ip", "-o", "link"), re.M).group(1)

    def visit(self, port=FRONT, count=3):
        visitors = Visitors(self.addresses["web-1"], port, count)
        self.addCleanup(visitors.end)
        return visitors

    def assert_all_served(self, visitors, least=20):
        visitors.end()
        self.assertEqual(visitors.failures, [])
        self.assertGreater(visitors.total(), least)

    def docker(self, *command):
        """What happens to a machine: `kill`, `start`, `pause`, `unpause`."""
        return self.run_checked(HOSTS + "/docker", *command)

    def shares(self, requests=200, port=FRONT):
        """Of each version among so many requests."""
        seen = Counter(get((self.addresses["web-1"], port)) for _ in range(requests))
        self.assertEqual([answer for answer in seen if answer[0] != 200], [])
        return {text: count / requests for (_, text), count in seen.items()}

    def environment_json(self, name="production"):
        return {one["name"]: one for one in json.loads(self.ci("env", "--json").out)}[name]

    def units(self, host, environment="production"):
        """Instances that stand there: port → state."""
        text = at_machine(host, f"systemctl list-units --all --plain --no-legend 'penstock-{environment}@*.service'")
        return {line.split()[0].split("@")[1].removesuffix(".service"): line.split()[2] for line in text.splitlines()}

    def folders(self, host, environment="production"):
        return at_machine(host, f"ls /var/lib/penstock/{environment}/instances 2>/dev/null || true").split()

    def assert_live(self, version, instances=4):
        self.assertEqual(self.shares(40), {version: 1})
        states = [state for host in NAMES for state in self.units(host).values()]
        self.assertEqual(states, ["active"] * instances)
        for host in NAMES:
            self.assertEqual(sorted(self.folders(host)), sorted(self.units(host)))
