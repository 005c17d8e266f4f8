import pytest
from bs4 import BeautifulSoup

from lib.basics.errors import BookError
from lib.basics.files import write_json
from lib.publish.paper.assemble import Part, book_document, printed_parts, slug
from lib.publish.record import write_record

PARTS = [Part("", ("book/index",)), Part("The report", ("notebooks/one",))]
HEAD = (
    '<head><link rel="stylesheet" href="../_static/book.css"><script>window.MathJax = {}</script>'
    '<script defer src="../_static/mathjax/tex-chtml.js"></script>'
    '<script src="../_static/quiz.js"></script></head>'
)
INDEX = '<section id="start"><h1>Start</h1><p><a href="../notebooks/one.html#fig">figure</a></p></section>'
ONE = """<section id="one"><h1>1. One "and" only<a class="headerlink" href="#one">#</a></h1>
<p><a href="../book/index.html">whole page</a> <a href="#fig">below</a>
<a href="../book/lib/data.html">code</a>
<a href="https://example.org/">elsewhere</a> <a href="media/a.mid" download>file</a></p>
<figure id="fig"><img src="../_images/a b.png" alt="A"></figure>
<figure class="player" data-roll="{}"><figcaption>Piece · <a href="media/a.mid" download>MIDI</a></figcaption>
<audio controls src="media/a.mp3" aria-label="Piece"><a href="media/a.mp3">a.mp3</a></audio></figure>
<details class="admonition hide above-input"><summary>Code</summary><pre>hidden code</pre></details>
<details class="quiz-answer"><summary>Answer</summary><p>a verdict
<a href="media/a.mid" download>MIDI</a></p></details>
<p class="quiz-elsewhere">One votes on the site.</p>
<form><button>Go</button></form><script>run()</script></section>"""


def page(article):
    return f"<!doctype html><html>{HEAD}<body><article>{article}</article></body></html>"


@pytest.fixture
def site(tmp_path):
    for name, article in (("book/index", INDEX), ("notebooks/one", ONE)):
        path = tmp_path / f"{name}.html"
        path.parent.mkdir(exist_ok=True)
        path.write_text(page(article), encoding="utf-8")
    write_record(tmp_path, "laptop", trial=False)
    return tmp_path


def printed(site, address=""):
    return BeautifulSoup(book_document(site, PARTS, address), "html.parser")


def test_links_between_pages_stay_in_the_document_and_all_others_are_words(site):
    tree = printed(site)
    links = {link.get_text(): link["href"] for link in tree.select(".paper-page a[href]")}
    assert links == {
        "figure": "#notebooks-one--fig",
        "whole page": "#book-index",
        "below": "#notebooks-one--fig",
        "elsewhere": "https://example.org/",
    }
    anchors = [tag["id"] for tag in tree.find_all(id=True)]
    assert len(anchors) == len(set(anchors))
    assert {link["href"][1:] for link in tree.select("a[href^='#']")} <= set(anchors)
    assert "code" in tree.get_text()


def test_what_only_a_screen_can_show_is_left_out_and_folds_are_open(site):
    chapter = printed(site).select_one("#notebooks-one")
    assert not chapter.select("form, button, script, audio[src], .headerlink, a[download]")
    assert "hidden code" not in chapter.get_text()
    assert chapter.select_one("details.quiz-answer").has_attr("open")
    assert "MIDI" not in chapter.get_text()
    assert "One votes" not in chapter.get_text()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "Hear: notebooks/one.html"),
        ("https://a.example/b/", "Hear: https://a.example/b/notebooks/one.html"),
    ],
)
def test_a_player_names_the_page_on_which_it_is_heard(site, address, words):
    player = printed(site, address).select_one("figure.player")
    assert player.select_one(".paper-hear").get_text() == words
    assert player.select_one("audio"), "the script that draws the roll asks for it"


def test_pictures_and_styles_are_found_from_anywhere_and_scripts_are_two(site):
    tree = printed(site)
    assert tree.img["src"] == (site / "_images" / "a b.png").as_uri()
    assert tree.find("link")["href"] == (site / "_static" / "book.css").as_uri()
    scripts = [script["src"].rpartition("/")[2] for script in tree.select("script[src]")]
    assert scripts == ["tex-chtml.js", "player.js"]


def test_contents_and_running_heads_have_every_title(site):
    tree = printed(site)
    entries = [entry.get_text() for entry in tree.select(".paper-entry a")]
    assert entries == ["Start", '1. One "and" only']
    assert '@page notebooks-one { @top-left { content: "1. One \\"and\\" only"; } }' in tree.get_text() + str(
        tree
    )


@pytest.mark.parametrize("trial", [True, False])
def test_the_title_page_says_what_was_printed(site, trial):
    write_record(site, "smoke" if trial else "laptop", trial=trial)
    title = printed(site).select_one(".paper-title").get_text()
    assert ("A trial" in title) == trial
    assert "Not on paper" in title


def test_a_site_that_is_not_there_is_told_in_one_sentence(tmp_path, site):
    with pytest.raises(BookError, match="build the site first"):
        book_document(tmp_path / "nothing", PARTS)
    write_json(site / "site.json", [])
    with pytest.raises(BookError, match="what the site was made with"):
        book_document(site, PARTS)


def test_a_page_without_text_is_told(site):
    (site / "notebooks" / "one.html").write_text("<html></html>")
    with pytest.raises(BookError, match="notebooks/one"):
        book_document(site, PARTS)


def test_all_of_the_book_is_printed_but_the_reference_of_the_library():
    documents = [document for part in printed_parts() for document in part.documents]
    assert documents[0] == "book/index"
    assert "notebooks/04b_control" in documents
    assert not [document for document in documents if document.startswith("book/lib/")]
    assert len({slug(document) for document in documents}) == len(documents)
