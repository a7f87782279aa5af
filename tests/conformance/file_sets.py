"""Lints the pipelines of real projects, and GitLab's own templates, as they are. Each include that lies outside of the files at
hand must be named; there may be no other mistake. Each file must have the includes that are expected of it, one by one: taken, left
out by its rules, or named as out of reach. A project that has all its files must have their stages and jobs. Prints a line a project."""

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
# One of these is what the rules of a real project ask for.
CIRCUMSTANCES = ([], ["--branch", "master"], ["--event", "merge_request"], ["--event", "schedule"], ["--event", "tag"], ["-e", "FULL_CI=true"])
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


def plan(ci, folder):
    """The pipeline of the first circumstances that have one; empty where none have."""
    for words in CIRCUMSTANCES:
        done = subprocess.run([ci, "plan", "--json", "--offline", *words], cwd=folder, env=environment_of(folder),
                              capture_output=True, text=True, timeout=60, check=False)
        made = json.loads(done.stdout or "{}")
        if made.get("jobs") or made.get("left_out"):
            return made
    return {}


def stand_in(ci, folder, mistakes):
    """Files for those of the project that the corpus doesn't hold: with the jobs that others extend, and nothing in them."""
    files = {found[1] for one in mistakes if (found := re.match(r"`([^`*]+)` doesn't exist in the project", one["message"]))}
    jobs = set()
    while files:
        for name in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(json.dumps({job: {} for job in jobs}))
        subprocess.run([*GIT, "add", "--all", "--force"], cwd=folder, env=environment_of(folder), check=True)
        subprocess.run([*GIT, "commit", "--quiet", "--message", "stand-ins"], cwd=folder, env=environment_of(folder), check=True)
        wanted = {found[1] for one in lint(ci, folder) if (found := re.search(r" extends `([^`]+)`, which doesn't exist", one["message"]))}
        if wanted <= jobs:
            break
        jobs |= wanted


def compare(made, files):
    """What the pipeline has otherwise than its files, by name: `.gitlab-ci.yml` and what it may include."""
    jobs = {job["group"] for job in [*made["jobs"], *made.get("left_out", [])]}
    root = files[".gitlab-ci.yml"]
    yield from (f"job `{name}` is missing" for name in root.get("jobs", []) if name not in jobs)
    known = {name for file in files.values() for name in file.get("jobs", [])}
    yield from (f"job `{name}` is in none of the files" for name in jobs - known)
    # A later file may name other stages; here none does.
    wanted = [".pre", *(name for name in root.get("stages", []) if name not in (".pre", ".post")), ".post"]
    if root.get("stages") and made["stages"] != [name for name in wanted if name in made["stages"]]:
        yield f"stages are {made['stages']}, expected {wanted}"


def includes_of(ci, folder, path):
    """The entries of `include` of a pipeline's files, by file; each once."""
    done = subprocess.run([ci, "plan", "--includes", "--json", "--offline", "-p", path], cwd=folder, env=environment_of(folder),
                          capture_output=True, text=True, timeout=60, check=False)
    found = {}
    for one in json.loads(done.stdout) if done.stdout.startswith("[") else []:
        found.setdefault(one["file"], {})[one["line"], one["column"]] = one
    return {file: [entries[place] for place in sorted(entries)] for file, entries in found.items()}


def wrong_includes(ci, folder, files, mistakes):
    """What the includes of the files are otherwise than expected."""
    found = includes_of(ci, folder, ".gitlab-ci.yml")
    named = {(one["file"], one["line"]) for one in mistakes}
    for path, file in files.items():
        if path not in found and file.get("include"):  # no other file includes it, or in other pipelines only
            found |= {path: includes_of(ci, folder, path).get(path, [])}
            named |= {(one["file"], one["line"]) for one in lint(ci, folder, path)}
        entries = found.get(path, [])
        if len(entries) != file.get("include", 0):
            yield f"{path}: {len(entries)} includes, expected {file.get('include', 0)}"
        for entry, after in zip(entries, [entry["line"] for entry in entries[1:]] + [sys.maxsize]):
            what = f"{path}:{entry['line']}: `{entry['kind']}: {entry['name']}`"
            if entry["outcome"] == "missing" and not any(file == path and entry["line"] <= line < max(after, entry["line"] + 1) for file, line in named):
                yield f"{what} can't be had, and no message says so"
            if entry["outcome"] == "taken" and not entry["files"]:
                yield f"{what} brings no file"
            if entry["kind"] == "local" and entry["outcome"] == "taken":
                yield from (f"{what}: there is no `{file}`" for file in entry["files"] if not (folder / file).exists())


def files_of(corpus, name):
    """What is expected of each file of a project, by path."""
    told = json.loads((corpus / "realworld/gitlab/expected.json").read_text())["files"]
    return {path.removeprefix(name + "/"): file for path, file in told.items() if path.startswith(name + "/")}


def project(ci, source, files):
    with tempfile.TemporaryDirectory(prefix="file-set-", dir="/var/tmp") as folder:
        copy = Path(folder) / "project"
        shutil.copytree(source, copy)
        path = source.name.replace("__", "/", 1)
        commit(copy, {('remote "origin"', "url"): f"https://gitlab.com/{path}.git"})
        mistakes = lint(ci, copy)
        outside, others = judge(mistakes, OF_THE_MISSING)
        others += wrong_includes(ci, copy, files, mistakes)
        if not outside and not others:
            stand_in(ci, copy, mistakes)
            made = plan(ci, copy)
            others += compare(made, files) if made else ["there is no pipeline for any event"]
        return path, outside, others


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
        judged = [*workers.map(lambda one: project(ci, one, files_of(corpus, one.name)), projects), *all_templates(ci, folder, templates, workers)]
    for name, outside, others in judged:
        print(f"{'fail' if others else 'pass'}  {name}" + (f"  {outside} includes out of reach" if outside else ""))
        for one in others:
            print(f"      {one}")
    failed = sum(1 for *_, others in judged if others)
    compiled = sum(1 for _, outside, others in judged[:len(projects)] if not outside and not others)
    print(f"\n{compiled} of {len(projects)} projects compile with the stages, jobs and includes of their files; of the others, includes are out of reach")
    print(f"{len(judged) - failed} of {len(judged)} file sets: nothing wrong but includes out of reach, each named")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
