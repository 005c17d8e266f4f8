"""The commands ``python -m lib rated vgmidi`` and ``emopia``; imports stand inside, as in lib.cli."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lib.chapters.rated_emotions.data_sets.ratings import RatedSet

rated = typer.Typer(
    no_args_is_help=True, help="Music whose emotion people rated: read it, hold the book's labels against it."
)

Folder = Annotated[Path, typer.Argument(help="A clone of the data set, or an unpacked archive of it.")]
Out = Annotated[
    Path | None,
    typer.Option(help="Where to write the pieces as an XMIDI-named folder; by default data/NAME-rated."),
]


@rated.command()
def vgmidi(
    folder: Folder,
    out: Out = None,
    keep: Annotated[bool, typer.Option("--keep", help="Write the tables as the evidence to commit.")] = False,
    judges: Annotated[
        bool,
        typer.Option(
            "--judges",
            help="Write the judges' coefficients. The emotion labels rest on them: all data change.",
        ),
    ] = False,
) -> None:
    """Read VGMIDI, write its pieces with their labels, make every table and compare it with the kept ones."""
    from lib.chapters.rated_emotions import kept
    from lib.chapters.rated_emotions.data_sets.vgmidi import read_vgmidi
    from lib.chapters.rated_emotions.results import compute

    found = read_vgmidi(folder)
    _write(found, out)
    results = compute(found)
    if judges:
        print(kept.keep_judges(found, results))
    if keep:
        for path in kept.keep(found, results):
            print(path)
    else:
        print(kept.compare(results.tables).to_string(index=False))


@rated.command()
def emopia(folder: Folder, out: Out = None) -> None:
    """Read EMOPIA, write its clips with their labels, hold the rule and the taught judges against them."""
    from lib.chapters.rated_emotions.data_sets.emopia import read_emopia
    from lib.chapters.rated_emotions.elsewhere import elsewhere_table

    found = read_emopia(folder)
    _write(found, out)
    print(elsewhere_table(found).to_string(index=False, float_format=lambda value: f"{value:.3f}"))


def _write(found: "RatedSet", out: Path | None) -> None:
    from lib.basics.places import shown
    from lib.chapters.rated_emotions.data_sets.folders import default_folder, write_folder
    from lib.show.words import counted

    target = out or default_folder(found)
    pieces, left_out = write_folder(found, target)
    print(
        f"{shown(target)}: {counted(pieces, 'piece')} of {len(set(found.series))} series"
        + (f", {counted(found.ratings, 'rating')}" if found.ratings else "")
    )
    for item in left_out:
        print(f"left out: {item.name!r}: {item.reason}")
