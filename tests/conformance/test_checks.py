"""The checks must be able to fail: each is shown something right and something wrong."""

import unittest

from case import Result, gitlab_name
from checks import check_job_list, check_lines, check_outcome, check_output, check_statuses, comparable


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


if __name__ == "__main__":
    unittest.main()
