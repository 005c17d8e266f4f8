"""What stands at the end of every chapter: which code, data and settings it was made with, and on what."""

from collections.abc import Iterable, Sequence
from html import escape

import torch
from IPython.display import HTML

from lib.basics.machine import core_count, git_commit, package_versions, processor_name
from lib.basics.precision import MIXED, Precision
from lib.basics.progress import duration
from lib.data import TokenStore
from lib.profiles import Profile
from lib.training import Run

#: Packages whose version can change a result or a page.
MAIN_PACKAGES = (
    "torch",
    "numpy",
    "miditok",
    "symusic",
    "music21",
    "verovio",
    "pandas",
    "scikit-learn",
    "librosa",
    "matplotlib",
    "papermill",
    "jupyter-book",
)

_STATUS_PAGE = "../book/status.html"  # from a chapter's page, notebooks/<name>.html


def show_provenance(profile: Profile, store: TokenStore, runs: Sequence[Run] = ()) -> HTML:
    """The table that closes a chapter.

    Args:
        profile: the settings that the chapter was executed with.
        store: the data.
        runs: the trained models whose results the chapter shows.

    Returns:
        A table of two columns: commit, profile, seed, data, device, versions, and a line for each run. How
        long the chapter itself took is known only when it has ended; the table links the page that tells it.
    """
    rows = [
        ("Commit", describe_commit(git_commit())),
        ("Profile", f"{profile.name}, seed {profile.seed}: {profile.description}"),
        (
            "Data",
            f"{profile.data.name}, token set {profile.data.token_set}, labels {_labels(profile)}: "
            f"{len(store.index):,} pieces, hash {store.hash[:12]}",
        ),
        ("Device", f"{device_name()}; {profile.threads} threads, precision {profile.precision}"),
        ("Versions", describe_versions(package_versions(MAIN_PACKAGES))),
        *((f"Run {run.settings.name}", _describe_run(run)) for run in runs),
    ]
    body = "\n".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(text)}</td></tr>' for name, text in rows
    )
    return HTML(
        '<table class="table provenance">\n'
        f'<caption>Provenance. Run times: <a href="{_STATUS_PAGE}">what was executed</a>.</caption>\n'
        f"<tbody>\n{body}\n</tbody></table>"
    )


def describe_commit(commit: str | None) -> str:
    """A commit for people: twelve digits, and a note when files had been changed since."""
    if commit is None:
        return "not a git checkout"
    digits, _, changes = commit.partition("+")
    return digits[:12] + (", with uncommitted changes" if changes else "")


def device_name() -> str:
    """The device that models are trained on: the GPU's name, or the processor's with its number of cores."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name(0)
    return f"{processor_name()}, {core_count()} cores"


def machine_kind(precision: Precision) -> str:
    """What decides most about the last digits: 'cpu-fp32', 'cpu-bf16', 'gpu-fp32' or 'gpu-bf16'."""
    return f"{'gpu' if torch.cuda.is_available() else 'cpu'}-{'bf16' if precision == MIXED else 'fp32'}"


def describe_versions(versions: dict[str, str | None]) -> str:
    """Packages with their versions, as one line."""
    return ", ".join(f"{name} {version or 'missing'}" for name, version in versions.items())


def _labels(profile: Profile) -> str:
    return "given" if profile.data.folder else f"by the scheme '{profile.data.labels}'"


def _describe_run(run: Run) -> str:
    summary = run.summary
    parts: Iterable[str] = (
        run.folder.name,
        f"seed {summary['seed']}",
        run.settings.precision,
        f"{summary['parameters']:,} parameters",
        f"{summary['tokens']:,} tokens in {duration(summary['seconds'])}",
        *([] if summary["status"] == "finished" else [summary["status"]]),
    )
    return ", ".join(parts)
