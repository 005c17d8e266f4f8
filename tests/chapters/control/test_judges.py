"""Which judges a data set gets."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from lib.chapters.control.judges import make_judges
from lib.data.labelling.label_schemes import SCHEMES, LabelRule
from lib.data.labelling.labels import EMOTIONS
from lib.measures.label_control import agreement
from lib.measures.sources import real_set


def test_given_labels_are_judged_by_classifiers(tiny_store):
    judges = make_judges(tiny_store, LabelRule(SCHEMES["mode-activity"], {}), seed=0)
    assert list(judges) == [
        f"{target} by {sees}" for target in ("emotion", "genre") for sees in ("features", "tokens")
    ]
    pieces = real_set(tiny_store, tiny_store.rows("train"))
    for judge in judges.values():
        assert agreement(judge(pieces)).estimate > 0.9, "pieces that a classifier has learnt by heart"


def test_ruled_emotions_are_judged_by_the_rule_and_a_single_genre_by_nobody(tiny_store):
    index = tiny_store.index.assign(
        emotion=[EMOTIONS[row % 4] for row in range(len(tiny_store.index))], genre="folk"
    )
    store = SimpleNamespace(
        index=index,
        emotions=sorted(EMOTIONS),
        genres=["folk"],
        tokenizer=tiny_store.tokenizer,
        vocabulary=tiny_store.vocabulary,
        tokens=tiny_store.tokens,
        rows=tiny_store.rows,
    )
    rule = LabelRule(SCHEMES["mode-activity"], {("folk", meter): 1.0 for meter in ("4/4", "3/4", "6/8")})
    judges = make_judges(store, rule, seed=0)
    assert list(judges) == ["emotion by the rule", "genre: only one"]
    judged = judges["genre: only one"](real_set(store, np.arange(4)))
    assert judged["obtained"].tolist() == ["folk"] * 4
    assert isinstance(judges["emotion by the rule"](real_set(store, np.arange(4))), pd.DataFrame)
