"""What this machine has, what a profile asks of it, and what exists already."""

import importlib.metadata
import os
import platform
import shutil

import psutil
import torch
from packaging.requirements import Requirement

from lib.basics import precision
from lib.basics.places import PROJECT, artifacts_folder, home
from lib.chapters.speed.costs import describe_costs
from lib.profiles import Profile

GIB = 2**30


def lock_differences() -> list[str]:
    """Packages whose installed version differs from requirements.txt, as 'name: installed, locked' lines."""
    differences = []
    for line in (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line:
            continue
        wanted = Requirement(line)
        if wanted.marker and not wanted.marker.evaluate():  # for another system or another Python
            continue
        name, locked = wanted.name, str(wanted.specifier).removeprefix("==")
        try:
            installed = importlib.metadata.version(name).split("+")[0]  # '+cpu' names a build, not a version
        except importlib.metadata.PackageNotFoundError:
            installed = "missing"
        if installed != locked:
            differences.append(f"{name}: installed {installed}, locked {locked}")
    return differences


def diagnose(profile: Profile) -> str:
    """A report in plain text: machine, packages, profile, what its runs cost, and what is there already."""
    place = home()
    while not place.exists():
        place = place.parent
    memory = psutil.virtual_memory().total / GIB
    devices = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    differences = lock_differences()
    lines = [
        f"machine   {platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"{shutil.disk_usage(place).free / GIB:.0f} GiB free under {home()}",
        f"python    {platform.python_version()}",
        f"torch     {torch.__version__}; GPUs: {', '.join(devices) or 'none, training runs on the CPU'}",
        f"precision {profile.precision} for this profile; {precision.describe()}",
        f"packages  {f'{len(differences)} differ from requirements.txt' if differences else 'as locked'}",
        *(f"          {difference}" for difference in differences),
        f"profile   {profile.name}: {profile.description}",
        f"data      {profile.data.folder or profile.data.corpus + ' (from music21)'}; "
        f"tokens: {profile.data.token_set}",
        *(
            f"run       {name}: {entry.model.kind}, hidden size {entry.model.hidden_size}, "
            f"{entry.model.num_layers} layers, window {entry.training.window}"
            for name, entry in profile.runs.items()
        ),
        *describe_costs(profile),
    ]
    for folder, what in (("stores", "token stores"), ("runs", "runs"), ("executed", "executed profiles")):
        found = sorted(path.name for path in (artifacts_folder() / folder).glob("[!.]*") if path.is_dir())
        lines.append(f"exists    {what}: {', '.join(found) or 'none yet'}")
    return "\n".join(lines)
