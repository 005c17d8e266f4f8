"""Figures draw what they are given, in bars where music is concerned."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from lib.chapters.networks import plots as inside_plots
from lib.show import plots
from lib.show.style import model_colour

pytestmark = pytest.mark.usefixtures("our_style")


def metrics():
    tokens = np.linspace(1e4, 1e6, 20)
    return pd.DataFrame(
        {
            "tokens": tokens,
            "train_loss": 1 + 1e4 / tokens,
            "validation_loss": np.where(np.arange(20) % 5 == 4, 1.1 + 1e4 / tokens, np.nan),
        }
    )


def losses(factor=1.0):
    loss = factor * np.array([0.5, 2.0])
    return pd.DataFrame(
        {
            "type": ["Bar", "Pitch"],
            "tokens": [12345, 400],
            "loss": loss,
            "low": loss - 0.1,
            "high": loss + 0.1,
        }
    )


def notes():
    start = np.arange(16) / 4
    return pd.DataFrame(
        {"start_bar": start, "end_bar": start + 0.25, "pitch": 60 + np.arange(16) % 7, "is_drum": False}
    )


def labels(axis):
    return [text.get_text() for text in axis.get_legend().get_texts()]


def test_training_curves():
    figure = plots.plot_training({"lstm": metrics()}, {"uniform": 6.0, "ngram": 1.2})
    whole, end = figure.axes
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["LSTM, training", "LSTM, validation"]
    assert any("uniform guess: 6.00" in text.get_text() for text in whole.texts)
    assert any("n-gram: 1.20" in text.get_text() for text in end.texts)
    assert end.get_ylim()[1] < 3


def test_training_curves_of_a_run_without_validation():
    table = metrics().assign(validation_loss=np.nan)
    assert isinstance(plots.plot_training({"lstm": table}, {}), Figure)


def test_losses_by_type_say_how_many_tokens():
    figure = plots.plot_losses_by_type({"lstm": losses(), "transformer": losses(0.9)})
    axis = figure.axes[0]
    assert "Bar\n12,345 tokens" in [tick.get_text() for tick in axis.get_yticklabels()]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["LSTM", "Transformer"]


def test_loss_by_position():
    table = pd.DataFrame(
        {
            "start": [0, 8],
            "end": [8, 16],
            "loss": [1.0, 0.9],
            "low": [0.9, 0.8],
            "high": [1.1, 1.0],
            "difference": [0.1, 0],
            "difference_low": [0, -0.1],
            "difference_high": [0.2, 0.1],
        }
    )
    figure = plots.plot_loss_by_position({"ngram": table, "lstm": table}, "ngram")
    colours = [line.get_color() for line in figure.axes[1].lines]
    assert model_colour("lstm") in colours


def test_extra_loss():
    table = pd.DataFrame(
        {"context": [8, 16], "extra": [0.2, 0], "extra_low": [0.1, 0], "extra_high": [0.3, 0]}
    )
    axis = plots.plot_extra_loss({"lstm": table, "transformer": table}).axes[0]
    assert labels(axis) == ["LSTM", "Transformer"]


def test_piano_roll_has_bar_lines_and_numbers():
    axis = plots.plot_piano_roll(notes()).axes[0]
    assert axis.get_xlim() == (0, 4)
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["1", "2", "3", "4"]
    assert len(axis.collections[0].get_segments()) == 5  # bar lines 0 … 4


def test_piano_roll_of_no_notes():
    assert isinstance(plots.plot_piano_roll(notes().iloc[:0]), Figure)


@pytest.mark.parametrize(("pitch", "name"), [(60, "C4"), (69, "A4"), (21, "A0"), (61, "C♯4")])
def test_pitch_names(pitch, name):
    assert plots.pitch_name(pitch) == name


def test_gates_are_drawn_under_the_same_bars():
    times = np.repeat(np.arange(16) / 4, 2)
    gates = {name: np.random.default_rng(0).random((32, 5)) for name in ("forget", "input", "output")}
    figure = inside_plots.plot_gates(gates, times, notes(), num_bars=4)
    assert {axis.get_xlim() for axis in figure.axes[:4]} == {(0, 4)}


def test_attention_squares_hide_the_future():
    bars = np.arange(-1, 4)
    panels = {f"head {number}": np.where(np.tri(5) > 0, 0.2, np.nan) for number in range(4)}
    figure = inside_plots.plot_attention_by_bar(panels, bars, notes())
    squares = [axis for axis in figure.axes if axis.get_title(loc="left").startswith("head")]
    assert len(squares) == 4
    drawn = squares[0].collections[0].get_array()
    assert np.ma.count_masked(np.ma.masked_invalid(drawn)) == 10
    assert squares[0].get_ylim()[0] > squares[0].get_ylim()[1]  # the first bar is on top


def test_attention_by_distance():
    shares = {"a": np.ones(3) / 3, "b": np.ones(3) / 4}
    figure = inside_plots.plot_attention_by_distance(shares, np.ones(3) / 5, emphasised=["a"])
    assert labels(figure.axes[0]) == ["spread evenly", "a"]


def test_small_figures():
    waves = np.sin(np.arange(12)).reshape(3, 4)
    assert isinstance(inside_plots.plot_heat(waves, "x", "y", "value", centred=True), Figure)
    assert isinstance(inside_plots.plot_gradient_reach({"net": 0.5 ** np.arange(9)}, {"1 bar": 4}), Figure)
    gates = {name: np.ones(4) for name in ("input", "forget", "output")}
    assert isinstance(inside_plots.plot_latch(np.ones(4), gates, np.ones(4), np.ones(4)), Figure)
