"""How well releases do: incidents, delivery metrics, and an analysis that is judged again."""

import json
import os
import textwrap
import unittest

from scenario import Scenario

# An instance is a file. `shop` is production by its tier, `prod-copy` is not, whatever its name says.
ENVIRONMENTS = """
    .scripts:
      target: commands
      commands:
        start: echo "$RELEASE_NAME" > "FOLDER/state/$ENVIRONMENT-$PORT"
        stop: rm -f "FOLDER/state/$ENVIRONMENT-$PORT"
        check: test -e "FOLDER/state/$ENVIRONMENT-$PORT"
      health: {every: 100ms, start_within: 5s}
      application: {artifact: dist/*.txt}
      instances: 2
      queue: unordered

    shop:
      extends: .scripts
      tier: production
      folder: FOLDER/shop
      strategy: recreate

    prod-copy:
      extends: .scripts
      tier: staging
      folder: FOLDER/copy
      strategy: recreate
    """

CANARY = """strategy: {canary: {steps: [{weight: 50, analysis: 2s}]}}
  analysis: {every: 1s, metrics: [{command: {name: queue, run: cat FOLDER/queue, max: 10}}]}"""

PIPELINE = """
    build:
      script: mkdir dist && cp version "dist/app-$(cat version).txt"
      artifacts: {paths: [dist/]}
    """


