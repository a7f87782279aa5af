"""kill -9 of `ci` at random moments of rollouts on real hosts: whatever the moment, no visitor notices, what a person does then (`ci resume`, `ci
rollout continue`) brings the rollout to an end that is one of the two releases as a whole, and nothing of the dead is left. KILLS_SEED repeats a
failure as far as time allows; PENSTOCK_KILLS says how many."""

import fcntl
import glob
import json
import os
import random
import re
import subprocess
import time
import unittest
from collections import Counter

from fleet import HOSTS, NAMES, Fleet, at_machine, service

KILLS = int(os.environ.get("PENSTOCK_KILLS") or (200 if os.environ.get("PENSTOCK_SOAK") else 6))
INSTANCES = 2
KEPT = 3

ENVIRONMENTS = """
    .all:
      target: hosts
      hosts: [web-1, web-2]
      ssh_options: [-F{hosts}/config]
      instances: {instances}
      keep: {kept}
      application: {{artifact: service.py, run: python3 service.py, secrets: [TOKEN], stop: {{within: 5s}}}}
      health: {{http: /healthz, every: 200ms}}
      drain: 5s
    rolling:
      extends: .all
      ports: 8101-8103
      traffic: {{haproxy: {{host: web-1, listen: ":8001"}}}}
    colours:
      extends: .all
      ports: 8201-8203
      traffic: {{haproxy: {{host: web-1, listen: ":8002"}}}}
      strategy: {{blue-green: {{keep_old: 0s}}}}
    canary:
      extends: .all
      ports: 8301-8303
      traffic: {{haproxy: {{host: web-1, listen: ":8003"}}}}
      strategy: {{canary: {{steps: [{{weight: 25}}, {{pause: 500ms}}, {{weight: 50}}, {{pause: person}}]}}}}
    """

PIPELINE = """
    package:
      script: "true"
      artifacts: {paths: [service.py]}
    """

FRONTS = {"rolling": 8001, "colours": 8002, "canary": 8003}

# What stands in an environment's folder on a host, and what should be nowhere.
LOOK = r"""
cd /var/lib/penstock/%(name)s
for facts in instances/*/facts; do [ -f "$facts" ] && sed -n 's/^port /port /p; s/^release /release /p' "$facts"; done
systemctl list-units --all --plain --no-legend 'penstock-%(name)s@*' | sed 's/^[^@]*@\([0-9]*\).service *[a-z-]* *\([a-z]*\).*/unit \1 \2/'
find . /etc/systemd/system -path './files' -prune -o \( -name '*.part' -o -name '*.new' -o -name 'unit.*' -o -name 'template.*' \) -print | sed 's/^/left /'
for file in /etc/systemd/system/penstock-%(name)s@*.service.d; do [ -d "$file" ] && echo "left-or-used $file"; done
grep -ls 'penstock-%(name)s@' /proc/[0-9]*/cgroup | sed 's/^/process /'
[ ! -f ledger/lease ] || head -n 1 ledger/lease | sed 's/^/lease /'
ls releases | grep -vx lock | sed 's/^/kept /'
"""


