"""What came of a test against what its case expects. Each check yields the differences as sentences."""

import re
import tempfile
from pathlib import Path

from case import gitlab_name
from skips import TOOL_WORDS

# The names that our diagnostics have for the corpus's kinds of mistake. A kind that isn't here only wants exit status 2.
KINDS = {
    "needs_unknown_job": {"unknown-job"},
    "needs_future_stage": {"need-in-later-stage"},
    "needs_never_job": {"need-left-out"},
    "needs_empty_entry": {"wrong-type", "missing-value"},
    "needs_cycle": {"needs-cycle"},
    "dependencies_unknown_job": {"unknown-job"},
    "dependencies_not_in_needs": {"dependency-not-needed"},
    "stage_unknown": {"unknown-stage"},
    "script_missing": {"script-missing"},
    "script_blank": {"script-blank"},
    "rules_blank": {"rules-blank"},
    "rules_if_syntax": {"invalid-condition"},
    "wrong_type": {"wrong-type"},
    "nesting_too_deep": {"nesting-too-deep"},
    "reference_cycle": {"reference-cycle", "nesting-too-deep"},
    "when_never_outside_rules": {"when-never"},
    "include_local_not_found": {"unknown-file"},
    "include_local_traversal": {"path-outside"},
    "include_depth_exceeded": {"too-many"},
    "include_remote_not_found": {"unreachable-include"},
}
STATUSES = {"success": ("success", False), "failed": ("failed", False), "failed_allowed": ("failed", True)}
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def plain_lines(text):
    return [ANSI.sub("", line).rstrip() for line in text.replace("\r\n", "\n").split("\n")]


def all_logs(result):
    return "\n".join(result.logs.values())


def of_tool(text):
    return any(words in text for words in TOOL_WORDS)


def check_outcome(test, result, expect):
    wanted = test["outcome"]
    if wanted == "error":
        if result.status != 2:
            yield f"ended with {result.status}, not as a mistake (2)"
        kind = expect.get("error", {}).get("kind")
        names = {m["name"] for m in result.mistakes if m["severity"] == "error"}
        if kind in KINDS and not names & KINDS[kind]:
            yield f"{kind} was told as {sorted(names)}"
    elif result.status not in (0, 1):
        yield f"ended with {result.status}"


def check_lines(result, expect):
    for stream in ("stdout", "stderr"):
        for line in expect.get(stream, []):
            if "parent" in line:
                continue
            job, text = gitlab_name(line["job"]), line["text"]
            if text.rstrip() not in plain_lines(result.logs.get(job, "")):
                yield f"`{job}` didn't print {text!r}"
        absent = expect.get("absent_" + stream, [])
        if absent and all(a["text"].rstrip() in plain_lines(result.logs.get(gitlab_name(a["job"]), "")) for a in absent):
            yield f"printed {absent[0]['text']!r}"


def check_output(result, expect):
    log = all_logs(result)
    for text in expect.get("output_contains", []):
        if text not in log and text not in result.err and not of_tool(text):
            yield f"no job printed {text!r}"
    for text in expect.get("output_not_contains", []):
        if text in log:
            yield f"a job printed {text!r}"
    for pattern in expect.get("output_matches", []):
        if not re.search(pattern, log) and not of_tool(pattern):
            yield f"no job printed something like {pattern!r}"
    for count in expect.get("line_count", []):
        lines = [line for line in plain_lines(log) if count["matching"] in line]
        if (count["count"] == 0) != (not lines) and not of_tool(count["matching"]):
            yield f"{len(lines)} lines hold {count['matching']!r}, expected {count['count']}"


def check_statuses(result, expect):
    for name, wanted in expect.get("job_status", {}).items():
        job = result.jobs.get(gitlab_name(name))
        if job is None:
            yield f"`{name}` is not in the run"
        elif (job["status"], job["warning"]) != STATUSES[wanted]:
            yield f"`{name}` is {job['status']}, expected {wanted}"
    absent = expect.get("absent_job_status", {})
    if absent and all(n in result.jobs and result.jobs[n]["status"] == "success" for n in map(gitlab_name, absent)):
        yield f"{sorted(absent)} all ran"
    if expect.get("no_failed_job"):
        failed = [name for name, job in result.jobs.items() if job["status"] == "failed" and not job["warning"]]
        if failed or not result.jobs:
            yield f"failed: {failed}" if failed else "nothing ran"
    for name, wanted in expect.get("coverage", {}).items():
        got = result.jobs.get(name, {}).get("coverage")
        if got is None or abs(float(got) - float(wanted.rstrip("%"))) > 0.001:
            yield f"coverage of `{name}` is {got}, expected {wanted}"
    for name, wanted in expect.get("environment", {}).items():
        got = result.jobs.get(name, {}).get("environment", {})
        if any(got.get(key) != value for key, value in wanted.items()):
            yield f"environment of `{name}` is {got}, expected {wanted}"


