"""Rehearsing the whole data path at any size, with its costs: XMIDI's size without XMIDI."""

import datetime
import platform
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import psutil

from lib.basics.files import write_json
from lib.basics.machine import core_count, git_commit, processor_name
from lib.basics.places import artifacts_folder, data_folder
from lib.data.batches import Batches
from lib.data.pieces import read_folder
from lib.data.rehearsal.faults import READ_PIECE
from lib.data.rehearsal.folder import KINDS, write_folder
from lib.data.shards import Reading, tokenise
from lib.data.store import TokenStore, hash_of_folder, open_store, prepare_unfinished
from lib.profiles import Profile

WINDOW, BATCH_TOKENS, BATCHES = 1024, 65_536, 50
"""Of the batches that are timed: the original's."""

SECONDS_A_FILE = 3.0
"""Less than usual, so that the files that hang do not decide the time."""

_MIB = 1 << 20


class MemoryWatch:
    """The most memory that this process and each kind of its children ever had, sampled twice a second.

    Attributes:
        main: MiB of this process, without pages that it shares with files on disk.
        reader: MiB of the largest process that reads files.
        reader_early: the same in the first half of the samples, to see whether it grows.
    """

    def __init__(self):
        self.main = 0.0
        self._readers: list[float] = []
        self._ended = threading.Event()

    @property
    def reader(self) -> float:
        return max(self._readers, default=0.0)

    @property
    def reader_early(self) -> float:
        return max(self._readers[: len(self._readers) // 2 + 1], default=0.0)

    def __enter__(self) -> "MemoryWatch":
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        here = psutil.Process()
        while not self._ended.wait(0.5):
            memory = here.memory_info()
            self.main = max(self.main, (memory.rss - memory.shared) / _MIB)
            found = 0.0
            for child in here.children(recursive=True):
                try:
                    if "lib.data.files.reader_process" in child.cmdline():
                        found = max(found, child.memory_info().rss / _MIB)
                except psutil.Error:  # it has just ended
                    continue
            if found:
                self._readers.append(found)


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Seconds and result of a call."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def rehearse(profile: Profile, sources: list[Path], pieces: int, reading: Reading) -> pd.DataFrame:
    """Write a rehearsal's folder and run the whole data path over it.

    Args:
        profile: for the token set and the seed of the split.
        sources: the embedded corpus's files.
        pieces: how many files.
        reading: workers or cluster.

    Returns:
        `step`, `value` and `unit`; the same is kept with date and machine under artifacts/rehearsals/.

    Raises:
        BookError: when the size is too small, or something cannot be written.
    """
    folder = data_folder() / f"rehearsal-{pieces}"
    reading = replace(reading, function=READ_PIECE, seconds=SECONDS_A_FILE)
    profile = profile.model_copy(update={"data": profile.data.model_copy(update={"folder": folder})})
    writing, _ = timed(lambda: write_folder(sources, folder, pieces, workers=reading.workers))
    known, _ = read_folder(folder)
    looking, _ = timed(lambda: hash_of_folder(folder))
    with MemoryWatch() as memory:
        unfinished = prepare_unfinished(profile)
        reading_time, _ = timed(lambda: tokenise(known, profile.data.token_set, unfinished, reading))
        grouping_time, store = timed(lambda: open_store(profile, reading=reading))
    opening, store = timed(lambda: open_store(profile, reading=reading))
    first, batches = timed(lambda: _first_batch(store))
    more, _ = timed(
        lambda: [batches.batch_at(0, number) for number in range(1, min(BATCHES + 1, batches.num_batches(0)))]
    )
    count = min(BATCHES, batches.num_batches(0) - 1)
    tokens, sizes = len(store.ids), sum(piece.path.stat().st_size for piece in known)
    wrong = surprises(store, pieces)
    rows = [
        ("files", pieces, ""),
        ("of them broken", len(wrong["expected"]), ""),
        ("pieces in the store", len(store), ""),
        ("files with an outcome not foreseen", len(wrong["wrong"]), ""),
        ("tokens a piece", tokens / len(store), ""),
        ("music in a piece", store.index["seconds"].mean(), "s"),
        ("workers", reading.workers if not reading.cluster else 0, ""),
        ("writing the folder", writing, "s"),
        ("looking through it", looking, "s"),
        ("tokenising", reading_time, "s"),
        ("files a second", len(known) / reading_time, "1/s"),
        ("tokens a second", tokens / reading_time, "1/s"),
        ("joining, grouping and splitting", grouping_time, "s"),
        ("groups", store.manifest["counts"]["groups"], ""),
        ("most memory, main process", memory.main, "MiB"),
        ("most memory, a reader", memory.reader, "MiB"),
        ("most memory, a reader, first half", memory.reader_early, "MiB"),
        ("MIDI files", sizes / _MIB, "MiB"),
        ("store", sum(path.stat().st_size for path in store.folder.iterdir()) / _MIB, "MiB"),
        ("opening the store", opening, "s"),
        ("first batch", first, "s"),
        ("batches a second", count / more if count else 0.0, "1/s"),
    ]
    table = pd.DataFrame(rows, columns=["step", "value", "unit"])
    _keep(table, pieces, wrong["wrong"])
    return table


def _first_batch(store: TokenStore) -> Batches:
    batches = Batches(store, "train", WINDOW, BATCH_TOKENS, seed=1)
    batches.batch_at(0, 0)
    return batches


def surprises(store: TokenStore, pieces: int) -> dict[str, list[str]]:
    """Hold what became of each file against what should have.

    Returns:
        `expected`: the broken files' names; `wrong`: a line for each file with another outcome than foreseen.
    """
    reasons = dict(zip(store.left_out["name"], store.left_out["reason"], strict=True))
    kept = store.index.set_index("name")["repaired"].to_dict()
    expected, wrong = [], []
    for name in sorted({*reasons, *kept}):
        kind = name.split("_")[-1][:4] if name.startswith("XMIDI_") else name[:4]
        outcome = KINDS.get(kind, "whole")
        if outcome != "whole":
            expected.append(name)
        found = reasons.get(name) or ("repaired" if kept[name] else "kept")
        if not found.startswith("kept" if outcome == "whole" else tuple(outcome.split("|"))):
            wrong.append(f"{name}: {found}")
    if len(reasons) + len(kept) != pieces:
        wrong.append(f"{pieces - len(reasons) - len(kept)} files are neither in the store nor left out")
    return {"expected": expected, "wrong": wrong}


def _keep(table: pd.DataFrame, pieces: int, wrong: list[str]) -> None:
    date = datetime.datetime.now(datetime.UTC)
    write_json(
        artifacts_folder() / "rehearsals" / f"{pieces}-{date:%Y%m%dT%H%M%S}.json",
        {
            "date": f"{date:%Y-%m-%d}",
            "commit": git_commit("lib"),
            "processor": processor_name(),
            "cores": core_count(),
            "python": platform.python_version(),
            "not_foreseen": wrong,
            "rows": table.to_dict("records"),
        },
    )
