"""A whole piece as pages of notation: MusicXML for notation programs, PDF for the stand, SVG for a page.

verovio engraves and breaks the music into systems and pages; svglib and reportlab carry its drawing into a
PDF, every glyph as an outline, so that it needs no music font where it is opened.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import symusic

from lib.basics.errors import BookError
from lib.basics.files import write_bytes
from lib.sound.music_xml import piece_document
from lib.sound.notation import engrave_pages, printable

SUFFIXES = (".musicxml", ".pdf", ".svg")

_SVG = "http://www.w3.org/2000/svg"
_WIDTH, _HEIGHT = 794, 1123  # of a page of A4 in CSS pixels, 96 an inch
_MARGIN = 57  # pixels: 15 mm
_TITLE_SIZE, _FOOTER_SIZE = 19, 10  # pixels
_POINTS = 0.75  # in a CSS pixel
# Under any other prefix than xlink, svglib finds no glyph and leaves all heads and clefs out without a word.
ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
_STAVES = 12  # that stand below each other at full size; more are drawn smaller


@dataclass(frozen=True)
class Words:
    """What stands on a sheet beside the notes; untrusted text.

    Attributes:
        title: above the first page.
        footer: below every page: what was asked for, of which model, with which seed.
        tempo: quarters a minute; of the file for notation programs.
    """

    title: str
    footer: str
    tempo: float = 120.0


def check_score_name(path: Path) -> None:
    """Refuse a file name that does not say which kind of score is wanted.

    Raises:
        BookError: naming those that do.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise BookError(
            f"A score is written as MusicXML, PDF or SVG: name it {path.stem}.musicxml, "
            f"{path.stem}.pdf or {path.stem}.svg instead of {path.name}."
        )


def write_score(score: symusic.Score, path: Path, words: Words) -> None:
    """Write a whole piece as notation, whole or not at all; the name says in which of three formats.

    Every instrument has staves of its own; drums are left out, since they need a notation of their own. A
    piece of several pages becomes a PDF of several pages, or one SVG with its pages below each other.

    Args:
        score: in ticks.
        path: ends in .musicxml, .pdf or .svg.
        words: title and footer.

    Raises:
        BookError: for another ending, a piece without pitched notes, a file that cannot be written.
    """
    path = Path(path)
    check_score_name(path)
    document = piece_document(score)
    if path.suffix.lower() == ".musicxml":
        write_bytes(path, _with_words(document, words))
    else:
        pages = _pages(document, words)
        if path.suffix.lower() == ".svg":
            write_bytes(path, _one_drawing(pages))
        else:
            _write_pdf(pages, path, words)


def _with_words(root: ElementTree.Element, words: Words) -> bytes:
    """A MusicXML file with a title, how the piece was made (as its rights line) and the tempo."""
    work = ElementTree.Element("work")
    ElementTree.SubElement(work, "work-title").text = printable(words.title)
    root.insert(0, work)
    identification = root.find("identification")
    rights = ElementTree.Element("rights")
    rights.text = printable(words.footer)
    identification.insert(0, rights)
    direction = ElementTree.Element("direction", {"placement": "above"})
    metronome = ElementTree.SubElement(ElementTree.SubElement(direction, "direction-type"), "metronome")
    ElementTree.SubElement(metronome, "beat-unit").text = "quarter"
    ElementTree.SubElement(metronome, "per-minute").text = f"{words.tempo:g}"
    ElementTree.SubElement(direction, "sound", {"tempo": f"{words.tempo:g}"})
    measure = root.find("part/measure")
    behind = max((place for place, element in enumerate(measure) if element.tag == "attributes"), default=-1)
    measure.insert(behind + 1, direction)
    return ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _pages(root: ElementTree.Element, words: Words) -> list[ElementTree.Element]:
    """Each page as an SVG element of its own, the words on it."""
    staves = len(root.findall("part"))
    seed = int(hashlib.sha256(repr((ElementTree.tostring(root), words)).encode()).hexdigest()[:7], 16)
    drawings = engrave_pages(
        ElementTree.tostring(root, encoding="unicode"),
        (_WIDTH, _HEIGHT),
        _MARGIN,
        seed,
        scale=40 * min(1.0, _STAVES / staves),
    )
    pages = [plain_svg(ElementTree.fromstring(drawing), _WIDTH) for drawing in drawings]
    for number, page in enumerate(pages, start=1):
        if number == 1:
            _write(page, words.title, _WIDTH / 2, _MARGIN * 0.75, _TITLE_SIZE, "middle")
        footer = words.footer if len(pages) == 1 else f"{words.footer} · page {number} of {len(pages)}"
        _write(page, footer, _WIDTH / 2, _HEIGHT - _MARGIN * 0.4, _FOOTER_SIZE, "middle")
    return pages


