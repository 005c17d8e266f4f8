"""The link to the book's PDF on every page: there once the PDF is, and never before."""

import os
import re
from pathlib import Path

from lib.basics.files import write_text

#: The PDF's name in the folder of the site.
PDF = "composing-to-a-mood.pdf"
_LINK = re.compile(r'\s*<p class="book-pdf">.*?</p>', re.DOTALL)
_PLACE = re.compile(r'<footer class="bd-footer-content">\s*<div class="[^"]*">')


def link_pages(site: Path) -> int:
    """Put the link into the foot of every page of the site in the folder `site`, or take it out where
    there is no PDF; doing it again changes nothing.

    Returns:
        How many pages hold the link.
    """
    there = (site / PDF).is_file()
    count = 0
    for path in sorted(site.rglob("*.html")):
        before = path.read_text(encoding="utf-8")
        address = Path(os.path.relpath(site / PDF, path.parent)).as_posix()
        after = linked(before, address if there else "")
        count += _LINK.search(after) is not None
        if after != before:
            write_text(path, after)
    return count


def linked(page: str, address: str) -> str:
    """The HTML of a page with one link to the PDF at `address` in its foot; without any if that is empty."""
    page = _LINK.sub("", page)
    if not address:
        return page
    link = f'\n<p class="book-pdf"><a href="{address}">The whole book as a PDF</a></p>'
    return _PLACE.sub(lambda place: place[0] + link, page, count=1)
