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


if __name__ == "__main__":
    unittest.main()
