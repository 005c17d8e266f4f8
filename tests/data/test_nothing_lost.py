"""A folder of everything: each note of each file is in the store or in the report, by a count that is not
ours."""

import io
import os
import sys
from pathlib import Path

import mido
import numpy as np
import pytest
import wild_files
from odd_folders import COMBINED, FOLDERS

from lib.chapters.dataset.measures import notes_told
from lib.data import open_store
from lib.data.files.midi_events import read_events
from lib.data.summary import describe_store, losses
from lib.profiles import load_profile

BEYOND_MIDO = {
    "length-too-short",
    "length-zero",
    "length-too-long",
    "one-track-too-few",
    "somebodys-chunk",
    "cut-off-late",
    "cut-off-early",
    "cut-between-tracks",
    "no-track",
    "nonsense-in-a-track",
}


def count(content: bytes, kind: str) -> int:
    """Notes by mido, where it reads the file; by the second reader where mido does not get through."""
    if content[:4] != b"MThd" or len(content) < 14 or len(content) > 16 << 20:
        return 0
    if kind in BEYOND_MIDO:
        return read_events(content).notes
    file = mido.MidiFile(file=io.BytesIO(content), clip=True)
    return sum(
        message.type == "note_on" and message.velocity > 0 for track in file.tracks for message in track
    )


@pytest.fixture(scope="module")
def everything(tmp_path_factory) -> tuple[Path, dict[str, int]]:
    """The folder, and the notes of each file."""
    folder, notes = tmp_path_factory.mktemp("everything"), {}
    kinds = (
        wild_files.KEPT
        | wild_files.REPAIRED
        | {kind: content for kind, (content, _) in wild_files.LEFT_OUT.items()}
    )
    for number, (kind, content) in enumerate(kinds.items()):
        emotion, suffix = ("calm", "lively")[number % 2], (".midi", ".mid", ".MID", ".Midi")[number % 4]
        name = f"XMIDI_{emotion}_folk_{kind}{suffix}"
        (folder / name).write_bytes(content)
        notes[name] = count(content, kind)
    for name in ("song.mid", "XMIDI_calm_folk.MID"):
        (folder / name).write_bytes(wild_files.KEPT["plain"])
        notes[name] = 40
    if sys.platform == "linux":
        with open(os.path.join(os.fsencode(folder), b"XMIDI_calm_folk_caf\xe9.midi"), "wb") as file:
            file.write(wild_files.KEPT["plain"])
        notes["XMIDI_calm_folk_caf\\xe9.midi"] = 40
        (folder / "XMIDI_calm_folk_circle.midi").symlink_to("XMIDI_calm_folk_circle.midi")
        (folder / "XMIDI_calm_folk_nowhere.midi").symlink_to("nowhere")
    (folder / "XMIDI_calm_folk_folder.midi").mkdir()
    (folder / "pieces.csv").write_text("file,composer\nsong.mid,somebody\n")
    (folder / "left_out.csv").write_text("which\nnone\n")
    (folder / "medians.csv").write_text("a;b\n1;2\n")
    return folder, notes


@pytest.fixture
def store(everything):
    return open_store(load_profile("smoke", everything[0]).model_copy(update={"workers": 1}))


def test_every_note_is_in_the_store_or_in_the_report(store, everything):
    notes = everything[1]
    index, left_out = store.index.set_index("name"), store.left_out.set_index("name")
    assert set(notes) <= {*index.index, *left_out.index}
    for name, expected in notes.items():
        found = index["notes"][name] if name in index.index else left_out["notes"][name]
        assert found == expected, name
    pitches = np.concatenate([store.ids_of_type("Pitch"), store.ids_of_type("PitchDrum")])
    for row, name in enumerate(store.index["name"]):
        told = int(np.isin(store.written_out(row), pitches).sum())
        assert told == index["notes"][name] - index["notes_lost"][name], name
    counts = store.manifest["counts"]
    told = int(notes_told(store).sum())
    assert sum(notes.values()) == told + counts["notes_lost"] + counts["notes_left_out"]
    text = describe_store(store)
    assert f"{sum(notes.values()):,} notes in the files, counted by a second reader = {told:,} in the" in text


def test_each_kind_is_where_it_belongs(store):
    repaired = store.index.set_index("identifier")["repairs"]
    reasons = {
        name.split("_")[-1].split(".")[0]: reason
        for name, reason in zip(store.left_out["name"], store.left_out["reason"], strict=True)
    }
    for kind in wild_files.KEPT:
        assert repaired[kind] == "", kind
    for kind in wild_files.REPAIRED:
        assert repaired[kind], kind
    for kind, (_, reason) in wild_files.LEFT_OUT.items():
        assert reasons[kind].startswith(reason), kind


def test_the_report_tells_file_by_file(store):
    table = losses(store.index).set_index("name")
    by_kind = {name.split("_")[-1].split(".")[0]: row for name, row in table.iterrows()}
    assert by_kind["half-never-ends"]["notes_ended"] == 16
    assert by_kind["pitch-128"]["notes_out_of_range"] == 1
    assert by_kind["fast"]["tempos_lost"] == by_kind["slow"]["tempos_lost"] == 1
    assert by_kind["fast"]["stretch"] == pytest.approx(0.28)
    assert by_kind["slow"]["stretch"] == pytest.approx(0.25)
    assert "plain" not in by_kind
    assert store.index.set_index("identifier")["pedals"]["pedal"] == 1


@pytest.mark.parametrize("kind", FOLDERS | COMBINED)
def test_every_note_of_odd_folders_is_in_the_store_or_in_the_report(tmp_path, kind):
    folder = (FOLDERS | COMBINED)[kind](tmp_path / kind)
    files = sorted(folder.glob("*.midi"))
    notes = {path.name: count(path.read_bytes(), kind) for path in files}
    store = open_store(load_profile("smoke", folder).model_copy(update={"workers": 1}))
    assert sorted([*store.index["name"], *store.left_out["name"]]) == [path.name for path in files]
    assert store.index["notes"].tolist() == [notes[name] for name in store.index["name"]]
    counts = store.manifest["counts"]
    told = int(
        np.isin(store.ids, np.concatenate([store.ids_of_type("Pitch"), store.ids_of_type("PitchDrum")])).sum()
    )
    assert sum(notes.values()) == told + counts["notes_lost"] + counts["notes_left_out"]
    copies = store.index[store.index["identifier"].str.endswith("copy")]
    originals = store.index.set_index("identifier").loc[copies["identifier"].str.removesuffix("copy")]
    assert copies["group"].tolist() == originals["group"].tolist(), "a copy belongs to its original"


def test_names_of_the_world(store):
    stage = store.left_out.set_index("name")["reason"]
    if sys.platform == "linux":
        assert stage["XMIDI_calm_folk_caf\\xe9.midi"] == "a name that is not UTF-8: rename the file"
        assert stage["XMIDI_calm_folk_circle.midi"].startswith("not a file")
    assert stage["XMIDI_calm_folk_folder.midi"].startswith("not a file")
    assert any(name.endswith(".MID") for name in store.index["name"])
