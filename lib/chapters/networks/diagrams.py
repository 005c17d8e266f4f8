"""Diagrams of the two networks, drawn by code: what flows where, with the names that the equations use.

They are narrower than other figures, so that their letters can still be read on a phone.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from lib.profiles.profile import ModelSettings
from lib.show.style import BAR_LINE, CARD, INK

_GATES = {"forget": "#D55E00", "input": "#0072B2", "output": "#009E73", "content": "#5E5E5E"}
_PARTS = {"attention": "#0072B2", "feed": "#009E73", "norm": "#8C5A00", "ends": "#5E5E5E"}
_LINE = 1.4

Point = tuple[float, float]


def plot_lstm_cell() -> Figure:
    """One step of an LSTM layer: the cell runs straight through; three gates decide what happens to it."""
    figure, axis = plt.subplots(figsize=(5.2, 3.6))
    _empty(axis, (0, 104), (-3, 66))
    _flow(axis, [(6, 54), (98, 54)])
    _flow(axis, [(6, 8), (76, 8), (76, 16)])
    _flow(axis, [(12, -1), (12, 8)], head=False)
    for name, at, text in (
        ("forget", 28, "forget\nσ"),
        ("input", 44, "input\nσ"),
        ("content", 60, "content\ntanh"),
        ("output", 76, "output\nσ"),
    ):
        _flow(axis, [(at, 8), (at, 16)])
        _box(axis, (at, 21), (14, 10), text, _GATES[name])
    _flow(axis, [(28, 26), (28, 51)])
    _flow(axis, [(44, 26), (44, 38), (49, 38)])
    _flow(axis, [(60, 26), (60, 38), (55, 38)])
    _flow(axis, [(52, 41), (52, 51)])
    _flow(axis, [(90, 54), (90, 47)])
    _flow(axis, [(90, 41), (90, 36)])
    _flow(axis, [(76, 26), (76, 33), (87, 33)])
    _flow(axis, [(93, 33), (98, 33)])
    for middle, sign in (((28, 54), "×"), ((52, 54), "+"), ((52, 38), "×"), ((90, 33), "×")):
        _circle(axis, middle, sign)
    _box(axis, (90, 44), (12, 6), "tanh", INK)
    names: list[tuple[Point, str]] = [
        ((3, 54), "cₜ₋₁"),
        ((101, 54), "cₜ"),
        ((3, 8), "hₜ₋₁"),
        ((101, 33), "hₜ"),
        ((16.5, 1), "xₜ"),
        ((24.5, 40), "f"),
        ((41, 33), "i"),
        ((63, 33), "g"),
        ((73, 30), "o"),
    ]
    for (x, y), text in names:
        axis.text(x, y, text, ha="center", va="center", style="italic")
    axis.text(40, 60, "the cell: forget a share, add something", ha="center", fontsize=9)
    return figure


def plot_transformers(shapes: Mapping[str, ModelSettings]) -> Figure:
    """Whole Transformers beside each other, from tokens (below) to logits (above), as their settings say.

    Args:
        shapes: by title, the network's settings; `norm` says on which side of the sum its norms stand.
    """
    figure, axes = plt.subplots(1, len(shapes), figsize=(2.75 * len(shapes), 6.6), squeeze=False)
    for axis, (title, shape) in zip(axes[0], shapes.items(), strict=True):
        _empty(axis, (0, 50), (0, 124))
        axis.text(28, 122, title, ha="center", va="center")
        _draw_transformer(axis, shape)
    return figure


def _draw_transformer(axis: Axes, shape: ModelSettings) -> None:
    """One column: embedding, the frame of a layer, output; arrows upwards, residual paths on the left."""
    pre = shape.norm == "pre"
    activation = {"relu": "ReLU", "relu_squared": "squared ReLU", "gelu": "GELU"}[shape.activation]
    attention = f"causal attention\n{shape.num_heads} heads"
    inner = shape.feed_forward_size or 4 * shape.hidden_size
    feed = f"feed-forward\n{inner:,}, {activation}"
    positions = "" if shape.positions == "rotary" else " + position"
    _plain(axis, (28, 2), "tokens  [B, T]")
    _box(axis, (28, 13), (40, 9), f"embedding: token\n+ emotion + genre{positions}", _PARTS["ends"])
    axis.add_patch(
        FancyBboxPatch((3, 24), 46, 64, "round,pad=0,rounding_size=2", fc="none", ec=BAR_LINE, ls="--")
    )
    axis.text(6, 84.5, f"× {shape.num_layers} layers", fontsize=9, va="center")
    heights = [13.0]
    for low, text, colour in ((28, attention, "attention"), (56, feed, "feed")):
        # Below the sum: pre-norm has norm, then the sublayer, on the branch; post-norm has the norm above.
        norm_at, part_at, sum_at = (low + 3, low + 12, low + 22) if pre else (low + 20.5, low + 5, low + 13.5)
        _box(axis, (28, norm_at), (22, 5), "norm", _PARTS["norm"])
        _box(axis, (28, part_at), (34, 9), text, _PARTS[colour])
        _flow(axis, [(28, low - 3), (7, low - 3), (7, sum_at), (25.6, sum_at)])
        stops = sorted([(norm_at, 2.5), (part_at, 4.5), (sum_at, 2.4)])
        _chain(axis, 28, low - 3, stops)
        _circle(axis, (28, sum_at), "+", 2.4)
        heights.append(stops[-1][0])
    _flow(axis, [(28, 17.5), (28, 25)], head=False)
    _flow(axis, [(28, 50 + (2.4 if pre else 1.0)), (28, 53)], head=False)
    above = heights[-1] + (2.4 if pre else 2.5)
    if pre:
        _box(axis, (28, 95), (22, 5), "final norm", _PARTS["norm"])
        _flow(axis, [(28, above), (28, 92.5)])
        above = 97.5
    tied = "\ntied to the embedding" if shape.tie_embeddings else ""
    _flow(axis, [(28, above), (28, 101.5)])
    _box(axis, (28, 106), (40, 9), f"output layer{tied}", _PARTS["ends"])
    _flow(axis, [(28, 110.5), (28, 114)])
    _flow(axis, [(28, 4.5), (28, 8.5)])
    _plain(axis, (28, 117), "logits  [B, T, V]")
    axis.text(29.5, 20.5, f"[B, T, {shape.hidden_size}]", fontsize=9, va="center")


def _chain(axis: Axes, x: float, start: float, stops: Sequence[tuple[float, float]]) -> None:
    """Arrows upwards through stops, each (height of its middle, half its height)."""
    for middle, half in stops:
        _flow(axis, [(x, start), (x, middle - half)])
        start = middle + half


def _empty(axis: Axes, across: Point, up: Point) -> None:
    axis.set(xlim=across, ylim=up, aspect="equal")
    axis.axis("off")


def _flow(axis: Axes, points: Sequence[Point], head: bool = True) -> None:
    """A line through points, with an arrow's head at its end."""
    axis.plot(*zip(*points, strict=True), color=INK, linewidth=_LINE, solid_joinstyle="round", zorder=1)
    if head:
        arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": _LINE, "shrinkA": 0, "shrinkB": 0}
        axis.annotate("", points[-1], points[-2], arrowprops=arrow, zorder=1)


def _box(axis: Axes, middle: Point, size: Point, text: str, colour: str) -> None:
    corner = middle[0] - size[0] / 2, middle[1] - size[1] / 2
    shape = "round,pad=0,rounding_size=1.2"
    axis.add_patch(FancyBboxPatch(corner, *size, shape, fc=CARD, ec=colour, linewidth=1.8, zorder=2))
    axis.text(*middle, text, ha="center", va="center", fontsize=9, color=INK, zorder=3, linespacing=1.1)


def _circle(axis: Axes, middle: Point, sign: str, radius: float = 3.0) -> None:
    axis.add_patch(plt.Circle(middle, radius, fc=CARD, ec=INK, linewidth=_LINE, zorder=2))
    axis.text(*middle, sign, ha="center", va="center_baseline", fontsize=11, zorder=3)


def _plain(axis: Axes, middle: Point, text: str) -> None:
    axis.text(*middle, text, ha="center", va="center", fontsize=9)
