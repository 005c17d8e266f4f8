"""The browser and the site. Where one is missing the tests skip with one sentence; with the variable
MOOD_BROWSER=required, as in continuous integration, they fail with it."""

import functools
import os
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from in_browser import HEIGHT, SITE, Visit
from playwright.sync_api import Error, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def missing(sentence):
    if os.environ.get("MOOD_BROWSER") == "required":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def browser():
    """The Chromium of the machine; or playwright's own, if somebody has installed it."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as started:
        try:
            browser = started.chromium.launch(executable_path=found, args=["--no-sandbox", "--mute-audio"])
        except Error as error:
            missing(f"no browser can be started: {error.message.splitlines()[0]}")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site():
    """The folder of the built site."""
    if not (SITE / "index.html").is_file():
        missing(f"there is no site in {SITE}; make test-site builds one")
    return SITE


@pytest.fixture(scope="module")
def contexts(browser):
    """A function that opens a window; all are closed with the module, and none has a network."""
    opened = []

    def context(width=1440, scheme="light", **settings):
        settings = {"offline": True, **settings}
        opened.append(
            browser.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, **settings)
        )
        return opened[-1]

    yield context
    for each in opened:
        each.close()


@pytest.fixture
def visit(contexts, site):
    """A function that opens a page of the site, or any address, in a window that is closed after the test."""
    opened = []

    def open_page(name, width=1440, scheme="light", prepare=None, **settings):
        opened.append(contexts(width, scheme, **settings))
        if prepare:
            opened[-1].add_init_script(prepare)
        return Visit(opened[-1], name if "://" in name else (site / name).as_uri())

    yield open_page
    for each in opened:
        each.close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def served(site):
    """The address of the site on a server of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
