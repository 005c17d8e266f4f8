import pytest

from lib.publish.paper.link import PDF, link_pages

PAGE = (
    '<html><footer class="bd-footer-content">\n\n'
    '<div class="bd-footer-content__inner container">x</div></footer></html>'
)


@pytest.fixture
def site(tmp_path):
    for name in ("search.html", "book/index.html", "book/lib/chapters/noise.html"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE)
    (tmp_path / "index.html").write_text("<html>leads on</html>")
    return tmp_path


def texts(site):
    return {path.relative_to(site).as_posix(): path.read_text() for path in site.rglob("*.html")}


def test_every_page_links_the_pdf_once_however_often_it_is_done(site):
    (site / PDF).write_bytes(b"%PDF-")
    assert link_pages(site) == 3
    once = texts(site)
    assert link_pages(site) == 3
    assert texts(site) == once
    for name, steps in (
        ("search.html", ""),
        ("book/index.html", "../"),
        ("book/lib/chapters/noise.html", "../../../"),
    ):
        assert once[name].count(f'<a href="{steps}{PDF}">') == 1
    assert "pdf" not in once["index.html"]


def test_without_a_pdf_no_page_leads_to_it(site):
    before = texts(site)
    (site / PDF).write_bytes(b"%PDF-")
    link_pages(site)
    (site / PDF).unlink()
    assert link_pages(site) == 0
    assert texts(site) == before
