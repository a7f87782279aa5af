"""Lints GitLab's own schema cases, each top-level key as a configuration of its own: what GitLab accepts must be accepted,
what it refuses must be refused, at a place within. Prints a line a file, and each key that is judged otherwise."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from conformance import SKIPPED, corpus_folder

# Mistakes that a part of a configuration has because the rest is missing, or that a schema doesn't look at.
BEYOND_A_SCHEMA = {"no-jobs", "script-missing", "unknown-stage", "unknown-job", "unknown-file", "missing-input",
                   "unknown-changes", "invalid-condition", "unreachable-include", "unknown-exists"}
KEY = re.compile(r"""^(?:"([^"]*)"|'([^']*)'|([^\s#\-][^#]*?)):(?:\s|$)""")


def keys_of(text):
    """The text of each top-level key, by name. The cases use no anchor across keys."""
    parts, current = {}, None
    for line in text.splitlines(keepends=True):
        found = KEY.match(line)
        if found:
            current = next(group for group in found.groups() if group is not None)
            parts[current] = ""
        if current is not None and not line.startswith("---"):
            parts[current] += line
    return parts


def json_keys_of(text):
    """The same of a file in JSON, which is YAML too."""
    return {key: json.dumps({key: value}, indent=2) for key, value in json.loads(text).items()}


def mistakes_of(ci, repository, text):
    with tempfile.NamedTemporaryFile("w", suffix=".yml", dir=repository, encoding="utf-8") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([ci, "lint", "--json", "--worktree", "--pipeline", Path(file.name).name], cwd=repository,
                              capture_output=True, text=True, timeout=60, check=False)
    found = json.loads(done.stdout) if done.stdout.startswith("[") else [{"name": "crash", "severity": "error",
                                                                            "message": done.stderr}]
    return [one for one in found if one["severity"] == "error" and one["name"] not in BEYOND_A_SCHEMA]


def judge(ci, repository, text, case):
    """(verdict, detail) of each key of a file."""
    parts = json_keys_of(text) if text.startswith("{") else keys_of(text)
    for key in case["keys"]:
        part = parts[key]
        if case["unit"].startswith("value"):
            part = textwrap.dedent("".join(part.splitlines(keepends=True)[1:]))
        found = [one for one in mistakes_of(ci, repository, part) if case["expect"] == "invalid" or not beyond(one)]
        said = [f"{one['name']}: {one['message']}" for one in found]
        unbuilt = [one["message"] for one in found if one["name"] == "not-built-yet"]
        if case["expect"] == "valid" and found and len(unbuilt) == len(found):
            yield key, "skip", unbuilt[0]
        elif (case["expect"] == "valid") == (not found):
            within = not found or any(one["line"] > 1 or f"`{key}`" in one["message"] for one in found)
            yield key, "pass" if within else "fail", "" if within else f"told at another place: {said[0]}"
        else:
            yield key, "fail", said[0] if said else "accepted"


def beyond(one):
    """GitLab's schema takes `only` beside `rules`, GitLab does not."""
    return one["name"] == "conflicting-keywords" and "`only` and `except`" in one["message"]


def make_repository(folder):
    git = ["git", "-C", folder, "-c", "user.name=Test", "-c", "user.email=test@test.com", "-c", "core.hooksPath=/dev/null"]
    for words in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "--message", "empty"]):
        subprocess.run([*git, *words], check=True, capture_output=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ci", default=os.environ.get("CI_BIN"), help="the program")
    arguments = parser.parse_args()
    corpus = corpus_folder().parent / "schema"
    if not corpus.is_dir():
        print(f"skipped: there is no corpus at {corpus} (PENSTOCK_CORPUS names another place)")
        return SKIPPED
    cases = json.loads((corpus / "expected.json").read_text())["files"]
    cases = {name: case for name, case in sorted(cases.items()) if name.endswith((".yml", ".json"))}
    with tempfile.TemporaryDirectory(prefix="schema-", dir="/var/tmp") as folder, \
            ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        make_repository(folder)
        subprocess.run(["git", "-C", folder, "config", "penstock.offline", "true"], check=True)
        judged = list(workers.map(
            lambda item: list(judge(arguments.ci, folder, (corpus / item[0]).read_text(), item[1])), cases.items()))
    totals = {"pass": 0, "fail": 0, "skip": 0}
    for name, keys in zip(cases, judged):
        verdicts = [verdict for _, verdict, _ in keys]
        for verdict in verdicts:
            totals[verdict] += 1
        worst = "fail" if "fail" in verdicts else "pass" if "pass" in verdicts else "skip"
        print(f"{worst}  {name}  {verdicts.count('pass')} of {len(verdicts)}")
        for key, verdict, detail in keys:
            if verdict != "pass":
                print(f"    {verdict}: {key}: {detail}")
    print(f"\n{totals['pass']} keys as on GitLab, {totals['fail']} otherwise, {totals['skip']} skipped")
    return 1 if totals["fail"] else 0


if __name__ == "__main__":
    sys.exit(main())
