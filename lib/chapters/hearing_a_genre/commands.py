"""The commands of chapter 10: `python -m lib hear genre FOLDER`."""

from pathlib import Path
from typing import Annotated

import typer

from lib.basics.errors import BookError
from lib.profiles import load_profile

hear = typer.Typer(no_args_is_help=True, help="Train an ear on your own audio, and ask it.")


@hear.callback()
def _group() -> None:
    """Train an ear on your own audio, and ask it."""


@hear.command()
def genre(
    folder: Annotated[Path, typer.Argument(help="A folder that holds a folder of audio for each genre.")],
    songs: Annotated[Path | None, typer.Option(help="Then list the songs of this folder by genre.")] = None,
    move_into: Annotated[
        Path | None,
        typer.Option(
            help="Move those songs into a folder for each genre here. Without this nothing is moved."
        ),
    ] = None,
    profile: Annotated[str, typer.Option(help="Whose settings to use.")] = "laptop",
) -> None:
    """Learn to tell the genres of a folder, and say how well, on songs not heard before."""
    settings = load_profile(profile)
    if move_into is not None and songs is None:
        raise BookError("There is nothing to move: name the folder of the songs with --songs.")
    from lib.chapters.hearing_a_genre.folder import judge_folder, read_genres, read_songs, sort_songs

    verdict = judge_folder(read_genres(folder, settings.workers), settings)
    kinds = sorted(set(verdict.songs.genres.tolist()))
    print(
        f"{len(verdict.songs.paths)} songs in {len(kinds)} genres; {verdict.right:.0%} right on songs left "
        f"out of training (95% interval {verdict.low:.0%} to {verdict.high:.0%}; chance is "
        f"{verdict.chance:.0%})"
    )
    for path, asked, heard in zip(verdict.songs.paths, verdict.songs.genres, verdict.obtained, strict=True):
        if asked != heard:
            print(f"taken for {heard}: {path}")
    left_out = list(verdict.songs.left_out)
    if songs is not None:
        asked_for = read_songs(songs, settings.workers)
        left_out += asked_for.left_out
        genres = verdict.ear.recognise(asked_for.features)
        if move_into is None:
            for name, path in sorted(zip(genres, asked_for.paths, strict=True)):
                print(f"{name}\t{path}")
        else:
            for before, after in sort_songs(asked_for, genres, move_into):
                print(f"{before} is now {after}")
    for path, reason in left_out:
        print(f"left out: {path}: {reason}")
