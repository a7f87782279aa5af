"""The rows about rollouts. Each has its own environment and load, and gives back one or more Rows."""
import statistics
import time

from .example import Example
from .rig import Load, Rig
from .rows import Row, seconds

LEAST = 1000  # requests a second that must have been held
QUIET = 2  # seconds of load before the first rollout, and after the last

# Weights and looks as in earnest, in seconds instead of minutes.
GOOD_CANARY = "{canary: {steps: [{weight: 10, analysis: 2s}, {weight: 50, analysis: 1s}]}}"
# A header's route isn't for HAProxy's runtime API to set: it is reloaded twice.
HEADER_CANARY = "{canary: {steps: [{header: {X-Beta: '1'}, pause: 500ms}, {weight: 50, pause: 500ms}]}}"
JUDGED = "analysis: {every: 1s, metrics: [errors]}"


def under_load(work, count, load, times):
    """The row of rollouts of which no request may fail."""
    sums, held = load.sums, load.rate >= LEAST
    note = (f"{load.rate:.0f} requests/s{'' if held else ' (TOO FEW)'}, p50 {seconds(sums['p50'] / 1e6)}, p99 {seconds(sums['p99'] / 1e6)}, "
            f"longest {seconds(sums['longest'] / 1e6)}, sent again {sums['retried']}")
    figure = load.failed if held else float("inf")
    return Row(f"{count} × {work}", seconds(statistics.median(times)), f"{sums['requests']} requests", figure, 0,
               f"{load.failed} failed or reset (0)", note)


def deployments(work, strategy, count, more="", instances=4):
    times = []
    with Rig(strategy, instances, more) as rig:
        with Load(rig) as load:
            time.sleep(QUIET)
            for _ in range(count):
                version = rig.build()
                times.append(rig.ci("deploy", "production")[0])
                rig.must_be_live(version)
            time.sleep(QUIET)
    return under_load(work, count, load, times)


def rolling(count):
    yield deployments("rolling, 4 instances", "rolling", count)


def blue_green(count):
    yield deployments("blue-green, 4 + 4 instances", "blue-green", count)


def canary(count):
    yield deployments("canary of a good version", GOOD_CANARY, count, JUDGED)


