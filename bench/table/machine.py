"""The stopwatch, the peers, and what is said about the machine."""
import os
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "bench"
CI = ROOT / "build" / "release" / "ci"
SYNCS = ("fsync", "fdatasync", "syncfs", "sync_file_range", "sync")


@dataclass
class Taken:
    """What one measured command took."""
    started: float  # seconds since 1970
    seconds: float
    mebibytes: float  # resident memory of the largest process


def build_tools():
    """The stopwatch and the empty C program."""
    BUILD.mkdir(parents=True, exist_ok=True)
    source = Path(__file__).with_name("stopwatch.c")
    subprocess.run(["cc", "-O2", "-o", BUILD / "stopwatch", source], check=True)
    subprocess.run(["cc", "-O2", "-xc", "-o", BUILD / "empty", "-"], input=b"int main(void) { return 0; }", check=True)


def corpus():
    """The public cases, which lie beside the project."""
    return Path(os.environ.get("PENSTOCK_CORPUS", ROOT.parent / "shared" / "corpus"))


def take(command, folder, times=1):
    """Runs `command` in `folder`, `times` in sequence. It has to succeed."""
    words = [str(BUILD / "stopwatch"), str(times), *map(str, command)]
    said = subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout.split()
    if said[3] != "0":
        raise RuntimeError(f"{' '.join(words[2:])} in {folder} failed (wait status {said[3]})")
    return Taken(int(said[0]) / 1e9, int(said[1]) / 1e9, int(said[2]) / 1024)


def alternate(rounds, *things):
    """Calls `things` in turn, A B A B, and gives back what each returned. The first round warms the caches."""
    results = [[thing() for thing in things] for _ in range(rounds + 1)][1:]
    return [list(column) for column in zip(*results)]


def median(values):
    return statistics.median(value.seconds if isinstance(value, Taken) else value for value in values)


PEER = BUILD / "peers" / "node_modules" / ".bin" / "gitlab-ci-local"


def gitlab_ci_local():
    """The peer's command, installed on demand. None, and why, where that isn't possible."""
    command = PEER
    for tool in ("node", "rsync") + (() if command.exists() else ("npm",)):
        if not shutil.which(tool):
            return None, f"gitlab-ci-local 4.62.0: needs {tool}"
    if not command.exists():
        words = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(BUILD / "peers"), "gitlab-ci-local@4.62.0"]
        (BUILD / "peers").mkdir(exist_ok=True)
        if subprocess.run(words, stdout=subprocess.DEVNULL, check=False).returncode != 0:
            return None, "gitlab-ci-local 4.62.0: npm could not install it"
    return [str(command)], ""


def file_system(folder):
    said = subprocess.run(["df", "--output=fstype,source", folder], check=True, capture_output=True, text=True)
    return " on ".join(said.stdout.splitlines()[1].split())


def count_syncs(command, folder):
    """How many syncs `command` makes in all its processes. None without strace."""
    if not shutil.which("strace"):
        return None
    report = folder / ".git" / "syncs"
    words = ["strace", "-f", "-o", report, "-e", "trace=" + ",".join(SYNCS), *command]
    subprocess.run(list(map(str, words)), cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lines = report.read_text().splitlines()
    report.unlink()
    return sum("sync" in line and "resumed>" not in line and "(" in line for line in lines)


def bare_syncs(count, folder):
    """Seconds that `count` writes of a page take, each with an fdatasync."""
    path = folder / "bare"
    with open(path, "wb", buffering=0) as file:
        begin = time.monotonic()
        for _ in range(count):
            file.write(os.urandom(4096))
            os.fdatasync(file.fileno())
        taken = time.monotonic() - begin
    path.unlink()
    return taken
