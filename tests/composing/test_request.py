"""A request to compose: bad ones are refused before anything is made, good ones write all their files."""

import json
from pathlib import Path
from types import SimpleNamespace

import mido
import numpy as np
import pytest
import torch
from symusic import Score

from lib.basics.errors import BookError
from lib.composing import SamplingSettings
from lib.composing.compose import compose_pieces
from lib.composing.counted import NgramComposer
from lib.composing.prompt import what_is_wrong
from lib.composing.request import Request, read_span
from lib.data.tokenizer import decode, encode
from lib.models import NgramModel, build_model
from lib.models.pieces import flatten_rows
from lib.profiles.profile import ModelSettings

DRAW = SamplingSettings(max_tokens=60, seed=5)


@pytest.fixture(scope="module")
def network(untrained):
    return untrained("transformer")


@pytest.fixture
def prompt(tiny_store, tmp_path) -> Path:
    path = tmp_path / "given.mid"
    decode(tiny_store.tokenizer, tiny_store.tokens(0)).dump_midi(path)
    return path


def never():
    raise AssertionError("a model was asked for, though the request is impossible")


def test_a_folder_gets_three_files_for_each_piece(network, tiny_store, tmp_path):
    request = Request("calm", "pop", DRAW, tmp_path / "made", count=3)
    written = list(request.fulfil(lambda: network, tiny_store))
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == sorted(
        f"calm_pop_{seed}.{suffix}" for seed in (5, 6, 7) for suffix in ("json", "mid", "mp3")
    )
    assert set(written) == set((tmp_path / "made").iterdir())
    for seed in (5, 6, 7):
        record = json.loads((tmp_path / "made" / f"calm_pop_{seed}.json").read_text())
        score = Score(tmp_path / "made" / f"calm_pop_{seed}.mid")
        assert (record["seed"], record["notes"]) == (seed, score.note_num())
        assert (tmp_path / "made" / f"calm_pop_{seed}.mp3").stat().st_size > 500


def test_one_file_gets_what_is_asked_for(network, tiny_store, tmp_path):
    midi, how = tmp_path / "piece.MID", tmp_path / "how.json"
    request = Request("calm", "pop", DRAW, midi, record=how)
    assert list(request.fulfil(lambda: network, tiny_store)) == [midi, how]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["how.json", "piece.MID"]


def test_every_piece_goes_on_from_the_prompt(network, tiny_store, prompt, tmp_path):
    draw = DRAW.model_copy(update={"max_tokens": 120})
    request = Request("calm", "pop", draw, tmp_path / "made", count=2, prompt=prompt, prompt_bars=2)
    list(request.fulfil(lambda: network, tiny_store))
    given = tiny_store.tokens(0).tolist()
    bars = [place for place, token in enumerate(given) if tiny_store.vocabulary[token] == "Bar_None"]
    beginnings = []
    for seed in (5, 6):
        tokens = encode(tiny_store.tokenizer, Score(tmp_path / "made" / f"calm_pop_{seed}.mid")).tolist()
        assert tokens[: bars[2]] == given[: bars[2]]
        beginnings.append(tokens[bars[2] :])
        record = json.loads((tmp_path / "made" / f"calm_pop_{seed}.json").read_text())
        assert record["prompt_tokens"] == bars[2]
    assert beginnings[0] != beginnings[1]


def short_network(store):
    torch.manual_seed(1)
    settings = ModelSettings(kind="transformer", hidden_size=32, num_layers=1, num_heads=2)
    return build_model(settings, len(store.vocabulary), len(store.emotions), len(store.genres)).eval()


def notes_of_bars(path: Path) -> list[list]:
    """What mido finds in each bar: (ticks in the bar, pitch), at 480 ticks a quarter."""
    file, time, found = mido.MidiFile(path), 0, {}
    bar = None
    for message in mido.merge_tracks(file.tracks):
        time += message.time
        if message.type == "time_signature":
            bar = bar or file.ticks_per_beat * 4 * message.numerator // message.denominator
        if message.type == "note_on" and message.velocity:
            found.setdefault(time // bar, []).append((time % bar, message.note))
    return [sorted(found.get(number, [])) for number in range(max(found) + 1)]


def test_bars_are_written_again_and_all_others_stay(short_store, tmp_path):
    row = int(short_store.index["bars"].to_numpy().argmax())
    given = tmp_path / "given.mid"
    decode(short_store.tokenizer, short_store.tokens(row)).dump_midi(given)
    draw = SamplingSettings(max_tokens=1024, seed=3)
    request = Request("calm", "pop", draw, tmp_path / "made", count=3, prompt=given, rewrite=(3, 5))
    list(request.fulfil(lambda: short_network(short_store), short_store))
    before = notes_of_bars(given)
    again = [notes_of_bars(tmp_path / "made" / f"calm_pop_{seed}.mid") for seed in (3, 4, 5)]
    for after in again:
        assert len(after) == len(before)
        assert after[:2] + after[5:] == before[:2] + before[5:]
    assert all(after[2:5] != before[2:5] for after in again)
    assert again[0] != again[1]


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ((1, 2), "The first bar tells meter and tempo"),
        ((3, 99), "so bars 3 to 99 cannot be written again"),
        ((2, 11), "10 bars are too many"),
    ],
)
def test_bars_that_cannot_be_written_again_are_told_why(short_store, tmp_path, span, words):
    row = int(short_store.index["bars"].to_numpy().argmax())
    given = tmp_path / "given.mid"
    decode(short_store.tokenizer, short_store.tokens(row)).dump_midi(given)
    request = Request("calm", "pop", SamplingSettings(), tmp_path / "made", prompt=given, rewrite=span)
    with pytest.raises(BookError, match=words):
        list(request.fulfil(never, short_store))


