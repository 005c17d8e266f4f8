"""The notes that a sequence of tokens names, read token by token, independently of MidiTok's decoder."""

import numpy as np

from lib.composing.grammar import Grammar


def named_notes(grammar: Grammar, tokens: np.ndarray) -> np.ndarray:
    """Integers [notes, 5], sorted: onset and duration in ticks, pitch, velocity, program (−1 for drums)."""
    state, notes = grammar.start(), []
    for token in tokens[1:].tolist():
        kind = grammar.kinds[token]
        if kind == "Velocity":
            velocity = grammar.numbers[token]
        elif kind == "Duration":
            notes.append((state.now, int(state.meter.duration_ticks[token]), state.pitch, velocity,
                          state.program))
        state.advance(token)
    return np.array(sorted(notes), dtype=np.int64).reshape(-1, 5)
