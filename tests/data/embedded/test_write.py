"""The embedded corpus, written small: bytes, resumption, refusals, and what its tokens betray."""

import csv
import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from symusic import Score

from lib.basics.errors import BookError
from lib.data.embedded import write as embedded
from lib.data.labelling import labels
from lib.data.labelling.label_schemes import read_rule
from lib.data.pieces import read_folder
from lib.data.tokenizer import build_tokenizer, encode, vocabulary_of

ESSEN = ("german", "chinese")


def make_small(patch: pytest.MonkeyPatch) -> None:
    """Let the smallest variant read a few pieces of each collection only."""
    patch.setattr(embedded, "SMOKE_TUNES", 30)
    patch.setattr(embedded, "SMOKE_SCORES", 8)
    patch.setattr(labels, "SMALLEST_GROUP", 2)


@pytest.fixture
def small(monkeypatch):
    make_small(monkeypatch)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    """A written corpus; not to be changed."""
    folder = tmp_path_factory.mktemp("data") / "embedded-smoke"
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        embedded.write_embedded("embedded-smoke", folder, workers=1)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_it_is_a_folder_of_the_scheme_with_a_row_for_every_piece(corpus):
    pieces, left_out = read_folder(corpus)
    table = rows(corpus / "pieces.csv")
    assert left_out == []
    assert [row["name"] for row in table] == [piece.name for piece in pieces]
    assert {piece.genre for piece in pieces} == {"irish", "american", "scottish", *ESSEN, "chorale"}
    assert {piece.emotion for piece in pieces} <= set(labels.EMOTIONS)
    assert all((row["rights"] == "non-commercial") == (row["genre"] in ESSEN) for row in table)
    assert any(row["function"] for row in table if row["genre"] == "german")
    assert "non-commercial" in (corpus / "RIGHTS.txt").read_text()


def test_labels_can_be_found_again_from_the_files(corpus):
    rule = read_rule(corpus)
    for row in rows(corpus / "pieces.csv"):
        score = Score(corpus / row["name"])
        density = labels.onsets_per_beat(score)
        assert density == pytest.approx(float(row["onsets_per_beat"]), abs=1e-9)
        activity = labels.activity_label(
            rule.scheme.measure(score), row["genre"], labels.main_meter(score), rule.medians
        )
        assert row["emotion"] == f"{row['mode']}-{activity}"


def test_nothing_is_lost_without_a_reason(corpus):
    left_out = rows(corpus / "left_out.csv")
    assert all(row["name"] and row["stage"] and row["reason"] for row in left_out)
    manifest = json.loads((corpus / "manifest.json").read_text())
    assert manifest["left_out"] == len(left_out)
    assert manifest["pieces"] == len(rows(corpus / "pieces.csv"))


def test_a_finished_folder_is_not_written_again(corpus, small, monkeypatch):
    monkeypatch.setattr(embedded, "_write", lambda *_: pytest.fail("it was written again"))
    embedded.write_embedded("embedded-smoke", corpus)


@pytest.mark.parametrize("damage", ["a piece is missing", "another rule", "a broken manifest"])
def test_what_is_stale_or_damaged_is_written_again(corpus, tmp_path, monkeypatch, damage):
    folder = tmp_path / "embedded-smoke"
    shutil.copytree(corpus, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    if damage == "a piece is missing":
        next(folder.glob("XMIDI_*")).unlink()
    elif damage == "another rule":
        manifest["decided_by"]["code"] = "0"
        (folder / "manifest.json").write_text(json.dumps(manifest))
    else:
        (folder / "manifest.json").write_text("{")
    monkeypatch.setattr(embedded, "_write", lambda variant, beside, *_: (beside / "new").write_text(variant))
    embedded.write_embedded("embedded-smoke", folder)
    assert contents(folder) == {"new": b"embedded-smoke"}


def test_an_interrupted_run_leaves_nothing_half_written(tmp_path, monkeypatch):
    folder = tmp_path / "embedded-smoke"
    abandoned = tmp_path / ".embedded-smoke-writing-killed"
    abandoned.mkdir()

    def interrupted(variant, beside, *_):
        (beside / "XMIDI_a_b_1.midi").write_bytes(b"")
        raise KeyboardInterrupt

    monkeypatch.setattr(embedded, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        embedded.write_embedded("embedded-smoke", folder)
    assert not folder.exists()
    assert not list(tmp_path.glob(".embedded-smoke-writing-*"))


def test_a_folder_of_somebody_else_is_not_touched(tmp_path):
    (tmp_path / "embedded").mkdir()
    (tmp_path / "embedded" / "thesis.txt").write_text("mine")
    with pytest.raises(BookError, match="not an embedded corpus"):
        embedded.write_embedded("embedded", tmp_path / "embedded")
    assert contents(tmp_path / "embedded") == {"thesis.txt": b"mine"}


@pytest.mark.parametrize("file", ["data", "data/embedded-smoke"])
def test_a_file_in_the_way_is_one_sentence(tmp_path, file):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("")
    with pytest.raises(BookError, match="Cannot write"):
        embedded.write_embedded("embedded-smoke", tmp_path / "data" / "embedded-smoke")
    assert (tmp_path / file).read_text() == ""


def test_a_worker_that_dies_is_one_sentence(tmp_path, monkeypatch):
    def dying(*_, **__):
        raise TerminatedWorkerError("killed")

    monkeypatch.setattr(embedded, "Parallel", lambda **_: lambda _: (dying() for _ in range(1)))
    with pytest.raises(BookError, match="fewer workers"):
        embedded.write_embedded("embedded-smoke", tmp_path / "embedded-smoke")
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_the_bytes_do_not_depend_on_the_number_of_workers(corpus, small, tmp_path, capfd):
    folder = tmp_path / "embedded-smoke"
    embedded.write_embedded("embedded-smoke", folder, workers=2)
    assert contents(folder) == contents(corpus)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert all(line.startswith("writing embedded-smoke") for line in shown.err.splitlines())


def accuracy(corpus: Path, types: set[str]) -> tuple[float, float]:
    """How often a classifier names the collection by tokens of some types, and the share of the largest."""
    tokenizer = build_tokenizer("book")
    kind = np.array([text.split("_")[0] for text in vocabulary_of(tokenizer)])
    pieces, _ = read_folder(corpus)
    counts = np.stack(
        [np.bincount(encode(tokenizer, Score(piece.path)), minlength=len(kind)) for piece in pieces]
    )
    # Shares within a type: how many tokens there are would tell the length of the piece.
    shares = [
        counts[:, kind == name] / counts[:, kind == name].sum(axis=1, keepdims=True).clip(1)
        for name in sorted(types)
    ]
    genres = np.array([piece.genre for piece in pieces])
    found = cross_val_predict(LogisticRegression(C=10, max_iter=500), np.hstack(shares), genres, cv=5)
    return float((found == genres).mean()), max(Counter(genres).values()) / len(genres)


def test_velocity_program_and_tempo_do_not_betray_the_collection(corpus):
    found, chance = accuracy(corpus, {"Velocity", "Program", "Tempo"})
    assert found <= chance + 0.03
    # The same classifier would see it if there were anything to see: it does in the durations.
    found, chance = accuracy(corpus, {"Duration"})
    assert found > chance + 0.2
