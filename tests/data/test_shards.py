"""Shards: the same bytes for any workers, on a cluster, and after interruptions; a fault costs one file."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from lib.basics.errors import BookError
from lib.data import open_store, shards
from lib.data.pieces import read_folder
from lib.data.rehearsal.faults import READ_PIECE, write_fault
from lib.data.shards import Reading
from lib.data.store import TokenStore


def files_of(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def small_shards(monkeypatch):
    monkeypatch.setattr(shards, "SHARD_FILES", 10)


def test_shards_are_cut_by_files_and_by_bytes(tiny_folder, monkeypatch):
    pieces, _ = read_folder(tiny_folder)
    monkeypatch.setattr(shards, "SHARD_FILES", 10)
    assert [len(part) for part in shards.cut(pieces)] == [10, 10, 10, 10, 8]
    monkeypatch.setattr(shards, "SHARD_BYTES", 1)
    parts = shards.cut(pieces)
    assert [len(part) for part in parts] == [1] * 48
    assert [part[0] for part in parts] == pieces
    assert shards.cut([]) == []


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_number_of_workers_does_not_matter(tiny_profile, tiny_store, small_shards, workers):
    made = open_store(tiny_profile, reading=Reading(workers))
    assert files_of(made.folder) == files_of(tiny_store.folder)


def test_a_cluster_gives_the_same_bytes(tiny_profile, tiny_store, small_shards):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        made = open_store(tiny_profile, reading=Reading(cluster=cluster.scheduler_address))
    assert files_of(made.folder) == files_of(tiny_store.folder)


def test_a_cluster_that_does_not_answer_is_one_sentence(tiny_profile, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(shards, "CLUSTER_SECONDS", 1)
    with pytest.raises(BookError, match=r"no answer from a Dask scheduler at tcp://127\.0\.0\.1:9"):
        open_store(tiny_profile, reading=Reading(cluster="tcp://127.0.0.1:9"))


@pytest.mark.parametrize("workers", [1, 2])
def test_faults_cost_one_file_each(tiny_profile, tiny_folder, tmp_path, small_shards, workers):
    folder = shutil.copytree(tiny_folder, tmp_path / "own")
    expected = {
        "exit": "ends the process that reads it: status 3",
        "hang": "takes too long: more than 1 s of computing",
        "memory": "cannot be read: MemoryError",
    }
    for kind in expected:
        write_fault(folder / f"XMIDI_calm_folk_{kind}.midi", kind)
    data = tiny_profile.data.model_copy(update={"folder": folder})
    profile = tiny_profile.model_copy(update={"data": data})
    made = open_store(profile, reading=Reading(workers, seconds=1.0, function=READ_PIECE))
    assert len(made) == 48
    reasons = {
        item["name"].split("_")[-1].removesuffix(".midi"): item["reason"]
        for item in made.manifest["left_out"]
    }
    assert set(reasons) == set(expected)
    for kind, reason in expected.items():
        assert reasons[kind].startswith(reason)


_BUILD = """
import sys, time
from lib.data import shards
from lib.data.store import open_store
from lib.profiles import load_profile
shards.SHARD_FILES = 1
read_shard = shards._read_shard
shards._read_shard = lambda *arguments: (time.sleep(0.2), read_shard(*arguments))[1]
open_store(load_profile("smoke", sys.argv[1]), "book", reading=shards.Reading(int(sys.argv[2])))
"""


def finished_shards(home) -> int:
    return len(list((home / "artifacts" / "stores").glob(".*/shard-*.npz")))


@pytest.mark.slow
def test_killed_ten_times_and_continued_gives_the_same_bytes(tiny_folder, tiny_store, home):
    generator, kept = random.Random(5), []
    for interruption in range(11):
        build = subprocess.Popen(
            [sys.executable, "-c", _BUILD, str(tiny_folder), "1"],
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if interruption == 10:
            assert build.wait(300) == 0
            break
        while build.poll() is None and finished_shards(home) <= max(kept, default=0):
            time.sleep(0.05)
        time.sleep(0.5 * generator.random())
        assert build.poll() is None
        os.killpg(build.pid, signal.SIGKILL)
        build.wait()
        kept.append(finished_shards(home))
    assert kept == sorted(set(kept))  # each went on behind the one before
    assert kept[-1] < 48
    found = [path for path in (home / "artifacts" / "stores").glob("[!.]*") if path.is_dir()]
    assert len(found) == 1
    assert TokenStore(found[0]).hash == tiny_store.hash
    assert files_of(found[0]) == files_of(tiny_store.folder)


def test_a_cut_off_shard_is_read_again(tiny_folder, tmp_path, small_shards):
    pieces, _ = read_folder(tiny_folder)
    count = shards.tokenise(pieces, "book", tmp_path, Reading())
    before = [shard.ids for shard in shards.read_shards(tmp_path, count)]
    path = tmp_path / "shard-00002.npz"
    path.write_bytes(path.read_bytes()[:-100])
    (tmp_path / "shard-00003.npz").write_bytes(b"")
    marks = [os.stat(tmp_path / f"shard-{number:05d}.npz").st_mtime_ns for number in (0, 1, 4)]
    time.sleep(0.01)
    assert shards.tokenise(pieces, "book", tmp_path, Reading()) == count
    assert marks == [os.stat(tmp_path / f"shard-{number:05d}.npz").st_mtime_ns for number in (0, 1, 4)]
    after = [shard.ids for shard in shards.read_shards(tmp_path, count)]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    shards.remove_shards(tmp_path)
    assert list(tmp_path.iterdir()) == []
