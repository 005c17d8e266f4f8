"""The drawing of the package's floors on the page *How this book is built*, made from the imports themselves.

The order of the floors is that of the contract in pyproject.toml, which `make lint` checks; what imports what
is read from the code by grimp.
"""

import math
import textwrap
import tomllib
from collections import Counter
from collections.abc import Sequence
from html import escape

import grimp

from lib.basics.places import PROJECT

FLOORS = "<!-- floors -->"
_WIDTH, _ROOMS, _LINE = 360, 112, 15  # units of the drawing: its width, where boxes begin, a line of text
_LETTERS = 36  # that fit into a box


def built_page(text: str) -> str:
    """The page's text with its mark replaced by the drawing.

    Args:
        text: book/built.md.
    """
    floors = read_floors()
    return text.replace(FLOORS, draw_floors(floors, count_imports(floors)))


def read_floors() -> list[tuple[str, ...]]:
    """The rooms of each floor, from the roof to the ground; that of the chapters has a room for each."""
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [
        tuple(name.strip().removeprefix("lib.") for name in layer.replace("|", ":").split(":"))
        for layer in layers
    ]


def count_imports(floors: Sequence[Sequence[str]]) -> Counter[tuple[int, int]]:
    """How many times modules of one floor import modules of another, by the numbers of the two floors."""
    graph = grimp.build_graph("lib", cache_dir=None)
    floor_of = {f"lib.{room}": number for number, rooms in enumerate(floors) for room in rooms}

    def number(module: str) -> int | None:
        return floor_of.get(".".join(module.split(".")[:2]))

    pairs = (
        (number(module), number(other))
        for module in graph.modules
        for other in graph.find_modules_directly_imported_by(module)
    )
    return Counter(
        (above, below) for above, below in pairs if above is not None and below is not None and above != below
    )


def draw_floors(floors: Sequence[Sequence[str]], imports: Counter[tuple[int, int]]) -> str:
    """An SVG of boxes, a floor each, with arcs from a floor to those that it imports from.

    Colours are the theme's own, light and dark. An arc is the wider the more imports it stands for.
    """
    boxes, middles, top = "", [], 2.0
    for rooms in floors:
        lines = textwrap.wrap(", ".join(rooms), _LETTERS)
        if rooms == ("chapters",):
            lines = ["chapters:", *textwrap.wrap(", ".join(_chapters()), _LETTERS)]
        height = _LINE * len(lines) + 10
        boxes += f'<rect x="{_ROOMS}" y="{top:g}" width="{_WIDTH - _ROOMS - 2}" height="{height}" rx="4"/>'
        for place, line in enumerate(lines):
            boxes += (
                f'<text x="{_ROOMS + 8}" y="{top + 15 + _LINE * place:g}" stroke="none" '
                f'fill="var(--pst-color-text-base, #222)">{escape(line)}</text>'
            )
        middles.append(top + height / 2)
        top += height + 8
    arcs = ""
    for (above, below), count in sorted(imports.items()):
        title = f"{' and '.join(floors[above])} from {' and '.join(floors[below])}: {count} imports"
        arcs += _arc(middles[above], middles[below], top, count, title)
    names = ", then ".join(" and ".join(rooms) for rooms in floors)
    return (
        f'<figure class="floors"><svg viewBox="0 0 {_WIDTH} {top:g}" role="img" '
        'style="width:100%;max-width:32rem;font:12px sans-serif" '
        f'aria-label="The floors of lib from the roof down: {escape(names)}">'
        f'<g fill="none" stroke="currentColor" opacity="0.45">{arcs}</g>'
        '<g fill="var(--pst-color-surface, #f3f4f5)" stroke="var(--pst-color-border, #999)">'
        f"{boxes}</g></svg></figure>"
    )


def _arc(start: float, end: float, whole: float, count: int, title: str) -> str:
    """An arc left of the boxes, the further out the more floors it passes, with a dot at its lower end."""
    edge = _ROOMS - 3
    out = max(4.0, edge * (1 - 1.3 * (end - start) / whole))
    return (
        f'<path d="M{edge} {start:g} C{out:.1f} {start:g} {out:.1f} {end:g} {edge} {end:g}" '
        f'stroke-width="{0.3 + math.log2(1 + count) / 4:.2f}"><title>{escape(title)}</title></path>'
        f'<circle cx="{edge}" cy="{end:g}" r="2.2" fill="currentColor" stroke="none"/>'
    )


def _chapters() -> list[str]:
    return sorted(path.parent.name for path in (PROJECT / "lib" / "chapters").glob("*/__init__.py"))
