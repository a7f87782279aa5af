"""What stands between a release and its environment: approvals, freezes, pins, older commits."""

import datetime
import json
import signal
import unittest

from scenario import Scenario

# An instance is a file: what is tested here is who may deploy what, and when.
ENVIRONMENTS = """
    .scripts:
      target: commands
      commands:
        start: echo "$RELEASE_NAME" > "FOLDER/state/$(basename $ENVIRONMENT)-$PORT"
        stop: rm -f "FOLDER/state/$(basename $ENVIRONMENT)-$PORT"
        check: test -e "FOLDER/state/$(basename $ENVIRONMENT)-$PORT"
      health: {every: 100ms, start_within: 5s}
      application: {artifact: dist/*.txt}
      instances: 1
      strategy: recreate

    staging:
      extends: .scripts
      folder: FOLDER/staging
      STAGING

    production:
      extends: .scripts
      folder: FOLDER/production
      PRODUCTION
    """

PIPELINE = """
    stages: [build, staging, production]
    build:
      stage: build
      script: mkdir dist && cp version "dist/app-$(cat version).txt"
      artifacts: {paths: [dist/]}
    staging:
      stage: staging
      rollout: staging
    production:
      stage: production
      rollout: production
    """


class ScriptedEnvironments(Scenario):
    def setUp(self):
        super().setUp()
        (self.folder / "state").mkdir()

    def declare(self, staging="queue: unordered", production="queue: unordered"):
        text = ENVIRONMENTS.replace("FOLDER", str(self.folder))
        self.commit({".ci/environments.yml": text.replace("STAGING", staging).replace("PRODUCTION", production),
                     ".ci/main.yml": PIPELINE, "version": "1.0\n"}, "Version 1.0")

    def build(self, version):
        self.commit({"version": version + "\n"}, f"Version {version}")
        self.ci("run", "build")

    def standing(self, environment):
        return sorted(file.read_text().strip() for file in (self.folder / "state").glob(environment + "-*"))

    def rollouts(self):
        return json.loads(self.ci("rollout", "list", "--json").out)

    def as_person(self, name):
        (self.home / ".gitconfig").write_text(f"[user]\n\tname = {name}\n\temail = {name.lower()}@example.com\n")


