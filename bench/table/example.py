"""The example project, carried to production by `ci` and by hand: the same commands, two at a time, without `ci`."""
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from .machine import CI, ROOT
from .repositories import commit, git
from .rig import Scratch, end_hosts, free_ports

SHELL = "set -eo pipefail\n"
FREE_OF_WAITS = "  strategy: {blue-green: {keep_old: 0s}}\n"


def answer_of(port):
    """The release that a service says it is; nothing where it isn't healthy."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return json.load(answer)["release"]
    except (OSError, urllib.error.HTTPError, ValueError):
        return None


class Example(Scratch):
    """`with Example() as example`: in a scratch repository, its waits (canary, bake time) left out of production."""

    def __init__(self):
        super().__init__()
        self.bare = self.folder / "bare"
        self.round = 0

    def set_up(self):
        shutil.copytree(ROOT / "examples" / "python-app", self.app, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "dist", "build"))
        ports = sorted(free_ports(12))
        self.staging, self.production, *rest = ports
        settings = (self.app / ".ci" / "environments.yml").read_text()
        settings = settings[:settings.index("  strategy:\n")] + FREE_OF_WAITS
        for words, port in (("127.0.0.1:8100", self.staging), ("127.0.0.1:8200", self.production)):
            settings = settings.replace(words, f"127.0.0.1:{port}")
        settings = settings.replace("ports: 8101-8104", f"ports: {rest[:4]}").replace("ports: 8201-8206", f"ports: {rest[4:]}")
        settings = settings.replace("~/.local/state/python-app", str(self.folder / "hosts"))
        (self.app / ".ci" / "environments.yml").write_text(settings)
        release = self.app / ".ci" / "release.yml"
        release.write_text(release.read_text().replace("8100", str(self.staging)))
        pythons = subprocess.run(["ci/pythons"], cwd=self.app, check=True, capture_output=True, text=True).stdout
        (self.app / ".ci" / "pythons.yml").write_text(pythons)
        self.begin_repository()
        commit(self.app)
        plan = json.loads(self.ci("plan", "-p", "deploy", "--json"))
        self.jobs = {job["name"]: job for job in plan["jobs"]}
        return self

    def __exit__(self, *_):
        end_hosts(self.folder)
        subprocess.run(["chmod", "-R", "u+rwX", self.folder], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def ci(self, *words):
        done = subprocess.run([CI, *words], cwd=self.app, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=900, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"ci {' '.join(words)} ended with {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return done.stdout

    def change(self):
        """The next commit: another version of one page."""
        self.round += 1
        with open(self.app / "src" / "app" / "views.py", "a", encoding="utf-8") as page:
            page.write(f"# Change {self.round}.\n")
        commit(self.app, f"Change {self.round}")

    def to_live(self, *words):
        """Seconds until production serves another release than before, by these words of `ci`."""
        before = answer_of(self.production)
        begin = time.monotonic()
        process = subprocess.Popen([CI, *words], cwd=self.app, env=self.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        live = None
        while process.poll() is None:
            now = answer_of(self.production)
            if live is None and now not in (None, before):
                live = time.monotonic() - begin
            time.sleep(0.02 if live is None else 0.1)
        errors = process.communicate()[1]
        if process.returncode != 0 or live is None:
            raise RuntimeError(f"ci {' '.join(words)} ended with {process.returncode}, live {live}\n{errors[-4000:]}")
        return live

    def by_hand(self):
        """Seconds of build and tests, of the starts with the smoke test, and of the installation, without `ci`."""
        self.lay_out()
        begin = time.monotonic()
        self.run_jobs()
        built = time.monotonic()
        first = next((self.folder / "hosts" / "staging" / "releases").glob("*/venv"))
        with Started(first, self.environment, free_ports(1)) as staging:
            self.run_bare("smoke", {"STAGING": str(staging.ports[0])}, str(self.staging), str(staging.ports[0]))
        with Started(first, self.environment, free_ports(2)):
            started = time.monotonic()
        return built - begin, started - built, self.install_by_hand(first.parent)

    def bare_start(self):
        """Seconds from the start of production's instances by hand until both are healthy."""
        venv = next((self.folder / "hosts" / "production" / "releases").glob("*/venv"))
        begin = time.monotonic()
        with Started(venv, self.environment, free_ports(2)):
            return time.monotonic() - begin

    def lay_out(self):
        """Each job's folder as a checkout of the commit, with what it had made before."""
        for name in self.jobs:
            place = self.bare / self.slug(name)
            if not place.exists():
                subprocess.run(["git", "clone", "--quiet", self.app, place], check=True)
            git(place, "fetch", "--quiet", "origin", "main")
            git(place, "reset", "--quiet", "--hard", "FETCH_HEAD")
            shutil.rmtree(place / "dist", ignore_errors=True)

    @staticmethod
    def slug(name):
        return "".join(c if c.isalnum() else "-" for c in name)

    def run_jobs(self):
        """As `ci` runs them: in the order of the pipeline, two at a time, each when what it needs is there."""
        waiting = [name for name, job in self.jobs.items() if "steps" in job and job["stage"] in ("build", "test")]
        running, done = {}, set()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            while waiting or running:
                for name in [name for name in waiting if all(need["job"] in done for need in self.jobs[name].get("needs", []))]:
                    if len(running) < os.cpu_count():
                        waiting.remove(name)
                        running[pool.submit(self.run_bare, name)] = name
                for one in wait(running, return_when=FIRST_COMPLETED).done:
                    one.result()
                    done.add(running.pop(one))

    def run_bare(self, name, more=None, old="", new=""):
        job, place = self.jobs[name], self.bare / self.slug(name)
        environment = {**self.environment, **{each["name"]: each["value"] for each in job["variables"]}, **(more or {})}
        if job.get("image"):
            python = subprocess.run(["ci/python", environment["PYTHON"], "-c", "import sys; print(sys.prefix)"], cwd=place, check=True,
                                    capture_output=True, text=True).stdout.strip()
            environment["PATH"] = f"{python}/bin:{environment['PATH']}"
        if "package" in [need["job"] for need in job.get("needs", [])]:
            shutil.copytree(self.bare / "package" / "dist", place / "dist", dirs_exist_ok=True)
        for step in job["steps"]:
            script = SHELL + "\n".join(step["script"])
            if old:
                script = script.replace(old, new)
            done = subprocess.run(["bash", "-c", script], cwd=place, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"{name} by hand: {done.stdout[-2000:]}{done.stderr[-2000:]}")

    def install_by_hand(self, release):
        """What hosts do with the wheels, once an environment."""
        place = self.folder / "by-hand"
        begin = time.monotonic()
        subprocess.run(["python3", "-m", "venv", "--without-pip", place], check=True)
        subprocess.run(["python3", "-m", "pip", "--python", place, "--disable-pip-version-check", "install", "--quiet", "--no-index",
                        "--require-hashes", "--no-deps", "--find-links", release / "wheels", "-r", release / "requirements.txt"], check=True)
        taken = time.monotonic() - begin
        shutil.rmtree(place)
        return taken


class Started:
    """The service on these ports, by hand; entered when all of them are healthy."""

    def __init__(self, venv, environment, ports):
        self.venv, self.environment, self.ports = venv, environment, ports

    def __enter__(self):
        self.services = [subprocess.Popen([self.venv / "bin" / "waitress-serve", f"--listen=127.0.0.1:{port}", "--call", "app:create_app"],
                                          env={**self.environment, "RELEASE": "by hand", "APP_ENVIRONMENT": "by hand"},
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for port in self.ports]
        for port in self.ports:
            while answer_of(port) is None:
                time.sleep(0.01)
        return self

    def __exit__(self, *_):
        for service in self.services:
            service.kill()
            service.wait()
