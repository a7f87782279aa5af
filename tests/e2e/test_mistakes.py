"""Wrong input is told with its place and what was meant, and never half-applied."""

import json
import unittest
from xml.etree import ElementTree

from scenario import Scenario

PIPELINE = """
    build:
      script: echo built
    """


class Mistakes(Scenario):
    def assert_refused(self, *arguments, says, helps="", **options):
        ran = self.ci(*arguments, status=2, **options)
        self.assertEqual(ran.out, "")
        self.assertIn(says, ran.err)
        self.assertIn(helps, ran.err)

    def test_a_misspelt_keyword_is_shown_with_a_caret_and_a_suggestion(self):
        self.commit({".gitlab-ci.yml": """
            test:
              scirpt: pytest -q
            """})
        ran = self.ci("run", status=2)
        self.assertTrue(ran.err.startswith(
            ".gitlab-ci.yml:2:3: error: `scirpt` is not a keyword of a job\n"
            "    2 |   scirpt: pytest -q\n"
            "      |   ^~~~~~ did you mean `script`?\n"), ran.err)
        self.assertEqual(ran.out, "")

    def test_all_mistakes_are_told_at_once(self):
        self.commit({".gitlab-ci.yml": """
            one:
              scirpt: echo
            two:
              stage: tset
              script: echo
            """})
        ran = self.ci("lint", status=2)
        self.assertIn(".gitlab-ci.yml:2:3: error", ran.err)
        self.assertIn(".gitlab-ci.yml:4:10: error", ran.err)
        self.assertIn("did you mean `test`?", ran.err)

    def test_a_file_of_parts_is_looked_at_where_it_is_included(self):
        self.commit({".ci/parts.yml": ".base:\n  script: echo\n",
                     ".ci/main.yml": "include: .ci/parts.yml\ntest:\n  extends: .base\n"})
        self.assertEqual(self.ci("lint").out, ".ci/main.yml: 1 job, no mistakes found\n")
        self.assertIn("this pipeline has no job", self.ci("lint", "--pipeline", "parts", status=2).err)
        self.commit({".ci/parts.yml": ".base:\n  stage: tset\n  script: echo\n"})
        self.assertIn(".ci/parts.yml:2:10: error", self.ci("lint", status=2).err)

    def test_slips_are_mended_where_it_is_asked_for(self):
        self.commit({".gitlab-ci.yml": "test:\n  stage: tset\n  scirpt: echo  # scirpt\n"})
        self.assertIn(".gitlab-ci.yml: 2 slips mended\n", self.ci("lint", "--fix").err)
        self.assertEqual((self.repo / ".gitlab-ci.yml").read_text(), "test:\n  stage: test\n  script: echo  # scirpt\n")
        self.ci("lint", status=2)  # what is committed is as it was

    def test_what_is_allowed_and_surely_wrong_is_warned_of(self):
        self.commit({".gitlab-ci.yml": """
            test:
              image: python
              script: echo
            """})
        self.assertNotIn("floating-image", self.ci("run").err)
        self.assertIn("has no tag, so it means `latest` [floating-image]", self.ci("lint").err)
        self.assertIn("[floating-image]", self.ci("lint", "--strict", status=2).err)
        self.assertIn("1 warning silenced", self.ci("lint", "--strict", "--ignore", "floating-image").err)
        report = json.loads(self.ci("lint", "--format", "sarif").out)
        self.assertEqual(report["runs"][0]["results"][0]["ruleId"], "floating-image")
        self.commit({".gitlab-ci.yml": """
            test:
              image: python  # ci-lint: ignore floating-image
              script: echo
            """})
        self.assertEqual(self.ci("lint", "--strict").out, ".gitlab-ci.yml: 1 job, no mistakes found\n")

    def assert_sarif(self, report, file):
        self.assertEqual(report["version"], "2.1.0")
        run, = report["runs"]
        self.assertTrue(run["tool"]["driver"]["name"])
        rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
        for result in run["results"]:
            self.assertIn(result["ruleId"], rules)
            self.assertIn(result["level"], ("none", "note", "warning", "error"))
            self.assertTrue(result["message"]["text"])
            for place in result["locations"]:
                self.assertEqual(place["physicalLocation"]["artifactLocation"]["uri"], file)
                region = place["physicalLocation"]["region"]
                self.assertLessEqual((1, 1), (region["startLine"], region["startColumn"]))
                self.assertLessEqual((region["startLine"], region["startColumn"]), (region["endLine"], region["endColumn"]))
            self.assertEqual(len(result["locations"]), 1 if file else 0)

    def assert_junit(self, text):
        suites = ElementTree.fromstring(text.encode())
        self.assertEqual(suites.tag, "testsuites")
        for suite in [suites, *suites]:
            self.assertEqual(int(suite.get("tests")), len(suite.findall(".//testcase")))
            self.assertEqual(int(suite.get("failures")), len(suite.findall(".//failure")))
        for case in suites.iter("testcase"):
            self.assertTrue(case.get("name") and case.get("classname"))

    def assert_code_quality(self, issues, file):
        self.assertEqual(len({issue["fingerprint"] for issue in issues}), len(issues))
        for issue in issues:
            self.assertTrue(issue["description"] and issue["check_name"])
            self.assertIn(issue["severity"], ("info", "minor", "major", "critical", "blocker"))
            self.assertEqual(issue["location"]["path"], file or ".gitlab-ci.yml")
            self.assertGreaterEqual(issue["location"]["lines"]["begin"], 1)

    def test_every_format_is_a_whole_document_whatever_was_found(self):
        sound = "job: {script: a}\n"
        wrong = "job:\n  scirpt: \"\\x01 <&\u00e4\"\n"
        for files, file, found, status in (({".gitlab-ci.yml": sound}, "", 0, 0),
                                           ({".gitlab-ci.yml": wrong}, ".gitlab-ci.yml", 1, 2),
                                           ({".gitlab-ci.yml": "include: a.yml\n", "a.yml": wrong}, "a.yml", 1, 2),
                                           (None, "", 1, 2)):
            if files is None:
                self.git("rm", "--quiet", "-r", ".")
                self.git("commit", "--quiet", "--message", "no pipeline any more")
            else:
                self.commit(files)
            with self.subTest(files=files):
                def told(name):
                    return self.ci("lint", "--format", name, status=status).out
                self.assertEqual(len(json.loads(told("json"))), found)
                sarif = json.loads(told("sarif"))
                self.assertEqual(len(sarif["runs"][0]["results"]), found)
                self.assert_sarif(sarif, file)
                self.assert_junit(told("junit"))
                quality = json.loads(told("gitlab"))
                self.assertEqual(len(quality), found)
                self.assert_code_quality(quality, file)
                lines = told("github").splitlines()
                self.assertEqual(len(lines), found)
                for line in lines:
                    self.assertRegex(line, rf"\A::error {'file=' if file else 'title='}\S.*::\S")

    def test_broken_yaml_is_shown_where_it_breaks(self):
        self.commit({".gitlab-ci.yml": "build:\n  script: [echo, \"hi\n"})
        self.assert_refused("run", says=".gitlab-ci.yml:2:")

    def test_a_need_of_what_is_not_there_is_refused(self):
        self.commit({".gitlab-ci.yml": """
            build:
              script: echo
            ship:
              needs: [biuld]
              script: echo
            """})
        self.assert_refused("run", says=".gitlab-ci.yml:4:", helps="did you mean `build`?")

    def test_an_include_that_is_out_of_reach_is_named(self):
        self.commit({".gitlab-ci.yml": """
            include:
              - template: Python.gitlab-ci.yml
            """})
        self.assert_refused("run", says="`include: template: Python.gitlab-ci.yml` can't be had", helps="penstock.templates")

    def test_a_job_that_only_a_server_could_run_says_so_and_fails(self):
        self.commit({".gitlab-ci.yml": """
            child:
              trigger: group/other
            keyed:
              script: echo "$KEY"
              secrets: {KEY: {vault: team/app/key@kv, file: false}}
            """})
        told = self.ci("run", status=1).err
        self.assertIn("it starts a pipeline of another project", told)
        self.assertIn("no provider of secrets is configured here", told)
        self.ci("secrets", "set", "KEY", given="from-the-safe")
        self.ci("run", "keyed")
        self.assertIn("[MASKED]", self.ci("log", "keyed").out)

    def test_unknown_names_get_a_suggestion(self):
        self.commit({".gitlab-ci.yml": PIPELINE, ".ci/release.yml": PIPELINE})
        self.assert_refused("rum", says="`rum`", helps="did you mean `run`?")
        self.assert_refused("run", "--pipline", "x", says="`--pipline`", helps="did you mean `--pipeline`?")
        self.assert_refused("run", "--pipeline", "relaese", says="`relaese`", helps="did you mean `release`?")
        self.assert_refused("run", "biuld", says="`biuld`", helps="did you mean `build`?")
        self.assert_refused("log", "build", says="no run of this repository yet", helps="ci run")
        self.ci("run")
        self.assert_refused("why", "biuld", says="`biuld`", helps="did you mean `build`?")
        self.assert_refused("log", "biuld", says="`biuld`", helps="did you mean `build`?")
        self.assert_refused("show", "99", says="99")
        self.assert_refused("approve", "build", says="does not wait")

    def test_values_that_make_no_sense_are_refused(self):
        self.commit({".gitlab-ci.yml": PIPELINE})
        self.assert_refused("run", "-j", "0", says="-j")
        self.assert_refused("run", "-j", "many", says="-j")
        self.assert_refused("run", "-e", "novalue", says="novalue")
        self.assert_refused("run", "--secret", "NOT_SET_ANYWHERE", says="NOT_SET_ANYWHERE", helps="ci secrets set")
        self.assert_refused("run", "--secret", "TOKEN=missing.txt", says="missing.txt")
        self.assert_refused("clean", "--limit", "big", says="big")
        self.assert_refused("approve", says="name")
        self.assertEqual(self.ci("list").out.count("\n"), 0, "a run was started though its command line was refused")

    def test_where_there_is_nothing_to_run_it_says_what_to_do(self):
        outside = self.folder / "outside"
        outside.mkdir()
        self.assert_refused("run", says="not in a git repository", helps="git init", cwd=outside)
        self.assert_refused("run", says="no commit yet", helps="git commit")
        self.commit({"README": "no pipeline here\n"})
        self.assert_refused("run", says="pipeline", helps=".gitlab-ci.yml")
        self.write({".gitlab-ci.yml": PIPELINE})
        self.assert_refused("run", says="pipeline", helps="`.gitlab-ci.yml` is not committed yet: commit it, or add --worktree")
        self.ci("run", "--worktree")

    def test_a_pipeline_that_leaves_all_out_says_why(self):
        self.commit({".gitlab-ci.yml": """
            workflow:
              rules:
                - if: $CI_COMMIT_TAG
            build:
              script: echo
            """})
        ran = self.ci("run")
        self.assertIn("CI_COMMIT_TAG", ran.err)
        self.assertEqual(ran.out, "")


if __name__ == "__main__":
    unittest.main()
