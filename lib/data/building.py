"""Building a token store: every file read once, in parallel, into ids, an index and fingerprints.

The work is cut into shards of fixed size and put together in their order, so that the result has the same
bytes for any number of workers.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError
from miditok import REMI

from lib.basics.errors import BookError
from lib.basics.files import explain_write_errors, hash_of_bytes, hash_of_json, write_json
from lib.basics.progress import Progress
from lib.data import duplicates
from lib.data.pieces import LeftOut, Piece, read_folder
from lib.data.split import split_by_groups
from lib.data.tokenizer import (
    MAX_BARS,
    TokenSet,
    build_tokenizer,
    count_bars,
    count_moved,
    encode,
    foreign_meters,
    load_score,
    main_meter,
    meter_sections,
    note_table,
    token_types,
    vocabulary_of,
)

FORMAT = 1
SHARD_PIECES = 200
IDS, INDEX, TOKENIZER, MANIFEST = "tokens.u16", "index.parquet", "tokenizer.json", "manifest.json"


@dataclass(frozen=True)
class Record:
    """What the index says of a piece, before offsets, groups and split.

    `notes` counts the file's notes; `notes_lost` those that have no tokens (pitch out of range);
    `notes_moved` those whose onset or length is off the grid; `bars` and `seconds` reach to the last note;
    `meter` is the one that holds longest; `pitch_low` and `pitch_high` span the notes that are not drums (−1
    where there are none).
    """

    identifier: str
    name: str
    emotion: str
    genre: str
    length: int
    notes: int
    notes_lost: int
    notes_moved: int
    bars: int
    seconds: float
    meter: str
    pitch_low: int
    pitch_high: int
    repaired: bool
    hash_exact: str
    hash_transposed: str


class _UnusableError(Exception):
    """A readable file that the book cannot use; the text is the reason."""


@dataclass
class _Shard:
    """A shard's results; its ids and shingles lie in files, so that they are not sent between processes."""

    records: list[Record]
    shingle_counts: list[int]
    signatures: np.ndarray
    left_out: list[LeftOut]


def read_piece(tokenizer: REMI, piece: Piece) -> tuple[np.ndarray, Record, duplicates.Fingerprint]:
    """Read and tokenise one file.

    Returns:
        Its ids from BOS to EOS (uint16), its record, its fingerprint.

    Raises:
        Exception: of any type, when the file cannot be read or used.
    """
    score, repaired = load_score(piece.path)
    notes = note_table(score)
    if not len(notes):
        raise _UnusableError("it has no notes")
    last_onset = int(notes.onset[-1])
    sections = meter_sections(score, last_onset)
    if foreign := foreign_meters(tokenizer, sections):
        raise _UnusableError(f"its meter {', '.join(foreign)} is not in the token set")
    bars = count_bars(sections, last_onset, score.ticks_per_quarter)
    if bars > MAX_BARS:
        raise _UnusableError(f"it has {bars} bars, more than {MAX_BARS}")
    ids = encode(tokenizer, score)
    written = np.count_nonzero(np.isin(ids, [*tokenizer.token_ids_of_type("Pitch"),
                                             *tokenizer.token_ids_of_type("PitchDrum")]))
    if not written:
        raise _UnusableError("none of its notes lies in the range of pitches")
    pitched = notes.pitch[notes.program >= 0]
    seconds = max(_last_end(track.notes.numpy()) for track in score.to("Second").tracks if len(track.notes))
    found = duplicates.fingerprint(notes)
    return ids, Record(
        identifier=piece.identifier, name=piece.path.name, emotion=piece.emotion, genre=piece.genre,
        length=len(ids), notes=len(notes), notes_lost=len(notes) - written,
        notes_moved=count_moved(tokenizer, notes, sections),
        bars=bars, seconds=round(seconds, 3), meter=main_meter(sections, last_onset),
        pitch_low=int(pitched.min(initial=128)) if len(pitched) else -1,
        pitch_high=int(pitched.max(initial=-1)), repaired=repaired,
        hash_exact=found.exact, hash_transposed=found.transposed), found


def _last_end(notes: dict[str, np.ndarray]) -> float:
    return float((notes["time"] + notes["duration"]).max())