class Measures(Scenario):
    def setUp(self):
        super().setUp()
        (self.folder / "state").mkdir()
        (self.folder / "queue").write_text("3\n")
        text = textwrap.dedent(ENVIRONMENTS).replace("FOLDER", str(self.folder))
        self.commit({".ci/environments.yml": text, ".ci/main.yml": PIPELINE, "version": "0\n"})

    def deploy(self, version, environment="shop", status=0):
        self.commit({"version": version + "\n"}, f"Version {version}")
        self.ci("run")
        return self.ci("deploy", environment, status=status)

    def dora(self, *words):
        return json.loads(self.ci("dora", "--json", *words).out)

    def incidents(self):
        return json.loads(self.ci("incident", "--json").out)

    def test_what_jobs_deploy_counts_where_there_is_no_journal(self):
        self.commit({".ci/environments.yml": "production: {}\n",
                     ".ci/main.yml": "ship: {script: test ! -e broken, environment: production}\n"})
        self.ci("run")
        self.ci("run")
        self.commit({"broken": ""}, "One that fails")
        self.ci("run", status=1)
        self.run_checked("git", "-C", str(self.repo), "rm", "--quiet", "broken")
        self.commit({"notes": ""}, "Mended")
        self.ci("run")
        report = self.dora()
        self.assertEqual(report["environments"], ["production"])
        self.assertEqual(report["happened"]["releases"], 2)
        self.assertEqual(report["happened"]["redeploys"], 1)
        self.assertEqual(report["lead_time_seconds"]["samples"], 3, "one of the first, two of the second")
        self.assertEqual(self.dora("--definition", "gitlab")["deployments_a_day"]["samples"], 3)

    def test_metrics_are_of_production_by_its_tier_and_count_all_commits(self):
        self.assertIn("nothing was deployed", self.ci("dora", status=2).err)
        self.deploy("1")
        self.commit({"notes": "on the way"}, "A change that is built with the next")
        self.deploy("2")
        self.deploy("3", "prod-copy")
        report = self.dora()
        self.assertEqual(report["environments"], ["shop"])
        self.assertEqual(report["deployments_a_day"]["samples"], 2)
        self.assertEqual(report["lead_time_seconds"]["samples"], 3, "one of the first, two of the second")
        self.assertEqual(self.dora("--definition", "gitlab")["lead_time_seconds"]["samples"], 2)
        self.assertEqual(self.dora("--environment", "prod-copy")["deployments_a_day"]["samples"], 1)
        # What is computed from a few entries more is what is computed from all of them anew.
        self.ci("rollback", "shop")
        kept = self.dora()
        self.assertEqual((kept["happened"]["releases"], kept["happened"]["rollbacks"]), (2, 1))
        self.assertEqual(kept["change_failure_rate"]["value"], 0.5)
        self.ci("env", "refresh")
        again = self.dora()
        for moment in ("from", "to"):
            del kept[moment], again[moment]
        for figure in kept, again:  # a day is a moment longer now
            del figure["deployments_a_day"]["value"]
        self.assertEqual(again, kept)
        self.assertIn("as dora2026 defines it", self.ci("dora").out)
        self.assertIn("did you mean `shop`?", self.ci("dora", "--environment", "shp", status=2).err)

    def test_an_incident_is_recorded_and_counts(self):
        self.assertIn("no incident is recorded", self.ci("incident").err)
        self.deploy("1")
        opened = self.ci("incident", "open", "shop", "-m", "checkout answers 500")
        number = str(self.incidents()[0]["incident"])
        self.assertEqual(opened.out, f"shop   incident {number} open (app-1.txt)\n")
        self.assertIn(f"ci incident close shop {number}", opened.err)
        self.assertIn("checkout answers 500", self.ci("incident").out)
        self.assertIn("incident since", self.ci("env").out)
        self.assertIn("is still to come", self.ci("incident", "open", "shop", "--at", "2199-01-01 10:00", status=2).err)
        self.ci("incident", "open", "shop", "--at", "2h", "-m", "slow since the morning")
        self.assertIn("2 open incidents", self.ci("incident", "close", "shop", status=2).err)
        self.assertIn("no open incident 77", self.ci("incident", "close", "shop", "77", status=2).err)
        closed = self.ci("incident", "close", "shop", number, "-m", "restarted the database")
        self.assertEqual(closed.out, f"shop   incident {number} closed\n")
        late = self.ci("incident", "close", "shop", "--at", "3h", status=2)
        self.assertIn("was opened later", late.err)
        self.ci("incident", "close", "shop", "--at", "1h")
        self.assertIn("no open incident", self.ci("incident", "close", "shop", status=2).err)
        newest, oldest = self.incidents()
        self.assertEqual(newest["outcome"], "restarted the database")
        self.assertNotIn("name", oldest, "it was before the release was live")
        report = self.dora("--definition", "gitlab")
        self.assertEqual(report["change_failure_rate"]["value"], 2)
        self.assertEqual(report["recovery_time_seconds"]["samples"], 2)
        self.assertEqual(self.dora()["change_failure_rate"], {"value": 1, "samples": 1})
        # Another clone reads the same from the environment's own journal.
        clone = self.folder / "clone"
        self.run_checked("git", "clone", "--quiet", str(self.repo), str(clone))
        self.ci("env", "refresh", "shop", cwd=clone)
        self.assertEqual(json.loads(self.ci("incident", "ls", "shop", "--json", cwd=clone).out), self.incidents())

    def test_the_way_of_a_release_is_told_from_its_commit_to_where_it_is_live(self):
        deployed = self.deploy("1")
        self.assertIn("ci releases show app-1.txt", deployed.err)
        shown = self.ci("releases", "show", "shop").out
        order = ['"Version 1" committed to main by Ana', "run 1 began by Ana", "test: ", "rollout to shop began by Ana",
                 "live in shop, "]
        places = [shown.find(words) for words in order]
        self.assertEqual(places, sorted(places), shown)
        self.assertNotIn(-1, places, shown)
        self.assertNotIn("no human in the loop", shown)  # somebody asked for it
        self.assertRegex(shown, r"\n  \d\d:\d\d:\d\d  run 1 began")
        self.assertIn("live in shop, ", self.ci("show", "1").out)
        timeline = json.loads(self.ci("releases", "show", "app-1.txt", "--json").out)["timeline"]
        self.assertEqual([line["at"] for line in timeline], sorted(line["at"] for line in timeline))
        self.ci("releases", "show", "app-9", status=2)

    def test_a_pipeline_that_deploys_by_itself_has_no_human_in_the_loop(self):
        self.commit({".ci/ship.yml": "include: [{local: .ci/main.yml}]\nship: {stage: deploy, rollout: shop}\n"})
        self.ci("run", "--pipeline", "ship")
        self.assertRegex(self.ci("show").out, r"live in shop, .* after its commit, with no human in the loop")

    def test_instances_are_asked_how_they_are(self):
        self.deploy("1")
        self.assertIn("health     2 of 2 instances ready\n", self.ci("env", "show", "shop").out)
        instance = sorted((self.folder / "state").glob("shop-*"))[0]
        instance.unlink()
        self.assertIn("health     1 of 2 instances ready\n", self.ci("env", "show", "shop").out)
        health = json.loads(self.ci("env", "show", "shop", "--json").out)["health"]
        self.assertEqual((health["ready"], health["total"], len(health["unwell"])), (1, 2, 1))
        self.assertTrue(health["unwell"][0]["instance"].endswith(instance.name.removeprefix("shop-")))

    def test_the_words_of_an_incident_are_completed(self):
        self.assertEqual(self.ci("complete", "incident", "").out.split(), ["ls", "open", "close"])
        self.assertEqual(self.ci("complete", "incident", "open", "").out.split(), ["shop", "prod-copy"])

    def test_an_analysis_is_judged_again_with_the_same_verdict(self):
        self.assertIn("no rollout was judged yet", self.ci("analysis", "replay", status=2).err)
        file = self.repo / ".ci/environments.yml"
        file.write_text(file.read_text().replace("strategy: recreate", CANARY.replace("FOLDER", str(self.folder)), 1))
        self.deploy("1")
        self.deploy("2")
        looks = json.loads(self.ci("analysis", "replay", "--json").out)
        self.assertEqual({(look["verdict"], look["then"], look["same"]) for look in looks}, {("pass", "pass", True)})
        (self.folder / "queue").write_text("30\n")
        self.assertIn("taken back", self.deploy("3", status=1).out)
        replayed = self.ci("analysis", "replay").out
        self.assertIn("as it was judged then", replayed)
        self.assertIn("queue", replayed)
        looks = json.loads(self.ci("analysis", "replay", "3", "--json").out)
        self.assertEqual((looks[-1]["verdict"], looks[-1]["same"]), ("fail", True))
        # A look that says something else than what it saw is found out.
        record = looks[-1]["record"]
        forged = json.dumps(record).replace('"fail"', '"pass"')
        (self.repo / "look.json").write_text(forged)
        self.assertIn("then: pass", self.ci("analysis", "replay", "--file", "look.json", status=1).out)
        os.unlink(self.repo / "look.json")


if __name__ == "__main__":
    unittest.main()
