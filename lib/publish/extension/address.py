"""A Sphinx extension: what depends on the address at which the site is published.

The page for addresses that lead nowhere is always written. It holds its styles itself, since a server shows
it at any depth, and its links are whole where the address is known. The card that other sites show for a link
needs the address, so that without one (`baseurl` in `_config.yml`) its lines are left out.
"""

from html import escape
from pathlib import Path
from string import Template

from bs4 import BeautifulSoup
from docutils import nodes
from sphinx.application import Sphinx

from lib.basics.files import write_text

CARD, CARD_SIZE = "_static/social_card.png", (1200, 630)
CARD_WORDS = (
    "Composing to a Mood: asked for an emotion and a genre, what does a model really learn to "
    "compose, and how would we know?"
)
NOT_FOUND = "404.html"
_TEMPLATE = Path(__file__).with_name("not_found.html")
_LONGEST = 200  # characters of a description; others cut it about there


def setup(app: Sphinx) -> dict:
    """Called by sphinx."""
    app.connect("html-page-context", _add_card)
    app.connect("build-finished", _write_not_found)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def card_lines(base: str, page: str, title: str, description: str, site: str) -> str:
    """The `<meta>` elements of a page's card (Open Graph, https://ogp.me).

    Args:
        base: the site's address.
        page: the page's path in the site.
        title, description: of the page; any text, it is escaped.
        site: the name of the whole.
    """
    root = base.rstrip("/") + "/"
    width, height = CARD_SIZE
    lines = {
        "og:type": "article",
        "og:site_name": site,
        "og:title": title,
        "og:description": description,
        "og:url": root + page,
        "og:image": root + CARD,
        "og:image:width": width,
        "og:image:height": height,
        "og:image:alt": CARD_WORDS,
    }
    found = "".join(
        f'<meta property="{name}" content="{escape(str(content))}" />\n'
        for name, content in lines.items()
        if content
    )
    return f'{found}<meta name="twitter:card" content="summary_large_image" />\n'


def first_words(doctree: nodes.document | None) -> str:
    """The beginning of a page's first paragraph that stands in no box and is more than a word."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree is not None else ():
        text = " ".join(paragraph.astext().split())
        if isinstance(paragraph.parent, nodes.section | nodes.document) and len(text) > 40:
            return text if len(text) <= _LONGEST else text[:_LONGEST].rpartition(" ")[0] + " …"
    return ""


def not_found_page(base: str, site: str) -> str:
    """The page for addresses that lead nowhere.

    Args:
        base: the site's address; empty where it has none, and then a script finds the root by its folders.
        site: the name of the whole.
    """
    template = Template(_TEMPLATE.read_text(encoding="utf-8"))
    return template.substitute(root=escape(base.rstrip("/") + "/" if base else ""), site=escape(site))


def _add_card(app: Sphinx, page: str, _template: str, context: dict, doctree: nodes.document | None) -> None:
    base, site = app.config.html_baseurl, app.config.html_title or app.config.project
    if base and doctree is not None:
        title = BeautifulSoup(context.get("title", ""), "html.parser").get_text()
        lines = card_lines(base, app.builder.get_target_uri(page), title or site, first_words(doctree), site)
        context["metatags"] = context.get("metatags", "") + lines


def _write_not_found(app: Sphinx, failure: Exception | None) -> None:
    if failure is None and app.builder.format == "html":
        page = not_found_page(app.config.html_baseurl, app.config.html_title or app.config.project)
        write_text(Path(app.outdir) / NOT_FOUND, page)
