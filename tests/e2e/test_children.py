"""Child pipelines: runs of their own that trigger jobs start, follow, cancel and resume."""

import json
import unittest

from scenario import Scenario

PARENT = """
    stages: [make, start, after]
    start:
      stage: start
      variables: {WHO: $CI_COMMIT_BRANCH, UP: $CI_PIPELINE_ID}
      trigger: {include: child.yml, strategy: depend}
    after:
      stage: after
      script: echo after
    """


class Children(Scenario):
    def runs(self):
        return {run["run"]: run for run in json.loads(self.ci("list", "--json").out)}

    def jobs(self, run):
        return {job["name"]: job for job in json.loads(self.ci("show", str(run), "--json").out)["jobs"]}

    def commit_child(self, child, parent=PARENT):
        self.commit({".gitlab-ci.yml": parent, "child.yml": child})

    def begun(self, name):
        """A job that has written this file runs."""
        return self.wait_for((self.home / name).exists)

    def test_a_child_is_a_run_of_its_own_that_the_parent_waits_for(self):
        self.commit_child("""
            hello:
              rules: [{if: $CI_PIPELINE_SOURCE == "parent_pipeline"}]
              script: echo "hello $WHO of $UP"
            never:
              rules: [{if: $CI_PIPELINE_SOURCE == "push"}]
              script: "false"
            """)
        ran = self.ci("run")
        self.assertEqual(ran.out, "start   passed\nafter   passed\n")
        self.assertIn("start › hello", ran.err)
        self.assertEqual(self.jobs(1)["start"]["child"], 2)
        self.assertEqual(self.runs()[2]["parent"], 1)
        self.assertEqual(self.runs()[2]["event"], "parent_pipeline")
        self.assertEqual(self.ci("log", "hello").out.splitlines()[-1], "hello main of 1")
        self.assertIn("run 2", self.ci("show", "1").out)
        self.assertIn("child of run 1, job start", self.ci("show", "2").out)

    def test_a_failure_of_the_child_fails_the_job_that_waits_and_is_told(self):
        self.commit_child("lint: {script: exit 7}\n")
        ran = self.ci("run", status=1)
        self.assertIn("`exit 7` ended with 7", ran.err)
        self.assertEqual(self.jobs(1)["start"]["reason"], "child_failed")
        self.assertEqual(self.jobs(1)["after"]["status"], "skipped")

    def test_without_strategy_the_parent_goes_on_and_ci_still_drives_the_child(self):
        self.commit_child("lint: {script: exit 7}\n", PARENT.replace(", strategy: depend", ""))
        ran = self.ci("run")
        self.assertEqual(ran.out, "start   passed\nafter   passed\n")
        self.assertIn("run 2 of start: failed", ran.err)
        self.assertEqual(self.jobs(1)["start"]["status"], "success")
        self.assertEqual(self.runs()[2]["status"], "failed")

    def test_a_child_can_be_made_of_what_a_job_writes_and_of_several_files(self):
        self.commit_child("one: {script: echo one}\n", """
            stages: [make, start]
            make:
              stage: make
              script: "echo 'two: {script: echo two}' > made.yml"
              artifacts: {paths: [made.yml]}
            start:
              stage: start
              trigger:
                include: [{artifact: made.yml, job: make}, {local: child.yml}]
                strategy: mirror
            """)
        self.ci("run")
        self.assertEqual(sorted(self.jobs(2)), ["one", "two"])

    def test_inputs_and_variables_reach_the_child(self):
        self.commit_child("""
            spec: {inputs: {word: {}}}
            ---
            say: {script: "echo $[[ inputs.word ]] $GIVEN-"}
            """, """
            start:
              trigger: {include: child.yml, inputs: {word: abc}, strategy: depend, forward: {pipeline_variables: true}}
            """)
        self.ci("run", "-e", "GIVEN=x")
        self.assertEqual(self.ci("log", "say").out.splitlines()[-1], "abc x-")

    def test_a_child_gets_artifacts_of_its_parent(self):
        self.commit_child("""
            use:
              script: cat made.txt
              needs: [{pipeline: $UP, job: make}]
            """, PARENT + """
    make:
      stage: make
      script: echo of-the-parent > made.txt
      artifacts: {paths: [made.txt]}
            """)
        self.ci("run")
        self.assertEqual(self.ci("log", "use").out.splitlines()[-1], "of-the-parent")

    def test_mistakes_in_the_child_are_told_in_the_jobs_log(self):
        self.commit_child("lint: {scrip: exit 7}\n")
        self.ci("run", status=1)
        self.assertIn("did you mean `script`", self.ci("log", "start").out)
        self.assertEqual(len(self.runs()), 1)

    def test_children_of_children_are_the_last(self):
        self.commit({
            ".gitlab-ci.yml": "a: {trigger: {include: b.yml, strategy: depend}}\n",
            "b.yml": "b: {trigger: {include: c.yml, strategy: depend}}\n",
            "c.yml": "c: {trigger: {include: d.yml, strategy: depend}}\n",
            "d.yml": "d: {script: echo d}\n",
        })
        self.ci("run", status=1)
        self.assertEqual(sorted(self.runs()), [1, 2, 3])
        self.assertIn("GitLab allows two levels", self.ci("log", "c").out)

    def test_a_pipeline_of_another_project_is_said_to_take_a_server(self):
        self.commit_child("", "start: {trigger: group/other}\n")
        self.assertIn("takes a server", self.ci("run", status=1).err)

    def test_a_gate_in_the_child_parks_the_parent_and_opening_it_goes_on_with_both(self):
        self.commit_child("""
            ship: {script: echo shipped, when: manual, allow_failure: false}
            """)
        self.ci("run")
        self.assertTrue(self.runs()[1]["parked"])
        self.assertIn("start waits for its pipeline", self.ci("why", "start").out)
        self.assertIn("run 2 waits for a person", self.ci("why", "start").out)
        self.ci("approve", "ship")
        self.assertEqual([run["status"] for run in self.runs().values()], ["success", "success"])

    def test_a_child_that_waits_for_what_its_parent_holds_is_said_to(self):
        self.commit({".gitlab-ci.yml": "up: {trigger: {include: child.yml, strategy: depend}, resource_group: prod}\n",
                     "child.yml": "down: {script: echo, resource_group: prod}\n"})
        with self.under_way("run") as run:
            told = next(line for line in run.stderr if "deadlock: " in line)
            self.assertIn("up › down   waits for its turn: `prod` is held by `up` of run 1; deadlock: `down` of run 2 waits "
                          "for `up` of run 1", told)
            self.wait_for(lambda: "deadlock with run 1" in self.ci("list").out)
            self.assertIn("deadlock: `down` of run 2 waits for `up` of run 1", self.ci("why", "down").out)
            self.ci("cancel", "--run", "2")
            run.communicate(timeout=30)
        self.assertEqual(run.returncode, 1)

    def test_cancel_goes_through_to_the_child(self):
        self.commit_child("""
            long: {script: "touch $HOME/begun; sleep 600"}
            """)
        with self.start("run") as running:
            self.begun("begun")
            self.ci("cancel")
            running.communicate(timeout=60)
        self.assertEqual([run["status"] for run in self.runs().values()], ["canceled", "canceled"])
        self.assert_nothing_is_left()

    def test_ctrl_c_goes_through_to_the_child(self):
        self.commit_child("""
            long: {script: "touch $HOME/begun; sleep 600"}
            """)
        with self.start("run") as running:
            self.begun("begun")
            self.interrupt(running)
        self.assertEqual([run["status"] for run in self.runs().values()], ["canceled", "canceled"])

    def test_a_parked_family_can_be_cancelled(self):
        self.commit_child("""
            ship: {script: echo shipped, when: manual, allow_failure: false}
            """)
        self.ci("run")
        self.ci("cancel", status=1)
        self.assertEqual([run["status"] for run in self.runs().values()], ["canceled", "canceled"])

    def test_after_a_kill_in_the_middle_of_a_child_both_go_on(self):
        self.commit_child("""
            stages: [one, two]
            first: {stage: one, script: echo x >> $HOME/first}
            second: {stage: two, script: "touch $HOME/begun; test -e $HOME/go || sleep 600"}
            """)
        with self.start("run") as running:
            self.begun("begun")
            running.kill()
            running.communicate(timeout=60)
        (self.home / "go").touch()
        ran = self.ci("resume")
        self.assertEqual(ran.out, "start   passed\nafter   passed\n")
        self.assertEqual([run["status"] for run in self.runs().values()], ["success", "success"])
        self.assertEqual((self.home / "first").read_text(), "x\n")

    def test_a_retry_inside_a_child_takes_its_parent_along(self):
        self.commit_child("""
            flaky: {script: "test -e $HOME/go"}
            """)
        self.ci("run", status=1)
        (self.home / "go").touch()
        self.ci("retry", "flaky")
        self.assertEqual([run["status"] for run in self.runs().values()], ["success", "success"])
        self.assertEqual(self.jobs(1)["after"]["status"], "success")

    def test_a_retry_of_the_trigger_job_makes_a_new_child(self):
        self.commit_child("""
            flaky: {script: "test -e $HOME/go"}
            """)
        self.ci("run", status=1)
        (self.home / "go").touch()
        self.ci("retry", "start")
        self.assertEqual(self.jobs(1)["start"]["child"], 3)
        self.assertEqual({number: run["status"] for number, run in self.runs().items()},
                         {1: "success", 2: "failed", 3: "success"})


if __name__ == "__main__":
    unittest.main()
