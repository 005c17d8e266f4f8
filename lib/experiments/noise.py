"""Noise: the original report's function taken apart, and noise that means something in music or in tokens.

The published function adds Gaussian numbers to token *ids* and cuts the fraction off. Ids are names, not
amounts, so what that does to a piece has to be looked up. The other kinds here change notes: by a semitone,
by a quarter of a beat, by a step of loudness, by leaving them out, or by exchanging one of their tokens for
another of its type. All are aligned on the share of notes changed.

A model that is robust goes on well after a disturbed past. So every kind alters the past only, and what is
scored is the *clean* continuation: the true next tokens of the undisturbed piece.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F

from lib.basics.errors import BookError
from lib.data.shorthand.bars import words_of
from lib.data.shorthand.tokens import BARS
from lib.data.shorthand.writing import drop_velocities, spell_velocities
from lib.data.store import TokenStore
from lib.data.tokenizer import POSITIONS_PER_BEAT, has_shorthand
from lib.models import ConditionalModel

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
_ROWS_AT_A_TIME = 32


def published_noise(
    ids: np.ndarray,
    deviation: float,
    generator: np.random.Generator,
    to_integer: Callable[[np.ndarray], np.ndarray] = np.trunc,
) -> np.ndarray:
    """The noise of the original report's experiment: Gaussian numbers added to ids, then made whole.

    Args:
        ids: token ids, any shape.
        deviation: the standard deviation; the original has 0.1.
        generator: of the numbers.
        to_integer: `np.trunc` does what the original's `astype(int)` does; `np.rint` would round.

    Returns:
        Ids of the same type and shape; none below 0.
    """
    noisy = to_integer(ids + generator.normal(0.0, deviation, np.shape(ids)))
    return np.maximum(noisy, 0).astype(ids.dtype)


def shares_moved(ids: np.ndarray, deviations: Sequence[float]) -> pd.DataFrame:
    """How many ids (any shape) the published function moves, and by how much, for each standard deviation.

    Returns:
        deviation; truncated (share of ids moved when the fraction is cut off), by_one (share moved by exactly
        one down), rounded (share moved when rounded instead); tokens.
    """
    lines = []
    for deviation in deviations:
        steps = {
            name: published_noise(ids, deviation, np.random.default_rng(0), whole).astype(int) - ids
            for name, whole in (("truncated", np.trunc), ("rounded", np.rint))
        }
        lines.append(
            {
                "deviation": deviation,
                "truncated": float((steps["truncated"] != 0).mean()),
                "by_one": float((steps["truncated"] == -1).mean()),
                "rounded": float((steps["rounded"] != 0).mean()),
                "tokens": ids.size,
            }
        )
    return pd.DataFrame(lines)


def meanings_of_one_less(vocabulary: Sequence[str]) -> pd.DataFrame:
    """What each token type means when its id is one lower.

    Returns:
        A row a type in the order of the vocabulary: type, ids (how many), example, becomes (the example's new
        meaning), first, first_becomes (its lowest id, which turns into another type).
    """
    types = [text.split("_", 1)[0] for text in vocabulary]
    lines = []
    for name in dict.fromkeys(types):
        own = [number for number, kind in enumerate(types) if kind == name]
        middle = own[len(own) // 2]

        def before(number: int) -> str:
            return vocabulary[number - 1] if number else vocabulary[0]  # 0 − ε is cut to 0

        lines.append(
            {
                "type": name,
                "ids": len(own),
                "example": vocabulary[middle],
                "becomes": before(middle),
                "first": vocabulary[own[0]],
                "first_becomes": before(own[0]),
            }
        )
    return pd.DataFrame(lines)


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


def choose_places(
    store: TokenStore,
    split: str,
    count: int,
    window: int,
    judged: int = 64,
    seed: int = 0,
    anywhere: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Bar lines near the middle of pieces, where a disturbed past ends and the clean continuation begins.

    Args:
        store, split: which pieces.
        count: how many at most, one a duplicate group.
        window: tokens that a model may read, past and continuation together.
        judged: tokens of the continuation.
        seed: of the choice.
        anywhere: also at onsets between bar lines, for pieces of one bar.

    Returns:
        Rows and places of the first judged token, each int64 [places].

    Raises:
        BookError: when no piece is long enough.
    """
    rows = np.random.default_rng(seed).permutation(store.rows(split))
    groups = store.index["group"].to_numpy()
    _, first = np.unique(groups[rows], return_index=True)
    bar_ids = np.concatenate(
        [store.ids_of_type(name) for name in ([*BARS, "Position"] if anywhere else BARS)]
    )
    found: list[tuple[int, int]] = []
    for row in rows[np.sort(first)]:
        ids = store.tokens(row)
        bars = np.flatnonzero(np.isin(ids, bar_ids))
        bars = bars[(bars >= judged) & (bars + judged <= min(len(ids), window + 1))]
        if len(bars):
            found.append((int(row), int(bars[np.abs(bars - min(len(ids), window) / 2).argmin()])))
        if len(found) == count:
            break
    if not found:
        raise BookError(
            f"No piece of the {split} part has {judged} tokens before and after a bar line "
            f"within {window} tokens: judge fewer tokens."
        )
    places = np.array(found, dtype=np.int64)
    return places[:, 0], places[:, 1]


