"""Shorthand: a bar that comes again is one token, what stays is not said again, and a plan stands in front.

MidiTok's REMI spells every bar of a piece, however often it was heard before: of the Irish, Scottish and
American tunes about half of the tokens stand in such bars. Notation never did that. Here

* a bar that repeats an earlier one note by note is one token `Again_8`: "as 8 bars ago". Two endings of a
  part need no token of their own, for only the bars that are alike are written so. (ABC notation, and
  folk-rnn of Sturm et al., 2016, which learns from it, have repeat signs instead, for whole parts.)
* `TimeSig` and `Velocity` stand only where they change, as `Program` does in MidiTok's `program_changes`;
* with every fourth bar `Left` counts how many are still to come, so that a model need not count to 32;
* behind BOS a plan says what kind of piece begins: its `Length` in bars, its `Activity` (onsets a beat), its
  `Arousal` (as a judge expects people to rate it, :mod:`lib.data.labelling.rated_judge`) and its `Key`.
  Such a description in front is what FIGARO (von Rütte et al., 2023) has, at its smallest. A label that is
  learned only through all the notes that follow from it becomes one that decides a token.

Nothing is lost: :func:`write_out` gives MidiTok's tokens again, exactly; tests hold it on whole folders.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from lib.data.shorthand.bars import Bar, BarReader, Current, Words, bars_of
from lib.data.shorthand.tokens import (
    ACTIVITY,
    AGAIN,
    AROUSAL,
    BARS,
    FARTHEST,
    FILL,
    GAP,
    KEY,
    LEFT,
    PLAN,
    TONICS,
    activity_step,
    arousal_step,
    is_counted,
    left_text,
    length_text,
)


def shorten(words: Words, ids: np.ndarray) -> np.ndarray:
    """Tokens in shorthand, uint16 [tokens], without a plan.

    Of several bars that a bar repeats, the one is named that the bar before named too; else the one that most
    of the bars behind it repeat too, and of these the nearest.

    Args:
        words: of the vocabulary.
        ids: MidiTok's tokens of a piece, [tokens], BOS and EOS included, a TimeSig in every bar.
    """
    head, slices, tail = bars_of(words, ids)
    reader, before = BarReader(words), []
    for written in slices:
        before.append(reader.in_force)
        for token in written:
            reader.advance(token)
    reader.end_bar()
    repeats = _repeats(words, reader.bars, before, slices)
    out, last = list(head), 0
    for number, written in enumerate(slices):
        last = last if last in repeats[number] else _farthest_copy(repeats, number)
        if last:
            out.append(words.again[last])
        else:
            out += _only_changes(words, written, before[number])
    return np.array(out + tail, dtype=np.uint16)


def count_down(words: Words, short: np.ndarray) -> np.ndarray:
    """Tokens in shorthand, uint16 [tokens], with the bars left behind every fourth bar's first token."""
    bars = np.isin(short, words.ids_of(BARS))
    number, total = np.cumsum(bars), int(bars.sum())
    places = np.flatnonzero(bars & is_counted(number))
    left = [words.id_of[left_text(total - count)] for count in number[places].tolist()]
    return np.insert(short, places + 1, np.array(left, dtype=np.uint16))


def write_out(words: Words, ids: Iterable[int]) -> np.ndarray:
    """MidiTok's own tokens, uint16 [tokens], of a sequence in shorthand, without its plan.

    A sequence that is cut off, or that breaks the rules, is written out as far as it says anything: a bar
    that repeats none is left out.
    """
    reader, out = BarReader(words), []
    silent = {*PLAN, LEFT, GAP, FILL}
    ids = [int(token) for token in ids if words.kinds[int(token)] not in silent]
    for place, token in enumerate(ids):
        kind, following = words.kinds[token], words.kinds[ids[place + 1]] if place + 1 < len(ids) else ""
        if kind == AGAIN:
            reader.end_bar()
            back = words.numbers[token]
            if 1 <= back <= len(reader.bars) and reader.bars[-back].meter is not None:
                out += words.spell(reader.bars[-back], reader.in_force)
        else:
            out.append(token)
            if kind == "Bar" and following != "TimeSig" and reader.in_force.meter is not None:
                out.append(reader.in_force.meter)
            elif (
                kind in ("Pitch", "PitchDrum")
                and following == "Duration"
                and reader.in_force.velocity is not None
            ):
                out.append(reader.in_force.velocity)
        reader.advance(token)
    return np.array(out, dtype=np.uint16)


