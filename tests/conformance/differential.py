"""Compiles the pipelines of the corpus with `ci` and with gitlab-ci-local 4.62.0, and compares the jobs that both make of them. Each
difference must be one that `explained.py` knows by rule, with who is right. Prints a table."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from case import Project
from conformance import SKIPPED, corpus_folder
from explained import REFUSED_BY_PEER, REFUSED_BY_US, explain, explain_refusal
from file_sets import commit, environment_of
from shapes import compare, of_ours, of_peer
from skips import VARIABLES

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[1] / "bench"))
from table import machine  # noqa: E402 (where the benchmarks' peers are installed)

ORIGIN = "https://gitlab.com/gcl/test-project.git"
# What real pipelines and templates are compiled for, besides a push to the default branch.
CIRCUMSTANCES = (
    (),
    ("CI_PIPELINE_SOURCE=merge_request_event", "CI_MERGE_REQUEST_IID=1", "CI_OPEN_MERGE_REQUESTS=gcl/test-project!1", "CI_COMMIT_BRANCH="),
    ("CI_COMMIT_TAG=v1.0.0", "CI_COMMIT_REF_NAME=v1.0.0", "CI_COMMIT_BRANCH="),
    ("CI_PIPELINE_SOURCE=schedule",),
    ("CI_COMMIT_BRANCH=feature", "CI_COMMIT_REF_NAME=feature"),
)


class Pipeline:
    """One pipeline of the corpus, in a repository of its own."""

    def __init__(self, name, folder, file=".gitlab-ci.yml", variables=()):
        self.name, self.folder, self.file, self.variables = name, folder, file, list(variables)
        self.environment = environment_of(folder)

    def ours(self, ci):
        words = [ci, "plan", "--json", "--offline", "-p", self.file]
        for variable in self.variables:
            words += ["-e", variable]
        done = subprocess.run(words, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60, check=False)
        made = json.loads(done.stdout) if done.stdout.startswith("{") else {}
        return made if made.get("jobs") or made.get("left_out") else {"error": done.stderr.strip()}


def adopt(folder):
    commit(folder, {('remote "origin"', "url"): ORIGIN})
    git = folder / ".git"
    (git / "refs/remotes/origin").mkdir(parents=True)
    (git / "refs/remotes/origin/main").write_text((git / "refs/heads/main").read_text())
    (git / "refs/remotes/origin/HEAD").write_text("ref: refs/remotes/origin/main\n")


def of_behaviour(corpus, work):
    """Each file and set of variables of the behaviour cases."""
    seen = set()
    for path in sorted((corpus / "gitlab/gcl").glob("*/expected.json")):
        for test in json.loads(path.read_text())["tests"]:
            for invocation in test.get("invocations", []):
                source = Project.source(path.parent.name, test)
                file = invocation.get("file", ".gitlab-ci.yml")
                given = VARIABLES.get(path.parent.name, []) + invocation.get("args", {}).get("variable", [])
                key = (source, file, *given)
                if key in seen or not (path.parents[1] / source / file).is_file():
                    continue
                seen.add(key)
                folder = work / f"gcl-{len(seen)}"
                shutil.copytree(path.parents[1] / source, folder, symlinks=True,
                                ignore=shutil.ignore_patterns("expected.json", ".gitlab-ci-local*"))
                yield Pipeline(" ".join(("gcl/" + source, *([file] if file != ".gitlab-ci.yml" else []), *given)), folder, file, given)


def of_texts(texts, work, family):
    for name, text in texts:
        folder = work / re.sub(r"\W", "_", f"{family}-{name}")
        folder.mkdir()
        (folder / ".gitlab-ci.yml").write_text(text)
        for circumstances in CIRCUMSTANCES if family == "templates" else [()]:
            yield Pipeline(" ".join((f"{family}/{name}", *circumstances)), folder, variables=circumstances)


def config_of(text):
    """What stands below `config:`."""
    lines = text.splitlines(keepends=True)
    first = lines.index("config:\n") + 1
    last = next((i for i in range(first, len(lines)) if lines[i].strip() and not lines[i][0].isspace()), len(lines))
    return textwrap.dedent("".join(lines[first:last]))


def pipelines_of(corpus, work):
    yield from of_behaviour(corpus, work)
    cases = sorted((corpus / "gitlab/processing").glob("*.yml"))
    yield from of_texts(((path.stem, config_of(path.read_text())) for path in cases), work, "processing")
    for family, folder in (("templates", corpus / "gitlab/templates"), ("schema", corpus / "gitlab/schema/positive")):
        files = sorted(folder.rglob("*.yml"))
        yield from of_texts(((str(path.relative_to(folder)), path.read_text()) for path in files), work, family)
    for path in sorted((corpus / "realworld/gitlab").glob("*/.gitlab-ci.yml")):
        copy = work / path.parent.name
        shutil.copytree(path.parent, copy, symlinks=True)
        for circumstances in CIRCUMSTANCES:
            yield Pipeline(" ".join(("realworld/" + path.parent.name, *circumstances)), copy, variables=circumstances)


def ask_peer(modules, pipelines, validate):
    """What the peer makes of each; `validate`: its schema may refuse it too, which knows less than GitLab."""
    asked = [{"cwd": one.folder.name, "file": one.file, "variable": one.variables, "jsonSchemaValidation": validate} for one in pipelines]
    work = pipelines[0].folder.parent
    nowhere = {"GIT_ALLOW_PROTOCOL": "file", "https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    with tempfile.NamedTemporaryFile(dir=work) as told:
        done = subprocess.run(["node", str(HERE / "peer.mjs"), str(modules), told.name], input="\n".join(map(json.dumps, asked)), cwd=work,
                              env=environment_of(work) | nowhere, capture_output=True, text=True, timeout=600, check=False)
        answers = [json.loads(line) for line in Path(told.name).read_text(encoding="utf-8").splitlines()]
    if len(answers) != len(pipelines):
        raise RuntimeError(f"the peer ended after {len(answers)} of {len(pipelines)} pipelines: {done.stderr.strip()[-500:]}")
    return answers


class Report:
    """What came of all pipelines."""

    def __init__(self):
        self.table, self.rules, self.unexplained = {}, Counter(), []

    def count(self, pipeline, column, by=1):
        self.table.setdefault(pipeline.name.split("/")[0], Counter())[column] += by

    def explained(self, name, words):
        if name is None:
            self.unexplained.append(words)
        else:
            self.rules[name] += 1

    def add(self, pipeline, mine, other):
        self.count(pipeline, "pipelines")
        if "error" in mine or "error" in other:
            self.refused(pipeline, mine, other)
            return
        given = {variable.split("=")[0] for variable in pipeline.variables}
        ours, theirs = of_ours(mine, given), of_peer(other, given)
        differences = list(compare(ours, theirs))
        text = (pipeline.folder / pipeline.file).read_text(encoding="utf-8")
        self.count(pipeline, "compared")
        self.count(pipeline, "jobs", len(ours.keys() | theirs.keys()))
        self.count(pipeline, "same", len(ours.keys() | theirs.keys()) - len({one.name for one in differences}))
        for one in differences:
            self.explained(explain(one, mine, text), f"{pipeline.name}: `{one.name}`: {one.field} is {one.ours} here, {one.theirs} there")

    def refused(self, pipeline, mine, other):
        self.count(pipeline, "neither" if "error" in mine and "error" in other else "ours" if "error" not in mine else "theirs")
        if "error" not in mine:
            self.explained(explain_refusal(other["error"], REFUSED_BY_PEER), f"{pipeline.name}: refused there: {other['error']}")
        elif "error" not in other:
            self.explained(explain_refusal(mine["error"], REFUSED_BY_US), f"{pipeline.name}: refused here: {mine['error']}")

    def print(self):
        columns = ("pipelines", "compared", "neither", "ours", "theirs", "jobs", "same")
        print("            pipelines  compared  both refuse  it refuses  we refuse   jobs   same")
        for family, row in [*self.table.items(), ("all", sum(self.table.values(), Counter()))]:
            print(f"{family:12}" + "".join(f"{row[column]:>{width}}" for column, width in zip(columns, (9, 10, 13, 12, 11, 7, 7))))
        print(f"\n{sum(self.rules.values())} explained differences (docs/conformance.md)")
        for name, count in sorted(self.rules.items(), key=lambda item: -item[1]):
            print(f"{count:5}  {name}")
        print(f"\n{len(self.unexplained)} unexplained" + "".join("\n  " + words[:600] for words in self.unexplained))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ci", default=os.environ.get("CI_BIN"), help="the program")
    parser.add_argument("--install", action="store_true", help="install the peer where it is missing")
    arguments = parser.parse_args()
    corpus = corpus_folder().parents[1]
    command, why = machine.gitlab_ci_local() if arguments.install or machine.PEER.exists() else (None, "gitlab-ci-local isn't installed")
    if not command or not corpus.is_dir():
        print(f"skipped: {why if corpus.is_dir() else f'there is no corpus at {corpus}'}")
        return SKIPPED
    report = Report()
    with tempfile.TemporaryDirectory(prefix="differential-", dir="/var/tmp") as work:
        pipelines = list(pipelines_of(corpus, Path(work)))
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
            list(workers.map(adopt, {one.folder for one in pipelines}))
            ours = list(workers.map(lambda one: one.ours(arguments.ci), pipelines))
        modules = Path(command[0]).resolve().parent
        theirs = ask_peer(modules, pipelines, validate=False)
        doubtful = [i for i, mine in enumerate(ours) if "error" in mine and "error" not in theirs[i]]
        for i, answer in zip(doubtful, ask_peer(modules, [pipelines[i] for i in doubtful], validate=True) if doubtful else []):
            theirs[i] = answer
        for each in zip(pipelines, ours, theirs):
            report.add(*each)
    report.print()
    return 1 if report.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
