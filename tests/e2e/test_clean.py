"""What `ci clean` removes, and what it must not."""

import unittest

from scenario import Scenario

PIPELINE = """
    big:
      script:
        - head -c 300000 /dev/urandom | base64 > big.txt
        - cat big.txt
      artifacts: {paths: [big.txt]}
    """


class Clean(Scenario):
    def test_a_limit_counts_artifacts_and_logs_and_takes_the_oldest_runs(self):
        self.commit({".gitlab-ci.yml": PIPELINE})
        for _ in range(3):
            self.ci("run")
        told = self.ci("clean", "--limit", "1500kB", "--dry-run").out
        self.assertIn("would remove 1 run,", told)
        self.assertIn("removed 1 run,", self.ci("clean", "--limit", "1500kB").out)
        self.assertIn("no run 1", self.ci("show", "1", status=2).err)
        self.assertIn("passed", self.ci("show", "2").out)
        self.ci("artifacts", "get", "big", "--run", "2", "-o", str(self.home / "two"))
        self.assertEqual((self.home / "two" / "big.txt").stat().st_size, 405264)

    def test_the_newest_run_stays_whatever_the_limit(self):
        self.commit({".gitlab-ci.yml": PIPELINE})
        self.ci("run")
        self.assertIn("removed 0 runs", self.ci("clean", "--limit", "1kB").out)
        self.assertIn("big.txt", self.ci("log", "big").out)

    def test_rooms_of_failed_jobs_are_counted_and_go(self):
        self.commit({".gitlab-ci.yml": """
            fails:
              script:
                - head -c 300000 /dev/urandom > left.bin
                - exit 1
            """})
        self.ci("run", status=1)
        self.assertRegex(self.ci("clean", "--dry-run").out, r"would remove .*, 1 kept room: 3\d\d kB would be freed")
        self.assertRegex(self.ci("clean").out, r"removed .*, 1 kept room: 3\d\d kB freed")
        self.assertRegex(self.ci("clean").out, "0 kept rooms: 0 B freed")


if __name__ == "__main__":
    unittest.main()
