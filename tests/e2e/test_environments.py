"""What is declared, what is live where, and what is between two environments."""

import json
import unittest

from scenario import Scenario

PIPELINE = """
    ship:
      script: echo shipped
      environment: {name: $WHERE, url: "https://$WHERE.example"}
      variables: {WHERE: staging}
    """


class Environments(Scenario):
    def test_a_mistake_in_the_file_stops_the_pipeline_and_shows_where(self):
        self.commit({".ci/main.yml": PIPELINE, ".ci/environments.yml": "staging: {teir: production}\n"})
        ran = self.ci("run", status=2)
        self.assertTrue(ran.err.startswith(".ci/environments.yml:1:11: error: `teir` is not a keyword"), ran.err)
        self.assertIn("did you mean `tier`?", ran.err)

    def test_a_name_that_is_not_declared_is_a_mistake_with_a_suggestion(self):
        self.commit({".ci/main.yml": PIPELINE, ".ci/environments.yml": "stagging: {}\n"})
        self.assertIn("did you mean `stagging`?", self.ci("lint", status=2).err)

    def test_the_file_is_linted_alone(self):
        self.commit({".ci/environments.yml": "staging: {}\nreview/*: {}\n"})
        self.assertEqual(self.ci("lint").out, ".ci/environments.yml: 2 environments, no mistakes found\n")

    def test_a_rollout_in_gitlabs_file_names_the_command_instead(self):
        self.commit({".gitlab-ci.yml": "ship: {rollout: staging}\n"})
        self.assertIn("ci deploy", self.ci("lint", status=2).err)

    def test_what_jobs_deployed_is_shown_with_and_without_a_file(self):
        self.commit({".gitlab-ci.yml": PIPELINE})
        self.ci("run")
        listed = self.ci("env").out.splitlines()
        self.assertEqual(listed[1].split()[:2], ["staging", "ship"])
        self.commit({".ci/environments.yml": "staging: {url: https://staging.example}\nproduction: {}\n"})
        found = {one["name"]: one for one in json.loads(self.ci("env", "--json").out)}
        self.assertEqual(found["staging"]["live"]["run"], 1)
        self.assertTrue(found["staging"]["declared"])
        self.assertNotIn("live", found["production"])
        self.assertEqual(self.ci("env", "open", "staging").out, "https://staging.example\n")
        self.assertIn("deployed", self.ci("env", "history", "staging").out)

    def test_diff_lists_what_is_committed_and_not_there(self):
        self.commit({".gitlab-ci.yml": PIPELINE})
        self.ci("run")
        self.assertIn("stand at the same commit", self.ci("env", "diff", "staging").out)
        self.commit({"a": "1"}, message="Add a")
        self.commit({"b": "1"}, message="Add b")
        told = self.ci("env", "diff", "staging").out
        self.assertIn("has 2 commits that staging", told)
        self.assertLess(told.index("Add b"), told.index("Add a"))
        found = json.loads(self.ci("env", "diff", "staging", "HEAD", "--json").out)
        self.assertEqual([one["subject"] for one in found["only_there"]], ["Add b", "Add a"])
        self.assertEqual(found["only_here"], [])

    def test_an_unknown_environment_is_refused_with_a_suggestion(self):
        self.commit({".ci/environments.yml": "production: {}\n"})
        self.assertIn("did you mean `production`?", self.ci("env", "show", "prodution", status=2).err)

    def test_why_says_what_an_environment_waits_for(self):
        self.commit({".ci/main.yml": """
            build:
              script: mkdir dist && echo hello > dist/app-1.0.tar
              artifacts: {paths: [dist/]}
            """, ".ci/environments.yml": f"""
            production:
              target: commands
              commands: {{start: "true", stop: "true", check: "true"}}
              folder: {self.folder}/production
              application: {{artifact: dist/*.tar}}
              approvals: {{required: 2}}
            """})
        self.assertEqual(self.ci("why", "production").out, "production waits for nothing\n")
        self.ci("run")
        self.ci("deploy", "production")
        told = self.ci("why", "production").out
        self.assertTrue(told.startswith("app-1.0.tar waits for a person since "), told)
        self.assertIn("approval (0 of 2)", told)
        found = json.loads(self.ci("why", "production", "--json").out)
        self.assertEqual(found["rollouts"][0]["state"], "waits for a person")
        self.assertIn("waits for approval (0 of 2)", self.ci("env").out)
        self.assertIn("nothing", self.ci("env", "refresh").out)


if __name__ == "__main__":
    unittest.main()
