"""A secret reaches the jobs, and nothing else; the environment of a job is clean."""

import os
import unittest

from scenario import Scenario

SECRET = "s3cr3t-Value/with+signs"


class Secrets(Scenario):
    def setUp(self):
        super().setUp()
        self.commit({".gitlab-ci.yml": """
            use:
              script:
                - test "$TOKEN" = "s3cr3t-Value/""with+signs"
                - echo "it is $TOKEN."
                - echo -n "$TOKEN" | base64
                - printf 's3cr3t-Val'; sleep 0.1; echo 'ue/with+signs'
            fails:
              script: test -z "$TOKEN" || false "$TOKEN"
            """})

    def assert_hidden(self, text):
        self.assertNotIn(SECRET, text)
        self.assertNotIn("czNjcjN0LVZhbHVlL3dpdGgrc2lnbn", text)

    def assert_nothing_shows_it(self, ran):
        self.assert_hidden(ran.out + ran.err)
        self.assertIn("it is [MASKED].", self.ci("log", "use").out)
        for command in (["log", "use"], ["why", "use"], ["why", "fails"], ["show"], ["show", "--json"], ["list", "--json"]):
            ran = self.ci(*command)
            self.assert_hidden(ran.out + ran.err)
        kept = [path for path in self.repo.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
        self.assertEqual(kept, [])

    def test_one_from_a_file_is_masked_everywhere(self):
        (self.folder / "token.txt").write_text(SECRET)
        self.assert_nothing_shows_it(self.ci("run", "--secret", f"TOKEN={self.folder}/token.txt", status=1))

    def test_one_from_the_environment_is_masked_everywhere(self):
        self.environment["TOKEN"] = SECRET
        self.assert_nothing_shows_it(self.ci("run", "--secret", "TOKEN", status=1))

    def test_one_that_is_kept_is_sealed_and_masked_everywhere(self):
        self.ci("secrets", "set", "TOKEN", given=SECRET)
        self.assertIn("TOKEN", self.ci("secrets", "list").out)
        self.assert_nothing_shows_it(self.ci("run", status=1))
        keys = [path for path in self.home.rglob("*") if path.is_file() and path.name != ".gitconfig" and "penstock" in str(path)]
        self.assertTrue(keys)
        for key in keys:
            self.assertEqual(os.stat(key).st_mode & 0o077, 0, key)
        self.ci("secrets", "rm", "TOKEN")
        self.assertNotIn("TOKEN", self.ci("secrets", "list").out)

    def test_a_plan_names_it_without_its_value(self):
        self.environment["TOKEN"] = SECRET
        for form in ([], ["--json"], ["--dot"]):
            self.assert_hidden(self.ci("plan", "--secret", "TOKEN", *form).out)

    def test_no_process_list_shows_it(self):
        self.commit({".gitlab-ci.yml": """
            look:
              script:
                - cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' > "$HOME/seen.txt"
            """})
        self.environment["TOKEN"] = SECRET
        self.ci("run", "--secret", "TOKEN")
        self.assert_hidden((self.home / "seen.txt").read_text(errors="replace"))

    def test_a_job_sees_the_pipelines_variables_and_no_others(self):
        self.commit({".gitlab-ci.yml": """
            look:
              script: env > "$HOME/seen.txt"
            """})
        self.environment |= {"PRIVATE_THING": "1", "HANDED_OVER": "2", "CI_JOB_TOKEN": "of another system"}
        self.ci("run", "-e", "GIVEN=with = signs", "--pass", "HANDED_OVER")
        seen = (self.home / "seen.txt").read_text().splitlines()
        self.assertIn("HANDED_OVER=2", seen)
        self.assertIn("GIVEN=with = signs", seen)
        self.assertIn(f"HOME={self.home}", seen)
        self.assertIn("CI_JOB_NAME=look", seen)
        self.assertFalse([line for line in seen if line.startswith(("PRIVATE_THING", "CI_JOB_TOKEN=of"))], seen)

    def test_uncommitted_changes_run_only_when_asked_for(self):
        self.commit({".gitlab-ci.yml": "look:\n  script: cp content.txt \"$HOME/seen.txt\"\n", "content.txt": "committed\n"})
        self.write({"content.txt": "changed\n"})
        ran = self.ci("run")
        self.assertIn("--worktree", ran.err)
        self.assertEqual((self.home / "seen.txt").read_text(), "committed\n")
        ran = self.ci("run", "--worktree")
        self.assertNotIn("warning", ran.err)
        self.assertEqual((self.home / "seen.txt").read_text(), "changed\n")


if __name__ == "__main__":
    unittest.main()
