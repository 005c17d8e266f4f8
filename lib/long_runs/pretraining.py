"""Making the model that comes with the book: train it, judge it on held-out music, write it with its card.

It is trained on the training set of the book's own split, without the collections that may be passed on
non-commercially only. Everything on the card is computed here, on the weights as they are published (fp16).
"""

import copy
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from pydantic import ValidationError

from lib.basics.errors import BookError
from lib.basics.files import hash_of_bytes, hash_of_json, write_bytes, write_csv, write_json, write_text
from lib.basics.machine import git_commit
from lib.composing.browser.weights import quantised
from lib.composing.pretrained import (
    CARD,
    CARD_TEXT,
    FOLDER,
    HELD_OUT,
    RECIPE,
    SEEN,
    SELECTOR,
    TOKENIZER,
    WEIGHTS,
    Pretrained,
    load_pretrained,
)
from lib.data import open_store
from lib.data.embedded.sources import non_commercial_genres
from lib.data.labelling.label_schemes import LabelRule, read_rule, scheme_of
from lib.data.part import StorePart
from lib.data.store import dataset_folder
from lib.data.tokenizer import TokenSet
from lib.long_runs.composed_pieces import judge_pieces
from lib.long_runs.middles import judge_middles
from lib.long_runs.model_card import card_text
from lib.measures.loss_tables import difference_table, label_gain_table, label_table, model_table
from lib.measures.losses import TokenLosses, ngram_losses, token_losses
from lib.measures.selector import Selector, fit_selector, read_selector
from lib.models import request_ngram
from lib.profiles import Profile
from lib.profiles.profile import RunSettings
from lib.training import Run, request_run
from lib.training.checkpoint import write_weights

TOKEN_SET: TokenSet = "shorthand"  # whatever token set the profile has


def read_recipe(path: Path = FOLDER / RECIPE) -> RunSettings:
    """How the published weights are trained.

    Raises:
        BookError: naming the key that is wrong.
    """
    try:
        return RunSettings.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": str(error)}
        where = ".".join(str(part) for part in first["loc"]) or "the file as a whole"
        raise BookError(f"The recipe {path} is wrong at '{where}': {first['msg']}.") from error


def make_pretrained(
    profile: Profile,
    folder: Path = FOLDER,
    recipe: RunSettings | None = None,
    without: tuple[str, ...] | None = None,
) -> dict:
    """Train (or find) the run of the recipe, write weights, tokenizer and card to `folder`; return the card.

    Args:
        profile: names the data.
        folder: where the files go.
        recipe: the run; by default the one in `lib/pretrained/`.
        without: genres left out; by default those that may be passed on non-commercially only.

    Raises:
        BookError: as training does, or when something cannot be written. Files written before stay whole.
    """
    part = StorePart(open_store(profile, TOKEN_SET), non_commercial_genres() if without is None else without)
    run = request_run(recipe or read_recipe(), part)
    export(run, part, folder)
    return judge_published(profile, folder, without)


def judge_published(profile: Profile, folder: Path = FOLDER, without: tuple[str, ...] | None = None) -> dict:
    """Judge the weights in `folder` on the data at hand and write the card anew; return it.

    The split may have changed since they were trained. Pieces that they have seen, or that have a copy or
    their melody among those, are left out of every figure, and counted.

    Args:
        profile: names the data.
        folder: of the weights and of the list of pieces that they have seen.
        without: genres left out; by default those that may be passed on non-commercially only.

    Raises:
        BookError: when something is missing or cannot be written, or nothing is left to judge by.
    """
    part = StorePart(open_store(profile, TOKEN_SET), non_commercial_genres() if without is None else without)
    pretrained = load_pretrained(folder)
    judged, overlap = without_seen(part, set(pd.read_csv(folder / SEEN, dtype=str)["identifier"]))
    rule = read_rule(dataset_folder(profile))
    card = (
        pretrained.card
        | {"overlap": overlap}
        | judge(pretrained, judged, profile.ngram.orders, rule, read_selector(folder / SELECTOR))
    )
    _list_held_out(judged.index[judged.index["split"] == "test"], folder)
    card["sha256"] = card["sha256"] | {HELD_OUT: hash_of_bytes((folder / HELD_OUT).read_bytes())}
    write_json(folder / CARD, card)
    write_text(folder / CARD_TEXT, card_text(card))
    return card