class Kills(Fleet):
    def setUp(self):
        super().setUp()
        seed = int(os.environ.get("KILLS_SEED") or time.time_ns() % 1_000_000)
        print(f"KILLS_SEED={seed} PENSTOCK_KILLS={KILLS}", flush=True)
        self.random = random.Random(seed)
        self.version = 0
        self.counts = Counter()
        self.commit({".ci/main.yml": PIPELINE, ".ci/environments.yml": ENVIRONMENTS.format(hosts=HOSTS, instances=INSTANCES, kept=KEPT)})
        self.visitors, self.usual = {}, {}
        for name, port in FRONTS.items():
            self.ci("env", "setup", name)
            self.build()
            self.ci("deploy", name)
            self.check(name)
            self.visitors[name] = self.visit(port, count=1)
            self.build()
            begun = time.monotonic()
            self.finish(name, "deploy", name)
            self.usual[name] = time.monotonic() - begun
            self.check(name)

    def build(self):
        self.version += 1
        self.commit({"service.py": service(str(self.version))}, message=f"Version {self.version}")
        self.ci("run")

    def spawn(self, *arguments):
        log = open(self.folder / "said", "w", encoding="utf-8")
        with log:
            return subprocess.Popen([os.environ["CI_BIN"], *arguments], cwd=self.repo, env=self.environment,
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def said(self):
        return (self.folder / "said").read_text()

    def rollouts(self, name):
        return json.loads(self.ci("rollout", "list", name, "-n", "2", "--json").out)

    def finish(self, name, *command):
        """Runs it to its end, and is the person that it waits for."""
        process = self.spawn(*command)
        deadline = time.monotonic() + 180
        while process.poll() is None:
            if time.monotonic() > deadline:
                process.kill()
                process.wait()
                self.fail(f"{command} doesn't end: {self.said()}")
            open_ones = [one for one in self.rollouts(name) if not one["ended"]]
            if open_ones and "person" in open_ones[0]["waits_for"]:
                self.start("rollout", "continue", name).communicate()
            time.sleep(0.2)
        return process.returncode

    def kill_in_the_middle(self, name, *command):
        """True where it was still alive."""
        process = self.spawn(*command)
        try:
            process.wait(timeout=self.random.random() * self.usual[name])
        except subprocess.TimeoutExpired:
            process.kill()
        process.wait()
        return process.returncode == -9

    def test_any_moment(self):
        kills = 0
        while kills < KILLS:
            name = self.random.choice(list(FRONTS))
            back = self.random.random() < 0.25
            if not back:
                self.build()
            command = ("rollback", name) if back else ("deploy", name)
            before = self.rollouts(name)[0]["id"], self.live(name)
            begun = time.monotonic()
            killed = self.kill_in_the_middle(name, *command)
            kills += killed
            story = [f"{kills}: {' '.join(command)} {'killed' if killed else 'ended'}"]
            if killed and self.random.random() < 0.25 and self.is_open(name):
                again = self.kill_in_the_middle(name, "resume")
                kills += again
                story.append("resume " + ("killed" if again else "ended"))
            if self.is_open(name):
                story.append(f"was {self.rollouts(name)[0]['phase']}")
                status = self.finish(name, "resume")
                story.append(f"resume {status}")
                if status not in (0, 1):
                    story.append(self.said())
            newest = self.rollouts(name)[0]
            if killed and newest["id"] > before[0]:  # the machine may have more to do than it had
                self.usual[name] = (self.usual[name] + time.monotonic() - begun) / 2
            if newest["id"] == before[0]:
                story.append("had not begun")
                self.assertEqual(self.live(name), before[1])
            else:
                story.append(newest["phase"])
            self.counts[story[-1]] += 1
            print(", ".join(story), flush=True)
            with self.subTest(", ".join(story)):
                try:
                    self.check(name)
                except AssertionError as error:  # all are told at the end, which may be an hour away
                    print("  is wrong:", error, flush=True)
                    raise
            self.start("unpin", name).communicate()  # of a rollback that came so far
        for name, visitors in self.visitors.items():
            visitors.end()
            print(name, visitors.total(), "requests,", len(visitors.failures), "failed", flush=True)
        print(dict(self.counts), flush=True)
        self.wait_for(lambda: not self.processes())
        self.ci("env", "setup", "rolling")
        self.assertEqual(list(self.temporary.iterdir()), [])
        self.assertEqual([folder for folder in glob.glob("/tmp/ci-hosts-*") if self.is_nobodys(folder)], [])

    def is_open(self, name):
        return any(not one["ended"] for one in self.rollouts(name))

    def live(self, name):
        return self.environment_json(name)["live"]["release"]

    @staticmethod
    def is_nobodys(folder):
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)

    def check(self, name):
        """One release, as many instances of it as there should be, all of them served to visitors, and nothing else."""
        self.assertFalse(self.is_open(name))
        live = self.environment_json(name)["live"]
        found = {}
        for host in NAMES:
            for line in at_machine(host, LOOK % {"name": name}).splitlines():
                what, _, value = line.partition(" ")
                found.setdefault(what, []).append(value if what in ("release", "lease") else (host, value))
        self.assertEqual(set(found.get("release", [])), {live["release"]}, found)
        self.assertEqual(len(found.get("port", [])), INSTANCES, found)
        self.assertEqual(sorted(found.get("unit", [])), sorted((host, port + " active") for host, port in found.get("port", [])), found)
        self.assertEqual(len(found["left-or-used"]), INSTANCES, found)
        self.assertEqual(len(found.get("process", [])), INSTANCES, found)
        self.assertNotIn("left", found)
        self.assertEqual(set(found["lease"]), {""}, found)
        for host in NAMES:
            self.assertLessEqual(len([one for one, _ in found["kept"] if one == host]), KEPT + 1, found)
        [version] = self.shares(12, FRONTS[name])
        self.assertTrue(re.fullmatch("[0-9]+", version))
        if name in self.visitors:
            self.assertEqual(self.visitors[name].failures, [])


if __name__ == "__main__":
    unittest.main()
