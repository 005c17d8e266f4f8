"""How results are kept: under a key made of what they were made from.

A key covers the inputs, as values, and the code that makes the result: the modules that the maker imports,
the modules that those import, and so on, as far as :data:`AS_VALUES`. Code is hashed over its syntax tree
without docstrings and comments, so that a better sentence makes nothing stale, and a changed constant does.
"""

import ast
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lib.basics.errors import BookError
from lib.basics.files import hash_of_json
from lib.basics.places import LIB, artifacts_folder

#: Modules and packages at which following imports ends, each with what stands for it in a key.
AS_VALUES: Mapping[str, str] = MappingProxyType(
    {
        "lib.basics.errors": "nothing: how a failure is told",
        "lib.basics.files": "nothing: how bytes come to lie on a disk",
        "lib.basics.kept": "nothing: where a result lies",
        "lib.basics.lazy": "nothing: when a module is imported",
        "lib.basics.machine": "nothing: what provenance says of a machine",
        "lib.basics.places": "nothing: where folders lie",
        "lib.basics.progress": "nothing: what is told meanwhile",
        "lib.profiles": "the settings, as values",
        "lib.data.store": "the hash of the token store",
        "lib.training.runs": "the name of the run, which holds its hash, or the hashes of its files",
    }
)


def code_hash(*modules: str, without: Iterable[str] = (), lib: Path = LIB) -> str:
    """SHA-256 over the code that decides what these modules compute.

    Args:
        modules: full names; each counts itself, even where :data:`AS_VALUES` names it.
        without: further modules and packages that they reach and that decide nothing of this result.
        lib: the folder of the package.
    """
    digest = hashlib.sha256()
    for name in sorted(import_closure(modules, lib, (*AS_VALUES, *without))):
        digest.update(f"{name} {_tree_hash(_path_of(name, lib))}\n".encode())
    return digest.hexdigest()


def import_closure(
    modules: Iterable[str], lib: Path = LIB, as_values: Iterable[str] = tuple(AS_VALUES)
) -> frozenset[str]:
    """The modules themselves and all of `lib` that they reach by imports, also by those within functions.

    Args:
        modules: full names.
        lib: the folder of the package.
        as_values: modules and packages at which it ends.

    Raises:
        BookError: when a module is not there.
    """
    found, ends = set(modules), tuple(as_values)
    waiting = sorted(found)
    while waiting:
        name = waiting.pop()
        path = _path_of(name, lib)
        if path is None:
            raise BookError(f"There is no module {name}: the key of a kept result names it.")
        for other in _imports(path, lib):
            ended = any(other == end or other.startswith(f"{end}.") for end in ends)
            if other not in found and not ended:
                found.add(other)
                waiting.append(other)
    return frozenset(found)


def imported_modules(source: str, lib: Path = LIB) -> set[str]:
    """The modules of `lib` that a piece of Python names in its imports.

    A name that a package passes on counts as the module that defines it.
    """
    return set(_imported(ast.parse(source), lib))


def kept_path(kind: str, inputs: object, code: str, suffix: str) -> Path:
    """Where a result of these inputs and this code is kept: `artifacts/<kind>/<sixteen digits><suffix>`.

    Args:
        kind: name of the folder.
        inputs: plain data.
        code: from :func:`code_hash`.
        suffix: with its dot.
    """
    return artifacts_folder() / kind / f"{hash_of_json([inputs, code])[:16]}{suffix}"


def request_kept(
    path: Path, read: Callable[[Path], Any], make: Callable[[], Any], write: Callable[[Path, Any], None]
) -> Any:
    """A result read back, or made and kept; a file that `read` refuses with a BookError is made again."""
    if path.is_file():
        try:
            return read(path)
        except BookError:
            path.unlink()
    result = make()
    write(path, result)
    return result


def _path_of(name: str, lib: Path = LIB) -> Path | None:
    """The file of a module or package of `lib`; None if there is none."""
    place = lib.joinpath(*name.split(".")[1:])
    paths = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in paths if path.is_file()), None) if name.split(".")[0] == "lib" else None


@cache
def _imports(path: Path, lib: Path) -> tuple[str, ...]:
    return tuple(sorted(set(_imported(_tree(path), lib))))


def _imported(tree: ast.AST, lib: Path) -> Iterator[str]:
    for node in _nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _path_of(alias.name, lib))
        elif isinstance(node, ast.ImportFrom) and node.module and _path_of(node.module, lib):
            for alias in node.names:
                yield _defining(f"{node.module}.{alias.name}", lib)


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes that run: what stands below `if TYPE_CHECKING` is for type checkers only."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from _nodes(child)


def _defining(name: str, lib: Path) -> str:
    """The module that an imported name stands for or comes from.

    Packages of `lib` import what they pass on when it is asked for; below `if TYPE_CHECKING` they say from
    where.
    """
    if _path_of(name, lib):
        return name
    module, _, attribute = name.rpartition(".")
    path = _path_of(module, lib)
    if path is not None and path.name == "__init__.py":
        for node in ast.walk(_tree(path)):
            if (
                isinstance(node, ast.ImportFrom)
                and node.module
                and _path_of(node.module, lib)
                and any((alias.asname or alias.name) == attribute for alias in node.names)
            ):
                return _defining(f"{node.module}.{attribute}", lib)
    return module


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _tree_hash(path: Path) -> str:
    return hash_of_json(_plain(_tree(path)))


def _plain(node: object) -> object:
    """A syntax tree as plain data, without places, docstrings and what is empty: equal on every Python."""
    if isinstance(node, list):
        return [_plain(item) for item in node if not _is_text(item)]
    if isinstance(node, ast.AST):
        fields = {name: _plain(value) for name, value in ast.iter_fields(node)}
        filled = {name: value for name, value in fields.items() if value is not None and value != []}
        return [type(node).__name__, filled]
    return node if isinstance(node, str | int | float | bool | None) else repr(node)


def _is_text(node: object) -> bool:
    """Whether a statement is a string that stands alone: a docstring, of whatever."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
