"""What the pretrained model's pieces are worth, beside real held-out ones and those of the n-gram baseline.

The measures are those of the chapters: the labels obtained, by the rule behind them; themes, form and style;
notes in a row that also stand in a training piece. Nothing is chosen among several pieces, but for one row,
which says so: a selector kept one of several there, and the rule, which is not the selector, judges.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from lib.basics.progress import Progress
from lib.chapters.control.distances import mean_distance
from lib.chapters.control.memorisation import compare_with_real, mean_excess, search_training
from lib.chapters.music_analysis.sections import is_aabb
from lib.chapters.music_analysis.themes import share_recurring
from lib.composing import Composition, SamplingSettings, compose_many
from lib.composing.counted import NgramComposer
from lib.composing.outcomes import share_with_interval
from lib.composing.pretrained import Pretrained
from lib.data import TokenStore
from lib.data.labelling.label_schemes import LabelRule
from lib.data.tokenizer import decode
from lib.measures.label_control import agreement, halves, is_ruled, judge_by_rule
from lib.measures.music.notes import NoteReader
from lib.measures.music.piece import BarredNotes, UnmeasurableError, barred_notes
from lib.measures.music.style import style_table
from lib.measures.selector import Selector
from lib.measures.sources import PieceSet, composed_set, real_set
from lib.measures.statistics import Interval, as_json, bootstrap_mean
from lib.models import NgramModel

PIECES = 400
"""Of each source, spread evenly over all pairs of labels."""

GUIDANCES = (1.0, 2.0, 3.0)  # for each the model composes with the same seeds
CANDIDATES, SELECTED = 8, 48  # pieces to choose among, for so many requests
TOP_P = 0.95
_FORMLESS = "chorale"  # a hymn has no parts that are repeated as a dance's are
_REAL, _BASELINE = "real, held out", "n-gram"


def judge_pieces(
    pretrained: Pretrained, part: TokenStore, ngram: NgramModel, rule: LabelRule, selector: Selector
) -> list[dict]:
    """Compose with the published weights and with the baseline, and measure beside real test pieces.

    Args:
        pretrained: the weights as they were written.
        part: the data; its test pieces are the real ones, cut where composed ones are.
        ngram: the baseline.
        rule: behind the emotion labels; where it is empty, nobody judges which label a piece obtained.
        selector: keeps one of :data:`CANDIDATES` pieces in the last row.

    Returns:
        A row a source: `source`, `selected_of` (1, but in the last), `guidance` (None where there is none),
        `pieces`, and the measures `ended`,
        `label`, `mode`, `activity` (shares, each label counting the same), `themes` (mean share of melody
        notes), `aabb` (share), `overlap` (of style, with the real pieces) and `copied` (notes more than real
        pieces share with the training set), each with `_low` and `_high` (95 %) and `_pieces`.
    """
    labels = even_labels(part, PIECES)
    draw = SamplingSettings(max_tokens=pretrained.context_length, seed=1, top_p=TOP_P)
    real = real_set(part, part.rows("test").tolist(), _REAL, pretrained.context_length)
    sets: list[tuple[PieceSet, float | None, list[Composition]]] = [(real, None, [])]
    composed = compose_many(NgramComposer(ngram, part), part, labels, draw)
    sets.append((composed_set(_BASELINE, composed), None, composed))
    for strength in GUIDANCES:
        guided = draw.model_copy(update={"guidance": strength})
        composed = compose_many(pretrained.model, pretrained, labels, guided)
        sets.append((composed_set("model", composed), strength, composed))
    kept = selected_pieces(pretrained, even_labels(part, SELECTED), draw, selector)
    sets.append((composed_set(f"model, best of {CANDIDATES}", kept), 1.0, kept))
    reader = NoteReader(part)
    notes = [found.notes(reader) for found, *_ in sets]
    reference = style_table(notes[0])
    matches = [search_training(one, part, reader) for one in notes]
    lines, progress = [], Progress("measuring composed pieces", len(sets), unit="sources")
    for (found, guidance, composed), own, match in zip(sets, notes, matches, strict=True):
        chosen_of = composed[0].selected_of if composed else 1
        line: dict = {
            "source": found.name,
            "selected_of": chosen_of,
            "guidance": guidance,
            "pieces": len(found),
        }
        line |= measure_pieces(found, composed, part, rule)
        if found is not real:
            _put(
                line,
                "overlap",
                mean_distance(style_table(own).to_numpy(), found.groups, reference.to_numpy())[0],
                len(own),
            )
            compared = compare_with_real(found, own, match, real, notes[0], matches[0])
            _put(
                line,
                "copied",
                mean_excess(compared.runs, found.groups, compared.real_groups),
                int(compared.table["run_excess"].notna().sum()),
            )
        lines.append(line)
        progress.advance(1)
    return lines


def selected_pieces(
    pretrained: Pretrained, labels: Sequence[tuple[str, str]], draw: SamplingSettings, selector: Selector
) -> list[Composition]:
    """For each pair of labels the truest of :data:`CANDIDATES` pieces, as `compose --candidates` keeps it."""
    asked = [pair for pair in labels for _ in range(CANDIDATES)]
    pieces = compose_many(pretrained.model, pretrained, asked, draw)
    return [
        replace(selector.choose(pieces[first : first + CANDIDATES], pretrained), selected_of=CANDIDATES)
        for first in range(0, len(pieces), CANDIDATES)
    ]


def even_labels(part: TokenStore, pieces: int) -> list[tuple[str, str]]:
    """All pairs (emotion, genre) in turn, for so many pieces."""
    pairs = [(emotion, genre) for genre in part.genres for emotion in part.emotions]
    return [pairs[number % len(pairs)] for number in range(pieces)]


def measure_pieces(
    found: PieceSet, composed: Sequence[Composition], part: TokenStore, rule: LabelRule
) -> dict:
    """Endings, labels, themes and form of one set of pieces; see :func:`judge_pieces` for the columns.

    Args:
        found: the pieces.
        composed: the same, where they were composed; else empty.
        part: for its tokenizer.
        rule: behind the emotion labels.
    """
    line: dict = {}
    if composed:
        ended = sum(piece.ended for piece in composed)
        _put(line, "ended", Interval(*share_with_interval(ended, len(composed))), len(composed))
    if is_ruled(part, rule):
        judged = judge_by_rule(found, part, rule)
        for name, table in {"label": judged, **halves(judged)}.items():
            _put(line, name, agreement(table), len(table))
    music = [barred_notes(decode(part.tokenizer, tokens)) for tokens in found.tokens]
    _put(line, "themes", *_mean(share_recurring, music, found.groups))
    tunes = np.array(found.genres) != _FORMLESS
    _put(
        line, "aabb", *_mean(is_aabb, [music[place] for place in np.flatnonzero(tunes)], found.groups[tunes])
    )
    return line


def _put(line: dict, name: str, value: Interval, pieces: int) -> None:
    line |= as_json(value, name) | {f"{name}_pieces": pieces}


def _mean(
    measure: Callable[[BarredNotes], float], music: Sequence[BarredNotes], groups: np.ndarray
) -> tuple[Interval, int]:
    """The mean over the pieces that can be measured, with its interval over groups, and their number."""
    values = np.full(len(music), np.nan)
    for place, one in enumerate(music):
        try:
            values[place] = measure(one)
        except UnmeasurableError:
            continue
    known = np.isfinite(values)
    if not known.any():
        return Interval(*[float("nan")] * 3), 0
    return bootstrap_mean(values[known], groups[known]), int(known.sum())
