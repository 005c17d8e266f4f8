"""Build the site: pages and executed notebooks are laid side by side in a staging folder, jupyter-book makes
pages of them, and these are checked.

The build is always a clean one, since an incremental one hides the warnings of pages that it does not read
again. The site that stood before is replaced only by one that has passed everything.
"""

import re
import shutil
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
import yaml

from lib.basics.errors import BookError
from lib.basics.files import explain_write_errors, make_folder, write_text
from lib.basics.places import PROJECT, build_folder, shown
from lib.data import open_store
from lib.ledger.claims import RECORD
from lib.profiles import load_profile
from lib.publish.chapters import chapters, glued, parameters_of, tagged
from lib.publish.compose_page.page import stage_compose_page
from lib.publish.execute import executed_path, parameters_for
from lib.publish.extension.chapter_pages import CLEAN
from lib.publish.fingerprint import fingerprint
from lib.publish.finish import finish_pages
from lib.publish.gates import ExecutedCopy, linked_media, problems, read_copy
from lib.publish.lighter import lighten, lighter_picture
from lib.publish.numbers.minutes import with_minutes
from lib.publish.pages import check_site
from lib.publish.pages_made.answer import answer_page, with_answer
from lib.publish.pages_made.claims_page import claims_page
from lib.publish.pages_made.floors import built_page
from lib.publish.pages_made.instructors import instructors_page
from lib.publish.pages_made.ledger import ledger_problems
from lib.publish.pages_made.listening_page import listening_page, with_three_pieces
from lib.publish.pages_made.review import with_verdicts
from lib.publish.pages_made.status import status_page
from lib.publish.record import write_record
from lib.show.media import LISTENING
from lib.show.words import NOT_MEASURED

#: Shown on top of every page of a site whose numbers are not meant to be believed.
TRIAL_BANNER = (
    "This is a trial build: tiny models, trained for seconds on a part of the music. Its figures "
    "show that everything runs, and nothing else."
)

_FORMATTED = re.compile(r"{glue:text}`([^`:]+):[^`:]+`")  # a name and a format, of this page
_EXTRA = "extra"  # what sphinx copies to the site as it is, by html_extra_path


def build_site(
    profile_name: str = "laptop", data: str | Path = "", parameters: Mapping[str, object] | None = None
) -> Path:
    """Check the executed notebooks, build the site from them and check that too.

    Args:
        profile_name, data, parameters: as they were given to :func:`lib.publish.execute.execute_book`.

    Returns:
        The site's first page, `_build/html/index.html`.

    Raises:
        BookError: when a notebook has not been executed, failed or is stale, when the build gives a warning,
            or when the pages show an error, lead nowhere or ask another host. The earlier site stays then.
    """
    copies = read_copies(profile_name, data, parameters)
    return build_pages(copies, load_profile(profile_name, data).name)


def read_copies(
    profile_name: str = "laptop", data: str | Path = "", parameters: Mapping[str, object] | None = None
) -> list[ExecutedCopy]:
    """The executed copies of all chapters, with the hashes that they must carry.

    Args:
        profile_name, data, parameters: as they were given to :func:`lib.publish.execute.execute_book`.

    Raises:
        BookError: when a notebook has not been executed.
    """
    profile = load_profile(profile_name, data)
    found = chapters()
    paths = [executed_path(profile.name, chapter) for chapter in found]
    for chapter, path in zip(found, paths, strict=True):
        read_copy(path, chapter, profile.name, {})  # a missing copy is told before the data are looked at
    data_hash = open_store(profile).hash
    copies = []
    for chapter, path in zip(found, paths, strict=True):
        given = parameters_for(chapter, profile, parameters, found)
        expected = fingerprint(chapter, profile, given, data_hash)
        copies.append(read_copy(path, chapter, profile.name, expected))
    return copies


def build_pages(copies: Sequence[ExecutedCopy], profile: str, project: Path = PROJECT) -> Path:
    """Build the site of `project` from executed copies; see :func:`build_site`."""
    refuse([*problems(copies), *ledger_problems(copies)], "the site was not built")
    stage = stage_book(copies, profile, project)
    built, warnings = run_jupyter_book(stage)
    refuse(warnings, f"the site was not replaced; see {shown(build_folder() / 'build.log')}")
    lighten(built)
    finish_pages(built)
    write_record(built, profile, trial=load_profile(profile).trial)
    refuse(check_site(built), "the site was not replaced")
    site = build_folder() / "html"
    with explain_write_errors(site):
        _swap(built, site)
        shutil.rmtree(stage)
    return site / "index.html"


def refuse(found: Sequence[str], consequence: str) -> None:
    """Stop when something was found.

    Raises:
        BookError: with the first finding; all of them are printed before, if there are several.
    """
    if not found:
        return
    if len(found) > 1:
        print("\n".join(f"- {sentence}" for sentence in found), file=sys.stderr)
    more = f" ({len(found) - 1} more above)" if len(found) > 1 else ""
    raise BookError(f"{found[0].rstrip('.')}{more}; {consequence}.")


