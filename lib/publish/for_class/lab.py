"""The folder that `make lab` opens: filled chapters to read, beside the notebooks to run and to change.

Both lie in `_build/lab/`. `with_numbers/` holds copies; one that a reader has changed stays as it is.
`to_run/` is the folder of the notebooks themselves where the system lets one folder stand in two places, and
copies otherwise, of which the same holds.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat
from pybtex.database import parse_file

from lib.basics.errors import BookError
from lib.basics.files import (
    explain_write_errors,
    hash_of_json,
    make_folder,
    read_json,
    write_json,
    write_text,
)
from lib.basics.places import BOOK, NOTEBOOKS, build_folder, home, shown
from lib.publish.chapters import Chapter, chapters
from lib.publish.execute import executed_path
from lib.publish.for_class.filled import Surroundings, figure_numbers, filled, title_of
from lib.publish.gates import ExecutedCopy, linked_media, read_copy
from lib.publish.site import published

FILLED, TO_RUN = "with_numbers", "to_run"
_WRITTEN = ".written.json"  # hashes of the cells that were written, by file


def open_lab(profile: str, start: bool = True) -> str:
    """Prepare the folder and open it in JupyterLab until it is closed.

    Args:
        profile: the name of the profile whose executed notebooks fill the copies.
        start: whether JupyterLab is started; without it only the folder is prepared.

    Returns:
        What was prepared, in sentences; printed before JupyterLab starts.
    """
    folder = build_folder() / "lab"
    first, said = prepare_lab(folder, profile, chapters())
    if start:
        print(said, file=sys.stderr, flush=True)
        environment = {**os.environ, "MOOD_HOME": str(home()), "JUPYTER_PREFER_ENV_PATH": "1"}
        subprocess.run(
            [sys.executable, "-m", "jupyter", "lab", f"--ServerApp.root_dir={folder}",
             f"--LabApp.default_url=/lab/tree/{first}"],
            env=environment,
            check=False,
        )  # fmt: skip
    return said


def prepare_lab(
    folder: Path, profile: str, wanted: list[Chapter], notebooks: Path = NOTEBOOKS
) -> tuple[str, str]:
    """Write the folder's files.

    Args:
        folder: to be made.
        profile: the name of the profile that notebooks were executed with.
        wanted: the chapters.
        notebooks: where their sources lie.

    Returns:
        The folder within it to open first, and sentences: which chapters are filled, which are not and why,
        and which a reader has changed.

    Raises:
        BookError: when the folder cannot be written.
    """
    with explain_write_errors(folder):
        make_folder(folder)
        changed = _place_sources(folder / TO_RUN, notebooks)
        copies, missing = _executed(profile, wanted)
        changed += _write_filled(make_folder(folder / FILLED), copies)
    said = [f"The notebooks to run and to change: {shown(folder / TO_RUN)}."]
    if not copies:
        said.append(
            f"None has been executed for the profile '{profile}' yet, so there is no copy with numbers; "
            f"make one with: python -m lib execute --profile {profile}"
        )
    else:
        said.append(f"With numbers, to read: {len(copies)} of {len(wanted)}, in {shown(folder / FILLED)}.")
        said += missing
    said += [f"{shown(path)} was changed since it was written, and stays as it is." for path in changed]
    return FILLED if copies else TO_RUN, "\n".join(said)


def _executed(profile: str, wanted: list[Chapter]) -> tuple[list[ExecutedCopy], list[str]]:
    """The copies that were executed to their end, and a sentence for each chapter that was not."""
    copies, missing = [], []
    for chapter in wanted:
        try:
            copy = read_copy(executed_path(profile, chapter), chapter, profile, {})
        except BookError as reason:
            missing.append(f"Without numbers: {reason}")
            continue
        copies.append(copy)
    return copies, missing


def _write_filled(folder: Path, copies: list[ExecutedCopy]) -> list[Path]:
    site = build_folder() / "html"
    titles = {copy.chapter.name: title_of(copy.notebook) for copy in copies}
    sources = parse_file(BOOK / "references.bib")
    contents = {}
    for copy in copies:
        around = Surroundings(titles, sources, figure_numbers(site, copy.chapter))
        notebook = filled(copy, published(copy), around)
        contents[f"{copy.chapter.name}.ipynb"] = nbformat.writes(notebook) + "\n"
        for name in linked_media(copy.notebook):
            if not (folder / "media" / name).exists() and (copy.media / name).is_file():
                shutil.copy(copy.media / name, make_folder(folder / "media"))
    return _put(folder, contents)


def _place_sources(folder: Path, notebooks: Path) -> list[Path]:
    """The folder of the notebooks, also here; copies where the system refuses that."""
    if folder.is_symlink() and folder.resolve() != notebooks.resolve():
        folder.unlink()  # of another checkout
    if not folder.exists():
        try:
            folder.symlink_to(notebooks, target_is_directory=True)
        except OSError:  # Windows asks for a right that few have
            make_folder(folder)
    if folder.is_symlink():
        return []
    return _put(folder, {path.name: path.read_text("utf-8") for path in sorted(notebooks.glob("*.ipynb"))})


def _put(folder: Path, contents: Mapping[str, str]) -> list[Path]:
    """Write notebooks, but none whose cells somebody has changed since; those are returned.

    JupyterLab saves what it only opened, with other metadata; outputs can be made again.
    """
    record = folder / _WRITTEN
    written = read_json(record) if record.is_file() else {}
    changed = []
    for name, text in contents.items():
        path = folder / name
        if path.is_file() and _cells(path.read_text(encoding="utf-8")) != written.get(name):
            changed.append(path)
            continue
        write_text(path, text)
        written[name] = _cells(text)
    write_json(record, written)
    return changed


def _cells(text: str) -> str:
    """Hash of a notebook's cells without outputs; empty where it is none."""
    try:
        return hash_of_json([[cell.cell_type, cell.source] for cell in nbformat.reads(text, 4).cells])
    except Exception:  # nbformat raises a different type for each kind of broken file
        return ""
