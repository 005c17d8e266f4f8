"""The tables as they are kept in the repository, written and compared; the chapter's choice between both."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from lib.basics.files import write_json
from lib.chapters.rated_emotions.data_sets.ratings import RatedSet
from lib.chapters.rated_emotions.data_sets.vgmidi import read_vgmidi
from lib.chapters.rated_emotions.results import Results, compute
from lib.data.labelling.rated_judge import COEFFICIENTS
from lib.ledger.evidence import read_evidence, write_evidence

TABLES = (
    "rated_counts",
    "rated_agreement",
    "rated_proxy",
    "rated_against_one_rater",
    "rated_ingredients",
    "rated_hearing",
    "rated_calibration",
    "rated_rules",
    "rated_curves",
    "rated_judges",
)
TOLERANCE = 1e-3
"""Largest difference that another machine's arithmetic is allowed."""


def keep(rated: RatedSet, results: Results) -> list[Path]:
    """Write every table with its provenance under book/evidence/.

    Raises:
        BookError: when something cannot be written.
    """
    about = {"data_set": rated.name, **rated.about}
    return [write_evidence(name, results.tables[name], **about) for name in TABLES]


def keep_judges(rated: RatedSet, results: Results) -> Path:
    """Write the judges' coefficients, on which the label scheme `rated` rests.

    Raises:
        BookError: when they cannot be written.
    """
    about = {"data_set": rated.name, **rated.about}
    counts = {"pieces": len(rated.pieces), "series": len(set(rated.series)), "ratings": rated.ratings}
    write_json(COEFFICIENTS, {"taught_on": {**about, **counts}, "judges": results.judges})
    return COEFFICIENTS


def compare(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Fresh tables against the kept ones: table, rows, largest_difference, verdict."""
    lines = []
    for name in TABLES:
        kept, fresh = read_evidence(name).table, tables[name]
        if kept.shape != fresh.shape or list(kept) != list(fresh):
            lines.append(
                {
                    "table": name,
                    "rows": len(fresh),
                    "largest_difference": np.nan,
                    "verdict": "differs in its rows or columns",
                }
            )
            continue
        numbers = list(fresh.select_dtypes("number"))
        texts = [column for column in fresh if column not in numbers]
        gap = float(
            np.nanmax(np.abs(kept[numbers].to_numpy(float) - fresh[numbers].to_numpy(float)), initial=0)
        )
        same = all((kept[column].astype(str) == fresh[column].astype(str)).all() for column in texts)
        lines.append(
            {
                "table": name,
                "rows": len(fresh),
                "largest_difference": gap,
                "verdict": "equal" if same and gap <= TOLERANCE else "differs",
            }
        )
    return pd.DataFrame(lines)


def request_tables(folder: str = "") -> tuple[dict[str, pd.DataFrame], str]:
    """What the appendix shows: computed from a clone of VGMIDI where there is one, else as kept.

    Args:
        folder: the clone; empty: the kept tables.

    Returns:
        The tables by name, and a sentence on where they come from.

    Raises:
        BookError: as :func:`lib.chapters.rated_emotions.data_sets.vgmidi.read_vgmidi`; for a damaged table.
    """
    if folder:
        rated = read_vgmidi(Path(folder))
        return compute(rated).tables, f"Computed here from {_origin(rated.about)}."
    kept = {name: read_evidence(name) for name in TABLES}
    about = kept[TABLES[0]].about
    return (
        {name: evidence.table for name, evidence in kept.items()},
        f"Computed on {about['date']} from {_origin(about)}, and kept.",
    )


def _origin(about: Mapping[str, object]) -> str:
    return (
        f"VGMIDI, commit {str(about['commit_of_data'] or 'unknown')[:12]}, files "
        f"{str(about['sha256_of_data'])[:12]}"
    )
