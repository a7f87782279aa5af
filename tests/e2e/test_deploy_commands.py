"""`ci deploy` to an environment whose instances the user's own scripts start and stop."""

import http.server
import json
import os
import signal
import socket
import threading
import time
import unittest
import urllib.request

from scenario import Scenario

# Answers with its release; `broken` in it: it ends at once.
APP = """
    import socket, sys
    port, release = int(sys.argv[1]), sys.argv[2]
    if BROKEN:
        print("no such table: users", flush=True)
        sys.exit(1)
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    while True:
        client, _ = listener.accept()
        client.recv(65536)
        body = release.encode()
        client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n%s" % (len(body), body))
        client.close()
    """

START = """
    #!/bin/sh
    setsid python3 -S "$ARTIFACTS"/app-*.py "$PORT" "$RELEASE_NAME" &
    echo $! > "$STATE/$PORT.pid"
    echo "$RELEASE_NAME $PORT" >> "$STATE/started"
    """

STOP = """
    #!/bin/sh
    [ -e "$STATE/$PORT.pid" ] || exit 0
    kill "$(cat "$STATE/$PORT.pid")" 2>/dev/null
    rm "$STATE/$PORT.pid"
    """

SHIFT = """
    #!/bin/sh
    cat > "$STATE/split.new" && mv "$STATE/split.new" "$STATE/split"
    """

ENVIRONMENTS = """
    production:
      target: commands
      commands: {start: ./start.sh, stop: ./stop.sh, shift: ./shift.sh}
      folder: FOLDER/environment
      hosts: local
      ports: [PORTS]
      instances: 2
      application:
        artifact: dist/*.py
        variables: {STATE: FOLDER/state}
      health: {http: {path: /healthz}, every: 100ms, start_within: 5s, failures: 2}
      drain: 300ms
      strategy: STRATEGY
    """

PIPELINE = """
    build:
      script:
        - mkdir dist && cp app.py "dist/app-$(cat version).py"
      artifacts:
        paths: [dist/]
    """


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Instances(Scenario):
    """START and STOP keep their processes in `state`; none outlives the test."""

    def setUp(self):
        super().setUp()
        self.state = self.folder / "state"
        self.state.mkdir()
        self.addCleanup(self.stop_all)

    def stop_all(self):
        for file in self.state.glob("*.pid"):
            try:
                os.kill(int(file.read_text()), signal.SIGKILL)
            except ProcessLookupError:
                pass


class ByCommands(Instances):
    """A service of two instances, and its users."""

    def setUp(self):
        super().setUp()
        self.ports = free_ports(5)
        self.commit({"start.sh": START, "stop.sh": STOP, "shift.sh": SHIFT, ".gitlab-ci.yml": PIPELINE})

    def declare(self, strategy="rolling", more=""):
        text = ENVIRONMENTS.replace("FOLDER", str(self.folder)).replace("STRATEGY", strategy)
        text = text.replace("PORTS", ", ".join(map(str, self.ports)))
        self.commit({".ci/environments.yml": text.rstrip() + "\n      " + more + "\n"})

    def build(self, version, broken=False):
        self.commit({"version": version, "app.py": APP.replace("BROKEN", str(broken))}, f"Version {version}")
        self.ci("run", "--pipeline", ".gitlab-ci.yml")

    # --- what users meet

    def split(self):
        try:
            return [share for share in json.loads((self.state / "split").read_text())["shares"] if share["weight"] > 0]
        except FileNotFoundError:
            return []

    def answer_of(self, share):
        with urllib.request.urlopen(f"http://127.0.0.1:{share['port']}/", timeout=10) as answer:
            return answer.read().decode()

    def serving(self):
        return sorted(self.answer_of(share) for share in self.split())

    def instances(self):
        return len(list(self.state.glob("*.pid")))

    def started(self, release):
        file = self.state / "started"
        return sum(line.startswith(release) for line in file.read_text().splitlines()) if file.exists() else 0

    def served_throughout(self):
        """Asks all the while, as a user behind the proxy would; `failures` fills with what went wrong."""
        scenario = self

        class Users(threading.Thread):
            def __init__(self):
                super().__init__()
                self.asked, self.failures, self.ending = 0, [], threading.Event()

            def run(self):
                while not self.ending.is_set():
                    for share in scenario.split():
                        self.asked += 1
                        try:
                            scenario.answer_of(share)
                        except OSError as error:
                            self.failures.append(f"{share}: {error}")
                    time.sleep(0.005)

            def end(self):
                self.ending.set()
                self.join()
                scenario.assertEqual(self.failures, [])
                scenario.assertGreater(self.asked, 0)

        users = Users()
        users.start()
        return users

    def deploying(self):
        return self.under_way("deploy", "production")


