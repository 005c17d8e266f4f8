"""The page "Listen" and the three pieces on the first page, both made from the record that the chapter on
composing leaves in its output (:func:`lib.chapters.generation.listening_grid.listening_grid`)."""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import accumulate, permutations

from lib.publish.gates import ExecutedCopy
from lib.show.media import LISTENING, media_link
from lib.show.players import player_html
from lib.show.style import model_colour, model_label
from lib.show.words import listed, one_line

_CHAPTERS = "../notebooks"  # from a page in book/
_FIRST = 6  # cells that a phone shows at first
_HEARD = 10.0  # seconds that a piece must last to stand on the first page
_AUDIBLE = 1.25  # times as many onsets a second; less is easily missed
_THREE = re.compile(r"<!-- three-pieces -->\n.*?<!-- /three-pieces -->", re.DOTALL)


def find_record(copies: Sequence[ExecutedCopy]) -> Mapping | None:
    """The record of the grid; None where no executed notebook has left one."""
    return next(
        (
            output.data[LISTENING]
            for copy in copies
            for _, output in copy.outputs()
            if LISTENING in output.get("data", {})
        ),
        None,
    )


def listening_page(copies: Sequence[ExecutedCopy]) -> str:
    """The page as Markdown with the grid in HTML."""
    record = find_record(copies)
    if record is None or not record["cells"]:
        return _EMPTY
    pairs: dict[tuple[str, str], list[Mapping]] = {}
    for cell in record["cells"]:
        pairs.setdefault((cell["emotion"], cell["genre"]), []).append(cell)
    grid = "\n".join(_pair(*pair, cells) for pair, cells in pairs.items())
    absent = len(record["emotions"]) * len(record["genres"]) - len(pairs)
    failures = "\n".join(
        f'<div class="listen-cell"{_colour(cell)}>\n{_cell(cell, titled=True)}\n</div>'
        for cell in record["failures"]
    )
    nature = _RULED.replace("CALM", one_line(record["calm"])) if record["calm"] else _GIVEN
    return _PAGE.format(
        grid=grid,
        first=_FIRST,
        excerpt=f"{record['excerpt']:.0f}",
        few=record["few"],
        pairs=len(pairs),
        nature=nature,
        absent=_absent(absent),
        failures=_FAILURES.format(cells=failures) if failures else "",
    )


def with_three_pieces(page: str, copies: Sequence[ExecutedCopy]) -> str:
    """The first page with three pieces to hear in the place marked for them; as it is without a record.

    A real piece, one that the first model composed to the same labels, and one to another emotion: those
    whose onsets a second differ most, in the same direction (:func:`_audible`). Chosen by this rule, not by
    ear. Where no pair differs enough, the pieces of one pair of labels: the first of which all sound, and for
    ten seconds at least.
    """
    record = find_record(copies)
    cells = (_audible(record) or _alike(record)) if record else []
    if not record or not cells:
        return page
    inner = "\n".join(
        f'<div class="listen-cell"{_colour(cell)}>\n{_cell(cell, titled=True, note_below=True)}\n</div>'
        for cell in cells
    )
    html = (
        f'<div class="listen-front" role="group" aria-label="Three pieces to hear">\n'
        f"<p>Hear the first {record['excerpt']:.0f} s of {one_line(_listed(cells))}. "
        '<a href="listen.html">Listen to all</a> · <a href="compose.html">Compose your own</a></p>\n'
        f'<div class="listen-cells">\n{inner}\n</div>\n{_compared(cells)}</div>\n'
    )
    return _THREE.sub(lambda _: html, page)


def _audible(record: Mapping) -> list[Mapping]:
    """A real piece, a composed one with its labels, and a composed one of another emotion that moves less.

    Of all pairs of emotions in a genre, the one whose onsets a second differ by the largest factor, in real
    and in composed pieces alike (the smaller of the two factors counts); none below :data:`_AUDIBLE`.
    """
    real, model = record["sources"][:2]
    at = {
        (cell["source"], cell["genre"], cell["emotion"]): cell
        for cell in record["cells"]
        if cell["audio"] and cell["seconds"] >= _HEARD
    }
    best, chosen = _AUDIBLE, []
    for genre in record["genres"]:
        for less, more in permutations(record["emotions"], 2):
            wanted = [(source, genre, label) for source in (real, model) for label in (more, less)]
            if not all(which in at for which in wanted):
                continue
            four = [at[which] for which in wanted]
            fast, slow, composed, other = (onsets_a_second(cell["roll"]) for cell in four)
            factor = min(fast / slow, composed / other) if min(slow, other) > 0 else 0.0
            if factor >= best:
                best, chosen = factor, [four[0], four[2], four[3]]
    return chosen


def onsets_a_second(roll: str) -> float:
    """How many times a second notes begin, in what is heard of a piece; 0 for a silent one.

    Args:
        roll: from :func:`lib.show.piano_rolls.roll_data`.
    """
    found = json.loads(roll)
    starts = {
        start for part in found["instruments"] for start in accumulate(part["notes"][::3])
    }  # hundredths of a second, each the distance to the one before
    return len(starts) / found["seconds"] if starts else 0.0


def _alike(record: Mapping) -> list[Mapping]:
    """The cells of one pair of labels; at most three."""
    wanted = record["sources"][:3]
    pairs: dict[tuple[str, str], list[Mapping]] = {}
    for cell in record["cells"]:
        if cell["source"] in wanted:
            pairs.setdefault((cell["emotion"], cell["genre"]), []).append(cell)
    heard = [cells for cells in pairs.values() if all(cell["audio"] for cell in cells)]
    lasting = [cells for cells in heard if all(cell["seconds"] >= _HEARD for cell in cells)]
    return next(iter(lasting or heard), [])


