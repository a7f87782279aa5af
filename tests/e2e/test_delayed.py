"""Delayed jobs: waited for where they are due soon, else the run parks until they are."""

import json
import signal
import sqlite3
import time
import unittest
from contextlib import closing

from scenario import Scenario

CLOCK = r"(?:[A-Z][a-z]{2} )?\d+:\d\d"  # another day than today has its name
WHEN = rf"starts at {CLOCK} \(in 30m\)"


def pipeline(delay):
    return {".gitlab-ci.yml": f"""
        stages: [build, ship]
        build:
          stage: build
          script: echo built
        deploy:
          stage: ship
          when: delayed
          start_in: {delay}
          script: echo deployed >> "$HOME/live.txt"
        """}


class Delayed(Scenario):
    def park(self):
        self.commit(pipeline("30 minutes"))
        return self.ci("run")

    def let_it_be_due(self, run, moment):
        """As if it had been parked so much earlier; a moment is milliseconds since 1970."""
        with closing(sqlite3.connect(self.repo / ".git/penstock/state.db")) as state, state:
            then, = state.execute("SELECT due_at FROM run WHERE id = ?", (run,)).fetchone()
            state.execute("UPDATE job SET state = replace(state, ?, ?)", (str(then), str(moment)))
            state.execute("UPDATE run SET summary = replace(summary, ?, ?)", (str(then), str(moment)))
            state.execute("UPDATE run SET due_at = ? WHERE id = ?", (moment, run))

    def test_a_run_that_goes_on_much_later_parks(self):
        ran = self.park()
        self.assertRegex(ran.out, f"^build   passed\nship    {WHEN}\n$")
        self.assertRegex(ran.err, f"deploy {WHEN}: ci watch\n$")
        self.assert_nothing_is_left()

    def test_every_command_tells_the_same_time(self):
        self.park()
        self.assertRegex(self.ci("show").out, WHEN)
        self.assertRegex(self.ci("why", "deploy").out, f"^deploy is delayed: it {WHEN} \\(run 1\\)\n")
        self.assertRegex(self.ci("resume").err, f"deploy {WHEN}: ci watch\n$")
        self.assertRegex(self.ci("list").out, "1 +○ delayed")
        self.assertEqual(self.ci("watch", "--once").out, "", "nothing is due")
        shown = json.loads(self.ci("show", "--json").out)
        self.assertEqual((shown["status"], shown["parked"]), ("scheduled", True))

    def test_ci_watch_drives_it_when_it_is_due(self):
        self.park()
        self.ci("run")
        self.let_it_be_due(1, int(time.time() * 1000) + 1000)
        watch = self.start("watch")
        self.addCleanup(watch.communicate)
        self.addCleanup(watch.kill)
        self.wait_for((self.home / "live.txt").exists)
        self.wait_for(lambda: json.loads(self.ci("show", "1", "--json").out)["status"] == "success")
        watch.send_signal(signal.SIGINT)
        out, err = watch.communicate(timeout=60)
        self.assertEqual((self.home / "live.txt").read_text(), "deployed\n")
        self.assertRegex(out, r"ship +passed\n$")
        self.assertRegex(err, rf"next run is due at {CLOCK} \(in 1s\)")

    def test_ci_watch_does_not_wait_for_a_run_that_it_has_to_drive_itself(self):
        files = pipeline("30 minutes")
        files[".gitlab-ci.yml"] += """
        live:
          stage: live
          resource_group: {name: production, process_mode: oldest_first}
          script: echo live >> "$HOME/live.txt"
        """
        files[".gitlab-ci.yml"] = files[".gitlab-ci.yml"].replace("[build, ship]", "[build, ship, live]")
        self.commit(files)
        self.ci("run")
        self.ci("run")
        self.let_it_be_due(2, int(time.time() * 1000))
        self.ci("watch", "--once")
        self.assertRegex(self.ci("list").out, "2 +○ after run 1")
        self.assertIn("the turn is `live` of run 1's, which waits for earlier jobs", self.ci("why", "live").out)
        self.let_it_be_due(1, int(time.time() * 1000))
        self.ci("watch")
        self.assertEqual((self.home / "live.txt").read_text(), "deployed\ndeployed\nlive\nlive\n")

    def test_a_person_may_start_it_before_its_time(self):
        self.park()
        self.assertRegex(self.ci("play", "deploy").out, r"ship +passed\n$")

    def test_ctrl_c_parks_a_run_that_only_waits_for_its_time(self):
        self.commit(pipeline("25 seconds"))
        with self.start("run") as process:
            self.wait_for(lambda: "delayed" in self.ci("list").out)
            out, err = self.interrupt(process)
        self.assertNotIn("cancel", out + err)
        self.assertRegex(out, r"ship +starts at \d+:\d\d \(in \d+s\)\n$")
        shown = json.loads(self.ci("show", "--json").out)
        self.assertEqual((shown["status"], shown["parked"]), ("scheduled", True))


if __name__ == "__main__":
    unittest.main()
