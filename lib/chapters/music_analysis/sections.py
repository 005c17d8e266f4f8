"""Sections: which bars are like which, where something new begins, the form, and curves over a piece.

Two bars are compared by the onsets that they share and by the notes that they share (Dice's coefficient of
either, and the mean of the two): 1 for the same bar, 0.5 for the same rhythm on other notes. Novelty is
Foote's (*Automatic audio segmentation using a measure of audio novelty*, ICME 2000): a checkerboard slides
along the diagonal and is large where the bars before are alike, those after are alike, and the two sides
differ.
"""

import numpy as np

from lib.measures.music.piece import BarredNotes, UnmeasurableError

GRID = 12
"""Steps in a quarter for the comparison of bars."""

HALF = 4
"""Bars on either side of the checkerboard."""

SAME_PHRASE = 0.7
"""Two phrases are the same letter of the form when their bars, one by one, are on average so much alike."""

PHRASES = (16, 8, 4)
TENTHS = 10


def bar_similarity(music: BarredNotes) -> np.ndarray:
    """Similarity of each pair of bars, [bars, bars], 0 … 1; two silent bars are alike.

    Raises:
        UnmeasurableError: without notes.
    """
    music.need_notes()
    notes, bar = music.notes, music.notes.bar
    position = np.round((notes.onset - notes.bar_starts[bar]) * GRID / notes.ticks_per_quarter).astype(int)
    return (_dice(bar, position, music.bars) + _dice(bar, position * 128 + notes.pitch, music.bars)) / 2


def _dice(bar: np.ndarray, feature: np.ndarray, bars: int) -> np.ndarray:
    """2 · |shared features| / (features of one + features of the other), for all pairs of bars."""
    _, column = np.unique(feature, return_inverse=True)
    present = np.zeros((bars, column.max(initial=0) + 1))
    present[bar, column] = 1
    size = present.sum(axis=1)
    total = size[:, None] + size[None, :]
    return np.where(total > 0, 2 * (present @ present.T) / np.maximum(total, 1), 1.0)


def novelty(music: BarredNotes) -> np.ndarray:
    """Novelty at the beginning of each bar, [bars]; 0 near both ends.

    The mean similarity within the four bars before and within the four after, minus that between both sides.

    Raises:
        UnmeasurableError: for fewer than eight bars.
    """
    music.need_bars(2 * HALF)
    similarity = bar_similarity(music)
    other = ~np.eye(HALF, dtype=bool)
    curve = np.zeros(music.bars)
    for bar in range(HALF, music.bars - HALF + 1):
        before, after = slice(bar - HALF, bar), slice(bar, bar + HALF)
        within = (similarity[before, before][other].mean() + similarity[after, after][other].mean()) / 2
        curve[bar] = within - similarity[before, after].mean()
    return curve


def largest_novelty(music: BarredNotes) -> float:
    """The highest value of novelty."""
    return float(novelty(music).max())


def main_boundary(music: BarredNotes) -> int:
    """The bar (from 0, a pickup's left aside) at which novelty is highest: in AABB, the middle."""
    return int(np.argmax(novelty(music))) - music.first_full_bar


def shows_its_form(music: BarredNotes) -> float:
    """How well a piece shows AABB to the eye: novelty in its middle, if it is highest there; else 0.

    0 also for pieces that have another form, and for those that are too short.
    """
    try:
        if not is_aabb(music):
            return 0.0
        curve = novelty(music)
    except UnmeasurableError:
        return 0.0
    middle = (music.bars - music.first_full_bar) / 2
    return max(0.0, float(curve.max())) if abs(main_boundary(music) - middle) <= 1 else 0.0


def form_words(letters: str) -> str:
    """A form as a title says it.

    >>> form_words("AABB"), form_words("ABCD"), form_words("–")
    ('form AABB', 'no repeat found', 'too short for a form')
    """
    if letters == "–":
        return "too short for a form"
    return "no repeat found" if len(set(letters)) == len(letters) else f"form {letters}"


def overview(music: BarredNotes) -> tuple[np.ndarray, np.ndarray, str]:
    """Similarity of bars [bars, bars], novelty [bars] and form of a piece, for a picture.

    Zeros and '–' where it is too short.
    """
    found = []
    for function, otherwise in ((novelty, np.zeros(music.bars)), (form, "–")):
        try:
            found.append(function(music))
        except UnmeasurableError:
            found.append(otherwise)
    return bar_similarity(music), *found


def can_be_drawn(music: BarredNotes) -> bool:
    """Whether a piece has pitches to compare its bars by."""
    try:
        bar_similarity(music)
    except UnmeasurableError:
        return False
    return True


