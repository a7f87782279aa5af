"""A machine that dies in the middle of a rollout, and comes back: killed, frozen, or cut off from the network."""

import subprocess
import threading
import time
import unittest

from fleet import HOSTS, Fleet, service

ENVIRONMENTS = """
    production:
      target: hosts
      hosts: [web-1, web-2]
      ssh_options: [-F{hosts}/config]
      ports: 8101-8104
      instances: 4
      application: {{artifact: service.py, run: python3 service.py, secrets: [TOKEN], stop: {{within: 5s}}}}
      health: {{http: /healthz, every: 200ms}}
      drain: 5s
      traffic: {{haproxy: {{host: web-1, listen: ":8000"}}}}
      strategy: {strategy}
    """

PIPELINE = """
    package:
      script: "true"
      artifacts: {paths: [service.py]}
    """


class Deploying:
    """A `ci deploy` under way, and when it said what."""

    def __init__(self, process):
        self.process, self.lines = process, []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append((time.time(), line))

    def first(self, words):
        return next((at for at, line in self.lines if words in line), None)

    def has_said(self, words):
        if self.process.poll() is not None and not self.first(words):
            raise AssertionError("it ended: " + self.end()[1])
        return self.first(words)

    def end(self):
        status = self.process.wait(timeout=240)
        self.reader.join()
        self.process.stdout.close()
        return status, "".join(line for _, line in self.lines)


class DyingHosts(Fleet):
    def build(self, version, strategy):
        self.commit({".ci/main.yml": PIPELINE, "service.py": service(version),
                     ".ci/environments.yml": ENVIRONMENTS.format(hosts=HOSTS, strategy=strategy)}, message="Version " + version)
        self.ci("run")

    def die_in_the_middle(self, strategy, die):
        """Of the way from 1.0 to 2.0: ends on 1.0, and tells of no request that only the dead can have lost."""
        self.build("1.0", "rolling")
        self.ci("deploy", "production")
        live, stood = self.environment_json()["live"]["release"], self.folders("web-1")
        self.build("2.0", strategy)
        self.visitors = self.visit()
        deploying = Deploying(self.start("deploy", "production", stderr=subprocess.STDOUT))
        self.addCleanup(deploying.process.kill)
        self.wait_for(lambda: self.visitors.seen["2.0"] if strategy == "rolling" else deploying.has_said("step 2"))
        die("web-2")
        died = time.time()
        if strategy != "rolling":
            self.ci("rollout", "continue", "production")
        status, said = deploying.end()
        self.assertEqual(status, 1, said)
        known, verdict = deploying.first("web-2"), deploying.first("takes back")
        print(f"verdict after {verdict - died:.1f} s, end after {time.time() - died:.1f} s", flush=True)
        self.assertRegex(said, "takes back: web-2(:[0-9]+ is no longer ready| can't be reached)")
        self.assertIn("could not be stopped: web-2 can't be reached", said)
        self.assertRegex(self.ci("resume", status=2).err, "left: .*could not be stopped: web-2 can't be reached")
        self.assertEqual(self.environment_json()["live"]["release"], live)
        self.assertEqual(self.shares(40), {"1.0": 1})
        self.assertEqual(self.folders("web-1"), stood)
        return died, known

    def lost(self, begun_after):
        return [failure for failure in self.visitors.failures if failure[0] > begun_after]

    def test_one_that_is_killed_fails_a_rolling_update_and_gets_the_right_release_when_it_is_back(self):
        died, _ = self.die_in_the_middle("rolling", lambda host: self.docker("kill", host))
        self.revive("web-2")
        self.ci("deploy", "production")
        self.assert_live("2.0")
        self.assertEqual(self.lost(begun_after=died), [])

    def test_one_that_is_cut_off_fails_a_blue_green_switch_and_a_rollback_clears_it(self):
        self.build("0.9", "rolling")
        self.ci("deploy", "production")
        died, _ = self.die_in_the_middle("{blue-green: {preview: true}}", self.cut)
        self.join("web-2")
        self.assertEqual(len(self.folders("web-2")), 4, "it ran on")
        self.ci("rollback", "production")
        self.assert_live("0.9", 8)  # 1.0 stands by
        self.assertEqual(self.lost(begun_after=died), [])

    def test_one_that_freezes_fails_a_canary_and_only_its_own_requests(self):
        _, known = self.die_in_the_middle("{canary: {steps: [{weight: 25}, {pause: person}]}}", lambda host: self.docker("pause", host))
        self.revive("web-2")
        deploying = Deploying(self.start("deploy", "production", stderr=subprocess.STDOUT))
        self.wait_for(lambda: deploying.has_said("step 2"))
        self.ci("rollout", "promote", "production")
        status, said = deploying.end()
        self.assertEqual(status, 0, said)
        self.assert_live("2.0")
        self.assertEqual(self.lost(begun_after=known), [])


if __name__ == "__main__":
    unittest.main()
