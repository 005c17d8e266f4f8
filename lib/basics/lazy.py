"""Packages whose names are imported when somebody asks for them."""

import importlib
from collections.abc import Callable, Mapping


def names_of(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """A package's `__getattr__`: imports the module of a name when the name is first asked for.

    So a process that only reads files needs no torch, and one that only trains no tokenizer.

    Args:
        package: its `__name__`.
        modules: for each of its public names the module, within the package, that defines it.
    """

    def get(name: str) -> object:
        if name in modules:
            return getattr(importlib.import_module(f"{package}.{modules[name]}"), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get
