"""Every figure of the executed book in one folder, as SVG and PNG, with an index: for slides and handouts.

A figure's PNG is the one that the chapter holds. Its SVG was drawn by the same cell in the same moment
(:mod:`lib.show.drawings`); of notation it is the chapter's own drawing, and the PNG is made from it.
"""

import io
import re
import shutil
from base64 import b64decode
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import yaml
from bs4 import BeautifulSoup
from pybtex.database import parse_file

from lib.basics.errors import BookError
from lib.basics.files import explain_write_errors, make_folder, write_bytes, write_csv, write_text
from lib.basics.places import BOOK, PROJECT, build_folder
from lib.publish.chapters import chapters, glued_source
from lib.publish.execute import drawings_folder, executed_path
from lib.publish.extension.cell_anchors import cell_anchor
from lib.publish.for_class.filled import Surroundings, figure_numbers, filled_text, title_of
from lib.publish.gates import ExecutedCopy, read_copy
from lib.show.drawings import drawing_name
from lib.sound.sheet import as_drawing, plain_svg

LICENCE = (
    "CC BY 4.0, The Composing to a Mood authors; notes of a tune that it shows keep the terms of those who "
    "encoded it (Essen collection: not for commercial use)"
)
COLUMNS = ["figure", "chapter", "caption", "address", "svg", "png", "data", "made", "licence", "note"]
_NO_DRAWING = "no SVG: executed before drawings were kept, or outside the book; execute the chapter again"
_TWO_THEMES = re.compile(r"light-dark\((#\w+),(?:[^()]|\([^()]*\))*\)")
_SCALE = 3  # of notation's pixels; 72 units an inch become 216 dots


def figure_set(profile: str) -> str:
    """Write the folder `_build/figures`, afresh.

    Args:
        profile: the name of the profile that notebooks were executed with.

    Returns:
        What was written, and what was left out and why.

    Raises:
        BookError: when nothing has been executed for the profile, or the folder cannot be written.
    """
    copies, missing = [], []
    for chapter in chapters():
        path = executed_path(profile, chapter)
        if path.is_file():
            copies.append(read_copy(path, chapter, profile, {}))
        else:
            missing.append(chapter.name)
    if not copies:
        raise BookError(
            f"There are no figures yet, since no notebook has been executed for the profile '{profile}'; "
            f"run: python -m lib execute --profile {profile}"
        )
    folder = build_folder() / "figures"
    rows = write_figures(folder, copies)
    said = [f"{folder / 'index.html'}: {len(rows)} figures of {len(copies)} chapters"]
    for note in dict.fromkeys(row["note"] for row in rows if row["note"]):
        without = [row["figure"] for row in rows if row["note"] == note]
        said.append(f"{note} ({len(without)}: {', '.join(without)})")
    said += [
        f"{name}: not executed for the profile '{profile}', its figures are left out" for name in missing
    ]
    return "\n".join(said)


def write_figures(folder: Path, copies: Sequence[ExecutedCopy]) -> list[dict[str, str]]:
    """Write the figures of executed notebooks, `index.csv` and `index.html`, in a folder made anew.

    Returns:
        The index: a row a figure, by the names of :data:`COLUMNS`; files that there are not are empty.
    """
    address = yaml.safe_load((PROJECT / "_config.yml").read_text("utf-8"))["html"].get("baseurl") or ""
    sources = parse_file(BOOK / "references.bib")
    titles = {copy.chapter.name: title_of(copy.notebook) for copy in copies}
    with explain_write_errors(folder):
        shutil.rmtree(folder, ignore_errors=True)
        make_folder(folder)
        rows = []
        for copy in copies:
            around = Surroundings(titles, sources, figure_numbers(build_folder() / "html", copy.chapter))
            rows += [{**row, "address": address + row["address"]} for row in _rows(folder, copy, around)]
        write_csv(folder / "index.csv", COLUMNS, rows)
        write_text(folder / "index.html", index_page(rows))
    return rows