def _read_shard(number: int, pieces: list[Piece], token_set: TokenSet, folder: Path,
                crashed: frozenset[str]) -> _Shard:
    """Read the pieces of one shard; runs in a worker process."""
    tokenizer = build_tokenizer(token_set)
    shard = _Shard([], [], np.zeros((0, duplicates.NUM_PERMUTATIONS), np.uint32), [])
    signatures = []
    marker = folder / f"shard-{number}.at"
    with (explain_write_errors(folder), open(folder / f"shard-{number}.ids", "wb") as ids_file,
          open(folder / f"shard-{number}.shingles", "wb") as shingles_file):
        for piece in pieces:
            name = piece.path.name
            if name in crashed:
                shard.left_out.append(LeftOut(name, "read", "reading it ends the process"))
                continue
            marker.write_text(name, encoding="utf-8")
            try:
                ids, record, found = read_piece(tokenizer, piece)
            except _UnusableError as error:
                shard.left_out.append(LeftOut(name, "tokens", str(error)))
                continue
            except Exception as error:  # the readers raise many types: RuntimeError, KeyError, ...
                shard.left_out.append(LeftOut(name, "read", f"it cannot be read ({_one_line(error)})"))
                continue
            ids_file.write(ids.astype("<u2").tobytes())
            shingles_file.write(found.shingles.astype("<u4").tobytes())
            shard.records.append(record)
            shard.shingle_counts.append(len(found.shingles))
            signatures.append(found.signature)
        marker.unlink(missing_ok=True)
    if signatures:
        shard.signatures = np.stack(signatures)
    return shard


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:200].rstrip(": ")


def _read_shards(pieces: list[Piece], token_set: TokenSet, folder: Path, workers: int) -> list[_Shard]:
    """Read all pieces; a file that kills its process is found, left out, and its shard read again."""
    starts = range(0, len(pieces), SHARD_PIECES)
    parts = {number: pieces[start:start + SHARD_PIECES] for number, start in enumerate(starts)}
    done: dict[int, _Shard] = {}
    crashed: frozenset[str] = frozenset()
    progress = Progress("tokens", len(pieces), unit="files")
    while len(done) < len(parts):
        waiting = [number for number in parts if number not in done]
        tasks = (delayed(_read_shard)(number, parts[number], token_set, folder, crashed)
                 for number in waiting)
        try:
            results = Parallel(n_jobs=workers, backend="loky", return_as="generator")(tasks)
            for number, shard in zip(waiting, results, strict=True):
                done[number] = shard
                progress.advance(len(parts[number]))
        except TerminatedWorkerError:
            suspects = {path.read_text(encoding="utf-8") for path in folder.glob("shard-*.at")}
            found = {piece.path.name for piece in pieces
                     if piece.path.name in suspects and _ends_its_process(piece, token_set)}
            if not found:
                raise BookError(f"A process that was reading {pieces[0].path.parent} was ended from outside; "
                                "if memory ran out, set 'workers' in the profile to 1.") from None
            crashed |= found
    progress.finish()
    return [done[number] for number in parts]


def _ends_its_process(piece: Piece, token_set: TokenSet) -> bool:
    """Whether reading this file kills the process that reads it."""
    try:
        # Two jobs, since joblib runs a lone one in this very process.
        pool = Parallel(n_jobs=2, backend="loky", return_as="generator")
        list(pool(delayed(_try_piece)(piece, token_set) for _ in range(2)))
    except TerminatedWorkerError:
        return True
    return False


def _try_piece(piece: Piece, token_set: TokenSet) -> None:
    try:
        read_piece(build_tokenizer(token_set), piece)
    except Exception:
        return


class _Shingles:
    """The shingles of all pieces, on disk: a piece's are read when a pair is to be checked."""

    def __init__(self, path: Path, counts: np.ndarray):
        self._ends = np.cumsum(counts)
        self._counts = counts
        self._values = np.memmap(path, "<u4", "r") if self._ends[-1] else np.zeros(0, np.uint32)

    def __call__(self, number: int) -> np.ndarray:
        end = self._ends[number]
        return self._values[end - self._counts[number]:end]


def _join(folder: Path, kind: str, count: int, target: Path) -> None:
    """Append the shards' files of a kind in their order, and delete them."""
    with explain_write_errors(target), open(target, "wb") as joined:
        for number in range(count):
            part = folder / f"shard-{number}.{kind}"
            with open(part, "rb") as file:
                shutil.copyfileobj(file, joined, 1 << 22)
            part.unlink()


