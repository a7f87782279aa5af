"""What a run tells afterwards: for people, for scripts, for the shell's completion."""

import json
import subprocess
import unittest

from scenario import CI, Scenario

JUNIT = """
    <testsuite name="unit" tests="2" failures="1">
      <testcase classname="tests.test_sums" name="test_one" file="tests/test_sums.py" line="3"/>
      <testcase classname="tests.test_sums" name="test_two" file="tests/test_sums.py" line="7">
        <failure message="assert 2 == 3">tests/test_sums.py:8: AssertionError</failure>
      </testcase>
    </testsuite>
    """

PIPELINE = """
    stages: [build, test, deploy]
    package:
      stage: build
      script: mkdir dist && echo content > dist/app.txt
      artifacts: {paths: [dist/], expire_in: 1 day}
    unit:
      stage: test
      script: exit 4
      artifacts:
        reports: {junit: report.xml}
    tagged:
      stage: test
      script: echo tagged
      rules:
        - if: $CI_COMMIT_TAG
    ship:
      stage: deploy
      script: echo ship
      environment: production
      when: manual
    """


class Reading(Scenario):
    def setUp(self):
        super().setUp()
        self.commit({".gitlab-ci.yml": PIPELINE, "report.xml": JUNIT})

    def json_of(self, *arguments, **options):
        return json.loads(self.ci(*arguments, "--json", **options).out)

    def test_a_failure_names_the_command_its_status_the_tests_and_what_to_do(self):
        ran = self.ci("run", status=1)
        self.assertEqual(ran.out, "build    passed\ntest     1 failed, 1 passed\ndeploy   not reached\n")
        self.assertIn("`exit 4` ended with 4", ran.err)
        self.assertIn("tests/test_sums.py:7: assert 2 == 3", ran.err)
        self.assertIn("test_two", ran.err)
        self.assertIn("deploy was not reached: test failed", ran.err)
        self.assertIn("ci log unit", ran.err)
        self.assertIn("ci shell unit", ran.err)

    def test_the_matrix_of_events_shows_what_rules_do_before_the_push(self):
        table = self.ci("plan", "--matrix-of-events").out
        self.assertIn("JOB        main        feature     merge request  tag         schedule    web\n", table)
        self.assertIn("  tagged   –           –           –              ✓           –           –\n", table)
        self.assertIn("  ship     ⏸ optional  ⏸ optional  –              ⏸ optional", table)
        jobs = {job["name"]: job["on"] for job in self.json_of("plan", "--matrix-of-events")["jobs"]}
        self.assertEqual([how["when"] for how in jobs["tagged"]][:4], ["never", "never", "never", "on_success"])
        self.assertIn("tag v1.0.0", self.ci("plan", "--event", "tag").out)
        ran = self.ci("run", "--tag", "v7", "tagged", "--only")
        self.assertEqual(ran.out, "test   passed\n")
        self.assertEqual(self.json_of("list")[0]["ref"], "v7")

    def test_the_log_of_each_attempt_is_kept_and_coverage_is_shown(self):
        self.commit(
            {
                ".gitlab-ci.yml": """
                flaky:
                  script:
                    - echo "TOTAL 71.5%"
                    - echo "try $(wc -l < "$HOME/tries")"; echo x >> "$HOME/tries"
                    - test "$(wc -l < "$HOME/tries")" -gt 1
                  coverage: '/TOTAL (\\d+\\.\\d+)%/'
                  retry: 1
                """
            }
        )
        (self.home / "tries").touch()
        self.ci("run")
        self.assertIn("try 0\n", self.ci("log", "flaky", "--attempt", "1").out)
        self.assertIn("try 1\n", self.ci("log", "flaky").out)
        self.assertIn("its last one is 2", self.ci("log", "flaky", "--attempt", "3", status=2).err)
        self.assertIn("71.5 %", self.ci("show").out)

    def test_a_hostile_subject_is_shown_as_text(self):
        self.commit({"x": "y"}, message="red\033[31m \033]0;title\007")
        self.ci("run", status=1)
        for command in (["list"], ["show"]):
            shown = self.ci(*command).out
            self.assertNotIn("\033", shown)
            self.assertIn("red\\x1b[31m", shown)

    def test_others_can_read_nothing_of_what_is_kept(self):
        self.ci("run", status=1)
        self.assertEqual((self.repo / ".git/penstock").stat().st_mode & 0o777, 0o700)

    def test_what_ran_is_told_to_people(self):
        self.ci("run", status=1)
        self.assertRegex(self.ci("list").out, r"RUN +STATUS.*\n +1 +\S+ .*Change +Ana")
        shown = self.ci("show").out
        self.assertIn("1 failed, 1 passed", shown)
        self.assertRegex(shown, r"unit +test +failed")
        self.assertIn("test_two", self.ci("tests").out)
        self.assertIn("CI_COMMIT_TAG is not set", self.ci("why", "tagged").out)
        self.assertIn("skipped", self.ci("why", "ship").out)
        self.assertIn("exit 4", self.ci("log", "unit").out)

    def test_a_job_is_explained_before_the_first_run(self):
        why = self.ci("why", "tagged").out
        self.assertIn("tagged is left out of the pipeline for a push of", why)
        self.assertIn("CI_COMMIT_TAG is not set", why)
        self.assertEqual(self.json_of("why", "unit")["status"], "planned")
        self.assertIn("did you mean `unit`?", self.ci("why", "unti", status=2).err)

    def test_no_pipeline_is_still_a_whole_document(self):
        self.commit({".gitlab-ci.yml": "workflow: {rules: [{if: $CI_COMMIT_TAG}]}\njob: {script: a}\n"})
        plan = self.json_of("plan")
        self.assertEqual((plan["source"], plan["stages"], plan["jobs"]), (".gitlab-ci.yml", [], []))
        self.assertIn("no pipeline", plan["workflow"]["summary"])
        self.assertEqual(self.json_of("why", "job")["status"], "no_pipeline")
        self.assertIn("digraph", self.ci("plan", "--dot").out)
        self.commit({".gitlab-ci.yml": "job: {script: a, rules: [{if: $CI_COMMIT_TAG}]}\n"})
        self.assertEqual(self.json_of("plan")["jobs"], [])
        for nothing in ("list", "releases", "incident", "env"):
            self.assertEqual(self.json_of(nothing), [], nothing)

    def test_a_plan_tells_what_is_included_by_whom(self):
        self.commit({".gitlab-ci.yml": "include:\n  - ci/*.yml\n  - {local: tags.yml, rules: [{if: $CI_COMMIT_TAG}]}\n  - gone.yml\n",
                     "ci/a.yml": "include: more.yml\na: {script: a}\n", "more.yml": "b: {script: b}\n", "tags.yml": "c: {script: c}\n"})
        entries = self.json_of("plan", "--includes", status=2)
        self.assertEqual([(one["file"], one["line"], one["kind"], one["name"], one["outcome"], one["files"]) for one in entries],
                         [(".gitlab-ci.yml", 2, "local", "ci/*.yml", "taken", ["ci/a.yml"]),
                          ("ci/a.yml", 1, "local", "more.yml", "taken", ["more.yml"]),
                          (".gitlab-ci.yml", 3, "local", "tags.yml", "left_out", []),
                          (".gitlab-ci.yml", 4, "local", "gone.yml", "missing", ["gone.yml"])])
        self.assertRegex(self.ci("plan", "--includes", status=2).out, r"\.gitlab-ci\.yml:3 +local +tags\.yml +left out")

    def test_a_plan_of_many_instances_is_short(self):
        self.commit({".gitlab-ci.yml": "unit: {script: a, parallel: 6}\nship: {script: a, when: manual, needs: [unit]}\n"
                                       "late: {script: a, parallel: 5, rules: [{if: $CI_COMMIT_TAG}]}\n"})
        self.assertTrue(self.ci("plan").out.endswith(
            "test\n  unit (6)\n  ship      manual (optional), needs unit (6)\nleft out\n  late (5)\n"))

    def test_what_ran_is_told_to_scripts(self):
        self.ci("run", status=1)
        self.assertEqual([run["status"] for run in self.json_of("list")], ["failed"])
        shown = self.json_of("show")
        self.assertEqual({job["name"]: job["status"] for job in shown["jobs"]},
                         {"package": "success", "unit": "failed", "ship": "skipped"})
        self.assertEqual([entry["job"] for entry in self.json_of("artifacts", "ls")][0], "package")
        self.assertIn("test_two", json.dumps(self.json_of("tests")))
        self.assertEqual(self.json_of("why", "tagged")["status"], "left_out")
        self.assertEqual(self.json_of("why", "ship")["status"], "skipped")
        self.assertIsInstance(self.json_of("secrets", "list"), list)
        self.assertIsInstance(self.json_of("doctor"), (list, dict))

    def test_artifacts_are_fetched(self):
        self.ci("run", status=1)
        out = self.folder / "out"
        self.ci("artifacts", "get", "package", "-o", str(out))
        self.assertEqual((out / "dist/app.txt").read_text(), "content\n")

    def test_a_plan_is_told_before_anything_runs(self):
        text = self.ci("plan").out
        self.assertIn("package", text)
        self.assertIn("left out", text)
        plan = self.json_of("plan")
        self.assertEqual([job["name"] for job in plan["jobs"]], ["package", "unit", "ship"])
        self.assertTrue(self.ci("plan", "--dot").out.startswith("digraph"))
        self.assertEqual(self.json_of("lint"), [])
        self.assertEqual(self.json_of("list"), [])

    def test_mistakes_are_told_to_scripts(self):
        self.commit({".gitlab-ci.yml": "test:\n  scirpt: echo\n"})
        told = self.json_of("lint", status=2)
        self.assertEqual((told[0]["file"], told[0]["line"], told[0]["column"]), (".gitlab-ci.yml", 2, 3))

    def test_help_has_an_example_for_each_command(self):
        commands = self.ci("complete", "").out.split()
        self.assertIn("run", commands)
        for command in commands:
            self.assertIn(f"ci {command}" if command != "completion" else "completion", self.ci(command, "--help").out)

    def test_completion_scripts_are_scripts_and_know_the_names(self):
        bash = self.ci("completion", "bash").out
        subprocess.run(["bash", "-n"], input=bash, text=True, check=True)
        ask = bash + """
            ci() { "$CI_BIN" "$@"; }
            COMP_WORDS=(ci why p); COMP_CWORD=2; _ci_complete; echo "${COMPREPLY[@]}"
            COMP_WORDS=(ci approve pro); COMP_CWORD=2; _ci_complete; echo "${COMPREPLY[@]}"
            COMP_WORDS=(ci run --pipe); COMP_CWORD=2; _ci_complete; echo "${COMPREPLY[@]}"
            """
        self.environment["CI_BIN"] = CI
        self.assertEqual(self.run_checked("bash", "-c", ask).split(), ["package", "production", "--pipeline"])
        self.assertIn("compdef", self.ci("completion", "zsh").out)
        self.assertIn("complete -c ci", self.ci("completion", "fish").out)

    def test_artifacts_that_lead_out_are_refused(self):
        self.commit({".gitlab-ci.yml": """
            outside:
              script: echo secret > "$HOME/outside.txt"
              artifacts: {paths: [../outside.txt, /etc/hostname]}
            link:
              script: ln -s /etc/passwd link
              artifacts: {paths: [link]}
            """})
        ran = self.ci("run", "--keep-going", status=1)
        self.assertIn("link", ran.err)
        self.assertNotIn("root:", ran.err)


if __name__ == "__main__":
    unittest.main()