def without_seen(part: StorePart, seen: set[str]) -> tuple[StorePart, dict]:
    """The part with its split as a model sees it that was trained on other pieces than the training set.

    Args:
        part: the data.
        seen: identifiers of the pieces that it was trained on.

    Returns:
        The part, nothing written: its training pieces are those that were seen, its validation and test
        pieces those of the split that share no duplicate group with them. And counts: `store` (the hash of
        the part as it was), and for validation and test the pieces `held_out`, of them `seen`, `related` to
        seen ones, and `judged`.

    Raises:
        BookError: when no test piece is left.
    """
    index = part.index
    was_seen = index["identifier"].isin(seen)
    related = index["group"].isin(index["group"][was_seen]) & ~was_seen
    held_out = index["split"].isin(("validation", "test"))
    counts = {"store": part.hash}
    for name in ("validation", "test"):
        here = index["split"] == name
        counts[name] = {
            "held_out": int(here.sum()),
            "seen": int((here & was_seen).sum()),
            "related": int((here & related).sum()),
            "judged": int((here & ~was_seen & ~related).sum()),
        }
    if not counts["test"]["judged"]:
        raise BookError(
            "The model has seen all test pieces of these data, or copies of them, so no figure "
            "could be trusted: train it again with `make pretrained`."
        )
    judged = copy.copy(part)
    judged.index = index.assign(
        split=np.select([was_seen, related, held_out], ["train", "related", index["split"]], "none")
    )
    judged.hash = hash_of_json([part.hash, judged.index["split"].tolist()])
    return judged, counts


def _list_held_out(pieces: pd.DataFrame, folder: Path) -> None:
    """The pieces that the card's figures rest on, for whoever checks them."""
    columns = ["identifier", "emotion", "genre", "length", "notes"]
    write_csv(folder / HELD_OUT, columns, pieces.sort_values("identifier")[columns].to_dict("records"))


def export(run: Run, part: StorePart, folder: Path) -> None:
    """Write a run's weights in half precision with all that composing needs, and a card without results.

    Raises:
        BookError: when the run has no weights, or something cannot be written.
    """
    weights = {name: tensor.half() for name, tensor in run.load_model("cpu").state_dict().items()}
    write_weights(folder / WEIGHTS, weights, {"run": run.folder.name})
    write_bytes(folder / TOKENIZER, (part.folder / TOKENIZER).read_bytes())
    _list_held_out(part.index.iloc[part.rows("test")], folder)
    training = part.rows("train")
    write_csv(
        folder / SEEN,
        ["identifier"],
        ({"identifier": identifier} for identifier in sorted(part.index["identifier"].iloc[training])),
    )
    fit_selector(part).save(folder / SELECTOR)
    names = (WEIGHTS, TOKENIZER, HELD_OUT, SEEN, SELECTOR)
    write_json(
        folder / CARD,
        {
            "made": date.today().isoformat(),
            "commit": git_commit("lib"),
            "run": run.folder.name,
            "model": run.settings.model.model_dump(mode="json"),
            "training": run.settings.training.model_dump(mode="json"),
            "seed": run.settings.seed,
            "threads": run.settings.threads,
            "precision": run.settings.precision,
            "parameters": run.parameters,
            "tokens_seen": run.tokens_seen,
            "seconds": run.provenance["seconds"]["total"],
            "processor": run.provenance["processor"],
            "cores": run.provenance["cores"],
            "data": {
                "dataset": part.manifest["dataset"],
                "labels": scheme_of(part.manifest["dataset"]),
                "store": part.manifest["hash"],
                "part": part.hash,
                "pieces": len(training),
                "tokens": int(part.lengths[training].sum()),
            },
            "emotions": part.emotions,
            "genres": part.genres,
            "vocabulary_size": len(part.vocabulary),
            "sha256": {name: hash_of_bytes((folder / name).read_bytes()) for name in names},
        },
    )


