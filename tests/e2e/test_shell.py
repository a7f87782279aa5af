"""`ci shell` opens the room of a job as it was when it failed."""

import unittest

from scenario import Scenario


class Shell(Scenario):
    def setUp(self):
        super().setUp()
        self.commit({".gitlab-ci.yml": """
            stages: [build, test]
            package:
              stage: build
              script: mkdir dist && echo wheel > dist/app.txt
              artifacts: {paths: [dist/]}
            unit:
              stage: test
              variables: {FLAVOUR: vanilla}
              script:
                - echo half > half.txt
                - exit 3
            """})

    def test_it_has_the_jobs_files_variables_and_artifacts(self):
        self.ci("run", status=1)
        ran = self.ci("shell", "unit", given="cat half.txt dist/app.txt; echo $FLAVOUR $CI_JOB_NAME; pwd; exit 0\n")
        for word in ("half", "wheel", "vanilla unit", str(self.repo)):
            self.assertIn(word, ran.out + ran.err)
        self.assert_work_tree_is_as_committed()

    def test_its_exit_status_is_the_shells(self):
        self.ci("run", status=1)
        self.ci("shell", "unit", given="exit 7\n", status=7)

    def test_what_never_ran_has_no_room(self):
        self.ci("run", "package")
        ran = self.ci("shell", "unit", given="", status=2)
        self.assertIn("unit", ran.err)


if __name__ == "__main__":
    unittest.main()
