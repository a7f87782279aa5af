"""Releases that wait before they begin: rejected, steered, overtaken."""

import datetime
import json
import signal
import unittest

from test_deploy_gates import PIPELINE, ScriptedEnvironments


class DeployWaiting(ScriptedEnvironments):
    def bare_clone(self, person):
        folder = self.folder / person.lower()
        self.run_checked("git", "clone", "--quiet", str(self.repo), str(folder))
        for key, value in {"user.name": person, "user.email": person.lower() + "@example.com"}.items():
            self.run_checked("git", "-C", str(folder), "config", key, value)
        return folder

    def clone(self, person):
        folder = self.bare_clone(person)
        self.ci("run", "build", cwd=folder)
        return folder

    def each(self, field):
        return {rollout["id"]: rollout[field] for rollout in self.rollouts()}

    def test_a_rejection_ends_what_waits_and_the_next_deployment_asks_anew(self):
        self.declare(staging="approvals: {required: 2}")
        self.build("1.1")
        bens = self.clone("Ben")
        self.ci("deploy", "staging", cwd=bens)
        self.ci("deploy", "staging")
        mine = self.ci("approve", "staging")
        self.assertIn("Ana has approved; who else may: ci approve staging", mine.err)
        rejected = self.ci("reject", "staging", "-m", "not on a Friday")
        self.assertIn("app-1.1.txt rejected by Ana for staging", rejected.err)
        self.assertNotIn("error", rejected.err)
        self.assertEqual(self.each("reason"), {1: 'rejected by Ana "not on a Friday"'})

        again = self.ci("deploy", "staging")
        self.assertIn("waiting for approval (0 of 2)", again.out)
        self.ci("env", "refresh", "staging", cwd=bens)
        self.assertIn("not on a Friday", self.ci("env", "history", "staging", cwd=bens).out)
        bens_word = self.ci("approve", "staging", cwd=bens)
        self.assertIn("waiting for approval (1 of 2): Ben", bens_word.out, "his own waits still, for two anew")
        self.ci("approve", "staging")
        self.assertEqual(self.standing("staging"), ["app-1.1.txt"])

    def test_the_job_of_a_run_that_was_rejected_asks_anew_when_it_runs_again(self):
        self.declare(production="approvals: 1")
        self.ci("run")
        self.as_person("Ben")
        self.ci("reject", "production", "-m", "not yet")
        self.ci("retry", "production")
        self.assertEqual(self.standing("production"), [])
        self.as_person("Ana")
        self.ci("approve", "production")
        self.assertEqual(self.standing("production"), ["app-1.0.txt"])

    def test_a_run_says_which_parked_rollout_holds_its_resource_group_and_what_to_do(self):
        end = datetime.date.today() + datetime.timedelta(days=30)
        self.declare(staging=f"freeze: [{{name: holidays, from: 2020-01-01, until: {end}}}]")
        self.commit({".ci/main.yml": """
            build:
              script: mkdir dist && cp version "dist/app-$(cat version).txt"
              artifacts: {paths: [dist/]}
            ship: {needs: [build], rollout: staging, resource_group: site}
            """, ".ci/other.yml": """
            migrate: {script: touch migrated, resource_group: site}
            """})
        self.ci("run")
        with self.under_way("run", "-p", "other") as waits:
            told = next(line for line in waits.stderr if "waits for its turn" in line)
            self.assertIn('migrate   waits for its turn: `site` is held by `ship` of run 1; its rollout 1 waits for the '
                          'freeze "holidays" to end; end it with: ci cancel --run 1', told)
            self.assertIn("end it with: ci cancel --run 1", self.ci("why", "migrate").out)
            self.ci("rollout", "abort", "staging")
            self.assertIn("✓ migrate", waits.stderr.read())

    def test_who_watches_begins_what_is_approved_in_another_clone(self):
        self.declare(staging="approvals: {required: 2}")
        self.build("1.1")
        bens = self.clone("Ben")
        for folder in (self.repo, bens):
            self.ci("deploy", "staging", cwd=folder)
            self.ci("watch", "--once", cwd=folder)
            self.assertEqual(self.standing("staging"), [])
            self.ci("approve", "staging", "--detach", cwd=folder)
        self.ci("watch", "--once")
        self.assertEqual(self.standing("staging"), ["app-1.1.txt"])
        self.assertEqual(self.each("phase"), {1: "live"})

    def test_wishes_for_one_that_waits_are_kept_and_an_abort_ends_it_at_once(self):
        self.declare(staging="approvals: {required: 1}")
        self.build("1.1")
        self.ci("deploy", "staging")
        paused = self.ci("rollout", "pause", "staging")
        self.assertIn("rollout 1 of staging hasn't begun: it waits for approval (0 of 1)", paused.err)
        self.ci("rollout", "continue", "staging")
        self.assertEqual(self.each("phase"), {1: "waiting"})
        aborted = self.ci("rollout", "abort", "staging", "-m", "the wrong one")
        self.assertNotIn("error", aborted.err)
        self.assertEqual(self.each("reason"), {1: 'aborted by Ana "the wrong one"'})

        self.ci("deploy", "staging")
        early = self.ci("rollout", "continue", "staging", status=2)
        self.assertIn("hasn't begun, so there is nothing to go on with", early.err)
        self.ci("approve", "staging")
        self.assertEqual(self.standing("staging"), ["app-1.1.txt"])

    def test_one_that_can_never_begin_any_more_ends_with_the_reason(self):
        self.declare(staging="approvals: {required: 1}", production="approvals: 1\n      queue: newest_only")
        for version in ("1.1", "1.2"):
            self.build(version)
            self.ci("deploy", "staging")
        self.ci("approve", "staging")
        self.assertEqual(self.standing("staging"), ["app-1.2.txt"])
        self.assertEqual(self.each("phase"), {1: "superseded", 2: "live"})
        self.assertEqual(self.each("reason")[1], "superseded by app-1.2.txt, which is newer and live")

        self.ci("deploy", "production", "app-1.1.txt")
        self.ci("deploy", "production", "app-1.2.txt")
        self.assertEqual(self.each("phase")[3], "superseded")

    def test_a_run_lets_go_of_a_rollout_that_waits_and_goes_on_after_its_end(self):
        end = datetime.date.today() + datetime.timedelta(days=30)
        self.declare(staging=f"freeze: [{{name: holidays, from: 2020-01-01, until: {end}}}]")
        ran = self.ci("run")
        self.assertRegex(ran.out, r'staging +rollout 1 waits for the freeze "holidays" to end')
        self.assertIn("staging waits for its rollout", self.ci("why", "staging").out)
        self.ci("rollout", "abort", "staging", "-m", "not now")
        self.assertIn('aborted by Ana "not now"', self.ci("log", "staging").out + self.ci("why", "staging").out)
        self.assertEqual(json.loads(self.ci("list", "--json").out)[0]["status"], "failed")

        self.ci("run")
        self.ci("cancel", status=1)
        self.ci("run")
        self.ci("cancel", "staging", status=1)
        phases = {1: "refused", 2: "refused", 3: "refused"}
        self.assertEqual(self.each("phase"), phases, "nobody waits for them any more")

    def test_a_run_goes_on_when_its_services_are_approved(self):
        services = "services: {api: {}, web: {after: api}}"
        self.declare(staging="approvals: {required: 1, starter: false, author: true}\n      " + services)
        self.assertIn("waits for staging/api: approval (0 of 1)", self.ci("run").out)
        self.assertNotIn("nobody watches", self.ci("rollout", "status", "staging").out)
        self.assertNotIn("unwatched", self.ci("env").out)
        self.ci("approve", "staging", status=2)
        self.as_person("Ben")
        self.ci("approve", "staging")
        self.ci("approve", "staging")
        self.assertEqual(len(self.standing("production")), 1, "the next stage came by itself")
        self.assertEqual({one["by"] for one in self.rollouts()}, {"Ana"}, "who started it")

    def test_an_approval_is_for_what_was_asked_for_last(self):
        self.declare(production="approvals: {required: 1}")
        self.build("1.1")
        self.ci("deploy", "production")
        self.commit({"version": "1.2\n"}, "Version 1.2")
        self.ci("run")
        self.ci("approve", "production")
        self.assertEqual(self.standing("production"), ["app-1.2.txt"])
        self.assertEqual(self.each("phase")[1], "superseded")

    def test_a_colleague_answers_from_a_clone_that_built_nothing_and_knows_no_secret(self):
        self.declare(staging="approvals: {required: 1, author: false}\n      application: {artifact: dist/*.txt, secrets: [TOKEN]}")
        self.ci("secrets", "set", "TOKEN", given="s3cret")
        self.ci("run")
        bens = self.bare_clone("Ben")
        self.ci("env", "refresh", cwd=bens)
        self.assertIn("app-1.0.txt waits for approval (0 of 1)", self.ci("env", cwd=bens).out)
        self.assertIn("the secret `TOKEN`", self.ci("deploy", "staging", "app-1.0.txt", status=2, cwd=bens).err)
        answered = self.ci("approve", "staging", "-m", "go", cwd=bens)
        self.assertIn("app-1.0.txt approved by Ben for staging", answered.err)
        self.assertEqual(self.standing("staging"), [])
        self.ci("resume")
        self.assertEqual(self.standing("staging"), ["app-1.0.txt"])

        self.build("1.1")
        self.ci("deploy", "staging")
        self.ci("reject", "staging", "-m", "not now", cwd=bens)
        self.ci("resume", status=1)
        self.assertEqual(self.rollouts()[0]["reason"], 'rejected by Ben "not now"')
        self.commit({"version": "1.2\n"}, "Version 1.2")
        self.ci("run")
        self.ci("cancel", status=1)
        self.assertIn("nothing called `staging` waits", self.ci("approve", "staging", status=2, cwd=bens).err)

    def asked(self, clone):
        """What a clone knows to wait for people."""
        self.ci("env", "refresh", cwd=clone)
        return {line.split()[0] for line in self.ci("env", cwd=clone).out.splitlines() if "waits for approval" in line}

    def test_who_asked_withdraws_it_from_another_clone_and_it_never_begins(self):
        self.declare(staging="approvals: 1", production="approvals: {required: 1, starter: false}")
        self.ci("run")
        self.ci("approve", "staging")
        self.ci("deploy", "staging")
        bens, anas = self.bare_clone("Ben"), self.bare_clone("Ana")
        self.assertEqual(self.asked(bens), {"staging", "production"})
        self.ci("rollout", "abort", "staging", status=2, cwd=bens)
        for environment in ("staging", "production"):
            self.ci("rollout", "abort", environment, "-m", "not today", cwd=anas)
        self.assertEqual(self.asked(bens), set())
        self.assertIn('withdrawn by Ana "not today"', self.ci("resume", status=1).err)
        self.assertEqual(json.loads(self.ci("list", "--json").out)[0]["status"], "failed")
        self.ci("retry")
        self.assertEqual(self.asked(bens), {"production"}, "it asks anew")
        self.as_person("Cleo")
        self.ci("approve", "production")
        self.assertEqual(self.standing("production"), ["app-1.0.txt"])

    def test_the_gate_of_a_child_asks_people_until_it_is_canceled_from_another_terminal(self):
        self.declare(production="approvals: {required: 1}")
        self.commit({".ci/child.yml": PIPELINE,
                     ".ci/main.yml": "child: {trigger: {include: [{local: .ci/child.yml}], strategy: depend}}\n"})
        bens = self.bare_clone("Ben")
        self.ci("run")
        self.assertEqual(self.asked(bens), {"production"})
        self.ci("cancel", status=1)
        self.assertEqual(self.asked(bens), set())

    def test_a_job_of_another_system_deploys_what_it_finds_and_stays_for_an_answer(self):
        self.declare(staging="approvals: {required: 1, starter: false}")
        job = self.folder / "job"
        self.run_checked("git", "clone", "--quiet", str(self.repo), str(job))
        in_job = {"cwd": job, "env": self.environment | {"CI": "true", "GITLAB_USER_NAME": "Gil"}}
        nothing = self.ci("deploy", "staging", status=2, **in_job)
        self.assertIn("there is no `dist` to deploy from", nothing.err)
        (job / "dist").mkdir()
        (job / "dist/app-7.0.txt").write_text("app-7.0.txt\n")
        with self.start("deploy", "staging", **in_job) as deploying:
            self.wait_for(lambda: "app-7.0.txt waits for approval" in self.refreshed())
            self.ci("approve", "staging")
            self.assertEqual(deploying.wait(30), 0)
        self.assertEqual(self.standing("staging"), ["app-7.0.txt"])

        (job / "dist/app-7.0.txt").rename(job / "dist/app-8.0.txt")
        with self.start("deploy", "staging", **in_job) as canceled:
            self.wait_for(lambda: "app-8.0.txt waits for approval" in self.refreshed())
            canceled.terminate()
            self.assertEqual(canceled.wait(30), 128 + signal.SIGTERM)
        self.assertNotIn("waits", self.refreshed())

    def refreshed(self):
        self.ci("env", "refresh", "staging")
        return self.ci("env").out

    def test_whoever_may_not_approve_is_told_so(self):
        self.declare(staging="approvals: {required: 1, starter: false}")
        self.build("1.1")
        waiting = self.ci("deploy", "staging")
        self.assertIn("Ana started it; who may: ci approve staging", waiting.err)
        self.assertNotIn("approve with", waiting.err)
        self.assertIn("ci rollout abort staging", self.ci("reject", "staging", status=2).err)


if __name__ == "__main__":
    unittest.main()
