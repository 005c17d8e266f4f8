"""Whether the addresses on other hosts that the book names still answer; a weekly workflow asks."""

import json
import shutil
from pathlib import Path

from lib.publish.site import read_copies, refuse, run_jupyter_book, stage_book

_BAD = ("broken", "timeout")


def check_links(profile_name: str = "laptop", data: str | Path = "") -> int:
    """Follow every address of the book; needs the network.

    Args:
        profile_name, data: as they were given to :func:`lib.publish.execute.execute_book`.

    Returns:
        How many addresses answered.

    Raises:
        BookError: when a notebook has not been executed, or with the addresses that do not answer.
    """
    copies = read_copies(profile_name, data)
    return check_staged_links(stage_book(copies, copies[0].profile))


def check_staged_links(stage: Path) -> int:
    """The same for a book that has been staged; the staging folder is removed in the end.

    Sphinx asks, as the settings `linkcheck_*` in `_config.yml` say.
    """
    try:
        built, problems = run_jupyter_book(stage, "linkcheck")
        answers = built / "output.json"
        if not answers.is_file():
            refuse(problems, "no address was asked")
        lines = [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]
    finally:
        shutil.rmtree(stage)
    refuse(
        [
            f"{line['filename']}:{line['lineno']}: {line['uri']} does not answer: {line['info']}"
            for line in lines
            if line["status"] in _BAD
        ],
        "mend the address or take it out",
    )
    return sum(line["status"] in ("working", "redirected") for line in lines)
