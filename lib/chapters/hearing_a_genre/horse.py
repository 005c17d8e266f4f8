"""The horse test: the same music played in another way, which a classifier of genre must not mind.

Named after a horse that seemed to reckon, and in truth watched its master's face (Sturm, *A simple method to
determine if a music information retrieval system is a "horse"*, IEEE Transactions on Multimedia, 2014).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd

from lib.chapters.hearing_a_genre.classifiers import Recognise, score
from lib.measures.ear.clips import Clip
from lib.measures.ear.features import request_features
from lib.measures.ear.pieces import Heard, answers_to

STRANGE = 6
"""Harpsichord, which no training piece is played on."""

CHANGES: dict[str, Callable[[Clip], Clip]] = {
    "as in training": lambda clip: clip,
    "a harpsichord": lambda clip: replace(clip, program=STRANGE),
    "12 dB softer": lambda clip: replace(clip, decibels=-12.0),
    "half a semitone up": lambda clip: replace(clip, semitones=0.5),
    "noise, 20 dB below": lambda clip: replace(clip, noise=20.0),
}
"""What is changed and never matters to the question which genre it is."""


def horse_table(who: Mapping[str, Recognise], heard: Heard, workers: int) -> pd.DataFrame:
    """Shares right of each classifier after each change: change, who, right, low, high, pieces, same.

    `same` is the share of pieces for which the answer is that for the unchanged sound, right or wrong.
    """
    rows, before = [], {}
    for change, alter in CHANGES.items():
        features = request_features([alter(clip) for clip in heard.clips], workers)
        for name, recognise in who.items():
            answers = answers_to(recognise, features)
            before.setdefault(name, answers)
            rows.append(
                {
                    "change": change,
                    **score(heard, answers, name),
                    "same": float((answers == before[name]).mean()),
                }
            )
    return pd.DataFrame(rows)
