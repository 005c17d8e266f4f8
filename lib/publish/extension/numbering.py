"""Numbers as the site shows them: of figures in the appendices, and in sentences."""

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from lib.basics.numbers import typeset

_APPENDIX = re.compile(r"(?:.*/)?a(?P<number>\d+)_")
_CODE = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw, addnodes.desc_signature)


def number_appendices(app: Sphinx, environment: BuildEnvironment) -> list[str]:
    """Figures, tables and equations of appendix 2 are A2.1, A2.2, …; sphinx would go on counting from 1.

    Args:
        app: sphinx, all of whose pages are read.
        environment: what it knows of them; the numbers in it are replaced.

    Returns:
        Pages to write again beside those that sphinx writes anyway: none.
    """
    for document, kinds in environment.toc_fignumbers.items():
        appendix = _APPENDIX.match(document)
        if appendix is None:
            continue
        for numbers in kinds.values():
            ordered = sorted(numbers, key=lambda name: numbers[name])
            numbers.update({name: (f"A{appendix['number']}", place) for place, name in enumerate(ordered, 1)})
    return []


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
