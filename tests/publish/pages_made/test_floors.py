"""The drawing of the floors: every room is in it, every arc leads down, and it is one well-formed picture."""

from xml.etree import ElementTree

from lib.basics.places import LIB, PROJECT
from lib.publish.pages_made.floors import FLOORS, built_page, count_imports, read_floors


def test_every_room_stands_on_a_floor_and_imports_lead_down():
    floors = read_floors()
    rooms = {room for rooms in floors for room in rooms}
    assert rooms == {path.parent.name for path in LIB.glob("*/__init__.py")} - {"pretrained"} | {"cli"}
    imports = count_imports(floors)
    assert all(above < below for above, below in imports)
    basics, chapters = len(floors) - 1, floors.index(("chapters",))
    assert {above for above, below in imports if below == basics} == set(range(basics))
    assert imports[chapters, floors.index(("measures",))] > 10


def test_the_page_shows_one_picture_with_every_chapter():
    text = (PROJECT / "book" / "built.md").read_text(encoding="utf-8")
    assert text.count(FLOORS) == 1
    page = built_page(text)
    figure = next(line for line in page.splitlines() if line.startswith("<figure"))
    drawing = ElementTree.fromstring(figure)[0]
    assert "the roof down: cli, then publish and long_runs" in drawing.get("aria-label")
    words = " ".join(text.text for text in drawing.iter("text"))
    for folder in (LIB / "chapters").glob("*/__init__.py"):
        assert folder.parent.name in words
