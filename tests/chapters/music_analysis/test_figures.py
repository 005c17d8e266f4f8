"""Figures and tables of chapter 8: what is drawn is what was computed, names are escaped."""

import numpy as np
import pandas as pd
import pytest
from symusic import Note, Score, TimeSignature, Track

from lib.chapters.music_analysis import figures as tables, plots
from lib.chapters.music_analysis.themes import Theme
from lib.measures.music.keys import RELATIONS
from lib.measures.music.piece import Music

TABLE = pd.DataFrame(
    {
        "measure": ["share_in_scale", "share_in_scale", "is_aabb", "bars_apart"],
        "source": ["lstm", "real", "real", "real"],
        "mean": [0.8, 0.9, 0.0, 6.0],
        "low": [0.7, 0.85, 0.0, 5.0],
        "high": [0.9, 0.95, 0.0, 7.0],
        "pieces": [10, 12, 12, 9],
        "asked": [12, 12, 12, 12],
    }
)


def tune() -> Score:
    score = Score(480)
    score.time_signatures.append(TimeSignature(0, 4, 4))
    track = Track(program=0)
    for beat in range(32):
        track.notes.append(Note(beat * 480, 480, 60 + beat % 16 % 7, 80))
    score.tracks.append(track)
    return score


def test_sources_are_told_apart_without_colour():
    names = (
        "real",
        "real, shuffled",
        "ngram",
        "lstm",
        "transformer",
        "transformer, short",
        "transformer, pretrained",
    )
    found = [plots.source_style(name) for name in names]
    styles = [(style["marker"], style["markerfacecolor"] == plots.CARD) for style in found]
    assert len(set(styles)) == len(styles)
    assert plots.source_label("real, shuffled") == "real, bars shuffled"
    assert plots.in_order(["transformer", "lstm", "real"]) == ["real", "lstm", "transformer"]


def test_measures_lie_on_one_scale():
    axis = plots.plot_measures(TABLE, ["share_in_scale", "is_aabb"]).axes[0]
    labels = [label.get_text() for label in axis.get_yticklabels()]
    assert labels == ["form AABB", "notes in the scale of\nthe key"]
    drawn = {line.get_label(): line.get_xdata().tolist() for line in axis.lines}
    assert drawn["real, held out"] == [0.9, 0.0]
    assert drawn["LSTM"] == [0.8]
    assert axis.get_xlim() == (-0.02, 1.02)


def test_recurrence_and_curves():
    curve = pd.DataFrame(
        {
            "source": "real",
            "place": range(10),
            "mean": np.linspace(0.1, 1, 10),
            "low": 0.0,
            "high": 1.0,
            "pieces": 5,
        }
    )
    below = curve.assign(source="lstm", mean=curve["mean"] / 50)
    above, enlarged = plots.plot_recurrence(pd.concat([curve, below])).axes
    assert above.lines[0].get_xdata().tolist() == list(range(1, 11))
    assert [line.get_label() for line in enlarged.lines] == ["LSTM"]
    assert enlarged.get_ylim()[1] < 0.1, "what lies near zero has a scale of its own"
    left, right = plots.plot_piece_curves(curve, curve).axes
    assert left.lines[0].get_ydata().tolist() == right.lines[0].get_ydata().tolist()


def test_similarity_with_novelty_below(our_style):
    figure = plots.plot_similarity(
        {"real": (np.eye(20), np.linspace(-0.1, 0.2, 20), "AABB"), "short": (np.eye(3), np.zeros(3), "ABC")}
    )
    assert figure.axes[1].get_title(loc="left") == "short\nno repeat found"
    assert figure.axes[0].get_title(loc="left") == "real\nform AABB"
    assert figure.axes[2].get_ylim() == figure.axes[3].get_ylim()


def test_tables_show_intervals_pieces_and_agreement():
    text = tables.measures_table(TABLE, "Measures").data
    assert "0.90 [0.85,\N{NO-BREAK SPACE}0.95] (12)" in text
    assert "0.00 (all 12)" in text
    assert "distance to the last occurrence (bars)" in text
    assert text.index("real, held out") < text.index("LSTM")
    differences = pd.DataFrame(
        [
            {
                "measure": "is_aabb",
                "source": "lstm",
                "baseline": "real",
                "difference": -0.3,
                "low": -0.5,
                "high": -0.1,
                "pairs": 10,
                "verdict": "lower",
            }
        ]
    )
    marked = "−0.30 [−0.50,\N{NO-BREAK SPACE}−0.10]\N{NO-BREAK SPACE}*"
    assert marked in tables.difference_rows(differences, "x").data
    reasons = pd.DataFrame(
        [{"measure": "form AABB", "source": "lstm", "pieces": 2, "reason": "<b>3 bars</b>"}]
    )
    assert "&lt;b&gt;3 bars" in tables.reasons_table(reasons, "x").data


def test_a_theme_to_see_and_to_hear(tmp_path, monkeypatch):
    monkeypatch.setenv("MOOD_MEDIA", str(tmp_path / "media"))
    piece = Music("real", "<script>", tune(), 0, 0, "calm", "folk")
    theme = Theme(8, [0, 16 * 480], [8 * 480, 24 * 480], [0, 0], [1, 5])
    assert tables.occurrence_name(theme, 1) == "again"
    assert tables.occurrence_name(Theme(8, [0, 1], [1, 2], [0, -3], [1, 2]), 1) == "again, 3 down"
    page = tables.theme_players(piece, theme).data
    assert "<script>" not in page
    assert len(list((tmp_path / "media").glob("*.mp3"))) == 3
    parts = [Score(path) for path in sorted((tmp_path / "media").glob("*_[12].mid"))]
    heard = [[note.pitch for note in part.tracks[0].notes] for part in parts]
    assert heard == [[60 + number % 7 for number in range(8)]] * 2
    svg = tables.theme_notation(piece, theme, (1, 8))
    assert "again" in svg
    assert tables.theme_to_show([piece, piece], [None, theme]) == 1
    assert tables.theme_to_show([piece], [None]) is None


@pytest.mark.parametrize("name", ["ended", "is_aabb"])
def test_every_measure_has_a_name(name):
    assert plots.measure_label(name)


def test_keys_of_all_collections_together_need_no_column_for_the_word():
    row = {"profile": "aarden", "pieces": 3, "tonic": 0.8, "tonic_low": 0.7, "tonic_high": 0.9}
    row |= dict.fromkeys(RELATIONS, 0.2)
    shown = [
        tables.key_error_table(pd.DataFrame([row | {"collection": name}]), "Keys").data
        for name in ("all", "irish")
    ]
    assert ["collection" in text for text in shown] == [False, True]
    assert "<table" in tables.key_error_table(pd.DataFrame(), "Keys").data
