"""What a built site says about itself, in a file that the publishing workflow reads before it lets it out."""

import json
from pathlib import Path

from lib.basics.errors import BookError
from lib.basics.files import write_json
from lib.basics.places import build_folder, shown

RECORD_FILE = "site.json"


def write_record(site: Path, profile: str, trial: bool) -> None:
    """Note in the folder `site` which profile its chapters were executed with, and whether it is a trial."""
    write_json(site / RECORD_FILE, {"profile": profile, "trial": trial})


def refuse_trial(site: Path | None = None) -> str:
    """Let only a site pass whose numbers are meant to be read.

    Args:
        site: the folder of the pages; by default the one that `python -m lib build` made.

    Returns:
        The name of the profile that the site was made with.

    Raises:
        BookError: when there is no site, when it does not say what it was made with, or when it is a trial.
    """
    site = site or build_folder() / "html"
    path = site / RECORD_FILE
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        profile, trial = str(record["profile"]), record["trial"]
    except (OSError, ValueError, KeyError, TypeError):
        raise BookError(
            f"There is no {shown(path)} that tells which profile the site was made with, so it "
            "must not be published; build the site with: python -m lib build"
        ) from None
    if trial is not False:
        raise BookError(
            f"The site in {shown(site)} is a trial (profile '{profile}') and must not be "
            "published; make the book with: make book PROFILE=laptop"
        )
    return profile