class DeployByCommands(ByCommands):
    def test_each_release_replaces_the_one_before_and_users_are_served_throughout(self):
        self.declare("rolling")
        self.build("0")
        self.ci("deploy", "production")
        self.assertEqual(self.serving(), ["app-0.py"] * 2)
        strategies = ("rolling", "{blue-green: {keep_old: 0s}}", "{canary: {steps: [{weight: 50}, {pause: 200ms}]}}")
        for version, strategy in enumerate(strategies, 1):
            with self.subTest(strategy):
                if strategy != "rolling":
                    self.declare(strategy)
                self.build(str(version))
                users = self.served_throughout()
                deployed = self.ci("deploy", "production")
                users.end()
                self.assertIn(f"app-{version}.py", deployed.out)
                self.assertEqual(self.serving(), [f"app-{version}.py"] * 2)
                self.assertEqual(self.instances(), 2)

    def test_the_old_colour_stands_for_a_while_and_is_stopped_by_who_watches(self):
        self.declare("{blue-green: {keep_old: 1h}}")
        for version in ("1", "2"):
            self.build(version)
            self.ci("deploy", "production")
        self.assertEqual(self.instances(), 4)
        self.assertIn("app-1.py stands beside it until", self.ci("env").out)
        kept = json.loads(self.ci("env", "show", "production", "--json").out)["kept"]
        self.assertEqual(kept["name"], "app-1.py")
        self.ci("watch", "--once")
        self.assertEqual(self.instances(), 4, "its time has not come")
        users = self.served_throughout()
        self.ci("rollback", "production")
        self.assertEqual(self.started("app-1.py"), 2, "they still stood")
        self.ci("unpin", "production")
        self.declare("{blue-green: {keep_old: 200ms}}")
        self.build("3")
        self.ci("deploy", "production")
        self.ci("watch")
        users.end()
        self.assertEqual(self.serving(), ["app-3.py"] * 2)
        self.assertEqual(self.instances(), 2)
        self.assertNotIn("beside it", self.ci("env").out)

    def test_a_release_that_does_not_start_is_taken_back_with_its_last_words(self):
        self.declare()
        self.build("1")
        self.ci("deploy", "production")
        users = self.served_throughout()
        self.build("2", broken=True)
        deployed = self.ci("deploy", "production", status=1)
        users.end()
        self.assertIn("was not ready within 5.0s", deployed.err)
        self.assertIn("no such table: users", deployed.err)
        self.assertEqual(self.serving(), ["app-1.py"] * 2)
        self.assertEqual(self.instances(), 2)

    def test_a_rollback_brings_the_earlier_release_back(self):
        self.declare()
        for version in ("1", "2"):
            self.build(version)
            self.ci("deploy", "production")
        users = self.served_throughout()
        self.ci("rollback", "production", "-m", "prices are wrong")
        users.end()
        self.assertEqual(self.serving(), ["app-1.py"] * 2)
        refused = self.ci("deploy", "production", status=1)
        self.assertIn('pinned to app-1.py by Ana "prices are wrong"', refused.err)
        self.assertEqual(self.serving(), ["app-1.py"] * 2)

    def test_the_rollout_that_runs_is_shown_before_the_one_that_waits_for_it(self):
        self.declare("{canary: {steps: [{weight: 50}, {pause: person}]}}")
        self.build("1")
        self.ci("deploy", "production")
        self.build("2")
        with self.deploying() as deploy:
            self.wait_for(lambda: "app-2.py waits for a person" in self.ci("why", "production").out)
            self.build("3")
            self.ci("deploy", "production", "--no-wait")
            for words in (("production",), ()):
                shown = self.ci("rollout", "status", *words)
                self.assertIn("app-2.py", shown.out.splitlines()[0])
                self.assertRegex(shown.out, r"app-3\.py waits \(rollout 3\)")
            why = self.ci("why", "production").out
            self.assertRegex(why, r"app-2.py waits for a person since .*\n  step .* pause for a person\n  ci rollout continue")
            self.assertRegex(why, r"app-3.py waits in line since .*\n  for rollout 2 ")
            self.ci("rollout", "promote", "production")
            out, err = deploy.communicate(timeout=60)
        self.assertEqual(deploy.returncode, 0, out + err)
        self.assertEqual(self.serving(), ["app-2.py"] * 2)

    def test_webhooks_are_told_and_one_that_cannot_be_is_a_warning(self):
        told = []

        class Webhook(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(500 if "slack" in self.path else 204)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.environment["SLACK_URL"] = f"http://127.0.0.1:{server.server_port}/slack/s3cret"
        ours = f"http://127.0.0.1:{server.server_port}/ours"
        self.declare(more=f'notify: [{{url: "{ours}"}}, {{url: $SLACK_URL, form: slack, on: [promoted]}}]')
        self.build("1")
        deployed = self.ci("deploy", "production")
        self.assertEqual([news["what"] for news in told if "what" in news], ["started", "promoted"])
        self.assertEqual([news["text"] for news in told if "text" in news], ["*app-1.py* is live on *production*"])
        self.assertIn("could not tell http://127.0.0.1", deployed.err)
        self.assertNotIn("s3cret", deployed.out + deployed.err)

    def test_a_second_clone_sees_what_is_live_and_waits_its_turn(self):
        self.declare("{canary: {steps: [{weight: 50}, {pause: person}]}}")
        self.build("1")
        self.ci("deploy", "production")
        self.build("2")
        clone = self.folder / "clone"
        self.run_checked("git", "clone", "--quiet", str(self.repo), str(clone))
        with self.deploying() as deploy:
            self.wait_for(lambda: len(self.split()) > 2 or self.serving().count("app-2.py"))
            self.ci("run", "--pipeline", ".gitlab-ci.yml", cwd=clone)
            waiting = self.ci("deploy", "production", "--no-wait", cwd=clone)
            self.assertRegex(waiting.out, r"waiting for Ana on .* to let production go")
            self.assertRegex(self.ci("why", "production", cwd=clone).out, r"waits in line since .*\n  for Ana on ")
            self.assertIn("under way elsewhere: app-2.py of Ana", self.ci("env", cwd=clone).out)
            self.assertIn("elsewhere  app-2.py is under way", self.ci("env", "show", "production", cwd=clone).out)
            self.ci("rollout", "promote", "production")
            out, err = deploy.communicate(timeout=60)
        self.assertEqual(deploy.returncode, 0, out + err)
        self.assertEqual(self.serving(), ["app-2.py"] * 2)

    def test_one_that_was_asleep_when_a_second_clone_took_over_changes_nothing(self):
        self.declare(more="")
        text = (self.repo / ".ci/environments.yml").read_text()
        hold = 'prepare: "while [ -e \\"$STATE/hold-$RELEASE_NAME\\" ]; do touch \\"$STATE/held\\"; sleep 0.05; done"'
        self.commit({".ci/environments.yml": text.replace("artifact: dist/*.py", "artifact: dist/*.py\n    " + hold)})
        self.build("1")
        self.ci("deploy", "production")
        (self.state / "hold-app-2.py").touch()
        self.build("2")
        clone = self.folder / "clone"
        self.run_checked("git", "clone", "--quiet", str(self.repo), str(clone))
        self.run_checked("git", "-C", str(clone), "config", "user.name", "Bob")
        with self.deploying() as asleep:
            self.wait_for((self.state / "held").exists)
            asleep.send_signal(signal.SIGSTOP)
            lease = self.folder / "environment/ledger/lease"
            lines = lease.read_text().splitlines()
            lease.write_text("\n".join([*lines[:2], "1", *lines[3:]]) + "\n")  # its time is over
            (clone / "version").write_text("3")
            self.run_checked("git", "-C", str(clone), "commit", "--quiet", "--all", "--message", "Version 3")
            self.ci("run", "--pipeline", ".gitlab-ci.yml", cwd=clone)
            self.ci("deploy", "production", cwd=clone)
            (self.state / "hold-app-2.py").unlink()
            asleep.send_signal(signal.SIGCONT)
            out, err = asleep.communicate(timeout=60)
        self.assertEqual(asleep.returncode, 1, out + err)
        self.assertRegex(out + err, "Bob on .* has the environment now")
        self.assertEqual(self.started("app-2"), 0)
        self.assertEqual(self.serving(), ["app-3.py"] * 2)


if __name__ == "__main__":
    unittest.main()
