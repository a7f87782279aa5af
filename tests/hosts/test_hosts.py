"""From a commit to two real machines over ssh, under systemd and behind HAProxy, while visitors ask for a page."""

import json
import re
import unittest

from fleet import HOSTS, NAMES, Fleet, at_machine, get, service
from test_delivery import MAKE_WHEEL

ENVIRONMENTS = """
    production:
      target: hosts
      hosts: [web-1, web-2]
      ssh_options: [-F{hosts}/config]
      ports: 8101-8104
      instances: {instances}
      application: {{{artifact} secrets: [TOKEN], stop: {{within: 5s}}}}
      health: {{http: /healthz, every: 200ms}}
      drain: 5s
      traffic: {{haproxy: {{host: web-1, listen: ":8000"}}}}
      strategy: {strategy}
    """

WHEEL = "run: python -m service,"
FILE = "artifact: service.py, run: python3 service.py,"

PIPELINE = """
    stages: [build, production]
    package:
      stage: build
      script: python3 make_wheel.py
      artifacts: {paths: [dist/, service.py]}
    production:
      stage: production
      rollout: production
      rules: [{if: $DEPLOY}]
    """


class RealHosts(Fleet):
    def commit_version(self, version, strategy="rolling", artifact=FILE, instances=4):
        self.commit({".ci/main.yml": PIPELINE, "service.py": service(version), "make_wheel.py": MAKE_WHEEL,
                     ".ci/environments.yml": ENVIRONMENTS.format(hosts=HOSTS, strategy=strategy, artifact=artifact, instances=instances)},
                    message="Version " + version)

    def release(self, version, strategy="rolling", **options):
        self.commit_version(version, strategy, **options)
        self.ci("run")

    def deploy(self, version, strategy="rolling", status=0, **options):
        self.release(version, strategy, **options)
        return self.ci("deploy", "production", status=status)

    def test_a_wheel_comes_by_each_strategy_and_goes_back_without_a_failed_request(self):
        self.commit_version("1.0", artifact=WHEEL)
        self.assertEqual(self.ci("env", "setup", "production").out, "production is ready on 2 hosts\n")
        look = ("find /etc/systemd/system -name 'penstock*' -printf '%p %s %T@\\n' | sort; "
                "systemctl show -p MainPID,ActiveEnterTimestamp penstock-production-haproxy.service")
        before = [at_machine(host, look) for host in NAMES]
        self.ci("env", "setup", "production")
        self.assertEqual([at_machine(host, look) for host in NAMES], before, "a second set-up changed something")
        self.ci("run", "-e", "DEPLOY=1")
        self.assert_live("1.0")
        self.check_confinement()
        visitors = self.visit()
        for version, strategy in (("2.0", "rolling"), ("3.0", "blue-green"),
                                  ("4.0", "{canary: {steps: [{weight: 25}, {pause: 1s}, {weight: 50}]}}")):
            with self.subTest(strategy):
                before = visitors.total()
                self.deploy(version, strategy, artifact=WHEEL)
                self.assert_live(version, 8 if strategy == "blue-green" else 4)  # the old colour stands by
                self.assertGreater(visitors.total(), before)
        self.ci("rollback", "production")
        self.assert_live("3.0")
        self.assert_all_served(visitors)
        self.check_logs_and_commands("3.0")

    def check_confinement(self):
        """What systemd was told holds for the process itself."""
        at_machine("web-1", "touch /tmp/of-the-machine")
        facts = json.loads(get((self.addresses["web-1"], int(next(iter(self.units("web-1"))))), "/facts")[1])
        self.assertGreaterEqual(facts.pop("user"), 61184)  # systemd's range for users that come and go
        self.assertEqual(facts, {"no_new_privileges": "1", "capabilities": "0" * 16, "writes_etc": False, "own_tmp": True,
                                 "secret": "s3cret", "shown": False})

    def check_logs_and_commands(self, version):
        places = [(host, port) for host in NAMES for port in self.units(host)]
        for host, port in places:
            get((self.addresses[host], int(port)), "/seen")
        self.wait_for(lambda: self.ci("env", "logs", "production").out.count(f"{version} was asked") == len(places))
        shown = self.ci("env", "logs", "production").out
        self.assertEqual({tuple(line.split(" | ")[0].split(":")) for line in shown.splitlines()}, set(places))
        host, port = places[-1]
        said = self.ci("env", "exec", "production", "-i", f"{host}:{port}", "--", "hostname; echo $PORT; python -c 'import service'").out
        self.assertEqual(said.split(), [host, port])

    def test_the_split_survives_a_restart_of_the_proxy_in_the_middle_of_a_canary(self):
        self.deploy("1.0")
        self.release("2.0", "{canary: {steps: [{weight: 25}, {pause: person}]}}")
        visitors = self.visit()
        with self.under_way("deploy", "production") as deploying:
            self.wait_for(lambda: visitors.seen["2.0"] and self.waiting())
            self.assert_all_served(visitors)
            for signal in ("TERM", "KILL"):
                pid = at_machine("web-1", "systemctl show -P MainPID penstock-production-haproxy.service").strip()
                at_machine("web-1", f"systemctl kill --kill-whom=main --signal={signal} penstock-production-haproxy.service")
                self.wait_for(lambda: self.serves_again(pid))
                self.assertAlmostEqual(self.shares(200)["2.0"], 0.25, delta=0.02)
            visitors = self.visit()
            self.ci("rollout", "continue", "production")
            out, err = deploying.communicate(timeout=120)
        self.assertEqual(deploying.returncode, 0, out + err)
        self.assert_all_served(visitors)
        self.assert_live("2.0")

    def waiting(self):
        return re.search("waits for a person", self.ci("rollout", "status", "production").out)

    def serves_again(self, before):
        if at_machine("web-1", "systemctl show -P MainPID penstock-production-haproxy.service").strip() in (before, "0"):
            return False
        try:
            return get(self.front)[0] == 200
        except OSError:
            return False

    def test_a_host_that_cannot_be_reached_fails_the_rollout_by_its_name_and_nobody_else(self):
        self.deploy("1.0")
        self.release("2.0")
        visitors = self.visit()
        at_machine("web-2", "systemctl stop ssh; pkill -9 sshd; true")
        refused = self.ci("deploy", "production", status=1)
        self.assertIn("web-2 can't be reached", refused.out + refused.err)
        self.assertEqual(self.shares(40), {"1.0": 1})
        at_machine("web-2", "systemctl start ssh")
        self.ci("deploy", "production")
        self.assert_all_served(visitors)
        self.assert_live("2.0")


if __name__ == "__main__":
    unittest.main()