@torch.no_grad()
def continuation_losses(
    model: ConditionalModel,
    store: TokenStore,
    rows: np.ndarray,
    places: np.ndarray,
    pasts: Sequence[np.ndarray],
    judged: int = 64,
) -> np.ndarray:
    """Mean loss of the clean continuation behind given pasts, nats per token, float64 [places].

    Args:
        model: in evaluation mode.
        store: the clean tokens.
        rows, places: from :func:`choose_places`, int64 [places] each.
        pasts: ids that the model is told to have come before, one array [tokens] a place; of any length.
        judged: tokens of the continuation.
    """
    losses = np.empty(len(rows))
    order = np.argsort([len(past) for past in pasts], kind="stable")
    emotion, genre = store.emotion_ids, store.genre_ids
    for start in range(0, len(order), _ROWS_AT_A_TIME):
        part = order[start : start + _ROWS_AT_A_TIME]
        true = [
            store.tokens(rows[number])[places[number] : places[number] + judged].astype(np.int64)
            for number in part
        ]
        longest = max(len(pasts[number]) for number in part) + judged
        tokens = torch.full((len(part), longest), store.pad_id)
        targets = torch.full((len(part), longest), -100)
        for line, (number, after) in enumerate(zip(part, true, strict=True)):
            before = len(pasts[number])
            tokens[line, :before] = torch.from_numpy(np.asarray(pasts[number], dtype=np.int64))
            tokens[line, before : before + judged] = torch.from_numpy(after)
            targets[line, before - 1 : before - 1 + judged] = torch.from_numpy(after)
        labels = (torch.from_numpy(values[rows[part]]).to(model.device) for values in (emotion, genre))
        logits, _ = model(tokens.to(model.device), *labels)
        loss = F.cross_entropy(logits.float().transpose(1, 2), targets.to(model.device), reduction="none")
        losses[part] = loss.sum(dim=1).cpu().numpy() / judged
    return losses


def disturbed_losses(
    model: ConditionalModel,
    store: TokenStore,
    rows: np.ndarray,
    places: np.ndarray,
    shares: Sequence[float],
    kinds: Sequence[Kind] = KINDS,
    judged: int = 64,
    seed: int = 0,
) -> pd.DataFrame:
    """Losses of the clean continuation behind disturbed pasts.

    The same seed disturbs the same notes for every model, so that models can be compared place by place.

    Args:
        model: in evaluation mode.
        store: the clean tokens.
        rows, places: from :func:`choose_places`, int64 [places] each.
        shares: of the notes, to be disturbed.
        kinds: of noise.
        judged: tokens of the continuation.
        seed: of the noise.

    Returns:
        A row for each place, kind and share: row, group, kind, share (asked), changed (of the past's notes),
        loss, extra (loss minus the one behind the clean past); nats per token.
    """
    groups = store.index["group"].to_numpy()[rows]
    clean = [store.tokens(row)[:place] for row, place in zip(rows, places, strict=True)]
    undisturbed = continuation_losses(model, store, rows, places, clean, judged)
    parts = []
    for kind in kinds:
        for share in shares:
            altered = [
                alter(store, past, kind, share, np.random.default_rng([seed, row, KINDS.index(kind)]))
                for row, past in zip(rows, clean, strict=True)
            ]
            loss = continuation_losses(model, store, rows, places, [past for past, _ in altered], judged)
            parts.append(
                pd.DataFrame(
                    {
                        "row": rows,
                        "group": groups,
                        "kind": kind,
                        "share": share,
                        "changed": [changed for _, changed in altered],
                        "loss": loss,
                        "extra": loss - undisturbed,
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)
