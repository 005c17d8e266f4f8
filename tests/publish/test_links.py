import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lib.basics.errors import BookError
from lib.basics.places import PROJECT
from lib.publish.links import check_staged_links
from lib.publish.site import stage_book


class Answers(BaseHTTPRequestHandler):
    """A host that has one page, /there."""

    def do_HEAD(self):
        self.send_response(200 if self.path == "/there" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD  # noqa: N815 - the class looks for this name

    def log_message(self, *_):
        pass


@pytest.fixture
def host():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def staged(tiny_book):
    """A function from the text of the only page to its staging folder."""

    def stage(text):
        shutil.copy(PROJECT / "_config.yml", tiny_book.folder)
        shutil.copytree(PROJECT / "book" / "_static", tiny_book.folder / "book" / "_static")
        (tiny_book.folder / "_toc.yml").write_text("format: jb-book\nroot: book/index\n")
        (tiny_book.folder / "book" / "index.md").write_text(text)
        (tiny_book.folder / "book" / "references.bib").write_text("")
        return stage_book([tiny_book.copy(tiny_book.notebook("01_first"))], "smoke", tiny_book.folder)

    return stage


def test_addresses_that_answer_are_counted(staged, host):
    stage = staged(f"# The book\n\nSee [there]({host}/there) and [a paper](https://doi.org/10.1000/xyz).\n")
    assert check_staged_links(stage) == 1, "the other is left out, since publishers refuse robots"
    assert not stage.exists()


def test_one_that_does_not_is_told_with_its_line(staged, host):
    stage = staged(f"# The book\n\nSee [there]({host}/there).\n\nOr [gone]({host}/gone).\n")
    told = rf"^book/index.md:5: {host}/gone does not answer: 404 .*mend the address"
    with pytest.raises(BookError, match=told):
        check_staged_links(stage)
    assert not stage.exists()
