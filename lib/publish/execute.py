"""Execute the notebooks of the book with papermill, once each, into `artifacts/executed/<profile>/`.

A copy carries the hashes of what it was made from; as long as they hold, it is not made again. While a
notebook runs, it lies in `unfinished/`; when it has ended, it is moved to its place, or to `failed/`, where
people can look at it and the site never does.
"""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError

from lib.basics.errors import BookError
from lib.basics.files import atomic_path, explain_write_errors, make_folder
from lib.basics.machine import git_commit
from lib.basics.places import PROJECT, artifacts_folder, home, shown
from lib.basics.progress import duration, say
from lib.data import open_store
from lib.profiles import Profile, load_profile
from lib.publish.chapters import Chapter, chapters, check_parameters, parameters_of, read_notebook, select
from lib.publish.fingerprint import KEY, fingerprint
from lib.publish.gates import is_fresh, read_copy
from lib.show.drawings import FOLDER, drawing_name
from lib.show.provenance import device_name, machine_kind

_KERNEL = "python3"
_KERNEL_START = 120  # seconds; a cold disk and a busy machine take their time


def execute_book(
    profile_name: str = "laptop",
    data: str | Path = "",
    notebooks: Sequence[str] | None = None,
    parameters: Mapping[str, object] | None = None,
) -> list[Path]:
    """Execute the notebooks of `_toc.yml` in order; copies that are still current are kept.

    Args:
        profile_name: see :func:`lib.profiles.profile.load_profile`.
        data: a folder of XMIDI-named MIDI files; empty for the embedded corpus.
        notebooks: names such as '02_lstm'; None for all.
        parameters: values for further parameters; each notebook gets those that it has.

    Returns:
        The executed copies.

    Raises:
        BookError: for an unknown profile, notebook or parameter, before anything runs; and when a notebook
            fails, with its name, its cell and the error.
    """
    profile = load_profile(profile_name, data)
    wanted = select(chapters(), list(notebooks) if notebooks is not None else None)
    given = {chapter.name: parameters_for(chapter, profile, parameters, wanted) for chapter in wanted}
    return execute_chapters(wanted, profile, given, open_store(profile).hash)


def parameters_for(
    chapter: Chapter,
    profile: Profile,
    parameters: Mapping[str, object] | None = None,
    among: Sequence[Chapter] = (),
) -> dict[str, object]:
    """All that papermill gives `chapter`: profile, data, and those of `parameters` that it has.

    Raises:
        BookError: when the notebook lacks `profile` or `data`, or when none of `among` has a given parameter.
    """
    folder = profile.data.folder
    always = {"profile": profile.name, "data": str(folder) if folder else ""}
    check_parameters(chapter, always)
    known = {other.name: parameters_of(other.read(), other.name) for other in {chapter, *among}}
    for name in parameters or {}:
        if not any(name in names for names in known.values()):
            check_parameters(chapter, {name: None})
    own = {name: value for name, value in (parameters or {}).items() if name in known[chapter.name]}
    return {**always, **own}


def executed_path(profile: str, chapter: Chapter) -> Path:
    """Where the executed copy of `chapter` lies."""
    return artifacts_folder() / "executed" / profile / f"{chapter.name}.ipynb"


def drawings_folder(copy: Path) -> Path:
    """Where the drawings of an executed copy's figures lie."""
    return copy.parent / "figures" / copy.stem


def execute_chapters(
    wanted: Sequence[Chapter],
    profile: Profile,
    parameters: Mapping[str, Mapping[str, object]],
    data_hash: str,
    project: Path = PROJECT,
) -> list[Path]:
    """Execute `wanted` in order, each with its own entry of `parameters`; see :func:`execute_book`."""
    expected = {
        chapter.name: fingerprint(chapter, profile, parameters[chapter.name], data_hash, project)
        for chapter in wanted
    }
    to_run = [chapter for chapter in wanted if not _is_fresh(chapter, profile, expected[chapter.name])]
    times = {chapter.name: _last_duration(executed_path(profile.name, chapter)) for chapter in to_run}
    for number, chapter in enumerate(wanted, start=1):
        label = f"notebook {number} of {len(wanted)}, {chapter.name}"
        if chapter not in to_run:
            say(f"{label}: current, kept")
            continue
        left = [times[other.name] for other in to_run[to_run.index(chapter) :]]
        say(f"{label}: running{_forecast(times[chapter.name], left)}")
        took = _execute(chapter, profile, parameters[chapter.name], expected[chapter.name])
        say(f"{label}: done in {duration(took)}")
    return [executed_path(profile.name, chapter) for chapter in wanted]


def _is_fresh(chapter: Chapter, profile: Profile, expected: Mapping[str, str]) -> bool:
    path = executed_path(profile.name, chapter)
    return path.is_file() and is_fresh(read_copy(path, chapter, profile.name, expected))


