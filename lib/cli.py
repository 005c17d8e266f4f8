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
from lib.profiles import load_profile

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Composing to a Mood: prepare music, train, compose, execute and build the book.",
)
app.add_typer(survey, name="survey")
app.add_typer(rated, name="rated")
app.add_typer(hear, name="hear")

ProfileName = Annotated[str, typer.Option("--profile", help="smoke, laptop, evidence, gpu-dry or gpu.")]
DataFolder = Annotated[
    str,
    typer.Option("--data", help="Folder of XMIDI-named MIDI files; empty: the music embedded in music21."),
]


RatedFolder = Annotated[
    str,
    typer.Option(
        "--rated",
        help="A clone of VGMIDI: the appendix on rated emotions "
        "computes its tables, else it shows kept ones.",
    ),
]

xmidi = typer.Typer(no_args_is_help=True, help="XMIDI, the original data set: fetch it, check it.")
app.add_typer(xmidi, name="xmidi")

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


@app.command()
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
    from lib.data import xmidi as dataset

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
    from lib.data import xmidi as dataset

    table = dataset.compare_counts(folder)
    print(dataset.describe_comparison(table))
    if table["difference"].any():
        raise typer.Exit(1)


@app.command()
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
    from lib.composing.browser_weights import quantised
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


@app.command()
def book(profile: ProfileName = "laptop", data: DataFolder = "", rated: RatedFolder = "") -> None:
    """Execute all notebooks and build the site from them: what `make book` does in the environment."""
    execute(None, profile, data, rated)
    build(profile, data, rated)


@app.command()
def build(profile: ProfileName = "laptop", data: DataFolder = "", rated: RatedFolder = "") -> None:
    """Check the executed notebooks and build the site from them."""
    from lib.publish.site import build_site

    print(build_site(profile, data, _parameters(rated)))


def _parameters(rated: str) -> dict[str, str] | None:
    """What notebooks are given besides profile and data."""
    return {"rated": str(Path(rated).expanduser().resolve())} if rated else None


@app.command()
def publishable(
    site: Annotated[
        Path | None, typer.Argument(help="The folder of its pages; by default _build/html.")
    ] = None,
) -> None:
    """Refuse a built site that is a trial: its numbers are not meant to be read."""
    from lib.publish.record import refuse_trial

    print(f"made with the profile {refuse_trial(site)}; it may be published")


@app.command()
def links(profile: ProfileName = "laptop", data: DataFolder = "") -> None:
    """Ask whether the addresses on other hosts that the book names still answer; needs the network."""
    from lib.publish.links import check_links

    print(f"{check_links(profile, data)} addresses answered")


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


@app.command()
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
    from lib.publish.compare import compare_book
    from lib.publish.minutes import keep_minutes
    from lib.publish.site import read_copies

    copies = read_copies(profile, data)
    print(compare_book(copies, load_profile(profile).name, keep))
    if minutes is not None:
        print(keep_minutes(copies, minutes))


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
