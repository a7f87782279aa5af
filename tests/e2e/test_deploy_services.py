"""`ci deploy` to an environment of several services: in their order, and back in the opposite one."""

import json
import unittest

from test_deploy_commands import APP, START, STOP, Instances, free_ports

ENVIRONMENTS = """
    shop:
      target: commands
      commands: {start: ./start.sh, stop: ./stop.sh}
      folder: FOLDER/environment
      hosts: local
      application:
        artifact: dist/*.py
        variables: {STATE: FOLDER/state}
      health: {http: {path: /}, every: 100ms, start_within: 5s, failures: 2}
      drain: 0s
      services:
        web: {after: api, ports: [PORT_A, PORT_B], application: {artifact: dist/web-*.py}}
        api: {ports: [PORT_C, PORT_D], application: {artifact: dist/app-*.py}}
    """

BUILD = """
    build:
      script:
        - mkdir dist && cp app.py "dist/app-$(cat version).py" && cp web.py "dist/web-$(cat version).py"
      artifacts:
        paths: [dist/]
    """


class DeployServices(Instances):
    def setUp(self):
        super().setUp()
        text = ENVIRONMENTS.replace("FOLDER", str(self.folder))
        for name, port in zip("ABCD", free_ports(4)):
            text = text.replace(f"PORT_{name}", str(port))
        start = START.replace("app-*.py", "*.py")
        self.commit({"start.sh": start, "stop.sh": STOP, ".gitlab-ci.yml": BUILD, ".ci/environments.yml": text})

    def build(self, version, broken=False):
        app = APP.replace("BROKEN", "False")
        web = APP.replace("BROKEN", str(broken))
        self.commit({"version": version, "app.py": app, "web.py": web}, f"Version {version}")
        self.ci("run", "--pipeline", ".gitlab-ci.yml")

    def live(self):
        shown = json.loads(self.ci("env", "--json").out)
        return {one["name"]: one.get("live", {}).get("name") for one in shown}

    def started(self):
        return [line.split()[0] for line in (self.state / "started").read_text().splitlines()]

    def test_goes_in_order_and_comes_back_in_the_opposite_one(self):
        self.build("1")
        done = self.ci("deploy", "shop")
        self.assertEqual(done.out, "shop   app-1.py, web-1.py live\n")
        self.assertEqual(self.started(), ["app-1.py", "web-1.py"], "web comes after api")
        self.assertEqual(self.live(), {"shop": "app-1.py, web-1.py", "shop/api": "app-1.py", "shop/web": "web-1.py"})

        self.build("2", broken=True)
        failed = self.ci("deploy", "shop", status=1)
        self.assertIn("api: app-2.py is live", failed.err)
        self.assertEqual(failed.out, "shop   app-2.py, web-2.py taken back\n")
        self.assertEqual(self.started()[-1], "app-1.py", "api went back, though it was well")
        self.assertEqual(self.live()["shop"], "app-1.py, web-1.py")
        status = self.ci("rollout", "status", "shop").out
        self.assertRegex(status, r"api +. taken back +app-1.py")
        self.assertRegex(status, r"web +. taken back +web-2.py")

    def test_a_rollback_takes_all_back_the_last_first_and_its_rollback_goes_forth(self):
        self.build("1")
        self.ci("deploy", "shop")
        self.assertIn("is the first release of shop/api", self.ci("rollback", "shop", status=2).err)
        self.build("2")
        self.ci("deploy", "shop")
        back = self.ci("rollback", "shop")
        self.assertEqual(self.live()["shop"], "app-1.py, web-1.py")
        self.assertLess(back.err.index("web: web-1.py is live"), back.err.index("api: app-1.py is live"))
        self.assertIn("pinned to app-1.py", self.ci("env").out)
        self.ci("rollback", "shop")
        self.assertEqual(self.live()["shop"], "app-2.py, web-2.py")
        self.assertEqual(self.ci("unpin", "shop").out.count("no longer pinned"), 2)
        self.ci("deploy", "shop/web", "web-1.py", "--force")
        self.assertIn("from different commits", self.ci("rollback", "shop", status=2).err)

    def test_what_is_one_services_says_so(self):
        self.build("1")
        for words in (["deploy", "shop", "app-1.py"], ["rollback", "shop", "--to", "app-1.py"]):
            refused = self.ci(*words, status=2)
            self.assertIn("shop is made up of services", refused.err)
            self.assertIn("shop/api shop/web", refused.err)

    def test_a_clone_that_built_nothing_takes_one_back_to_what_others_built(self):
        for version in ("1", "2"):
            self.build(version)
            self.ci("deploy", "shop")
        clone = self.folder / "clone"
        self.run_checked("git", "clone", "--quiet", str(self.repo), str(clone))
        shown = self.ci("env", cwd=clone)
        self.assertRegex(shown.out, r"shop/api +nothing")
        self.assertIn("ci env refresh", shown.err)
        back = self.ci("rollback", "shop/api", "--to", "app-1.py", cwd=clone)
        self.assertEqual(back.out, "shop/api   app-1.py live\n")
        self.assertEqual(self.started()[-1], "app-1.py")
        self.assertIn("pinned to app-1.py", self.ci("env", cwd=clone).out)

    # --- without an order between them

    def declare(self, strategy):
        """`api` and `web` side by side; each start waits until the other one's has begun too."""
        text = (self.repo / ".ci/environments.yml").read_text()
        meet = 'touch "$STATE/met-$PORT"; until [ "$(ls "$STATE" | grep -c met-)" -gt 1 ]; do sleep 0.02; done\n'
        start = START.replace("app-*.py", "*.py").replace("#!/bin/sh\n", "#!/bin/sh\n    " + meet)
        self.commit({".ci/environments.yml": text.replace("after: api, ", "").replace("drain: 0s", strategy),
                     "start.sh": start})

    def test_those_without_an_order_go_side_by_side_and_back_when_one_fails(self):
        self.declare("drain: 0s")
        self.build("1")
        self.ci("deploy", "shop", timeout=30)
        self.assertEqual(sorted(self.started()), ["app-1.py", "web-1.py"])
        self.build("2", broken=True)
        failed = self.ci("deploy", "shop", status=1)
        self.assertIn("error: web: web-2.py taken back", failed.err)
        self.assertEqual(self.live()["shop"], "web-1.py, app-1.py")

    def test_a_killed_driver_of_several_is_followed_by_another_and_all_of_them_are_steered_at_once(self):
        self.declare("drain: 0s\n  strategy: {canary: {steps: [{weight: 50}, {pause: person}]}}")
        self.build("1")
        self.ci("deploy", "shop")
        self.build("2")

        def paused():
            services = json.loads(self.ci("rollout", "status", "shop", "--json").out).get("services", [])
            return len(services) == 2 and all(one["phase"] == "paused" for one in services)

        first = self.start("deploy", "shop")
        self.addCleanup(first.kill)
        self.wait_for(paused)
        first.kill()
        first.communicate()
        self.assertIn("nobody watches it: ci resume", self.ci("rollout", "status", "shop").out)
        second = self.start("resume")
        self.addCleanup(second.kill)
        self.wait_for(lambda: "nobody watches" not in self.ci("rollout", "status", "shop").out)
        self.ci("rollout", "continue", "shop")
        out, err = second.communicate(timeout=60)
        self.assertEqual(second.returncode, 0, err)
        self.assertEqual(out, "shop   web-2.py, app-2.py live\n")
        self.assertEqual(self.live()["shop"], "web-2.py, app-2.py")


if __name__ == "__main__":
    unittest.main()
