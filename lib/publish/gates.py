"""What an executed notebook must pass before the site shows it; each gate is one function and one sentence.

A crashed notebook publishes cleanly if nobody looks: papermill ends with an error but leaves its output, and
the book builds from it without a warning, traceback on the page.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import nbformat

from lib.basics.errors import BookError
from lib.publish.chapters import Chapter, parameters_of, read_notebook
from lib.publish.fingerprint import KEY, PARTS
from lib.show.media import LISTENING

_WARNING = re.compile(r"[^\n]*(?:warning|traceback)[^\n]*", re.IGNORECASE)
_MEDIA_LINK = re.compile(r"""(?:src|href)=["'](media/[^"'#?]+)""")
_PICTURES = ("image/png", "image/jpeg", "image/svg+xml")


@dataclass(frozen=True)
class ExecutedCopy:
    """An executed notebook beside what it has to match.

    Attributes:
        chapter: the notebook of the table of contents.
        notebook: the executed copy's content.
        profile: the name of the profile asked for.
        expected: the hashes it must carry, see :func:`lib.publish.fingerprint.fingerprint`.
        media: the folder of the audio and MIDI files that its outputs link.
    """

    chapter: Chapter
    notebook: nbformat.NotebookNode
    profile: str
    expected: Mapping[str, str]
    media: Path

    @property
    def record(self) -> dict:
        """What `lib.publish.execute` noted in the copy; empty if something else made it."""
        return self.notebook.metadata.get(KEY, {})

    def outputs(self) -> Iterator[tuple[nbformat.NotebookNode, nbformat.NotebookNode]]:
        """Every output, with its cell."""
        for cell in self.notebook.cells:
            for output in cell.get("outputs", []):
                yield cell, output


def read_copy(path: Path, chapter: Chapter, profile: str, expected: Mapping[str, str]) -> ExecutedCopy:
    """Read the executed copy at `path`; its media lie in the folder beside it.

    Raises:
        BookError: when it is missing or no notebook.
    """
    if not path.is_file():
        raise BookError(
            f"The notebook {chapter.name} has not been executed for the profile '{profile}'; "
            f"run: python -m lib execute --profile {profile}"
        )
    return ExecutedCopy(chapter, read_notebook(path), profile, expected, path.parent / "media")


def whole(copy: ExecutedCopy) -> Iterator[str]:
    """Every cell ran to its end and none raised an error."""
    name, run = copy.chapter.name, copy.notebook.metadata.get("papermill", {})
    for cell, output in copy.outputs():
        if output.output_type == "error":
            yield (
                f"The notebook {name} failed in cell [{cell.execution_count}] with {output.ename}: "
                f"{_first_line(output.evalue)}; mend it and execute it again."
            )
            return
    if run.get("exception"):
        yield f"The notebook {name} failed when it was executed; mend it and execute it again."
    elif not run.get("end_time"):
        yield f"The executed copy of {name} is not finished; execute it again."


def right_profile(copy: ExecutedCopy) -> Iterator[str]:
    """The copy was executed with the profile asked for."""
    found = copy.notebook.metadata.get("papermill", {}).get("parameters", {}).get("profile")
    if found != copy.profile:
        yield (
            f"The executed copy of {copy.chapter.name} was made with the profile '{found}', not "
            f"'{copy.profile}'; execute it again."
        )


def known_parameters(copy: ExecutedCopy) -> Iterator[str]:
    """Every parameter given is one of the notebook's own."""
    given = copy.notebook.metadata.get("papermill", {}).get("parameters", {})
    known = parameters_of(copy.chapter.read(), copy.chapter.name)
    for name in given:
        if name not in known:
            yield (
                f"The notebook {copy.chapter.name} was executed with a parameter '{name}' that it does "
                f"not have; its parameters are: {', '.join(known)}."
            )


def current(copy: ExecutedCopy) -> Iterator[str]:
    """The copy was made from today's notebook, code, parameters and data, by their hashes."""
    found = copy.record.get("fingerprint", {})
    changed = [meaning for part, meaning in PARTS.items() if found.get(part) != copy.expected[part]]
    if not found:
        yield (
            f"The executed copy of {copy.chapter.name} does not say what it was made from; "
            "execute it with: python -m lib execute"
        )
    elif changed:
        yield (
            f"The executed copy of {copy.chapter.name} is stale, since it was made from another state of "
            f"{' and of '.join(changed)}; execute it again."
        )


def no_warnings(copy: ExecutedCopy) -> Iterator[str]:
    """No cell wrote a warning or a traceback; the site leaves standard error out, so it must not hide one."""
    for cell, output in copy.outputs():
        is_stderr = output.output_type == "stream" and output.name == "stderr"
        if is_stderr and (found := _WARNING.search(output.text)):
            yield (
                f"The notebook {copy.chapter.name} printed a warning in cell [{cell.execution_count}]: "
                f"{found.group().strip()[:200]}"
            )


def described_pictures(copy: ExecutedCopy) -> Iterator[str]:
    """Every picture has a caption and an alternative text, in its cell's metadata."""
    for cell, output in copy.outputs():
        shown = not {"remove-cell", "remove-output"} & set(cell.metadata.get("tags", []))
        if shown and any(kind in output.get("data", {}) for kind in _PICTURES):
            described = cell.metadata.get("mystnb", {})
            missing = [
                what
                for what, text in (
                    ("alternative text", described.get("image", {}).get("alt")),
                    ("caption", described.get("figure", {}).get("caption")),
                )
                if not (text or "").strip()
            ]
            if missing:
                yield (
                    f"The picture of cell [{cell.execution_count}] in {copy.chapter.name} has no "
                    f"{' and no '.join(missing)}; give the cell's metadata "
                    'mystnb: {"figure": {"caption", "name"}, "image": {"alt"}}.'
                )


def media_exist(copy: ExecutedCopy) -> Iterator[str]:
    """Every audio or MIDI file that an output links is there."""
    for name in sorted(linked_media(copy.notebook)):
        if Path(name).name != name or not (copy.media / name).is_file():
            yield (
                f"The notebook {copy.chapter.name} links media/{name}, which does not exist; "
                "execute it again."
            )


def linked_media(notebook: nbformat.NotebookNode) -> set[str]:
    """Names of the files under `media/` that the HTML outputs of `notebook` link, or a record names."""
    found = set()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            found.update(output.get("data", {}).get(LISTENING, {}).get("media", []))
            for link in _MEDIA_LINK.findall(output.get("data", {}).get("text/html", "")):
                found.add(unquote(html.unescape(link)).removeprefix("media/"))
    return found


#: Without these a copy is executed again.
EXECUTION_GATES = (whole, right_profile, known_parameters, current, media_exist)
#: All of them stand between a copy and the site.
GATES = (*EXECUTION_GATES, no_warnings, described_pictures)


def problems(copies: Iterable[ExecutedCopy]) -> list[str]:
    """One sentence for everything that keeps one of `copies` from the site."""
    return [problem for copy in copies for gate in GATES for problem in gate(copy)]


def is_fresh(copy: ExecutedCopy) -> bool:
    """Whether executing the notebook again would only give the same copy once more."""
    return not any(True for gate in EXECUTION_GATES for _ in gate(copy))


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:300] if text.strip() else ""
