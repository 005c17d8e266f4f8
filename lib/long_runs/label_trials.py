"""What labels do to composed music, over all training seeds: the evidence behind the chapter on control."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lib.basics.progress import say
from lib.chapters.control import label_effects, memorisation
from lib.chapters.control.judges import Judge, make_judges
from lib.chapters.networks import comparison_runs as networks
from lib.composing import SamplingSettings
from lib.composing.counted import NgramComposer
from lib.composing.pretrained import load_pretrained
from lib.data import TokenStore
from lib.data.labelling.label_schemes import read_rule
from lib.data.labelling.rated_judge import read_judge
from lib.data.store import dataset_folder
from lib.measures.classifier import judge_by_classifier, train_classifier
from lib.measures.music.notes import NoteReader
from lib.measures.music_sources import LSTM, NGRAM, PRETRAINED, REAL, TRANSFORMER, ngram_identity
from lib.measures.sources import PieceSet, matched_rows, real_set
from lib.models import request_ngram
from lib.profiles import Profile

ALIKE = ("american", "irish", "scottish")
"""Genres of one family: to tell a chorale from a fiddle tune is no achievement, to tell these apart is."""

SLOTS, GUIDED_SLOTS, SINGLE_SLOTS = 10, 4, 17  # of each run; with guidance; of a source with one run
GUIDANCES = (2.0, 3.0)
MEASURES = (*label_effects.HEARD, "third", "onsets a beat", "note length", "height", "step", "leaps")
"""What of the notes is followed when a label is swapped; see
:data:`lib.data.labelling.emotion_features.FEATURES`."""


def run_label_trials(profile: Profile, store: TokenStore) -> dict[str, pd.DataFrame]:
    """Compose to every pair of labels with every run, judge, and sum up; see the functions of the chapter."""
    rule, listener = read_rule(dataset_folder(profile)), read_judge("line")
    judges = make_judges(store, rule, profile.seed)
    if set(ALIKE) <= set(store.genres):
        judges["genre of three by features"] = _judge_of_alike(store, profile.seed)
    judged: list[pd.DataFrame] = []
    pieces: dict[str, list[PieceSet]] = {}
    for crossed in _all_crossed(profile, store):
        say(f"judging {len(crossed.pieces)} pieces: {crossed.source} {crossed.run}")
        judged.append(label_effects.judge_crossed(crossed, judges, store, listener))
        if crossed.guidance == 1:
            pieces.setdefault(crossed.source, []).append(crossed.pieces)
    table = pd.concat(judged, ignore_index=True)
    pairs = [(emotion, genre) for emotion in store.emotions for genre in store.genres]
    limit = profile.generation.max_tokens
    real = real_set(store, matched_rows(store, pairs, "test", 40, profile.seed).tolist(), REAL, limit)
    features = label_effects.heard_in_notes(label_effects.note_features(real, store, listener), listener)
    scale = {name: 1.0 if name in label_effects.HEARD else float(features[name].std()) for name in MEASURES}
    whole = pd.concat([_judge_real(real, judges), table], ignore_index=True)
    alike = [title for title in judges if title.startswith("genre of three")]
    titles = [title for title in judges if title not in alike]
    obtained = [label_effects.obtained_table(whole, titles)]
    for title in alike:
        among = whole[whole["genre"].isin(ALIKE)]
        found = label_effects.obtained_table(among, [title])
        obtained.append(found[found["by"] == title])
    differences = [label_effects.difference_table(table, titles, TRANSFORMER, LSTM)]
    differences += [
        label_effects.difference_table(table[table["genre"].isin(ALIKE)], [title], TRANSFORMER, LSTM)
        for title in alike
    ]
    effects = [
        label_effects.real_effects(real, features, MEASURES, scale),
        label_effects.effect_table(table, MEASURES, scale),
    ]
    memory = _memorised(store, pieces, profile)
    return {
        "control_obtained": pd.concat(obtained, ignore_index=True),
        "control_differences": pd.concat(differences, ignore_index=True),
        "control_effects": pd.concat(effects, ignore_index=True),
        "control_memory": memory,
    }


def _judge_of_alike(store: TokenStore, seed: int) -> Judge:
    classifier = train_classifier(store, "genre", "features", seed, only=ALIKE)

    def judge(pieces: PieceSet) -> pd.DataFrame:
        return judge_by_classifier(classifier, pieces)

    return judge


def _judge_real(real: PieceSet, judges: Mapping[str, Judge]) -> pd.DataFrame:
    """Real pieces in the columns of composed ones; each duplicate group is a slot."""
    table = pd.DataFrame(
        {
            "source": real.name,
            "run": "",
            "guidance": 1.0,
            "slot": real.groups,
            "emotion": real.emotions,
            "genre": real.genres,
            "ended": True,
        }
    )
    for title, judge in judges.items():
        judged = judge(real)
        table[title] = judged["obtained"].to_numpy()
        if "mode" in judged:
            table["mode"] = judged["mode"].to_numpy()
    return table


def _all_crossed(profile: Profile, store: TokenStore):
    """Every source's pieces, run after run."""
    draw = SamplingSettings(
        seed=profile.seed,
        **profile.generation.model_dump(include={"temperature", "top_k", "top_p", "max_tokens"}),
    )
    ngram, _ = request_ngram(store, profile.ngram.orders)
    counted, identity = NgramComposer(ngram, store), ngram_identity(ngram, store)
    yield label_effects.compose_crossed(counted, store, draw, SINGLE_SLOTS, NGRAM, "", identity=identity)
    for arm, runs in networks.paired_runs(profile, store).items():
        for run in runs:
            seed = str(run.settings.seed)
            yield label_effects.compose_crossed(run, store, draw, SLOTS, arm, seed)
            for strength in GUIDANCES:
                guided = draw.model_copy(update={"guidance": strength})
                yield label_effects.compose_crossed(run, store, guided, GUIDED_SLOTS, arm, seed)
    pretrained = load_pretrained()
    if set(pretrained.emotions) == set(store.emotions):
        known = [genre for genre in store.genres if genre in pretrained.genres]
        for strength in (1.0, *GUIDANCES):
            guided = draw.model_copy(update={"guidance": strength})
            yield label_effects.compose_crossed(
                pretrained, pretrained, guided, SINGLE_SLOTS, PRETRAINED, "", genres=known
            )


