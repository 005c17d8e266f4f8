"""Results of long runs, kept in the repository: a CSV with its provenance beside it, under book/evidence/.

A chapter shows such a result with its date beside what it computes afresh, never instead of it.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from lib.basics.errors import BookError
from lib.basics.files import atomic_path, hash_of_bytes, read_json, write_json
from lib.basics.machine import core_count, git_commit, package_versions, processor_name
from lib.basics.places import BOOK
from lib.data.labelling.label_schemes import UNNAMED_LABELS
from lib.data.store import TokenStore
from lib.profiles import Profile
from lib.profiles.profile import LABELS_IN_NAME

GIVEN_LABELS = "given"
"""Of data whose labels are the folder's own, and no rule's."""

PACKAGES = ("torch", "lightning-fabric", "numpy", "miditok", "symusic")


@dataclass(frozen=True)
class Evidence:
    """A kept result.

    Attributes:
        name: of the experiment's file.
        table: the CSV.
        decides: whether it was made with the very data that a chapter has now. Evidence of other data is
            shown with its date, and decides nothing.
        same_tokens: whether its nats a token can be held against those of a chapter's own token set.
        about: when, where and from what: date, machine, cores, commit, versions, profile, seeds, threads,
            precision, dataset, store, labels (a label scheme, or 'given'), sha256 (of the CSV), and what
            the experiment adds.
    """

    name: str
    table: pd.DataFrame
    about: dict[str, Any]
    decides: bool = False
    same_tokens: bool = True

    @property
    def origin(self) -> str:
        """For a caption: which experiment, when, on what, with which settings, code and data; and the tokens
        and the emotion labels that its networks learned."""
        about = self.about
        labels = about.get("labels", UNNAMED_LABELS)
        rule = "given" if labels == GIVEN_LABELS else f"by the scheme '{labels}'"
        where = f"{about['machine']}, {about['cores']} cores, in {about['precision']}"
        code, data = str(about["commit"])[:10], about["store"][:12]
        return (
            f"{self.name}.csv, run on {about['date']} on {where}, profile {about['profile']}, commit "
            f"{code}, data {data}. Its networks read the token set '{_token_set(about['dataset'])}', "
            f"with emotion labels {rule}."
        )


def evidence_path(name: str) -> Path:
    """Where the CSV of a result is kept."""
    return BOOK / "evidence" / f"{name}.csv"


def committed_code() -> str | None:
    """The commit that evidence made now rests on; None outside a git checkout.

    Raises:
        BookError: when files of `lib` differ from it, for then nobody could find that code again.
    """
    commit = git_commit("lib")
    if commit and commit.endswith("+changes"):
        raise BookError(
            "The folder lib/ has changes that are not committed, and evidence must name the code "
            "that made it: commit them, then run the command again."
        )
    return commit


def keep_evidence(
    name: str, table: pd.DataFrame, profile: Profile, store: TokenStore, **about: object
) -> Path:
    """Write a result and its provenance.

    Args:
        name: of the file, without suffix.
        table: written without its index, numbers to six digits.
        profile, store: what it was made with.
        about: further facts, as plain data.

    Raises:
        BookError: when it cannot be written, or when `lib` has changes that no commit holds.
    """
    return write_evidence(
        name,
        table,
        profile=profile.name,
        seeds=list(profile.seeds),
        threads=profile.threads,
        precision=profile.precision,
        dataset=store.folder.name,
        store=store.hash,
        labels=GIVEN_LABELS if profile.data.folder else profile.data.labels,
        **about,
    )


def _whole_numbers_kept(table: pd.DataFrame) -> pd.DataFrame:
    """The table with large whole numbers as integers, where pandas made them floats for want of some: six
    digits are too few for a seed."""
    whole = [
        name
        for name, column in table.select_dtypes("float").items()
        if column.notna().any() and (column.dropna() % 1 == 0).all() and (column.abs().max() >= 1e6)
    ]
    return table.astype(dict.fromkeys(whole, "Int64"))


def write_evidence(name: str, table: pd.DataFrame, **about: object) -> Path:
    """Write a result that rests on no store of tokens, and its provenance; see :func:`keep_evidence`.

    Raises:
        BookError: when it cannot be written, or when `lib` has changes that no commit holds.
    """
    commit = committed_code()
    path = evidence_path(name)
    written = _whole_numbers_kept(table).to_csv(index=False, float_format="%.6g", lineterminator="\n")
    content = written.encode("utf-8")
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
    write_json(
        path.with_suffix(".json"),
        {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": processor_name(),
            "cores": core_count(),
            "commit": commit,
            "versions": package_versions(PACKAGES),
            **about,
            "sha256": hash_of_bytes(content),
        },
    )
    return path


def read_evidence(name: str) -> Evidence:
    """A kept result.

    Raises:
        BookError: when it is missing, or does not belong to its provenance.
    """
    path = evidence_path(name)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BookError(
            f"The evidence {path.name} is missing under book/evidence/ ({error.strerror}): "
            "restore it from the repository."
        ) from error
    about = read_json(path.with_suffix(".json"))
    if not isinstance(about, dict) or about.get("sha256") != hash_of_bytes(content):
        raise BookError(
            f"The evidence {path.name} is not the one that {path.stem}.json describes: restore "
            "both from the repository, or run the experiment again."
        )
    return Evidence(name, pd.read_csv(path), about)


def find_evidence(name: str, store: TokenStore) -> Evidence | None:
    """A kept result on the same music; None where there is none.

    It decides only where the store is the very one: another split, other labels, or other tokens of the same
    music are other data.

    Raises:
        BookError: when the file does not belong to its provenance.
    """
    if not evidence_path(name).is_file():
        return None
    found = read_evidence(name)
    kept, own = found.about["dataset"], store.folder.name
    if _music(kept) != _music(own):
        return None
    return replace(
        found, decides=found.about["store"] == store.hash, same_tokens=_token_set(kept) == _token_set(own)
    )


def _music(store_name: str) -> str:
    """The data set in the name of a store, whatever its tokens and labels."""
    return store_name.rsplit("-", 2)[0].partition(LABELS_IN_NAME)[0]


def _token_set(store_name: str) -> str:
    return store_name.rsplit("-", 2)[-2]


def what_decides(kept: Evidence | None) -> str:
    """One sentence that says whether kept evidence or today's runs decide, and where the evidence is from."""
    if kept is None:
        return "No kept evidence fits this data set; today's runs decide."
    if kept.decides:
        return f"Kept evidence decides: {kept.origin}"
    apart = "" if kept.same_tokens else " Nats a token of two token sets compare in sign, not in size."
    return (
        "Kept evidence is of other data, is shown as dated and decides nothing; today's runs do. "
        f"{kept.origin}{apart}"
    )
