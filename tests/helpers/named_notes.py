"""The notes that a sequence of tokens names, read token by token, independently of MidiTok's decoder."""

import numpy as np

from lib.composing.grammar import Grammar


def named_notes(grammar: Grammar, tokens: np.ndarray) -> np.ndarray:
    """Integers [notes, 5], sorted: onset and duration in ticks, pitch, velocity, program (−1 for drums)."""
    state, velocity = grammar.start(), 0
    starts, bars = [], []  # the bars so far: when each begins, and its notes
    for token in tokens[1:].tolist():
        kind = grammar.kinds[token]
        if kind == "Velocity":
            velocity = grammar.numbers[token]
        elif kind == "Duration":
            bars[-1].append(
                (state.now, int(state.meter.duration_ticks[token]), state.pitch, velocity, state.program)
            )
        meter = state.meter
        state.advance(token)
        if kind in ("Bar", "Again"):
            starts.append(starts[-1] + meter.ticks_per_bar if starts else 0)
            bars.append([])
        if kind == "Again":
            back = int(grammar.vocabulary[token].split("_")[1])
            moved = starts[-1] - starts[-1 - back]
            bars[-1] = [(onset + moved, *rest) for onset, *rest in bars[-1 - back]]
            velocity = bars[-1][-1][3]
    return np.array(sorted(note for bar in bars for note in bar), dtype=np.int64).reshape(-1, 5)
