"""Public functions that take or give arrays say in their docstrings which shapes these have."""

import ast
from collections.abc import Iterator
from pathlib import Path

LIB = Path(__file__).parents[1] / "lib"


def public_functions(node: ast.AST) -> Iterator[ast.FunctionDef]:
    """Functions of a module and methods of its public classes; neither private ones nor nested ones."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef) and not child.name.startswith("_"):
            yield child
        elif isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
            yield from public_functions(child)


def has_arrays(function: ast.FunctionDef) -> bool:
    """Whether its signature names an array or a tensor."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    notes = [*(argument.annotation for argument in named), function.returns]
    return any(word in ast.unparse(note) for note in notes if note for word in ("ndarray", "Tensor"))


def says_a_shape(function: ast.FunctionDef) -> bool:
    """Whether its docstring has a shape in brackets, such as [pieces, 2], or the word."""
    text = ast.get_docstring(function) or ""
    return "[" in text or "shape" in text


def silent(source: str) -> list[str]:
    """Names of the public array functions of a module that say no shape."""
    found = public_functions(ast.parse(source))
    return [function.name for function in found if has_arrays(function) and not says_a_shape(function)]


def test_public_array_functions_say_their_shapes():
    without = [
        f"{path.relative_to(LIB)}: {name}"
        for path in sorted(LIB.rglob("*.py"))
        for name in silent(path.read_text(encoding="utf-8"))
    ]
    assert not without, "\n".join(without)


def test_a_silent_function_is_found():
    told = '''
def heights(notes: np.ndarray) -> float:
    """Mean pitch of notes [notes]."""

def _private(notes: np.ndarray) -> float:
    """Mean pitch."""

def no_arrays(notes: list[int]) -> float:
    """Mean pitch."""
'''
    assert silent(told) == []
    assert silent(told.replace(" [notes]", "")) == ["heights"]
    method = 'class Piece:\n    def bar(self) -> Tensor:\n        """Number of the bar."""\n'
    assert silent(method) == ["bar"]
    assert silent(method.replace("Piece", "_Piece")) == []
