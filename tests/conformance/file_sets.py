"""Lints the pipelines of real projects, and GitLab's own templates, as they are. Each include that lies outside of the files at
hand must be named; there may be no other mistake. Prints a line a project."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from conformance import SKIPPED, corpus_folder

GIT = ["git", "-c", "user.name=Test", "-c", "user.email=test@test.com", "-c", "core.hooksPath=/dev/null"]
# What a file says of the files and jobs that the corpus doesn't hold.
OF_THE_MISSING = {"unknown-file", "missing-input"}
OF_A_PART = {"no-jobs", "unknown-stage"}   # Half of the templates are for others to include.
OUTSIDE = re.compile(r"`include: (project|component|remote|template): \S+` can't be had: ")


def environment_of(folder):
    return os.environ | {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / ".git"), "GIT_CONFIG_NOSYSTEM": "1"}


def commit(folder, settings):
    """Makes a repository of a folder."""
    def git(*words):
        subprocess.run([*GIT, *words], cwd=folder, env=environment_of(folder), check=True, capture_output=True)

    git("init", "--quiet", "--initial-branch=main")
    with open(folder / ".git/config", "a", encoding="utf-8") as config:
        for (section, name), value in settings.items():
            config.write(f"[{section}]\n\t{name} = {json.dumps(str(value))}\n")
    git("add", "--all", "--force")
    git("commit", "--quiet", "--message", "as in the corpus")


def lint(ci, folder, path=".gitlab-ci.yml"):
    """The mistakes of a pipeline."""
    done = subprocess.run([ci, "lint", "--json", "--offline", "-p", path], cwd=folder, env=environment_of(folder),
                          capture_output=True, text=True, timeout=60, check=False)
    if not done.stdout.startswith("["):
        return [{"name": "no-answer", "severity": "error", "message": done.stderr, "file": "", "line": 0}]
    return [one for one in json.loads(done.stdout) if one["severity"] == "error"]


def judge(mistakes, expected):
    """(includes that can't be had, all other mistakes)"""
    outside = [one for one in mistakes if one["name"] == "unreachable-include" and OUTSIDE.match(one["message"])]
    others = [one for one in mistakes if one not in outside and one["name"] not in expected]
    return len(outside), [f"{one['file']}:{one['line']}: {one['message']}" for one in others]


def project(ci, source):
    with tempfile.TemporaryDirectory(prefix="file-set-", dir="/var/tmp") as folder:
        copy = Path(folder) / "project"
        shutil.copytree(source, copy)
        path = source.name.replace("__", "/", 1)
        commit(copy, {('remote "origin"', "url"): f"https://gitlab.com/{path}.git"})
        return path, *judge(lint(ci, copy), OF_THE_MISSING)


def all_templates(ci, folder, names, workers):
    with tempfile.TemporaryDirectory(prefix="file-set-", dir="/var/tmp") as work:
        for i, name in enumerate(names):
            (Path(work) / f"{i}.yml").write_text(f"include: [{{template: {json.dumps(name)}}}]\n")
        commit(Path(work), {("penstock", "templates"): folder})
        lint(ci, Path(work), "0.yml")  # the first one keeps git's configuration for the others
        mistakes = workers.map(lambda i: lint(ci, Path(work), f"{i}.yml"), range(len(names)))
        return [(name, *judge(found, OF_A_PART)) for name, found in zip(names, mistakes)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ci", default=os.environ.get("CI_BIN"), help="the program")
    ci = parser.parse_args().ci
    corpus = corpus_folder().parents[1]
    projects = sorted(path.parent for path in (corpus / "realworld/gitlab").glob("*/.gitlab-ci.yml"))
    folder = corpus / "gitlab/templates"
    templates = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.gitlab-ci.yml"))
    if not projects and not templates:
        print(f"skipped: there is no corpus at {corpus} (PENSTOCK_CORPUS names another place)")
        return SKIPPED
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        judged = [*workers.map(lambda one: project(ci, one), projects), *all_templates(ci, folder, templates, workers)]
    for name, outside, others in judged:
        print(f"{'fail' if others else 'pass'}  {name}" + (f"  {outside} includes out of reach" if outside else ""))
        for one in others:
            print(f"      {one}")
    failed = sum(1 for *_, others in judged if others)
    print(f"\n{len(judged) - failed} of {len(judged)} file sets: nothing wrong but includes out of reach, each named")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
