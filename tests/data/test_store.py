"""The store: what it holds, when it is built anew, and what is left out of it."""

import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from symusic import Note, Score, TimeSignature, Track

from lib.basics.errors import BookError
from lib.basics.places import artifacts_folder
from lib.data import TokenStore, building, open_store, shards, store
from lib.data.note_tables import note_table
from lib.data.tokenizer import encode


def stores() -> list[Path]:
    return sorted(path for path in (artifacts_folder() / "stores").glob("[!.]*") if path.is_dir())


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def own_profile(profile, folder: Path):
    return profile.model_copy(update={"data": profile.data.model_copy(update={"folder": folder})})


@pytest.fixture
def own_folder(tiny_folder, tmp_path) -> Path:
    """A copy of the synthetic dataset that a test may spoil."""
    return Path(shutil.copytree(tiny_folder, tmp_path / "own"))


def test_a_store_holds_every_piece(tiny_store, tiny_folder):
    assert len(tiny_store) == len(list(tiny_folder.glob("*.midi")))
    assert tiny_store.index["length"].sum() == len(tiny_store.ids)
    for row in (0, 7, len(tiny_store) - 1):
        tokens = tiny_store.tokens(row)
        assert tokens[0] == tiny_store.bos_id
        assert tokens[-1] == tiny_store.eos_id
        expected = encode(tiny_store.tokenizer, Score(tiny_folder / tiny_store.index["name"][row]))
        np.testing.assert_array_equal(tokens, expected)


def test_the_index_describes_its_pieces(tiny_store, tiny_folder):
    for row in (0, 4, 9):
        entry = tiny_store.index.iloc[row]
        notes = note_table(Score(tiny_folder / entry["name"]))
        assert entry["notes"] == len(notes)
        assert entry["notes_lost"] == entry["notes_moved"] == 0
        assert entry["bars"] == np.isin(tiny_store.tokens(row), tiny_store.ids_of_type("Bar")).sum()
        quarters = (notes.onset + notes.duration).max() / notes.ticks_per_quarter
        assert entry["seconds"] == pytest.approx(quarters / 2)  # at 120 a minute
        assert entry["name"] == f"XMIDI_{entry['emotion']}_{entry['genre']}_{entry['identifier']}.midi"
        assert tiny_store.emotions[tiny_store.emotion_of(row)] == entry["emotion"]
        assert tiny_store.genres[tiny_store.genre_of(row)] == entry["genre"]


def test_copies_and_variants_are_one_group(tiny_store):
    index = tiny_store.index.set_index("identifier")
    first, copy, transposed, variant = (index.loc[f"{number:08d}"] for number in range(4))
    assert copy["hash_exact"] == first["hash_exact"] != transposed["hash_exact"]
    assert transposed["hash_transposed"] == first["hash_transposed"] != variant["hash_transposed"]
    assert {first["group"], copy["group"], transposed["group"], variant["group"]} == {first["group"]}
    assert index["group"].nunique() == len(index) - 3


def test_splits_are_disjoint_and_whole(tiny_store):
    rows = [tiny_store.rows(name) for name in ("train", "validation", "test")]
    assert sorted(np.concatenate(rows)) == list(range(len(tiny_store)))
    with pytest.raises(BookError, match="train, validation or test"):
        tiny_store.rows("valid")


def test_opening_again_builds_nothing(tiny_profile, monkeypatch):
    first = open_store(tiny_profile)
    monkeypatch.setattr(store, "build", lambda *_, **__: pytest.fail("it was built again"))
    assert open_store(tiny_profile).hash == first.hash


