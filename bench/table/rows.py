"""The rows of the table: each measures us and a peer in the same run, in turn, and gives back a Row."""
import shutil
from dataclasses import dataclass

from . import machine, repositories
from .machine import CI, BUILD, alternate, median, take

MIB = 1 << 20


@dataclass
class Row:
    work: str
    ours: str
    peer: str
    figure: float
    limit: float
    shown: str  # how figure and limit are written
    note: str = ""

    @property
    def met(self):
        return self.figure <= self.limit


def seconds(value):
    return f"{value * 1000:.2f} ms" if value < 1 else f"{value:.2f} s"


def ratio(work, ours, peer, name, limit, note=""):
    part = f"1/{1 / limit:.0f}" if limit < 1 else f"{limit:g}"
    figure = ours / peer
    said = f"1/{1 / figure:.0f}" if limit < 1 and figure < 1 else f"{figure:.2f}"
    return Row(work, seconds(ours), f"{seconds(peer)} {name}", figure, limit, f"{said} × (≤ {part} ×)", note)


class Table:
    """What rows share: the folder, the peer, the memory that runs of up to 100 jobs took."""

    def __init__(self, folder, peer, rounds):
        self.folder = folder
        self.peer = peer
        self.rounds = rounds
        self.memory = []
        self.peer_memory = []

    def repository(self, name, pipeline, files=0):
        path = self.folder / name
        return path if path.exists() else repositories.repository(path, pipeline, files)

    def run(self, folder, *words, remember=False):
        taken = take([CI, "run", *words], folder)
        if remember:
            self.memory.append(taken.mebibytes)
        return taken

    def run_peer(self, folder, *words):
        taken = take([*self.peer, *words], folder)
        self.peer_memory.append(taken.mebibytes)
        return taken

    def syncs(self, command, folder):
        """The syncs of `command`, beside the time of as many bare ones."""
        count = machine.count_syncs(command, folder)
        if count is None:
            return "syncs not counted: no strace"
        return f"{count} syncs, bare {seconds(machine.bare_syncs(count, self.folder))}"

    def three_stages_beside_gitlab_ci_local(self):
        pipeline = repositories.three_stages()
        ours, theirs = self.repository("three", pipeline), self.repository("three-peer", pipeline)
        mine, peer = alternate(min(self.rounds, 5), lambda: self.run(ours, remember=True),
                               lambda: self.run_peer(theirs, "--force-shell-executor"))
        return ratio("3 stages, an echo each", median(mine), median(peer), "gitlab-ci-local", 1 / 35)

    def three_stages_beside_bash(self):
        folder = self.repository("three", repositories.three_stages())
        mine, peer = alternate(self.rounds, lambda: self.run(folder, remember=True), lambda: take(["bash", "-c", "echo"], folder, 3))
        return ratio("3 stages, an echo each", median(mine), median(peer), "3 bash -c", 5, self.syncs([CI, "run"], folder))

    def independent_jobs(self):
        folder = self.repository("independent", repositories.independent(100))
        mine, peer = alternate(self.rounds, lambda: self.run(folder, "-j", "2", remember=True),
                               lambda: take(["sh", "-c", "seq 100 | xargs -P2 -I{} bash -c 'echo {}'"], folder))
        return ratio("100 independent jobs, 2 at a time", median(mine), median(peer), "xargs -P2 bash -c", 2.5,
                     self.syncs([CI, "run", "-j", "2"], folder))

    def chain_of_jobs(self):
        folder = self.repository("chain", repositories.chain(1000))
        mine, peer = alternate(min(self.rounds, 5), lambda: self.run(folder), lambda: take(["bash", "-c", "echo"], folder, 1000))
        return ratio("1,000 jobs in a chain of needs", median(mine), median(peer), "1,000 bash -c", 2.5, self.syncs([CI, "run"], folder))

    def plan_of_many_jobs(self):
        ours = self.repository("ruled", repositories.ruled(10000))
        theirs = self.repository("ruled-peer", repositories.ruled(2000))
        mine, peer = alternate(min(self.rounds, 2), lambda: take([CI, "plan", "--json"], ours), lambda: self.run_peer(theirs, "--list-json"))
        self.peer_memory = self.peer_memory[:-3]
        return ratio("plan --json of 10,000 jobs", median(mine), median(peer), "gitlab-ci-local, 2,000", 1 / 50)

    def compile_of_woven_jobs(self):
        ours = self.repository("woven", repositories.woven(10000))
        theirs = self.repository("woven-peer", repositories.woven(2000))
        mine, peer = alternate(min(self.rounds, 2), lambda: take([CI, "plan", "--json"], ours), lambda: self.run_peer(theirs, "--list-json"))
        self.peer_memory = self.peer_memory[:-3]
        largest = max(taken.mebibytes for taken in mine)
        row = ratio("10,000 jobs of extends and matrices", median(mine), median(peer), "gitlab-ci-local, 2,000", 1 / 100,
                    f"{largest:.0f} MiB (< 200)")
        if largest >= 200:
            row.figure = float("inf")
        return row

    def lint_of_real_files(self):
        """The project of the public cases with the most text to read."""
        def size(project):
            return sum(file.stat().st_size for file in project.rglob("*.y*ml"))

        project = max((machine.corpus() / "realworld" / "gitlab").iterdir(), key=size)
        folder = self.folder / "real"
        if not folder.exists():
            shutil.copytree(project, folder)
            repositories.adopt(folder)
        mine = [take(["sh", "-c", f"{CI} lint >lint.out 2>&1; test $? != 1"], folder) for _ in range(self.rounds)]
        figure = median(mine) * 1000
        return Row(f"lint of {project.name}, {size(project) / 1024:.0f} KiB", seconds(median(mine)), "no peer", figure, 20, f"{figure:.1f} ms (≤ 20 ms)")

    def much_output(self):
        text = self.folder / "text"
        if not text.exists():
            repositories.text_file(text, 1000 * MIB)
        folder = self.repository("output", repositories.one_job(f"cat {text}"))
        copy = self.folder / "copy"

        def mine():
            taken = self.run(folder)
            shutil.rmtree(folder / ".git" / "penstock", ignore_errors=True)
            return taken

        def peer():
            taken = take(["sh", "-c", f"cat {text} > {copy}"], folder)
            copy.unlink()
            return taken

        ours, theirs = alternate(min(self.rounds, 3), mine, peer)
        largest = max(taken.mebibytes for taken in ours)
        row = ratio("one job printing 1 GB", median(ours), median(theirs), "cat to a file", 3, f"largest process {largest:.0f} MiB (< 64)")
        if largest >= 64:
            row.figure = float("inf")
        return row

    def many_files(self):
        """Per job after the first: what 40 more jobs take, by 40."""
        more = 40
        one, many = repositories.independent(1), repositories.independent(1 + more)
        folders = [self.repository(f"{name}-{files}", pipeline, files) for files in (50000, 10) for name, pipeline in (("one", one), ("many", many))]
        columns = alternate(max(5, self.rounds // 2), *[lambda folder=folder: self.run(folder, "-j", "1") for folder in folders])
        big_one, big_many, small_one, small_many = map(median, columns)
        return ratio("50,000 files, per job after the first", (big_many - big_one) / more, (small_many - small_one) / more, "10 files", 1.2)

    def small_commit(self):
        stamp = self.folder / "stamp"
        folder = self.repository("commits", repositories.one_job(f'echo "$EPOCHREALTIME" > {stamp}'), 50000)
        rounds = iter(range(1000))

        def mine():
            repositories.change_files(folder, 10, next(rounds))
            taken = self.run(folder)
            return float(stamp.read_text()) - taken.started

        def peer():
            shutil.rmtree(self.folder / "clone", ignore_errors=True)
            return take(["git", "clone", "--quiet", folder, self.folder / "clone"], self.folder)

        ours, theirs = alternate(min(self.rounds, 4), mine, peer)
        return ratio("10 of 50,000 files change, to the first job", median(ours), median(theirs), "git clone", 1 / 40)

    def version(self):
        mine, peer = alternate(self.rounds * 5, lambda: take([CI, "--version"], self.folder), lambda: take([BUILD / "empty"], self.folder))
        ours, theirs = median(mine), median(peer)
        more = (ours - theirs) * 1000
        return Row("ci --version", seconds(ours), f"{seconds(theirs)} empty C program", more, 2, f"+ {more:.2f} ms (≤ + 2 ms)")

    def resident_memory(self):
        if not self.memory:
            self.run(self.repository("independent", repositories.independent(100)), "-j", "2", remember=True)
        largest = max(self.memory)
        peer = f"{max(self.peer_memory):.0f} MiB gitlab-ci-local" if self.peer_memory else "not measured"
        return Row("resident memory, runs of up to 100 jobs", f"{largest:.1f} MiB", peer, largest, 25, f"{largest:.1f} MiB (≤ 25 MiB)")


ROWS = (
    (Table.three_stages_beside_gitlab_ci_local, True),
    (Table.three_stages_beside_bash, False),
    (Table.independent_jobs, False),
    (Table.chain_of_jobs, False),
    (Table.plan_of_many_jobs, True),
    (Table.much_output, False),
    (Table.many_files, False),
    (Table.small_commit, False),
    (Table.version, False),
    (Table.resident_memory, False),
    (Table.compile_of_woven_jobs, True),
) + (((Table.lint_of_real_files, False),) if machine.corpus().exists() else ())
