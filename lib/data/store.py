"""The token store: every piece of a dataset as ids, with its labels, its duplicates and its part of the
split.

A store is a folder: `tokens.u16` (ids, flat, little-endian), `index.parquet` (a row a piece),
`tokenizer.json` (MidiTok's own) and `manifest.json` (what it was made of, and every file left out). Its name
holds a hash of all that decides its content, so a stale one is never opened; it comes into being by one
rename, so a half-written one neither.
"""

import contextlib
import hashlib
import os
import re
import shutil
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from miditok import REMI

from lib.basics.errors import BookError
from lib.basics.files import explain_write_errors, hash_of_json, locked, make_folder, read_json, write_json
from lib.basics.kept import code_hash
from lib.basics.places import artifacts_folder, data_folder
from lib.basics.progress import Progress
from lib.data.building import BAR_LINES, FORMAT, IDS, INDEX, MANIFEST, TOKENIZER, build, hash_of_file
from lib.data.pieces import has_midi_suffix, is_file
from lib.data.shards import Reading
from lib.data.tokenizer import TokenSet, build_tokenizer, token_types, vocabulary_of, write_out
from lib.profiles import Profile

_CODE = code_hash("lib.data.building")
_CHECKED_BYTES = 1 << 26
"""Up to this size a store's ids are hashed whenever it is opened; beyond it their length is compared."""


class TokenStore:
    """An open token store; see the module. Rows of `index` are numbered from 0 and are the pieces' numbers
    everywhere.

    Attributes:
        folder: where it lies.
        manifest: what it was made of, counts, and the files left out with their reasons.
        index: a row a piece: identifier, name, emotion, genre, offset and length in tokens, notes of the
            file, notes_lost, notes_moved, bars, seconds, meter, pitch_low, pitch_high, repaired, hash_exact,
            hash_transposed, notes_out_of_range, notes_ended, seconds_told, tempos_lost, pedals, repairs,
            work, group_without_melody, group, split; see :class:`lib.data.files.reading.Record`.
        bar_lines: the places in the flat ids of all tokens with which a bar begins, ascending.
        vocabulary: the text of each token, by id.
        type_names, type_of_id: the token types, and the index of each id's type, shape [vocabulary].
        emotions, genres: the labels, sorted; a label's number is its place here.
        pad_id, bos_id, eos_id: the special tokens.
        hash: SHA-256 over ids, index and tokenizer; the same for any number of workers.

    Raises:
        BookError: when the folder is not a whole store.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.manifest = _checked_manifest(self.folder)
        self.hash: str = self.manifest["hash"]
        self.vocabulary: list[str] = self.manifest["vocabulary"]
        self.type_names, self.type_of_id = token_types(self.vocabulary)
        self.emotions: list[str] = self.manifest["emotions"]
        self.genres: list[str] = self.manifest["genres"]
        self.pad_id, self.bos_id, self.eos_id = (
            self.vocabulary.index(f"{name}_None") for name in ("PAD", "BOS", "EOS")
        )
        self.index = pd.read_parquet(self.folder / INDEX)
        self.ids = np.memmap(self.folder / IDS, "<u2", "r")
        self.bar_lines = np.memmap(self.folder / BAR_LINES, "<i8", "r")
        self._number_pieces()

    def _number_pieces(self) -> None:
        """Set what everybody reads: where a piece lies, how long it is, its labels' numbers."""
        self.offsets = self.index["offset"].to_numpy()
        self.lengths = self.index["length"].to_numpy()
        self.emotion_ids = _label_numbers(self.index["emotion"], self.emotions)
        self.genre_ids = _label_numbers(self.index["genre"], self.genres)

    def __len__(self) -> int:
        return len(self.index)

    def __repr__(self) -> str:
        return f"TokenStore({self.folder.name}: {len(self):,} pieces, {len(self.ids):,} tokens)"

    def tokens(self, row: int) -> np.ndarray:
        """The ids of a piece from BOS to EOS: uint16 [tokens], a view that cannot be written to."""
        return self.ids[self.offsets[row] : self.offsets[row] + self.lengths[row]]

    def written_out(self, row: int) -> np.ndarray:
        """The ids of a piece as MidiTok spells it, whatever the token set: uint16 [tokens]."""
        return write_out(self.tokenizer, self.tokens(row))

    def rows(self, split: str) -> np.ndarray:
        """The rows of the pieces of `train`, `validation` or `test`: int64 [pieces], ascending.

        Raises:
            BookError: for another name.
        """
        if split not in ("train", "validation", "test"):
            raise BookError(f"There is no split '{split}'; choose train, validation or test.")
        return np.flatnonzero((self.index["split"] == split).to_numpy())

    def emotion_of(self, row: int) -> int:
        """The number of a piece's emotion."""
        return int(self.emotion_ids[row])

    def genre_of(self, row: int) -> int:
        """The number of a piece's genre."""
        return int(self.genre_ids[row])

    def ids_of_type(self, name: str) -> np.ndarray:
        """The ids of a token type, int64 [ids], ascending; empty for a type that is not in the token set."""
        if name not in self.type_names:
            return np.zeros(0, np.int64)
        return np.flatnonzero(self.type_of_id == self.type_names.index(name))

    @cached_property
    def tokenizer(self) -> REMI:
        """The tokenizer, read from the store's own JSON."""
        tokenizer = REMI(params=self.folder / TOKENIZER)
        if vocabulary_of(tokenizer) != self.vocabulary:
            raise BookError(
                f"The tokenizer of {self.folder} gives another vocabulary with miditok "
                f"{version('miditok')}; delete that folder and run the command again."
            )
        return tokenizer

    @property
    def left_out(self) -> pd.DataFrame:
        """The files left out: `name`, `stage` (name, read, tokens, process), `reason`, and the `notes`
        counted in them."""
        return pd.DataFrame(self.manifest["left_out"], columns=["name", "stage", "reason", "notes"])

    @property
    def left_out_kinds(self) -> pd.DataFrame:
        """The files left out by kind of reason, the commonest first: `stage`, `kind` (the reason without
        particulars, which stand behind a colon), `files`, `notes`, `example` (the first file's name)."""
        table = self.left_out
        table["kind"] = [reason.partition(":")[0] for reason in table["reason"]]
        kinds = (
            table.groupby(["stage", "kind"])
            .agg(files=("name", "size"), notes=("notes", "sum"), example=("name", "first"))
            .reset_index()
        )
        return kinds.sort_values(["files", "kind"], ascending=[False, True], ignore_index=True)


