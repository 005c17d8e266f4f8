"""Building a token store: the shards of a folder put together in their order, duplicates grouped, the split
made.

Memory is bounded by the number of pieces: ids, bar lines, shingles and melodies stay on disk.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from miditok import REMI

from lib.basics.errors import BookError
from lib.basics.files import explain_write_errors, hash_of_bytes, hash_of_json, write_json
from lib.basics.progress import Progress
from lib.data.files.companions import read_companion
from lib.data.files.reader_process import borrowed_reader
from lib.data.grouping import duplicates, groups
from lib.data.grouping.melodies import same_melody
from lib.data.grouping.split import split_by_groups
from lib.data.pieces import LeftOut, Piece, has_midi_suffix, is_file, printable, read_folder
from lib.data.shards import Reading, read_shards, remove_shards, tokenise
from lib.data.shorthand.tokens import BARS, ids_of_types
from lib.data.tokenizer import TokenSet, build_tokenizer, token_types, vocabulary_of

FORMAT = 4
IDS, BAR_LINES, INDEX = "tokens.u16", "bar_lines.i64", "index.parquet"
TOKENIZER, MANIFEST = "tokenizer.json", "manifest.json"
_SHINGLES, _MELODIES = "shingles.u32", "melodies.u32"
_SUMS = ("notes", "notes_lost", "notes_out_of_range", "notes_moved", "notes_ended", "tempos_lost", "pedals")


class _OnDisk:
    """Numbers of all pieces, on disk: a piece's are read when a pair is to be checked."""

    def __init__(self, path: Path, counts: np.ndarray):
        self._ends = np.cumsum(counts)
        self._counts = counts
        self.values = np.memmap(path, "<u4", "r") if self._ends[-1] else np.zeros(0, np.uint32)

    def __call__(self, number: int) -> np.ndarray:
        end = self._ends[number]
        return self.values[end - self._counts[number] : end]


@dataclass
class _Joined:
    """What the shards hold together; ids, shingles and melodies lie on disk."""

    index: pd.DataFrame
    left_out: list[LeftOut]
    shingle_counts: np.ndarray
    signatures: np.ndarray
    melody_counts: np.ndarray


def _join(folder: Path, count: int, bar_ids: np.ndarray) -> _Joined:
    """Write the shards' ids, bar lines, shingles and melodies one behind the other, and gather the rest."""
    tables, left_out, counts, signatures, melody_counts = [], [], [], [], []
    written = 0
    with (
        explain_write_errors(folder),
        open(folder / IDS, "wb") as ids,
        open(folder / BAR_LINES, "wb") as bars,
        open(folder / _SHINGLES, "wb") as shingles,
        open(folder / _MELODIES, "wb") as melodies,
    ):
        for shard in read_shards(folder, count):
            ids.write(shard.ids.astype("<u2").tobytes())
            bars.write((written + np.flatnonzero(np.isin(shard.ids, bar_ids))).astype("<i8").tobytes())
            shingles.write(shard.shingles.astype("<u4").tobytes())
            melodies.write(shard.melodies.astype("<u4").tobytes())
            written += len(shard.ids)
            left_out += shard.left_out
            if shard.records:
                tables.append(pd.DataFrame(shard.records))
                counts.append(shard.shingle_counts)
                signatures.append(shard.signatures)
                melody_counts.append(shard.melody_counts)
    if not tables:
        return _Joined(
            pd.DataFrame(),
            left_out,
            np.zeros(0, np.int64),
            np.zeros((0, 0), np.uint32),
            np.zeros(0, np.int64),
        )
    return _Joined(
        pd.concat(tables, ignore_index=True),
        left_out,
        np.concatenate(counts),
        np.concatenate(signatures),
        np.concatenate(melody_counts),
    )


def works_of(folder: Path, identifiers: Iterable[str]) -> list[str]:
    """The work that each piece is a part of, from the folder's `pieces.csv`; empty where it says nothing.

    Raises:
        BookError: when that table cannot be read.
    """
    table = read_companion(folder, "pieces.csv", ("identifier", "work"))
    works = {} if table is None else dict(zip(table["identifier"], table["work"], strict=True))
    return [works.get(identifier, "") for identifier in identifiers]


def _counted(folder: Path, left_out: list[LeftOut], token_set: str, reading: Reading) -> list[LeftOut]:
    """Files that are left out for their names, with the notes in those that are MIDI."""
    paths = (
        {
            printable(path.name): path
            for path in folder.iterdir()
            if has_midi_suffix(path.name) and is_file(path)
        }
        if left_out
        else {}
    )
    named = [item for item in left_out if item.name in paths]
    if not named:
        return left_out
    progress = Progress("counting notes in files left out for their names", len(named), unit="files")
    counted = [item for item in left_out if item.name not in paths]
    with borrowed_reader(token_set, reading.seconds, reading.function) as reader:
        for item in named:
            piece = Piece(paths[item.name].absolute(), "", "", "")
            counted.append(replace(item, notes=reader.count(piece)))
            progress.advance()
    progress.finish()
    return counted


