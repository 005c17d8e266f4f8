"""What composed music is like beside real music, over all training seeds: the evidence behind chapter 8.

For every training seed the chapter's sources are made anew, with other real pieces and other random
numbers, and measured as the chapter does. A source's value is the mean over seeds; its interval is
Student's over their means, which hold the variance of training, of real pieces and of composed ones.
"""

from collections.abc import Sequence

import pandas as pd

from lib.basics.progress import say
from lib.chapters.music_analysis.measures import MEASURES, Measured, measure_pieces
from lib.chapters.music_analysis.tables import difference_table, source_table
from lib.chapters.networks import comparison_runs as networks
from lib.composing import SamplingSettings
from lib.composing.pretrained import load_pretrained
from lib.data import TokenStore
from lib.measures.comparison import seeds_as_text
from lib.measures.music_sources import (
    LSTM,
    NGRAM,
    OWN_FLOOR,
    PRETRAINED,
    REAL,
    SHORT,
    TRANSFORMER,
    choose_slots,
    gather_music,
)
from lib.measures.statistics import seed_interval
from lib.models import request_ngram
from lib.profiles import Profile

COMPARISONS = (
    *((TRANSFORMER, other) for other in (REAL, LSTM, SHORT, NGRAM, OWN_FLOOR)),
    (LSTM, REAL),
    (PRETRAINED, REAL),
)
"""Each source and what it is compared with, slot by slot."""


def run_music_trials(profile: Profile, store: TokenStore) -> dict[str, pd.DataFrame]:
    """Compose, measure and sum up.

    Returns:
        `music_sources` (measure, source, value, low, high, runs, pieces, by_seed) and `music_differences`
        (measure, source, baseline, and the same).
    """
    draw = SamplingSettings(
        **profile.generation.model_dump(include={"temperature", "top_k", "top_p", "max_tokens"})
    )
    runs, (ngram, _) = networks.paired_runs(profile, store), request_ngram(store, profile.ngram.orders)
    found: list[Measured] = []
    for number, seed in enumerate(profile.seeds):
        say(f"music: training seed {number + 1} of {len(profile.seeds)}")
        slots = choose_slots(store, profile.notes, draw.max_tokens, seed)
        pieces = gather_music(
            store,
            slots,
            {arm: one[number] for arm, one in runs.items()},
            ngram,
            draw.model_copy(update={"seed": seed}),
            profile.notes.memory_bars,
            profile.workers,
            load_pretrained(),
        )
        everything = measure_pieces(pieces, profile.workers)
        found.append(everything.of(everything.values["balanced"]))
    names = [*MEASURES, "ended"]
    sources = [source_table(one, names).rename(columns={"mean": "value"}) for one in found]
    differences = [
        difference_table(one, names, COMPARISONS).rename(columns={"difference": "value", "pairs": "pieces"})
        for one in found
    ]
    return {
        "music_sources": _over_seeds(sources, ["measure", "source"]),
        "music_differences": _over_seeds(differences, ["measure", "source", "baseline"]),
    }


def _over_seeds(tables: Sequence[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    """The mean of `value` over seeds, with Student's interval; seeds that have none are left out."""
    lines = []
    whole = pd.concat(tables, ignore_index=True).dropna(subset=["value"])
    for names, part in whole.groupby(keys, sort=False):
        interval = seed_interval(part["value"].tolist())
        lines.append(
            {
                **dict(zip(keys, names, strict=True)),
                "value": interval.estimate,
                "low": interval.low,
                "high": interval.high,
                "runs": len(part),
                "pieces": int(part["pieces"].sum()),
                "by_seed": seeds_as_text(part["value"].tolist()),
            }
        )
    return pd.DataFrame(lines)
