"""A MIDI file as the beginning of a piece: its first bars, or all but those that are to be written again."""

from pathlib import Path

import numpy as np
from symusic import Score

from lib.basics.errors import BookError
from lib.composing.compose import Composition
from lib.composing.protocols import Vocabulary
from lib.composing.sampling import FREE
from lib.data.files.scores import read_score
from lib.data.shorthand.bars import words_of
from lib.data.shorthand.gaps import read_bars, with_gap
from lib.data.shorthand.tokens import ACTIVITY, AROUSAL, FILL, GAP, KEY, LEFT, LENGTH, ids_of_types
from lib.data.tokenizer import encode, foreign_meters, meter_sections
from lib.sound.score_tables import bar_grid

_ROOM = 32  # tokens by which bars may take more when they are written again


def read_prompt(path: Path, store: Vocabulary, bars: int, max_tokens: int | None = None) -> np.ndarray:
    """The first bars of a MIDI file as token ids, BOS first.

    Args:
        path: a MIDI file; what lies behind the bars asked for is not looked at.
        store: its tokenizer encodes them.
        bars: how many bars, counted with the meters that the file names.
        max_tokens: the longest sequence that will be composed; the prompt must leave room in it.

    Returns:
        Ids, int64 [tokens], without EOS; :data:`lib.composing.sampling.FREE` where a plan stands that only
        the whole piece could fulfil. Bars without notes at the end are not part of it.

    Raises:
        BookError: when the file cannot be read, holds no notes in these bars or none that tokens can tell,
            has a meter outside the token set, or needs more tokens than there is room for.
    """
    if bars < 1:
        raise BookError(f"A prompt needs at least one bar, not {bars}.")
    score = _read(Path(path))
    end = int(bar_grid(score, max_bars=bars).starts[-1])
    for track in score.tracks:
        track.notes = [note for note in track.notes if note.time < end]
    tokens = _encode(score, store, f"the first {bars} bars of {path}")[:-1]
    if max_tokens is not None and len(tokens) >= max_tokens:
        raise BookError(
            f"The first {bars} bars of {path} take {len(tokens)} tokens and leave no room within "
            f"{max_tokens}; take fewer bars."
        )
    return _with_free_plan(store, tokens)


def read_rewrite(path: Path, store: Vocabulary, first: int, last: int, max_tokens: int) -> np.ndarray:
    """A MIDI file as the beginning of a sequence that goes on with its bars `first` to `last`, written anew.

    All other bars stay token by token, behind the plan of the whole piece; see
    :mod:`lib.data.shorthand.gaps`.

    Args:
        path: a MIDI file.
        store: its tokenizer encodes it.
        first, last: numbers of bars, from 1 and counted with the meters that the file names, both included.
        max_tokens: the longest sequence that will be composed.

    Returns:
        Ids, int64 [tokens], up to the token `Fill`.

    Raises:
        BookError: as :func:`read_prompt`; when the tokens know no gaps, these bars cannot be missing, or the
            piece leaves no room.
    """
    if not len(ids_of_types(store.vocabulary, (GAP,))):
        raise BookError(
            "This model cannot write bars again: its tokens know no gaps. Choose one whose "
            "tokens are in shorthand."
        )
    tokens = _encode(_read(Path(path)), store, str(path))
    if len(tokens) + _ROOM > max_tokens:
        raise BookError(
            f"{path} takes {len(tokens)} tokens and leaves too little room within {max_tokens}; "
            "give a shorter piece."
        )
    return gap_prompt(tokens, store, first, last)


def gap_prompt(tokens: np.ndarray, store: Vocabulary, first: int, last: int) -> np.ndarray:
    """A whole piece in shorthand up to the token `Fill`, int64 [tokens]; its bars `first` to `last` are to
    follow.

    Raises:
        BookError: saying why these bars cannot be missing.
    """
    moved = with_gap(words_of(tuple(store.vocabulary)), tokens, first, last)
    fill = store.vocabulary.index(f"{FILL}_None")
    return moved[: 1 + int(np.flatnonzero(moved == fill)[0])].astype(np.int64)


def what_is_wrong(piece: Composition, store: Vocabulary, first: int, last: int) -> str:
    """What a piece whose bars were written again should not have, in words; '' when it has nothing of it."""
    bars = read_bars(words_of(tuple(store.vocabulary)), piece.written_out)[first - 2 : last]
    if not piece.ended:
        return f"The bars were not whole within {piece.settings.max_tokens} tokens"
    if len({bar.meter for bar in bars}) > 1:
        return "The new bars are in another meter"
    return "A note of the new bars sounds into the next" if bars[-1].sounds_on else ""


def _read(path: Path) -> Score:
    """The score in a MIDI file; BookError when there is none, or no note in it."""
    if not path.is_file():
        raise BookError(f"There is no MIDI file {path}; give the path of one to go on from.")
    score = read_score(path)
    if not score.note_num():
        raise BookError(f"The MIDI file {path} holds no notes; give another one.")
    return score


def _encode(score: Score, store: Vocabulary, what: str) -> np.ndarray:
    """The tokens of a score, or the reason why it has none, `what` being its name."""
    last = max((note.time for track in score.tracks for note in track.notes), default=None)
    if last is None:
        raise BookError(f"{_upper(what)} hold no notes; ask for more bars, or cut the silence off.")
    if foreign := foreign_meters(store.tokenizer, meter_sections(score, last)):
        raise BookError(f"The meter {foreign[0]} in {what} is not among the tokens; give another file.")
    # Changes of meter and tempo behind the last note would add bars.
    score.time_signatures = [change for change in score.time_signatures if change.time <= last]
    score.tempos = [change for change in score.tempos if change.time <= last]
    tokens = encode(store.tokenizer, score)
    if not np.isin(tokens, ids_of_types(store.vocabulary, ("Pitch", "PitchDrum"))).any():
        low, high = store.tokenizer.config.pitch_range
        raise BookError(
            f"No note in {what} has a token: they lie outside MIDI pitches {low} to {high}; give "
            "another file, or transpose it."
        )
    return tokens


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _with_free_plan(store: Vocabulary, tokens: np.ndarray) -> np.ndarray:
    """A prompt's plan tells of the prompt alone: the model has to say what the piece is, but for its key.

    Nor does the prompt know how many bars are left; and its arousal may have been too short to be judged.
    """
    free = np.isin(tokens, ids_of_types(store.vocabulary, (LENGTH, ACTIVITY, AROUSAL, LEFT)))
    freed = np.where(free, FREE, tokens.astype(np.int64))
    keys = np.flatnonzero(np.isin(tokens, ids_of_types(store.vocabulary, (KEY,))))
    arousals = ids_of_types(store.vocabulary, (AROUSAL,))
    if len(keys) and not np.isin(tokens, arousals).any():
        freed = np.insert(freed, keys[0], FREE)
    return freed
