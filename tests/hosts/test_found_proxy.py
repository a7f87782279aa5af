"""Behind somebody else's HAProxy: Debian's own service on web-1, whose owner declares our places in its configuration."""

import random
import re
import subprocess
import time
import unittest

from fleet import HOSTS, Fleet, at_machine, get, service

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
      traffic: {{haproxy: {{host: web-1, socket: /run/haproxy/admin.sock, backend: app}}}}
      strategy: {strategy}
      analysis: {{every: 2s, metrics: [errors]}}
    """

PIPELINE = """
    package:
      script: "true"
      artifacts: {paths: [service.py]}
    """

# What its owner has before anybody thinks of Penstock: another page, and one of regrets.
CONFIGURATION = r"""
global
    log stderr format raw local0
    stats socket /run/haproxy/admin.sock mode 600 level admin
    user haproxy
    group haproxy
ring requests
    format raw
    maxlen 1000
    size 4194304
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend web
    bind :8000
    log ring@requests format raw local0
    log-format "%%Ts.%%ms %%s %%ST %%TR %%Tw %%Tc %%Tr %%ts"
    use_backend other if { path /other }
    default_backend app
backend other
    http-request return status 200 content-type text/plain string "of somebody else"
backend app
    server regrets 127.0.0.1:8009 backup
%s
listen regrets
    bind 127.0.0.1:8009
    http-request return status 503 content-type text/plain string "regrets"
"""


class FoundProxy(Fleet):
    def setUp(self):
        super().setUp()
        self.addCleanup(at_machine, "web-1", "systemctl stop haproxy; systemctl reset-failed haproxy 2>/dev/null; true")
        self.configure("")
        at_machine("web-1", "systemctl restart haproxy")

    def configure(self, ours):
        subprocess.run([HOSTS + "/on", "web-1", "cat >/etc/haproxy/haproxy.cfg"], input=CONFIGURATION % ours, text=True, check=True)

    def release(self, version, strategy, errors=0):
        self.commit({".ci/main.yml": PIPELINE, "service.py": service(version, errors),
                     ".ci/environments.yml": ENVIRONMENTS.format(hosts=HOSTS, strategy=strategy)}, message="Version " + version)
        self.ci("run")

    def deploy(self, version, strategy):
        self.release(version, strategy)
        self.ci("deploy", "production")

    def set_up(self):
        """As a person does: what `ci env setup` misses is pasted into the configuration."""
        refused = self.ci("env", "setup", "production", status=2).err
        self.assertIn("`app` has no server for web-1:8101 and 7 more", refused)
        lines = re.findall(r"^ *((?:load-server-state|server-state-file|server ).*)$", refused, re.MULTILINE)
        self.assertEqual(len(lines), 10, refused)
        self.configure("\n".join("    " + line for line in lines))
        at_machine("web-1", "haproxy -c -q -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy")
        self.wait_for(self.is_set_up)  # it reads its configuration in its own time

    def is_set_up(self):
        with self.start("env", "setup", "production") as setting_up:
            setting_up.communicate()
        return setting_up.returncode == 0

    def waits(self):
        return re.search("waits for a person", self.ci("rollout", "status", "production").out)

    def main_process(self):
        return at_machine("web-1", "systemctl show -P MainPID haproxy").strip()

    def serves(self):
        try:
            return get(self.front)[0] == 200
        except OSError:
            return False

    def test_each_strategy_works_and_a_restart_in_the_middle_of_a_canary_keeps_the_weights(self):
        self.release("1.0", "rolling")
        self.set_up()
        self.assertEqual(get(self.front), (503, "regrets"))
        self.ci("deploy", "production")
        visitors = self.visit()
        for version, strategy in (("2.0", "rolling"), ("3.0", "{blue-green: {keep_old: 0s}}")):
            self.deploy(version, strategy)
            self.assertEqual(self.shares(40), {version: 1})
        self.release("4.0", "{canary: {steps: [{weight: 25}, {pause: person}]}}")
        with self.under_way("deploy", "production") as deploying:
            self.wait_for(lambda: visitors.seen["4.0"] and self.waits())
            at_machine("web-1", "systemctl reload haproxy")  # harmless to visitors
            self.wait_for(lambda: self.shares(40).get("4.0"))
            self.assert_all_served(visitors)  # who would take their share of each round
            self.assertAlmostEqual(self.shares(200)["4.0"], 0.25, delta=0.03)
            for how in ("systemctl restart haproxy", "systemctl kill --kill-whom=all --signal=KILL haproxy"):
                before = self.main_process()
                at_machine("web-1", how)
                self.wait_for(lambda before=before: self.main_process() not in (before, "0") and self.serves())
                self.assertAlmostEqual(self.shares(200)["4.0"], 0.25, delta=0.03)
            visitors = self.visit()
            self.ci("rollout", "continue", "production")
            out, err = deploying.communicate(timeout=120)
        self.assertEqual(deploying.returncode, 0, out + err)
        self.ci("rollback", "production")
        self.assertEqual(self.shares(40), {"3.0": 1})
        self.assert_all_served(visitors)
        self.assertEqual(get(self.front, "/other"), (200, "of somebody else"))

    def test_a_bad_canary_is_taken_back_by_ci_resume_where_ci_was_killed_in_its_analysis(self):
        self.release("1.0", "rolling")
        self.set_up()
        self.ci("deploy", "production")
        live = self.environment_json()["live"]
        self.release("2.0", "{canary: {steps: [{weight: 10, analysis: 60s}]}}", errors=0.05)
        visitors = self.visit(count=4)
        with self.under_way("deploy", "production") as deploying:
            self.wait_for(lambda: "analysis" in self.ci("rollout", "status", "production").out)
            time.sleep(random.random() * 4)  # any moment of it
            deploying.kill()
        self.assertEqual(deploying.returncode, -9, "it was to be killed in the middle")
        self.assertIn("unwatched", self.ci("env").out)
        resumed = self.ci("resume", status=1)
        self.assertRegex(resumed.err, r"takes back: the analysis failed: errors [0-9.]+% against 0%: worse")
        self.assertRegex(resumed.err, f"traffic is on {live['name']} again")
        self.assertRegex(resumed.out, "^production +service.py@[0-9a-f]+ taken back$")
        taken_back = len(visitors.failures)
        self.assertEqual(self.shares(100), {"1.0": 1})
        visitors.end()
        self.assertEqual(len(visitors.failures), taken_back)
        self.assertEqual({failure[2:] for failure in visitors.failures}, {(500, "2.0")})
        self.assertLess(taken_back, 0.05 * visitors.total())
        self.assertEqual(self.environment_json()["live"], live)


if __name__ == "__main__":
    unittest.main()