def test_a_rewrite_that_went_wrong_is_told(short_store):
    row = int(short_store.index["bars"].to_numpy().argmax())
    piece = SimpleNamespace(ended=True, settings=DRAW, written_out=short_store.written_out(row))
    assert what_is_wrong(piece, short_store, 3, 5) == ""
    piece.ended = False
    assert "not whole within 60 tokens" in what_is_wrong(piece, short_store, 3, 5)


def test_a_piece_is_not_shorter_than_its_beginning(short_store, tmp_path):
    given = tmp_path / "given.mid"
    decode(short_store.tokenizer, short_store.tokens(0)).dump_midi(given)
    request = Request("calm", "pop", SamplingSettings(bars=3), tmp_path / "made", prompt=given)
    with pytest.raises(BookError, match="A piece of 3 bars cannot begin with 4"):
        list(request.fulfil(never, short_store))


def test_rewriting_needs_tokens_that_know_gaps(tiny_store, prompt, tmp_path):
    request = Request("calm", "pop", DRAW, tmp_path / "made", prompt=prompt, rewrite=(2, 3))
    with pytest.raises(BookError, match="its tokens know no gaps"):
        list(request.fulfil(never, tiny_store))


def test_of_several_candidates_one_is_kept(short_store, tmp_path):
    seen = []

    def last(pieces, vocabulary):
        seen.append([piece.seed for piece in pieces])
        return pieces[-1]

    request = Request("calm", "pop", DRAW, tmp_path / "made", count=2, candidates=3)
    list(request.fulfil(lambda: short_network(short_store), short_store, lambda: last))
    assert seen == [[5, 6, 7], [8, 9, 10]]
    names = sorted(path.name for path in (tmp_path / "made").glob("*.mid"))
    assert names == ["calm_pop_10.mid", "calm_pop_7.mid"]
    assert json.loads((tmp_path / "made" / "calm_pop_7.json").read_text())["selected_of"] == 3


@pytest.mark.parametrize("bars", [1, 12, 40])
def test_a_piece_has_the_bars_that_are_asked_for(short_store, bars):
    pieces = flatten_rows(short_store, short_store.rows("train"))
    model = NgramModel.fit(pieces, len(short_store.vocabulary), order=6)
    draw = SamplingSettings(max_tokens=4096, seed=2, bars=bars)
    piece = compose_pieces(NgramComposer(model, short_store), short_store, "calm", "pop", draw)[0]
    assert piece.ended
    assert piece.bars == bars


@pytest.mark.parametrize(("text", "span"), [("5-8", (5, 8)), ("5", (5, 5)), ("2–3", (2, 3))])
def test_spans_of_bars(text, span):
    assert read_span(text) == span


