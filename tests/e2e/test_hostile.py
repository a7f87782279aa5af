"""What a job leaves can't reach out of its room, and what is given to the next can't either."""

import unittest

from scenario import Scenario


class Hostile(Scenario):
    def test_artifacts_from_outside_are_refused_with_their_name(self):
        for path in ("../outside.txt", "/etc/hostname", "a/../../outside.txt"):
            self.commit({".gitlab-ci.yml": f"""
                leave:
                  script: echo secret > ../outside.txt || true
                  artifacts: {{paths: ["{path}"]}}
                """}, message=path)
            ran = self.start("run")
            out, err = ran.communicate(timeout=60)
            self.assertIn(path, err)
            listed = self.ci("artifacts", "ls").out
            self.assertNotIn("hostname", listed)
            self.assertNotIn("outside", listed)

    def test_a_link_that_leads_out_is_not_followed(self):
        self.commit({".gitlab-ci.yml": """
            stages: [one, two]
            leave:
              stage: one
              script: mkdir out && ln -s "$HOME" out/home && echo x > out/file
              artifacts: {paths: [out]}
              allow_failure: true
            take:
              stage: two
              script: test ! -e out/home && echo fine
            """})
        ran = self.ci("run")
        self.assertIn("out/home", ran.err)

    def test_a_cache_keeps_links_to_the_machine_and_writes_through_none(self):
        self.commit({".gitlab-ci.yml": """
            use:
              script:
                - mkdir -p venv/bin
                - test -e venv/bin/python || ln -s /usr/bin/python3 venv/bin/python
                - venv/bin/python -c 'print("it runs")'
                - ln -sfn "$HOME" venv/home
              cache: {key: k, paths: [venv]}
            """})
        self.ci("run")
        ran = self.ci("run")
        self.assertIn("restored", ran.err)
        self.assertEqual(sorted(path.name for path in self.home.iterdir() if path.name != ".config" and path.name != ".cache"), [".gitconfig"])

    def test_names_full_of_signs_harm_nobody(self):
        self.commit({".gitlab-ci.yml": """
            "evil/../../x; touch $HOME/pwned":
              script: echo fine
              artifacts: {paths: [README], name: "../../evil"}
            "quote ' and \\" too":
              script: echo fine
            """, "README": "text\n"})
        self.ci("run")
        self.assertIn("fine", self.ci("log", "evil/../../x; touch $HOME/pwned").out)
        self.assertIn("fine", self.ci("log", "quote ' and \" too").out)
        self.assertFalse((self.home / "pwned").exists())
        self.assert_nothing_is_left()
        self.assert_work_tree_is_as_committed()


if __name__ == "__main__":
    unittest.main()
