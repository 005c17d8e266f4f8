"""Public functions and classes with arrays say in their docstrings which shapes these have."""

import ast
from collections.abc import Iterator
from pathlib import Path

LIB = Path(__file__).parents[1] / "lib"


def public(node: ast.AST) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Functions and classes of a module, and methods; neither private ones nor nested functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef) and not child.name.startswith("_"):
            yield child
            if isinstance(child, ast.ClassDef):
                yield from public(child)


def has_arrays(what: ast.FunctionDef | ast.ClassDef) -> bool:
    """Whether the signature of a function, or a field of a class, names an array or a tensor."""
    if isinstance(what, ast.ClassDef):
        types = [field.annotation for field in what.body if isinstance(field, ast.AnnAssign)]
    else:
        arguments = [*what.args.posonlyargs, *what.args.args, *what.args.kwonlyargs]
        types = [*(argument.annotation for argument in arguments), what.returns]
    return any(word in ast.unparse(type_) for type_ in types if type_ for word in ("ndarray", "Tensor"))


def says_a_shape(what: ast.FunctionDef | ast.ClassDef) -> bool:
    """Whether its docstring has a shape in brackets, such as [pieces, 2], or the word."""
    text = ast.get_docstring(what) or ""
    return "[" in text or "shape" in text


def silent(source: str) -> list[str]:
    """Names of the public functions and classes of a module that have arrays and say no shape."""
    return [what.name for what in public(ast.parse(source)) if has_arrays(what) and not says_a_shape(what)]


def test_what_has_arrays_says_their_shapes():
    without = [
        f"{path.relative_to(LIB)}: {name}"
        for path in sorted(LIB.rglob("*.py"))
        for name in silent(path.read_text(encoding="utf-8"))
    ]
    assert not without, "\n".join(without)


def test_what_is_silent_is_found():
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
    assert silent('class Piece:\n    """A piece."""\n\n    onset: np.ndarray\n') == ["Piece"]
