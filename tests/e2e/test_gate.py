"""A run stops at its gate, survives there, and goes on when a person says so."""

import unittest

from scenario import Scenario

PIPELINE = """
    stages: [build, production]
    package:
      stage: build
      script: mkdir dist && echo "built once" > dist/app.txt
      artifacts: {paths: [dist/]}
    production:
      stage: production
      script: cp dist/app.txt "$HOME/live.txt"
      environment: production
      when: manual
      allow_failure: false
    after:
      stage: .post
      script: echo after >> "$HOME/live.txt"
    """


class Gate(Scenario):
    def setUp(self):
        super().setUp()
        self.commit({".gitlab-ci.yml": PIPELINE})
        self.live = self.home / "live.txt"

    def test_a_run_parks_at_its_gate_and_approval_carries_it_on(self):
        ran = self.ci("run")
        self.assertRegex(ran.out, r"production +waiting for approval")
        self.assertFalse(self.live.exists())
        self.ci("approve", "production")
        self.assertEqual(self.live.read_text(), "built once\nafter\n")

    def test_a_rejection_ends_the_run_and_deploys_nothing(self):
        self.ci("run")
        self.ci("reject", "production", "--message", "not on a Friday")
        self.assertFalse(self.live.exists())
        self.assertIn("not on a Friday", self.ci("why", "production").out)

    def test_an_approval_of_what_is_not_there_suggests_what_is(self):
        self.ci("run")
        self.assertIn("`production`", self.ci("approve", "prodution", status=2).err)
        self.assertFalse(self.live.exists())

    def test_the_gate_keeps_what_the_run_was_started_with(self):
        self.commit({".gitlab-ci.yml": """
            ship:
              script: echo "$GREETING" > "$HOME/live.txt"
              when: manual
              allow_failure: false
            """})
        self.ci("run", "-e", "GREETING=as it was started")
        self.commit({"later.txt": "a later commit\n"})
        self.ci("approve", "ship")
        self.assertEqual(self.live.read_text(), "as it was started\n")

    def test_an_optional_manual_job_leaves_the_run_passed_and_playable(self):
        self.commit({".gitlab-ci.yml": """
            test:
              script: echo ok
            extra:
              script: echo extra > "$HOME/live.txt"
              when: manual
            """})
        self.ci("run")
        self.assertFalse(self.live.exists())
        self.ci("play", "extra")
        self.assertEqual(self.live.read_text(), "extra\n")


if __name__ == "__main__":
    unittest.main()
