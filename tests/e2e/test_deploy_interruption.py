"""`ci deploy` and a `rollout:` job that are killed, or interrupted, in the middle."""

import unittest

from test_deploy_commands import APP, START, ByCommands


class DeployInterruption(ByCommands):
    def test_after_kill_9_in_the_middle_resume_brings_it_to_an_end(self):
        self.declare()
        self.build("1")
        self.ci("deploy", "production")
        users = self.served_throughout()
        self.build("2")
        with self.deploying() as deploy:
            self.wait_for(lambda: self.started("app-2.py"))
            deploy.kill()
            deploy.communicate()
        self.ci("resume")
        users.end()
        self.assertEqual(self.serving(), ["app-2.py"] * 2)
        self.assertEqual(self.instances(), 2)

    def test_ctrl_c_in_the_middle_takes_it_back(self):
        self.declare()
        self.build("1")
        self.ci("deploy", "production")
        users = self.served_throughout()
        self.build("2")
        with self.deploying() as deploy:
            self.wait_for(lambda: self.started("app-2.py"))
            self.interrupt(deploy)
        users.end()
        self.assertEqual(self.serving(), ["app-1.py"] * 2)
        self.assertEqual(self.instances(), 2)

    def test_ctrl_c_twice_ends_a_run_though_its_rollout_waits_for_a_script(self):
        self.declare()
        self.commit({".ci/ship.yml": "include: [{local: .gitlab-ci.yml}]\nstages: [test, deploy]\nproduction: {stage: deploy, rollout: production}\n"})
        self.build("1")
        self.ci("deploy", "production")
        self.commit({"start.sh": START.replace("#!/bin/sh", "#!/bin/sh\n[ ! -e $STATE/hangs ] || { touch $STATE/called; while [ -e $STATE/hangs ]; do sleep 0.1; done; exit 1; }"),
                     "version": "2", "app.py": APP.replace("BROKEN", "False")})
        (self.state / "hangs").touch()
        with self.start("run", "--pipeline", "ship") as run:
            self.wait_for((self.state / "called").exists)
            self.assertIn("ci resume", self.interrupt_twice(run, "canceling"))
        self.assertEqual(self.serving(), ["app-1.py"] * 2)
        (self.state / "hangs").unlink()
        self.ci("resume", status=1)
        self.assertEqual(self.serving(), ["app-1.py"] * 2)
        self.assertEqual(self.instances(), 2)

    def test_ctrl_c_twice_at_once_is_a_wish_to_take_it_back_all_the_same(self):
        self.declare("{canary: {steps: [{weight: 50}, {pause: person}]}}")
        self.build("1")
        self.ci("deploy", "production")
        self.build("2")
        with self.deploying() as deploy:
            self.wait_for(lambda: "app-2.py waits for a person" in self.ci("why", "production").out)
            self.interrupt_twice(deploy, "once more")
        with self.start("resume") as resumed:  # where anything is left to do
            resumed.communicate(timeout=60)
        self.assertEqual(self.serving(), ["app-1.py"] * 2)
        self.assertEqual(self.instances(), 2)


if __name__ == "__main__":
    unittest.main()
