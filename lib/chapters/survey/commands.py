"""The commands ``python -m lib survey pieces``, ``make``, ``read``; imports stand inside, as in lib.cli."""

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer

from lib.profiles.options import DataFolder, ProfileName

if TYPE_CHECKING:
    from lib.chapters.survey.files import SurveyAnswers

survey = typer.Typer(
    no_args_is_help=True, help="Ask listeners: prepare pieces, make the page, read the answers."
)


@survey.command()
def pieces(
    out: Annotated[Path, typer.Option(help="Folder to write composed/ and real/ into.")],
    count: Annotated[int, typer.Option(help="Pieces of each kind, each for another pair of labels.")] = 10,
    run: Annotated[str, typer.Option(help="The run whose model composes.")] = "transformer",
    rated: Annotated[
        Path | None,
        typer.Option(help="A folder that 'rated vgmidi' wrote: pieces labelled by people, into rated/."),
    ] = None,
    profile: ProfileName = "laptop",
    data: DataFolder = "",
) -> None:
    """Compose pieces for a survey, take as many real held-out ones with the same labels, and rated ones."""
    from lib.chapters.survey.pieces import write_survey_pieces
    from lib.data import open_store
    from lib.profiles import load_profile
    from lib.training import request_run

    settings = load_profile(profile, data)
    wanted = settings.run(run)
    store = open_store(settings)
    written = write_survey_pieces(settings, store, request_run(wanted, store), out, count, rated)
    if rated is None:
        print(f"{out}: {len(written)} pieces, half composed, half real")
    else:
        print(f"{out}: {len(written)} pieces, a third each composed, real, and rated by people")
        print("Nobody has licensed the rated pieces: do not publish them, nor a page with them")


@survey.command()
def make(
    pieces: Annotated[Path, typer.Option(help="Folder with composed/ and real/, perhaps rated/.")],
    out: Annotated[Path, typer.Option(help="The page to write, such as survey.html.")],
    seconds: Annotated[float, typer.Option(help="Longer pieces fade out here.")] = 45.0,
    per_rater: Annotated[int | None, typer.Option(help="Pieces a rater hears; none: all.")] = None,
    words: Annotated[Path | None, typer.Option(help="CSV (label, en, zh-Hant): words for labels.")] = None,
    contact: Annotated[str, typer.Option(help="To whom raters send their answers.")] = "",
    seed: Annotated[int, typer.Option(help="The same pieces and seed give the same page.")] = 0,
) -> None:
    """Write the survey as one offline HTML page, and the key to it beside."""
    from lib.chapters.survey.keys import ORIGINS, RATED
    from lib.chapters.survey.page import key_path, make_survey

    made = make_survey(pieces, out, seconds, per_rater, words, contact, seed)
    print(
        f"{out}: survey {made['survey']}, {made['count']} pieces, {made['length'] / 60:.1f} minutes of "
        f"music, {made['bytes'] / 1e6:.1f} MB"
    )
    lengths = {
        origin: [piece["seconds"] for piece in made["pieces"].values() if piece["origin"] == origin]
        for origin in (*ORIGINS, RATED)
    }
    print(
        "median seconds: "
        + ", ".join(f"{origin} {median(found):.0f}" for origin, found in lengths.items() if found)
        + "; where they differ much, length gives the origin away"
    )
    print(f"{key_path(out)}: which piece is which; keep it away from raters")
    if lengths[RATED]:
        print(f"{out} holds pieces that nobody has licensed: give it to raters, do not publish it")


@survey.command()
def read(
    files: Annotated[list[Path], typer.Argument(help="CSV files of the page, Google Forms exports.")],
    key: Annotated[Path | None, typer.Option(help="The .key.json written with the page.")] = None,
    out: Annotated[Path | None, typer.Option(help="Also write the usable answers to this CSV file.")] = None,
) -> None:
    """Read files of answers, and name every row that cannot be used, with the reason."""
    from lib.basics.files import check_targets
    from lib.chapters.survey.files import read_answers
    from lib.chapters.survey.keys import read_key

    check_targets({"--out": out}, {"--key": key, **{str(path): path for path in files}})
    found = read_answers(files, read_key(key) if key else None)
    _print_summary(found)
    if out is not None:
        from lib.basics.files import write_csv

        write_csv(
            out,
            list(found.answers.columns),
            found.answers.astype(object).where(found.answers.notna(), "").to_dict("records"),
        )
        print(f"{out}: {len(found.answers)} rows")


def _print_summary(found: "SurveyAnswers") -> None:
    from lib.chapters.survey.results import agreement_table, score_table

    for file in found.files.itertuples():
        print(f"{file.file}: {file.kind}, {file.encoding}, {file.used} of {file.rows} rows used")
    for problem in found.problems.itertuples():
        where = f", row {problem.row}" if problem.row else ""
        print(f"not used: {problem.file}{where}: {problem.reason}")
    for row in found.mended.itertuples():
        print(f"used all the same: {row.file}, row {row.row}: {row.what}")
    answers = found.answers
    print(f"{answers['rater'].nunique()} raters, {answers['piece'].nunique()} pieces, {len(answers)} rows")
    for table in (score_table(answers), agreement_table(answers)):
        if len(table):
            print(table.to_string(index=False, float_format=lambda value: f"{value:.2f}"))
