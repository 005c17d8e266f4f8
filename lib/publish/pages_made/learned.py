"""What the composer that comes with the book learned, measure by measure, for the page "The answer".

Its card has the labels and the form of its pieces; the kept tables of the chapters on music and on control
have key, closes and collections. Every word follows from the numbers by :func:`judged`.
"""

from collections.abc import Mapping
from math import isfinite
from typing import NamedTuple

from lib.ledger.evidence import read_evidence
from lib.measures.comparison import seeds_from_text, without_each_seed
from lib.measures.music_sources import NGRAM, PRETRAINED, REAL

AS_REAL, HALF, SOME, NOTHING, NOT_MORE = (
    "as real pieces do",
    "more than half of the way to real pieces",
    "less than half of the way to real pieces",
    "not distinguishable from no skill at all",
    "not more than an n-gram model, which only counts",
)
_LEARNED = (AS_REAL, HALF)

_CARD = {  # measure: what is asked, and what it is without any skill
    "mode": ("gives major or minor as asked", 0.5),
    "activity": ("is lively or calm as asked", 0.5),
    "themes": ("brings themes back", 0.0),
    "aabb": ("repeats the parts of its tunes, AABB", 0.0),
}
_MUSIC = {
    "share_in_scale": "keeps to the notes of one scale",
    "in_fours": "counts its bars in fours",
    "share_of_chords": "sounds its four voices together as chords",
    "opens_on_tonic": "opens on the tonic",
    "closes_on_tonic": "closes on the tonic",
    "cadence": "closes with a cadence",
    "long_last_note": "stays on its last note",
}
_COLLECTION = "genre of three by features"


class Shares(NamedTuple):
    """A share of the model's, with 95 % bounds, and what it stands between.

    Attributes:
        value, low, high: the model's.
        none: without the skill.
        real: of real pieces.
    """

    value: float
    low: float
    high: float
    none: float
    real: float


class Found(NamedTuple):
    """What was found of one measure.

    Attributes:
        question: what was asked.
        words: the word, and others that it would be without one of the draws.
        numbers: behind it.
    """

    question: str
    words: tuple[str, ...]
    numbers: str

    @property
    def learned(self) -> bool | None:
        """Whether the model learned it; None where that hangs on one of the draws."""
        kinds = {word in _LEARNED for word in self.words}
        return kinds.pop() if len(kinds) == 1 else None

    @property
    def line(self) -> str:
        """An item of a Markdown list."""
        return f"- It {self.question}: **{' or '.join(self.words)}** ({self.numbers})."


def judged(shares: Shares, nothing: str = NOTHING) -> str:
    """How far the model comes, from no skill to real pieces, in words.

    `as real pieces do` where its interval reaches what real pieces have; `nothing` where its lower bound is
    not above what no skill gives; in between by the estimates.
    """
    if shares.low <= shares.none:
        return nothing
    if shares.high >= shares.real:
        return AS_REAL
    return HALF if (shares.value - shares.none) >= 0.5 * (shares.real - shares.none) else SOME


def on_the_card(ours: Mapping, real: Mapping, baseline: Mapping) -> list[Found]:
    """Labels and form, from three rows of the card; measures without a value are left out."""
    found = []
    for name, (question, none) in _CARD.items():
        if ours.get(name) is None:
            continue
        shares = Shares(ours[name], ours[f"{name}_low"], ours[f"{name}_high"], none, real[name])
        counted = baseline.get(name)
        found.append(Found(question, (judged(shares),), _numbers(shares, counted)))
    return found


def in_kept_tables(guidance: float) -> list[Found]:
    """Key, closes and collections, from the tables of long runs.

    No skill is here what the n-gram model reaches; chance, where it has no such pieces.

    Args:
        guidance: with which the pieces were composed that tell the collection.

    Raises:
        BookError: when a kept table is missing or damaged.
    """
    found = [_in_music(name, question) for name, question in _MUSIC.items()]
    obtained = read_evidence("control_obtained").table
    obtained = obtained[obtained["by"] == _COLLECTION].set_index(["source", "guidance"])
    row, real, counted = (obtained.loc[key] for key in ((PRETRAINED, guidance), (REAL, 1.0), (NGRAM, 1.0)))
    shares = Shares(row["agreement"], row["low"], row["high"], row["baseline"], real["agreement"])
    question = "sounds like the collection asked for, of three with folk tunes"
    return [*found, Found(question, (judged(shares),), _numbers(shares, counted["agreement"]))]


def _in_music(name: str, question: str) -> Found:
    """One measure of the kept table of music."""
    music = read_evidence("music_sources").table.set_index(["measure", "source"])
    row, real = music.loc[(name, PRETRAINED)], music.loc[(name, REAL), "value"]
    counts = (name, NGRAM) in music.index
    # Chords have a baseline of their own: the same voices, each with its beats in another order.
    none = music.loc[(name, NGRAM) if counts else ("permuted_chords", PRETRAINED), "value"]
    shares = Shares(row["value"], row["low"], row["high"], none, real)
    without = without_each_seed(seeds_from_text(row["by_seed"]), error_pieces=0.0, piece_degrees=1)
    each = [shares]  # draws that are all alike have no interval, and nothing that one of them could overturn
    each += [Shares((low + high) / 2, low, high, none, real) for low, high in without if isfinite(high - low)]
    words = dict.fromkeys(judged(one, NOT_MORE if counts else NOTHING) for one in each)
    return Found(question, tuple(words), _numbers(shares, none if counts else None))


def told_of_closing() -> str:
    """How often its pieces close on the tonic, beside real ones and those of the n-gram model: a sentence."""
    found = _in_music("closes_on_tonic", "")
    leads = {
        True: "It learned to close on the tonic",
        False: "It did not learn to close on the tonic",
        None: "Whether it learned to close on the tonic is undecided",
    }
    return f"{leads[found.learned]} ({found.numbers})."


def music_pieces() -> str:
    """On how many pieces and draws the kept table of music rests, in words."""
    row = read_evidence("music_sources").table.set_index(["measure", "source"]).loc[("cadence", PRETRAINED)]
    return f"{row['pieces']:.0f} pieces in {row['runs']:.0f} draws"


def _numbers(shares: Shares, counted: float | None) -> str:
    parts = [f"{shares.value:.0%} [{shares.low:.0%}, {shares.high:.0%}]", f"real pieces {shares.real:.0%}"]
    if counted is not None:
        parts.append(f"the n-gram {counted:.0%}")
    return "; ".join(parts)
