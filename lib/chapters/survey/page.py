"""The next survey: one offline HTML page that plays pieces and asks the original report's three questions.

The page is blind: it holds opaque numbers, requested labels and sound, and nothing that tells a composed
piece from a real one. That is in the key, a JSON file written beside it. The order is drawn anew by each
rater's browser, one piece comes twice, answers stay in the browser until the rater saves them as a CSV file
(:mod:`lib.chapters.survey.files` reads it). The page asks no other host for anything.
"""

import base64
import csv
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import symusic

from lib.basics.errors import BookError
from lib.basics.files import check_targets, hash_of_bytes, hash_of_json, write_json, write_text
from lib.basics.progress import Progress
from lib.chapters.survey.keys import ORIGINS, RATED, read_key
from lib.chapters.survey.rated_arm import FELT, refuse_in_project
from lib.data.files.scores import read_score
from lib.data.pieces import SCHEME, parse_name
from lib.sound.audio import write_mp3
from lib.sound.synthesizer import not_as_written

_ASSETS = Path(__file__).with_name("assets")
LANGUAGES = ("en", "zh-Hant")
FEWEST = 2  # pieces of each origin
# Hexadecimal digits as consonants: with them no identifier looks like a number, a month or a word, which a
# spreadsheet would write in its own way, such as 1234e567 as 1.234E+570.
_CONSONANTS = str.maketrans("0123456789abcdef", "bcdfghjkmnpqrtvw")
LARGEST = 60_000_000  # bytes of a page that a phone still opens


@dataclass(frozen=True)
class SurveyPiece:
    """One piece of a survey: its file, where it comes from, and the labels that raters are asked about."""

    path: Path
    origin: str  # 'composed', 'real' or 'rated'
    emotion: str
    genre: str


def make_survey(
    pieces: Path | str,
    out: Path | str,
    seconds: float = 45.0,
    per_rater: int | None = None,
    words: Path | str | None = None,
    contact: str = "",
    seed: int = 0,
) -> dict[str, object]:
    """Write the page and, beside it, the key: both or, where a piece cannot be used, neither.

    Args:
        pieces: a folder with the folders `composed` and `real`, each of files named
            XMIDI_<emotion>_<genre>_<id>.midi; the labels are those that were asked for. With a folder `rated`
            the rule's labels are asked about in the same words as those from ratings.
        out: the page, ending in .html; the key is named alike and ends in .key.json.
        seconds: longer pieces fade out here, so that length betrays nothing.
        per_rater: how many pieces a rater hears, drawn by the browser; None for all.
        words: a CSV file with the columns label, en and zh-Hant, for labels that are not in the built-in
            list; a label in neither list is shown as it is.
        contact: to whom answers are to be sent, as raters read it.
        seed: decides the opaque numbers; the same pieces and seed give the same page.

    Returns:
        The key, with the page's path, its size in bytes, the number of pieces and their seconds.

    Raises:
        BookError: for a folder or file that cannot be used, named; for impossible numbers; where the key of
            another survey would be replaced; for a page of rated pieces that could be published.
    """
    out = Path(out)
    if out.suffix.lower() not in (".html", ".htm"):
        raise BookError(f"The survey page {out} must end in .html: a browser opens it.")
    check_targets({"the page": out, "its key": key_path(out)}, {"the file of words": words and Path(words)})
    if not 1 <= seconds <= 600:
        raise BookError(f"A piece of a survey lasts 1 to 600 seconds, not {seconds:g}.")
    found = survey_pieces(Path(pieces))
    if per_rater is not None and not 2 * FEWEST <= per_rater <= len(found):
        raise BookError(
            f"A rater can hear {2 * FEWEST} to {len(found)} of the {len(found)} pieces, not {per_rater}."
        )
    has_rated = any(piece.origin == RATED for piece in found)
    if has_rated:
        refuse_in_project(out)
    labels = _words(Path(words) if words else None, FELT if has_rated else {})
    sounds = _record(found, seconds)
    names = _opaque_names(found, seed)
    described = [
        {
            "id": names[piece],
            "emotion": _in_languages(piece.emotion, labels),
            "genre": _in_languages(piece.genre, labels),
        }
        for piece in found
    ]
    described.sort(key=lambda piece: piece["id"])  # the order of the folder would tell the origin
    length = sum(heard for _, heard in sounds.values())
    content = {
        "pieces": described,
        "perRater": per_rater or len(found),
        "seconds": round(length),
        "contact": contact,
    }
    audio = {
        name: base64.b64encode(sounds[piece][0]).decode("ascii")
        for piece, name in sorted(names.items(), key=lambda item: item[1])
    }
    content["id"] = hash_of_json([content, audio])[:12].translate(_CONSONANTS)
    page = _page(content, audio)
    if len(page.encode()) > LARGEST:
        raise BookError(
            f"The survey page would have {len(page) / 1e6:.0f} MB, too much for a phone: take "
            "fewer pieces or fewer seconds."
        )
    key = {
        "survey": content["id"],
        "seed": seed,
        "seconds": seconds,
        "pieces": {
            names[piece]: {
                "file": piece.path.name,
                "origin": piece.origin,
                "emotion": piece.emotion,
                "genre": piece.genre,
                "seconds": round(sounds[piece][1], 1),
                "midi": hash_of_bytes(piece.path.read_bytes()),
            }
            for piece in sorted(found, key=lambda piece: names[piece])
        },
    }
    _write(out, page, key)
    return {**key, "page": out, "bytes": len(page.encode()), "count": len(found), "length": length}


