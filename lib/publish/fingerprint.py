"""What an executed notebook was made from, as hashes: the same hashes, the same copy; times play no part."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import nbformat

from lib.basics.files import hash_of_bytes, hash_of_files, hash_of_json
from lib.basics.precision import Precision
from lib.publish.chapters import Chapter

KEY = "mood"  # the executed copy's metadata hold our record under this name

#: What each part of a fingerprint covers, for sentences about stale copies.
PARTS = {
    "source": "its notebook",
    "code": "the package lib, the reference figures or the locked versions",
    "parameters": "its parameters",
    "data": "the data",
    "precision": "the precision that networks are trained in",
}


def code_hash(project: Path) -> str:
    """Hash of what decides outputs beside the notebook: `lib`, the figures that chapters read, the lock."""
    files = [*_files_below(project / "lib"), *_files_below(project / "book" / "reference", ".csv"),
             *_files_below(project / "book" / "evidence")]
    lock = project / "requirements.txt"
    return hash_of_files([*files, *([lock] if lock.is_file() else [])], project)


def fingerprint(chapter: Chapter, code: str, parameters: Mapping[str, object], data: str,
                precision: Precision) -> dict[str, str]:
    """The hashes that an executed copy of `chapter` must carry to be current.

    Args:
        chapter: the notebook.
        code: result of :func:`code_hash`.
        parameters: all that papermill is given. The folder `data` is left out: the data's hash stands for it,
            and the same data may lie elsewhere.
        data: the token store's hash.
        precision: of the profile, as decided for this machine.
    """
    relevant = {name: value for name, value in parameters.items() if name != "data"}
    return {"source": _source_hash(chapter.read()), "code": code, "parameters": hash_of_json(relevant),
            "data": data, "precision": precision}


def _source_hash(notebook: nbformat.NotebookNode) -> str:
    """Hash of what is run and shown: cells with their metadata, without ids, outputs and editor state."""
    cells = [[cell.cell_type, cell.source, cell.metadata] for cell in notebook.cells]
    return hash_of_json(cells)


def short(parts: Mapping[str, str]) -> str:
    """Twelve digits that stand for a whole fingerprint."""
    return hash_of_bytes("".join(parts[name] for name in PARTS).encode())[:12]


def _files_below(folder: Path, suffix: str = "") -> Iterable[Path]:
    for path in folder.rglob(f"*{suffix}"):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part == "__pycache__" or part.startswith(".") for part in parts):
            yield path
