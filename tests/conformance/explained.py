"""What is known to differ between `ci` and gitlab-ci-local, by rule and never by case, and who is right by GitLab's documentation.
docs/conformance.md tells each rule."""

import re


def keys(job):
    """The job's keywords, after `extends` and `default`, as the peer has them."""
    return job.told.get("keys", {}) if job else {}


def manual_outside_of_rules(d, _plan, _text):
    theirs = keys(d.their_job)
    return d.field == "allow_failure" and d.ours is True and d.theirs is False and theirs.get("when") == "manual" and "rules" not in theirs


def only_except(d, _plan, _text):
    return d.field == "job" and d.theirs and not d.ours and {"only", "except"} & keys(d.their_job).keys()


def merge_request_alone(d, plan, _text):
    """Without rules, and without a workflow that has some, a job is no part of a merge request's pipeline."""
    merge_request = {"name": "CI_PIPELINE_SOURCE", "value": "merge_request_event"}
    return d.field == "job" and d.theirs and "rules" not in keys(d.their_job) and not plan["workflow"].get("rules") and any(
        merge_request.items() <= variable.items() for variable in plan["variables"] + plan.get("pipeline_variables", []))


def only_pre_and_post(d, plan, _text):
    return d.field == "job" and d.theirs and not plan["jobs"] and d.their_job.stage in (".pre", ".post")


def workflow_variables(d, plan, _text):
    """A variable of the workflow's rule, or what is decided by it."""
    return d.field.startswith("variable ") and d.theirs is None and any(rule.get("matched") for rule in plan["workflow"].get("rules", []))


def type_for_stage(d, _plan, _text):
    return d.field == "stage" and keys(d.their_job).get("type") == d.ours


def hooks(d, _plan, _text):
    before = keys(d.their_job).get("hooks", {}).get("pre_get_sources_script", [])
    return d.field == "script" and before and d.ours == before + d.theirs


def job_inputs(d, _plan, _text):
    """`${{ job.inputs.NAME }}`, which the peer leaves as it is."""
    return d.field in ("script", "after_script") and bool(keys(d.their_job).get("inputs")) and any("${{" in line for line in d.theirs)


def empty_lines(d, _plan, _text):
    return d.field in ("script", "after_script") and [line for line in d.ours if line] == d.theirs


def secret_values(d, _plan, _text):
    given = {**keys(d.their_job).get("secrets", {}), **keys(d.their_job).get("id_tokens", {})}
    return d.field.startswith("variable ") and d.ours == "" and d.theirs is None and d.field.split()[1] in given


def needs_of_rules(d, _plan, _text):
    return d.field == "needs" and any("needs" in rule for rule in keys(d.their_job).get("rules", []))


def needs_of_a_matrix(d, _plan, text):
    return d.field == "needs" and "matrix:" in text and set(d.ours) < set(d.theirs)


def reference_below_extends(d, _plan, text):
    return d.field.startswith("variable ") and d.ours is None and "variables: !reference" in text and "extends:" in text


RULES = {rule.__name__.replace("_", " "): rule for rule in (
    manual_outside_of_rules, only_except, merge_request_alone, only_pre_and_post, workflow_variables, type_for_stage, hooks, job_inputs,
    empty_lines, secret_values, needs_of_rules, needs_of_a_matrix, reference_below_extends)}

# Pipelines that one side refuses: what it says there, by the rule's name.
REFUSED_BY_US = {
    "no job": r"this pipeline has no job",
    "workflow": r"none of the `workflow: rules` holds|says never",
    "cache keys": r"a cache's key can hold no `/`",
    "input patterns": r"input `\S+` must match|RE2 can't read",
    "matrix expressions": r"has no matrix of its own|the matrix of `\S+` has no",
    "needs in a circle": r"`needs` runs in a circle",
    "reference to an item": r"`!reference` names `\d+`, which doesn't exist",
    "empty rules": r"`rules` is empty",
    "conditions are texts": r"`(true|false)` is neither a variable nor a string",
}
REFUSED_BY_PEER = {
    "ten files of a cache key": r"cache:key:files should be an array of one or two",
    "run steps": r"must have script specified",
    "values that aren't expanded": r"has invalid variables hash of key value pairs",
    "patterns in variables": r"must be a regex pattern",
    "comments of the peer's own": r"@Interactive|bad indentation of a mapping entry",
    "options of an array": r"it is not in the list of allowed options",
}


def explain(difference, plan, text):
    """The name of the rule that explains it; None where none does. `text`: of the pipeline's file."""
    return next((name for name, rule in RULES.items() if rule(difference, plan, text)), None)


def explain_refusal(words, rules):
    return next((name for name, pattern in rules.items() if re.search(pattern, words)), None)
