"""The jobs of a pipeline in one shape, whoever made them, and what differs between two of them."""

from dataclasses import dataclass, field

from case import gitlab_name

# What both name for themselves: it says where they run, not what the pipeline is.
PREDEFINED = ("CI_", "GITLAB_", "GCL_", "FF_DISABLE_UMASK_FOR_DOCKER_EXECUTOR")


@dataclass
class Job:
    """What is compared of a job."""
    stage: str
    when: str
    allow_failure: object            # True, False, or the exit codes
    needs: object                    # names as written (of groups), None where the stages decide
    script: list
    after_script: list
    variables: dict
    told: dict = field(repr=False)   # all that its maker says of it


@dataclass
class Difference:
    field: str                       # a member of Job, or `job`: only one side has it
    name: str
    ours: object
    theirs: object
    our_job: Job | None
    their_job: Job | None


def canonical(name):
    """A value of a matrix may itself hold commas, which the peer doesn't tell from those between values."""
    return gitlab_name(name).replace(", ", ",")


def own(variables, given):
    return {name: value for name, value in variables.items() if name not in given and name != "CI" and not name.startswith(PREDEFINED)}


def of_ours(plan, given=()):
    """The jobs of `ci plan --json`; `given`: variables of the command line."""
    groups = {job["name"]: job["group"] for job in plan["jobs"]}
    jobs = {}
    for job in plan["jobs"]:
        allowed = job.get("allow_failure", {})
        lines = [line for step in job.get("steps", []) for line in step["script"]]
        needs = job.get("needs")
        jobs[canonical(job["name"])] = Job(
            stage=job["stage"],
            when=job.get("gate", {}).get("kind") or job.get("condition", "on_success"),
            allow_failure=sorted(allowed["exit_codes"]) if "exit_codes" in allowed else allowed.get("always", False),
            needs=None if needs is None else sorted({groups.get(need["job"], need["job"]) for need in needs}),
            script=lines,
            after_script=[line for step in job.get("after_steps", []) for line in step["script"]],
            variables=own({one["name"]: one.get("value", "") for one in job.get("variables", [])}, given),
            told=job)
    return jobs


def text_of(value):
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def of_peer(answer, given=()):
    """The jobs of the peer's answer. It tells those that rules leave out too, and what they are needed for."""
    there = {job["group"] for job in answer["jobs"] if job["when"] != "never"}
    jobs = {}
    for job in answer["jobs"]:
        if job["when"] == "never":
            continue
        allowed = job["allow_failure"]
        if isinstance(allowed, dict):
            codes = allowed.get("exit_codes", [])
            allowed = sorted(codes) if isinstance(codes, list) else [codes]
        needs = job["needs"]
        if needs is not None:
            needs = sorted({need["job"] for need in needs if not need.get("pipeline") and not need.get("project") and need["job"] in there})
        jobs[canonical(job["name"])] = Job(
            stage=job["stage"], when=job["when"], allow_failure=allowed, needs=needs,
            script=job["script"], after_script=job["after_script"],
            variables=own({name: text_of(value) for name, value in job["variables"].items()}, given), told=job)
    return jobs


def needed(job, groups):
    """Its needs among jobs that both sides have."""
    return None if job.needs is None else [name for name in job.needs if name in groups]


def compare(ours, theirs):
    """Yields a Difference each."""
    groups = {job.told["group"] for job in ours.values()} & {job.told["group"] for job in theirs.values()}
    for name in sorted(ours.keys() ^ theirs.keys()):
        yield Difference("job", name, name in ours, name in theirs, ours.get(name), theirs.get(name))
    for name in sorted(ours.keys() & theirs.keys()):
        mine, other = ours[name], theirs[name]
        for member in ("stage", "when", "allow_failure", "script", "after_script"):
            if getattr(mine, member) != getattr(other, member):
                yield Difference(member, name, getattr(mine, member), getattr(other, member), mine, other)
        if needed(mine, groups) != needed(other, groups):
            yield Difference("needs", name, mine.needs, other.needs, mine, other)
        for variable in sorted(mine.variables.keys() | other.variables.keys()):
            values = mine.variables.get(variable), other.variables.get(variable)
            if values[0] != values[1]:
                yield Difference("variable " + variable, name, *values, mine, other)
