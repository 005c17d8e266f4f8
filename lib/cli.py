"""The commands of the book: ``python -m lib --help``.

Imports stand inside the commands, so that ``--help`` and a wrong option answer at once, without loading
torch. A :class:`BookError` is printed as one sentence and ends with status 1; an interruption with 130.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lib.basics.errors import BookError
from lib.chapters.hearing_a_genre.commands import hear
from lib.chapters.rated_emotions.commands import rated
from lib.chapters.survey.commands import survey
from lib.data.commands import data_commands
from lib.profiles import load_profile
from lib.profiles.options import DataFolder, ProfileName
from lib.publish.commands import book_commands

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Composing to a Mood: prepare music, train, compose, execute and build the book.",
)
app.add_typer(data_commands)
app.add_typer(book_commands)
app.add_typer(survey, name="survey")
app.add_typer(rated, name="rated")
app.add_typer(hear, name="hear")


@app.command()
def train(
    run: Annotated[str, typer.Argument(help="A run of the profile, such as lstm or transformer.")],
    profile: ProfileName = "laptop",
    data: DataFolder = "",
    seed: Annotated[int | None, typer.Option(help="Another seed than the profile's.")] = None,
) -> None:
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
    out: Annotated[
        Path | None,
        typer.Option(
            help="A .mid file for one piece, or a folder in which each "
            "piece gets a MIDI, an MP3 and a JSON file; may be left "
            "out where only a score is wanted."
        ),
    ] = None,
    count: Annotated[int, typer.Option(help="How many pieces; the next has the next seed.")] = 1,
    audio: Annotated[Path | None, typer.Option(help="Beside a .mid file, also write this MP3 file.")] = None,
    record: Annotated[
        Path | None, typer.Option(help="Beside a .mid file, also write how it was made, as JSON.")
    ] = None,
    score: Annotated[
        Path | None, typer.Option(help="Also write the piece as notation: a .musicxml, .pdf or .svg file.")
    ] = None,
    prompt: Annotated[Path | None, typer.Option(help="Go on from the beginning of this MIDI file.")] = None,
    prompt_bars: Annotated[
        int | None, typer.Option(help="How many bars of the prompt; 4 if not given.")
    ] = None,
    rewrite: Annotated[
        str | None,
        typer.Option(help="Write these bars of the prompt again, such as 5-8, and keep all others."),
    ] = None,
    bars: Annotated[
        int | None, typer.Option(help="How many bars the piece is to have; as the model likes if not given.")
    ] = None,
    candidates: Annotated[
        int,
        typer.Option(
            help="Compose so many for each piece and keep the one that a "
            "classifier finds truest to the labels."
        ),
    ] = 1,
    run: Annotated[
        str,
        typer.Option(
            help="A run of the profile, such as transformer or lstm, trained first "
            "if need be; empty: the model that comes with the book."
        ),
    ] = "",
    temperature: Annotated[float, typer.Option(help="Above 0; 1 is the model as it is.")] = 1.0,
    top_k: Annotated[int | None, typer.Option(help="Keep the k likeliest tokens.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Keep the likeliest tokens up to this share.")] = None,
    guidance: Annotated[
        float, typer.Option(help="Above 1: follow the labels more closely; 0: ignore them.")
    ] = 1.0,
    max_tokens: Annotated[
        int | None,
        typer.Option(
            help="Stop here if the piece has not ended; if not given, "
            "1,024 or the context length of the pretrained model."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same piece.")] = 1,
    browser_seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=2**53 - 1,
            help="Instead of a seed: the piece that the page book/compose composes with this seed.",
        ),
    ] = None,
    profile: ProfileName = "laptop",
    data: DataFolder = "",
) -> None:
    """Compose pieces to an emotion and a genre: MIDI, MP3, and a JSON file of how each was made."""
    settings = load_profile(profile, data)
    wanted = settings.run(run) if run else None
    if data and not run:
        raise BookError(
            "The pretrained model knows nothing of your data: say which run is to compose, as in "
            "--run transformer, or leave --data out."
        )
    if browser_seed is not None and run:
        raise BookError("The page composes with the pretrained model: leave out --run or --browser-seed.")
    from lib.composing import SamplingSettings, load_pretrained
    from lib.composing.browser.weights import quantised
    from lib.composing.pretrained import FOLDER, SELECTOR
    from lib.composing.request import Request, read_span
    from lib.measures.selector import fit_selector, read_selector

    pretrained = None if run else load_pretrained()
    if pretrained and browser_seed is not None:
        pretrained = quantised(pretrained)
    longest = max_tokens or (pretrained.context_length if pretrained else 1024)
    sampling = SamplingSettings(
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        guidance=guidance,
        max_tokens=longest,
        bars=bars,
        seed=seed if browser_seed is None else browser_seed,
        generator="numpy" if browser_seed is None else "browser",
    )
    request = Request(
        emotion,
        genre,
        sampling,
        out,
        count,
        audio,
        record,
        prompt,
        prompt_bars,
        score,
        read_span(rewrite) if rewrite is not None else None,
        candidates,
    )
    if pretrained:
        written = request.fulfil(
            lambda: pretrained, pretrained, lambda: read_selector(FOLDER / SELECTOR).choose
        )
    else:
        from lib.data import open_store
        from lib.training import request_run

        store = open_store(settings)
        written = request.fulfil(
            lambda: request_run(wanted, store), store, lambda: fit_selector(store).choose
        )
    for path in written:
        print(path)


@app.command()
def pretrain(
    profile: ProfileName = "laptop",
    judge: Annotated[
        bool,
        typer.Option(
            "--judge", help="Train nothing: judge the weights that are there, and write their card anew."
        ),
    ] = False,
) -> None:
    """Train the model that comes with the book, judge it, write its weights and card to lib/pretrained/."""
    from lib.long_runs.pretraining import judge_published, make_pretrained

    card = (judge_published if judge else make_pretrained)(load_profile(profile))
    print(
        f"{card['parameters']:,} parameters, {card['held_out']['all']['nats_per_note']} nats a source note "
        "held out; the card is written to lib/pretrained/MODEL_CARD.md"
    )


@app.command()
def bench(
    works: Annotated[
        list[str] | None,
        typer.Argument(help="Kinds of work such as compose_one; none: all, the long ones only with --long."),
    ] = None,
    long: Annotated[
        bool, typer.Option("--long", help="Also train until the original's quality is reached: an hour.")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="Write the rows here; those of other works stay.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Tiny networks, to see that it runs.")] = False,
    precision: Annotated[
        str, typer.Option(help="Of training: auto, or a name as a profile writes it; empty: the profile's.")
    ] = "",
    threads: Annotated[int, typer.Option(help="0: as many as there are cores.")] = 0,
    profile: ProfileName = "laptop",
    data: DataFolder = "",
) -> None:
    """Time the original report's way against ours on this machine, in one run and in turns."""
    settings = load_profile(profile, data)
    from lib.chapters.speed.bench import json_rows, run_bench, text_table

    rows = run_bench(
        settings,
        works or [],
        long=long,
        size="tiny" if quick else "full",
        precision=precision,
        threads=threads,
        file=json,
    )
    print(text_table(rows), json_rows(rows), sep="\n\n")


