"""From a commit through staging and the gate into production, on this machine: supervisor, HAProxy and the real thing."""

import contextlib
import json
import os
import shutil
import signal
import socket
import threading
import unittest
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

from scenario import Scenario

# The service: what it says of itself at /healthz, and a page that a bad version fails at.
SERVICE = '''
    import http.server
    import os

    VERSION = "{version}"
    PAGE_STATUS = {page_status}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/healthz" else PAGE_STATUS)
            body = (VERSION + " " + os.environ["WHERE"] + "\\n").encode()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    def main():
        http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()

    if __name__ == "__main__":
        main()
    '''

# A wheel is an archive with a list of what is in it; a build system would need an index.
MAKE_WHEEL = '''
    import pathlib, re, zipfile
    source = pathlib.Path("service.py").read_text()
    version = re.search('VERSION = "(.*)"', source)[1]
    info = f"service-{version}.dist-info/"
    files = {"service.py": source,
             info + "METADATA": f"Metadata-Version: 2.1\\nName: service\\nVersion: {version}\\n",
             info + "WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
    files[info + "RECORD"] = "".join(f"{name},,\\n" for name in [*files, info + "RECORD"])
    pathlib.Path("dist").mkdir()
    with zipfile.ZipFile(f"dist/service-{version}-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    '''

RELEASE = """
    stages: [build, staging, production]
    package:
      stage: build
      script: python3 make_wheel.py
      artifacts: {{paths: [dist/]}}
    staging:
      stage: staging
      rollout: staging
    smoke:
      stage: staging
      needs: [package, staging]
      script: 'test "$(curl --silent http://127.0.0.1:{staging}/healthz)" = "1.0 staging"'
    production:
      stage: production
      rollout: production
      when: manual
      allow_failure: false
    """

CANARY = """
    stages: [build, production]
    package:
      stage: build
      script: python3 make_wheel.py
      artifacts: {paths: [dist/]}
    production:
      stage: production
      rollout: production
    """

ENVIRONMENTS = """
    .web:
      target: hosts
      hosts: local
      service: supervisor
      application: {{run: python -m service}}
      health: {{http: /healthz, every: 100ms}}
      drain: 1s
    staging:
      extends: .web
      folder: {home}/staging
      ports: {staging_ports}
      application: {{variables: {{WHERE: staging}}}}
      traffic: {{haproxy: {{listen: "127.0.0.1:{staging}"}}}}
    production:
      extends: .web
      folder: {home}/production
      ports: {production_ports}
      application: {{variables: {{WHERE: production}}}}
      traffic: {{haproxy: {{listen: "127.0.0.1:{production}"}}}}
      strategy: {{canary: {{steps: [{{weight: 50, analysis: 3s}}]}}}}
      analysis: {{every: 1s, metrics: [{{errors: {{max: 10%}}}}]}}
    """

# Without a wheel there is no virtual environment to make.
PLAIN = """
    production:
      target: hosts
      hosts: local
      service: supervisor
      folder: {home}/production
      application:
        artifact: service.py
        run: {run}
        variables: {{WHERE: production}}
        stop: {{within: 2s}}
      ports: {production_ports}
      health: {{http: /healthz, every: 100ms, start_within: 3s}}
      drain: 1s
      traffic: {{haproxy: {{listen: "127.0.0.1:{production}"}}}}
      strategy: {strategy}
    """

PLAIN_PIPELINE = """
    package:
      script: "true"
      artifacts: {paths: [service.py]}
    """


def free_ports(count):
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in taken]
    for one in taken:
        one.close()
    return ports


@unittest.skipUnless(shutil.which("supervisord", path="/usr/bin:/usr/local/bin") and shutil.which("haproxy", path="/usr/sbin"),
                     "needs supervisor and haproxy")