def check_job_list(result, expect):
    if "job_list" not in expect:
        return
    jobs = {job["name"]: job for job in result.plan.get("jobs", [])}
    wanted_names = [gitlab_name(job["name"]) for job in expect["job_list"]]
    if sorted(jobs) != sorted(wanted_names):
        yield f"jobs are {sorted(jobs)}, expected {sorted(wanted_names)}"
        return
    for wanted in expect["job_list"]:
        job = jobs[gitlab_name(wanted["name"])]
        if job["stage"] != wanted["stage"]:
            yield f"`{job['name']}` is in stage {job['stage']}"
        gate = job.get("gate", {}).get("kind")
        when = gate if gate else job.get("condition", "on_success")
        if when != wanted.get("when", when):
            yield f"`{job['name']}` is {when}, expected {wanted['when']}"
        allowed = job.get("allow_failure", {})
        allowed = allowed.get("always", False) if "exit_codes" not in allowed else {"exit_codes": allowed["exit_codes"]}
        if allowed != wanted.get("allow_failure", allowed):
            yield f"allow_failure of `{job['name']}` is {allowed}, expected {wanted['allow_failure']}"
        if "needs" in wanted and [need["job"] for need in job.get("needs", [])] != wanted["needs"]:
            yield f"`{job['name']}` needs {job.get('needs')}, expected {wanted['needs']}"
        if wanted.get("environment", "") not in ("", job.get("environment", {}).get("name")):
            yield f"environment of `{job['name']}` is {job.get('environment')}"


def comparable(plan):
    """A plan without what depends on where things are written."""
    jobs = {}
    for job in plan.get("jobs", []):
        jobs[job["name"]] = {key: value for key, value in job.items() if key not in ("location", "decision")}
    return {"jobs": jobs, "stages": plan.get("stages")}


def check_preview(project, result, expect):
    """The effective configuration that the case expects must compile to the same plan as its sources."""
    if "preview_yaml" not in expect:
        return
    name = Path(tempfile.mktemp(prefix="preview-", suffix=".yml", dir=project.repo)).name
    (project.repo / name).write_text(expect["preview_yaml"] + "\n")
    status, plan, err = project.plan(["--worktree", "--pipeline", name])
    (project.repo / name).unlink()
    if status != 0 or not plan:
        yield f"the expected configuration doesn't compile: {err.strip()[:300]}"
        return
    got, wanted = comparable(result.plan), comparable(plan)
    for job in sorted(got["jobs"].keys() | wanted["jobs"].keys()):
        ours, theirs = got["jobs"].get(job), wanted["jobs"].get(job)
        if ours is None or theirs is None:
            yield f"`{job}` is {'missing' if ours is None else 'too much'}"
            continue
        for key in sorted(ours.keys() | theirs.keys()):
            if ours.get(key) != theirs.get(key):
                yield f"{key} of `{job}` is {ours.get(key)}, expected {theirs.get(key)}"


def check_paths(project, result, expect):
    for path, wanted in expect.get("path_exists", {}).items():
        match = re.match(r".*\.gitlab-ci-local[^/]*/artifacts/([^/]+)/(.+)", path)
        if not match:
            continue  # Other folders of the tool: caches and builds lie elsewhere here.
        target = project.folder / ("artifacts-" + re.sub(r"\W", "_", match[1]))
        project.run("artifacts", "get", gitlab_name(match[1]), "-o", str(target))
        if (target / match[2]).exists() != wanted:
            yield f"artifact {match[2]} of `{match[1]}` {'is missing' if wanted else 'should not be there'}"


def differences(project, test, results):
    """All that is not as the case expects. Only the last invocation's outcome counts, as upstream has it."""
    expect = test.get("expect", {})
    result = results[-1]
    found = list(check_outcome(test, result, expect))
    if test["outcome"] == "error":
        return found
    for check in (check_lines, check_output, check_statuses, check_job_list):
        found += check(result, expect)
    found += check_preview(project, result, expect)
    found += check_paths(project, result, expect)
    return found
