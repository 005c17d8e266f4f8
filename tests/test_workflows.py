"""The hosted workflows call only what this repository has, and may do no more than they need."""

import re

import pytest
import yaml

from lib.basics.places import PROJECT

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))


def _steps(path):
    for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
        yield from job["steps"]


def test_there_are_workflows():
    assert {path.stem for path in WORKFLOWS} >= {"test", "rebuild"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_commands_exist(path):
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    commands = (PROJECT / "lib" / "cli.py").read_text(encoding="utf-8")
    called = "\n".join(step.get("run", "") for step in _steps(path))
    assert set(re.findall(r"make ([a-z-]+)", called)) <= targets
    for command in re.findall(r"-m lib ([a-z-]+)", called):
        assert f"\ndef {command.replace('-', '_')}(" in commands, command
    assert called.strip()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_least_rights_and_a_time_limit(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 120 for job in workflow["jobs"].values())
    for step in _steps(path):
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/none@v0"))


def test_hook_and_lock_name_one_version_of_ruff():
    hooks = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    (rev,) = (hook["rev"] for hook in hooks if hook["repo"].endswith("ruff-pre-commit"))
    lock = (PROJECT / "requirements.txt").read_text(encoding="utf-8").split()
    assert f"ruff=={rev.removeprefix('v')}" in lock
