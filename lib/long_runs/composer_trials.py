"""What each change to the composer was worth: trials at equal tokens, and so at about equal minutes.

Each trial is one seed of a smaller network, on the pretrained model's data. Judged are the loss on validation
pieces in nats a note, for tokens of two sets are of two sizes, and pieces that it composes.
"""

import pandas as pd

from lib.composing import SamplingSettings, compose_many
from lib.data import open_store
from lib.data.embedded.sources import non_commercial_genres
from lib.data.labelling.label_schemes import read_rule
from lib.data.part import StorePart
from lib.data.store import dataset_folder
from lib.data.tokenizer import TokenSet
from lib.long_runs.composed_pieces import TOP_P, even_labels, measure_pieces
from lib.measures.loss_tables import model_table
from lib.measures.losses import token_losses
from lib.measures.sources import composed_set, real_set
from lib.profiles import Profile
from lib.profiles.profile import ModelSettings, RunSettings, TrainingSettings
from lib.training import request_run

PIECES = 96
"""Composed in each trial, evenly over all pairs of labels."""

TOKENS = 500_000
_MODEL = ModelSettings(kind="transformer", hidden_size=128, num_layers=4, num_heads=4)
_BASE = TrainingSettings(
    tokens=TOKENS,
    window=1024,
    batch_tokens=4096,
    learning_rate=2e-3,
    weight_decay=0.1,
    transpose=True,
    evaluations=2,
    evaluation_tokens=40_000,
)
STEPS: tuple[tuple[str, TokenSet, dict], ...] = (
    ("MidiTok's tokens, AdamW", "book", {"window": 1280}),
    ("shorthand with a plan", "shorthand", {}),
    ("Muon", "shorthand", {"optimiser": "muon"}),
    ("a plan that counts tenfold", "shorthand", {"optimiser": "muon", "plan_weight": 10}),
    ("gaps in every fifth piece", "shorthand", {"optimiser": "muon", "plan_weight": 10, "gap_share": 0.2}),
)
"""Each step adds what its name says to the one before: name, token set, training settings."""


def run_composer_trials(profile: Profile) -> pd.DataFrame:
    """Train (or find) each trial, compose with it, and measure.

    Args:
        profile: names data, seed, threads and precision.

    Returns:
        A row a step, behind a row of real validation pieces: step, token_set, minutes, tokens, pieces (judged
        for the loss), nats_per_note with _low and _high, and the columns of
        :func:`lib.long_runs.composed_pieces.measure_pieces`.
    """
    rule = read_rule(dataset_folder(profile))
    parts = {
        token_set: StorePart(open_store(profile, token_set), non_commercial_genres())
        for token_set in dict.fromkeys(token_set for _, token_set, _ in STEPS)
    }
    short = parts["shorthand"]
    real = real_set(short, short.rows("validation").tolist(), "real", _BASE.window)
    lines = [{"step": "real pieces", "pieces": len(real), **measure_pieces(real, [], short, rule)}]
    for number, (name, token_set, changes) in enumerate(STEPS):
        part, training = parts[token_set], _BASE.model_copy(update=changes)
        settings = RunSettings(
            name=f"composer-{number}",
            model=_MODEL,
            training=training,
            seed=profile.seed,
            threads=profile.threads,
            precision=profile.precision,
        )
        run = request_run(settings, part)
        losses = {name: token_losses(run.load_model(), part, "validation", training.window)}
        table = model_table(losses, part).iloc[0]
        draw = SamplingSettings(max_tokens=training.window, seed=1, top_p=TOP_P)
        composed = compose_many(run, part, even_labels(part, PIECES), draw)
        lines.append(
            {
                "step": name,
                "token_set": token_set,
                "minutes": run.provenance["seconds"]["total"] / 60,
                "tokens": run.tokens_seen,
                "pieces": int(table["pieces"]),
                **{
                    column: float(table[column])
                    for column in table.index
                    if column.startswith("nats_per_note")
                },
                **measure_pieces(composed_set(name, composed), composed, part, rule),
            }
        )
    return pd.DataFrame(lines)
