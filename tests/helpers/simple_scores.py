"""Small scores for tests."""

import symusic


def score_of(pitches, quarters: int = 1, begin: int = 0) -> symusic.Score:
    """Notes of so many quarters one after the other, 480 ticks a quarter, from a tick on."""
    score = symusic.Score(480)
    track = symusic.Track("", 0, False)
    track.notes = [
        symusic.Note(begin + 480 * quarters * place, 480 * quarters, pitch, 80)
        for place, pitch in enumerate(pitches)
    ]
    score.tracks.append(track)
    return score