def build(
    folder: Path,
    target: Path,
    *,
    dataset: str,
    folder_hash: str,
    token_set: TokenSet,
    split_seed: int,
    reading: Reading,
) -> None:
    """Build the store of an XMIDI folder in the folder `target`, where an earlier call may have left shards.

    What the work leaves behind when it is interrupted is the next call's start.

    Raises:
        BookError: when the folder holds nothing usable (then `target` is gone), or the disk is full.
    """
    pieces, left_out = read_folder(folder)
    tokenizer = build_tokenizer(token_set)
    count = tokenise(pieces, token_set, target, reading)
    joined = _join(target, count, ids_of_types(vocabulary_of(tokenizer), BARS))
    index = joined.index
    left_out = sorted(
        [*_counted(folder, left_out, token_set, reading), *joined.left_out], key=lambda item: item.name
    )
    if index.empty:
        shutil.rmtree(target, ignore_errors=True)
        raise BookError(
            f"None of the {len(pieces)} files in {folder} can be used; the first: "
            f"{left_out[0].name}: {left_out[0].reason}."
        )
    lengths = index["length"].to_numpy()
    index.insert(4, "offset", np.cumsum(lengths) - lengths)
    index["work"] = works_of(folder, index["identifier"])
    about = _find_groups(index, target, joined)
    strata = index.groupby(["emotion", "genre"], sort=True).ngroup().to_numpy()
    index["split"] = split_by_groups(strata, index["group"].to_numpy(), split_seed)
    _write(
        target,
        index,
        tokenizer,
        left_out,
        {
            "format": FORMAT,
            "dataset": dataset,
            "folder_hash": folder_hash,
            "token_set": token_set,
            "split_seed": split_seed,
            **about,
        },
    )
    for name in (_SHINGLES, _MELODIES):
        (target / name).unlink()
    remove_shards(target)


def _find_groups(index: pd.DataFrame, folder: Path, joined: _Joined) -> dict[str, object]:
    """Write into the index which pieces belong together: `group`, and `group_without_melody`, which does not
    look at the outer voice, to see what it would miss.

    Returns:
        What the manifest says of it.
    """
    shingles = _OnDisk(folder / _SHINGLES, joined.shingle_counts)
    similar = duplicates.similar_pairs(joined.signatures, shingles)
    same_notes = groups.group(
        len(index),
        groups.equal_pairs(index["hash_transposed"]),
        [(first, second) for first, second, _ in similar],
    )
    melodies = _OnDisk(folder / _MELODIES, joined.melody_counts)
    one_melody = same_melody(melodies.values, joined.melody_counts, same_notes)
    same_music = [*groups.pairs_of_groups(same_notes), *one_melody]
    of_one_work = groups.equal_pairs(index["work"])
    index["group_without_melody"] = groups.group(len(index), groups.pairs_of_groups(same_notes), of_one_work)
    index["group"] = groups.group(len(index), same_music, of_one_work)
    # Works are left out of this report: parts of one are not meant to be alike.
    largest = duplicates.largest_groups(groups.group(len(index), same_music), shingles)
    return {"similar_pairs": len(similar), "melody_pairs": len(one_melody), "largest_groups": largest}


def hash_of_file(path: Path) -> str:
    """SHA-256 of a file of any size."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(target: Path, index: pd.DataFrame, tokenizer: REMI, left_out: list[LeftOut], about: dict) -> None:
    """Write index, tokenizer and, last, the manifest that makes the store whole."""
    vocabulary = vocabulary_of(tokenizer)
    with explain_write_errors(target):
        index.to_parquet(target / INDEX, index=False)
        (target / TOKENIZER).write_text(json.dumps(tokenizer.to_dict(), indent=1) + "\n", encoding="utf-8")
        files = {
            name: {"bytes": (target / name).stat().st_size, "sha256": hash_of_file(target / name)}
            for name in (IDS, BAR_LINES, INDEX, TOKENIZER)
        }
    type_names, _ = token_types(vocabulary)
    write_json(
        target / MANIFEST,
        {
            **about,
            # Of what the store says, not of how a version of pyarrow writes it down.
            "hash": hash_of_json(
                [
                    files[IDS]["sha256"],
                    hash_of_bytes(index.to_csv(index=False).encode()),
                    tokenizer.to_dict()["config"],
                    vocabulary,
                ]
            ),
            "counts": {
                "pieces": len(index),
                "left_out": len(left_out),
                "tokens": int(index["length"].sum()),
                "groups": int(index["group"].nunique()),
                "repaired": int(index["repaired"].sum()),
                **{name: int(index[name].sum()) for name in _SUMS},
                "notes_left_out": sum(item.notes for item in left_out),
            },
            "versions": {name: version(name) for name in ("miditok", "symusic", "datasketch", "numpy")},
            "emotions": sorted(index["emotion"].unique()),
            "genres": sorted(index["genre"].unique()),
            "type_names": type_names,
            "vocabulary": vocabulary,
            "files": files,
            "left_out": [asdict(item) for item in left_out],
        },
    )
