"""A job sees its commit, and git works in it, whatever kind of clone the developer stands in."""

import unittest

from scenario import Scenario

LOOK = """
    look:
      script:
        - test "$(cat content.txt)" = "the content"
        - test -f deep/down/file.txt
        - test "$(pwd -P)" = "$EXPECTED_PATH"
        - test -z "$(git status --porcelain)"
        - git describe --always --dirty
        - test "$(git log -1 --format=%s)" = "The one that runs"
        - echo "new" > content.txt && git commit --quiet --all --message "In the job"
    """


class Repositories(Scenario):
    def setUp(self):
        super().setUp()
        self.environment |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.file.allow", "GIT_CONFIG_VALUE_0": "always"}
        self.commit({"content.txt": "an older content\n", "old.bin": "old\n" * 1000}, "The one before")
        self.git("rm", "--quiet", "old.bin")
        self.commit({".gitlab-ci.yml": LOOK, "content.txt": "the content\n", "deep/down/file.txt": "deep\n"}, "The one that runs")

    def assert_runs_in(self, path, expected=None):
        head = self.git("-C", str(path), "rev-parse", "HEAD")
        self.ci("run", "-e", f"EXPECTED_PATH={expected or path}", cwd=path)
        self.assertEqual(self.git("-C", str(path), "rev-parse", "HEAD"), head, "a job changed the repository")
        self.assertEqual(self.git("-C", str(path), "status", "--porcelain"), "", "a job changed the work tree")

    def clone(self, *options):
        self.git("clone", "--quiet", *options, f"file://{self.repo}", str(self.folder / "clone"))
        return self.folder / "clone"

    def test_an_ordinary_repository(self):
        self.assert_runs_in(self.repo)

    def test_a_folder_inside_of_it(self):
        self.ci("run", "-e", f"EXPECTED_PATH={self.repo}", cwd=self.repo / "deep/down")

    def test_a_shallow_clone(self):
        self.assert_runs_in(self.clone("--depth=1"))

    def test_a_partial_clone(self):
        self.git("config", "uploadpack.allowFilter", "true")
        self.assert_runs_in(self.clone("--filter=blob:none"))

    def test_a_partial_and_sparse_clone(self):
        self.git("config", "uploadpack.allowFilter", "true")
        self.assert_runs_in(self.clone("--filter=blob:none", "--sparse"))

    def test_a_linked_worktree(self):
        linked = self.folder / "linked"
        self.git("worktree", "add", "--quiet", "-b", "other", str(linked))
        self.assert_runs_in(linked)
        self.assert_runs_in(self.repo)

    def test_a_detached_head(self):
        self.git("checkout", "--quiet", "--detach")
        self.assert_runs_in(self.repo)

    def test_a_clone_with_alternates(self):
        self.assert_runs_in(self.clone("--reference", str(self.repo)))

    def test_a_repository_below_a_symbolic_link(self):
        link = self.folder / "link"
        link.symlink_to(self.repo)
        self.assert_runs_in(link, expected=self.repo)

    def test_submodules_come_when_they_are_asked_for(self):
        library = self.folder / "library"
        self.git("clone", "--quiet", str(self.repo), str(library))
        self.git("submodule", "--quiet", "add", str(library), "lib")
        self.commit({".gitlab-ci.yml": """
            without:
              script: test ! -e lib/content.txt
            with:
              variables: {GIT_SUBMODULE_STRATEGY: normal}
              script:
                - test "$(cat lib/content.txt)" = "the content"
                - test -z "$(git status --porcelain)"
            """})
        self.ci("run")

    def test_large_files_arrive_with_their_content(self):
        self.git("lfs", "install", "--local")
        self.git("lfs", "track", "*.bin")
        self.commit({"big.bin": "large\n" * 10, ".gitlab-ci.yml": """
            look:
              script:
                - test "$(wc -l < big.bin)" = 10
                - test -z "$(git status --porcelain)"
            """})
        self.ci("run")


if __name__ == "__main__":
    unittest.main()
