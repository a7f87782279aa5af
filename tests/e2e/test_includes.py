"""Files from outside of the project: other projects, components, https, templates; the cache; what can't be reached."""

import json
import subprocess
import unittest

from outside import FileServer, authority
from scenario import Scenario

JOB = "{name}:\n  script: echo {name}\n"


class IncludeScenario(Scenario):
    def setUp(self):
        super().setUp()
        self.git("config", "penstock.remote", f"file://{self.folder}/server/{{project}}.git")

    def publish(self, path, *states):
        """A bare repository at `path` below the folder `server`; each state is (tag, {path: text})."""
        work = self.folder / "work" / path
        work.mkdir(parents=True, exist_ok=True)
        git = ["git", "-C", str(work)]
        self.run_checked(*git, "init", "--quiet", "--initial-branch=main")
        for tag, files in states:
            for name, text in files.items():
                (work / name).parent.mkdir(parents=True, exist_ok=True)
                (work / name).write_text(text)
            self.run_checked(*git, "add", "--all")
            self.run_checked(*git, "commit", "--quiet", "--allow-empty", "--message", "a state")
            if tag:
                self.run_checked(*git, "tag", tag)
        bare = self.folder / "server" / f"{path}.git"
        bare.parent.mkdir(parents=True, exist_ok=True)
        self.run_checked("rm", "-rf", str(bare))
        self.run_checked("git", "clone", "--quiet", "--bare", str(work), str(bare))

    def jobs(self, *arguments):
        return [job["name"] for job in json.loads(self.ci("plan", "--json", *arguments).out)["jobs"]]

    def mistakes(self, *arguments):
        found = json.loads(self.ci("lint", "--json", *arguments, status=2).out)
        return [one for one in found if one["severity"] == "error"]


class Includes(IncludeScenario):
    def test_another_project_by_the_address_of_all(self):
        self.publish("group/ci", ("v1", {"build.yml": "include: more.yml\n" + JOB.format(name="build"),
                                         "more.yml": JOB.format(name="more")}),
                     (None, {"build.yml": JOB.format(name="newer")}))
        self.commit({".gitlab-ci.yml": """
            include:
              - {project: group/ci, ref: v1, file: build.yml}
            own:
              script: echo own
        """})
        self.assertEqual(self.jobs(), ["more", "build", "own"])
        self.ci("run")
        subprocess.run(["rm", "-rf", self.folder / "server"], check=True)
        self.assertIn("`git ls-remote`", self.mistakes()[0]["message"])
        self.assertEqual(self.jobs("--offline"), ["more", "build", "own"])

    def test_a_component_by_a_part_of_its_version(self):
        template = ("spec: {component: [name, version], inputs: {stage: {default: test}}}\n---\n"
                    "$[[ component.name ]] $[[ component.version ]]:\n"
                    "  stage: $[[ inputs.stage ]]\n  script: echo here\n")
        self.publish("group/parts", *[(tag, {"templates/scan.yml": template}) for tag in ("1.0.0", "1.2.0", "2.0.0-rc")])
        self.git("config", "penstock.mirror", str(self.folder / "server"))
        self.commit({".gitlab-ci.yml": "include: [{component: '$CI_SERVER_FQDN/group/parts/scan@1'}]\n"})
        self.assertEqual(self.jobs(), ["scan 1.2.0"])
        self.commit({".gitlab-ci.yml": "include: [{component: '$CI_SERVER_FQDN/group/parts/scann@~latest'}]\n"})
        self.assertEqual(self.mistakes()[0]["label"], "did you mean `scan`?")

    def test_each_that_cant_be_reached_is_named_with_what_to_do(self):
        self.git("config", "--unset", "penstock.remote")
        self.commit({".gitlab-ci.yml": """
            include:
              - {project: group/ci, file: build.yml}
              - component: gitlab.example.com/group/parts/scan@1
              - template: Jobs/Build.gitlab-ci.yml
              - remote: https://files.example.invalid/ci.yml
            own: {script: echo own}
        """})
        found = self.mistakes()
        self.assertEqual([one["name"] for one in found], ["unreachable-include"] * 4)
        for one, words in zip(found, ["project: group/ci", "component: gitlab.example.com/group/parts/scan@1",
                                      "template: Jobs/Build.gitlab-ci.yml", "remote: https://files.example.invalid"]):
            self.assertIn(words, one["message"])
        for one, setting in zip(found, ["penstock.mirror", "penstock.remote", "penstock.templates"]):
            self.assertIn("git config", one["help"])
            self.assertIn(setting, one["help"])

    def test_a_template_out_of_a_folder_that_includes_another(self):
        templates = self.folder / "templates"
        (templates / "Jobs").mkdir(parents=True)
        (templates / "All.gitlab-ci.yml").write_text("include: [{template: Jobs/Build.gitlab-ci.yml}]\n")
        (templates / "Jobs/Build.gitlab-ci.yml").write_text(JOB.format(name="build"))
        self.git("config", "penstock.templates", str(templates))
        self.commit({".gitlab-ci.yml": "include: [{template: All.gitlab-ci.yml}]\n"})
        self.assertEqual(self.jobs(), ["build"])


