"""Numbers as the site shows them: of chapters and appendices with a letter, and in sentences."""

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from lib.basics.numbers import typeset

_LETTERED = re.compile(r"(?:.*/)?(?:(?P<appendix>a\d+)|0*(?P<chapter>\d+[a-z]))_")
_CODE = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw, addnodes.desc_signature)


def number_by_letters(app: Sphinx, environment: BuildEnvironment) -> list[str]:
    """Figures of appendix 2 are A2.1, A2.2, …, sections and figures of chapter 3b are 3b.1, 3b.2, …

    For sphinx an appendix has no number, and chapter 3b is a section behind the last one of chapter 3.

    Args:
        app: sphinx, all of whose pages are read.
        environment: what it knows of them; the numbers in it are replaced.

    Returns:
        Pages to write again beside those that sphinx writes anyway: none.
    """
    for document, kinds in environment.toc_fignumbers.items():
        if (first := _first(document)) is not None:
            for numbers in kinds.values():
                ordered = sorted(numbers, key=lambda name: numbers[name])
                numbers.update({name: (first, place) for place, name in enumerate(ordered, 1)})
    for document, sections in environment.toc_secnumbers.items():
        if (first := _first(document)) is not None:
            above = len(sections[""])  # the numbers of the title itself
            sections.update({at: (first, *numbers[above:]) for at, numbers in sections.items() if numbers})
            environment.titles[document]["secnumber"] = sections[""]
            for entry in environment.tocs[document].findall(nodes.reference):
                if entry["refuri"] == document:
                    entry["secnumber"] = sections[entry["anchorname"]]
    return []


def _first(document: str) -> str | None:
    """What stands before the first point of its numbers, where that is more than a number."""
    found = _LETTERED.match(document)
    return found and (found["chapter"] or found["appendix"].upper())


def typeset_prose(doctree: nodes.document) -> None:
    """Give the numbers in running text their minus signs and powers of ten; code and formulas stay."""
    for text in list(doctree.findall(nodes.Text)):
        written = typeset(text.astext())
        if written != text.astext() and not _is_code(text):
            text.parent.replace(text, nodes.Text(written))


def _is_code(text: nodes.Text) -> bool:
    above = text.parent
    while above is not None:
        if isinstance(above, _CODE):
            return True
        above = above.parent
    return False
