"""Gates by every name, retry, delay, cancel, and runs that two commands meet in."""

import json
import unittest

from scenario import Scenario

GATES = """
    stages: [build, staging, production]
    build:
      stage: build
      script: echo build
    ship:
      stage: staging
      script: echo shipped >> "$HOME/live.txt"
      environment: europe
      when: manual
      allow_failure: false
    finish:
      stage: production
      script: echo finished >> "$HOME/live.txt"
    """


class Steering(Scenario):
    def setUp(self):
        super().setUp()
        self.live = self.home / "live.txt"

    def lines(self):
        return self.live.read_text().split() if self.live.exists() else []

    def test_a_gate_is_opened_by_its_environment_its_stage_or_its_job(self):
        self.commit({".gitlab-ci.yml": GATES})
        for name in ("europe", "staging", "ship"):
            self.live.unlink(missing_ok=True)
            self.ci("run")
            self.assertEqual(self.lines(), [])
            ran = self.ci("approve", name, "--message", "fine by me")
            self.assertIn("approved by Ana", ran.err)
            self.assertEqual(self.lines(), ["shipped", "finished"])
            self.assertIn("fine by me", self.ci("why", "ship").out)
        self.assert_nothing_is_left()

    def test_an_approval_beside_a_live_run_wakes_it(self):
        self.commit({".gitlab-ci.yml": """
            gate:
              script: echo opened >> "$HOME/live.txt"
              when: manual
            long:
              script:
                - echo > "$HOME/started.txt"
                - until test -e "$HOME/live.txt"; do sleep 0.05; done
            """})
        live = self.start("run")
        self.addCleanup(live.communicate)
        self.addCleanup(live.kill)
        self.wait_for((self.home / "started.txt").exists)
        ran = self.ci("approve", "gate")
        self.assertIn("drives", ran.err)
        out, err = live.communicate(timeout=60)
        self.assertEqual(live.returncode, 0, err)
        self.assertEqual(self.lines(), ["opened"])
        self.assertRegex(out, r"test +2 jobs passed")

    def test_json_says_who_opened_a_gate_and_what_they_said(self):
        self.commit({".gitlab-ci.yml": GATES})
        self.ci("run")
        self.ci("approve", "europe", "-m", "smoke looks good")
        jobs = {job["name"]: job for job in json.loads(self.ci("show", "--json").out)["jobs"]}
        opened = [job for job in jobs.values() if "opened_by" in job]
        self.assertEqual([job["message"] for job in opened], ["smoke looks good"])
        self.assertEqual(opened[0]["opened_by"], {"name": "Ana", "email": "ana@example.com", "proved": False})

    def test_an_older_run_is_not_deployed_over_a_newer_one_unawares(self):
        self.commit({".gitlab-ci.yml": GATES})
        self.ci("run")
        self.ci("run")
        self.ci("approve", "europe")
        refused = self.ci("approve", "europe", status=2)
        self.assertIn("run 1 waits for it, but run 2, which is newer, has been deployed to `europe`", refused.err)
        self.assertEqual(self.lines(), ["shipped", "finished"])
        self.ci("approve", "europe", "--run", "1")

    def test_what_waits_is_named_once(self):
        self.commit({".gitlab-ci.yml": GATES})
        self.ci("run")
        self.ci("run")
        self.assertIn("help: what waits: europe\n", self.ci("approve", "mars", status=2).err)

    def test_a_detached_approval_waits_for_who_goes_on(self):
        self.commit({".gitlab-ci.yml": GATES})
        self.ci("run")
        self.ci("approve", "europe", "--detach")
        self.assertEqual(self.lines(), [])
        self.ci("resume")
        self.assertEqual(self.lines(), ["shipped", "finished"])

    def test_a_job_is_retried_by_its_rule(self):
        self.commit({".gitlab-ci.yml": """
            flaky:
              script: echo try >> "$HOME/live.txt"; test "$(wc -l < "$HOME/live.txt")" = 3
              retry: 2
            """})
        self.ci("run")
        self.assertEqual(len(self.lines()), 3)

    def test_a_failed_job_is_run_again_and_the_run_goes_on(self):
        self.commit({".gitlab-ci.yml": """
            stages: [one, two]
            first:
              stage: one
              script: echo first >> "$HOME/live.txt"
            fails:
              stage: one
              script: test -e "$HOME/mended"
            last:
              stage: two
              script: echo last >> "$HOME/live.txt"
            """})
        ran = self.ci("run", status=1)
        self.assertRegex(ran.out, r"one +fails failed\ntwo +not reached")
        self.assertIn("ci log fails", ran.err)
        (self.home / "mended").touch()
        self.ci("retry", "fails")
        self.assertEqual(self.lines(), ["first", "last"])
        self.assertIn("passed", self.ci("why", "fails").out)

    def test_a_job_that_may_fail_leaves_a_run_that_passed_with_warnings(self):
        self.commit({".gitlab-ci.yml": """
            stages: [one, two]
            wobbly:
              stage: one
              script: exit 3
              allow_failure: {exit_codes: 3}
            last:
              stage: two
              script: echo last >> "$HOME/live.txt"
            """})
        ran = self.ci("run")
        self.assertRegex(ran.out, r"one +wobbly failed \(allowed\)")
        self.assertIn("passed with warnings", ran.err)
        self.assertEqual(self.lines(), ["last"])
        self.assertIn("which is allowed", self.ci("why", "wobbly").out)

    def test_a_delayed_job_waits_for_its_time(self):
        self.commit({".gitlab-ci.yml": """
            later:
              when: delayed
              start_in: 1 second
              script: echo later >> "$HOME/live.txt"
            """})
        self.assertRegex(self.ci("run").err, r"later   starts at \D*\d+:\d\d \(in 1s\)\n")
        self.assertEqual(self.lines(), ["later"])

    def test_with_keep_going_only_what_needs_the_failed_job_is_skipped(self):
        self.commit({".gitlab-ci.yml": """
            stages: [one, two]
            fails:
              stage: one
              script: exit 1
            other:
              stage: one
              script: echo other
            blocked:
              stage: two
              needs: [fails]
              script: echo blocked >> "$HOME/live.txt"
            free:
              stage: two
              needs: [other]
              script: echo free >> "$HOME/live.txt"
            """})
        self.ci("run", "--keep-going", status=1)
        self.assertEqual(self.lines(), ["free"])
        self.assertIn("fails", self.ci("why", "blocked").out)

    def test_named_jobs_run_with_what_they_need_or_alone(self):
        self.commit({".gitlab-ci.yml": """
            stages: [one, two]
            base:
              stage: one
              script: echo base >> "$HOME/live.txt"
            other:
              stage: one
              script: echo other >> "$HOME/live.txt"
            top:
              stage: two
              needs: [base]
              script: echo top >> "$HOME/live.txt"
            """})
        self.ci("run", "top")
        self.assertEqual(self.lines(), ["base", "top"])
        self.live.unlink()
        self.ci("run", "--only", "top")
        self.assertEqual(self.lines(), ["top"])

    def test_two_runs_at_once_leave_each_other_alone(self):
        self.commit({".gitlab-ci.yml": """
            one:
              script: echo one > f; sleep 0.2; test "$(cat f)" = one; mkdir o; cp f o/
              artifacts: {paths: [o]}
            two:
              needs: [one]
              script: test "$(cat o/f)" = one; echo ran >> "$HOME/live.txt"
            """})
        runs = [self.start("run") for _ in range(3)]
        for run in runs:
            out, err = run.communicate(timeout=120)
            self.assertEqual(run.returncode, 0, out + err)
        self.assertEqual(self.lines(), ["ran"] * 3)
        self.assertEqual(len(self.ci("list").out.splitlines()), 4)
        self.assert_nothing_is_left()

    def test_a_live_run_is_cancelled_from_beside(self):
        self.commit({".gitlab-ci.yml": """
            long:
              script:
                - echo > "$HOME/started.txt"
                - sleep 300
              after_script:
                - echo cleaned >> "$HOME/live.txt"
            """})
        live = self.start("run")
        self.addCleanup(live.communicate)
        self.addCleanup(live.kill)
        self.wait_for((self.home / "started.txt").exists)
        self.ci("cancel")
        _, err = live.communicate(timeout=60)
        self.assertEqual(live.returncode, 1, err)
        self.assertEqual(self.lines(), ["cleaned"])
        self.assert_nothing_is_left()


if __name__ == "__main__":
    unittest.main()
