"""Noise that means something in music or in tokens.

Notes are changed by a semitone, by a quarter of a beat, by a step of loudness, by leaving them out, or by
exchanging one of their tokens for another of its type. All kinds are aligned on the share of notes changed.
(What the original report calls noise is in :mod:`lib.experiments.published_noise`.)
"""

from typing import Literal

import numpy as np

from lib.basics.errors import BookError
from lib.data.shorthand.bars import words_of
from lib.data.shorthand.tokens import BARS
from lib.data.shorthand.writing import drop_velocities, spell_velocities
from lib.data.store import TokenStore
from lib.data.tokenizer import POSITIONS_PER_BEAT, has_shorthand

Kind = Literal["pitch", "onset", "velocity", "dropped", "substitution"]
KINDS: tuple[Kind, ...] = ("pitch", "onset", "velocity", "dropped", "substitution")
IN_WORDS = {
    "pitch": "pitch, a semitone up or down",
    "onset": "onset, a quarter of a beat early or late",
    "velocity": "velocity, a step louder or softer",
    "dropped": "notes left out",
    "substitution": "one token of the note exchanged within its type",
}

ONSET_STEP = POSITIONS_PER_BEAT // 4


def note_starts(store: TokenStore, ids: np.ndarray) -> np.ndarray:
    """Places of the Pitch tokens (drums too) that a Velocity and a Duration follow: int64 [notes]."""
    names = np.array(store.type_names, dtype=object)[store.type_of_id[ids]]
    if len(names) < 3:
        return np.zeros(0, np.int64)
    whole = (
        np.isin(names[:-2], ["Pitch", "PitchDrum"]) & (names[1:-1] == "Velocity") & (names[2:] == "Duration")
    )
    return np.flatnonzero(whole)


