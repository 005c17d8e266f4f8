import shutil

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from lib.basics.errors import BookError
from lib.basics.places import PROJECT, build_folder
from lib.publish.site import TRIAL_BANNER, build_pages, published, refuse, stage_book

TOC = "format: jb-book\nroot: book/index\nchapters:\n- file: notebooks/01_first\n- file: book/status\n"


@pytest.fixture
def book(tiny_book):
    """One page, one executed notebook, the real configuration, and an earlier site."""
    shutil.copy(PROJECT / "_config.yml", tiny_book.folder)
    shutil.copytree(PROJECT / "book" / "_static", tiny_book.folder / "book" / "_static")
    (tiny_book.folder / "_toc.yml").write_text(TOC)
    (tiny_book.folder / "book" / "index.md").write_text("# The book\n\nA page.\n")
    (tiny_book.folder / "book" / "references.bib").write_text("")
    earlier = build_folder() / "html"
    earlier.mkdir(parents=True)
    (earlier / "index.html").write_text("the earlier site")
    return tiny_book


def with_injected_cell(copy, source):
    copy.notebook.cells.insert(2, new_code_cell(source, metadata={"tags": ["injected-parameters"]}))
    return copy


def test_a_warning_of_the_build_is_refused_and_the_earlier_site_stays(book):
    (book.folder / "book" / "index.md").write_text("# The book\n\nSee {numref}`fig-that-is-nowhere`.\n")
    copies = [book.copy(book.notebook("01_first", "1 + 1"))]
    with pytest.raises(BookError, match=r"book/index.md:3: WARNING: .*fig-that-is-nowhere.*was not replaced"):
        build_pages(copies, "smoke", book.folder)
    assert (build_folder() / "html" / "index.html").read_text() == "the earlier site"


def test_a_refused_copy_stops_the_build_before_it_begins(book):
    copy = book.copy(book.notebook("01_first", "1 + 1"))
    copy.notebook.metadata.papermill.exception = True
    with pytest.raises(BookError, match=r"01_first failed .*; the site was not built\."):
        build_pages([copy], "smoke", book.folder)
    assert not (build_folder() / "stage").exists()


def test_the_stage_holds_executed_copies_media_banner_and_status(book):
    copy = book.copy(book.notebook("01_first", "1 + 1"))
    copy.media.mkdir()
    for name in ("tune.mid", "not linked.mid"):
        (copy.media / name).write_bytes(b"notes")
    link = {"text/html": '<a href="media/tune.mid">MIDI</a>'}
    copy.notebook.cells[-1].outputs = [new_output("display_data", link)]
    stage = stage_book([copy], "smoke", book.folder)
    staged = nbformat.read(stage / "notebooks" / "01_first.ipynb", as_version=4)
    assert staged.cells[-1].outputs == copy.notebook.cells[-1].outputs
    assert [path.name for path in (stage / "extra" / "notebooks" / "media").iterdir()] == ["tune.mid"]
    configuration = yaml.safe_load((stage / "_config.yml").read_text())
    assert configuration["html"]["announcement"] == TRIAL_BANNER
    assert configuration["sphinx"]["config"]["html_extra_path"] == ["extra"]
    status = (stage / "book" / "status.md").read_text()
    assert '<th scope="row"><a href="../notebooks/01_first.html">01_first</a></th>' in status
    assert "a device, 1 threads" in status


def test_only_a_trial_has_a_banner(book):
    stage = stage_book([book.copy(book.notebook("01_first"))], "laptop", book.folder)
    assert "announcement" not in yaml.safe_load((stage / "_config.yml").read_text())["html"]


def test_parameters_are_shown_where_they_differ_from_the_defaults(tiny_book):
    copy = with_injected_cell(tiny_book.copy(tiny_book.notebook("01_first")), 'profile = "smoke"\ndata = ""')
    assert published(copy).cells[2].source == 'profile = "smoke"\ndata = ""'
    copy = tiny_book.copy(tiny_book.notebook("01_first"), profile="laptop")
    copy = with_injected_cell(copy, "the defaults")
    assert "the defaults" not in [cell.source for cell in published(copy).cells]


def test_the_folder_of_the_data_is_not_published(tiny_book):
    copy = tiny_book.copy(tiny_book.notebook("01_first"), data="/home/somebody/XMIDI")
    shown = published(with_injected_cell(copy, 'data = "/home/somebody/XMIDI"'))
    assert "somebody" not in nbformat.writes(shown)
    assert shown.cells[2].source == 'data = "XMIDI"'
    assert "somebody" in nbformat.writes(copy.notebook), "the executed copy itself keeps it"


def test_a_word_that_stands_for_a_number_needs_no_format(tiny_book):
    copy = tiny_book.copy(tiny_book.notebook("01_first", "1 + 1"))
    copy.notebook.cells[-1].outputs = [
        new_output(
            "display_data",
            {"application/papermill.record/text/plain": text},
            metadata={"scrapbook": {"name": name, "mime_prefix": "application/papermill.record/"}},
        )
        for name, text in (("first-loss", "'(not measured)'"), ("first-gain", "0.25"))
    ]
    copy.notebook.cells.append(new_markdown_cell("{glue:text}`first-loss:.3f`, {glue:text}`first-gain:.0%`"))
    assert published(copy).cells[-1].source == "{glue:text}`first-loss`, {glue:text}`first-gain:.0%`"


def test_refusals_are_one_sentence_and_say_how_many_there_are(capsys):
    refuse([], "nothing happened")
    with pytest.raises(BookError, match=r"^One\. is wrong; the site stays\.$"):
        refuse(["One. is wrong."], "the site stays")
    assert capsys.readouterr().err == ""
    with pytest.raises(BookError, match=r"^One \(1 more above\); the site stays\.$"):
        refuse(["One.", "Two."], "the site stays")
    assert capsys.readouterr().err == "- One.\n- Two.\n"
