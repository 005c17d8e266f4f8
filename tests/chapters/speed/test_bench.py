"""The bench: every work gives a whole row, table and file hold them, bad requests are one sentence."""

import io
import json

import pytest

from lib.basics.errors import BookError
from lib.chapters.speed import bench, bench_training, random_tokens
from lib.chapters.speed.rows import in_turns, make_row

KEYS = {"work", "plain", "ours", "ratio", "bound", "of_bound"}


@pytest.fixture(scope="module")
def rows(tiny_profile, tmp_path_factory):
    """Every work once, at tiny sizes."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOOD_HOME", str(home))
        file, told = home / "bench.json", io.StringIO()
        found = bench.run_bench(tiny_profile, long=True, size="tiny", threads=1, file=file, stream=told)
        assert json.loads(file.read_text()) == found
        return found


@pytest.mark.slow
def test_every_work_has_a_row_with_sound_figures(rows):
    assert [row["work"] for row in rows] == [
        "train_original_size",
        "train_experiment_size",
        "compose_one",
        "compose_many",
        "tokenise",
        "time_to_quality",
        "time_to_loss",
    ]
    for row in rows:
        assert set(row) >= KEYS | {"unit", "date", "machine", "cores", "threads", "precision", "turns"} - (
            {"precision"} if row["work"] == "tokenise" else set()
        )
        assert min(row["plain"], row["ours"], row["ratio"], row["bound"]) > 0
        assert row["ratio_low"] <= row["ratio"] <= row["ratio_high"]
        assert 0 < row["of_bound"] < 1.3, "beyond what the machine can do, rounding and luck apart"
        assert row["size"] == "tiny"


@pytest.mark.slow
def test_the_table_and_the_json_say_the_same(rows):
    lines = bench.text_table(rows).splitlines()
    assert lines[0].split()[:6] == ["work", "plain", "ours", "ratio", "bound", "of_bound"]
    assert [line.split()[0] for line in lines[1:]] == [row["work"] for row in rows]
    assert [json.loads(line) for line in bench.json_rows(rows).splitlines()] == rows


def test_ratios_are_of_the_same_turn_and_better_is_larger():
    speeds = make_row("a", [10.0, 20.0, 10.0], [20.0, 40.0, 30.0], 60.0, "tokens/s", "")
    assert (speeds.ratio, speeds.ratio_low, speeds.ratio_high, speeds.of_bound) == (2.0, 2.0, 3.0, 0.5)
    times = make_row("a", [10.0, 20.0, 10.0], [5.0, 5.0, 5.0], 1.0, "s a token", "")
    assert (times.plain, times.ratio, times.of_bound) == (10.0, 2.0, 0.2)


def test_both_ways_take_turns_and_the_warm_up_is_dropped():
    order = []

    def way(name):
        order.append(name)
        return float(len(order))

    plain, ours = in_turns(lambda: way("plain"), lambda: way("ours"), 0.0)
    assert order == ["plain", "ours"] * 4
    assert (plain, ours) == ([3.0, 5.0, 7.0], [4.0, 6.0, 8.0])


def test_rows_that_are_done_survive_an_interruption_and_others_stay(tiny_profile, tmp_path, monkeypatch):
    def row(name):
        return lambda _: make_row(name, [1.0], [2.0], 4.0, "tokens/s", "")

    def stop(_):
        raise KeyboardInterrupt

    file = tmp_path / "rows.json"
    monkeypatch.setattr(bench, "works", lambda: {"compose_one": row("compose_one"), "tokenise": stop})
    with pytest.raises(KeyboardInterrupt):
        bench.run_bench(tiny_profile, file=file, stream=io.StringIO())
    assert [found["work"] for found in json.loads(file.read_text())] == ["compose_one"]
    monkeypatch.setattr(bench, "works", lambda: {"compose_one": stop, "tokenise": row("tokenise")})
    bench.run_bench(tiny_profile, ["tokenise"], file=file, stream=io.StringIO())
    assert [found["work"] for found in json.loads(file.read_text())] == ["compose_one", "tokenise"]


def test_long_works_wait_to_be_asked_for(tiny_profile, monkeypatch):
    asked = []
    made = make_row("x", [1.0], [2.0], 4.0, "tokens/s", "")
    monkeypatch.setattr(
        bench,
        "works",
        lambda: {
            name: lambda _, name=name: asked.append(name) or made for name in ("tokenise", "time_to_quality")
        },
    )
    for options in ({}, {"long": True}, {"only": ["time_to_quality"]}):
        bench.run_bench(tiny_profile, stream=io.StringIO(), **options)
    assert asked == ["tokenise", "tokenise", "time_to_quality", "time_to_quality"]


def test_bad_requests_are_one_sentence_and_leave_the_file_alone(tiny_profile, tmp_path):
    with pytest.raises(BookError, match="no work 'sing'; it has: train_original_size"):
        bench.run_bench(tiny_profile, ["sing"])
    with pytest.raises(BookError, match="no precision '16'"):
        bench.run_bench(tiny_profile, precision="16")
    with pytest.raises(BookError, match="on -1 threads"):
        bench.run_bench(tiny_profile, threads=-1)
    for content in ("{}", '[{"work": "sing"}]', "[1]", "not JSON"):
        file = tmp_path / "other.json"
        file.write_text(content)
        with pytest.raises(BookError, match=r"other\.json"):
            bench.run_bench(tiny_profile, ["tokenise"], size="tiny", file=file)
        assert file.read_text() == content


def test_two_ways_that_compute_different_things_are_not_timed(tiny_profile, monkeypatch):
    monkeypatch.setattr(bench_training.PlainTransformer, "take_weights", lambda self, model: self)
    with pytest.raises(BookError, match="do not compute the same thing"):
        bench.run_bench(
            tiny_profile,
            ["train_original_size"],
            size="tiny",
            precision="32-true",
            threads=1,
            stream=io.StringIO(),
        )


def test_random_tokens_fill_every_row_of_a_batch():
    from lib.data.batches import Batches

    store = random_tokens.RandomTokens(24, pieces=8)
    batches = Batches(store, "train", 24, 4 * 24, seed=1)
    assert batches.num_batches(0) == 2
    assert all((batches.batch_at(0, number).targets != store.pad_id).all() for number in range(2))
