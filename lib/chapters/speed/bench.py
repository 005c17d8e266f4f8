"""The bench: the original report's way against ours on the machine at hand, in one run and in turns.

``python -m lib bench`` prints a table and a JSON row for each kind of work. The two ways take turns, so that
a busy moment does not hit one of them only; the first turn warms up and is thrown away. Where both compute
the same thing, the bench checks that they do before it times them.

A row's `plain` and `ours` are medians over the turns in the row's `unit`; `ratio` is how many times better
ours is (median of the turns' ratios, `ratio_low` and `ratio_high` their range); `bound` is what the machine
allows by its measured rate of matrix products and its measured bandwidth, and `of_bound` the share of it that
ours reaches.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import torch

from lib.basics.errors import BookError
from lib.basics.files import read_json, write_json
from lib.basics.machine import core_count, git_commit, package_versions, processor_name
from lib.basics.precision import resolve
from lib.basics.progress import duration
from lib.chapters.speed import bench_composing, bench_learning, bench_quality, bench_training
from lib.chapters.speed.rows import SIZES, Bench, Row, plain_row
from lib.profiles import Profile


def works() -> dict[str, Callable[[Bench], Row]]:
    """The kinds of work by name, in the order of the table."""
    return {
        "train_original_size": bench_training.train_original_size,
        "train_experiment_size": bench_training.train_experiment_size,
        "compose_one": bench_composing.compose_one,
        "compose_many": bench_composing.compose_many,
        "tokenise": bench_training.tokenise,
        "time_to_quality": bench_quality.time_to_quality,
        "time_to_loss": bench_learning.time_to_loss,
    }


LONG_WORKS = ("time_to_quality", "time_to_loss")


def run_bench(
    profile: Profile,
    only: Sequence[str] = (),
    *,
    long: bool = False,
    size: str = "full",
    precision: str = "",
    threads: int = 0,
    file: Path | None = None,
    stream: TextIO | None = None,
) -> list[dict[str, object]]:
    """Measure; rows that are done are in the file even when the rest is interrupted.

    Args:
        profile: whose data `tokenise` and the long works take; the other works need none.
        only: names of works; empty for all, of which the long ones only with `long`.
        long: also train until quality is reached, and compose the plain piece whole.
        size: of the works, a key of :data:`SIZES`.
        precision: of training, both ways: a name or 'auto'; empty for the profile's.
        threads: 0 for as many as there are cores.
        file: JSON, a list of rows; rows of other works that it holds already stay.
        stream: where progress goes; standard error by default.

    Returns:
        The rows as plain data, with date and machine.

    Raises:
        BookError: for an unknown work, for a precision that this device lacks, or when the two ways
            compute different things.
    """
    known = works()
    if unknown := [name for name in only if name not in known]:
        raise BookError(f"The bench has no work '{unknown[0]}'; it has: {', '.join(known)}.")
    if threads < 0:
        raise BookError(f"The bench cannot run on {threads} threads; 0 takes as many as there are cores.")
    chosen = [name for name in known if name in only or (not only and (long or name not in LONG_WORKS))]
    kept = [row for row in read_rows(file) if row["work"] not in chosen] if file and file.exists() else []
    count = threads or core_count()
    gpu = torch.cuda.is_available()
    bench = Bench(
        SIZES[size],
        profile,
        resolve(precision or profile.precision),
        count,
        long,
        torch.device("cuda", 0) if gpu else torch.device("cpu"),
        lambda line: print(f"bench: {line}", file=stream or sys.stderr, flush=True),
    )
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": core_count(),
        "threads": count,
        "machine": torch.cuda.get_device_name(0) if gpu else processor_name(),
        "system_load": _load(),
        "size": size,
        "commit": git_commit("lib"),
        "versions": package_versions(["torch", "lightning-fabric", "miditok", "symusic", "numpy"]),
    }
    before, rows = torch.get_num_threads(), []
    try:
        torch.set_num_threads(count)
        for name in chosen:
            bench.say(f"{name} begins")
            began = time.monotonic()
            rows.append(plain_row(known[name](bench)) | about)
            if file is not None:
                order = list(known)
                write_json(file, sorted(kept + rows, key=lambda row: order.index(row["work"])))
            bench.say(f"{name}: {rows[-1]['ratio']:.2f} times, in {duration(time.monotonic() - began)}")
    finally:
        torch.set_num_threads(before)
    return rows


def text_table(rows: Iterable[dict[str, object]]) -> str:
    """The rows as a table in plain text: work, plain, ours, ratio, bound, of_bound."""
    lines = [("work", "plain", "ours", "ratio", "bound", "of_bound", "unit")]
    for row in rows:
        turns = f"{row['ratio_low']:.2f} to {row['ratio_high']:.2f} in {row['turns']}"
        lines.append(
            (
                str(row["work"]),
                *(f"{row[name]:,.4g}" for name in ("plain", "ours")),
                f"{row['ratio']:.2f} ({turns})",
                f"{row['bound']:,.4g}",
                f"{row['of_bound']:.0%}",
                str(row["unit"]),
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def json_rows(rows: Iterable[dict[str, object]]) -> str:
    """One JSON object a line."""
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


def read_rows(file: Path) -> list[dict[str, object]]:
    """The rows that a file of the bench holds.

    Raises:
        BookError: when it is missing, or holds something else.
    """
    rows, known = read_json(file), works()
    if not isinstance(rows, list) or any(
        not isinstance(row, dict) or row.get("work") not in known for row in rows
    ):
        raise BookError(f"The file {file} holds something else than rows of the bench: give another name.")
    return rows


def _load() -> float | None:
    """How many processes wanted a core in the last minute: above 0 when the machine did other things too."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