def _listed(cells: Sequence[Mapping]) -> str:
    """What the three pieces are, shortly: the first screen has to show their players."""
    sources = list(dict.fromkeys(cell["source"] for cell in cells if cell["source"] != "real"))
    if len(sources) == 1 < len(cells) - 1:
        return f"a real piece and two that the {_title(sources[0])} composed"
    return listed(
        [
            "a real piece" if cell["source"] == "real" else f"one by the {_title(cell['source'])}"
            for cell in cells
        ]
    )


def _compared(cells: Sequence[Mapping]) -> str:
    """In a paragraph of HTML how the labels differ; nothing where they do not."""
    labels = list(dict.fromkeys(cell["emotion"] for cell in cells))
    if len(labels) == 1:
        return ""
    real, same, other = (f"{onsets_a_second(cell['roll']):.1f}" for cell in cells)
    more, less = (f"<strong>{one_line(label)}</strong>" for label in labels)
    return (
        f'<p class="listen-note">The real piece is labelled {more} and has {real} onsets a second; composed '
        f"for {more} there are {same}, and for {less} {other}. Of all pairs of labels these two differ most "
        "in their onsets; others differ less.</p>\n"
    )


def _pair(emotion: str, genre: str, cells: Sequence[Mapping]) -> str:
    labels = f"{emotion}, {genre}"
    inner = "\n".join(
        f'<div class="listen-cell" data-source="{one_line(_title(cell["source"]))}"'
        f"{_colour(cell)}>\n{_cell(cell)}\n</div>"
        for cell in cells
    )
    return (
        f'<section class="listen-pair" data-emotion="{one_line(emotion)}" data-genre="{one_line(genre)}" '
        f'aria-label="{one_line(labels)}">\n<h3>{one_line(labels)}</h3>\n'
        f'<div class="listen-cells">\n{inner}\n</div>\n</section>'
    )


def _cell(cell: Mapping, titled: bool = False, note_below: bool = False) -> str:
    """A player, or the reason why there is none.

    `titled`: with its labels, where no heading names them; `note_below`: what is said of the piece stands
    below its player, however long it is, so that the first screen shows every button.
    """
    labels = f"{cell['emotion']}, {cell['genre']}"
    title = _title(cell["source"])
    title, context = (f"{title}: {labels}", "") if titled else (title, labels)
    downloads = {"MIDI": _address(cell["midi"]), "MusicXML": _address(cell["music_xml"])}
    note = ". ".join(part[:1].upper() + part[1:] for part in (cell["failed"], cell["note"]) if part)
    if cell["audio"]:
        note = ". ".join(filter(None, (note, cell["about_sound"])))
        below = f'\n<p class="listen-note">{one_line(note)}</p>' if note_below and note else ""
        note = "" if note_below else note
        return player_html(_address(cell["audio"]), title, note, downloads, cell["roll"], context) + below
    links = "".join(
        f' · <a href="{address}" download aria-label="{words} file of {one_line(title)}, '
        f'{one_line(labels)}">{words}</a>'
        for words, address in downloads.items()
        if address
    )
    return (
        f'<div class="listen-silent"><p><strong>{one_line(title)}</strong>{links}<br>{one_line(note)}</p>'
        f"\n<p>This piece cannot be heard. {one_line(cell['about_sound'])}</p></div>"
    )


def _title(source: str) -> str:
    return "Real music" if source == "real" else model_label(source)


def _colour(cell: Mapping) -> str:
    # Real music is ink, which a dark page has to turn into light.
    colour = "var(--pst-color-text-base)" if cell["source"] == "real" else model_colour(cell["source"])
    return f' style="--listen-colour:{colour}"'


def _address(name: str | None) -> str | None:
    return f"{_CHAPTERS}/{media_link(name)}" if name else None


def _absent(pairs: int) -> str:
    if not pairs:
        return ""
    return (
        f"{pairs} more {'pair' if pairs == 1 else 'pairs'} of labels cannot be heard: the data, or the "
        "profile, have no piece for them.\n"
    )


_RULED = """```{admonition} What the labels are
:class: important
The emotion labels are **proxies on folk music**: a rule gave them, and no listener. *Minor* is said of the
key, by the source or by the notes; *calm* means that CALM. Nobody has said that a piece is sad or calm.
```"""

_GIVEN = """```{admonition} What the labels are
:class: important
The labels are those of the data. What they mean is for whoever gave them to say; nobody here has checked them
by ear.
```"""

_FAILURES = """## What failed

Of all pieces that the chapter composed, for each model: the one of fewest notes, and the first that was cut
off at the limit before it came to an end.

<div class="listen-cells">
{cells}
</div>
"""

_EMPTY = """# Listen

Nothing can be heard here, since the chapter on composing is not part of this site.
"""

_PAGE = """# Listen

For {pairs} pairs of an emotion and a genre: a real piece that no model was trained on, and what each model
composed when it was asked for the two. **Nothing was picked by ear.** Of a model it is the first piece,
whatever became of it; of the real ones it is the piece of median length. The sound is the first {excerpt}
seconds at one loudness; MIDI and MusicXML hold the whole piece. {{doc}}`../notebooks/04_generation` tells how
they were made.

{nature}

*Cut off* says that a piece met the limit of tokens before it ended by itself; *nearly empty*, that it has
fewer than {few} notes, as one real piece in a hundred has.
{absent}
## Emotion, genre, model

In a piece, the arrow keys go from bar to bar. Only one piece plays at a time; the bar at the foot of the
window goes on with the same bar of the piece beside it, and copies a link to the bar that is reached. The
address keeps the filters.

<div class="listen-grid" data-first="{first}">
{grid}
</div>

{failures}"""
