"""The folder of a rehearsal: distinct pieces, and among them broken files of every kind known.

Each broken file's identifier begins with its kind, so that what the data path made of it can be held against
what it should have.
"""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

from joblib import Parallel, delayed
from symusic import Note, Score, Tempo, TimeSignature, Track

from lib.basics.errors import BookError
from lib.basics.files import explain_write_errors, make_folder
from lib.basics.progress import Progress
from lib.data.pieces import piece_name
from lib.data.rehearsal.faults import write_fault
from lib.data.rehearsal.pieces import compose, labels, name_of

SHARE_BROKEN = 0.015
MOST_FAULTS = 3
"""So many files that hang, exit or ask for all memory: each costs a time-out or a new process."""

_SEED = 1  # of everything
_AT_A_TIME = 200


def _bytes_over_127(good: bytes) -> bytes:
    content = bytearray(good)
    place = content.index(b"\x90", 22)
    content[place + 2] = 200
    return bytes(content)


def _small(meters=((0, 4, 4),), pitch: int = 60, late: int = 0, gap: int = 0, notes: int = 16) -> bytes:
    """A short score in quarters that has one thing wrong with it."""
    score = Score(480)
    for meter in meters:
        score.time_signatures.append(TimeSignature(*meter))
    score.tempos.append(Tempo(0, 120))
    if late:
        score.tempos.append(Tempo(late, 90))
    track = Track(program=0)
    for number in range(notes):
        time = number * 480 + (gap if number == notes - 1 else 0)
        track.notes.append(Note(time, 240, pitch + number % 7, 80))
    score.tracks.append(track)
    return score.dumps_midi()


_DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "page": (lambda _: b"<!DOCTYPE html><html><body>404 Not Found</body></html>", "a web page"),
    "null": (lambda _: b"", "empty"),
    "text": (lambda good: b"RIFF" + good[4:], "a RIFF file"),
    "tick": (lambda good: good[:12] + b"\x00\x00" + good[14:], "a quarter of no ticks"),
    "cuts": (lambda good: good[: len(good) * 2 // 3], "repaired|damaged"),
    "bits": (_bytes_over_127, "repaired"),
    "mute": (lambda _: _small(notes=0), "no notes"),
    "metr": (lambda _: _small(((0, 17, 16),)), "a meter outside the token set"),
    "fast": (
        lambda _: _small(((0, 4, 4), (100, 3, 4), (200, 6, 8), (960, 2, 4))),
        "meters that change faster than bars",
    ),
    "gaps": (lambda _: _small(gap=480 * 4 * 3000), "more than 2000 bars"),
    "late": (lambda _: _small(late=480 * 100_000), "kept"),
    "high": (lambda _: _small(pitch=112), "no note in the range of pitches"),
    "name": (lambda good: good, "not named"),
    "link": (lambda _: b"", "not a file"),
    "fold": (lambda _: b"", "not a file"),
    "hang": (lambda _: b"", "takes too long"),
    "exit": (lambda _: b"", "ends the process that reads it"),
    "memo": (lambda _: b"", "cannot be read"),
}
_FAULTS = {"hang": "hang", "exit": "exit", "memo": "memory"}
KINDS = {kind: outcome for kind, (_, outcome) in _DAMAGE.items()}
"""Kinds of broken files, with the reason that each must get, or one of two (divided by a bar); 'kept' and
'repaired' files stay in."""


def broken_kinds(count: int, seed: int) -> dict[int, str]:
    """Which of `count` files are broken, and how: each kind at least once, 1.5 % in all."""
    kinds = list(KINDS)
    harmless = [kind for kind in kinds if kind not in _FAULTS]
    whole = max(len(kinds), round(SHARE_BROKEN * count))
    faults = [kind for kind in _FAULTS for _ in range(min(MOST_FAULTS, max(1, whole // len(kinds))))]
    chosen = [*faults, *(harmless[number % len(harmless)] for number in range(whole - len(faults)))]
    if len(chosen) > count // 2:
        raise BookError(
            f"A rehearsal of {count} pieces is too small for the {len(kinds)} kinds of broken "
            f"files; take at least {2 * len(chosen)}."
        )
    return dict(zip(random.Random(seed).sample(range(count), len(chosen)), chosen, strict=True))


def write_folder(sources: list[Path], folder: Path, count: int, workers: int = 1) -> None:
    """Write a rehearsal's folder, unless it is there; an interrupted call goes on where it was.

    Args:
        sources: MIDI files of the embedded corpus, in a fixed order.
        folder: where; the same arguments give the same bytes for any number of workers.
        count: how many files.
        workers: processes that write.

    Raises:
        BookError: when `count` is too small, or something cannot be written.
    """
    broken = broken_kinds(count, _SEED)
    if folder.is_dir():
        return
    beside = make_folder(folder.with_name(f".{folder.name}-writing"))
    emotions, genres = labels(count, _SEED)
    progress = Progress("writing the rehearsal", count, unit="files")
    starts = range(0, count, _AT_A_TIME)
    with explain_write_errors(folder):
        waiting = [start for start in starts if not (beside / f".done-{start}").exists()]
        progress.advance(min(count, _AT_A_TIME * (len(starts) - len(waiting))))
        tasks = (
            delayed(_write_some)(
                sources, beside, range(start, min(count, start + _AT_A_TIME)), emotions, genres, broken, _SEED
            )
            for start in waiting
        )
        for written in Parallel(n_jobs=workers, return_as="generator_unordered")(tasks):
            progress.advance(written)
        for mark in beside.glob(".done-*"):
            mark.unlink()
        beside.rename(folder)
    progress.finish()


def _write_some(
    sources: list[Path],
    folder: Path,
    numbers: range,
    emotions: list[str],
    genres: list[str],
    broken: dict[int, str],
    seed: int,
) -> int:
    for number in numbers:
        good = compose(sources, number, seed).dumps_midi()
        if number in broken:
            _write_broken(folder, broken[number], number, emotions[number], genres[number], good)
        else:
            (folder / name_of(emotions[number], genres[number], number, seed)).write_bytes(good)
    (folder / f".done-{numbers.start}").touch()
    return len(numbers)


def _write_broken(folder: Path, kind: str, number: int, emotion: str, genre: str, good: bytes) -> None:
    path = folder / piece_name(emotion, genre, f"{kind}{number:06d}")
    if kind == "name":
        path = folder / f"{kind}{number:06d} {emotion} {genre}.midi"
    if kind == "link":
        path.unlink(missing_ok=True)
        path.symlink_to(folder / "nowhere")
    elif kind == "fold":
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
    elif kind in _FAULTS:
        write_fault(path, _FAULTS[kind])
    else:
        path.write_bytes(_DAMAGE[kind][0](good))
