"""Tokenising a folder in shards, in parallel; finished shards are kept, and an interrupted build goes on
behind them.

joblib deals the shards out, to processes on this machine or to a Dask cluster, and in each of its workers a
child process does the reading (see :mod:`lib.data.files.reader_process`). What a shard holds does not
depend on who read it, and shards are numbered by the names of their files, so that the result has the same
bytes for any number and order of workers. A shard is one file that comes into being by one rename.
"""

import contextlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import TerminatedWorkerError

from lib.basics.errors import BookError
from lib.basics.files import atomic_path, explain_write_errors
from lib.basics.progress import Progress
from lib.data.files.reader_process import READ_PIECE, Answer, borrowed_reader
from lib.data.pieces import LeftOut, Piece

SHARD_FILES, SHARD_BYTES = 2000, 2_000_000
"""A shard ends at so many files or bytes: some three seconds of work for one process."""

SECONDS_A_FILE = 30.0
"""A file that takes more computing is left out; a full band of 3,000 notes takes a twentieth of a second."""

CLUSTER_SECONDS = 20
"""How long a scheduler is waited for."""

_FORMAT = 3


@dataclass(frozen=True)
class Reading:
    """How files are read; nothing of it changes what comes out, except for files that take too long.

    Attributes:
        workers: processes that read, on this machine.
        cluster: the address of a Dask scheduler, whose workers read instead; they must see the same folders
            under the same paths.
        seconds: of computing that one file may take.
        function: what reads a file, as 'module:function'.
    """

    workers: int = 1
    cluster: str = ""
    seconds: float = SECONDS_A_FILE
    function: str = READ_PIECE


@dataclass(frozen=True)
class Shard:
    """The results of some files, in the order of their names.

    `ids`, `shingles` and `melodies` of all pieces lie end to end (counts [pieces] divide them, the records'
    lengths the ids); `signatures` is uint32 [pieces, permutations]; `records` are rows of the index.
    """

    records: list[dict[str, object]]
    left_out: list[LeftOut]
    ids: np.ndarray
    shingles: np.ndarray
    shingle_counts: np.ndarray
    signatures: np.ndarray
    melodies: np.ndarray
    melody_counts: np.ndarray


def cut(pieces: list[Piece]) -> list[list[Piece]]:
    """Consecutive parts of a folder, each of at most :data:`SHARD_FILES` files and about
    :data:`SHARD_BYTES`."""
    shards: list[list[Piece]] = []
    filled = 0
    for piece in pieces:
        size = 0
        with contextlib.suppress(OSError):  # what cannot be read becomes a line of the report
            size = piece.path.stat().st_size
        if not shards or filled + size > SHARD_BYTES or len(shards[-1]) == SHARD_FILES:
            shards.append([])
            filled = 0
        shards[-1].append(piece)
        filled += size
    return shards


def tokenise(pieces: list[Piece], token_set: str, folder: Path, reading: Reading) -> int:
    """Read all pieces into shards in `folder`; those that lie there already are kept.

    Returns:
        The number of shards.

    Raises:
        BookError: when the cluster cannot be reached, a worker was ended from outside, or the disk is full.
    """
    parts = cut(pieces)
    waiting = [number for number in range(len(parts)) if not _is_finished(folder, number)]
    kept = len(pieces) - sum(len(parts[number]) for number in waiting)
    progress = Progress("tokens", len(pieces), start=kept, unit="files")
    tasks = (delayed(_read_shard)(number, parts[number], token_set, folder, reading) for number in waiting)
    try:
        with _pool(reading) as parallel:
            for count in parallel(tasks):
                progress.advance(count)
    except TerminatedWorkerError:
        raise BookError(
            f"A process that was reading {pieces[0].path.parent} was ended from outside, perhaps "
            "for want of memory: run the same command again, with fewer workers; what is "
            "finished is kept."
        ) from None
    except RuntimeError as error:
        raise BookError(
            f"Reading {pieces[0].path.parent} stopped: {error} "
            "'python -m lib doctor' says what differs from the lock."
        ) from error
    progress.finish(f"{kept:,} of them kept from an earlier start" if kept else "")
    return len(parts)


@contextlib.contextmanager
def _pool(reading: Reading) -> Iterator[Parallel]:
    """joblib's workers: processes of this machine, or those of a Dask cluster."""
    options = {"return_as": "generator_unordered", "batch_size": 1}
    if not reading.cluster:
        yield Parallel(n_jobs=reading.workers, backend="loky", pre_dispatch="2*n_jobs", **options)
        return
    try:
        from distributed import Client

        client = Client(reading.cluster, timeout=CLUSTER_SECONDS, set_as_default=False)
    except ImportError:
        raise BookError(
            "A cluster needs the packages dask and distributed: install them, or leave --cluster out."
        ) from None
    except (OSError, ValueError) as error:
        raise BookError(
            f"There is no answer from a Dask scheduler at {reading.cluster} "
            f"({type(error).__name__}): start one with 'dask scheduler', or leave --cluster "
            "out."
        ) from None
    with client, parallel_config(backend="dask", client=client, n_jobs=-1):
        yield Parallel(pre_dispatch="all", **options)


def _read_shard(number: int, pieces: list[Piece], token_set: str, folder: Path, reading: Reading) -> int:
    """Read the pieces of one shard and write it; runs in a worker."""
    found: list[Answer] = []
    left_out: list[LeftOut] = []
    with borrowed_reader(token_set, reading.seconds, reading.function) as reader:
        for piece in pieces:
            answer = reader.read(piece)
            (left_out if isinstance(answer, LeftOut) else found).append(answer)
    about = {
        "format": _FORMAT,
        "records": [item.about for item in found],
        "left_out": [asdict(item) for item in left_out],
    }
    ids, shingles, signatures, melodies = ([item.arrays[number] for item in found] for number in range(4))
    arrays = {
        "ids": _joined(ids, np.uint16),
        "shingles": _joined(shingles, np.uint32),
        "shingle_counts": np.array([len(part) for part in shingles], np.int64),
        "signatures": np.stack(signatures) if found else np.zeros((0, 0), np.uint32),
        "melodies": _joined(melodies, np.uint32),
        "melody_counts": np.array([len(part) for part in melodies], np.int64),
        "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
    }
    with atomic_path(_path(folder, number)) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)
    return len(pieces)


def _joined(arrays: list[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate(arrays) if arrays else np.zeros(0, kind)


def _path(folder: Path, number: int) -> Path:
    return folder / f"shard-{number:05d}.npz"


def _is_finished(folder: Path, number: int) -> bool:
    try:
        with np.load(_path(folder, number), allow_pickle=False) as arrays:
            return json.loads(arrays["about"].tobytes())["format"] == _FORMAT
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return False


def read_shards(folder: Path, count: int) -> Iterator[Shard]:
    """The shards in their order, one in memory at a time."""
    for number in range(count):
        with np.load(_path(folder, number), allow_pickle=False) as arrays:
            about = json.loads(arrays["about"].tobytes())
            yield Shard(
                about["records"],
                [LeftOut(**item) for item in about["left_out"]],
                *(
                    arrays[name]
                    for name in (
                        "ids",
                        "shingles",
                        "shingle_counts",
                        "signatures",
                        "melodies",
                        "melody_counts",
                    )
                ),
            )


def remove_shards(folder: Path) -> None:
    """Delete all shards, finished or not."""
    with explain_write_errors(folder):
        for path in [*folder.glob("shard-*.npz"), *folder.glob(".shard-*.npz")]:
            path.unlink(missing_ok=True)