def form(music: BarredNotes, phrase: int | None = None) -> str:
    """The form in letters, a letter for each phrase: 'AABB', 'AABA', 'ABCD'.

    A pickup's bar is left out; a rest of less than half a phrase is left out too.

    Args:
        music: the piece.
        phrase: bars in a phrase; None: the longest of 16, 8 and 4 that fits four times, or else 4.

    Raises:
        UnmeasurableError: when two phrases do not fit.
    """
    length = music.bars - music.first_full_bar
    if phrase is None:
        phrase = next((bars for bars in PHRASES if round(length / bars) >= 4), PHRASES[-1])
    music.need_bars(2 * phrase)
    count = int(length / phrase + 0.5)
    similarity, letters = bar_similarity(music), []
    for number in range(count):
        for earlier in range(number):
            is_model = letters[earlier] not in letters[:earlier]
            if is_model and _alike(similarity, music, phrase, earlier, number):
                letters.append(letters[earlier])
                break
        else:
            letters.append(len(set(letters)))
    return "".join(chr(ord("A") + letter) if letter < 26 else "?" for letter in letters)


def _alike(similarity: np.ndarray, music: BarredNotes, phrase: int, one: int, other: int) -> bool:
    """Whether two phrases are the same, bar by bar."""
    first, second = (music.first_full_bar + number * phrase for number in (one, other))
    bars = min(phrase, music.bars - second)
    pairs = similarity[np.arange(first, first + bars), np.arange(second, second + bars)]
    return float(pairs.mean()) >= SAME_PHRASE


def is_aabb(music: BarredNotes) -> float:
    """1 if the piece falls into four equal parts, of the form AABB, else 0.

    One bar too many or too few is allowed, as endings have it.

    Raises:
        UnmeasurableError: for fewer than sixteen bars.
    """
    music.need_bars(16)
    length = music.bars - music.first_full_bar
    part = round(length / 4)
    return float(abs(length - 4 * part) <= 1 and form(music, part)[:4] == "AABB")


def share_of_returning_phrases(music: BarredNotes) -> float:
    """Share of four-bar phrases, the first left aside, that repeat an earlier one.

    Raises:
        UnmeasurableError: when two such phrases do not fit.
    """
    letters = form(music, 4)
    return float(np.mean([letter in letters[:place] for place, letter in enumerate(letters)][1:]))


def in_fours(music: BarredNotes) -> float:
    """1 if the number of bars, a pickup's left aside, is a multiple of four, else 0.

    Raises:
        UnmeasurableError: for fewer than four bars.
    """
    music.need_bars(4)
    return float((music.bars - music.first_full_bar) % 4 == 0)


def density_curve(music: BarredNotes) -> list[float]:
    """Onsets in each tenth of a piece, relative to its mean (1: as many as on average).

    Raises:
        UnmeasurableError: for fewer than four bars.
    """
    music.need_bars(4)
    counts = np.bincount(_tenths(music), minlength=TENTHS)
    return (counts / counts.mean()).tolist()


def register_curve(music: BarredNotes) -> list[float | None]:
    """Mean pitch in each tenth of a piece, in semitones above its mean; None for a silent tenth.

    Raises:
        UnmeasurableError: for fewer than four bars.
    """
    music.need_bars(4)
    tenth, pitch = _tenths(music), music.notes.pitch - music.notes.pitch.mean()
    return [
        float(pitch[tenth == number].mean()) if (tenth == number).any() else None for number in range(TENTHS)
    ]


def _tenths(music: BarredNotes) -> np.ndarray:
    """In which tenth of the time from the first onset to the last end each note begins."""
    onset = music.notes.onset
    length = max(1, int(music.end.max() - onset[0]))
    return np.minimum((onset - onset[0]) * TENTHS // length, TENTHS - 1)


def closing_density(music: BarredNotes) -> float:
    """Onsets in the last tenth of a piece, relative to its mean: below 1, it thins out towards its end."""
    return density_curve(music)[-1]


def has_dynamics(velocities: list[np.ndarray]) -> bool:
    """Whether any of these pieces, [notes] each, has unequal velocities; else loudness cannot be tested."""
    return any(len(np.unique(one)) > 1 for one in velocities if len(one))


def need_dynamics(velocities: list[np.ndarray]) -> None:
    """Check that loudness can be tested by the velocities, 0–127, of each piece's notes, [notes].

    Raises:
        UnmeasurableError: when all notes of each piece are equally loud.
    """
    if not has_dynamics(velocities):
        raise UnmeasurableError("every note of a piece is equally loud: loudness is not in these data")
