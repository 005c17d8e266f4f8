"""All chapters of the book in one process: the cells of every notebook, with networks as small as they get.

It takes a tenth of the time of a book at the profile `smoke`, since no kernel starts, nothing is imported
twice and next to nothing is trained, and it sees what the gates of a book would: errors and warnings.
"""

import base64
import contextlib
import os
import re
import sys
import time
import warnings
from pathlib import Path

import matplotlib.pyplot
import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import lib.profiles
from lib.basics.places import NOTEBOOKS
from lib.profiles import Profile
from lib.profiles.profile import load_profile as load_whole_profile

CHAPTERS = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
_SOLUTION = re.compile(
    r"^```\{admonition\} [^\n]+\n:class: dropdown\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
_CODE = re.compile(r"^~~~python\n(?P<code>.*?)^~~~$", re.DOTALL | re.MULTILINE)
_WARNING = re.compile(r"[^\n]*(?:warning|traceback)[^\n]*", re.IGNORECASE)


def tiny_profile(name: str = "laptop", data: str | Path = "") -> Profile:
    """The profile `smoke` with less of everything; another profile as it is."""
    profile = load_whole_profile(name, data)
    if name != "smoke":
        return profile
    content = profile.model_dump()
    for run in content["runs"].values():
        run["model"] |= {"hidden_size": 16, "num_layers": 1}
        run["training"] |= {"tokens": 6_000, "window": 128, "batch_tokens": 2048}
    content["generation"] |= {"max_tokens": 64, "counted_pieces": 4, "labels": 2, "grid_labels": 1}
    content["experiments"]["training"] |= {"tokens": 1_000, "evaluation_tokens": 1_000}
    content["experiments"]["model"] |= {"hidden_size": 16, "num_heads": 2}
    content["experiments"] |= {"places": 2, "shares": [0.1, 0.5]}
    content["survey"] |= {"surveys": 20, "even_surveys": 200, "bootstrap": 100}
    content["ablation"]["training"] |= {"tokens": 2_000}
    content["ablation"] |= {"judged_tokens": 1_000}
    content["notes"] |= {"pieces": 4, "with_voices": 2}
    content["notation"] |= {"tunes": 6, "held_out": 4, "epochs": 1}
    content["ear"] |= {"train_per_genre": 3, "test_per_genre": 2, "epochs": 1}
    return Profile.model_validate(content | {"threads": 1, "workers": 1})


def solutions(notebook: nbformat.NotebookNode) -> list[str]:
    """The code of the folded solutions of a chapter, block by block, as it is printed."""
    return [
        block["code"]
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for folded in _SOLUTION.finditer(cell.source)
        for block in _CODE.finditer(folded["text"])
    ]


def run_chapters(folder: Path, names: list[str] | None = None, keep: Path | None = None) -> list[str]:
    """Run the chapters on the music in `folder`, each to its end, and then the code of its solutions.

    Args:
        folder: of XMIDI-named files.
        names: of notebooks; None for all.
        keep: where to write what each cell shows, for a look; None for nowhere.

    Returns:
        One line for whatever would keep a chapter from the site: errors and warnings. Cells behind a failed
        one are tried too.
    """
    problems = []
    before, here, backend = lib.profiles.load_profile, Path.cwd(), matplotlib.get_backend()
    lib.profiles.load_profile = tiny_profile
    matplotlib.use("module://matplotlib_inline.backend_inline")
    try:
        os.chdir(NOTEBOOKS)
        for name in names or CHAPTERS:
            began = time.monotonic()
            problems += [f"{name} {problem}" for problem in _run(name, folder, keep)]
            print(f"{folder.name} {name}: {time.monotonic() - began:.0f} s", file=sys.__stderr__, flush=True)
    finally:
        os.chdir(here)
        lib.profiles.load_profile = before
        matplotlib.use(backend)
    return problems


def _run(name: str, folder: Path, keep: Path | None) -> list[str]:
    """The problems of one notebook."""
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(colors="NoColor")
    problems, failed, kept = [], False, set()
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        source = cell.source
        if "parameters" in cell.metadata.get("tags", []):
            source += f"\nprofile, data = 'smoke', {str(folder)!r}"
        with _unhandled_warnings(), capture_output() as shown:
            shell.display_trap.hook = sys.displayhook  # the capturing one, for a cell's last line
            result = shell.run_cell(source, store_history=True)
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            if not (failed and isinstance(error, NameError)):
                problems.append(f"[{number}]: {type(error).__name__}: {' '.join(str(error).split())[:300]}")
            failed = True
            if keep:
                _write(keep / f"{folder.name}-{name}-{number}.txt", shown.stdout + shown.stderr)
            continue
        for about, text in _glued(shown):
            kept.add(about)
            if re.search(r"\bnan\b", text):
                problems.append(f"[{number}] says of {about}: {text}")
        problems += [f"[{number}] wrote: {line.strip()[:300]}" for line in _WARNING.findall(shown.stderr)[:1]]
        if "Traceback" in shown.stdout:  # of what a cell shows, which the shell draws after the cell
            problems.append(f"[{number}] shows {shown.stdout.strip().splitlines()[-1][:300]}")
        if keep:
            _keep(keep / f"{folder.name}-{name}-{number:02d}", shown)
    for number, code in enumerate([] if failed else solutions(notebook), start=1):
        with _unhandled_warnings(), capture_output() as shown:
            shell.display_trap.hook = sys.displayhook
            result = shell.run_cell(code, store_history=True)
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            told = " ".join(str(error).split())[:300]
            problems.append(f"[solution {number}]: {type(error).__name__}: {told}")
        if keep:
            _keep(keep / f"{folder.name}-{name}-solution-{number}", shown)
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    missing = set(re.findall(r"{glue:text}`([^`:]+)", prose)) - kept
    return problems + [f"has no {about} for its sentences" for about in sorted(missing) if not failed]


def _glued(shown) -> list[tuple[str, str]]:
    """Names and texts that a cell keeps for sentences."""
    return [
        (output.metadata["scrapbook"]["name"], text)
        for output in shown.outputs
        if "scrapbook" in output.metadata
        and (text := output.data.get("application/papermill.record/text/plain")) is not None
    ]


@contextlib.contextmanager
def _unhandled_warnings():
    """As in a kernel: warnings are shown, each once a place; figures of a cell before are closed."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.simplefilter("default")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=PendingDeprecationWarning)
        warnings.filterwarnings("ignore", category=ResourceWarning)
        yield
    matplotlib.pyplot.close("all")


def _keep(stem: Path, shown) -> None:
    for count, output in enumerate(shown.outputs):
        for kind, ending in (
            ("image/png", "png"),
            ("image/svg+xml", "svg"),
            ("text/html", "html"),
            ("text/markdown", "md"),
        ):
            content = output.data.get(kind)
            if content is not None:
                content = base64.b64decode(content) if ending == "png" else content
                _write(stem.with_name(f"{stem.name}-{count}.{ending}"), content)
    if shown.stdout:
        _write(stem.with_name(f"{stem.name}.txt"), shown.stdout)


def _write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        content = content.encode()
    path.write_bytes(content)