class Children(IncludeScenario):
    def test_they_are_compiled_as_their_parent_was(self):
        self.publish("group/ci", (None, {"build.yml": "build: {script: echo build, rules: [{when: always}]}\n"}))
        self.commit({".gitlab-ci.yml": "child: {trigger: {include: child.yml, strategy: depend}, rules: [{when: always}]}\n", "child.yml": """
            include: [{project: group/ci, ref: main, file: build.yml}]
            docs: {script: echo docs, rules: [{changes: [docs/*]}]}
            source: {script: echo source, rules: [{changes: ["*.c"]}]}
            merge: {script: echo "of $CI_MERGE_REQUEST_TARGET_BRANCH_NAME", rules: [{if: $CI_MERGE_REQUEST_IID}]}
            """})

        def ran(*arguments):
            self.ci("run", *arguments)
            run = json.loads(self.ci("list", "--json").out)[0]["run"]
            return sorted(job["name"] for job in json.loads(self.ci("show", str(run), "--json").out)["jobs"])

        self.assertEqual(ran("--changed", "docs/a"), ["build", "docs"])
        self.run_checked("rm", "-rf", str(self.folder / "server"))
        self.assertEqual(ran("--offline", "--changed", "a.c", "--event", "merge_request"), ["build", "merge", "source"])
        self.assertEqual(self.ci("log", "merge").out.splitlines()[-1], "of main")
        self.ci("run", status=1)  # not offline: the branch is asked for, and isn't there


class Remote(IncludeScenario):
    def setUp(self):
        super().setUp()
        self.server = FileServer(authority(self.folder))
        self.addCleanup(self.server.close)
        self.git("config", "http.sslCAInfo", str(self.folder / "ca.pem"))
        self.url = f"https://127.0.0.1:{self.server.port}"

    def allow(self):
        self.git("config", "penstock.allowHost", "127.0.0.1")

    def include(self, path, more=""):
        self.commit({".gitlab-ci.yml": f"include: [{{remote: '{self.url}{path}'{more}}}]\n"})

    def test_a_file_over_https_that_is_then_had_offline(self):
        self.allow()
        self.server.files["/ci.yml"] = JOB.format(name="far")
        self.server.redirects["/moved.yml"] = "/ci.yml"
        self.include("/moved.yml")
        self.assertEqual(self.jobs(), ["far"])
        self.server.close()
        self.assertEqual(self.mistakes()[0]["name"], "unreachable-include")
        self.assertEqual(self.jobs("--offline"), ["far"])

    def test_private_addresses_are_refused_unless_the_host_is_allowed(self):
        self.server.files["/ci.yml"] = JOB.format(name="far")
        self.include("/ci.yml")
        found = self.mistakes()[0]
        self.assertIn("the address isn't one of the public internet", found["message"])
        self.assertIn("penstock.allowHost 127.0.0.1", found["help"])
        self.assertEqual(self.server.asked, [])
        self.commit({".gitlab-ci.yml": f"include: ['https://localhost:{self.server.port}/ci.yml']\n"})
        self.assertIn("public internet", self.mistakes()[0]["message"])  # a name that leads there
        self.allow()
        self.server.redirects["/away.yml"] = f"https://localhost:{self.server.port}/ci.yml"
        self.include("/away.yml")
        self.assertIn("public internet", self.mistakes()[0]["message"])  # and a redirect that does
        self.assertEqual(self.server.asked, ["/away.yml"])

    def test_what_is_too_large_missing_moving_or_unsafe(self):
        self.allow()
        self.server.files["/large.yml"] = "#" * (1 << 20) + "\n"
        self.include("/large.yml")
        self.assertIn("longer than 1048576 bytes", self.mistakes()[0]["message"])
        self.include("/none.yml")
        self.assertIn("answers 404", self.mistakes()[0]["message"])
        self.server.redirects["/loop.yml"] = "/loop.yml"
        self.include("/loop.yml")
        self.assertIn("redirects too often", self.mistakes()[0]["message"])
        self.assertEqual(self.server.asked.count("/loop.yml"), 6)
        self.server.redirects["/down.yml"] = f"http://127.0.0.1:{self.server.port}/ci.yml"
        self.include("/down.yml")
        self.assertIn("plain http", self.mistakes()[0]["message"])

    def test_integrity(self):
        self.allow()
        self.server.files["/ci.yml"] = JOB.format(name="far")
        self.include("/ci.yml", ", integrity: 'sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ='")
        found = self.mistakes()[0]
        self.assertEqual(found["name"], "integrity")
        right = found["help"].split("`")[1]
        self.include("/ci.yml", f", integrity: '{right}'")
        self.assertEqual(self.jobs(), ["far"])
        self.server.files["/ci.yml"] = JOB.format(name="changed")
        self.assertEqual(self.jobs(), ["far"])  # content that is known isn't asked for again

    def test_who_isnt_trusted_isnt_read(self):
        self.allow()
        self.git("config", "--unset", "http.sslCAInfo")
        self.server.files["/ci.yml"] = JOB.format(name="far")
        self.include("/ci.yml")
        self.assertEqual(self.mistakes()[0]["name"], "unreachable-include")
        self.assertEqual(self.server.asked, [])


