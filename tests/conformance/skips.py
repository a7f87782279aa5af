"""Which tests of the corpus are not run, each with its reason."""

CASES = {
    "component-inputs-cli": "inputs of what is included come from a file of the other tool's own",
    "component-inputs-edge-cases": "inputs of what is included come from a file of the other tool's own",
    "component-inputs-multiple": "inputs of what is included come from a file of the other tool's own",
    "image": "containers",
    "needs-pipeline": "the other tool ignores needs of other pipelines; here the job says that it can't have them",
    "artifacts-to-source-no": "the other tool copies artifacts into the work tree; we never do",
    "comment-directive-anchor": "descriptions in comments are the other tool's own",
    "gitlab-runner-emulation": "the other tool's own option",
    "interactive": "interactive jobs are the other tool's own",
    "interactive-image": "interactive jobs are the other tool's own",
    "log-padding": "the layout of the other tool's output",
    "log-timestamps": "the layout of the other tool's output",
    "pipeline-iid": "the other tool's own state files",
    "project-ignores-file": "the other tool's own option",
    "schema-validation-ignore": "the other tool's own option",
    "cache-docker-mount-globstar": "the other tool's own option",
    "dotenv": "the other tool's own settings file",
}

TESTS = {
    "cache-key-invalid-files": {"-three>": "newer GitLab takes up to ten files"},
    "artifacts-exclude": {"--exclude": "`folder/**` excludes the emptied folder too, here as in gitlab-runner"},
    "include-inputs": {"boolean (truthy)": "the other tool's preview leaves `default: interruptible` out"},
    "argv-cwd": {
        "won't fallback if not inside git repository": "a pipeline needs a repository here",
        "won't fallback if cwd has .gitlab-ci.yml": "the folder that it starts in is not in the corpus",
    },
    "predefined-variables": {"<shell-isolation>": "the other tool's own folder"},
    "reference": {"should merge values": "GitLab applies extends before !reference, and so replaces the value"},
    "artifacts-no-shell-out": {"--no-shell-isolation": "jobs never share the work tree here"},
    "include-nested": {"maximumIncludes": "the other tool's own option"},
    "variable-order": {"--needs": "variables of a home folder are the other tool's own"},
    "plain": {"--unset-variable": "the other tool's own option", "--stage": "the other tool's own option"},
}

# Cases that name images which nothing of what they test depends on.
IMAGE_IS_NO_MATTER = {"after-script", "artifacts-docker-readonly-permissions", "hang-forever", "inherit"}

# Variables that the other tool reads from a settings file of its own beside the pipeline, or sets otherwise than GitLab.
VARIABLES = {"include-local": ["CI_INCLUDE_LOCAL=/.gitlab-ci-base.yml"], "include-rules": ["GITLAB_CI=false"]}

# What the other tool itself prints, and we in other words: not looked for.
TOOL_WORDS = ["exported artifacts", "no matching files. Ensure", " is null, ignoring", " PASS "]

ARGUMENTS = {
    "stage": "the other tool's option --stage",
    "unsetVariable": "the other tool's option --unset-variable",
    "ignoresFile": "the other tool's option --ignores-file",
    "containerEmulate": "the other tool's option",
    "maximumIncludes": "the other tool's option",
    "input": "inputs on the command line",
    "home": "the other tool's settings in the home folder",
    "evaluateRuleChanges": "the other tool's option",
    "ignoreSchemaPaths": "the other tool's option",
}


def reason(case, test):
    """Why this test is not run; empty where it is."""
    if test.get("requires") and case not in IMAGE_IS_NO_MATTER:
        return "containers" if "docker" in test["requires"] else "a network"
    if not test.get("invocations"):
        return "tests nothing but the other tool's insides"
    if case in CASES:
        return CASES[case]
    for part, why in TESTS.get(case, {}).items():
        if part in test["name"]:
            return why
    for invocation in test["invocations"]:
        for argument in invocation.get("args", {}):
            if argument in ARGUMENTS:
                return ARGUMENTS[argument]
    return ""