@pytest.mark.parametrize("text", ["", "a-b", "-3", "3-", "1.5-2"])
def test_what_is_no_span_is_told(text):
    with pytest.raises(BookError, match="names no bars: write the first and the last, such as 5-8"):
        read_span(text)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"count": 0}, "at least 1, not 0"),
        ({"count": 2, "out": "piece.mid"}, "2 pieces do not fit into the one file"),
        ({"prompt_bars": 2}, "belongs to a prompt"),
        ({"candidates": 0}, "candidates must be 1 to 64, not 0"),
        ({"candidates": 65}, "candidates must be 1 to 64, not 65"),
        ({"rewrite": (2, 3)}, "--rewrite belongs to a prompt"),
        ({"prompt": "given.mid", "rewrite": (2, 3), "prompt_bars": 2}, "leave --bars and --prompt-bars out"),
        ({"prompt": "missing.mid"}, "no MIDI file .*missing"),
        ({"prompt": "other.txt", "prompt_bars": 0}, "at least one bar, not 0"),
        ({"audio": "piece.mp3"}, "gets an MP3 and a JSON file for each piece anyway"),
        ({"out": "other.txt"}, "is a file, and not named as a MIDI file"),
        ({"out": "folder.mid"}, "is a folder, not a MIDI file"),
        (
            {"out": "piece.mid", "audio": "piece.wav"},
            "written as MP3: name it piece.mp3 instead of piece.wav",
        ),
        ({"out": "piece.mid", "audio": "piece.mid"}, "written as MP3: name it piece.mp3"),
        ({"out": "piece.mid", "record": "piece.mid"}, "written as JSON: name it piece.json"),
        ({"out": "piece.mid", "score": "piece.mid"}, "name it piece.musicxml"),
        ({"out": "given.mid", "prompt": "given.mid"}, "--prompt and --out are the same file.*give --out"),
        ({"out": "GIVEN.mid", "prompt": "given.mid"}, "--prompt and --out are the same file"),
        ({"out": "link.mid", "prompt": "given.mid"}, "--prompt and --out are the same file"),
        (
            {"out": ".", "prompt": "calm_pop_6.mid", "count": 2},
            "--prompt and a piece of --out .calm_pop_6.mid",
        ),
    ],
)
def test_impossible_requests_are_one_sentence(values, words, tmp_path):
    (tmp_path / "other.txt").write_text("older")
    (tmp_path / "folder.mid").mkdir()
    for name in ("given.mid", "calm_pop_6.mid"):
        (tmp_path / name).write_text("mine")
    (tmp_path / "link.mid").symlink_to(tmp_path / "given.mid")
    before = sorted(path.name for path in tmp_path.iterdir())
    paths = {
        name: tmp_path / value
        for name, value in values.items()
        if name in ("out", "prompt", "audio", "record", "score")
    }
    with pytest.raises(BookError, match=words):
        Request("calm", "pop", DRAW, **{"out": tmp_path / "made"} | values | paths)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (tmp_path / "other.txt").read_text() == "older"
    assert (tmp_path / "given.mid").read_text() == "mine"


def test_labels_and_prompts_are_looked_at_before_a_model_is_asked_for(tiny_store, prompt, tmp_path):
    out, page = tmp_path / "made", tmp_path / "page.mid"
    page.write_bytes(b"<html>")
    short = SamplingSettings(max_tokens=20)
    for request, words in (
        (Request("angry", "pop", DRAW, out), "no emotion 'angry'"),
        (Request("calm", "jazz", DRAW, out), "no genre 'jazz'"),
        (Request("calm", "pop", DRAW, out, prompt=page), "cannot be read|hold no notes"),
        (Request("calm", "pop", short, out, prompt=prompt), "leave no room within 20"),
    ):
        with pytest.raises(BookError, match=words):
            list(request.fulfil(never, tiny_store))
    assert not out.exists()


def test_guidance_needs_a_run_that_learned_to_do_without_labels(tiny_store, tiny_profile, tmp_path):
    from lib.training import request_run

    run = tiny_profile.run("transformer")
    short = run.training.model_copy(update={"tokens": 200, "label_dropout": 0.0, "evaluations": 1})
    trained = request_run(run.model_copy(update={"training": short}), tiny_store, quiet=True)
    guided = DRAW.model_copy(update={"guidance": 2.0})
    with pytest.raises(BookError, match="trained without label dropout"):
        list(Request("calm", "pop", guided, tmp_path / "made").fulfil(lambda: trained, tiny_store))
    assert list(Request("calm", "pop", DRAW, tmp_path / "made").fulfil(lambda: trained, tiny_store))


def test_the_same_request_gives_the_same_notes(network, tiny_store, tmp_path):
    tokens = []
    for name in ("first", "second"):
        list(Request("calm", "pop", DRAW, tmp_path / name).fulfil(lambda: network, tiny_store))
        tokens.append(encode(tiny_store.tokenizer, Score(tmp_path / name / "calm_pop_5.mid")))
    assert np.array_equal(*tokens)


def test_a_score_alone_needs_no_midi_file(network, tiny_store, tmp_path):
    page = tmp_path / "piece.svg"
    assert list(Request("calm", "pop", DRAW, None, score=page).fulfil(lambda: network, tiny_store)) == [page]
    assert "seed 5" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("out", "score", "words"),
    [
        (None, None, "--score piece.pdf"),
        ("piece.mid", "piece.doc", "piece.pdf"),
        ("made", "piece.pdf", "a folder"),
    ],
)
def test_a_score_that_cannot_be_written_is_refused(tmp_path, out, score, words):
    with pytest.raises(BookError, match=words):
        Request("calm", "pop", DRAW, out and tmp_path / out, score=score and tmp_path / score)
