"""Ctrl-C, SIGTERM and kill -9: nothing is left running, and the run can go on."""

import signal
import unittest
from pathlib import Path

from scenario import Scenario

PIPELINE = """
    stages: [first, second]
    once:
      stage: first
      script: echo once >> "$HOME/first.txt"
    long:
      stage: second
      script:
        - echo "$TMPDIR" > "$HOME/started.txt"
        - test -e "$HOME/go" || sleep 300
        - echo done > "$HOME/done.txt"
      after_script:
        - echo cleaned >> "$HOME/cleaned.txt"
    """


class Interruption(Scenario):
    def setUp(self):
        super().setUp()
        self.commit({".gitlab-ci.yml": PIPELINE})

    def start_and_wait(self):
        process = self.start("run")
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.wait_for((self.home / "started.txt").exists)
        return process

    def interrupt_by(self, number):
        process = self.start_and_wait()
        out, err = self.interrupt(process, number)
        self.assertIn("canceling", err)
        self.assertRegex(out, r"second +long canceled")
        self.assertEqual((self.home / "cleaned.txt").read_text(), "cleaned\n", "after_script didn't run")
        self.assertFalse((self.home / "done.txt").exists())
        self.assert_nothing_is_left()
        self.assert_work_tree_is_as_committed()

    def test_ctrl_c_cancels_and_cleans_up(self):
        self.interrupt_by(signal.SIGINT)

    def test_sigterm_is_like_the_first_ctrl_c(self):
        self.interrupt_by(signal.SIGTERM)

    def test_ctrl_c_twice_ends_what_would_not_end(self):
        self.commit({".gitlab-ci.yml": """
            stubborn:
              script:
                - trap '' INT TERM
                - echo > "$HOME/started.txt"
                - while ! test -e "$HOME/go"; do sleep 300 || true; done
            """})
        self.interrupt_twice(self.start_and_wait(), "canceling")
        self.assert_nothing_is_left()

    def test_a_cancelled_run_is_retried(self):
        self.interrupt(self.start_and_wait())
        (self.home / "go").touch()
        self.ci("retry")
        self.assertEqual((self.home / "first.txt").read_text(), "once\n", "a finished job ran again")
        self.assertEqual((self.home / "done.txt").read_text(), "done\n")

    def test_kill_9_leaves_no_process_behind(self):
        process = self.start_and_wait()
        process.kill()
        process.communicate(timeout=60)
        self.wait_for(lambda: not self.processes())
        ran = self.ci("list")
        self.assertIn("interrupted", ran.out)
        self.assertIn("ci resume", ran.err)
        self.assertIn("interrupted: its ci is gone; go on with: ci resume 1\n", self.ci("show").out)

    def test_after_kill_9_a_run_resumes_without_repeating_what_is_done(self):
        process = self.start_and_wait()
        temporary = Path((self.home / "started.txt").read_text().strip())
        process.kill()
        process.communicate(timeout=60)
        (self.home / "go").touch()
        self.ci("resume")
        self.assertFalse(temporary.exists(), "the dead one's temporary folder is left")
        self.assertEqual((self.home / "first.txt").read_text(), "once\n", "a finished job ran again")
        self.assertEqual((self.home / "done.txt").read_text(), "done\n")
        self.assert_nothing_is_left()
        self.assert_work_tree_is_as_committed()


if __name__ == "__main__":
    unittest.main()
