"""`ci shell`: a person steps into a job's room; `--pause-on-failure`: right when it fails."""

import os
import pty
import select
import subprocess
import time
import unittest

from scenario import CI, Scenario

PIPELINE = """
    stages: [build, test]
    variables:
      LEVEL: high
    make:
      stage: build
      script: echo wheel > app.whl
      artifacts: {paths: [app.whl]}
    unit:
      stage: test
      script:
        - echo touched >> source
        - rm old; mkdir -p made; echo note > made/note; echo tmp > $TMPDIR/note
        - test -e fixed
    """


class Terminal:
    """`ci` on a terminal of its own."""

    def __init__(self, scenario, *arguments):
        self.scenario = scenario
        self.master, slave = pty.openpty()
        environment = {**scenario.environment, "TERM": "xterm"}
        self.process = subprocess.Popen([CI, *arguments], cwd=scenario.repo, env=environment, stdin=slave, stdout=slave, stderr=slave,
                                        start_new_session=True)
        os.close(slave)
        scenario.addCleanup(self.close)
        self.seen = ""

    def type(self, text):
        os.write(self.master, text.encode())

    def read_until(self, text, timeout=60):
        """All that was printed since the last call, up to and with `text`."""
        deadline = time.monotonic() + timeout
        while text not in self.seen:
            ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
            self.scenario.assertTrue(ready, f"no {text!r} in {self.seen!r}")
            try:
                piece = os.read(self.master, 65536)
            except OSError:
                piece = b""
            self.scenario.assertTrue(piece, f"no {text!r} before the end of {self.seen!r}")
            self.seen += piece.decode(errors="replace")
        end = self.seen.index(text) + len(text)
        before, self.seen = self.seen[:end], self.seen[end:]
        return before

    def end(self):
        """The rest of what it prints, and its exit status."""
        while True:
            try:
                piece = os.read(self.master, 65536)
            except OSError:
                break
            if not piece:
                break
            self.seen += piece.decode(errors="replace")
        return self.seen, self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


class Shell(Scenario):
    def shell(self, job, commands, *arguments, status=0):
        done = subprocess.run([CI, "shell", job, *arguments], cwd=self.repo, env=self.environment, input=commands, capture_output=True, text=True,
                              check=False, timeout=120)
        self.assertEqual(done.returncode, status, f"{done.stdout}{done.stderr}")
        return done

    def commit_project(self):
        self.commit({".gitlab-ci.yml": PIPELINE, "source": "code\n", "old": "old\n"})

    def test_a_failed_jobs_room_is_as_it_was(self):
        self.commit_project()
        self.ci("run", status=1)
        done = self.shell("unit", "cat source made/note app.whl $TMPDIR/note; ls; echo $LEVEL $CI_JOB_NAME; pwd")
        self.assertEqual(done.stdout, f"code\ntouched\nnote\nwheel\ntmp\napp.whl\nmade\nsource\nhigh unit\n{self.repo}\n")
        self.assertEqual(done.stderr, "the room of `unit` as it was when it failed in run 1\nfailed there: test -e fixed\n")
        # What is done there changes nothing of it.
        self.shell("unit", "rm -r made; exit 3", status=3)
        self.assertEqual(self.shell("unit", "cat made/note").stdout, "note\n")
        self.assert_work_tree_is_as_committed()

    def test_other_jobs_get_a_fresh_room_with_their_inputs(self):
        self.commit_project()
        self.ci("run", status=1)
        done = self.shell("make", "ls; cat source")
        self.assertEqual(done.stdout, "old\nsource\ncode\n")
        self.assertIn("a fresh room for `make`: it passed in run 1\n", done.stderr)
        self.ci("clean")
        done = self.shell("unit", "ls; cat source app.whl")
        self.assertEqual(done.stdout, "app.whl\nold\nsource\ncode\nwheel\n")
        self.assertIn("a fresh room for `unit`: what its last attempt left in run 1 is not kept\n", done.stderr)

    def test_a_room_goes_when_its_job_has_passed(self):
        self.commit({".gitlab-ci.yml": f"""
            unit:
              script:
                - echo left > left
                - test -e {self.folder}/fixed
            """})
        self.ci("run", status=1)
        kept, = self.folder.rglob("rooms/kept")
        self.assertEqual(len(list(kept.iterdir())), 1)
        (self.folder / "fixed").touch()
        self.ci("retry", "unit")
        self.assertEqual(list(kept.iterdir()), [])
        self.assertIn("a fresh room", self.shell("unit", "true").stderr)

    def test_secrets_are_there_but_nothing_on_the_disk_tells_them(self):
        self.commit({".gitlab-ci.yml": """
            unit:
              script:
                - echo left > left
                - 'false'
            """})
        self.environment["TOKEN"] = "very-secret-value"
        self.ci("run", "--secret", "TOKEN", status=1)
        del self.environment["TOKEN"]
        found = subprocess.run(["grep", "-r", "very-secret-value", str(self.repo), str(self.home)], capture_output=True, text=True, check=False)
        self.assertEqual(found.stdout, "")
        self.assertEqual(self.shell("unit", "echo $TOKEN").stdout, "very-secret-value\n")

    def test_a_person_gets_an_interactive_shell(self):
        self.commit_project()
        self.ci("run", status=1)
        terminal = Terminal(self, "shell", "unit")
        start = terminal.read_until("$ " if os.geteuid() else "# ")
        self.assertIn("as it was when it failed", start)
        self.assertIn("failed there: test -e fixed", start)
        self.assertIn("[unit] ", start)
        terminal.type("tty -s && cat made/note; echo level=$LEVEL\r")
        self.assertIn("note\r\nlevel=high\r\n", terminal.read_until("level=high\r\n"))
        terminal.type("exit 5\r")
        rest, status = terminal.end()
        self.assertEqual(status, 5, rest)

    def test_a_run_pauses_at_a_failure_until_the_person_leaves(self):
        self.commit_project()
        terminal = Terminal(self, "run", "--pause-on-failure")
        start = terminal.read_until("[unit] ")
        self.assertIn("`test -e fixed` ended with 1", start)
        self.assertIn("you are in its room", start)
        terminal.type("cat made/note; touch looked; exit\r")
        terminal.read_until("note\r\n")
        rest, status = terminal.end()
        self.assertEqual(status, 1, rest)
        self.assertIn("ci shell unit", rest)
        self.assertEqual(self.shell("unit", "ls looked").stdout, "looked\n")

    def test_pausing_needs_a_terminal_and_says_so(self):
        self.commit_project()
        ran = self.ci("run", "--pause-on-failure", status=1)
        self.assertIn("--pause-on-failure needs a terminal", ran.err)
        self.assertEqual(self.shell("unit", "cat made/note").stdout, "note\n")

    def test_a_name_is_never_taken_for_a_command(self):
        self.commit({".gitlab-ci.yml": """
            "$(touch owned) `touch owned`":
              script: 'false'
            """})
        self.ci("run", status=1)
        terminal = Terminal(self, "shell", "$(touch owned) `touch owned`")
        terminal.read_until("[_(touch owned) _touch owned_]")
        terminal.type("ls; echo done=$?; exit\r")
        self.assertNotIn("owned\r\n", terminal.read_until("done=0\r\n"))
        self.assertEqual(terminal.end()[1], 0)

    def test_a_job_that_never_was_is_a_mistake(self):
        self.commit_project()
        self.ci("run", status=1)
        self.assertIn("did you mean `unit`?", self.shell("unti", "true", status=2).stderr)


if __name__ == "__main__":
    unittest.main()
