"""One environment, told three times: pyproject.toml, requirements.txt and environment.yml must agree."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from lib.basics.places import PROJECT

PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
DECLARED = [Requirement(text) for text in PYPROJECT["project"]["dependencies"]]
LOCK_LINES = [
    line
    for line in (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
LOCK = [Requirement(line) for line in LOCK_LINES]
LOCKED = {canonicalize_name(entry.name): Version(str(entry.specifier).removeprefix("==")) for entry in LOCK}
SUPPORTED = SpecifierSet(PYPROJECT["project"]["requires-python"])
SERVES = re.search(r"^SERVES := (.*)", (PROJECT / "Makefile").read_text("utf-8"), re.M)[1].split()
SYSTEMS = {"Linux": ("linux", "posix"), "Darwin": ("darwin", "posix"), "Windows": ("win32", "nt")}


def test_lock_names_each_package_once_with_one_exact_public_version():
    for line in LOCK_LINES:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+( ; [^@;]+)?", line), "no build suffix or address"
    assert len(LOCKED) == len(LOCK_LINES)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("python", SERVES)
def test_lock_is_closed_on_every_python_and_system(python, system):
    """What an installed package needs there is in the lock, in a version that fits; itself runs there."""
    platform, name = SYSTEMS[system]
    there = {
        "python_version": python,
        "python_full_version": f"{python}.2",
        "sys_platform": platform,
        "platform_system": system,
        "os_name": name,
        "extra": "",
    }
    taken = {
        canonicalize_name(entry.name): LOCKED[canonicalize_name(entry.name)]
        for entry in LOCK
        if entry.marker is None or entry.marker.evaluate(there)
    }
    cuda = re.compile(r"nvidia-|cuda-|triton$")  # come with torch's build
    for package in taken:
        try:
            found = distribution(package)
        except PackageNotFoundError:
            continue  # for another system or Python than this one
        assert f"{python}.2" in SpecifierSet(found.metadata.get("Requires-Python") or ""), package
        for needed in map(Requirement, found.requires or []):
            if (needed.marker is None or needed.marker.evaluate(there)) and not cuda.match(needed.name):
                version = taken[canonicalize_name(needed.name)]
                assert needed.specifier.contains(version, prereleases=True), f"{package}: {needed}"


@pytest.mark.parametrize("requirement", DECLARED, ids=lambda requirement: requirement.name)
def test_locked_version_satisfies_the_declared_one(requirement):
    assert LOCKED[canonicalize_name(requirement.name)] in requirement.specifier


def test_torch_is_declared_exactly():
    torch = next(requirement for requirement in DECLARED if requirement.name == "torch")
    assert str(torch.specifier) == f"=={LOCKED['torch']}"


def test_conda_environment_is_the_lock_and_this_package():
    environment = yaml.safe_load((PROJECT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, packages = environment["dependencies"]
    assert environment["name"] == PYPROJECT["project"]["name"]
    assert pip == "pip"
    assert packages == {"pip": ["-r requirements.txt", "-e ."]}
    tried = SpecifierSet(python.removeprefix("python"))
    assert all(version in SUPPORTED for version in SERVES if version in tried)
    assert "3.11" in tried
    assert Version(sys.version.split()[0]) in SUPPORTED


def test_the_same_pythons_serve_everywhere():
    assert [f"3.{minor}" for minor in range(30) if f"3.{minor}" in SUPPORTED] == SERVES
    main = (PROJECT / "lib" / "__main__.py").read_text("utf-8")
    assert f"({SERVES[0].replace('.', ', ')}) <= " in main
    assert f"<= ({SERVES[-1].replace('.', ', ')}):" in main
    assert f"{', '.join(SERVES[:-1])} or {SERVES[-1]}" in main


@pytest.mark.skipif(not shutil.which("make"), reason="no make")
def test_another_python_is_refused_in_one_sentence_that_names_those_that_serve(tmp_path):
    old = tmp_path / "python3.9"
    old.write_text(f"""#!/bin/sh
exec {sys.executable} -c 'import sys; version = (3, 9)
class Info(tuple): pass
sys.version_info = Info((3, 9, 1)); code = sys.argv[2]; sys.argv[1:] = sys.argv[3:]; exec(code)' "$@"
""")
    old.chmod(0o755)
    done = subprocess.run(
        ["make", "env", f"PYTHON={old}", f"VENV={tmp_path / 'env'}"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    sentence = done.stderr.splitlines()[0]
    assert done.returncode
    serving = f"{', '.join(SERVES[:-1])} or {SERVES[-1]}"
    assert sentence.startswith(f"This book needs Python {serving}, and {old} is 3.9: install one of them")
    assert not (tmp_path / "env").exists()


def imported_modules():
    """Top-level modules that our code imports: lib, tests and the notebooks' cells."""
    sources = [
        path.read_text(encoding="utf-8")
        for folder in ("lib", "tests")
        for path in (PROJECT / folder).rglob("*.py")
    ]
    for path in (PROJECT / "notebooks").glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        sources += [
            "\n".join(line for line in cell.source.splitlines() if not line.startswith("%"))
            for cell in cells
            if cell.cell_type == "code"
        ]
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.split(".")[0]


def test_every_imported_package_is_declared():
    declared = {canonicalize_name(requirement.name) for requirement in DECLARED}
    distributions = packages_distributions()
    ours = {"lib", *(path.stem for path in (PROJECT / "tests").rglob("*.py"))}
    missing = {
        module
        for module in set(imported_modules()) - set(sys.stdlib_module_names) - ours
        if not declared & {canonicalize_name(name) for name in distributions.get(module, [])}
    }
    assert not missing


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml", "environment.yml", "Makefile"])
def test_no_package_index_is_named(name):
    assert not re.search(
        r"https?://|--(extra-)?index-url|--find-links", (PROJECT / name).read_text(encoding="utf-8")
    )


def test_files_with_complaints_about_types_are_there_and_new_floors_have_none():
    names = [row.split(",")[0] for row in (PROJECT / ".ci" / "types.csv").read_text("utf-8").splitlines()]
    assert [name for name in names if not (PROJECT / name).is_file()] == []
    # Every run's name covers the code of `precision`, annotations too.
    assert {name for name in names if name.startswith(("lib/basics/", "lib/ledger/"))} <= {
        "lib/basics/precision.py"
    }
