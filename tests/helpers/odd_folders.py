"""Small folders of music, each odd in one way: what somebody's data may look like when a book is made of it.

Every folder is small enough for a whole book in a minute and large enough to be accepted. The last two kinds
gather several oddities that do not hide each other.
"""

from __future__ import annotations  # symusic's classes are factories, which know no `|`

import random
from collections.abc import Callable
from itertools import product
from pathlib import Path

from symusic import Note, Score, Tempo, TimeSignature, Track

EIGHTH = 240  # ticks
HARD_LABELS = ("ca$$h & `co`", "激昂的", "슬픔", "грустно", "{x}^2 %#", "a" * 60)


def tune(seed: int, bars: int = 8, program: int = 0) -> Score:
    """A melody like no other, by its seed, in 4/4."""
    draw, score = random.Random(seed), _empty()
    track = Track(program=program)
    track.notes.extend(
        [
            Note(place * EIGHTH, EIGHTH * draw.choice((1, 2)), 48 + draw.randrange(36), 80)
            for place in range(8 * bars)
        ]
    )
    score.tracks.append(track)
    return score


def drums(seed: int, bars: int = 8, first: int = 0, into: Score | None = None) -> Score:
    """Drums from bar `first` on, alone or added to a score."""
    draw, score = random.Random(seed), into or _empty()
    track = Track(is_drum=True)
    track.notes.extend(
        [
            Note(place * EIGHTH, EIGHTH // 2, draw.choice((36, 38, 42, 46)), 100)
            for place in range(8 * first, 8 * (first + bars))
        ]
    )
    score.tracks.append(track)
    return score


def after_drums(seed: int) -> Score:
    """Four bars of drums, then a melody."""
    score = tune(seed)
    return drums(seed, 4, into=score.shift_time(4 * 8 * EIGHTH, inplace=False))


def band(seed: int) -> Score:
    """Piano, bass, strings and drums."""
    score = tune(seed, 6)
    for number, program in enumerate((33, 48), start=1):
        score.tracks.extend(tune(1000 * number + seed, 6, program).tracks)
    return drums(seed, 6, into=score)


def _empty() -> Score:
    score = Score(480)
    score.tempos.append(Tempo(0, 120))
    score.time_signatures.append(TimeSignature(0, 4, 4))
    return score


def write(
    folder: Path,
    make: Callable[[int], Score] = tune,
    count: int = 40,
    copies: int = 4,
    emotions: tuple[str, ...] = ("happy", "sad"),
    genres: tuple[str, ...] = ("pop", "rock"),
) -> Path:
    """Write `count` pieces, every pair of labels equally often, and a copy of each of the first `copies`."""
    folder.mkdir(parents=True)
    labels = list(product(emotions, genres))
    for number in range(count):
        emotion, genre = labels[number % len(labels)]
        content = make(number).dumps_midi()
        for suffix in ("", "copy")[: 1 + (number < copies)]:
            (folder / f"XMIDI_{emotion}_{genre}_{number:04d}{suffix}.midi").write_bytes(content)
    return folder


def add_unreadable(folder: Path, emotion: str, genre: str, count: int = 3) -> Path:
    """Add files that are no music."""
    for number in range(count):
        path = folder / f"XMIDI_{emotion}_{genre}_bad{number}.midi"
        path.write_bytes(b"<!DOCTYPE html><title>404</title>")
    return folder


def no_copies(folder: Path) -> Path:
    """Nothing is a duplicate, nothing is left out."""
    return write(folder, copies=0)


def all_copied(folder: Path) -> Path:
    """Every piece lies there twice."""
    return write(folder, count=36, copies=36)


def drums_alone(folder: Path) -> Path:
    """No note has a pitch."""
    return write(folder, drums)


def one_bar_loops(folder: Path) -> Path:
    """Every piece has one bar."""
    return write(folder, lambda seed: tune(seed, 1), count=60)


def drum_intros(folder: Path) -> Path:
    """The first bars are drums."""
    return write(folder, after_drums)


def one_genre(folder: Path) -> Path:
    """Emotions are all that tells pieces apart."""
    return write(folder, genres=("pop",))


def one_emotion(folder: Path) -> Path:
    """Genres are all that tells pieces apart."""
    return write(folder, emotions=("sad",))


def one_pair_left(folder: Path) -> Path:
    """One emotion and one genre, once the unreadable files have gone."""
    return add_unreadable(write(folder, emotions=("sad",), genres=("rock",)), "happy", "pop")


def one_label(folder: Path, count: int = 40) -> Path:
    """Nothing tells pieces apart; of any size, since a large one is another matter."""
    return write(folder, count=count, emotions=("sad",), genres=("rock",))


def own_labels(folder: Path) -> Path:
    """No two pieces share a label."""
    folder.mkdir(parents=True)
    for number in range(40):
        (folder / f"XMIDI_mood{number}_kind{number}_{number}.midi").write_bytes(tune(number).dumps_midi())
    return folder


def hard_labels(folder: Path) -> Path:
    """Labels with dollar signs and markup, of several scripts, very long."""
    return write(folder, count=96, emotions=HARD_LABELS, genres=("喜歡 $x^2$", "b" * 60))


def own_tables(folder: Path) -> Path:
    """The tables that the project writes beside its own pieces, but somebody else's."""
    write(folder)
    for name in ("pieces.csv", "left_out.csv", "medians.csv"):
        (folder / name).write_text("file,composer\nXMIDI_happy_pop_0000.midi,somebody\n", encoding="utf-8")
    return folder


def smallest(folder: Path) -> Path:
    """As few pieces as a split takes."""
    return write(folder, count=30, copies=0)


def bands(folder: Path) -> Path:
    """Four programs at once."""
    return write(folder, band)


def bare_loops(folder: Path) -> Path:
    """Loops of one bar of drums, two with a melody, no copies, nothing left out, hard labels, one genre."""
    return write(
        folder,
        lambda seed: tune(seed, 1) if seed < 2 else drums(seed, 1),
        count=60,
        copies=0,
        emotions=HARD_LABELS[:3],
        genres=("$x",),
    )


def few_tunes(folder: Path) -> Path:
    """The fewest pieces, all copied, one pair of labels left, tables of somebody else's."""
    own_tables(folder)
    for path in folder.glob("*.midi"):
        path.unlink()
    for number in range(34):
        for suffix in ("", "copy"):
            (folder / f"XMIDI_sad_rock_{number}{suffix}.midi").write_bytes(tune(number).dumps_midi())
    return add_unreadable(folder, "happy", "pop")


FOLDERS = {
    make.__name__: make
    for make in (
        no_copies,
        all_copied,
        drums_alone,
        one_bar_loops,
        drum_intros,
        one_genre,
        one_emotion,
        one_pair_left,
        one_label,
        own_labels,
        hard_labels,
        own_tables,
        smallest,
        bands,
    )
}
"""Every kind, one oddity each."""
COMBINED = {make.__name__: make for make in (bare_loops, few_tunes)}
"""Kinds with several oddities."""
