"""The first bars of a MIDI file as the beginning of a piece."""

from pathlib import Path

import numpy as np

from lib.basics.errors import BookError
from lib.composing.protocols import Vocabulary
from lib.composing.sampling import FREE
from lib.data.scores import read_score
from lib.data.shorthand.tokens import ACTIVITY, AROUSAL, LENGTH, ids_of_types
from lib.data.tokenizer import encode, foreign_meters, meter_sections
from lib.sound.pianoroll import bar_grid


def read_prompt(path: Path, store: Vocabulary, bars: int, max_tokens: int | None = None) -> np.ndarray:
    """The first bars of a MIDI file as token ids, BOS first.

    Args:
        path: a MIDI file; what lies behind the bars asked for is not looked at.
        store: its tokenizer encodes them.
        bars: how many bars, counted with the meters that the file names.
        max_tokens: the longest sequence that will be composed; the prompt must leave room in it.

    Returns:
        Ids (int64) without EOS; :data:`lib.composing.sampling.FREE` where a plan stands that only the whole
        piece could fulfil. Bars without notes at the end are not part of it.

    Raises:
        BookError: when the file cannot be read, holds no notes in these bars or none that tokens can tell,
            has a meter outside the token set, or needs more tokens than there is room for.
    """
    if bars < 1:
        raise BookError(f"A prompt needs at least one bar, not {bars}.")
    path = Path(path)
    if not path.is_file():
        raise BookError(f"There is no MIDI file {path}; give the path of one to go on from.")
    score = read_score(path)
    if not score.note_num():
        raise BookError(f"The MIDI file {path} holds no notes; give another one.")
    end = int(bar_grid(score, max_bars=bars).starts[-1])
    for track in score.tracks:
        track.notes = [note for note in track.notes if note.time < end]
    last = max((note.time for track in score.tracks for note in track.notes), default=None)
    if last is None:
        raise BookError(f"The first {bars} bars of {path} hold no notes; ask for more bars, or cut the "
                        "silence off.")
    if foreign := foreign_meters(store.tokenizer, meter_sections(score, last)):
        raise BookError(f"The meter {foreign[0]} in {path} is not among the tokens; give another file.")
    # Changes of meter and tempo behind the last note would add bars to the prompt.
    score.time_signatures = [change for change in score.time_signatures if change.time <= last]
    score.tempos = [change for change in score.tempos if change.time <= last]
    tokens = encode(store.tokenizer, score)[:-1]
    pitches = [token for kind in ("Pitch", "PitchDrum") for token in store.tokenizer.token_ids_of_type(kind)]
    if not np.isin(tokens, pitches).any():
        low, high = store.tokenizer.config.pitch_range
        raise BookError(f"No note in the first {bars} bars of {path} has a token: they lie outside MIDI "
                        f"pitches {low} to {high}; give another file, or transpose it.")
    if max_tokens is not None and len(tokens) >= max_tokens:
        raise BookError(f"The first {bars} bars of {path} take {len(tokens)} tokens and leave no room within "
                        f"{max_tokens}; take fewer bars.")
    return _with_free_plan(store, tokens)


def _with_free_plan(store: Vocabulary, tokens: np.ndarray) -> np.ndarray:
    """A prompt's plan tells of the prompt alone: the model has to say length and activity of the piece."""
    free = np.isin(tokens, ids_of_types(store.vocabulary, (LENGTH, ACTIVITY, AROUSAL)))
    return np.where(free, FREE, tokens.astype(np.int64))