def _write(out: Path, page: str, key: dict) -> None:
    """Both files or neither; the key of another survey, whose raters may be answering, is never replaced."""
    place = key_path(out)
    if place.exists() and read_key(place)["survey"] != key["survey"]:
        raise BookError(
            f"The key of another survey lies at {place}; without it its answers would be lost: "
            "give the new page another name."
        )
    write_text(out, page)
    try:
        write_json(place, key)
    except BookError:
        out.unlink()
        raise


def key_path(page: Path) -> Path:
    """Where the key of a survey page lies."""
    return page.with_suffix(".key.json")


def survey_pieces(folder: Path) -> list[SurveyPiece]:
    """The pieces of a folder with the folders `composed` and `real`, and `rated` if it is there, sorted.

    Raises:
        BookError: when one of the two is missing or holds too few pieces, or a file has another name.
    """
    if not folder.is_dir():
        raise BookError(
            f"The folder of pieces {folder} does not exist: 'python -m lib survey pieces' makes one."
        )
    found = []
    for origin in (*ORIGINS, *([RATED] if (folder / RATED).is_dir() else [])):
        inside = folder / origin
        paths = (
            sorted(
                path
                for path in inside.iterdir()
                if path.suffix.lower() in (".mid", ".midi") and not path.name.startswith(".")
            )
            if inside.is_dir()
            else []
        )
        if len(paths) < FEWEST:
            raise BookError(
                f"A survey needs at least {FEWEST} MIDI files in {inside}, but there "
                f"{'is' if len(paths) == 1 else 'are'} {len(paths) or 'none'}: blindness needs "
                "composed and real pieces."
            )
        for path in paths:
            parsed = parse_name(path.name)
            if isinstance(parsed, str):
                raise BookError(
                    f"The file {path} is {parsed}: name it {SCHEME}, so that raters can be asked "
                    "about its labels."
                )
            found.append(SurveyPiece(path, origin, *parsed[:2]))
    return found


def _record(pieces: list[SurveyPiece], seconds: float) -> dict[SurveyPiece, tuple[bytes, float]]:
    """MP3 and seconds of each piece, all at one loudness; a piece that sounds like another one is refused."""
    progress = Progress("recording the pieces", len(pieces), unit="pieces")
    sounds: dict[SurveyPiece, tuple[bytes, float]] = {}
    known: dict[bytes, SurveyPiece] = {}
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "piece.mp3"
        for piece in pieces:
            score = _read(piece.path, seconds)
            heard = write_mp3(score, target, max_seconds=seconds)
            if remark := not_as_written(score, seconds):
                print(f"{piece.path}: {remark}", file=sys.stderr)
            sound = target.read_bytes()
            if sound in known:
                raise BookError(
                    f"The files {known[sound].path} and {piece.path} sound the same: take one "
                    "out, since the page has a repeat of its own."
                )
            known[sound] = piece
            sounds[piece] = sound, heard
            progress.advance()
    progress.finish()
    return sounds


def _read(path: Path, seconds: float) -> symusic.Score:
    """A piece that can be heard within the seconds that raters are played."""
    score = read_score(path)
    first = min((note.time for track in score.to("second").tracks for note in track.notes), default=None)
    if first is None:
        raise BookError(f"The file {path} has no notes: take it out.")
    if first >= seconds:
        raise BookError(
            f"The file {path} is silent for its first {seconds:g} seconds, and raters hear no "
            "more: cut the silence off or take the file out."
        )
    return score


def _opaque_names(pieces: list[SurveyPiece], seed: int) -> dict[SurveyPiece, str]:
    """Eight consonants a piece, from which nobody without the files learns anything."""
    digests = {
        piece: hashlib.sha256(
            f"{seed}\0{piece.origin}\0{piece.path.name}\0".encode() + piece.path.read_bytes()
        ).hexdigest()
        for piece in pieces
    }
    return {piece: digest[:8].translate(_CONSONANTS) for piece, digest in digests.items()}


def _words(own: Path | None, felt: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Labels in the words of both languages; those of the user's file come before the built-in ones.

    Args:
        own: the user's file.
        felt: labels that get the built-in words of others.
    """
    known = _read_words(_ASSETS / "words.csv")
    known |= {label: known[other] for label, other in felt.items()}
    return known | (_read_words(own) if own else {})


def _read_words(path: Path) -> dict[str, dict[str, str]]:
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in ("label", *LANGUAGES) if name not in (reader.fieldnames or [])]
            if missing:
                raise BookError(
                    f"The file of words {path} lacks the column {missing[0]}: it needs "
                    f"label, {' and '.join(LANGUAGES)}."
                )
            return {row["label"]: {name: row[name] or row["label"] for name in LANGUAGES} for row in reader}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BookError(
            f"The file of words {path} cannot be read ({error}): save it as CSV in UTF-8."
        ) from error


def _in_languages(label: str, words: dict[str, dict[str, str]]) -> dict[str, str]:
    return words.get(label) or dict.fromkeys(LANGUAGES, label)


def _page(content: dict, audio: dict[str, str]) -> str:
    """The template with its parts; labels are untrusted and stand in it only as JSON, set as text."""

    def asset(name: str) -> str:
        return (_ASSETS / name).read_text(encoding="utf-8").strip()

    parts = {
        "style": asset("style.css"),
        "script": asset("page.js"),
        "data": _json(content),
        "texts": _json(json.loads(asset("texts.json"))),
        "audio": _json(audio),
    }
    # In one pass, so that nothing inside a part is taken for a place to fill.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], asset("page.html")) + "\n"


def _json(content: object) -> str:
    """JSON that cannot end the script element around it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
