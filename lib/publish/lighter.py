"""What the site need not weigh: parts of the theme that no page asks for, and pictures in more colours than
they show. What a reader sees stays as it is.

- MathJax is loaded only by pages with a formula, and only those of its files that they can ask for stay.
- The search's index is loaded only by the page that searches.
- Of Font Awesome's two thousand icons those stay that a page, a script or the theme's style names.
- A figure of a notebook has a few hundred colours: a palette of 256 takes two fifths of the bytes.
"""

import io
import json
import re
from collections.abc import Set
from pathlib import Path

from fontTools import subset
from PIL import Image, UnidentifiedImageError

from lib.basics.errors import BookError
from lib.basics.files import write_text

#: What a page needs of MathJax in a browser; the rest of the package's 24 MB serves other inputs and outputs.
_MATHJAX_KEPT = ("tex-chtml.js", "input/tex/extensions/", "output/chtml/fonts/woff-v2/")
_MATHJAX = re.compile(
    r"\s*<script>window\.MathJax = .*?</script>|\s*<script\b[^>]*\bmathjax/[^>]*></script>", re.DOTALL
)
_FORMULA = re.compile(r"""\bclass=["'][^"']*\bmath\b""")
_DELIMITERS = re.compile(r"\\\(|\\\[|\$\$|\\begin\{")  # of formulas in the output of a cell
_SEARCH = re.compile(r'\s*<script src="[^"]*\b(?:searchtools|language_data|searchindex)\.js[^"]*"></script>')
_ICON_NAME = re.compile(r"\bfa-([a-z0-9-]+)")
# In fontawesome.js: name, [width, height, other names, its place in the font, its outline or outlines].
_ICON = re.compile(r'"?([a-z0-9-]+)"?:\[\d+,\d+,(\[[^\]]*\]),"[0-9a-f]+",(?:"[^"]*"|\["[^"]*","[^"]*"\])\],?')
_ICON_RULE = re.compile(r'((?:\.fa-[a-z0-9-]+::?before,?)+)\{content:"[^"]*"\}')
_FACE = re.compile(r"@font-face\{[^}]*webfonts/(fa-[a-z]+-\d+)\.woff2[^}]*\}")
_FONT_SOURCE = re.compile(r"src:url\([^)]*\)[^;}]*")
_CONTENT = re.compile(r'(?:content|--pst-icon-[a-z-]+):"(\\[0-9a-f]{4}|[\ue000-\uf8ff])"')
_SOLID = "fa-solid-900"
_COLOURS = 256


def lighten(site: Path) -> None:
    """Remove from the site in the folder `site`, which jupyter-book has just built, what no page asks for.

    Raises:
        BookError: when the theme no longer holds its icons in the way that is known here.
    """
    for path in site.rglob("*.map"):  # to scripts' sources
        path.unlink()
    _prune_mathjax(site / "_static" / "mathjax")
    pages = list(site.rglob("*.html"))
    names: set[str] = set()
    for path in pages:
        before = path.read_text(encoding="utf-8")
        after = lighter_page(before, searches=path == site / "search.html")
        names.update(_ICON_NAME.findall(after))
        if after != before:
            write_text(path, after)
    theme = site / "_static" / "scripts" / "fontawesome.js"
    style = site / "_static" / "styles" / "pydata-sphinx-theme.css"
    if not theme.is_file() or not style.is_file():
        raise BookError(
            "The built site has no Font Awesome where the theme kept it; see lib/publish/lighter.py."
        )
    for path in site.rglob("*.js"):
        if path != theme:
            names.update(_ICON_NAME.findall(path.read_text(encoding="utf-8")))
    write_text(theme, lighter_icons(theme.read_text(encoding="utf-8"), names))
    write_text(style, _lighter_style(style, names, site / "_static" / "vendor" / "fontawesome" / "webfonts"))


def _prune_mathjax(folder: Path) -> None:
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if not path.relative_to(folder).as_posix().startswith(_MATHJAX_KEPT):
            path.unlink()
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()


def lighter_page(page: str, searches: bool = False) -> str:
    """The HTML of a page without MathJax, if it holds no formula, and without the search's index, unless it
    is the page that searches."""
    output = "output_area" in page or "cell_output" in page
    if not (_FORMULA.search(page) or (output and _DELIMITERS.search(page))):
        page = _MATHJAX.sub("", page)
    return page if searches else _SEARCH.sub("", page)


def lighter_icons(script: str, names: Set[str]) -> str:
    """Font Awesome's script with the icons of these names alone, whether a name is its first or another.

    Raises:
        BookError: when no icon is found in it.
    """
    kept = 0

    def entry(found: re.Match) -> str:
        nonlocal kept
        if not names.isdisjoint([found[1], *map(str, json.loads(found[2]))]):
            kept += 1
            return found[0]
        return ""

    lighter = _ICON.sub(entry, script)
    if not kept:
        raise BookError("The theme's script of icons is not read any more; see lib/publish/lighter.py.")
    return lighter


def _lighter_style(style: Path, names: Set[str], fonts: Path) -> str:
    """The theme's style without the rules of unused icons; the font keeps the signs that the rest uses."""
    text = _ICON_RULE.sub(
        lambda rule: "" if names.isdisjoint(_ICON_NAME.findall(rule[1])) else rule[0],
        style.read_text(encoding="utf-8"),
    )
    others = (path for path in style.parent.parent.rglob("*.css") if path != style)
    every = [text, *(path.read_text(encoding="utf-8") for path in others)]
    signs = {sign for part in every for sign in _CONTENT.findall(part)}
    codes = {int(sign[1:], 16) if len(sign) > 1 else ord(sign) for sign in signs}

    def face(found: re.Match) -> str:
        if found[1] != _SOLID:  # regular outlines and brands: every sign of the theme is solid
            return ""
        _write_font(fonts / f"{_SOLID}.ttf", fonts / f"{_SOLID}.woff", codes)
        return _FONT_SOURCE.sub(
            f'src:url(../vendor/fontawesome/webfonts/{_SOLID}.woff) format("woff")', found[0]
        )

    text = _FACE.sub(face, text)
    for path in [*fonts.glob("*.ttf"), *fonts.glob("*.woff2")]:
        path.unlink()
    return text


def _write_font(source: Path, target: Path, codes: Set[int]) -> None:
    options = subset.Options(
        flavor="woff", layout_features=[], name_IDs=[0, 1, 2, 13, 14]
    )  # with its licence
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    subset.save_font(font, str(target), options)


def lighter_picture(png: bytes) -> bytes:
    """A PNG with a palette of at most 256 colours; as it is where that is no smaller, or where it is clear
    in places, which a palette would not keep.

    The palette is by median cut, so that a colour that covers much of the picture stays what it was.
    """
    try:
        opened = Image.open(io.BytesIO(png))
    except UnidentifiedImageError:
        return png
    with opened as picture:
        if picture.format != "PNG" or picture.mode not in ("RGB", "RGBA"):
            return png
        if picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255):
            return png
        resolution = picture.info.get("dpi")
        plain = picture.convert("RGB").quantize(
            _COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        )
    written = io.BytesIO()
    plain.save(written, "PNG", optimize=True, **({"dpi": resolution} if resolution else {}))
    return min(written.getvalue(), png, key=len)
