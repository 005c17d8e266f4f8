"""Pictures of chapter 9: what a composer learns and falls into, by epoch, and pieces beside each other."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from lib.chapters.notation_composer.experiment import Outcome
from lib.chapters.notation_composer.words import write_notes
from lib.show.style import INK, MODEL_COLOURS

_COLOURS = {
    "as it was": "#C4689B",
    "embedding": "#0072B2",
    "sampling": "#D55E00",
    "rests and lengths": "#009E73",
    "all three": "#1A1A1A",
    "half the units": "#8C6D1F",
}
_MARKERS = dict(zip(_COLOURS, "DosP^v", strict=True))


def plot_epochs(outcomes: Mapping[str, Outcome], ngram: float) -> Figure:
    """Held-out loss, distinct words and the share that ends in a loop, by epoch.

    Args:
        outcomes: by change.
        ngram: held-out loss of the n-gram on the words without rests.
    """
    figure, axes = plt.subplots(1, 3, figsize=(7.2, 3.4))
    for axis, column, title in zip(
        axes,
        ("held_out", "distinct", "loop"),
        ("held-out loss (nats a word)", "distinct words in a piece", "share that ends in a loop"),
        strict=True,
    ):
        for name, outcome in outcomes.items():
            axis.plot(
                outcome.history["epoch"],
                outcome.history[column],
                color=_COLOURS[name],
                label=name,
                marker=_MARKERS[name],
                markersize=4,
                linewidth=1.3,
            )
        axis.set_xscale("log", base=2)
        axis.set_xticks(outcome.history["epoch"], outcome.history["epoch"].astype(str), fontsize=8)
        axis.set(title=title, xlabel="epoch")
        axis.title.set_fontsize(9)
    axes[0].axhline(ngram, color=MODEL_COLOURS["ngram"], linestyle="-.", linewidth=1.3)
    axes[0].annotate(
        "n-gram",
        (1, ngram),
        xytext=(2, -4),
        textcoords="offset points",
        fontsize=8,
        color=MODEL_COLOURS["ngram"],
        va="top",
    )
    axes[2].set_ylim(-0.03, 1.03)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, ncols=3, loc="outside lower center", fontsize=8)
    return figure


def plot_pieces(pieces: Mapping[str, tuple[Sequence[str], bool]], quarters: float = 48) -> Figure:
    """The beginnings of pieces as piano rolls below each other, bar lines every four quarters.

    Args:
        pieces: by title, words and whether they hold rests and lengths.
        quarters: shown of each.
    """
    figure, axes = plt.subplots(len(pieces), 1, figsize=(7.2, 1.25 * len(pieces) + 0.4), sharex=True)
    for axis, (title, (words, rests)) in zip(np.atleast_1d(axes), pieces.items(), strict=True):
        notes = [note for note in write_notes(words, rests) if note[0] < quarters]
        for onset, length, pitch in notes:
            axis.plot(
                [float(onset), float(onset + length) - 0.08],
                [pitch, pitch],
                linewidth=2.4,
                color=_COLOURS.get(title, INK),
                solid_capstyle="butt",
            )
        pitches = [pitch for _, _, pitch in notes] or [60]
        axis.set(title=title, ylim=(min(pitches) - 3, max(pitches) + 3), xlim=(0, quarters))
        axis.title.set_fontsize(9)
        for bar in np.arange(0, quarters + 1, 4):
            axis.axvline(bar, color="#D9D5CC", linewidth=0.7, zorder=0)
    figure.supxlabel("quarters", fontsize=9)
    figure.supylabel("pitch (MIDI number)", fontsize=9)
    return figure
