"""What networks of several sizes compose: themes that come again, labels that are obtained, style.

The judge of the label is the rule behind it, as in :mod:`lib.measures.label_control`; the measures are those
of the pretrained model's card.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from lib.basics.progress import Progress
from lib.chapters.control.distances import mean_distance
from lib.composing import SamplingSettings
from lib.composing.keep import request_pieces
from lib.data.labelling.label_schemes import read_rule
from lib.data.store import TokenStore, dataset_folder
from lib.long_runs.composed_pieces import TOP_P, even_labels, measure_pieces
from lib.measures.music.notes import NoteReader
from lib.measures.music.style import style_table
from lib.measures.sources import composed_set, real_set
from lib.profiles import Profile
from lib.training.runs import open_run

PIECES = 48
"""Of each network, evenly over all pairs of labels."""

REAL = "real"


def measure_sizes(folders: Sequence[Path | str], profile: Profile, store: TokenStore) -> pd.DataFrame:
    """Compose with each run and measure.

    Args:
        folders: of the runs.
        profile: names the data and the seed.
        store: the data that all were trained on.

    Returns:
        A row a run in their order, behind a row of real validation pieces: source, and the columns of
        :func:`lib.long_runs.composed_pieces.measure_pieces`, and `distance` (Jensen–Shannon, of style, from
        the real ones). A run without weights has no figures.
    """
    rule, labels = read_rule(dataset_folder(profile)), even_labels(store, PIECES)
    window = profile.run("transformer").training.window
    draw = SamplingSettings(max_tokens=window, seed=1, top_p=TOP_P)
    real = real_set(store, store.rows("validation").tolist(), REAL, window)
    lines: list[dict] = [{"source": REAL, **measure_pieces(real, [], store, rule)}]
    reader = NoteReader(store)
    real_style = style_table(real.notes(reader)).to_numpy()
    progress = Progress("composing with each size", len(folders), unit="networks")
    for folder in folders:
        run = open_run(Path(folder))
        line: dict = {"source": run.folder.name}
        if run.best is not None:
            pieces = request_pieces(run, store, labels, draw)
            made = composed_set(run.settings.model.kind, pieces)
            line |= measure_pieces(made, pieces, store, rule)
            own_style = style_table(made.notes(reader)).to_numpy()
            line["distance"] = mean_distance(own_style, made.groups, real_style)[1].estimate
        lines.append(line)
        progress.advance(1)
    return pd.DataFrame(lines)
