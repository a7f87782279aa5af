"""What each scenario stands on: a folder of its own with a home and a repository, and the real `ci`."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import textwrap
import time
import unittest
from dataclasses import dataclass
from pathlib import Path

CI = os.environ.get("CI_BIN", "")


@dataclass
class Ran:
    status: int
    out: str
    err: str

    def __str__(self):
        return f"exit status {self.status}\n--- standard output\n{self.out}--- standard error\n{self.err}"


class Scenario(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.assertTrue(CI, "CI_BIN names the program")
        # On a disk: layers of an overlay can't always lie in memory.
        self.folder = Path(tempfile.mkdtemp(prefix="e2e-", dir="/var/tmp"))
        self.addCleanup(self.leave)
        self.home = self.folder / "home"
        self.home.mkdir()
        self.repo = self.folder / "project"
        self.repo.mkdir()
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.environment = {
            "TMPDIR": str(self.temporary),
            "HOME": str(self.home), "USER": "tester", "SHELL": "/bin/bash", "LANG": "C.UTF-8", "TZ": "UTC",
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "GIT_CONFIG_NOSYSTEM": "1",
            "DOCKER_HOST": f"unix://{self.folder}/nobody",
        }
        # Who commits is in the home, where jobs find it too: variables of git's don't reach them.
        (self.home / ".gitconfig").write_text("[user]\n\tname = Ana\n\temail = ana@example.com\n")
        self.git("init", "--quiet", "--initial-branch=main")

    def leave(self):
        if os.environ.get("KEEP"):
            print(f"kept: {self.folder}")
            return
        subprocess.run(["chmod", "-R", "u+rwX", self.folder], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- the repository

    def git(self, *arguments):
        return self.run_checked("git", *arguments)

    def write(self, files):
        """Writes {path: text}; a text may be indented, a path that ends in .sh becomes executable."""
        for path, text in files.items():
            file = self.repo / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text).lstrip("\n"))
            if path.endswith(".sh"):
                file.chmod(0o755)

    def commit(self, files, message="Change"):
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def assert_work_tree_is_as_committed(self):
        self.assertEqual(self.git("status", "--porcelain", "--ignored"), "")

    # --- what a run may not leave behind

    def processes(self):
        """Those that have this scenario's home in their environment: `ci`, its jobs, and what they started."""
        mine = f"HOME={self.home}\0".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mine in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                pass  # it has ended, or is somebody else's
        return found

    def assert_nothing_is_left(self):
        """No process, mount or folder of a run."""
        self.wait_for(lambda: not self.processes())
        with open("/proc/self/mounts", encoding="utf-8") as mounts:
            self.assertEqual([line for line in mounts if f" {self.folder}" in line], [])
        self.assertEqual([str(path) for path in self.temporary.iterdir()], [])
        self.assertEqual(sorted(path.name for path in (self.repo / ".git/penstock/layers/rooms").glob("*")
                                if path.name != "kept"), [])  # that is for `ci shell`

    # --- programs

    def run_checked(self, *command, **options):
        """Its standard output; the test fails with all that it printed unless it ends with 0."""
        done = subprocess.run(command, cwd=self.repo, env=self.environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False, **options)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, *arguments, **options):
        """`ci` with these arguments, under way."""
        options = {"cwd": self.repo, "env": self.environment, "text": True, "stdin": subprocess.DEVNULL,
                   "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.Popen([CI, *arguments], **options)

    @contextlib.contextmanager
    def under_way(self, *arguments, **options):
        """The same, killed with the block at the latest: what fails in there must not wait for it."""
        with self.start(*arguments, **options) as process:
            try:
                yield process
            finally:
                process.kill()

    def ci(self, *arguments, status=0, timeout=120, given=None, **options):
        """Runs it to its end; `given` is its standard input."""
        if given is not None:
            options["stdin"] = subprocess.PIPE
        with self.start(*arguments, **options) as process:
            try:
                out, err = process.communicate(given, timeout=timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                out, err = process.communicate()
                self.fail(f"ci {' '.join(arguments)}: not done after {timeout} s\n{Ran(-1, out, err)}")
        ran = Ran(process.returncode, out, err)
        self.assertEqual(ran.status, status, f"ci {' '.join(arguments)}: {ran}")
        return ran

    def interrupt(self, process, number=signal.SIGINT):
        """Ctrl-C: ends it; its output and messages."""
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 128 + number, out + err)
        return out, err

    def interrupt_twice(self, process, heard):
        """Ctrl-C, and again once `heard` is told of the first: ends it at once; its messages after that."""
        process.send_signal(signal.SIGINT)
        said = ""
        while heard not in said:
            line = process.stderr.readline()
            self.assertTrue(line, f"ended as {process.poll()}: {said}")
            said += line
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()
        self.assertEqual(process.wait(timeout=60), 130, err)
        return err

    def wait_for(self, happened, timeout=60):
        """Until `happened()` is true; returns what it returned."""
        deadline = time.monotonic() + timeout
        while not (result := happened()):
            self.assertLess(time.monotonic(), deadline, "waited in vain")
            time.sleep(0.02)
        return result
