"""MIDI to tokens and back: the token sets, the meters they cover, and the reading of files.

All sets are MidiTok's REMI (Huang and Yang, *Pop Music Transformer*, 2020) with programs in one stream, which
is REMI+ of von Rütte et al. (*FIGARO*, 2023); one has a shorthand on top (:mod:`lib.data.shorthand.writing`).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from miditok import REMI, TokenizerConfig
from symusic import Score

from lib.basics.errors import BookError
from lib.data.labelling.labels import estimate_key, onsets_per_beat, pitch_class_time
from lib.data.labelling.rated_judge import judged_arousal
from lib.data.note_tables import NoteTable
from lib.data.shorthand import gaps, writing
from lib.data.shorthand.bars import Words, words_of
from lib.data.shorthand.tokens import EXTRA

TokenSet = Literal["book", "shorthand", "original"]

POSITIONS_PER_BEAT = 24
"""Grid of the book's token set: steps in a beat (a quarter in 3/4, an eighth in 6/8, a half in 2/2).

Twelve steps a quarter hold sixteenths and triplets alike, and a beat of 2/2 is two quarters. Onset or length
is off the grid for 2 % of the embedded corpus's 1.24 M notes with MidiTok's 8 steps a beat, 4 % with 12, 0.01
% with 24. The finer grid costs ids that stay unused, not longer sequences.
"""

MAX_BARS = 2000
"""Longer files are left out: two notes with a huge gap between them would otherwise give 280,000 tokens."""

# Numerators by denominator: every meter of the embedded corpora, and those usual in pop and classical MIDI
# files. MidiTok turns a meter outside its set into another without a word, so a file with one is left out
# instead.
# The shortest are irregular bars: the end of a section, a bar of a pickup's length.
_BOOK_METERS = {
    1: list(range(1, 5)),
    2: list(range(1, 7)),
    4: list(range(1, 13)),
    8: list(range(1, 13)),
    16: list(range(1, 13)),
}


def build_tokenizer(token_set: TokenSet = "book") -> REMI:
    """The tokenizer of a token set.

    `book` writes a Program token only where the program changes (19 % fewer tokens), carries tempo, and
    covers the meters of the corpora. `shorthand` is the same with bars that come again as one token and a
    plan in front. `original` is the original report's: MidiTok's defaults with programs, one stream and time
    signatures, a Program token before every note, no tempo, 486 tokens.

    Raises:
        BookError: for an unknown token set.
    """
    common = {"use_programs": True, "one_token_stream_for_programs": True, "use_time_signatures": True}
    if token_set == "original":
        return REMI(TokenizerConfig(**common))
    if token_set not in ("book", "shorthand"):
        raise BookError(f"There is no token set '{token_set}'; choose 'book', 'shorthand' or 'original'.")
    return REMI(
        TokenizerConfig(
            **common,
            special_tokens=["PAD", "BOS", "EOS"],
            program_changes=True,
            use_tempos=True,
            tempo_range=(40, 250),
            num_tempos=43,  # steps of 5 a minute, so that the usual 120 is among them
            beat_res={(0, 4): POSITIONS_PER_BEAT, (4, 12): 4},
            time_signature_range=_BOOK_METERS,
            **(
                {"shorthand": True} if token_set == "shorthand" else {}
            ),  # MidiTok keeps what it does not know
        )
    )


def vocabulary_of(tokenizer: REMI) -> list[str]:
    """The text of each token, by id: `Pitch_60`, `Duration_1.0.12`, ..."""
    texts = [""] * len(tokenizer)
    for text, token_id in tokenizer.vocab.items():
        texts[token_id] = text
    return texts + EXTRA if has_shorthand(tokenizer) else texts


def has_shorthand(tokenizer: REMI) -> bool:
    """Whether its token set is written in shorthand."""
    return bool(tokenizer.config.additional_params.get("shorthand"))


def token_types(vocabulary: list[str]) -> tuple[list[str], np.ndarray]:
    """The token types, in order of first appearance, and the index of each token's type, shape
    [vocabulary]."""
    types = [text.split("_", 1)[0] for text in vocabulary]
    names = list(dict.fromkeys(types))
    return names, np.array([names.index(name) for name in types], dtype=np.int64)


def encode(tokenizer: REMI, score: Score) -> np.ndarray:
    """Token ids of a score, from BOS to EOS, uint16 [tokens].

    Times are rounded to the grid of the token set, velocities and tempos to its steps. Nothing is checked
    here: see :func:`foreign_meters` for the meters that would be changed.
    """
    return abbreviate(tokenizer, spell(tokenizer, score), score)


def spell(tokenizer: REMI, score: Score) -> np.ndarray:
    """As :func:`encode`, uint16 [tokens], but written out, whatever the token set."""
    ids = tokenizer.encode(score).ids
    return np.array([tokenizer["BOS_None"], *ids, tokenizer["EOS_None"]], dtype=np.uint16)


def abbreviate(tokenizer: REMI, ids: np.ndarray, score: Score) -> np.ndarray:
    """A score's ids [tokens] in shorthand, its plan behind BOS, if the token set has it; else as they are."""
    if not has_shorthand(tokenizer):
        return ids
    words = _words(tokenizer)
    bars = int(np.count_nonzero(ids == tokenizer["Bar_None"]))
    key = estimate_key(pitch_class_time(score))
    tonic = None if key is None else (key.pitch_class, key.mode)
    plan = writing.plan(words, bars, onsets_per_beat(score), judged_arousal(score), tonic)
    short = writing.count_down(words, writing.shorten(words, ids))
    return np.concatenate([short[:1], np.array(plan, dtype=np.uint16), short[1:]])