def works_of(folder: Path, identifiers: Iterable[str]) -> list[str]:
    """The work that each piece is a part of, from the folder's `pieces.csv`; empty where it says nothing.

    Raises:
        BookError: when that table cannot be read.
    """
    table, works = folder / "pieces.csv", {}
    if table.is_file():
        try:
            known = pd.read_csv(table, dtype=str, keep_default_na=False)
        except (OSError, ValueError) as error:
            raise BookError(f"The table {table} cannot be read ({_one_line(error)}); "
                            "mend or remove it.") from error
        if {"identifier", "work"} <= set(known.columns):
            works = dict(zip(known["identifier"], known["work"], strict=True))
    return [works.get(identifier, "") for identifier in identifiers]


def build(folder: Path, target: Path, *, dataset: str, folder_hash: str, token_set: TokenSet, split_seed: int,
          workers: int) -> None:
    """Build the store of an XMIDI folder in the empty folder `target`.

    Raises:
        BookError: when the folder holds nothing usable, or the disk is full.
    """
    pieces, left_out = read_folder(folder)
    shards = _read_shards(pieces, token_set, target, workers)
    _join(target, "ids", len(shards), target / IDS)
    shingles_path = target / "shingles.u32"
    _join(target, "shingles", len(shards), shingles_path)
    left_out = sorted([*left_out, *(item for shard in shards for item in shard.left_out)],
                      key=lambda item: item.name)
    index = pd.DataFrame([asdict(record) for shard in shards for record in shard.records])
    if index.empty:
        raise BookError(f"None of the {len(pieces)} files in {folder} can be used; the first: "
                        f"{left_out[0].name}: {left_out[0].reason}.")
    lengths = index["length"].to_numpy()
    index.insert(4, "offset", np.cumsum(lengths) - lengths)
    index["work"] = works_of(folder, index["identifier"])
    counts = np.array([count for shard in shards for count in shard.shingle_counts])
    shingles = _Shingles(shingles_path, counts)
    similar = duplicates.similar_pairs(np.concatenate([shard.signatures for shard in shards]), shingles)
    same_music = [*duplicates.equal_pairs(index["hash_transposed"]),
                  *((first, second) for first, second, _ in similar)]
    index["group"] = duplicates.group(len(index), same_music, duplicates.equal_pairs(index["work"]))
    # Works are left out of this report: parts of one are not meant to be alike.
    largest = duplicates.largest_groups(duplicates.group(len(index), same_music), shingles)
    del shingles
    shingles_path.unlink()
    strata = index.groupby(["emotion", "genre"], sort=True).ngroup().to_numpy()
    index["split"] = split_by_groups(strata, index["group"].to_numpy(), split_seed)
    _write(target, index, token_set, left_out, {
        "format": FORMAT, "dataset": dataset, "folder_hash": folder_hash, "token_set": token_set,
        "split_seed": split_seed, "similar_pairs": len(similar), "largest_groups": largest})


def hash_of_file(path: Path) -> str:
    """SHA-256 of a file of any size."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(target: Path, index: pd.DataFrame, token_set: TokenSet, left_out: list[LeftOut],
           about: dict) -> None:
    """Write index, tokenizer and, last, the manifest that makes the store whole."""
    tokenizer = build_tokenizer(token_set)
    vocabulary = vocabulary_of(tokenizer)
    with explain_write_errors(target):
        index.to_parquet(target / INDEX, index=False)
        (target / TOKENIZER).write_text(json.dumps(tokenizer.to_dict(), indent=1) + "\n", encoding="utf-8")
        files = {name: {"bytes": (target / name).stat().st_size, "sha256": hash_of_file(target / name)}
                 for name in (IDS, INDEX, TOKENIZER)}
    type_names, _ = token_types(vocabulary)
    write_json(target / MANIFEST, {
        **about,
        # Of what the store says, not of how a version of pyarrow writes it down.
        "hash": hash_of_json([files[IDS]["sha256"], hash_of_bytes(index.to_csv(index=False).encode()),
                              tokenizer.to_dict()["config"], vocabulary]),
        "counts": {"pieces": len(index), "left_out": len(left_out), "tokens": int(index["length"].sum()),
                   "notes": int(index["notes"].sum()), "notes_lost": int(index["notes_lost"].sum()),
                   "notes_moved": int(index["notes_moved"].sum()), "repaired": int(index["repaired"].sum()),
                   "groups": int(index["group"].nunique())},
        "versions": {name: version(name) for name in ("miditok", "symusic", "datasketch", "numpy")},
        "emotions": sorted(index["emotion"].unique()), "genres": sorted(index["genre"].unique()),
        "type_names": type_names, "vocabulary": vocabulary, "files": files,
        "left_out": [asdict(item) for item in left_out]})