def test_the_number_of_workers_does_not_matter(tiny_profile, tiny_store, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_FILES", 10)
    made = open_store(tiny_profile.model_copy(update={"workers": 2}))
    assert made.hash == tiny_store.hash
    assert files_of(made.folder) == files_of(tiny_store.folder)


def test_another_token_set_is_another_store(tiny_profile):
    book, original = open_store(tiny_profile), open_store(tiny_profile, token_set="original")
    assert book.folder != original.folder
    assert len(original.vocabulary) == 486
    assert "Tempo" not in original.type_names
    assert len(original.ids_of_type("Tempo")) == 0


def test_changed_music_makes_another_store(tiny_profile, own_folder):
    profile = own_profile(tiny_profile, own_folder)
    first = open_store(profile)
    path = sorted(own_folder.iterdir())[0]
    score = Score(path)
    score.tracks[0].notes[0].pitch += 1
    size = path.stat().st_size
    score.dump_midi(path)
    assert path.stat().st_size == size  # only the content tells
    os.utime(path, ns=(0, 0))
    second = open_store(profile)
    assert second.hash != first.hash
    assert second.folder != first.folder
    TokenStore(first.folder)  # earlier results stay


def test_touching_files_changes_nothing(tiny_profile, own_folder):
    profile = own_profile(tiny_profile, own_folder)
    first = open_store(profile)
    os.utime(sorted(own_folder.iterdir())[0], ns=(0, 0))
    assert open_store(profile).folder == first.folder


def test_two_at_once_build_once(tiny_profile, monkeypatch):
    built = []

    def slow_build(*arguments, **options):
        built.append(1)
        time.sleep(0.3)
        building.build(*arguments, **options)

    monkeypatch.setattr(store, "build", slow_build)
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(open_store, [tiny_profile] * 2)
    assert first.hash == second.hash
    assert len(built) == 1


def test_an_interrupted_build_is_taken_up(tiny_profile, tiny_store, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(building, "_write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            open_store(tiny_profile)
    assert stores() == []
    monkeypatch.setattr(shards, "_read_shard", lambda *_: pytest.fail("a finished shard was read again"))
    made = open_store(tiny_profile)
    assert made.hash == tiny_store.hash
    assert sorted(path.name for path in made.folder.iterdir()) == sorted(
        [building.IDS, building.BAR_LINES, building.INDEX, building.TOKENIZER, building.MANIFEST]
    )
    assert not made.folder.with_name(f".{made.folder.name}").exists()


@pytest.mark.parametrize(
    "name", [building.IDS, building.BAR_LINES, building.INDEX, building.TOKENIZER, building.MANIFEST]
)
@pytest.mark.parametrize("damage", ["missing", "truncated", "changed"])
def test_a_damaged_store_is_named_and_rebuilt(tiny_profile, tiny_store, name, damage, tmp_path):
    folder = Path(shutil.copytree(tiny_store.folder, tmp_path / "store"))
    content = (folder / name).read_bytes()
    if damage == "missing":
        (folder / name).unlink()
    else:
        changed = content[:-10] if damage == "truncated" else b"\x00" + content[1:]
        (folder / name).write_bytes(changed)
    with pytest.raises(BookError) as error:
        TokenStore(folder)
    assert "\n" not in str(error.value)
    target = open_store(tiny_profile).folder
    shutil.rmtree(target)
    shutil.copytree(folder, target)
    assert open_store(tiny_profile).hash == tiny_store.hash


def score_of(notes, meter=(4, 4)) -> Score:
    score = Score(480)
    score.time_signatures.append(TimeSignature(0, *meter))
    track = Track(program=0)
    for onset, pitch in notes:
        track.notes.append(Note(onset, 240, pitch, 80))
    score.tracks.append(track)
    return score


def test_unusable_files_are_left_out_with_their_reason(tiny_profile, own_folder):
    def put(identifier: str, content: "bytes | Score") -> None:
        data = content if isinstance(content, bytes) else content.dumps_midi()
        (own_folder / f"XMIDI_calm_folk_{identifier}.midi").write_bytes(data)

    put("html", b"<html>404</html>")
    put("nothing", b"")
    put("silent", score_of([]))
    put("gap", score_of([(0, 60), (480 * 4 * 3000, 60)]))
    put("meter", score_of([(0, 60), (480, 62)], meter=(17, 16)))
    put("high", score_of([(0, 120), (480, 121)]))
    no_ticks = bytearray(score_of([(0, 60)]).dumps_midi())
    no_ticks[12:14] = b"\x00\x00"
    put("ticks", bytes(no_ticks))
    put("lossy", score_of([(0, 60), (240, 120)]))
    put("few", score_of([*((240 * number, 60) for number in range(18)), (240, 120), (480, 60)]))
    (own_folder / "notes.txt").write_text("not music")
    made = open_store(own_profile(tiny_profile, own_folder))
    reasons = {item["name"].split("_")[-1]: item["reason"] for item in made.manifest["left_out"]}
    for identifier, reason in {
        "html.midi": "a web page",
        "nothing.midi": "empty",
        "silent.midi": "no notes",
        "gap.midi": "more than 2000 bars",
        "meter.midi": "token set: 17/16",
        "high.midi": "range of pitches",
        "ticks.midi": "a quarter of no ticks",
        "lossy.midi": "too many notes without a token: 1 of 2",
    }.items():
        assert reason in reasons.pop(identifier)
    assert set(reasons) == {"notes.txt"}
    assert len(made.left_out) == 9
    kinds = made.left_out_kinds
    assert kinds["files"].sum() == 9
    assert kinds["notes"].sum() == made.manifest["counts"]["notes_left_out"] == 2 + 2 + 2 + 1 + 2
    assert len(made) == 49
    few = made.index.set_index("identifier").loc["few"]
    assert (few["notes"], few["notes_lost"], few["notes_out_of_range"]) == (20, 1, 1)


def test_a_folder_without_usable_files_is_one_sentence(tiny_profile, tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir()
    for number in range(3):
        (folder / f"XMIDI_calm_{'ab'[number % 2]}_{number}.midi").write_bytes(b"no midi")
    with pytest.raises(BookError, match="None of the 3 files") as error:
        open_store(own_profile(tiny_profile, folder))
    assert "\n" not in str(error.value)
    assert stores() == []


def test_a_missing_folder_is_one_sentence(tiny_profile, tmp_path):
    with pytest.raises(BookError, match="absent"):
        open_store(own_profile(tiny_profile, tmp_path / "absent"))


def test_a_full_disk_is_one_sentence_and_leaves_no_half(tiny_profile, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shards.np, "savez", full)
    with pytest.raises(BookError, match="disk is full"):
        open_store(tiny_profile)
    assert stores() == []


def test_bar_lines_are_where_the_bars_are(tiny_store):
    bars = tiny_store.ids_of_type("Bar")
    assert tiny_store.bar_lines.tolist() == np.flatnonzero(np.isin(tiny_store.ids, bars)).tolist()


def test_works_are_kept_together(tiny_profile, own_folder):
    identifiers = [f"{number:08d}" for number in range(48)]
    lines = [
        f"{identifier},{'mass' if number % 6 == 5 else ''}" for number, identifier in enumerate(identifiers)
    ]
    (own_folder / "pieces.csv").write_text("identifier,work\n" + "\n".join(lines) + "\n")
    index = open_store(own_profile(tiny_profile, own_folder)).index
    mass = index[index["work"] == "mass"]
    assert len(mass) == 8
    assert mass["group"].nunique() == 1
    assert mass["split"].nunique() == 1


def test_a_broken_table_beside_the_pieces_is_one_sentence(tiny_profile, own_folder):
    (own_folder / "pieces.csv").write_bytes(b'identifier,work\n"00000001\xff')
    with pytest.raises(BookError, match=r"pieces\.csv cannot be read"):
        open_store(own_profile(tiny_profile, own_folder))


def test_the_manifest_holds_no_path_and_no_time(tiny_store, tiny_folder):
    text = json.dumps(tiny_store.manifest)
    assert str(tiny_folder.parent) not in text
    assert tiny_store.manifest["counts"]["tokens"] == len(tiny_store.ids)
