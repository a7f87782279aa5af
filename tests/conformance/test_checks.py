"""The checks must be able to fail: each is shown something right and something wrong."""

import re
import unittest
from pathlib import Path

from case import Result, gitlab_name
from checks import check_job_list, check_lines, check_outcome, check_output, check_statuses, comparable
from explained import REFUSED_BY_PEER, REFUSED_BY_US, RULES, explain
from shapes import compare, of_ours, of_peer


def ran(**members):
    return Result(0, "", "", **members)


class Names(unittest.TestCase):
    def test_instances_have_gitlabs_names(self):
        self.assertEqual(gitlab_name("job: [a,b]"), "job: [a, b]")
        self.assertEqual(gitlab_name("job: [1/2]"), "job 1/2")
        self.assertEqual(gitlab_name("plain, job"), "plain, job")


class Checks(unittest.TestCase):
    def differ(self, found):
        self.assertTrue(list(found))

    def agree(self, found):
        self.assertEqual(list(found), [])

    def test_an_error_must_end_with_2_and_be_told_by_name(self):
        test, expect = {"outcome": "error"}, {"error": {"kind": "stage_unknown"}}
        told = [{"name": "unknown-stage", "severity": "error"}]
        self.agree(check_outcome(test, Result(2, "", "", told), expect))
        self.differ(check_outcome(test, Result(1, "", "", told), expect))
        self.differ(check_outcome(test, Result(2, "", "", []), expect))

    def test_lines_are_whole_lines_of_their_job(self):
        expect = {"stdout": [{"job": "a", "text": "hello"}]}
        self.agree(check_lines(ran(logs={"a": "\x1b[32mhello\x1b[0m\n"}), expect))
        self.differ(check_lines(ran(logs={"a": "hello there"}), expect))
        self.differ(check_lines(ran(logs={"b": "hello"}), expect))

    def test_output_is_searched_in_all_jobs(self):
        self.agree(check_output(ran(logs={"a": "x", "b": "y"}), {"output_contains": ["y"], "output_not_contains": ["z"]}))
        self.differ(check_output(ran(logs={"a": "x"}), {"output_not_contains": ["x"]}))
        self.differ(check_output(ran(logs={"a": "x"}), {"line_count": [{"matching": "x", "count": 0}]}))

    def test_statuses_tell_allowed_failures_apart(self):
        jobs = {"a": {"status": "failed", "warning": True}}
        self.agree(check_statuses(ran(jobs=jobs), {"job_status": {"a": "failed_allowed"}}))
        self.differ(check_statuses(ran(jobs=jobs), {"job_status": {"a": "failed"}}))
        self.differ(check_statuses(ran(), {"no_failed_job": True}))

    def test_job_lists_compare_stage_gate_and_needs(self):
        plan = {"jobs": [{"name": "a", "stage": "build", "gate": {"kind": "manual"}, "needs": [{"job": "b"}]}]}
        wanted = {"name": "a", "stage": "build", "when": "manual", "allow_failure": False, "needs": ["b"]}
        self.agree(check_job_list(ran(plan=plan), {"job_list": [wanted]}))
        for key, value in (("stage", "test"), ("when", "on_success"), ("needs", []), ("allow_failure", True)):
            self.differ(check_job_list(ran(plan=plan), {"job_list": [wanted | {key: value}]}))

    def test_plans_compare_without_places(self):
        one = {"stages": ["a"], "jobs": [{"name": "x", "location": "f:1", "stage": "a"}]}
        other = {"stages": ["a"], "jobs": [{"name": "x", "location": "f:9", "stage": "a"}]}
        self.assertEqual(comparable(one), comparable(other))


class Documentation(unittest.TestCase):
    def test_each_keyword_of_a_job_has_its_row(self):
        root = Path(__file__).resolve().parents[2]
        source = (root / "src/dialect_gitlab/job_read.cc").read_text(encoding="utf-8")
        keywords = re.findall(r'^    \{"(\w+)", \w+', source, flags=re.M)
        self.assertGreater(len(keywords), 30)
        rows = re.findall(r"^\| `(\w+)` \|", (root / "docs/gitlab.md").read_text(encoding="utf-8"), flags=re.M)
        self.assertEqual([keyword for keyword in keywords if keyword not in rows], [])


class Differential(unittest.TestCase):
    OURS = {"name": "a: [1, 2]", "group": "a", "stage": "test", "gate": {"kind": "manual"}, "needs": [{"job": "b"}],
            "steps": [{"script": ["x"]}], "variables": [{"name": "CI_JOB_NAME", "value": "a"}, {"name": "V", "value": "1"}]}
    THEIRS = {"name": "a: [1,2]", "group": "a", "stage": "test", "when": "manual", "allow_failure": False, "needs": [{"job": "b"}],
              "script": ["x"], "after_script": [], "variables": {"V": 1, "CI": "true"}}
    OTHER = {"name": "b", "group": "b", "stage": "test", "when": "on_success", "allow_failure": False, "needs": None, "script": [],
             "after_script": [], "variables": {}}

    def differences(self, **changed):
        plan = {"jobs": [self.OURS, {"name": "b", "group": "b", "stage": "test"}]}
        return list(compare(of_ours(plan), of_peer({"jobs": [self.THEIRS | changed, self.OTHER]})))

    def test_jobs_are_the_same_by_what_they_are(self):
        self.assertEqual(self.differences(), [])
        for changed in ({"stage": "build"}, {"when": "always"}, {"allow_failure": True}, {"needs": []}, {"script": ["y"]},
                        {"after_script": ["z"]}, {"variables": {"V": 2}}, {"variables": {"V": 1, "W": ""}}, {"name": "c"}):
            self.assertTrue(self.differences(**changed), changed)

    def test_what_no_rule_explains_is_told(self):
        plan = {"jobs": [], "variables": [], "workflow": {}}
        self.assertIsNone(explain(self.differences(script=["y"])[0], plan, ""))
        self.assertEqual(explain(self.differences(allow_failure=True, keys={})[0], plan, ""), None)

    def test_each_rule_is_told_in_the_documentation(self):
        told = (Path(__file__).resolve().parents[2] / "docs/conformance.md").read_text(encoding="utf-8")
        for name in (*RULES, *REFUSED_BY_US, *REFUSED_BY_PEER):
            self.assertIn(f"| {name} |", told)


if __name__ == "__main__":
    unittest.main()