def header_canary(count):
    yield deployments("canary by header, with reloads", HEADER_CANARY, max(1, count // 5))


def rollback(count):
    """Back and forth: a release goes live, and is taken away again while its predecessor still stands."""
    times = []
    with Rig("blue-green") as rig:
        before = rig.build()
        rig.ci("deploy", "production")
        with Load(rig) as load:
            time.sleep(QUIET)
            for _ in range(count):
                rig.build()
                rig.ci("deploy", "production")
                times.append(rig.ci("rollback", "production")[0])
                rig.must_be_live(before)
                rig.ci("unpin", "production")
            time.sleep(QUIET)
    yield under_load("rollback, the old colour stands", count, load, times)
    slowest = max(times)
    yield Row("rollback while the old instances stand", seconds(slowest), "the slowest of them", slowest, 1, f"{slowest:.2f} s (≤ 1 s)")


def recreate(count):
    """Has a gap by its nature: how long it is, beside the start of the service."""
    gaps = []
    with Rig("recreate") as rig:
        start = rig.bare_start()
        with Load(rig) as load:
            time.sleep(QUIET)
            for _ in range(count):
                rig.build()
                first = len(load.lines)
                rig.ci("deploy", "production")
                time.sleep(0.3)
                gaps.append(sum(0.1 for line in load.lines[first:] if line[2] + line[3]))
            time.sleep(QUIET)
    gap = statistics.median(gaps)
    yield Row(f"{count} × recreate, its gap", seconds(gap), f"{seconds(start)} bare start", gap, start + 1, f"{gap:.1f} s (≤ start + 1 s)",
              f"{load.failed} of {load.sums['requests']} requests met it")


def failing_canary(count):
    """All requests of the canary fail, its health check doesn't."""
    every, count = 2, max(1, count // 10)
    more = f"analysis: {{every: {every}s, metrics: [errors]}}"
    shares, lasted, seen = [], [], 0
    with Rig("{canary: {steps: [{weight: 5, analysis: 20s}, {weight: 50, analysis: 20s}]}}", 4, more) as rig:
        good = rig.says()
        for _ in range(count):
            with Load(rig) as load:
                time.sleep(1)
                rig.build(status="500 Internal Server Error")
                rig.ci("deploy", "production", "--force", status=1)
                time.sleep(1)
            if rig.says() != good or rig.says("/page") != good:
                raise RuntimeError(f"production says {rig.says()}, not {good}")
            bad = [at for at, _, failed, lost in load.lines if failed or lost]
            shares.append(load.worst_share())
            lasted.append(bad[-1] - bad[0] + 0.1)
            seen += load.failed
    worst, longest = max(shares) * 100, max(lasted)
    yield Row(f"{count} × canary at 5 % that fails all", f"{worst:.2f} %", "worst second", worst, 6, f"{worst:.2f} % (≤ 5 % + 1)", f"{seen} failed")
    yield Row("traffic is off that canary", seconds(longest), f"{every} s between looks", longest, every + 1, f"{longest:.1f} s (≤ {every} s + 1 s)")



def abort(count):
    """A canary that a person takes back before its promotion, under load: until nobody gets it any more, and until it is gone."""
    off, ended = [], []
    with Rig("{canary: {steps: [{weight: 25, pause: person}]}}") as rig:
        good = rig.says()
        with Load(rig) as load:
            time.sleep(QUIET)
            for _ in range(count):
                rig.build()
                deploying = rig.start("deploy", "production")
                while all(rig.says() == good for _ in range(8)):
                    time.sleep(0.05)
                begin = time.monotonic()
                rig.ci("rollout", "abort", "production")
                while not all(rig.says() == good for _ in range(8)):
                    pass
                off.append(time.monotonic() - begin)
                deploying.communicate(timeout=60)
                ended.append(time.monotonic() - begin)
            time.sleep(QUIET)
    yield under_load("abort of a canary", count, load, ended)
    slowest = max(ended)
    yield Row("rollback of a canary, all of it", seconds(slowest), f"{seconds(max(off))} to traffic off", slowest, 1, f"{slowest:.2f} s (≤ 1 s)",
              "the slowest of them")


def commit_to_live(count):
    """The example's `.ci/deploy.yml`, caches warm, beside the same commands by hand; then rollbacks for which instances start."""
    rounds = max(3, count // 10)  # the first one often meets cold files
    with Example() as example:
        example.to_live("run", "-p", "deploy")
        example.by_hand()
        ours, bare, installs, starts, back = [], [], [], [], []
        for _ in range(rounds):
            example.change()
            ours.append(example.to_live("run", "-p", "deploy"))
            built, started, installed = example.by_hand()
            bare.append(built + started)
            installs.append(installed)
        for _ in range(rounds):
            back.append(example.to_live("rollback", "production"))
            starts.append(example.bare_start())
    mine, peer, install = (statistics.median(each) for each in (ours, bare, installs))
    rounds_said = ", ".join(f"{one:.1f}/{other:.1f}" for one, other in zip(ours, bare))
    for what, own in (("build, test, start", peer), ("and installing twice", peer + 2 * install)):
        yield Row("commit to live by .ci/deploy.yml", seconds(mine), f"{seconds(own)} {what}", mine - own, 1.5,
                  f"{mine - own:+.2f} s (≤ + 1.5 s)", rounds_said)
    mine, peer = statistics.median(back), statistics.median(starts)
    yield Row("rollback where instances start", seconds(mine), f"{seconds(peer)} bare start", mine - peer, 1, f"{mine - peer:+.2f} s (≤ + 1 s)",
              f"the slowest {max(back):.2f} s")


ROWS = (rolling, blue_green, canary, header_canary, rollback, recreate, failing_canary, abort, commit_to_live)