@app.command("gpu-check")
def gpu_check(
    rehearse: Annotated[bool, typer.Option("--rehearse", help="In miniature, on the CPU.")] = False,
    peak: Annotated[
        float | None,
        typer.Option(
            help="What the device could do at best, in 10¹² operations a "
            "second; if not given, what is known of it."
        ),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Also write the JSON here.")] = None,
) -> None:
    """Does the book work on this GPU? Trains, stops, resumes and composes with the original's networks."""
    from lib.long_runs import gpu_check as check

    options = [("--rehearse", rehearse), ("--peak", peak), ("--json", json)]
    check.main([f"{name}={value}" if value is not True else name for name, value in options if value])


@app.command()
def evidence(
    parts: Annotated[
        list[str] | None,
        typer.Argument(
            help="sweeps, networks, noise, ablation, composer, control, music, size; none: all, in order."
        ),
    ] = None,
    profile: ProfileName = "evidence",
    data: DataFolder = "",
) -> None:
    """Run the long experiments and keep their results under book/evidence/; an interrupted one goes on."""
    settings = load_profile(profile, data)
    from lib.data import open_store
    from lib.long_runs.evidence import run_evidence

    for name in run_evidence(settings, open_store(settings), parts or ()):
        print(f"book/evidence/{name}.csv")


def main(arguments: list[str] | None = None) -> None:
    """Run one command; end with status 1 and one sentence for a :class:`BookError`."""
    try:
        app(arguments)
    except BookError as error:
        print(f"Error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
