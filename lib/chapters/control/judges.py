"""The judges that a data set allows, and the sets of pieces that they are asked about."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pandas as pd

from lib.composing import SamplingSettings, request_pieces
from lib.composing.counted import NgramComposer
from lib.data import TokenStore
from lib.data.labelling.label_schemes import LabelRule
from lib.data.tokenizer import decode, encode
from lib.measures.classifier import judge_by_classifier, train_classifier
from lib.measures.label_control import is_ruled, judge_by_rule
from lib.measures.music.shuffled_bars import shuffle_bars
from lib.measures.music_sources import LSTM, NGRAM, REAL, SHUFFLED, TRANSFORMER, Slot, ngram_identity
from lib.measures.sources import PieceSet, composed_set, matched_rows, real_set
from lib.models import NgramModel
from lib.training import Run

Judge = Callable[[PieceSet], pd.DataFrame]
_REAL_EACH = 3  # real pieces of the test set for each slot, as far as there are so many


def make_judges(store: TokenStore, rule: LabelRule, seed: int) -> dict[str, Judge]:
    """By what each label is judged, and who judges.

    Args:
        store: the data; classifiers are trained on its training set.
        rule: behind the labels; empty where they are given and not ruled.
        seed: of the classifiers.

    Returns:
        By title ('emotion by the rule', 'genre by features', …) a function from pieces to a judge's table.
        The emotion is judged by the rule where there is one, otherwise by classifiers; the genre always by
        classifiers. Of a label with one value only there is nothing to judge: all pieces obtain it.
    """
    judges: dict[str, Judge] = {}
    learnt = ["emotion", "genre"]
    if is_ruled(store, rule):
        judges["emotion by the rule"] = partial(judge_by_rule, store=store, rule=rule)
        learnt.remove("emotion")
    for target in learnt:
        if store.index.loc[store.index["split"] == "train", target].nunique() < 2:
            judges[f"{target}: only one"] = partial(_judge_nothing, target)
            continue
        for sees in ("features", "tokens"):
            classifier = train_classifier(store, target, sees, seed)
            judges[f"{target} by {sees}"] = partial(judge_by_classifier, classifier)
    return judges


def _judge_nothing(target: str, pieces: PieceSet) -> pd.DataFrame:
    asked = pieces.labels(target)
    return pd.DataFrame(
        {"source": pieces.name, "asked": asked, "obtained": asked, "reason": "", "group": pieces.groups}
    )


def compare_sources(
    store: TokenStore,
    slots: Sequence[Slot],
    runs: Mapping[str, Run],
    ngram: NgramModel,
    draw: SamplingSettings,
) -> dict[str, PieceSet]:
    """Real held-out pieces, the same with shuffled bars, and what each model composed to the same labels.

    The composed pieces are those of chapter 8, of its slots that are spread evenly over the labels. Real
    pieces are cut where composed ones are.

    Args:
        store: the data.
        slots: from :func:`lib.measures.music_sources.choose_slots`.
        runs: the networks, 'lstm' and 'transformer'.
        ngram: fitted on the same training set.
        draw: how tokens are drawn.
    """
    labels = [(slot.emotion, slot.genre) for slot in slots]
    even = [number for number, slot in enumerate(slots) if slot.balanced]
    rows = matched_rows(store, [labels[number] for number in even], "test", _REAL_EACH, draw.seed)
    real = real_set(store, rows, REAL, draw.max_tokens)
    shuffled = [
        encode(store.tokenizer, shuffle_bars(decode(store.tokenizer, tokens), draw.seed + number))
        for number, tokens in enumerate(real.tokens)
    ]
    composed = {
        NGRAM: request_pieces(
            NgramComposer(ngram, store), store, labels, draw, identity=ngram_identity(ngram, store)
        ),
        LSTM: request_pieces(runs["lstm"], store, labels, draw),
        TRANSFORMER: request_pieces(runs["transformer"], store, labels, draw),
    }
    return {
        REAL: real,
        SHUFFLED: PieceSet(SHUFFLED, shuffled, real.emotions, real.genres, real.groups, real.titles),
        **{
            name: composed_set(name, [pieces[number] for number in even]) for name, pieces in composed.items()
        },
    }
