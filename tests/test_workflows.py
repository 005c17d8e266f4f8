"""The workflows and the hooks call what exists, at named versions, and may do no more than they need."""

import re
import tomllib

import pytest
import yaml

from lib.basics.places import PROJECT

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
COMMANDS = (PROJECT / "lib" / "cli.py").read_text(encoding="utf-8")
HOOKS = [hook for source in yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
         for hook in source["hooks"]]
LOCK = dict(line.split("==") for line in (PROJECT / "requirements.txt").read_text("utf-8").splitlines()
            if "==" in line)


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.stem)
def text(request):
    return request.param.read_text(encoding="utf-8")


@pytest.fixture
def workflow(text):
    return yaml.safe_load(text)


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_there_are_three():
    assert [path.stem for path in WORKFLOWS] == ["publish", "test", "weekly"]


def test_it_may_only_read_unless_a_job_says_what_it_writes(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert name == "deploy" or "permissions" not in job
    assert "concurrency" in workflow


def test_every_job_ends_in_time(workflow):
    assert all(job["timeout-minutes"] <= 90 for job in workflow["jobs"].values())


def test_it_knows_no_secret_and_keeps_no_credentials(text, workflow):
    assert "secrets" not in text
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_every_action_has_a_version(workflow):
    for step in steps(workflow):
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@(v\d+|[0-9a-f]{40})", step["uses"])


def test_it_runs_what_exists(workflow):
    """Targets and variables of the Makefile, commands of `python -m lib`, and .ci/run."""
    phony = re.search(r"\.PHONY:((?:.*\\\n)*.*)", MAKEFILE)[1].split()
    matrix = [entry["command"] for job in workflow["jobs"].values()
              for entry in job.get("strategy", {}).get("matrix", {}).get("include", [])]
    commands = [step["run"] for step in steps(workflow) if "run" in step] + matrix
    assert commands
    for command in commands:
        if command.startswith("make "):
            _, target, *settings = command.split()
            assert target in phony
            assert f"\n{target}:" in MAKEFILE
            assert all(f"\n{setting.partition('=')[0]} ?=" in MAKEFILE for setting in settings)
        elif command.startswith(".venv/bin/python -m lib "):
            assert f"\ndef {command.split()[3]}(" in COMMANDS
        elif command != "${{ matrix.command }}":
            assert (PROJECT / command).stat().st_mode & 0o100, f"{command} can be run"


def test_it_takes_the_python_that_the_package_asks_for(workflow):
    asked = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    versions = {step["with"]["python-version"] for step in steps(workflow)
                if "setup-python" in step.get("uses", "")}
    assert versions == {re.search(r">=(3\.\d+)", asked)[1]}


def test_nothing_is_published_before_trials_are_refused_and_the_browser_has_looked():
    jobs = yaml.safe_load((PROJECT / ".github" / "workflows" / "publish.yml").read_text("utf-8"))["jobs"]
    done = [step.get("run") or step["uses"].partition("@")[0] for step in jobs["build"]["steps"]]
    upload = done.index("actions/upload-pages-artifact")
    assert done.index("make book PROFILE=laptop") < done.index("make publishable") < upload
    assert done.index("make test-site SITE=_build/html") < upload
    assert jobs["deploy"]["needs"] == "build"


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_takes_its_tool_in_the_version_of_the_lock(hook):
    (tool,) = hook["additional_dependencies"]
    name, version = tool.split("==")
    assert LOCK.get(name, version) == version
    assert {"ruff", "codespell"} <= set(LOCK)