def _label_numbers(labels: pd.Series, known: list[str]) -> np.ndarray:
    numbers = {label: number for number, label in enumerate(known)}
    return labels.map(numbers).to_numpy(np.int64)


def _checked_manifest(folder: Path) -> dict:
    """The manifest of a whole store.

    Raises:
        BookError: naming what is missing or differs.
    """
    remedy = "delete that folder and run the command again"
    if not (folder / MANIFEST).is_file():
        raise BookError(f"{folder} is not a whole token store ({MANIFEST} is missing); {remedy}.")
    manifest = read_json(folder / MANIFEST)
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT or "files" not in manifest:
        raise BookError(f"The token store {folder} has another format; {remedy}.")
    for name, expected in manifest["files"].items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != expected["bytes"]:
            raise BookError(f"The token store {folder} is damaged ({name} is missing or cut off); {remedy}.")
        if expected["bytes"] <= _CHECKED_BYTES and hash_of_file(path) != expected["sha256"]:
            raise BookError(f"The token store {folder} is damaged ({name} has changed); {remedy}.")
    return manifest


def hash_of_folder(folder: Path) -> str:
    """SHA-256 over the names and contents of a dataset's files (MIDI, and the tables beside them).

    Contents are read once; afterwards names, sizes and times of change tell whether to read them again.

    Raises:
        BookError: when the folder is missing or cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            listing = sorted(
                (entry.name, *_size_and_time(entry))
                for entry in entries
                if has_midi_suffix(entry.name) or entry.name.endswith(".csv")
            )
    except OSError as error:
        raise BookError(
            f"The folder {folder} cannot be read ({error.strerror}); give a folder of XMIDI-named MIDI files."
        ) from error
    note = _stores_folder() / f".folder-{hash_of_json([str(folder), listing])[:16]}.json"
    if note.is_file():
        with contextlib.suppress(BookError, KeyError, TypeError):
            return read_json(note)["hash"]
    value = _hash_of_contents(Path(folder), [name for name, _, _ in listing])
    write_json(note, {"hash": value, "files": len(listing)})
    return value


def _size_and_time(entry: os.DirEntry) -> tuple[int, int]:
    """Bytes and time of change; −1 for what is no file: a folder, a link that leads nowhere or in a
    circle."""
    try:
        return (entry.stat().st_size, entry.stat().st_mtime_ns) if entry.is_file() else (-1, -1)
    except OSError:
        return -1, -1


def _hash_of_contents(folder: Path, names: list[str]) -> str:
    """SHA-256 over names and contents, as :func:`lib.basics.files.hash_of_files` counts them; a file that may
    not be read counts by its name, and is left out later with that reason."""
    digest = hashlib.sha256()
    progress = Progress(f"looking through {folder.name}", len(names), unit="files")
    for name in names:
        try:
            if not is_file(folder / name):
                raise OSError
            content = (folder / name).read_bytes()
            digest.update(os.fsencode(name) + f"\0{len(content)}\0".encode())
            digest.update(content)
        except OSError:
            digest.update(os.fsencode(name) + b"\0unreadable\0")
        progress.advance()
    return digest.hexdigest()


def _stores_folder() -> Path:
    return artifacts_folder() / "stores"


def dataset_folder(profile: Profile) -> Path:
    """The folder of the profile's MIDI files; the embedded corpus is written when it is not there yet."""
    if profile.data.folder is not None:
        return profile.data.folder
    from lib.data.embedded.write import write_embedded  # here, since a folder of the user's needs no music21

    folder = data_folder() / profile.data.name
    write_embedded(profile.data.corpus, folder, profile.workers, profile.data.labels)
    return folder