def write_out(tokenizer: REMI, ids: np.ndarray) -> np.ndarray:
    """Ids [tokens] without shorthand: MidiTok's own, uint16 [tokens written out]."""
    if not has_shorthand(tokenizer):
        return ids
    return gaps.put_back(_words(tokenizer), np.asarray(ids))


def _words(tokenizer: REMI) -> Words:
    return words_of(tuple(vocabulary_of(tokenizer)))


def decode(tokenizer: REMI, ids: np.ndarray) -> Score:
    """The score that token ids [tokens] spell; special tokens are passed over."""
    special = set(tokenizer.special_tokens_ids)
    return tokenizer.decode(
        [int(token_id) for token_id in write_out(tokenizer, ids) if int(token_id) not in special]
    )


@dataclass(frozen=True)
class MeterSections:
    """Where meters hold: `start` tick of each section, its `numerator` and `denominator`, [sections]."""

    start: np.ndarray
    numerator: np.ndarray
    denominator: np.ndarray


def meter_sections(score: Score, last_onset: int) -> MeterSections:
    """The meters that hold for the notes of a score; 4/4 until the first is given, as MIDI has it.

    Of several at one tick the last counts; what comes after the last note does not matter.
    """
    sections = {0: (4, 4)}
    for signature in sorted(score.time_signatures, key=lambda signature: signature.time):
        if signature.time <= last_onset:
            sections[max(0, signature.time)] = (signature.numerator, signature.denominator)
    starts = sorted(sections)
    return MeterSections(
        np.array(starts),
        np.array([sections[start][0] for start in starts]),
        np.array([sections[start][1] for start in starts]),
    )


def foreign_meters(tokenizer: REMI, sections: MeterSections) -> list[str]:
    """The meters, as text, that the token set does not hold."""
    known = set(tokenizer.time_signatures)
    used = dict.fromkeys(zip(sections.numerator.tolist(), sections.denominator.tolist(), strict=True))
    return [
        f"{numerator}/{denominator}"
        for numerator, denominator in used
        if (numerator, denominator) not in known
    ]


def count_bars(sections: MeterSections, last_onset: int, ticks_per_quarter: int) -> int:
    """How many bars a piece has up to its last note's onset (a section's last, cut bar counts)."""
    ends = np.append(sections.start[1:], last_onset + 1)
    ticks_per_bar = np.maximum(1, 4 * ticks_per_quarter * sections.numerator // sections.denominator)
    return int(np.ceil((ends - sections.start) / ticks_per_bar).sum())


def main_meter(sections: MeterSections, last_onset: int) -> str:
    """The meter, as text, that holds for most of the time up to the last onset: a pickup's bar is not it."""
    ticks: dict[str, int] = {}
    ends = np.append(sections.start[1:], last_onset + 1)
    for numerator, denominator, length in zip(
        sections.numerator, sections.denominator, ends - sections.start, strict=True
    ):
        meter = f"{numerator}/{denominator}"
        ticks[meter] = ticks.get(meter, 0) + int(length)
    return max(ticks, key=ticks.__getitem__)


def count_moved(tokenizer: REMI, notes: NoteTable, sections: MeterSections) -> int:
    """How many notes begin off the grid of the token set or have no length in it, and are changed by it."""
    section = np.searchsorted(sections.start, notes.onset, side="right") - 1
    since = notes.onset - sections.start[section]
    whole_note = 4 * notes.ticks_per_quarter
    denominator, resolution = sections.denominator[section], tokenizer.config.max_num_pos_per_beat
    off_grid = since * denominator * resolution % whole_note != 0
    lengths = {steps * resolution // res + beats * resolution for beats, steps, res in tokenizer.durations}
    in_steps, rest = np.divmod(notes.duration * denominator * resolution, whole_note)
    return int(np.count_nonzero(off_grid | (rest != 0) | ~np.isin(in_steps, list(lengths))))
