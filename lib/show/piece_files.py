"""The files of pieces to hear: MP3, MIDI and MusicXML, made in parallel and kept by their content.

What a piece sounds like depends on its notes, the code of `lib.sound`, the synthesizer and its version; a
file made once is copied ever after.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import symusic
from joblib import Parallel, delayed

from lib.basics.errors import BookError
from lib.basics.files import explain_write_errors, hash_of_bytes, write_bytes
from lib.basics.kept import code_hash
from lib.basics.places import artifacts_folder
from lib.show.media import media_folder
from lib.sound.audio import write_mp3
from lib.sound.music_xml import compressed_music_xml
from lib.sound.synthesizer import not_as_written, synthesizer_name

_CODE = code_hash(__name__)


@dataclass(frozen=True)
class PieceFiles:
    """What was written of a piece: names in the media folder; None where there is no such file.

    Attributes:
        midi, audio, music_xml: the names.
        about_sound: why there is no sound, or what is not heard as written; '' for a whole one.
    """

    midi: str
    audio: str | None
    music_xml: str | None
    about_sound: str = ""


def write_piece_files(
    pieces: Mapping[str, symusic.Score], seconds: float, workers: int = 1
) -> dict[str, PieceFiles]:
    """Write each piece to the media folder: the whole of it as MIDI and MusicXML, its beginning as MP3.

    Args:
        pieces: scores in ticks, by the stem of their files' names.
        seconds: where the sound is cut and faded out.
        workers: processes that share the work.

    Returns:
        What there is of each piece. One that cannot be played or written down does not stop the others.

    Raises:
        BookError: when a file cannot be written.
    """
    kept = artifacts_folder() / "sounds"
    midis = {stem: score.dumps_midi() for stem, score in pieces.items()}
    made_by = f"{seconds:g} {_CODE} {synthesizer_name()} ".encode()
    places = {stem: kept / hash_of_bytes(made_by + midi)[:24] for stem, midi in midis.items()}
    missing = {
        place: midis[stem] for stem, place in places.items() if not place.with_suffix(".done").exists()
    }
    if missing:
        count = min(workers, len(missing))
        Parallel(n_jobs=count)(delayed(_make)(midi, place, seconds) for place, midi in missing.items())
    return {stem: _copied(stem, midis[stem], place) for stem, place in places.items()}


def _make(midi: bytes, place: Path, seconds: float) -> None:
    """Make the sound and the notation of one piece, and a note that this was done and what is wrong."""
    score = symusic.Score.from_midi(midi)
    # The synthesizer and music21 fail in ways of their own on what a model may compose, and one piece must
    # not cost the others their page.
    try:
        write_mp3(score, place.with_suffix(".mp3"), max_seconds=seconds)
        remark = not_as_written(score, seconds)
    except Exception as error:
        remark = _sentence(error)
    try:
        write_bytes(place.with_suffix(".mxl"), compressed_music_xml(score))
    except Exception:
        place.with_suffix(".mxl").unlink(missing_ok=True)
    write_bytes(place.with_suffix(".done"), remark.encode())


def _sentence(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text if isinstance(error, BookError) else f"It cannot be played ({text})."


def _copied(stem: str, midi: bytes, place: Path) -> PieceFiles:
    folder = media_folder()
    write_bytes(folder / f"{stem}.mid", midi)
    found = {}
    for suffix in (".mp3", ".mxl"):
        made, name = place.with_suffix(suffix), f"{stem}{suffix}"
        with explain_write_errors(folder / name):
            found[suffix] = name if made.exists() and shutil.copyfile(made, folder / name) else None
    return PieceFiles(
        f"{stem}.mid", found[".mp3"], found[".mxl"], place.with_suffix(".done").read_text(encoding="utf-8")
    )
