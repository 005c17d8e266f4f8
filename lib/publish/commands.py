"""The commands that make the book, ``python -m lib book`` and others, and those that look at it.

Imports stand inside, as in lib.cli.
"""

from pathlib import Path
from typing import Annotated

import typer

from lib.profiles import load_profile
from lib.profiles.options import DataFolder, ProfileName, RatedFolder

book_commands = typer.Typer()


@book_commands.command()
def execute(
    notebooks: Annotated[
        list[str] | None, typer.Argument(help="Names such as 02_lstm; none: all, in order.")
    ] = None,
    profile: ProfileName = "laptop",
    data: DataFolder = "",
    rated: RatedFolder = "",
) -> None:
    """Execute the notebooks with papermill; copies that are still current are kept."""
    from lib.publish.execute import execute_book

    execute_book(profile, data, notebooks or None, _parameters(rated))


@book_commands.command()
def book(profile: ProfileName = "laptop", data: DataFolder = "", rated: RatedFolder = "") -> None:
    """Execute all notebooks and build the site from them: what `make book` does in the environment."""
    execute(None, profile, data, rated)
    build(profile, data, rated)


@book_commands.command()
def build(profile: ProfileName = "laptop", data: DataFolder = "", rated: RatedFolder = "") -> None:
    """Check the executed notebooks and build the site from them."""
    from lib.publish.site import build_site

    print(build_site(profile, data, _parameters(rated)))


def _parameters(rated: str) -> dict[str, str] | None:
    """What notebooks are given besides profile and data."""
    return {"rated": str(Path(rated).expanduser().resolve())} if rated else None


@book_commands.command()
def publishable(
    site: Annotated[
        Path | None, typer.Argument(help="The folder of its pages; by default _build/html.")
    ] = None,
) -> None:
    """Refuse a built site that is a trial: its numbers are not meant to be read."""
    from lib.publish.record import refuse_trial

    print(f"made with the profile {refuse_trial(site)}; it may be published")


@book_commands.command()
def pdf(
    site: Annotated[
        Path | None, typer.Argument(help="The folder of its pages; by default _build/html.")
    ] = None,
) -> None:
    """Print the whole book from its built site as one PDF, into it; needs Chromium."""
    from lib.publish.paper.printing import print_book

    print(print_book(site))


@book_commands.command()
def links(profile: ProfileName = "laptop", data: DataFolder = "") -> None:
    """Ask whether the addresses on other hosts that the book names still answer; needs the network."""
    from lib.publish.links import check_links

    print(f"{check_links(profile, data)} addresses answered")


@book_commands.command()
def compare(
    profile: ProfileName = "laptop",
    data: DataFolder = "",
    keep: Annotated[bool, typer.Option("--keep", help="Write today's numbers as those to commit.")] = False,
    minutes: Annotated[
        float | None,
        typer.Option(
            help="Write each chapter's time, too, measured on an idle machine from nothing: the seconds from "
            "the command to the first notebook."
        ),
    ] = None,
) -> None:
    """Compare the executed book's numbers and words with those committed for this kind of machine."""
    from lib.publish.numbers.compare import compare_book
    from lib.publish.numbers.minutes import keep_minutes
    from lib.publish.site import read_copies

    copies = read_copies(profile, data)
    print(compare_book(copies, load_profile(profile).name, keep))
    if minutes is not None:
        print(keep_minutes(copies, minutes))


@book_commands.command()
def lab(
    profile: ProfileName = "laptop",
    start: Annotated[bool, typer.Option(help="Open JupyterLab, or only prepare its folder.")] = True,
) -> None:
    """Open the notebooks in JupyterLab: copies whose sentences hold their numbers beside those to run."""
    from lib.publish.for_class.lab import open_lab

    said = open_lab(profile, start)
    if not start:
        print(said)


@book_commands.command()
def figures(profile: ProfileName = "laptop") -> None:
    """Write every figure of the executed book as SVG and PNG with caption and licence, to _build/figures."""
    from lib.publish.for_class.figure_set import figure_set

    print(figure_set(load_profile(profile).name))


@book_commands.command()
def doctor(profile: ProfileName = "laptop", data: DataFolder = "") -> None:
    """Say what this machine has, what the profile asks for and what exists already."""
    from lib.publish.doctor import diagnose

    print(diagnose(load_profile(profile, data)))