def stage_book(copies: Sequence[ExecutedCopy], profile: str, project: Path = PROJECT) -> Path:
    """Lay out everything that jupyter-book reads in `_build/stage`, afresh.

    Returns:
        The staging folder: pages, executed notebooks under their sources' names, configuration, media.
    """
    stage = build_folder() / "stage"
    with explain_write_errors(stage):
        shutil.rmtree(stage, ignore_errors=True)
        make_folder(stage)
        shutil.copytree(project / "book", stage / "book", ignore=shutil.ignore_patterns(".*"))
        shutil.copy(project / "_toc.yml", stage)
        media = make_folder(stage / _EXTRA / "notebooks" / "media")
        clean = make_folder(stage / _EXTRA / "notebooks" / CLEAN)
        for copy in copies:
            path = stage / f"{copy.chapter.document}.ipynb"
            write_text(path, nbformat.writes(published(copy)))
            for name in linked_media(copy.notebook):
                shutil.copy(copy.media / name, media)
            shutil.copy(copy.chapter.source, clean)
    write_text(stage / "_config.yml", _staged_configuration(project / "_config.yml", profile))
    write_text(stage / "book" / "status.md", status_page(copies, profile))
    write_text(stage / "book" / "claims.md", claims_page(copies, profile))
    write_text(stage / "book" / "listen.md", listening_page(copies))
    write_text(stage / "book" / "answer.md", answer_page(copies))
    index = stage / "book" / "index.md"
    review = stage / "book" / "reproducibility.md"
    if review.is_file():
        write_text(review, with_verdicts(review.read_text(encoding="utf-8"), copies))
    write_text(index, with_answer(with_three_pieces(index.read_text(encoding="utf-8"), copies)))
    stage_compose_page(stage / "book" / "compose.md", stage / _EXTRA / "book", copies)
    instructors, built = (stage / "book" / f"{name}.md" for name in ("instructors", "built"))
    reproduce = stage / "book" / "reproduce.md"
    if reproduce.is_file():
        write_text(reproduce, with_minutes(reproduce.read_text(encoding="utf-8")))
    if instructors.is_file():
        write_text(instructors, instructors_page(instructors.read_text(encoding="utf-8"), copies))
    if built.is_file():
        write_text(built, built_page(built.read_text(encoding="utf-8")))
    return stage


def published(copy: ExecutedCopy) -> nbformat.NotebookNode:
    """The notebook as the site shows it: without folders of this machine, without its records
    (what they show stays), with lighter pictures, and without papermill's cell of parameters where it only
    repeats the defaults.
    """
    notebook = nbformat.from_dict(copy.notebook)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for record in (RECORD, LISTENING):  # sphinx would warn of a type it cannot show
                output.get("data", {}).pop(record, None)
            if png := output.get("data", {}).get("image/png"):
                output["data"]["image/png"] = b64encode(lighter_picture(b64decode(png))).decode("ascii")
    given = notebook.metadata.papermill.parameters
    folder = given.get("data", "")
    injected = tagged(notebook, "injected-parameters")
    if folder:
        given["data"] = Path(folder).name
        for cell in injected:
            cell.source = cell.source.replace(folder, Path(folder).name)
    _unformat_words(notebook)
    defaults = parameters_of(copy.chapter.read(), copy.chapter.name)
    if all(defaults[name] == value for name, value in given.items()):
        notebook.cells = [cell for cell in notebook.cells if cell not in injected]
    return notebook


def _unformat_words(notebook: nbformat.NotebookNode) -> None:
    """Take the number's format from sentences in which a word stands for a number that was not measured."""
    kept = (glued(output) for cell in notebook.cells for output in cell.get("outputs", []))
    words = {name for name, text in kept if text == NOT_MEASURED}
    for cell in notebook.cells:
        if words and cell.cell_type == "markdown":
            cell.source = _FORMATTED.sub(
                lambda found: f"{{glue:text}}`{found[1]}`" if found[1] in words else found[0], cell.source
            )


def _staged_configuration(path: Path, profile: str) -> str:
    configuration = yaml.safe_load(path.read_text(encoding="utf-8"))
    configuration["sphinx"]["config"]["html_extra_path"] = [_EXTRA]
    if load_profile(profile).trial:
        configuration["html"]["announcement"] = TRIAL_BANNER
    return yaml.safe_dump(configuration, sort_keys=False, allow_unicode=True)


def run_jupyter_book(stage: Path, builder: str = "html") -> tuple[Path, list[str]]:
    """Run a clean build in which every warning is an error; its log is kept beside the staging folder.

    Args:
        stage: the folder made by :func:`stage_book`.
        builder: html, or linkcheck.

    Returns:
        The folder that was built, and what was wrong.
    """
    program = Path(sys.executable).with_name("jupyter-book")
    command = [program, "build", "-W", "-n", "--keep-going", "--all", "--builder", builder, stage]
    log = build_folder() / "build.log"
    print(f"building the pages (log: {shown(log)})", file=sys.stderr, flush=True)
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    output = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)  # without colours
    output = output.replace(f"{stage}/", "").replace(f"{PROJECT}/", "")
    write_text(log, output)
    found = []
    if done.returncode:
        found = [
            line for line in output.splitlines() if re.search(r"\b(?:WARNING|ERROR|CRITICAL|SEVERE)\b", line)
        ]
        found = found or [f"jupyter-book ended with status {done.returncode}"]
    return stage / "_build" / "html", found


def _swap(built: Path, site: Path) -> None:
    """Put `built` in the place of `site`; the old one is moved aside first, so that neither is ever mixed."""
    before = site.with_name(site.name + ".before")
    shutil.rmtree(before, ignore_errors=True)
    if site.exists():
        site.rename(before)
    built.rename(site)
    shutil.rmtree(before, ignore_errors=True)