def store_name(dataset: str, folder_hash: str, token_set: TokenSet, split_seed: int) -> str:
    """The name of the store that these inputs, this code and these versions give."""
    digest = hash_of_json([folder_hash, build_tokenizer(token_set).to_dict(), split_seed, _CODE, FORMAT])
    return f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', dataset).strip('.-') or 'data'}-{token_set}-{digest[:12]}"


def _place_of(profile: Profile, token_set: TokenSet, folder_hash: str) -> Path:
    return _stores_folder() / store_name(profile.data.name, folder_hash, token_set, profile.data.split_seed)


def prepare_unfinished(profile: Profile, token_set: TokenSet | None = None) -> Path:
    """The hidden folder in which a store is built, made if it is missing: its shards are a build's start.

    Raises:
        BookError: when it cannot be made.
    """
    target = _place_of(profile, token_set or profile.data.token_set, hash_of_folder(dataset_folder(profile)))
    return make_folder(target.with_name(f".{target.name}"))


def open_store(
    profile: Profile, token_set: TokenSet | None = None, reading: Reading | None = None
) -> TokenStore:
    """The token store of a profile's data; corpus, tokens, duplicate groups and split are made if absent or
    stale.

    An interrupted build leaves a hidden folder with its finished shards, and the next call goes on there.

    Args:
        profile: its `data` and `workers` count.
        token_set: another token set than the profile's.
        reading: how files are read, where the profile's workers are not enough said.

    Raises:
        BookError: when the folder holds nothing usable, or something cannot be written.
    """
    token_set = token_set or profile.data.token_set
    folder = dataset_folder(profile)
    folder_hash = hash_of_folder(folder)
    target = _place_of(profile, token_set, folder_hash)
    with contextlib.suppress(BookError):
        return TokenStore(target)
    with locked(target):
        with contextlib.suppress(BookError):
            return TokenStore(target)  # another process built it meanwhile
        with explain_write_errors(target):
            if target.exists():  # a damaged store
                shutil.rmtree(target)
        unfinished = prepare_unfinished(profile, token_set)
        build(
            folder,
            unfinished,
            dataset=profile.data.name,
            folder_hash=folder_hash,
            token_set=token_set,
            split_seed=profile.data.split_seed,
            reading=reading or Reading(workers=profile.workers),
        )
        with explain_write_errors(target):
            os.replace(unfinished, target)
    return TokenStore(target)
