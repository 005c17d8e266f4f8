"""The commands of the book: ``python -m lib --help``.

Imports stand inside the commands, so that ``--help`` and a wrong option answer at once, without loading
torch. A :class:`BookError` is printed as one sentence and ends with status 1; an interruption with 130.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lib.basics.errors import BookError
from lib.profiles import load_profile

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
                  help="Composing to a Mood: prepare music, train, compose, execute and build the book.")

ProfileName = Annotated[str, typer.Option("--profile", help="Settings: smoke, laptop, evidence or gpu.")]
DataFolder = Annotated[str, typer.Option("--data", help="Folder of XMIDI-named MIDI files; empty: the music "
                                                        "embedded in music21.")]


@app.command()
def corpus(profile: ProfileName = "laptop", data: DataFolder = "") -> None:
    """Write the embedded music (or read a folder), tokenise it, group duplicates and freeze the split."""
    settings = load_profile(profile, data)
    from lib.data import open_store

    store = open_store(settings)
    parts = store.index["split"].value_counts()
    print(f"{store.folder}: {len(store.index):,} pieces, {int(store.index['length'].sum()):,} tokens, "
          f"vocabulary {len(store.vocabulary)}")
    print(", ".join(f"{part} {parts.get(part, 0):,}" for part in ("train", "validation", "test")))
    print(f"emotions: {', '.join(store.emotions)}")
    print(f"genres: {', '.join(store.genres)}")


@app.command()
def train(run: Annotated[str, typer.Argument(help="A run of the profile, such as lstm or transformer.")],
          profile: ProfileName = "laptop", data: DataFolder = "",
          seed: Annotated[int | None, typer.Option(help="Another seed than the profile's.")] = None) -> None:
    """Train one run of the profile, or go on with it; a finished run is returned as it is."""
    settings = load_profile(profile, data)
    wanted = settings.run(run, seed)
    from lib.data import open_store
    from lib.training import request_run

    finished = request_run(wanted, open_store(settings))
    print(f"{finished.folder}: {finished.status}")
    print(finished.metrics.tail(1).to_string(index=False))


@app.command()
def compose(
    emotion: Annotated[str, typer.Option(help="An emotion label of the data.")],
    genre: Annotated[str, typer.Option(help="A genre label of the data.")],
    out: Annotated[Path, typer.Option(help="The MIDI file to write.")],
    audio: Annotated[Path | None, typer.Option(help="Also write this MP3 file.")] = None,
    record: Annotated[Path | None, typer.Option(help="Also write how it was made, as JSON.")] = None,
    run: Annotated[str, typer.Option(help="The run whose model composes.")] = "transformer",
    temperature: Annotated[float, typer.Option(help="Above 0; 1 is the model as it is.")] = 1.0,
    top_k: Annotated[int | None, typer.Option(help="Keep the k likeliest tokens.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Keep the likeliest tokens up to this share.")] = None,
    max_tokens: Annotated[int, typer.Option(help="Stop here if the piece has not ended.")] = 1024,
    seed: Annotated[int, typer.Option(help="The same seed gives the same piece.")] = 1,
    profile: ProfileName = "laptop", data: DataFolder = "",
) -> None:
    """Compose one piece to an emotion and a genre, as MIDI and, if asked for, MP3."""
    settings = load_profile(profile, data)
    from lib.composing import SamplingSettings, compose_pieces
    from lib.composing.compose import label_id
    from lib.data import open_store
    from lib.training import request_run

    sampling = SamplingSettings(temperature=temperature, top_k=top_k, top_p=top_p, max_tokens=max_tokens,
                                seed=seed)
    store = open_store(settings)
    label_id(emotion, store.emotions, "emotion")  # before a model is trained for a misspelt word
    label_id(genre, store.genres, "genre")
    model = request_run(settings.run(run), store)
    piece = compose_pieces(model, store, emotion, genre, sampling)[0]
    for path in piece.save(midi=out, audio=audio, record=record):
        print(path)


@app.command()
def execute(
    notebooks: Annotated[list[str] | None,
                         typer.Argument(help="Names such as 02_lstm; none: all, in order.")] = None,
    profile: ProfileName = "laptop", data: DataFolder = "",
) -> None:
    """Execute the notebooks with papermill; copies that are still current are kept."""
    from lib.publish.execute import execute_book

    execute_book(profile, data, notebooks or None)


@app.command()
def build(profile: ProfileName = "laptop", data: DataFolder = "") -> None:
    """Check the executed notebooks and build the site from them."""
    from lib.publish.site import build_site

    print(build_site(profile, data))


@app.command()
def doctor(profile: ProfileName = "laptop", data: DataFolder = "") -> None:
    """Say what this machine has, what the profile asks for and what exists already."""
    from lib.publish.doctor import diagnose

    print(diagnose(load_profile(profile, data)))


def main(arguments: list[str] | None = None) -> None:
    """Run one command; end with status 1 and one sentence for a :class:`BookError`."""
    try:
        app(arguments)
    except BookError as error:
        print(f"Error: {error}", file=sys.stderr)
        raise SystemExit(1) from None