def _write(page: ElementTree.Element, text: str, x: float, y: float, size: float, anchor: str) -> None:
    attributes = {
        "class": "words",
        "x": f"{x:g}",
        "y": f"{y:g}",
        "font-size": f"{size:g}",
        "fill": "black",
        "font-family": "serif",
        "text-anchor": anchor,
    }
    ElementTree.SubElement(page, f"{{{_SVG}}}text", attributes).text = printable(text)


def plain_svg(page: ElementTree.Element, width: float) -> ElementTree.Element:
    """verovio's drawing with its inner one as a scaled group: readers of SVG disagree about drawings within
    drawings.

    Args:
        page: the drawing; it is changed.
        width: in pixels.
    """
    for inner in page.findall(f"{{{_SVG}}}svg"):
        wide = float(inner.attrib.pop("viewBox").split()[2])
        inner.tag = f"{{{_SVG}}}g"
        inner.set("transform", f"scale({width / wide:.6g})")
    return page


def _one_drawing(pages: Sequence[ElementTree.Element]) -> bytes:
    """All pages below each other in one SVG."""
    height = _HEIGHT * len(pages)
    whole = ElementTree.Element(
        f"{{{_SVG}}}svg",
        {"width": f"{_WIDTH}px", "height": f"{height}px", "viewBox": f"0 0 {_WIDTH} {height}"},
    )
    ElementTree.SubElement(whole, f"{{{_SVG}}}rect", {"width": "100%", "height": "100%", "fill": "white"})
    # All pages have one id, by which verovio's style finds what has a stroke: staves, stems and bar lines.
    named = ElementTree.SubElement(whole, f"{{{_SVG}}}g", {"id": pages[0].attrib["id"]})
    known: set[str] = set()
    for number, page in enumerate(pages):
        for glyphs in page.findall(f"{{{_SVG}}}defs"):
            for glyph in list(glyphs):  # each page brings its own; an id may stand once in a file
                if glyph.get("id") in known:
                    glyphs.remove(glyph)
                known.add(glyph.get("id"))
        group = ElementTree.SubElement(
            named, f"{{{_SVG}}}g", {"transform": f"translate(0 {_HEIGHT * number})"}
        )
        group.extend(list(page))
    return ElementTree.tostring(whole, encoding="UTF-8", xml_declaration=True)


def _write_pdf(pages: Sequence[ElementTree.Element], path: Path, words: Words) -> None:
    """A PDF of A4 pages, the same bytes for the same piece."""
    from reportlab.graphics import renderPDF
    from reportlab.pdfgen.canvas import Canvas

    written = io.BytesIO()
    canvas = Canvas(written, pagesize=(_WIDTH * _POINTS, _HEIGHT * _POINTS), invariant=1)
    canvas.setTitle(printable(words.title))
    canvas.setSubject(printable(words.footer))
    for page in pages:
        texts = page.findall(f"{{{_SVG}}}text[@class='words']")
        for text in texts:
            page.remove(text)
        renderPDF.draw(as_drawing(page), canvas, 0, 0)
        for text in texts:
            canvas.setFont(_font(), float(text.get("font-size")) * _POINTS)
            x, y = (float(text.get(name)) for name in "xy")
            canvas.drawCentredString(x * _POINTS, (_HEIGHT - y) * _POINTS, text.text)
        canvas.showPage()
    canvas.save()
    write_bytes(path, written.getvalue())


def as_drawing(page: ElementTree.Element):
    """A plain page (:func:`plain_svg`) as a drawing of reportlab, three points for four pixels."""
    from lxml import etree
    from svglib.svglib import SvgRenderer

    return SvgRenderer(None).render(etree.fromstring(ElementTree.tostring(page)))


def _font() -> str:
    """matplotlib's DejaVu Sans, embedded in the PDF: it has Latin, Greek and Cyrillic letters, and others as
    boxes."""
    import matplotlib
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    name = "DejaVu Sans"
    if name not in pdfmetrics.getRegisteredFontNames():
        folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
        pdfmetrics.registerFont(TTFont(name, folder / "DejaVuSans.ttf"))
    return name
