"""kill -9 of `ci` at random moments: whatever the moment, `ci resume` brings the run to its end, no job that was recorded as finished runs
again, artifacts and caches are whole, and nothing of the dead is left. CRASH_SEED repeats a failure."""

import json
import os
import random
import sqlite3
import subprocess
import time
import unittest
from pathlib import Path

from scenario import CI, Scenario

KILLS = 200 if os.environ.get("PENSTOCK_SOAK") else 20

PIPELINE = """
    stages: [build, test, last]
    .build: &build
      stage: build
      script:
        - seq 20000 > "out-$CI_JOB_NAME.txt"
        - sleep 0.05
      artifacts:
        paths: ["out-*.txt"]
    one: *build
    two: *build
    three: *build
    check:
      stage: test
      parallel: 2
      cache: {key: many, paths: [many/]}
      script:
        - for name in one two three; do seq 20000 | cmp - "out-$name.txt"; done
        - test -d many || { mkdir many; for i in $(seq 150); do echo "$i" > "many/$i"; done; }
        - cat many/* | sort -n | cmp - <(seq 150)
        - touch many/1
        - sleep 0.05
    last:
      stage: last
      script: cmp out-one.txt out-two.txt
    """


class Crash(Scenario):
    def setUp(self):
        super().setUp()
        seed = int(os.environ.get("CRASH_SEED", time.time_ns() % 1_000_000))
        print(f"CRASH_SEED={seed}", flush=True)
        self.random = random.Random(seed)
        self.commit({".gitlab-ci.yml": PIPELINE})
        started = time.monotonic()
        self.assertEqual(self.wait_of(self.spawn("run")), 0)
        self.usual = time.monotonic() - started
        [self.state] = [file.parent for file in Path(self.repo, ".git").glob("*/state.db")]

    def spawn(self, *arguments):
        return subprocess.Popen([CI, *arguments], cwd=self.repo, env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def wait_of(self, process):
        self.last_words = process.communicate(timeout=120)[1]
        return process.returncode

    def database(self):
        return sqlite3.connect(f"file:{self.state}/state.db?mode=ro", uri=True)

    def newest_run(self):
        with self.database() as database:
            return database.execute("SELECT id, summary FROM run ORDER BY id DESC LIMIT 1").fetchone()

    def attempts(self, run):
        with self.database() as database:
            rows = database.execute("SELECT id, job, result FROM attempt WHERE run = ? ORDER BY id", (run,)).fetchall()
        return [(number, job, json.loads(result) if result else None) for number, job, result in rows]

    def passed(self, run):
        return {job for _, job, result in self.attempts(run) if result and result["outcome"]["reason"] == "passed"}

    def processes_of_jobs(self):
        mine = f"HOME={self.home}\0".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mine in (folder / "environ").read_bytes():
                    found.append(folder.name)
            except OSError:
                pass
        return found

    def kill_at_random(self, *arguments):
        """True where it was still alive."""
        process = self.spawn(*arguments)
        try:
            process.wait(timeout=self.random.random() * self.usual)
        except subprocess.TimeoutExpired:
            process.kill()
        self.wait_of(process)
        return process.returncode == -9

    def test_any_moment(self):
        kills = 0
        for _ in range(20 * KILLS):
            if kills >= KILLS:
                break
            before = self.newest_run()[0]
            if not self.kill_at_random("run"):
                continue
            kills += 1
            run = self.newest_run()[0]
            if run == before:
                continue  # killed before there was a run
            finished = self.passed(run)
            if self.random.random() < 0.3:
                kills += self.kill_at_random("resume")
                finished |= self.passed(run)
            self.check_resumed(run, finished)
        self.assertGreaterEqual(kills, KILLS, "it ends too soon to be killed")

    def check_resumed(self, run, finished):
        status = json.loads(self.newest_run()[1])["status"]
        resumed = status != "success"
        if resumed:
            self.assertEqual(self.wait_of(self.spawn("resume")), 0, self.last_words)
        self.assertEqual(json.loads(self.newest_run()[1])["status"], "success")
        attempts = self.attempts(run)
        self.assertTrue(all(result for _, _, result in attempts), attempts)
        done = set()
        for _, job, result in attempts:
            self.assertNotIn(job, done, f"{job} ran again after it had passed")
            if result["outcome"]["reason"] == "passed":
                done.add(job)
        self.assertLessEqual(finished, done)
        self.assertEqual(len(done), 6, attempts)
        self.wait_for(lambda: not self.processes_of_jobs())
        self.assertEqual([path.name for path in (self.state / "locks").iterdir() if path.name.split(".")[0] == str(run)], [])
        if resumed:  # else the next ci clears up
            self.assertEqual(list(self.state.glob("layers/rooms/*/*")), [], "a room was left behind")
        with self.database() as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone()[0], "ok")
        self.assert_work_tree_is_as_committed()


if __name__ == "__main__":
    unittest.main()
