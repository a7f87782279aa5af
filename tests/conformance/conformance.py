"""Runs GitLab behaviour cases against the real `ci` and prints what passed, what failed and what was skipped, and why."""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from case import Project
from checks import differences
from skips import reason

SKIPPED = 77
LEAST_PASSED = 70


def corpus_folder():
    named = os.environ.get("PENSTOCK_CORPUS")
    root = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "corpus"
    return root / "gitlab" / "gcl"


def run_test(ci, corpus, case, test):
    """(verdict, details) of one test."""
    why = reason(case, test)
    if why:
        return "skip", [why]
    project = Project(ci, corpus, case, test)
    try:
        results = [project.invoke(invocation) for invocation in test["invocations"]]
        found = differences(project, test, results)
        unbuilt = [m["message"] for m in results[-1].mistakes if m["name"] == "not-built-yet"]
        if unbuilt and test["outcome"] == "ok":
            return "skip", [unbuilt[0]]
        if found and results[-1].err:
            found += ["stderr: " + line for line in results[-1].err.strip().split("\n")[:12]]
        return ("fail", found) if found else ("pass", [])
    except subprocess.TimeoutExpired as late:
        return "fail", [f"not done after {late.timeout} s: {late.cmd}"]
    finally:
        project.remove()


def run_case(ci, corpus, case):
    tests = json.loads((corpus / case / "expected.json").read_text())["tests"]
    return case, [(test, *run_test(ci, corpus, case, test)) for test in tests]


def case_verdict(tests):
    verdicts = [verdict for _, verdict, _ in tests]
    return "fail" if "fail" in verdicts else "pass" if "pass" in verdicts else "skip"


def print_table(outcomes):
    width = max(len(case) for case, _ in outcomes)
    for case, tests in outcomes:
        verdicts = [verdict for _, verdict, _ in tests]
        passed, run = verdicts.count("pass"), len(verdicts) - verdicts.count("skip")
        why = sorted({details[0] for _, verdict, details in tests if verdict == "skip"})
        note = ("skipped: " + "; ".join(why)) if why else ""
        print(f"{case_verdict(tests):4}  {case:{width}}  {f'{passed} of {run}' if run else '':8}  {note}".rstrip())
    for case, tests in outcomes:
        for test, verdict, details in tests:
            if verdict == "fail":
                print(f"\n{case}: {test['name']}")
                print("\n".join("    " + detail for detail in details))


def print_skipped(outcomes):
    reasons = Counter(details[0] or "tests nothing" for _, tests in outcomes for _, verdict, details in tests if verdict == "skip")
    print(f"\n{sum(reasons.values())} tests skipped" + "".join(f"\n{count:5}  {why}" for why, count in reasons.most_common()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ci", default=os.environ.get("CI_BIN"), help="the program")
    parser.add_argument("cases", nargs="*", help="only these cases")
    arguments = parser.parse_args()
    corpus = corpus_folder()
    if not corpus.is_dir():
        print(f"skipped: there is no corpus at {corpus} (PENSTOCK_CORPUS names another place)")
        return SKIPPED
    cases = arguments.cases or sorted(path.parent.name for path in corpus.glob("*/expected.json"))
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        outcomes = list(workers.map(lambda case: run_case(arguments.ci, corpus, case), cases))
    print_table(outcomes)
    print_skipped(outcomes)
    verdicts = [case_verdict(tests) for _, tests in outcomes]
    passed, failed, skipped = (verdicts.count(verdict) for verdict in ("pass", "fail", "skip"))
    print(f"\n{sum(len(tests) for _, tests in outcomes)} tests; {passed} cases passed, {failed} failed, {skipped} skipped")
    if not arguments.cases and passed < LEAST_PASSED:
        print(f"at least {LEAST_PASSED} must pass")
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
