"""Where and from which state of the project something was computed."""

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

from lib.basics.places import PROJECT

#: Packages whose version can change a result or a page.
MAIN_PACKAGES = ("torch", "numpy", "miditok", "symusic", "music21", "verovio", "pandas", "scikit-learn",
                 "matplotlib", "papermill", "jupyter-book")


def git_state(project: Path = PROJECT) -> dict[str, str | bool | None]:
    """The commit of the checkout and whether tracked files differ from it; `commit` is None outside git."""
    commit = _git(project, "rev-parse", "HEAD")
    changed = bool(_git(project, "status", "--porcelain", "--untracked-files=no")) if commit else None
    return {"commit": commit, "changed": changed}


def describe_commit(state: dict[str, str | bool | None]) -> str:
    """A commit for people: '1a2b3c4d5e6f', with a note when the files differed from it."""
    if not state.get("commit"):
        return "not a git checkout"
    note = ", with uncommitted changes" if state.get("changed") else ""
    return f"{str(state['commit'])[:12]}{note}"


def describe_device() -> str:
    """The device that training uses: the GPU's name, or the CPU's with its number of usable cores."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name(0)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_cpu_name()}, {cores} cores"


def package_versions(names: tuple[str, ...] = MAIN_PACKAGES) -> dict[str, str]:
    """Installed versions by package name; a package that is missing is left out."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _git(project: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(project), *arguments], capture_output=True, text=True,
                              timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
