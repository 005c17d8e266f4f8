"""The last touch to the built pages: what the theme and its extensions put there and should not have.

- `sphinx-thebe`, which jupyter-book always adds, declares a constant twice, so that every page opens with an
  error in the console, and names a script on another host. Nothing here uses it.
- The sidebar's folds have no name that a screen reader could say.
- Bibliographies are marked as lists whose children are none, and their entries with a role given up since.
- A signature over several lines is a list of definitions without terms.
- The search asks for pages to quote from them; from a disk a browser refuses that, with an error for each.
- Pictures that do not state their size push the text down when they come.
- A line may end between a formula and the comma behind it, or the bracket before it.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import imagesize

from lib.basics.errors import BookError
from lib.basics.files import write_text

_FORMULA = r'<span class="math[^"]*">\\\([^<]*\\\)</span>'
_OPEN, _CLOSE = "[(\\[“‘]", "[-,.;:!?)\\]”’]"

#: What is replaced in every page, and by what.
_IN_PAGES: Mapping[re.Pattern, str] = {
    re.compile(r"\s*<(script|link)\b[^>]*\bsphinx-thebe\.(?:js|css)[^>]*>(?:</script>)?"): "",
    re.compile(r"\s*<script>const THEBE_JS_URL\b.*?</script>", re.DOTALL): "",
    re.compile(
        r'\s*<script type="text/x-thebe-config">.*?</script>(?:\s*<script>kernelName = .*?</script>)?',
        re.DOTALL,
    ): "",
    re.compile(r'<summary>(?=<span class="toctree-toggle")'): '<summary aria-label="Pages of this part">',
    re.compile(r'<div role="list" class="citation-list">'): '<div class="citation-list">',
    re.compile(r' role="doc-biblioentry"'): "",
    re.compile(r'<dl>(?=\s*<dd><em class="sig-param")'): '<dl role="none">',
    re.compile(r'<dd>(?=<em class="sig-param")'): '<dd role="none">',
    re.compile(
        f"{_OPEN}*{_FORMULA}{_CLOSE}++(?!</span>)|{_OPEN}+{_FORMULA}(?!</span>|{_CLOSE})"
    ): r'<span class="unbroken">\g<0></span>',
}
_IMAGE = re.compile(r"<img\b[^>]*>")
_SIZED = re.compile(r"""\s(?:width|height)=|\sstyle=["'][^"']*\b(?:width|height)\s*:""")
_SOURCE = re.compile(r"""\ssrc=["']([^"']+)["']""")
_ROOT = re.compile(r"<svg\b[^>]*>")
_LENGTH = re.compile(r"""\s(width|height)=["']([\d.]+)(?:px)?["']""")
_VIEW_BOX = re.compile(r"""\sviewBox=["']\S+\s+\S+\s+([\d.]+)\s+([\d.]+)""")
_OPTIONS = "_static/documentation_options.js"
_NO_QUOTES_FROM_A_DISK = 'DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol !== "file:";\n'


def finish_pages(site: Path) -> None:
    """Apply all of the above to the site in the folder `site`, which jupyter-book has just built.

    Raises:
        BookError: when the theme no longer has the file that tells the search what to do.
    """
    for path in site.rglob("*.html"):
        before = path.read_text(encoding="utf-8")
        after = finished(before, path.parent)
        if after != before:
            write_text(path, after)
    for path in site.glob("_static/sphinx-thebe.*"):
        path.unlink()
    options = site / _OPTIONS
    if not options.is_file():
        raise BookError(
            f"The built site has no {_OPTIONS}, so its search cannot be told to work from a disk."
        )
    write_text(options, f"{options.read_text(encoding='utf-8').rstrip()}\n{_NO_QUOTES_FROM_A_DISK}")


def finished(page: str, folder: Path) -> str:
    """The HTML of a page in `folder`, without what is named above and with a size for every picture."""
    for pattern, replacement in _IN_PAGES.items():
        page = pattern.sub(replacement, page)
    return _IMAGE.sub(lambda image: _with_size(image[0], folder), page)


def _with_size(image: str, folder: Path) -> str:
    """An `<img>` that states its size in pixels; as it is, if it does already or its file tells none."""
    source = _SOURCE.search(image)
    if _SIZED.search(image) or not source:
        return image
    address = urlsplit(source[1])
    path = folder / unquote(address.path)
    if address.scheme or address.netloc or not path.is_file():
        return image
    width, height = _drawing_size(path) if path.suffix == ".svg" else imagesize.get(path)
    return f'<img width="{width:.0f}" height="{height:.0f}"{image[4:]}' if min(width, height) > 0 else image


def _drawing_size(path: Path) -> tuple[float, float]:
    """Of an SVG file, by its root's own attributes or by its view box."""
    root = _ROOT.search(path.read_text(encoding="utf-8"))
    stated = dict(_LENGTH.findall(root[0])) if root else {}
    box = _VIEW_BOX.search(root[0]) if root else None
    if {"width", "height"} <= set(stated):
        return float(stated["width"]), float(stated["height"])
    return (float(box[1]), float(box[2])) if box else (-1, -1)
