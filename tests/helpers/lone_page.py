"""The page book/compose with another network, built alone: the form, the files beside it, and no theme."""

from pathlib import Path

from lib.composing import Pretrained
from lib.publish.compose_page import page as compose_pages
from lib.publish.compose_page.notes_script import Instrument

_HTML = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Compose</title>'
    '<meta name="viewport" content="width=device-width"><style>* {{ box-sizing: border-box }}</style>'
    "</head><body><main><h1>Compose</h1>{}</main></body></html>"
)


def lone_page(folder: Path, pretrained: Pretrained, monkeypatch) -> str:
    """Write the page into a folder; returns its address. A network of random weights names no instrument."""
    monkeypatch.setattr(compose_pages, "instruments_of", lambda _: [Instrument(0, 80)])
    files = folder / compose_pages.FOLDER
    compose_pages.write_files(pretrained, files)
    text = compose_pages.compose_page(compose_pages.MARK, pretrained, [], files)
    page = folder / "compose.html"
    page.write_text(_HTML.format(text), encoding="utf-8")
    return page.as_uri()
