"""Terms of the glossary become links where a chapter uses them first; authors need not mark them.

Words that are also everyday words are left alone, since a program cannot tell a MIDI program from a
computer's. Where such a word is meant as the glossary has it, the chapter says so: {term}`power`.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx

#: Terms whose word often means something else in these chapters.
EVERYDAY = frozenset({"balance", "bar", "excess", "position", "power", "program", "run", "split", "store"})
_LEFT_ALONE = (nodes.title, nodes.reference, nodes.literal, nodes.math, nodes.caption, nodes.raw, nodes.table)


def link_first_uses(app: Sphinx, doctree: nodes.document, document: str) -> None:
    """Link each term once on the page `document`: at its first use in running text.

    Args:
        app: sphinx, about to write the page.
        doctree: the page, its references resolved.
        document: its name.
    """
    terms = {name: place for name, place in _terms(app).items() if name.lower() not in EVERYDAY}
    if not terms:
        return
    words = "|".join(re.escape(name) for name in sorted(terms, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w-])(?P<term>{words})s?(?![\w-])", re.IGNORECASE)
    by_lower = {name.lower(): place for name, place in terms.items()}
    by_anchor = {anchor: name for name, (_, anchor) in by_lower.items()}
    waiting = set(by_lower)
    for node in list(doctree.findall(lambda node: isinstance(node, nodes.Text | nodes.reference))):
        if isinstance(node, nodes.reference):  # perhaps one that the author marked
            waiting.discard(by_anchor.get(node.get("refuri", "").rpartition("#")[2], ""))
        elif _is_prose(node):
            _link(app, document, node, pattern, by_lower, waiting)


def _terms(app: Sphinx) -> dict[str, tuple[str, str]]:
    """The glossary's terms, each with its document and anchor."""
    found = app.env.get_domain("std").objects
    return {name: place for (kind, name), place in found.items() if kind == "term"}


def _is_prose(node: nodes.Text) -> bool:
    above, in_text = node.parent, False
    while above is not None:
        if isinstance(above, _LEFT_ALONE) or (isinstance(above, nodes.container) and "nb_element" in above):
            return False
        in_text = in_text or isinstance(above, nodes.paragraph)
        above = above.parent
    return in_text


def _link(
    app: Sphinx,
    document: str,
    node: nodes.Text,
    pattern: re.Pattern,
    places: dict[str, tuple[str, str]],
    waiting: set[str],
) -> None:
    """Replace a text by pieces, of which those are links that use a waiting term; these wait no longer."""
    text, pieces, end = node.astext(), [], 0
    for match in pattern.finditer(text):
        name = match["term"].lower()
        if name in waiting:
            waiting.remove(name)
            glossary, anchor = places[name]
            link = nodes.reference(
                "",
                match.group(),
                internal=True,
                classes=["glossary-link"],
                refuri=f"{app.builder.get_relative_uri(document, glossary)}#{anchor}",
            )
            pieces += [nodes.Text(text[end : match.start()]), link]
            end = match.end()
    if pieces:
        node.parent.replace(node, [*pieces, nodes.Text(text[end:])])