def judge(
    pretrained: Pretrained, part: StorePart, orders: list[int], rule: LabelRule, selector: Selector
) -> dict:
    """What the published weights are worth: held-out losses beside the n-gram baseline, what they compose.

    Args:
        pretrained: the weights as they were written.
        part: judged on its test set.
        orders: candidates for the n-gram baseline, chosen on validation.
        rule: behind the emotion labels; empty where they are given.
        selector: that comes with the model.

    Returns:
        `held_out` (nats per token and source note, by collection), `baseline` (the n-gram model),
        `below_baseline` (relative, by collection), `label_gain`, `middles` (missing bars), `composed`
        (:func:`lib.long_runs.composed_pieces.judge_pieces`), each with intervals and counts; and `browser`,
        the loss of the same pieces with full weights and with those of the page that composes.
    """
    model, window = pretrained.model, pretrained.context_length
    true = token_losses(model, part, "test", window)
    shuffled = {
        kind: token_losses(model, part, "test", window, shuffled=kind, seed=1)
        for kind in ("emotion", "genre")
    }
    ngram, _ = request_ngram(part, orders)
    losses = {"model": true, "baseline": ngram_losses(ngram, part, true.rows)}
    by_genre = label_table(losses, part, "genre").set_index(["model", "label"])
    everything = model_table(losses, part).set_index("model")
    return {
        "held_out": {
            "all": _measures(everything.loc["model"]),
            **{genre: _measures(by_genre.loc["model", genre]) for genre in part.genres},
        },
        "baseline": {
            "order": ngram.order,
            "labels": ngram.labels,
            "smoothing": ngram.smoothing,
            "all": _measures(everything.loc["baseline"]),
            **{genre: _measures(by_genre.loc["baseline", genre]) for genre in part.genres},
        },
        "below_baseline": {
            "all": _below(losses, part),
            **{genre: _below(_of_genre(losses, part, genre), part) for genre in part.genres},
        },
        "label_gain": {
            row["shuffled"]: _measures(row) for _, row in label_gain_table(true, shuffled, part).iterrows()
        },
        "middles": judge_middles(pretrained, part, {"left to right": true, "n-gram": losses["baseline"]}),
        "composed": judge_pieces(pretrained, part, ngram, rule, selector),
        "browser": browser_loss(pretrained, part, true),
    }


def browser_loss(pretrained: Pretrained, part: StorePart, full: TokenLosses) -> dict[str, float]:
    """Nats a token of the test set, with the weights as published and rounded as in the page that composes.

    Args:
        pretrained, part: as for :func:`judge`.
        full: the losses of the weights as published.

    Returns:
        `full`, `rounded`, their difference piece by piece (`more`, with 95 % bounds over duplicate groups),
        and the number of `pieces`.
    """
    model = quantised(pretrained).model.float()
    rounded = token_losses(model, part, "test", pretrained.context_length)
    more = difference_table({"full": full, "rounded": rounded}, part, "full").iloc[0]
    return {
        "full": round(full.nats_per_token, 5),
        "rounded": round(rounded.nats_per_token, 5),
        **{
            f"more{bound}": round(float(more[f"nats_per_token{bound}"]), 6) for bound in ("", "_low", "_high")
        },
        "pieces": len(full.rows),
    }


def _measures(row: pd.Series) -> dict:
    columns = [column for column in row.index if column.startswith(("nats_per_token", "nats_per_note"))]
    return {
        "pieces": int(row["pieces"]),
        "groups": int(row["groups"]),
        **{column: round(float(row[column]), 4) for column in columns},
    }


def _below(losses: dict[str, TokenLosses], part: StorePart) -> dict:
    row = difference_table(losses, part, "baseline").iloc[0]
    return {name: round(float(row[name]), 4) for name in ("relative", "relative_low", "relative_high")}


def _of_genre(losses: dict[str, TokenLosses], part: StorePart, genre: str) -> dict[str, TokenLosses]:
    of_genre = (part.index["genre"] == genre).to_numpy()
    return {
        name: TokenLosses(**{column: values[of_genre[each.row]] for column, values in vars(each).items()})
        for name, each in losses.items()
    }
