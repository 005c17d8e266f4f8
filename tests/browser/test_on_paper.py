"""The whole book as one PDF, read and looked at by PDFium; and a page as a reader prints it."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from bs4 import BeautifulSoup
from in_browser import LISTINGS, pages_with

from lib.publish.paper.assemble import book_document, printed_parts, slug
from lib.publish.paper.printing import print_document

pytestmark = pytest.mark.xdist_group("paper")  # printed once

MEGABYTES = 15  # beside the site's own limit, which does not count it
FOOT = 45  # points from the edge of the paper, with the page's number
BOX, DARK = (243, 249), 200  # the shades of boxes of code, and from where on it is ink; paper is 255
INK = """(canvas) => canvas.width > 0 && canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0)"""
A4 = 673  # CSS pixels between the margins that print.css asks for
WIDER = """() => {
    const edge = document.querySelector("article").getBoundingClientRect().right + 1;
    return [...document.querySelectorAll("article table")]
        .filter((table) => table.getBoundingClientRect().right > edge)
        .map((table) => table.textContent.trim().slice(0, 40));
}"""
SEEN = (
    "(one) => one.checkVisibility({ contentVisibilityAuto: true }) && one.getBoundingClientRect().height > 0"
)


def chapters_with(words):
    """A few pages that hold these words; those that only list tests do not count."""
    return [name for name in pages_with(words) if not name.startswith(LISTINGS)][:3]


def plain(text):
    """Without spaces, which a PDF does not keep, and with the hyphens that are meant."""
    return "".join(text.replace("\x02", "-").replace("\ufffe", "-").split())


@pytest.fixture(scope="module")
def document(site):
    """The HTML that is printed."""
    return book_document(site, printed_parts())


@pytest.fixture(scope="module")
def tree(document):
    return BeautifulSoup(document, "html.parser")


@pytest.fixture(scope="module")
def book(document, tmp_path_factory):
    folder = tmp_path_factory.mktemp("paper")
    (folder / "book.html").write_text(document, encoding="utf-8")
    chapters = [slug(name) for part in printed_parts() for name in part.documents]
    with ThreadPoolExecutor(1) as apart:  # playwright starts once in a thread, and in this one the tests' has
        apart.submit(print_document, folder / "book.html", folder / "book.pdf", chapters).result()
    return folder / "book.pdf"


@pytest.fixture(scope="module")
def printed(book):
    with pypdfium2.PdfDocument(book) as opened:
        yield opened


@pytest.fixture(scope="module")
def texts(printed):
    return [page.get_textpage().get_text_range() for page in printed]


def test_it_can_be_sent_and_names_no_folder_of_this_machine(book, printed):
    assert book.stat().st_size <= 1e6 * MEGABYTES
    assert b"file:///" not in book.read_bytes()
    assert printed.get_metadata_value("Title") == "Composing to a Mood"


def test_every_chapter_is_in_the_outline_and_begins_where_the_contents_say(tree, printed, texts):
    titles = [" ".join(entry.get_text().split()) for entry in tree.select(".paper-entry a")]
    entries = [entry for entry in printed.get_toc() if entry.level == 0][1:]  # after the contents themselves
    assert [entry.get_title() for entry in entries] == titles
    assert len(titles) > 20
    contents = plain("".join(texts[1:3]))
    for entry, title in zip(entries, titles, strict=True):
        page = entry.get_dest().get_index()
        assert plain(title) in plain(texts[page])
        assert f"{plain(title)}{page + 1}" in contents


def test_the_verdict_of_every_question_is_read(tree, texts):
    whole = plain("".join(texts))
    answers = tree.select(".quiz-answer")
    assert answers
    words = [badge for answer in answers for badge in answer.select(".verdict-badge, strong")]
    assert words
    for badge in words:
        assert plain(badge.get_text()) in whole


def test_no_heading_is_the_last_of_its_page(printed, texts):
    """Below each entry of the outline stand words that are not its own, or a picture."""
    entries = list(printed.get_toc())
    assert len(entries) > 200
    for entry in entries:
        place = entry.get_dest()
        page, top = printed[place.get_index()], place.get_view()[1][1]
        below = plain(page.get_textpage().get_text_bounded(bottom=FOOT, top=top))
        pictures = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE])
        assert len(below) > len(plain(entry.get_title())) + 20 or any(
            one.get_bounds()[3] < top for one in pictures
        ), f"{entry.get_title()} on page {place.get_index() + 1}"


def test_every_piano_roll_is_a_picture_with_notes(tree, book):
    """A roll is drawn on nothing, so that what is opaque in its picture was drawn."""
    rolls = tree.select("figure.player[data-roll]")
    assert rolls
    with pikepdf.open(book) as opened:
        drawn = [
            any(image.SMask.read_bytes())
            for page in opened.pages
            for image in page.get_images().values()
            if "/SMask" in image
        ]
    assert len(drawn) >= len(rolls)
    assert all(drawn)


def longest_run(flags):
    """Of true values, how many stand together at most."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    return max(edges[1::2] - edges[::2], default=0)


def test_no_page_is_empty_and_no_box_of_code_stands_without_code(printed, texts):
    """In a box of code a line is 20 points below the last at most; an empty one is all of one colour."""
    for number, (page, text) in enumerate(zip(printed, texts, strict=True), start=1):
        grey = np.asarray(page.render(grayscale=True).to_pil())
        assert len(plain(text)) > 60 or (grey < DARK).mean() > 0.005, f"page {number} is empty"
        field = ((grey >= BOX[0]) & (grey <= BOX[1])).mean(axis=1) > 0.6
        bare = (grey < DARK).sum(axis=1) <= 6  # the box's edges
        assert longest_run(field & bare) <= 50, f"an empty box on page {number}"


@pytest.mark.parametrize("name", chapters_with('class="player"'))
def test_a_printed_page_shows_every_roll_that_nobody_scrolled_to(visit, name):
    page = visit(name).page
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    rolls = page.locator("article .player-canvas").all()
    assert rolls
    assert all(roll.evaluate(INK) for roll in rolls)


@pytest.mark.parametrize("name", chapters_with("quiz-answer"))
def test_a_printed_page_shows_its_title_and_every_answer(visit, name):
    page = visit(name).page
    page.emulate_media(media="print")
    answers = page.locator(".quiz-answer").all()
    assert answers
    assert all(answer.evaluate(SEEN) for answer in answers)
    assert page.locator("h1:visible").count() == 1


@pytest.mark.parametrize("name", ["notebooks/08_music_analysis.html", "notebooks/a2_style_and_memory.html"])
def test_a_table_of_many_columns_is_not_wider_than_the_paper(visit, name):
    page = visit(name).page
    page.set_viewport_size({"width": A4, "height": 900})
    page.emulate_media(media="print")
    assert page.locator("article table tr > :nth-child(7)").count() > 1
    assert page.evaluate(WIDER) == []


def test_folded_code_is_printed_only_where_a_reader_opened_it(visit):
    page = visit("notebooks/01_dataset.html").page
    page.emulate_media(media="print")
    folds = page.locator("details.above-input")
    assert folds.count() > 1
    folds.first.evaluate("(fold) => { fold.open = true; }")
    assert [fold.evaluate(SEEN) for fold in folds.all()] == [True, *[False] * (folds.count() - 1)]