class DeployGates(ScriptedEnvironments):
    def test_a_pipeline_stops_at_the_gate_and_goes_on_when_enough_people_agree(self):
        self.declare(production="approvals: {required: 2, author: false}")
        ran = self.ci("run")
        self.assertRegex(ran.out, r"production +waiting for approval")
        self.assertRegex(ran.err, r"Ana is the author of \w+; who may: ci approve production")
        self.assertEqual(self.standing("staging"), ["app-1.0.txt"])
        self.assertEqual(self.standing("production"), [])

        mine = self.ci("approve", "production", status=2)
        self.assertIn("Ana is the author", mine.err)

        self.as_person("Ben")
        first = self.ci("approve", "production", "-m", "smoke looks good")
        self.assertIn("approval (1 of 2): Ben; needs 1 more", first.err)
        why = self.ci("why", "production").out
        self.assertIn("approval (1 of 2): Ben; needs 1 more", why)
        self.assertRegex(why, 'approved by Ben at .* "smoke looks good"')
        self.assertEqual(self.standing("production"), [])

        self.as_person("Cleo")
        second = self.ci("approve", "production")
        self.assertEqual(self.standing("production"), ["app-1.0.txt"])

    def test_a_release_that_is_deployed_by_hand_waits_for_its_approval_too(self):
        self.declare(staging="approvals: {required: 1}")
        self.build("1.1")
        waiting = self.ci("deploy", "staging")
        self.assertIn("waiting for approval (0 of 1)", waiting.out)
        self.assertEqual(self.standing("staging"), [])
        self.ci("approve", "staging")
        self.assertEqual(self.standing("staging"), ["app-1.1.txt"])

    def test_a_freeze_parks_a_deployment_unless_it_is_overridden(self):
        end = datetime.date.today() + datetime.timedelta(days=30)
        self.declare(staging=f"freeze: [{{name: holidays, from: 2020-01-01, until: {end}}}]")
        self.build("1.1")
        frozen = self.ci("deploy", "staging")
        self.assertIn('waiting for the freeze "holidays" to end', frozen.out)
        self.assertIn("ci watch", frozen.err)
        self.assertEqual(self.standing("staging"), [])
        self.ci("rollout", "abort", "staging", "-m", "not needed")
        urgent = self.ci("deploy", "staging", "--override-freeze", "the till is down")
        self.assertIn("against the freeze: the till is down", self.ci("env", "history", "staging").out)
        self.assertEqual(self.standing("staging"), ["app-1.1.txt"])

    def test_a_rollback_pins_its_release_until_somebody_ends_that(self):
        self.declare()
        for version in ("1.1", "1.2"):
            self.build(version)
            self.ci("deploy", "staging")
        self.assertEqual(self.standing("staging"), ["app-1.2.txt"])
        self.ci("rollback", "staging", "-m", "1.2 is slow")
        self.assertEqual(self.standing("staging"), ["app-1.1.txt"])

        self.build("1.3")
        refused = self.ci("deploy", "staging", status=1)
        self.assertIn('staging is pinned to app-1.1.txt by Ana "1.2 is slow"', refused.err)
        self.assertIn("ci unpin staging", refused.err)
        self.assertEqual(self.standing("staging"), ["app-1.1.txt"])

        self.ci("unpin", "staging")
        self.ci("deploy", "staging")
        self.assertEqual(self.standing("staging"), ["app-1.3.txt"])

    def test_an_older_commit_is_refused_unless_it_is_forced(self):
        self.declare()
        for version in ("1.1", "1.2"):
            self.build(version)
            self.ci("deploy", "staging")
        older = self.ci("deploy", "staging", "app-1.1.txt", status=1)
        self.assertIn("app-1.1.txt is older than what is live (app-1.2.txt)", older.err)
        self.ci("deploy", "staging", "app-1.1.txt", "--force")
        self.assertEqual(self.standing("staging"), ["app-1.1.txt"])

    def test_what_staging_runs_is_promoted_by_its_digest(self):
        self.declare()
        self.build("1.1")
        self.ci("deploy", "staging")
        self.build("1.2")
        self.ci("deploy", "production", "staging")
        self.assertEqual(self.standing("production"), ["app-1.1.txt"])
        newest, before = self.rollouts()[:2]
        self.assertEqual(newest["release"], before["release"])

    def test_a_refused_deployment_leaves_what_is_live_as_healthy_as_it_was(self):
        self.declare()
        self.ci("run", "build")
        self.build("2.0")
        self.ci("deploy", "staging")
        self.assertIn("1/1", self.ci("env").out)
        self.ci("deploy", "staging", "--run", "1", status=1)
        self.assertIn("1/1", self.ci("env").out)
        listed = json.loads(self.ci("releases", "--json").out)
        self.assertEqual([release["run"] for release in listed], [2, 1], "newest first, by when they were built")

    def test_a_command_beside_an_instance_gets_its_arguments_as_they_are(self):
        self.declare()
        self.ci("run", "build")
        self.ci("deploy", "staging")
        said = self.ci("env", "exec", "staging", "--", "sh", "-c", 'echo "$1, $0"', "a  b", "c").out
        self.assertEqual(said, "c, a  b\n")
        self.assertEqual(self.ci("env", "exec", "staging", "echo $ENVIRONMENT; echo on").out, "staging\non\n")

    def test_a_command_beside_an_instance_keeps_its_output_and_its_exit_status(self):
        self.declare()
        self.ci("run", "build")
        self.ci("deploy", "staging")
        ran = self.ci("env", "exec", "staging", "--", "echo out; echo no >&2; exit 7", status=7)
        self.assertEqual((ran.out, ran.err), ("out\n", "no\n"))
        host, port = self.ci("env", "exec", "staging", "--", "echo $HOST $PORT").out.split()
        self.assertEqual(self.ci("env", "exec", "staging", "-i", "all", "--", "kill -KILL $$", status=137).out, "")
        with self.start("env", "exec", "staging", "-i", f"{host}:{port}", "--", "echo began; exec sleep 1000") as running:
            self.assertEqual(running.stdout.readline(), "began\n", "it is told at once")
            running.send_signal(signal.SIGINT)
            self.assertEqual(running.wait(timeout=60), 130)

    def test_unknown_names_get_a_suggestion(self):
        self.declare()
        self.build("1.1")
        unknown = self.ci("deploy", "stagin", status=2)
        self.assertIn("did you mean `staging`?", unknown.err)
        self.ci("deploy", "staging")
        release = self.ci("deploy", "production", "app-1.l.txt", status=2)
        self.assertIn("did you mean `app-1.1.txt`?", release.err)


if __name__ == "__main__":
    unittest.main()
