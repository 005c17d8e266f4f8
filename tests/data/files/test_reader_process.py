"""Readers in processes of their own: a file that hangs, exits or crashes costs itself only."""

import subprocess
import sys
import time

import psutil
import pytest

from lib.data.files import reader_process
from lib.data.files.reader_process import Answer, ReaderProcess, borrowed_reader
from lib.data.pieces import LeftOut, Piece
from lib.data.rehearsal.faults import READ_PIECE, write_fault


@pytest.fixture
def good(tiny_folder) -> Piece:
    return Piece(sorted(tiny_folder.iterdir())[0], "calm", "folk", "00000000")


def fault(folder, kind: str) -> Piece:
    path = folder / f"XMIDI_calm_folk_{kind}.midi"
    write_fault(path, kind)
    return Piece(path, "calm", "folk", kind)


def test_faults_become_reasons_and_reading_goes_on(good, tmp_path):
    with borrowed_reader("book", 1.0, READ_PIECE) as reader:
        first = reader.read(good)
        assert isinstance(first, Answer)
        assert first.about["length"] == len(first.arrays[0])
        for kind, reason in {
            "exit": "ends the process that reads it: status 3",
            "crash": "ends the process that reads it: SIGSEGV",
            "hang": "takes too long: more than 1 s of computing",
            "memory": "cannot be read: MemoryError",
        }.items():
            answer = reader.read(fault(tmp_path, kind))
            assert isinstance(answer, LeftOut)
            assert answer.reason.startswith(reason)
        assert reader.read(good).about == first.about
        reader.close()


def test_without_forks_a_reader_reads_by_itself_and_is_ended_by_the_clock(good, tmp_path, monkeypatch):
    """As on Windows, which has neither forks nor alarms."""
    monkeypatch.setattr(reader_process, "FORKS", False)
    monkeypatch.setattr(reader_process, "PATIENCE", 2)
    reader = ReaderProcess("book", 1.0, READ_PIECE)
    first = reader.read(good)
    assert isinstance(first, Answer)
    assert not psutil.Process(reader._process.pid).children()
    for kind, reason in {
        "exit": "ends the process that reads it: status 3",
        "hang": "takes too long: no end after 2 s",
    }.items():
        assert reader.read(fault(tmp_path, kind)).reason == reason
    assert reader.read(good).about == first.about
    reader.close()


def test_a_file_over_which_nothing_happens_is_given_up(tmp_path):
    with borrowed_reader("book", 0.3, READ_PIECE) as reader:
        answer = reader.read(fault(tmp_path, "sleep"))
        assert answer.reason == "takes too long: no end after 3 s"


def test_a_missing_file_is_a_reason(tmp_path):
    with borrowed_reader("book", 60.0) as reader:
        answer = reader.read(Piece(tmp_path / "XMIDI_a_b_c.midi", "a", "b", "c"))
    assert answer.stage == "read"
    assert "FileNotFoundError" in answer.reason


def test_a_reader_killed_from_outside_costs_no_file(good):
    with borrowed_reader("book", 60.0) as reader:
        assert isinstance(reader.read(good), Answer)
        for process in (*psutil.Process(reader._process.pid).children(), psutil.Process(reader._process.pid)):
            process.kill()
        assert isinstance(reader.read(good), Answer)


def test_readers_are_used_again_until_they_are_worn(good, monkeypatch):
    with borrowed_reader("book", 60.0) as reader:
        reader.read(good)
        process = reader._process.pid
    with borrowed_reader("book", 60.0) as reader:
        assert reader._process.pid == process
        monkeypatch.setattr(reader_process, "FILES_A_READER", 1)
    assert reader._process is None


def test_if_every_file_ends_its_reader_reading_is_broken(tmp_path, monkeypatch):
    monkeypatch.setattr(reader_process, "MOST_DEATHS", 2)
    reader = ReaderProcess("book", 60.0, READ_PIECE)
    assert isinstance(reader.read(fault(tmp_path, "exit")), LeftOut)
    with pytest.raises(RuntimeError, match="2 files in succession"):
        reader.read(fault(tmp_path, "exit"))


def test_a_reader_that_does_not_come_up_is_said():
    with pytest.raises(RuntimeError, match="did not come up"):
        ReaderProcess("book", 60.0, "lib.data.nowhere:read").read(Piece(None, "a", "b", "c"))


def test_a_reader_ends_with_its_parent(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from lib.data.pieces import Piece\n"
        "from lib.data.files.reader_process import ReaderProcess\n"
        "reader = ReaderProcess('book', 60.0); reader.read(Piece(Path('absent'), 'a', 'b', 'c'))\n"
        "print(reader._process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(100):
        if not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.1)
    pytest.fail("the reader lives on")