def alter(
    store: TokenStore, ids: np.ndarray, kind: Kind, share: float, generator: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Disturb notes of a token sequence.

    Args:
        store: knows what the ids mean.
        ids: tokens of a piece, or of its beginning, [tokens].
        kind: see :data:`IN_WORDS`.
        share: the probability of each note to be disturbed; notes at one onset move together.
        generator: of the choice.

    Returns:
        The disturbed ids [tokens], fewer or more where the kind asks for it, and the share of written notes
        really changed (in shorthand a bar that is told to be heard again is not written). A note stays as it
        is where the change would leave the range of tokens, collide with its neighbours in time, or part a
        note from its change of program.

    Raises:
        BookError: for an unknown kind.
    """
    if kind not in KINDS:
        raise BookError(f"There is no noise '{kind}'; choose one of: {', '.join(KINDS)}.")
    if not has_shorthand(store.tokenizer):
        return _alter(store, ids, kind, share, generator)
    words = words_of(tuple(store.vocabulary))
    altered, changed = _alter(store, spell_velocities(words, ids), kind, share, generator)
    return drop_velocities(words, altered), changed


def most_tokens(store: TokenStore, ids: np.ndarray) -> int:
    """How many tokens :func:`alter` can make of `ids` [tokens] at most: in shorthand a note that is no longer
    as loud as the one before it takes a token more."""
    if not has_shorthand(store.tokenizer):
        return len(ids)
    return len(spell_velocities(words_of(tuple(store.vocabulary)), ids))


def _alter(
    store: TokenStore, ids: np.ndarray, kind: Kind, share: float, generator: np.random.Generator
) -> tuple[np.ndarray, float]:
    starts = note_starts(store, ids)
    if not len(starts):
        return ids.copy(), 0.0
    if kind == "onset":
        return _move_onsets(store, ids, starts, share, generator)
    chosen = starts[generator.random(len(starts)) < share]
    if kind == "dropped":
        return _drop(store, ids, starts, chosen)
    changed = _step(store, ids, chosen, kind, generator)
    return changed, float(
        (changed[starts] != ids[starts]).sum() if kind == "pitch" else _changed_notes(ids, changed, starts)
    ) / len(starts)


def alter_in_place(
    store: TokenStore,
    ids: np.ndarray,
    kind: Literal["pitch", "substitution"],
    share: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """The disturbed ids of :func:`alter`, for the kinds that keep a sequence's shape [tokens]."""
    return alter(store, ids, kind, share, generator)[0]


def _changed_notes(ids: np.ndarray, changed: np.ndarray, starts: np.ndarray) -> int:
    return int(((changed != ids)[starts[:, None] + np.arange(3)]).any(axis=1).sum())


def _step(
    store: TokenStore, ids: np.ndarray, chosen: np.ndarray, kind: str, generator: np.random.Generator
) -> np.ndarray:
    """Pitch or velocity by one step, or one token of the note by another of its type."""
    changed, types = ids.copy(), store.type_of_id
    if kind == "substitution":
        offsets = generator.choice([0, 2], len(chosen))  # its pitch or its duration
        for place in chosen + offsets:
            others = np.flatnonzero(types == types[ids[place]])
            others = others[others != ids[place]]
            changed[place] = generator.choice(others) if len(others) else ids[place]
        return changed
    for place in chosen + (1 if kind == "velocity" else 0):
        if kind == "pitch" and store.type_names[types[ids[place]]] == "PitchDrum":
            continue  # another drum is not a semitone higher
        steps = [
            step
            for step in (-1, 1)
            if 0 <= int(ids[place]) + step < len(types) and types[int(ids[place]) + step] == types[ids[place]]
        ]
        if steps:
            changed[place] = int(ids[place]) + generator.choice(steps)
    return changed


def _move_onsets(
    store: TokenStore, ids: np.ndarray, starts: np.ndarray, share: float, generator: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Move whole Position groups within their bar, never onto or past a neighbour."""
    changed, texts = ids.copy(), store.vocabulary
    id_of = {texts[number]: int(number) for number in store.ids_of_type("Position")}
    groups: list[tuple[int, int, int]] = []  # place, position, length of the bar in positions
    length = 4 * POSITIONS_PER_BEAT
    bars: list[int] = []
    for place, token in enumerate(ids):
        kind, _, value = texts[token].partition("_")
        if kind in BARS:
            bars.append(place)
        elif kind == "TimeSig":
            length = int(value.split("/")[0]) * POSITIONS_PER_BEAT
        elif kind == "Position":
            groups.append((place, int(value), length))
    bar_of = np.searchsorted(bars, [place for place, _, _ in groups])
    ends = [*(place for place, _, _ in groups[1:]), len(ids)]
    moved = 0
    for number, (place, position, length) in enumerate(groups):
        if generator.random() >= share:
            continue
        low, high = -1, length
        if number and bar_of[number - 1] == bar_of[number]:
            low = int(texts[changed[groups[number - 1][0]]].split("_")[1])  # as it stands after its own move
        if number + 1 < len(groups) and bar_of[number + 1] == bar_of[number]:
            high = groups[number + 1][1]
        free = [
            position + step
            for step in (-ONSET_STEP, ONSET_STEP)
            if low < position + step < high and f"Position_{position + step}" in id_of
        ]
        if free:
            changed[place] = id_of[f"Position_{generator.choice(free)}"]
            moved += int(((starts > place) & (starts < ends[number])).sum())
    return changed, moved / len(starts)


def _drop(
    store: TokenStore, ids: np.ndarray, starts: np.ndarray, chosen: np.ndarray
) -> tuple[np.ndarray, float]:
    """Leave notes out, and a Position that has lost all that stood at it."""
    names = np.array(store.type_names, dtype=object)[store.type_of_id[ids]]
    free = chosen[~np.isin(names[chosen - 1], ["Program", "Tempo"])]
    kept = np.ones(len(ids), bool)
    kept[(free[:, None] + np.arange(3)).ravel()] = False
    left = np.flatnonzero(kept)
    empty = [
        place
        for place, behind in zip(left, [*left[1:], -1], strict=True)
        if names[place] == "Position" and (behind < 0 or names[behind] in ("Position", "EOS", *BARS))
    ]
    kept[empty] = False
    return ids[kept], len(free) / len(starts)
