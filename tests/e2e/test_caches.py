"""Caches as jobs meet them: what the next run finds, what isn't kept twice, and what a killed `ci` leaves."""

import subprocess
import unittest

from scenario import CI, Scenario

FILES = 800
PIPELINE = f"""
    fill:
      cache: {{key: venv, paths: [venv/]}}
      script:
        - mkdir -p venv
        - test -e venv/1 || for i in $(seq {FILES}); do echo "$i" > "venv/$i"; done
        - if [ -n "$CHANGE" ]; then echo "$CHANGE" > venv/1; rm -f venv/2; fi
        - ls venv | wc -l; cat venv/* | sort -n | head -1
    """


class Caches(Scenario):
    def setUp(self):
        super().setUp()
        self.commit({".gitlab-ci.yml": PIPELINE})
        self.ci("run")

    def unpacked(self):
        return [path for path in self.repo.glob(".git/penstock/**/caches/*") if path.is_dir()]

    def test_the_next_run_sees_what_changed_and_what_did_not_is_not_kept_again(self):
        self.assertIn(f"cache `venv`: kept {FILES} files", self.ci("log", "fill").out)
        self.ci("run")
        self.assertIn(f"cache `venv`: unchanged, {FILES} files", self.ci("log", "fill").out)
        self.ci("run", "--env", "CHANGE=0")
        self.assertIn(f"\n{FILES - 1}\n0\n", self.ci("log", "fill").out)
        self.ci("run")
        log = self.ci("log", "fill").out
        self.assertIn(f"\n{FILES - 1}\n0\n", log)
        self.assertIn(f"cache `venv`: unchanged, {FILES - 1} files", log)

    def test_a_clean_removes_what_lies_unpacked_for_nobody(self):
        self.ci("run")
        self.ci("run", "--env", "CHANGE=0")
        if not self.unpacked():
            self.skipTest("no overlays here: nothing lies unpacked")
        self.ci("clean")
        self.assertEqual(len(self.unpacked()), 1, "what the newest cache needs stays")
        self.ci("clean", "--limit", "1GB")
        self.assertEqual(self.unpacked(), [])
        self.ci("run")
        self.assertIn(f"\n{FILES - 1}\n0\n", self.ci("log", "fill").out)

    def test_one_that_was_killed_while_it_unpacked_leaves_nothing_that_counts(self):
        process = subprocess.Popen([CI, "run"], cwd=self.repo, env=self.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and not self.unpacked():
            pass
        process.kill()
        process.wait()
        self.ci("run")
        self.assertIn(f"\n{FILES}\n1\n", self.ci("log", "fill").out)
        self.assertIn("unchanged", self.ci("log", "fill").out)
        self.assertEqual([path.name for path in self.unpacked() if path.name.startswith("new-")], [])


if __name__ == "__main__":
    unittest.main()
