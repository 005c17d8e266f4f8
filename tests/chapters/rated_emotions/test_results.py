"""All tables of a made-up data set, kept, compared and read back; the judge that it teaches."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from lib.basics.errors import BookError
from lib.chapters.rated_emotions import kept
from lib.chapters.rated_emotions.commands import rated as commands
from lib.chapters.rated_emotions.data_sets.folders import write_folder
from lib.chapters.rated_emotions.results import UPPER_LINE, compute
from lib.chapters.rated_emotions.teaching import line_features, try_out
from lib.data.labelling import rated_judge
from lib.data.labelling.emotion_features import names_heard
from lib.data.labelling.rated_judge import RatedJudge, read_judge
from lib.data.pieces import read_folder
from lib.ledger import evidence


@pytest.fixture(scope="module")
def results(rated):
    return compute(rated)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """What is kept goes into a temporary folder."""
    monkeypatch.setattr(evidence, "BOOK", tmp_path)
    monkeypatch.setattr(evidence, "git_commit", lambda *paths: "0123456789abcdef")
    monkeypatch.setattr(kept, "COEFFICIENTS", tmp_path / "rated_judge.json")
    return tmp_path


def test_every_table_is_made_and_says_what_it_rests_on(results):
    assert tuple(results.tables) == kept.TABLES
    for name in ("rated_proxy", "rated_ingredients", "rated_hearing", "rated_rules"):
        assert results.tables[name]["pieces"].eq(30).all()
        assert results.tables[name]["series_count"].eq(5).all()
        assert results.tables[name]["ratings"].eq(240).all()
        assert results.tables[name]["majority"].between(0.5, 0.6).all() or name == "rated_rules"


def test_what_raters_heard_is_found(results):
    proxy = results.tables["rated_proxy"].set_index("guess")["balanced_accuracy"]
    assert proxy["the rule's mode"] == 1
    assert proxy["the rule's activity"] < 0.8
    assert proxy["onsets a second above the median"] > 0.9
    hearing = results.tables["rated_hearing"].set_index(["hears", "dimension"])["explained"]
    assert hearing["all that was played", "arousal"] > 0.6
    assert hearing["notes as written", "arousal"] < 0.3


def test_nothing_of_a_single_rater_is_kept(results, clone):
    text = "".join(table.to_csv() for table in results.tables.values())
    named = json.loads((clone / "labelled" / "annotations" / "raw_1.json").read_text(encoding="utf-8"))
    first = named["annotations"]["piece0_0"]["valence"]
    assert not any(f"{value:.6g}" in text for value in first)
    assert results.tables["rated_curves"]["raters"].eq(8).all()


def test_a_judge_is_not_tried_on_what_taught_it(rated):
    """Features that only name the series explain nothing of a series that was left out."""
    series = np.unique(rated.series, return_inverse=True)[1]
    trial = try_out(np.eye(5)[series], rated, "valence")
    assert abs(np.corrcoef(trial.predicted, rated.means[:, 0])[0, 1]) < 0.9
    assert np.mean((trial.predicted - rated.means[:, 0]) ** 2) > 0.8 * rated.means[:, 0].var()


def test_kept_tables_are_read_back_and_compared(rated, results, elsewhere, clone):
    paths = kept.keep(rated, results)
    assert len(paths) == len(kept.TABLES)
    taught = json.loads(kept.keep_judges(rated, results).read_text())
    assert taught["taught_on"]["pieces"] == len(rated.pieces)
    about = json.loads((elsewhere / "evidence" / "rated_rules.json").read_text())
    assert about["sha256_of_data"] == rated.about["sha256_of_data"]
    assert set(kept.compare(results.tables)["verdict"]) == {"equal"}
    changed = results.tables | {
        "rated_rules": results.tables["rated_rules"].assign(low=0.0),
        "rated_proxy": results.tables["rated_proxy"].head(2),
    }
    verdicts = kept.compare(changed).set_index("table")["verdict"]
    assert verdicts["rated_rules"] == "differs"
    assert verdicts["rated_proxy"] == "differs in its rows or columns"
    read, origin = kept.request_tables()
    assert list(read) == list(kept.TABLES)
    assert "and kept" in origin
    assert rated.about["sha256_of_data"][:12] in origin
    computed, origin = kept.request_tables(str(clone))
    assert "Computed here" in origin
    assert np.allclose(computed["rated_rules"]["low"], results.tables["rated_rules"]["low"])


def test_the_coefficients_judge_as_they_were_taught(rated, results):
    judge = RatedJudge("line", results.judges["line"], {})
    features = line_features(rated)
    assert list(features) == judge.features == names_heard("line")
    valence, _, distance = judge.judge_features(features.to_numpy())
    assert np.corrcoef(valence, rated.means[:, 0])[0, 1] > 0.6
    assert np.mean(distance <= 1.5) > 0.8
    said = judge.judge(rated.pieces[0].score)
    assert (said.valence, said.distance) == pytest.approx((valence[0], distance[0]))
    far = features.to_numpy() + 20 * judge.scale
    assert (judge.judge_features(far)[2] > 1).all()


def test_the_committed_judge_can_be_read_and_says_who_taught_it():
    for hears in ("line", "score", "performance"):
        judge = read_judge(hears)
        assert judge.taught_on["data_set"] == "VGMIDI"
        assert judge.taught_on["pieces"] == 200
        assert judge.errors["valence"] < 0.25
    assert judge.weights["arousal"][judge.features.index("onsets a second")] > 0
    assert read_judge("line").weights["valence"][judge.features.index("minor")] < 0


@pytest.mark.parametrize("content", ["{}", '{"judges": {"line": 3}, "taught_on": {}}'])
def test_damaged_coefficients_are_refused(tmp_path, content):
    path = tmp_path / "rated_judge.json"
    path.write_text(content)
    with pytest.raises(BookError, match="are damaged"):
        rated_judge.read_judge("line", path)


def test_the_folder_has_labels_and_means_and_nothing_is_overwritten(rated, tmp_path):
    folder = tmp_path / "out"
    assert write_folder(rated, folder)[0] == 30
    pieces, left_out = read_folder(folder)
    assert left_out == []
    assert {piece.genre for piece in pieces} == set(rated.series)
    assert "Fantasy, Final" in {piece.genre for piece in pieces}
    write_folder(rated, folder)  # again, over its own
    other = tmp_path / "other"
    other.mkdir()
    (other / "pieces.csv").write_text("mine")
    with pytest.raises(BookError, match="holds something else"):
        write_folder(rated, other)
    assert (other / "pieces.csv").read_text() == "mine"


def test_names_longer_than_file_systems_take_are_cut(rated, tmp_path):
    long = [replace(piece, identifier="é" * 200 + piece.identifier) for piece in rated.pieces]
    own = [replace(piece, series="ポ" * 200) for piece in rated.pieces]
    pieces, left_out = write_folder(replace(rated, pieces=tuple(own)), tmp_path / "series")
    assert (pieces, left_out) == (30, [])
    assert all(len(path.name.encode()) < 255 for path in (tmp_path / "series").iterdir())
    pieces, left_out = write_folder(replace(rated, pieces=tuple(long)), tmp_path / "identifiers")
    assert pieces + len(left_out) == 30
    assert {item.reason for item in left_out} == {"another piece has its labels and identifier"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda pieces: pieces[:2], "VGMIDI has 2 of 2 here"),
        (lambda pieces: [replace(piece, series="One") for piece in pieces], "VGMIDI has 30 of 1 here"),
        (
            lambda pieces: [replace(piece, signs=(1, piece.signs[1])) for piece in pieces],
            "have the same sign of valence",
        ),
    ],
)
def test_what_is_too_little_for_tables_is_said_in_a_sentence(rated, change, reason):
    with pytest.raises(BookError, match=reason):
        compute(replace(rated, pieces=tuple(change(list(rated.pieces)))))


def test_the_command_compares_and_keeps(clone, elsewhere):
    out = elsewhere / "out"
    first = CliRunner().invoke(commands, ["vgmidi", str(clone), "--out", str(out), "--keep"])
    assert first.exit_code == 0, first.output
    assert "30 pieces of 5 series, 240 ratings" in first.output
    again = CliRunner().invoke(commands, ["vgmidi", str(clone), "--out", str(out)])
    assert again.output.count("equal") == len(kept.TABLES)
    assert UPPER_LINE in (elsewhere / "evidence" / "rated_hearing.csv").read_text()
