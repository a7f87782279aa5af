"""One test of a case: a repository with its files, the commands that it names, and what came of them."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from skips import VARIABLES

sys.path.append(str(Path(__file__).resolve().parents[1] / "e2e"))
from outside import FileServer, authority  # noqa: E402 (of the scenarios next door)

GIT = ["git", "-c", "init.defaultBranch=master", "-c", "core.hooksPath=/dev/null", "-c", "commit.gpgsign=false"]
TIMEOUT = 120


@dataclass
class Result:
    """What an invocation came to. Jobs go by GitLab's names."""
    status: int
    out: str
    err: str
    mistakes: list = field(default_factory=list)   # of `ci lint --json`
    jobs: dict = field(default_factory=dict)       # of `ci show --json`, by name
    logs: dict = field(default_factory=dict)
    plan: dict = field(default_factory=dict)       # of `ci plan --json`


def gitlab_name(name):
    """The corpus writes `job: [a,b]`, `job: [1/2]`; GitLab writes `job: [a, b]`, `job 1/2`."""
    numbered = re.fullmatch(r"(.*): \[(\d+/\d+)\]", name)
    if numbered:
        return f"{numbered[1]} {numbered[2]}"
    return re.sub(r",(?! )", ", ", name) if re.search(r": \[.*\]$", name) else name


class Project:
    """A clone as the cases assume one: branch master of gcl/test-project, whose default branch is main."""

    def __init__(self, ci, corpus, case, test):
        self.ci = ci
        self.case = case
        self.folder = Path(tempfile.mkdtemp(prefix="conformance-", dir="/var/tmp")).resolve()
        self.repo = self.folder / "project"
        home = self.folder / "home"
        home.mkdir()
        self.environment = {"HOME": str(home), "PATH": os.environ["PATH"], "USER": "test", "LANG": "C.UTF-8",
                            "GIT_CONFIG_NOSYSTEM": "1"}
        self.copy(corpus / self.source(case, test), corpus)
        self.server = self.serve(test.get("setup", {}).get("http", {}))
        for path, text in test.get("setup", {}).get("write_files", {}).items():
            if not path.startswith(".gitlab-ci-local"):
                (self.repo / path).parent.mkdir(parents=True, exist_ok=True)
                (self.repo / path).write_text(text)
        self.commit(test.get("setup", {}).get("git", {}).get("remote", "git@gitlab.com:gcl/test-project.git"))

    @staticmethod
    def source(case, test):
        folders = {i.get("args", {}).get("cwd") for i in test["invocations"]} - {None, ""}
        return (folders.pop() if folders else case).rstrip("/")

    def copy(self, source, corpus):
        shutil.copytree(source, self.repo, symlinks=True, ignore=shutil.ignore_patterns("expected.json"))
        for path in [self.repo, *self.repo.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o700)

    def serve(self, answers):
        """A server that answers as the case says to the addresses that its files name, which become addresses of it."""
        if not answers:
            return None
        server = FileServer(authority(self.folder))
        (self.folder / "home/.gitconfig").write_text(
            f"[penstock]\n\tallowHost = 127.0.0.1\n[http]\n\tsslCAInfo = {self.folder}/ca.pem\n")
        for url, answer in answers.items():
            path = "/" + url.split("/", 3)[3]
            if answer.get("status", 200) == 200:
                server.files[path] = answer["body"]
            for file in self.repo.rglob("*.yml"):
                file.write_text(file.read_text().replace(url, f"https://127.0.0.1:{server.port}{path}"))
        return server

    def git(self, *arguments):
        subprocess.run([*GIT, *arguments], cwd=self.repo, env=self.environment, check=True, capture_output=True)

    def commit(self, remote):
        self.git("init", "--quiet")
        self.git("config", "user.name", "Testersen")
        self.git("config", "user.email", "test@test.com")
        self.git("remote", "add", "origin", remote)
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", "Commit Title\n\nMore commit text")
        self.git("update-ref", "refs/remotes/origin/main", "HEAD")
        self.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")

    def run(self, *arguments):
        done = subprocess.run([self.ci, *arguments], cwd=self.repo, env=self.environment, capture_output=True, text=True,
                              errors="replace", stdin=subprocess.DEVNULL, timeout=TIMEOUT, check=False)
        return done.returncode, done.stdout, done.stderr

    def remove(self):
        if self.server:
            self.server.close()
        if os.environ.get("KEEP"):
            print(f"kept: {self.folder}")
            return
        subprocess.run(["chmod", "-R", "u+rwX", self.folder], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def choice(self, invocation):
        words = ["--pipeline", invocation.get("file", ".gitlab-ci.yml")]
        for variable in VARIABLES.get(self.case, []) + invocation.get("args", {}).get("variable", []):
            words += ["-e", variable]
        return words

    def plan(self, words):
        status, out, err = self.run("plan", "--json", *words)
        return status, json.loads(out) if status == 0 and out.startswith("{") else {}, err

    def invoke(self, invocation):
        """As the case says, in our words."""
        arguments = invocation.get("args", {})
        words = self.choice(invocation)
        _, lint, _ = self.run("lint", "--json", *words)
        mistakes = json.loads(lint) if lint.startswith("[") else []
        if any(arguments.get(only) for only in ("preview", "list", "listAll", "listCsv", "listJson")):
            status, plan, err = self.plan(words)
            return Result(status, "", err, mistakes, plan=plan)
        jobs = [gitlab_name(job) for job in dict.fromkeys(invocation.get("jobs") or [])]
        if jobs and not arguments.get("needs") and not arguments.get("onlyNeeds"):
            words.append("--only")
        if "concurrency" in arguments:
            words += ["-j", str(arguments["concurrency"])]
        status, out, err = self.run("run", *words, *jobs)
        for job in arguments.get("manual", []):
            status, out, err = self.run("play", gitlab_name(job))
        result = Result(status, out, err, mistakes)
        self.collect(result)
        return result

    def collect(self, result):
        status, out, _ = self.run("show", "--json")
        if status != 0 or not out.startswith("{"):
            return
        for job in json.loads(out)["jobs"]:
            result.jobs[job["name"]] = job
            if job["status"] in ("success", "failed"):
                _, result.logs[job["name"]], _ = self.run("log", job["name"])
