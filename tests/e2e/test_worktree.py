"""`--worktree`: a run is about the files as they were when it was started, however long it waits."""

import shutil
import unittest

from scenario import Scenario

PIPELINE = """
    stages: [build, ship]
    build:
      stage: build
      script: cat source new
    ship:
      stage: ship
      when: manual
      allow_failure: false
      script: cat source new
    """


class Worktree(Scenario):
    def park(self):
        self.commit({".gitlab-ci.yml": PIPELINE, "source": "committed\n"})
        self.write({"source": "at the start\n", "new": "untracked\n"})
        ran = self.ci("run", "--worktree")
        self.assertIn("waiting for approval", ran.out)
        self.assertIn("at the start\nuntracked\n", self.ci("log", "build").out)
        self.write({"source": "changed since, and longer\n"})
        (self.repo / "new").unlink()

    def test_a_parked_run_goes_on_with_the_files_that_it_was_started_with(self):
        self.park()
        self.ci("clean")
        self.ci("approve", "ship")
        self.assertIn("at the start\nuntracked\n", self.ci("log", "ship").out)
        self.assertEqual((self.repo / "source").read_text(), "changed since, and longer\n")

    def test_another_run_takes_the_files_as_they_are_then(self):
        self.park()
        self.write({"new": "again\n"})
        self.ci("run", "--worktree")
        self.assertIn("changed since, and longer\nagain\n", self.ci("log", "build").out)
        self.ci("approve", "ship", "--run", "1")
        self.assertIn("at the start\nuntracked\n", self.ci("log", "ship", "--run", "1").out)

    def test_files_that_are_gone_end_the_job_with_clear_words(self):
        self.park()
        for layers in self.folder.rglob("layers"):
            for layer in layers.glob("run-*"):
                shutil.rmtree(layer)
        ran = self.ci("approve", "ship", status=1)
        self.assertIn("the uncommitted changes that the run was started with are no longer kept", ran.err)


if __name__ == "__main__":
    unittest.main()
