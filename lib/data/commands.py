"""The commands that make and check data: ``python -m lib corpus``, ``rehearse`` and ``xmidi``.

Imports stand inside, as in lib.cli.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lib.basics.errors import BookError
from lib.profiles import load_profile
from lib.profiles.options import DataFolder, ProfileName

data_commands = typer.Typer()
xmidi = typer.Typer(no_args_is_help=True, help="XMIDI, the original data set: fetch it, check it.")
data_commands.add_typer(xmidi, name="xmidi")

Workers = Annotated[
    int | None,
    typer.Option(
        min=1, help="Processes that read; by default all cores for a folder, else the profile's number."
    ),
]
Cluster = Annotated[
    str,
    typer.Option(
        help="Address of a Dask scheduler whose workers read instead; they must see the same folders."
    ),
]


@data_commands.command()
def corpus(
    profile: ProfileName = "laptop", data: DataFolder = "", workers: Workers = None, cluster: Cluster = ""
) -> None:
    """Write the embedded music (or read a folder), tokenise it, group duplicates and freeze the split."""
    settings = load_profile(profile, data)
    from lib.basics.machine import core_count
    from lib.data import open_store
    from lib.data.shards import Reading
    from lib.data.summary import describe_store

    workers = workers or (core_count() if data else settings.workers)
    print(describe_store(open_store(settings, reading=Reading(workers, cluster))))


@xmidi.command()
def fetch(
    folder: Annotated[Path | None, typer.Argument(help="Where to unpack; by default data/XMIDI.")] = None,
    archive: Annotated[Path | None, typer.Option(help="The archive, if you have it already.")] = None,
) -> None:
    """Download, check and unpack XMIDI; an interrupted download goes on where it was."""
    from lib.data.files import xmidi as dataset

    folder, archive = folder or dataset.default_folder(), archive or dataset.default_archive()
    print(dataset.ABOUT)
    try:
        unpacked = dataset.fetch(archive, folder)
    except BookError:
        if not archive.is_file():
            print(dataset.by_hand(archive), file=sys.stderr)
        raise
    print(dataset.describe_unpacked(folder, unpacked))
    print(dataset.describe_comparison(dataset.compare_counts(folder)))


@xmidi.command()
def verify(folder: Annotated[Path, typer.Argument(help="The folder of the MIDI files.")]) -> None:
    """Hold a folder against XMIDI's published counts; the status is 1 if they differ."""
    from lib.data.files import xmidi as dataset

    table = dataset.compare_counts(folder)
    print(dataset.describe_comparison(table))
    if table["difference"].any():
        raise typer.Exit(1)


@data_commands.command()
def rehearse(
    pieces: Annotated[int, typer.Option(help="How many files; XMIDI has 108,023.")],
    workers: Workers = None,
    cluster: Cluster = "",
) -> None:
    """Run the whole data path over a made-up folder like XMIDI, broken files among them; print its costs."""
    settings = load_profile("laptop")
    from lib.basics.machine import core_count
    from lib.data.pieces import read_folder
    from lib.data.rehearsal.rehearse import rehearse as run
    from lib.data.shards import Reading
    from lib.data.store import dataset_folder

    sources = [piece.path for piece in read_folder(dataset_folder(settings))[0]]
    table = run(settings, sources, pieces, Reading(workers or core_count(), cluster))
    print(table.to_string(index=False, header=False, float_format="{:,.2f}".format))
