"""One environment, told three times: pyproject.toml, requirements.txt and environment.yml must agree."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

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
LOCK_LINES = [line for line in (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines()
              if line and not line.startswith("#")]
LOCKED = {canonicalize_name(line.split("==")[0]): Version(line.split("==")[1]) for line in LOCK_LINES
          if "==" in line}


def test_lock_names_each_package_once_with_one_exact_public_version():
    for line in LOCK_LINES:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line), "no build suffix, address or range"
    assert len(LOCKED) == len(LOCK_LINES)


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
    supported = SpecifierSet(PYPROJECT["project"]["requires-python"])
    assert Version(python.removeprefix("python=")) in supported
    assert Version(sys.version.split()[0]) in supported


def imported_modules():
    """Top-level modules that our code imports: lib, tests and the notebooks' cells."""
    sources = [path.read_text(encoding="utf-8") for folder in ("lib", "tests")
               for path in (PROJECT / folder).rglob("*.py")]
    for path in (PROJECT / "notebooks").glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        sources += ["\n".join(line for line in cell.source.splitlines() if not line.startswith("%"))
                    for cell in cells if cell.cell_type == "code"]
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
    missing = {module for module in set(imported_modules()) - set(sys.stdlib_module_names) - ours
               if not declared & {canonicalize_name(name) for name in distributions.get(module, [])}}
    assert not missing


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml", "environment.yml", "Makefile"])
def test_no_package_index_is_named(name):
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links",
                         (PROJECT / name).read_text(encoding="utf-8"))
