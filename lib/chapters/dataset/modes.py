"""Which key-finding profile the estimated modes rest on, and what another one would change."""

from pathlib import Path

import numpy as np
import pandas as pd

from lib.data.files.scores import load_score
from lib.data.labelling.key_profiles import PROFILES, key_fits
from lib.data.labelling.labels import MODES, PROFILE, pitch_class_time
from lib.measures.statistics import bootstrap_mean

CHOSEN_ON = "validation"


def mode_agreement(index: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """How often each profile finds the mode that a source names, and how many labels depend on the choice.

    Args:
        index: the store's.
        folder: the data's, with the embedded corpus's table `pieces.csv`.

    Returns:
        A row a profile, the chosen one first: `profile` (its name), `major`, `minor` (share of the validation
        pieces of that notated mode that it finds) and `mean` of the two, `agreement` over all of them with
        `low` and `high` (95%), `pieces`; `moved`, of the `estimated` labels, those that the profile would
        give another mode than the chosen one. Empty where sources name no mode, as in a folder of one's own.
    """
    table = folder / "pieces.csv"
    known = pd.read_csv(table, dtype=str, keep_default_na=False) if table.is_file() else pd.DataFrame()
    if not {"identifier", "notated_mode", "mode", "key_field"} <= set(known):
        return pd.DataFrame()
    rows = index.merge(known[["identifier", "notated_mode", "mode", "key_field"]], on="identifier")
    judged = rows["notated_mode"].isin(MODES) & (rows["split"] == CHOSEN_ON)
    estimated = (rows["key_field"] == "") | (rows["genre"] == "chinese")  # no key field, or one that names do
    rows = rows.assign(judged=judged, estimated=estimated)[judged | estimated]
    if not rows["judged"].any():
        return pd.DataFrame()
    found = pd.DataFrame([_modes(folder / name) for name in rows["name"]], index=rows.index)
    lines = []
    for profile in sorted(PROFILES, key=lambda name: name != PROFILE):
        right = (found[profile] == rows["notated_mode"])[rows["judged"]]
        by_mode = {mode: float(right[rows["notated_mode"] == mode].mean()) for mode in MODES}
        interval = bootstrap_mean(right.to_numpy(float), rows["group"][rows["judged"]].to_numpy())
        moved = (found[profile] != rows["mode"])[rows["estimated"]]
        lines.append(
            {
                "profile": PROFILES[profile],
                **by_mode,
                "mean": float(np.mean(list(by_mode.values()))),
                "agreement": interval.estimate,
                "low": interval.low,
                "high": interval.high,
                "pieces": len(right),
                "moved": int(moved.sum()),
                "estimated": len(moved),
            }
        )
    return pd.DataFrame(lines)


def _modes(path: Path) -> dict[str, str]:
    """The mode that each profile finds; '' where none fits."""
    time = np.array(pitch_class_time(load_score(path).score))
    fits = {profile: key_fits(time, profile) for profile in PROFILES}
    return {profile: "" if fit is None else MODES[int(np.argmax(fit)) // 12] for profile, fit in fits.items()}