def _memorised(store: TokenStore, composed: Mapping[str, list[PieceSet]], profile: Profile) -> pd.DataFrame:
    """How much longer the runs of notes are that composed pieces share with the training set than real ones'.

    Returns:
        source, excess (notes), low, high, runs, pieces, by_run. The pretrained model was trained on other
        pieces and is judged in its own card.
    """
    reader = NoteReader(store)
    pairs = [(emotion, genre) for emotion in store.emotions for genre in store.genres]
    rows = {
        split: matched_rows(store, pairs, split, 20, profile.seed).tolist()
        for split in ("validation", "test")
    }
    reference = real_set(store, rows["validation"], "reference", profile.generation.max_tokens)
    notes = reference.notes(reader)
    matches = memorisation.search_training(notes, store, reader)
    sets = {REAL: [real_set(store, rows["test"], REAL, profile.generation.max_tokens)]}
    sets |= {name: found for name, found in composed.items() if name != PRETRAINED}
    lines = []
    for source, found in sets.items():
        excesses = []
        for pieces in found:
            own = pieces.notes(reader)
            shared = memorisation.search_training(own, store, reader)
            compared = memorisation.compare_with_real(pieces, own, shared, reference, notes, matches)
            excesses.append(memorisation.mean_excess(compared.runs, pieces.groups, compared.real_groups))
        lines.append(
            {
                "source": source,
                **label_effects.over_runs(excesses, "excess"),
                "pieces": int(np.sum([len(pieces) for pieces in found])),
            }
        )
    return pd.DataFrame(lines)
