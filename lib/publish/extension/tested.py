"""Which functions of `lib` a chapter calls, and which tests call them too: found by reading, not by running.

Names are followed through imports, also through those of a package's `__init__`. Methods are not followed:
what an object is cannot be read from a page. What no test names may still be tested through another function.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat

from lib.basics.places import LIB, PROJECT

TESTS = PROJECT / "tests"


@dataclass(frozen=True)
class Tested:
    """The tests of one function in one file.

    Attributes:
        path: the file, relative to the project, such as 'tests/analysis/test_gates.py'.
        tests: how many of its tests use the function by name, 0 if only their helpers do.
        line: where the first of them begins.
    """

    path: str
    tests: int
    line: int


def functions_called(notebook: nbformat.NotebookNode) -> dict[str, list[int]]:
    """Functions and classes of `lib` by full name, each with the indices of the cells that use it.

    Args:
        notebook: a chapter; its cells run one after the other, so a name imported in one serves in the next.
    """
    found: dict[str, list[int]] = defaultdict(list)
    names: dict[str, str] = {}
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            tree = ast.parse("\n".join(line for line in cell.source.splitlines() if not line.startswith("%")))
            names |= _imported(tree)
            for name, _ in _uses(tree, names):
                if index not in found[name]:
                    found[name].append(index)
    return dict(sorted(found.items()))


@cache
def covering_tests() -> Mapping[str, tuple[Tested, ...]]:
    """For every function and class of `lib` that a test names: the files with these tests, in order."""
    found: dict[str, list[Tested]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        tests = [
            node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        ]
        lines: dict[str, list[int]] = defaultdict(list)
        for name, line in _uses(tree, _imported(tree)):
            lines[name].append(line)
        for name, used in lines.items():
            naming = [
                test for test in tests if any(test.lineno <= line <= (test.end_lineno or 0) for line in used)
            ]
            first = naming[0].lineno if naming else min(used)
            found[name].append(Tested(path.relative_to(PROJECT).as_posix(), len(naming), first))
    return {name: tuple(files) for name, files in found.items()}


def _imported(tree: ast.AST) -> dict[str, str]:
    """Names that imports from `lib` bind in a module, with the full name of what each stands for."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "lib":
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {
                alias.asname: alias.name
                for alias in node.names
                if alias.asname and alias.name.startswith("lib.")
            }
    return names


def _uses(tree: ast.AST, names: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Each use of a function or class of `lib`: where it is defined, and the line of the use."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names:
            full = names[node.id]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            full = f"{names[node.value.id]}.{node.attr}"
        else:
            continue
        defined = _definition(full)
        if defined:
            yield defined, node.lineno


@cache
def _definition(full: str) -> str | None:
    """The full name under which a function or class is defined; None for a module, a value or a stranger."""
    module, _, name = full.rpartition(".")
    tree = _module(module)
    for node in _statements(tree) if tree else []:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return full
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("lib."):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _definition(f"{node.module}.{alias.name}")
    return None


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements of a module, those below an `if` too: types are imported for checkers only."""
    for node in tree.body:
        yield from node.body if isinstance(node, ast.If) else [node]


@cache
def _module(name: str) -> ast.Module | None:
    """A module of `lib`, parsed; None if there is no such module."""
    first, *rest = name.split(".")
    place = LIB.joinpath(*rest)
    path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py") if rest else Path()
    return ast.parse(path.read_text(encoding="utf-8")) if first == "lib" and path.is_file() else None