def _execute(
    chapter: Chapter, profile: Profile, parameters: Mapping[str, object], expected: Mapping[str, str]
) -> float:
    """Run one notebook; returns the seconds it took."""
    path = executed_path(profile.name, chapter)
    unfinished = make_folder(path.parent / "unfinished") / path.name
    drawings = drawings_folder(path)
    with _environment(path.parent / "media", drawings), explain_write_errors(unfinished):
        notebook = _run_kernel(chapter, unfinished, profile, parameters)
    run = notebook.metadata.papermill
    run.input_path, run.output_path = f"{chapter.document}.ipynb", path.name  # no folders of this machine
    notebook.metadata[KEY] = {
        "fingerprint": dict(expected),
        "profile": profile.name,
        "device": device_name(),
        "threads": profile.threads,
        "precision": profile.precision,
        "kind": machine_kind(profile.precision),
        "commit": git_commit(),
    }
    with atomic_path(path) as temporary:
        nbformat.write(notebook, temporary)
    unfinished.unlink(missing_ok=True)
    _forget_drawings(drawings, notebook)
    return run.duration


def _run_kernel(
    chapter: Chapter, unfinished: Path, profile: Profile, parameters: Mapping[str, object]
) -> nbformat.NotebookNode:
    """Papermill's part: the executed notebook, also written to `unfinished` cell by cell."""
    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what it has to say, our own sentence says
    try:
        return papermill.execute_notebook(
            chapter.source,
            unfinished,
            dict(parameters),
            kernel_name=_KERNEL,
            progress_bar=False,
            cwd=chapter.source.parent,
            start_timeout=_KERNEL_START,
            execution_timeout=profile.cell_timeout,
            stderr_file=sys.stderr,  # training's progress, passed on as it comes
            extra_arguments=["--IPKernelApp.log_level=50"],
        )  # or it warns of every connection on this machine
    except PapermillExecutionError as error:
        raise BookError(_failure(chapter, _keep_failed(unfinished), error)) from error
    except TimeoutError as error:
        raise BookError(
            f"The notebook {chapter.name} stopped: a cell took more than the "
            f"{profile.cell_timeout} s that the profile allows; "
            f"see {shown(_keep_failed(unfinished))}."
        ) from error
    except RuntimeError as error:  # a kernel that died
        reason = str(error).strip().splitlines()[-1]
        raise BookError(
            f"The notebook {chapter.name} stopped: {reason}; see {shown(_keep_failed(unfinished))}."
        ) from error


def _forget_drawings(folder: Path, notebook: nbformat.NotebookNode) -> None:
    """Remove the drawings of figures that the new copy no longer holds."""
    pictures = (
        output.get("data", {}).get("image/png")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )
    held = {drawing_name(picture) for picture in pictures if picture}
    for path in folder.glob("*.svg"):
        if path.name not in held:
            path.unlink()


@contextlib.contextmanager
def _environment(media: Path, drawings: Path) -> Iterator[None]:
    """Variables that the kernel inherits: where its files go, and our home, although it runs elsewhere."""
    changes = {
        "MOOD_MEDIA": str(make_folder(media)),
        FOLDER: str(make_folder(drawings)),
        "MOOD_HOME": str(home()),
        "JUPYTER_PREFER_ENV_PATH": "1",  # a 'python3' kernel in the user's home may be another Python
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # or the kernel's debugger prints a warning of its own
        # loky starts a worker again that was idle for long, as on a busy machine; nothing is lost
        "PYTHONWARNINGS": "ignore:A worker stopped while some jobs:UserWarning",
    }
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _keep_failed(unfinished: Path) -> Path:
    failed = make_folder(unfinished.parent.parent / "failed") / unfinished.name
    if unfinished.is_file():
        os.replace(unfinished, failed)
    return failed


def _failure(chapter: Chapter, kept: Path, error: PapermillExecutionError) -> str:
    first_line = next((line for line in error.source.splitlines() if line.strip()), "")
    message = " ".join(str(error.evalue).split())[:400]
    return (
        f"The notebook {chapter.name} failed in cell [{error.exec_count}], which begins "
        f"'{first_line[:60]}', with {error.ename}: {message.rstrip('.')}; see {shown(kept)}."
    )


def _last_duration(path: Path) -> float | None:
    """Seconds that the notebook took when it was last executed, if it was."""
    if not path.is_file():
        return None
    with contextlib.suppress(BookError):
        return read_notebook(path).metadata.get("papermill", {}).get("duration")
    return None


def _forecast(this: float | None, left: Sequence[float | None]) -> str:
    if this is None:
        return " for the first time"
    known = [seconds for seconds in left if seconds is not None]
    rest = f", {duration(sum(known))} left for the book" if len(known) == len(left) and len(left) > 1 else ""
    end = datetime.fromtimestamp(datetime.now().timestamp() + this)
    return f", {duration(this)} last time (until {end:%H:%M}){rest}"
