"""The repositories that the table is measured on: generated, always the same."""
import random
import subprocess

SEED = 20260801


def git(folder, *words):
    who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def commit(folder, message="bench"):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


def adopt(folder):
    """Makes a repository of the files that lie there, all in one commit."""
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--message", "all")


def repository(folder, pipeline, files=0):
    """A repository with that pipeline and so many other files, 100 a folder, committed."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / ".gitlab-ci.yml").write_text(pipeline)
    chance = random.Random(SEED)
    for number in range(files):
        path = folder / f"part{number // 100}" / f"file{number % 100}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{chance.getrandbits(400):0100x}\n" * 10)
    commit(folder)
    return folder


def change_files(folder, count, round_):
    """A commit that changes `count` files, others in each round."""
    chance = random.Random(SEED + round_)
    paths = sorted(folder.glob("part*/file*.txt"))
    for path in chance.sample(paths, count):
        path.write_text(f"{chance.getrandbits(400):0100x}\n" * 10)
    commit(folder, f"change {round_}")


def three_stages():
    return "stages: [build, test, deploy]\n" + "".join(
        f"{stage}_it:\n  stage: {stage}\n  script: [echo {stage}]\n" for stage in ("build", "test", "deploy"))


def independent(count):
    return "".join(f"job{number}:\n  script: [echo {number}]\n" for number in range(count))


def chain(count):
    jobs = ["job0:\n  script: [echo 0]\n"]
    jobs += [f"job{number}:\n  needs: [job{number - 1}]\n  script: [echo {number}]\n" for number in range(1, count)]
    return "".join(jobs)


def ruled(count):
    rules = ("  rules:\n    - if: $CI_COMMIT_TAG\n      when: never\n"
             "    - if: $CI_PIPELINE_SOURCE == \"schedule\"\n      when: manual\n    - if: $CI_COMMIT_BRANCH\n")
    return "".join(f"job{number}:\n  script: [echo {number}]\n{rules}" for number in range(count))


def woven(count):
    """Jobs with rules, made by `extends` and matrices of four."""
    base = (".base:\n  before_script: [echo before]\n  variables: {BASE: one}\n  rules:\n    - if: $CI_COMMIT_TAG\n      when: never\n"
            "    - if: $CI_COMMIT_BRANCH\n.tests:\n  extends: .base\n  stage: test\n  artifacts: {paths: [out/]}\n")
    jobs = (f"job{number}:\n  extends: .tests\n  variables: {{NUMBER: \"{number}\"}}\n  script: [echo $NUMBER]\n  parallel:\n    matrix:\n"
            "      - PYTHON: [\"3.11\", \"3.12\"]\n        FLASK: [\"2\", \"3\"]\n" for number in range(count // 4))
    return base + "".join(jobs)


def one_job(script):
    return f"only:\n  script:\n    - {script}\n"


def text_file(path, size):
    """Lines of text, `size` bytes of them."""
    chance = random.Random(SEED)
    block = "".join(f"{number:08d} {chance.getrandbits(256):064x} a line of a job's output\n" for number in range(10000)).encode()
    with open(path, "wb") as file:
        for _ in range(size // len(block) + 1):
            file.write(block)
        file.truncate(size)
    return path