def _rows(folder: Path, copy: ExecutedCopy, around: Surroundings) -> Iterator[dict[str, str]]:
    values = dict(filter(None, map(glued_source, (output for _, output in copy.outputs()))))
    data = _provenance(copy).get("Data", "")
    run = copy.notebook.metadata.get("papermill", {})
    record = copy.record
    made = "; ".join(
        str(part)
        for part in (
            f"profile {copy.profile}",
            str(run.get("end_time", ""))[:10],
            record.get("device"),
            record.get("commit") and f"commit {record['commit'][:12]}",
        )
        if part
    )
    drawings = drawings_folder(copy.media.parent / f"{copy.chapter.name}.ipynb")
    for cell in copy.notebook.cells:
        figure = cell.metadata.get("mystnb", {}).get("figure")
        if not figure:
            continue
        svg, png, note = _write(folder / f"{copy.chapter.name}_{cell.id}", cell, drawings)
        yield {
            "figure": around.figures.get(figure["name"], figure["name"]),
            "chapter": around.titles[copy.chapter.name],
            "caption": filled_text(figure.get("caption", ""), values, around),
            "address": f"{copy.chapter.document}.html#{cell_anchor(cell.id)}",
            "svg": svg,
            "png": png,
            "data": data,
            "made": made,
            "licence": LICENCE,
            "note": note,
        }


def _write(path: Path, cell: nbformat.NotebookNode, drawings: Path) -> tuple[str, str, str]:
    """The names of a figure's SVG and PNG, both written, and what there is to say of one that is not."""
    svg, png = path.with_name(f"{path.name}.svg"), path.with_name(f"{path.name}.png")
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if picture := data.get("image/png"):
            write_bytes(png, b64decode(picture))
            drawn = drawings / drawing_name(picture)
            if not drawn.is_file():
                return "", png.name, _NO_DRAWING
            shutil.copy(drawn, svg)
            return svg.name, png.name, ""
        if drawing := data.get("image/svg+xml"):
            light = _TWO_THEMES.sub(r"\1", drawing)
            write_text(svg, light)
            write_bytes(png, notation_picture(light))
            return svg.name, png.name, ""
    return "", "", "no picture: these data or settings give none, and the cell says why"


def notation_picture(drawing: str) -> bytes:
    """verovio's notation as PNG, in black on the book's card.

    Args:
        drawing: SVG in the colours of one theme, its width in pixels.
    """
    import pypdfium2
    from reportlab.graphics import renderPDF

    page = ElementTree.fromstring(drawing)
    drawn = as_drawing(plain_svg(page, float(page.get("width", "").removesuffix("px"))))
    written = io.BytesIO()
    with pypdfium2.PdfDocument(renderPDF.drawToString(drawn)) as document:
        document[0].render(scale=_SCALE).to_pil().save(written, "PNG", optimize=True)
    return written.getvalue()


def _provenance(copy: ExecutedCopy) -> dict[str, str]:
    """The lines of the table that closes a chapter (:func:`lib.show.provenance.show_provenance`)."""
    for _, output in copy.outputs():
        text = output.get("data", {}).get("text/html", "")
        if 'class="table provenance"' in text:
            rows = BeautifulSoup(text, "html.parser").find_all("tr")
            return {row.th.get_text(): row.td.get_text() for row in rows if row.th and row.td}
    return {}


def index_page(rows: Sequence[dict[str, str]]) -> str:
    """The index as a page that asks nobody for anything; captions and data are text."""
    figures = "\n".join(
        f'<figure><img src="{escape(row["png"])}" alt="" loading="lazy">'
        f"<figcaption><strong>{escape(row['figure'])}.</strong> {escape(row['caption'])}<br><small>"
        f"{escape(row['chapter'])} · {escape(row['address'])}<br>{_files(row)}<br>"
        f"{escape(row['data'])}; {escape(row['made'])}</small></figcaption></figure>"
        for row in rows
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Figures</title><style>'
        "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
        "img{max-width:100%;max-height:30rem}figure{margin:2rem 0}</style></head><body>\n"
        f"<h1>Figures of Composing to a Mood</h1>\n<p>{escape(LICENCE)}.</p>\n{figures}\n</body></html>\n"
    )


def _files(row: dict[str, str]) -> str:
    links = [f'<a href="{escape(row[kind])}">{kind.upper()}</a>' for kind in ("svg", "png") if row[kind]]
    return " · ".join([*links, *([escape(row["note"])] if row["note"] else [])])
