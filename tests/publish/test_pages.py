import pytest

from lib.publish.pages import check_site

PAGE = """<!DOCTYPE html><html lang="en"><head><title>t</title>{head}</head>
<body><nav><a href="other.html#here">other</a></nav><article>{body}</article></body></html>"""


@pytest.fixture
def problems(tmp_path):
    """A function from what a page holds to what is wrong with the site."""

    def check(body="", head="", **files):
        (tmp_path / "notebooks").mkdir()
        (tmp_path / "page.html").write_text(PAGE.format(head=head, body=body))
        (tmp_path / "other.html").write_text('<html><body><p id="here">there</p></body></html>')
        for name, text in files.items():
            (tmp_path / name.replace("_", ".")).write_text(text)
        return check_site(tmp_path)

    return check


def test_a_sound_page_passes(problems):
    body = """<img src="picture.png" alt="A falling line"><a href="#top">up</a><h2 id="top">Top</h2>
        <figure id="fig"><img src="picture.png" alt="The same line"></figure>
        <svg role="img" aria-label="Four bars"><title>x</title></svg><svg aria-hidden="true"></svg>
        <a href="https://example.org/outside">outside</a><a href="mailto:a@example.org">mail</a>"""
    assert problems(body, picture_png="png") == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<pre>Traceback (most recent call last):</pre>", "shows a traceback"),
        ('<div class="output stderr">UserWarning</div>', "standard error"),
        ('<p class="system-message">Unknown role</p>', "markup error: Unknown role"),
        ('<img src="other.html">', "image without alternative text"),
        ('<img src="other.html" alt="">', "image without alternative text"),
        ('<img src="other.html" alt="../_images/abc.png">', "image without alternative text"),
        ("<svg><path/></svg>", "drawing (svg) without a label"),
        ('<figure id="fig-1"><figcaption>Loss</figcaption></figure>', "empty figure: fig-1"),
        ('<a href="missing.html">x</a>', "links missing.html, which is not there"),
        ('<a href="../outside.html">x</a>', "is not there"),
        ('<a href="notebooks">x</a>', "links the folder notebooks"),
        ('<a href="#nowhere">x</a>', "no such anchor"),
        ('<a href="other.html#nowhere">x</a>', "other.html has no such anchor"),
        ('<audio src="media/tune.mp3"></audio>', "links media/tune.mp3, which is not there"),
        ('<img alt="A dog" src="https://example.org/dog.png">', "from another host"),
        ('<script src="//example.org/a.js"></script>', "from another host"),
        (
            '<img alt="x" src="other.html" srcset="a.png 1x, https://example.org/b.png 2x">',
            "from another host",
        ),
        ('<p style="background: url(https://example.org/a.png)">x</p>', "from another host"),
    ],
)
def test_what_is_wrong_is_told(problems, body, told):
    found = problems(body)
    assert len(found) == 1, found
    assert found[0].startswith("page.html ")
    assert told in found[0]


def test_a_stylesheet_from_elsewhere_is_told_and_a_canonical_address_is_none(problems):
    head = """<link rel="canonical" href="https://example.org/">
        <link rel="stylesheet" href="https://example.org/a.css">"""
    assert problems(head=head) == ["page.html fetches https://example.org/a.css from another host"]


def test_a_font_that_a_stylesheet_fetches_from_elsewhere_is_told(problems):
    assert problems(a_css="@font-face {src: url('https://example.org/f.woff')}") == [
        "a.css fetches https://example.org/f.woff from another host"
    ]
