"""The workflows and the hooks call what exists, at named versions, and may do no more than they need."""

import re

import pytest
import yaml

from lib.basics.places import PROJECT

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
COMMANDS = "".join(
    path.read_text(encoding="utf-8")
    for path in [PROJECT / "lib" / "cli.py", *PROJECT.glob("lib/*/commands.py")]
)
HOOKS = [
    hook
    for source in yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    for hook in source["hooks"]
]
LOCK = dict(
    line.partition(" ;")[0].split("==")
    for line in (PROJECT / "requirements.txt").read_text("utf-8").splitlines()
    if "==" in line
)
SERVES = re.search(r"^SERVES := (.*)", MAKEFILE, re.M)[1].split()


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
    matrix = [
        entry["command"]
        for job in workflow["jobs"].values()
        for entry in job.get("strategy", {}).get("matrix", {}).get("include", [])
    ]
    commands = [step["run"] for step in steps(workflow) if "run" in step] + matrix
    here = re.compile(
        r"python -m pip install -r requirements\.txt -e \."
        r"|python -m pytest( --ignore tests/\w+)*"
    )
    assert commands
    for command in commands:
        if command.startswith("make "):
            _, target, *settings = command.split()
            assert target in phony
            assert f"\n{target}:" in MAKEFILE
            assert all(f"\n{setting.partition('=')[0]} ?=" in MAKEFILE for setting in settings)
        elif found := re.match(r"(?:\.venv/bin/)?python -m lib (\w+)", command):
            assert f"\ndef {found[1]}(" in COMMANDS
        elif here.fullmatch(command):
            assert all((PROJECT / folder).is_dir() for folder in re.findall(r"tests/\w+", command))
        elif command != "${{ matrix.command }}":
            assert (PROJECT / command).stat().st_mode & 0o100, f"{command} can be run"


def test_continuous_integration_keeps_to_its_budget():
    """Minutes of each part as `.ci/run` states them."""
    script = (PROJECT / ".ci" / "run").read_text("utf-8")
    parts = re.findall(r'^    part +(\d+) "[^"]+" +(?:env \S+ )?make (\S+)$', script, re.M)
    assert [target for _, target in parts] == ["env", "test", "test-site", "test-weakest"]
    assert len(parts) == len(re.findall(r"^\s*part\b.*make", script, re.M))
    assert sum(int(minutes) for minutes, _ in parts) <= 45


def test_the_weakest_processor_is_the_one_that_the_unit_tests_know():
    """What depends on the processor runs once more under the variables that take bfloat16 away."""
    (variables,) = re.findall(r"^WEAKEST := (.*)$", MAKEFILE, re.M)
    assert dict(pair.split("=") for pair in variables.split()) == {
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "ATEN_CPU_CAPABILITY": "avx2",
    }
    recipe = MAKEFILE[MAKEFILE.index("\ntest-weakest:") :].split("\n\n")[0]
    assert recipe.count("$(WEAKEST)") == 2
    assert "tests/models tests/training tests/composing" in recipe


def pythons(workflow):
    """The versions that a workflow sets up, those of its matrix among them."""
    matrix = {
        entry["python"]
        for job in workflow["jobs"].values()
        for entry in job.get("strategy", {}).get("matrix", {}).get("include", [])
    }
    return matrix | {
        step["with"]["python-version"] for step in steps(workflow) if "setup-python" in step.get("uses", "")
    } - {"${{ matrix.python }}"}


def test_it_takes_a_python_that_serves(workflow):
    assert pythons(workflow) <= set(SERVES)


def test_every_python_that_serves_is_tested():
    assert pythons(yaml.safe_load((PROJECT / ".github/workflows/test.yml").read_text("utf-8"))) == set(SERVES)


def test_what_was_never_run_says_so_and_may_fail():
    text = (PROJECT / ".github" / "workflows" / "test.yml").read_text("utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    assert "never yet run" in jobs["windows"]["name"]
    assert jobs["windows"]["continue-on-error"] is True
    assert "matrix.python == '3.14' }}  # never yet run there" in text


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