def spell_velocities(words: Words, ids: Iterable[int]) -> np.ndarray:
    """The same tokens with a Velocity in every note, uint16 [tokens]."""
    reader, out, before = BarReader(words), [], ""
    for token in map(int, ids):
        kind = words.kinds[token]
        if kind == "Duration" and before != "Velocity" and reader.in_force.velocity is not None:
            out.append(reader.in_force.velocity)
        out.append(token)
        reader.advance(token)
        before = kind
    return np.array(out, dtype=np.uint16)


def drop_velocities(words: Words, ids: Iterable[int]) -> np.ndarray:
    """The same tokens without a Velocity that holds already, uint16 [tokens]."""
    reader, out = BarReader(words), []
    for token in map(int, ids):
        if words.kinds[token] != "Velocity" or token != reader.in_force.velocity:
            out.append(token)
        reader.advance(token)
    return np.array(out, dtype=np.uint16)


def plan(
    words: Words, bars: int, activity: float, arousal: float | None, key: tuple[int, str] | None
) -> list[int]:
    """The tokens of a plan.

    Args:
        words: of the vocabulary.
        bars: how many the piece has.
        activity: onsets a beat.
        arousal: from −1 to 1; None for a piece in which it cannot be judged.
        key: pitch class of the tonic and 'major' or 'minor'; None for a piece without pitches.
    """
    texts = [length_text(bars), f"{ACTIVITY}_{activity_step(activity)}"]
    if arousal is not None:
        texts.append(f"{AROUSAL}_{arousal_step(arousal)}")
    if key is not None:
        texts.append(f"{KEY}_{TONICS[key[0]]}:{key[1]}")
    return [words.id_of[text] for text in texts]


def _repeats(
    words: Words, bars: Sequence[Bar], before: Sequence[Current], slices: Sequence[list[int]]
) -> list[set[int]]:
    """For each bar, how many bars back those lie that it repeats token by token."""
    found: list[set[int]] = []
    alike: dict[tuple, list[int]] = {}  # numbers of the bars of one content
    for number, (bar, in_force, written) in enumerate(zip(bars, before, slices, strict=True)):
        own = alike.setdefault((bar.meter, bar.notes), []) if bar.closed and bar.notes else []
        can = not bar.tempos and bar.meter == in_force.meter and any(number - one <= FARTHEST for one in own)
        found.append(
            {
                number - one
                for one in own
                if number - one <= FARTHEST and all(tempo == in_force.tempo for tempo in bars[one].tempos)
            }
            if can and words.spell(bar, in_force) == written
            else set()
        )
        own.append(number)
    return found


def _farthest_copy(repeats: Sequence[set[int]], number: int) -> int:
    """Bars back of the bar from which on most bars are repeated, 0 if there is none."""
    best, chosen = 0, 0
    for back in sorted(repeats[number]):
        run = 1
        while number + run < len(repeats) and back in repeats[number + run]:
            run += 1
        if run > best:
            best, chosen = run, back
    return chosen


def _only_changes(words: Words, written: Sequence[int], in_force: Current) -> list[int]:
    """A bar's tokens without the meter and the velocities that hold already."""
    out, velocity = [], in_force.velocity
    for token in written:
        kind = words.kinds[token]
        if (kind == "TimeSig" and token == in_force.meter) or (kind == "Velocity" and token == velocity):
            continue
        velocity = token if kind == "Velocity" else velocity
        out.append(token)
    return out
