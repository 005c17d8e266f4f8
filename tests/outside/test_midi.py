"""A composed piece's MIDI file, read by mido and by pretty_midi: the notes that its tokens say."""

import io
import re
from fractions import Fraction

import mido
import pretty_midi
import pytest

from lib.composing import SamplingSettings, compose_pieces
from lib.data.tokenizer import POSITIONS_PER_BEAT, decode, vocabulary_of

Note = tuple[int, Fraction, int, int, Fraction]  # program, onset, pitch, velocity, length; times in quarters


def said(words: list[str]) -> list[Note]:
    """What tokens say, read word by word; drums have program −1."""
    notes, begin, end, beat = [], Fraction(0), Fraction(0), Fraction(1)
    for word in words:
        kind, _, value = word.partition("_")
        if kind == "Bar":
            begin = end
        elif kind == "TimeSig":
            over, under = map(int, value.split("/"))
            beat = Fraction(4, under)
            end = begin + over * beat
        elif kind == "Position":
            position = int(value) * beat / POSITIONS_PER_BEAT
        elif kind == "Program":
            program = int(value)
        elif kind in ("Pitch", "PitchDrum"):
            pitch = int(value)
        elif kind == "Velocity":
            velocity = int(value)
        elif kind == "Duration":
            whole, parts, of = map(int, re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", value).groups())
            notes.append((program, begin + position, pitch, velocity, (whole + Fraction(parts, of)) * beat))
        if kind == "Bar":
            end = begin + 4 if end == begin else end
    return sorted(notes)


def by_mido(midi: bytes) -> list[Note]:
    """Notes of a MIDI file as mido finds its events; a note ends with the next end of its key."""
    file, notes = mido.MidiFile(file=io.BytesIO(midi)), []
    for track in file.tracks:
        at, program, sounding = 0, 0, {}
        for message in track:
            at += message.time
            if message.type == "program_change":
                program = -1 if message.channel == 9 else message.program
            elif message.type == "note_on" and message.velocity:
                sounding.setdefault(message.note, []).append((at, message.velocity))
            elif message.type in ("note_on", "note_off"):
                begin, velocity = sounding[message.note].pop(0)
                notes.append(
                    (
                        program,
                        Fraction(begin, file.ticks_per_beat),
                        message.note,
                        velocity,
                        Fraction(at - begin, file.ticks_per_beat),
                    )
                )
        assert not any(sounding.values())
    return sorted(notes)


def by_pretty_midi(midi: bytes) -> list[Note]:
    """The same by pretty_midi, which tells seconds: they become ticks again by its own map of tempos."""
    file = pretty_midi.PrettyMIDI(io.BytesIO(midi))
    notes = []
    for instrument in file.instruments:
        for note in instrument.notes:
            begin, end = (
                Fraction(file.time_to_tick(seconds), file.resolution) for seconds in (note.start, note.end)
            )
            notes.append(
                (
                    -1 if instrument.is_drum else instrument.program,
                    begin,
                    note.pitch,
                    note.velocity,
                    end - begin,
                )
            )
    return sorted(notes)


@pytest.mark.parametrize("row", range(0, 48, 5))
def test_a_real_piece_comes_out_of_its_tokens_whole(tiny_store, row):
    tokens = tiny_store.tokens(row)
    vocabulary = vocabulary_of(tiny_store.tokenizer)
    expected = said([vocabulary[token] for token in tokens])
    midi = decode(tiny_store.tokenizer, tokens).dumps_midi()
    assert expected
    assert by_mido(midi) == expected
    assert by_pretty_midi(midi) == expected


def test_a_composed_piece_has_the_notes_of_its_tokens(tiny_store, untrained, tmp_path):
    """An untrained network writes what nobody would: many programs, tempos and meters, keys struck twice."""
    settings = SamplingSettings(max_tokens=300, seed=3)
    pieces = compose_pieces(untrained("transformer"), tiny_store, "calm", "pop", settings, 4)
    for number, piece in enumerate(pieces):
        path = tmp_path / f"{number}.mid"
        piece.save(midi=path)
        vocabulary = vocabulary_of(piece.tokenizer)
        expected = [note[:4] for note in said([vocabulary[token] for token in piece.tokens])]
        assert expected
        assert [note[:4] for note in by_mido(path.read_bytes())] == expected
        struck = sorted((onset, pitch) for _, onset, pitch, _ in expected)
        assert sorted((note[1], note[2]) for note in by_pretty_midi(path.read_bytes())) == struck
