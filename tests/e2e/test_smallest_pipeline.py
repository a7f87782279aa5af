"""The pipeline that everybody writes first works as it is, in an active virtual environment, on the first try."""

import unittest
from pathlib import Path

from scenario import Scenario

PIPELINE = """
    stages: [build, test, deploy]
    install:
      stage: build
      script: pip install -e .
    pytest:
      stage: test
      script: pytest -q
    ship:
      stage: deploy
      script: ./deploy.sh
    """

PROJECT = {
    ".gitlab-ci.yml": PIPELINE,
    ".gitignore": "/.venv/\n__pycache__/\n*.egg-info/\n",
    "src/shop/__init__.py": "def total(prices):\n    return sum(prices)\n",
    "tests/test_shop.py": """
        import pytest
        from shop import total

        @pytest.mark.parametrize("count", range(7))
        def test_total_adds_up(count):
            assert total([3] * count) == 3 * count
        """,
    "deploy.sh": """
        #!/bin/sh
        set -e
        mkdir -p "$HOME/site"
        cp -r src/shop "$HOME/site/"
        """,
}

PYPROJECT = {
    "pyproject.toml": """
        [build-system]
        requires = ["setuptools"]
        build-backend = "setuptools.build_meta"
        [project]
        name = "shop"
        version = "1.0"
        [tool.setuptools.packages.find]
        where = ["src"]
        """,
}

SETUP_PY = {
    "setup.py": "from setuptools import setup\n\nsetup()\n",
    "setup.cfg": """
        [metadata]
        name = shop
        version = 1.0
        [options]
        package_dir =
            = src
        packages = find:
        [options.packages.find]
        where = src
        """,
}


class SmallestPipeline(Scenario):
    def setUp(self):
        super().setUp()
        # Without a network: pip builds with Debian's setuptools, pytest is Debian's.
        self.environment |= {"PIP_NO_BUILD_ISOLATION": "false", "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    def activate(self, venv):
        self.run_checked("/usr/bin/python3", "-m", "venv", "--system-site-packages", str(venv))
        self.write_pytest_script(venv)
        self.environment["VIRTUAL_ENV"] = str(venv)
        self.environment["PATH"] = f"{venv}/bin:{self.environment['PATH']}"

    def write_pytest_script(self, venv):
        """What `pip install pytest` leaves: its command, run by the environment's Python."""
        script = Path(venv) / "bin/pytest"
        script.write_text(f"#!{venv}/bin/python3\nimport sys\n\nimport pytest\n\nsys.exit(pytest.main())\n")
        script.chmod(0o755)

    def assert_shipped(self, ran):
        lines = [line.split()[0] for line in ran.out.splitlines()]
        self.assertEqual(lines, ["build", "test", "deploy"], str(ran))
        self.assertEqual((self.home / "site/shop/__init__.py").read_text(), PROJECT["src/shop/__init__.py"])

    def test_it_works_with_pyproject_toml(self):
        self.activate(self.folder / "venv")
        self.commit(PROJECT | PYPROJECT)
        self.assert_shipped(self.ci("run"))
        self.assert_work_tree_is_as_committed()

    def test_it_works_with_setup_py(self):
        self.activate(self.folder / "venv")
        self.commit(PROJECT | SETUP_PY)
        self.assert_shipped(self.ci("run"))
        self.assert_work_tree_is_as_committed()

    def test_it_works_with_the_environment_inside_the_repository(self):
        self.activate(self.repo / ".venv")
        self.commit(PROJECT | PYPROJECT)
        self.assert_shipped(self.ci("run"))
        self.assertIn("shop", self.run_checked(str(self.repo / ".venv/bin/pip"), "list"))
        self.assert_shipped(self.ci("run"))

    def test_a_failing_test_stops_the_deployment_and_is_named(self):
        self.activate(self.folder / "venv")
        self.commit(PROJECT | PYPROJECT | {"tests/test_wrong.py": "def test_sums():\n    assert 1 + 1 == 3\n"})
        ran = self.ci("run", status=1)
        self.assertIn("tests/test_wrong.py::test_sums", ran.out + ran.err)
        self.assertFalse((self.home / "site").exists())
        self.assertIn("test_sums", self.ci("log", "pytest").out)


if __name__ == "__main__":
    unittest.main()
