"""What an executed notebook was made from, as hashes: the same hashes, the same copy; times play no part."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import nbformat

from lib.basics.files import hash_of_bytes, hash_of_files, hash_of_json
from lib.basics.kept import code_hash, import_closure, imported_modules
from lib.basics.places import PROJECT
from lib.profiles import Profile
from lib.publish.chapters import Chapter

KEY = "mood"  # the executed copy's metadata hold our record under this name

#: What each part of a fingerprint covers, for sentences about stale copies.
PARTS = {
    "source": "its notebook",
    "code": "the code that it calls, the files that this reads or the locked versions",
    "parameters": "its parameters or the settings of its profile",
    "data": "the data",
    "precision": "the precision that networks are trained in",
}

_PRETRAINED = "lib.composing.pretrained"  # what it reads lies in a folder of its own
_VALUES = ("lib.profiles",)  # the profile's settings are among the parameters


def fingerprint(
    chapter: Chapter, profile: Profile, parameters: Mapping[str, object], data: str, project: Path = PROJECT
) -> dict[str, str]:
    """The hashes that an executed copy of `chapter` must carry to be current.

    Args:
        chapter: the notebook.
        profile: whose settings count as values, the precision as decided for this machine.
        parameters: all that papermill is given. The folder `data` is left out: the data's hash stands for it,
            and the same data may lie elsewhere.
        data: the token store's hash.
        project: the folder that holds `lib` and `book`.
    """
    notebook = chapter.read()
    relevant = {name: value for name, value in parameters.items() if name != "data"}
    settings = profile.model_dump(mode="json", exclude={"data": {"folder"}, "precision": True})
    return {
        "source": _source_hash(notebook),
        "code": _code_hash(notebook, project),
        "parameters": hash_of_json([relevant, settings]),
        "data": data,
        "precision": profile.precision,
    }


def _source_hash(notebook: nbformat.NotebookNode) -> str:
    """Hash of what is run and shown: cells with metadata and ids, which are addresses, without outputs."""
    return hash_of_json(
        [[cell.cell_type, cell.source, cell.metadata, cell.get("id")] for cell in notebook.cells]
    )


def _code_hash(notebook: nbformat.NotebookNode, project: Path) -> str:
    """Hash of the modules that the cells reach and of all files that decide outputs beside them."""
    lib = project / "lib"
    lines = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code").splitlines()
    code = "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))
    modules = import_closure(imported_modules(code, lib), lib, _VALUES)
    files = {path for name in modules for path in _beside(name, lib)}
    if _PRETRAINED in modules:
        files.update(_files_in(lib / "pretrained"))
    for folder in ("reference", "evidence"):
        files.update(_files_in(project / "book" / folder))
    lock = project / "requirements.txt"
    files.update([lock] if lock.is_file() else [])
    return hash_of_json([code_hash(*modules, lib=lib, without=_VALUES), hash_of_files(files, project)])


def _beside(module: str, lib: Path) -> Iterable[Path]:
    """The data files in the folder of a module, those in a folder for them such as `assets` among them."""
    folder = lib.joinpath(*module.split(".")[1:])
    folder = folder if folder.is_dir() else folder.parent
    if folder == lib:
        return
    yield from _files_in(folder)
    for below in folder.iterdir():
        if below.is_dir() and not any(below.glob("*.py")):
            yield from _files_in(below)


def _files_in(folder: Path) -> Iterable[Path]:
    """Files that code reads: no code, which is hashed as such, and no text for readers."""
    if folder.is_dir():
        yield from (
            path
            for path in folder.iterdir()
            if path.is_file() and path.suffix not in (".py", ".md") and not path.name.startswith(".")
        )


def short(parts: Mapping[str, str]) -> str:
    """Twelve digits that stand for a whole fingerprint."""
    return hash_of_bytes("".join(parts[name] for name in PARTS).encode())[:12]