class Lock(IncludeScenario):
    def setUp(self):
        super().setUp()
        self.publish("group/ci", (None, {"build.yml": JOB.format(name="build")}))
        self.publish("group/parts", ("1.0.0", {"templates/scan.yml": JOB.format(name="scan")}))
        self.commit({".gitlab-ci.yml": """
            include:
              - {project: group/ci, ref: main, file: build.yml}
              - {component: "$CI_SERVER_FQDN/group/parts/scan@1", rules: [{if: "$CI_COMMIT_TAG"}]}
            own: {script: echo own, image: "busybox:1.36"}
        """})

    def move_on(self):
        self.publish("group/ci", (None, {"build.yml": JOB.format(name="newer")}))
        self.publish("group/parts", ("1.1.0", {"templates/scan.yml": JOB.format(name="scan newer")}))

    def test_everything_stays_what_it_was_until_it_is_updated(self):
        written = self.ci("lock")
        self.assertRegex(written.out, r"\A\.ci/lock\.json: 3 locked\n"
                                      r"\+ project group/ci@main  [0-9a-f]{8}\n"
                                      r"\+ project localhost/group/parts@1  [0-9a-f]{8} \(1\.0\.0\)\n"
                                      r"\+ image busybox:1\.36  not pinned\n\Z")
        self.assertIn("`busybox:1.36` isn't pinned", written.err)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Lock")
        self.ci("lock", "--check")
        self.move_on()
        self.assertEqual(self.jobs(), ["build", "own"])
        self.assertEqual(self.jobs("--tag", "v1"), ["build", "scan", "own"])
        self.assertIn("nothing changed", self.ci("lock").out)
        changed = self.ci("lock", "--update", "group/ci").out
        self.assertRegex(changed, r"~ project group/ci@main  [0-9a-f]{8} → [0-9a-f]{8}\n")
        self.assertNotIn("parts", changed)
        self.assertRegex(self.ci("lock", "--update").out, r"~ project localhost/group/parts@1  .* \(1\.1\.0\)\n")
        self.assertEqual(self.jobs("--worktree", "--tag", "v1"), ["newer", "scan newer", "own"])

    def test_what_isnt_locked_isnt_used(self):
        self.ci("lock")
        self.commit({".gitlab-ci.yml": """
            include:
              - {project: group/ci, ref: main, file: build.yml}
              - {project: group/ci, file: build.yml}
            own: {script: echo own, image: "busybox:2"}
        """})
        found = self.mistakes()
        self.assertEqual([one["name"] for one in found], ["unreachable-include", "unlocked-image"])
        for one in found:
            self.assertIn("isn't in `.ci/lock.json`", one["message"])
            self.assertEqual(one["help"], "add it with: ci lock")
        self.ci("lock", "--check", status=2)
        self.ci("lock")
        self.ci("lock", "--check")

    def test_a_lock_with_what_nobody_needs_any_more_isnt_right(self):
        self.ci("lock")
        self.commit({".gitlab-ci.yml": "own: {script: echo own}\n"})
        self.assertEqual(self.jobs(), ["own"])
        self.assertIn("- project group/ci@main", self.ci("lock", "--check", status=2).err)
        self.assertIn("did you mean `group/ci@main`", self.ci("lock", "--update", "grup/ci@main", status=2).err)

    def test_what_a_child_pipeline_includes_is_locked_too(self):
        self.commit({".gitlab-ci.yml": """
            child:
              trigger: {include: [{project: group/ci, ref: main, file: build.yml}], strategy: depend}
        """})
        self.assertIn("+ project group/ci@main", self.ci("lock").out)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Lock")
        self.move_on()
        self.ci("run")
        self.assertIn("build", self.ci("log", "build").out)
        self.ci("log", "newer", status=2)

    def test_what_child_pipelines_of_other_events_take_is_locked_too(self):
        self.commit({".gitlab-ci.yml": """
            include: [{local: chat.yml, rules: [{if: $CI_PIPELINE_SOURCE == "chat"}]}]
            own: {script: "true"}
        """, "chat.yml": "child: {trigger: {include: [{project: group/ci, ref: main, file: build.yml}]}}\n"})
        self.assertIn("+ project group/ci@main", self.ci("lock").out)
        self.ci("lock", "--check")

    def test_without_a_network(self):
        self.ci("lock")
        self.run_checked("rm", "-rf", str(self.folder / "server"))
        self.assertEqual(self.jobs("--worktree"), ["build", "own"])  # what is locked needs none
        self.assertEqual(self.jobs("--offline"), ["build", "own"])


if __name__ == "__main__":
    unittest.main()
