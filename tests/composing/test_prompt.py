"""Prompts: the first bars of a file become the beginning of a piece, or a sentence says why not."""

import numpy as np
import pytest
import wild_files
from symusic import Note, Score, Tempo, TimeSignature, Track

from lib.basics.errors import BookError
from lib.composing import Grammar, read_prompt
from lib.data.files import scores
from lib.data.rehearsal.faults import READ_PIECE, write_fault


def melody(bars: int = 6, numerator: int = 3, denominator: int = 4) -> Score:
    score = Score(480)
    score.time_signatures.append(TimeSignature(0, numerator, denominator))
    score.tempos.append(Tempo(0, 100))
    track = Track(program=40)
    for beat in range(bars * numerator):
        track.notes.append(Note(beat * 1920 // denominator, 1920 // denominator, 60 + beat % 12, 90))
    score.tracks.append(track)
    return score


def saved(score: Score, tmp_path, name: str = "prompt.mid"):
    score.dump_midi(tmp_path / name)
    return tmp_path / name


def test_the_bars_asked_for_and_no_more(tiny_store, tmp_path):
    path = saved(melody(), tmp_path)
    grammar = Grammar(tiny_store.tokenizer)
    for bars in (1, 2, 6, 50):
        tokens = read_prompt(path, tiny_store, bars)
        texts = [tiny_store.vocabulary[token] for token in tokens]
        assert texts[0] == "BOS_None"
        assert texts.count("Bar_None") == min(bars, 6)
        assert sum(text.startswith("Pitch") for text in texts) == 3 * min(bars, 6)
        assert texts[-1].startswith("Duration")
        assert grammar.violation(tokens) is None


def test_what_lies_behind_the_prompt_does_not_matter(tiny_store, tmp_path):
    score = melody()
    plain = read_prompt(saved(score, tmp_path), tiny_store, 2)
    score.time_signatures.append(TimeSignature(8 * 1440, 13, 32))
    score.tempos.append(Tempo(9 * 1440, 200))
    score.tracks[0].notes.append(Note(480 * 1_000_000, 480, 60, 90))  # eleven days later
    assert np.array_equal(read_prompt(saved(score, tmp_path, "long.mid"), tiny_store, 2), plain)


def test_a_change_of_meter_within_the_prompt(tiny_store, tmp_path):
    score = melody()
    score.time_signatures.append(TimeSignature(1440, 6, 8))
    texts = [tiny_store.vocabulary[token] for token in read_prompt(saved(score, tmp_path), tiny_store, 2)]
    assert [text for text in texts if text.startswith("TimeSig")] == ["TimeSig_3/4", "TimeSig_6/8"]


def test_files_that_cannot_be_read(tiny_store, tmp_path):
    with pytest.raises(BookError, match="There is no MIDI file"):
        read_prompt(tmp_path / "missing.mid", tiny_store, 2)
    for name, content in (
        ("page.mid", b"<html>"),
        ("empty.mid", b""),
        ("song.mp3", b"ID3"),
        ("zero.mid", b"MThd\0\0\0\6\0\1\0\0\0\0"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BookError, match=rf"{name} cannot be read"):
            read_prompt(tmp_path / name, tiny_store, 2)


def test_prompts_that_cannot_be_used(tiny_store, tmp_path):
    path = saved(melody(), tmp_path)
    with pytest.raises(BookError, match=r"take \d+ tokens and leave no room within 20; take fewer bars"):
        read_prompt(path, tiny_store, 4, max_tokens=20)
    with pytest.raises(BookError, match="at least one bar, not 0"):
        read_prompt(path, tiny_store, 0)
    late = melody()
    for note in late.tracks[0].notes:
        note.time += 1440 * 4
    with pytest.raises(BookError, match=r"first 2 bars .* hold no notes"):
        read_prompt(saved(late, tmp_path, "late.mid"), tiny_store, 2)
    with pytest.raises(BookError, match="The meter 13/32"):
        read_prompt(saved(melody(2, 13, 32), tmp_path, "odd.mid"), tiny_store, 2)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("overflow", "times that overflow"),
        ("very-low", "No note in the first 4 bars .* pitches 21 to 109"),
        ("silence-first", "first 4 bars .* hold no notes"),
        ("several-songs", "several songs in one file"),
        ("silent", "holds no notes"),
        ("page", "a web page, not MIDI"),
        ("no-track", "holds no notes"),
    ],
)
def test_files_of_the_world_are_a_sentence(tiny_store, tmp_path, kind, words):
    content = wild_files.KEPT.get(kind) or wild_files.LEFT_OUT[kind][0]
    (tmp_path / "wild.mid").write_bytes(content)
    with pytest.raises(BookError, match=words) as error:
        read_prompt(tmp_path / "wild.mid", tiny_store, 4)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", ["pitch-128", "none-ends", "length-zero", "tempo-0"])
def test_files_that_can_be_repaired_are_prompts(tiny_store, tmp_path, kind):
    (tmp_path / "wild.mid").write_bytes(wild_files.REPAIRED[kind])
    texts = [tiny_store.vocabulary[token] for token in read_prompt(tmp_path / "wild.mid", tiny_store, 2)]
    assert sum(text.startswith("Pitch") for text in texts) >= 6


def test_a_file_that_ends_its_reader_is_a_sentence(tiny_store, tmp_path, monkeypatch):
    monkeypatch.setattr(scores, "READ_SCORE", READ_PIECE)
    write_fault(tmp_path / "crash.mid", "crash")
    with pytest.raises(BookError, match="ends the process that reads it: SIGSEGV"):
        read_prompt(tmp_path / "crash.mid", tiny_store, 2)