class Delivery(Scenario):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.end_hosts)
        self.staging, self.production, *slots = free_ports(8)
        self.facts = {"home": self.home, "staging": self.staging, "production": self.production,
                      "staging_ports": slots[:2], "production_ports": sorted(slots[2:])}

    def end_hosts(self):
        for pid in self.home.glob("*/supervisor/pid"):
            os.kill(int(pid.read_text()), signal.SIGTERM)
        self.wait_for(lambda: not self.processes())

    def service(self, version, page_status=200):
        return SERVICE.format(version=version, page_status=page_status)

    def commit_plain(self, version, strategy="blue-green", run="exec python3 service.py", service=None):
        self.commit({".ci/main.yml": PLAIN_PIPELINE, "service.py": service or self.service(version),
                     ".ci/environments.yml": PLAIN.format(strategy=strategy, run=run, **self.facts)}, message=version)

    def deploy_plain(self, version, status=0, **options):
        self.commit_plain(version, **options)
        self.ci("run")
        return self.ci("deploy", "production", status=status)

    def get(self, port, path="/healthz"):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode().strip()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode().strip()
        except OSError as error:
            return None, str(error)

    def assert_live(self, version):
        self.assertEqual(self.get(self.production), (200, version + " production"))

    def test_a_release_goes_through_staging_and_the_gate_and_a_bad_canary_is_taken_back(self):
        self.commit({".ci/release.yml": RELEASE.format(**self.facts), ".ci/canary.yml": CANARY,
                     ".ci/environments.yml": ENVIRONMENTS.format(**self.facts),
                     "service.py": self.service("1.0"), "make_wheel.py": MAKE_WHEEL})
        ran = self.ci("run", "-p", "release")
        self.assertRegex(ran.out, r"staging +deployed, smoke tests green\n *production +waiting for approval")
        self.assertEqual(self.get(self.staging), (200, "1.0 staging"))
        self.assertIsNone(self.get(self.production)[0])
        self.assertRegex(self.ci("approve", "production").out, r"production +deployed")
        self.assert_live("1.0")
        wheel = [one["artifacts"] for one in json.loads(self.ci("releases", "--json").out)]
        self.assertEqual(len(wheel), 1, "what production got is what staging got")

        self.commit({"service.py": self.service("2.0", page_status=500)}, message="Break the page")
        seen, enough = Counter(), threading.Event()

        def use():
            while not enough.wait(0.005):
                seen[self.get(self.production, "/page")] += 1

        people = threading.Thread(target=use)
        people.start()
        try:
            ran = self.ci("run", "-p", "canary", status=1)
        finally:
            enough.set()
            people.join()
        self.assertIn("errors", ran.err)
        self.assertGreater(seen[500, "2.0 production"], 0)
        self.assertEqual([what for what in seen if what not in ((200, "1.0 production"), (500, "2.0 production"))], [])
        self.assert_live("1.0")
        self.assertEqual(self.get(self.production, "/page"), (200, "1.0 production"))
        listed = {one["name"]: one for one in json.loads(self.ci("env", "--json").out)}
        self.assertEqual(listed["production"]["live"]["name"], "service-1.0")
        self.assertIn("taken back", self.ci("env", "history", "production").out)

    def test_a_version_that_does_not_start_is_taken_back_with_its_last_words(self):
        self.deploy_plain("1.0")
        refused = self.deploy_plain("2.0", status=1, service='raise SystemExit("no database")\n')
        self.assertIn("no database", refused.err)
        self.assertIn("taken back", refused.out)
        self.assert_live("1.0")

    def test_a_health_check_that_never_answers_ends_by_its_deadline(self):
        self.deploy_plain("1.0")
        refused = self.deploy_plain("2.0", status=1, run="exec sleep 1000")
        self.assertIn("not ready within 3.0s", refused.err)
        self.assert_live("1.0")

    def test_a_port_that_somebody_else_uses_is_named_with_its_user(self):
        taken = socket.create_server(("127.0.0.1", self.facts["production_ports"][0]))
        self.addCleanup(taken.close)
        refused = self.deploy_plain("1.0", status=1)
        self.assertIn(f"port {taken.getsockname()[1]} is in use", refused.err)

    def test_a_rollback_goes_back_and_pins_and_its_rollback_goes_forth(self):
        self.deploy_plain("1.0")
        self.deploy_plain("2.0")
        self.assert_live("2.0")
        self.ci("rollback", "production")
        self.assert_live("1.0")
        self.assertIn("pin", self.ci("env").out)
        self.ci("rollback", "production")
        self.assert_live("2.0")
        self.ci("unpin", "production")
        self.assertNotIn("pin", self.ci("env").out)
        clone = self.folder / "clone"  # where no release was ever built
        self.run_checked("git", "clone", "--quiet", str(self.repo), str(clone))
        oldest = json.loads(self.ci("releases", "--json").out)[-1]["id"]
        self.ci("rollback", "production", "--to", oldest[:12], cwd=clone)
        self.assert_live("1.0")

    def standing(self):
        return list(Path(self.home, "production/instances").glob("*/facts"))

    @contextlib.contextmanager
    def deploying_over_another(self, run):
        """An instance of 2.0, which runs this, stands beside that of 1.0."""
        self.deploy_plain("1.0")
        self.commit_plain("2.0", run=run)
        self.ci("run")
        with self.under_way("deploy", "production") as deploying:
            self.wait_for(lambda: len(self.standing()) > 1)
            yield deploying

    def test_an_interrupt_takes_back_and_a_page_is_served(self):
        with self.deploying_over_another("sleep 1; exec python3 service.py") as deploying:
            out, _ = self.interrupt(deploying)
        self.assertIn("taken back", out)
        self.assert_live("1.0")

    def test_a_second_interrupt_ends_at_once_and_ci_resume_goes_on(self):
        stubborn = "trap '' TERM; sleep 600; true"  # neither gets ready nor ends before it is killed
        with self.deploying_over_another(stubborn) as deploying:
            self.assertIn("ci resume", self.interrupt_twice(deploying, "taking back"))
        self.assert_live("1.0")
        self.ci("resume", status=1)
        self.assertEqual(len(self.standing()), 1)
        self.assert_live("1.0")


if __name__ == "__main__":
    unittest.main()
