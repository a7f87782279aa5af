"""`ci watch`: drives what is due, each run for itself."""

import sqlite3
import unittest
from contextlib import closing

from scenario import Scenario


class Watch(Scenario):
    def setUp(self):
        super().setUp()
        self.commit(
            {
                ".gitlab-ci.yml": """
                ship:
                  script: echo shipped
                  when: manual
                  allow_failure: false
                """
            }
        )

    def test_what_was_approved_beside_it_is_driven(self):
        self.ci("run")
        self.ci("approve", "ship", "--detach")
        self.assertEqual(self.ci("watch").out, "test   passed\n")
        self.assertIn("nothing is due", self.ci("watch").err)

    def test_a_run_that_cannot_be_driven_keeps_no_other_waiting(self):
        for run in ("1", "2"):
            self.ci("run")
            self.ci("approve", "ship", "--detach", "--run", run)
        with closing(sqlite3.connect(self.repo / ".git/penstock/state.db")) as state, state:
            state.execute("UPDATE source SET context = x'00' WHERE run = 1")
        watched = self.ci("watch", status=3)
        self.assertEqual(watched.out, "test   passed\n")
        self.assertEqual(watched.err.count("can't be opened"), 1)


if __name__ == "__main__":
    unittest.main()
