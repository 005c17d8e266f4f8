"""Reading files in a process of their own, so that a file which hangs or kills its reader costs that file
only.

The parent hands over one file at a time and so always knows the file that a reader is at. A reader imports
once what it needs, which takes seconds, and reads in a fork of itself. That sets an alarm before each file:
the system ends it when a file takes too long, even inside native code, and the next fork goes on. Answers
travel through a pipe as JSON and plain arrays. A reader ends when the process that started it does, however
that ends.

Where the system has neither forks nor alarms (Windows), a reader reads by itself, the parent ends it after a
time by the clock on the wall, and the next one takes seconds to come up.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from lib.basics.places import PROJECT
from lib.data.pieces import LeftOut, Piece

READ_PIECE = "lib.data.files.reading:answer_piece"
"""What a reader calls for each file: module and function, which takes a tokenizer and a
:class:`lib.data.pieces.Piece` and returns what it says of the file (JSON) and arrays of numbers."""

FILES_A_READER = 5000
"""After so many files a reader gives way to a fresh one, so that leaks of native code do not add up."""

PATIENCE = 10
"""A file may take so many times its seconds of computing by the clock on the wall."""

MOST_DEATHS = 20
"""If so many files in succession end their reader, reading itself is broken."""

MEMORY = 4 << 30
"""Bytes of address space of a reader; a file that asks for more is refused, where the system has limits."""

FORKS = hasattr(os, "fork") and hasattr(signal, "setitimer")
"""Whether a reader reads in forks of itself, under alarms."""

# Statuses of a reader that was given up. Windows has no such signals; there the numbers stand for the two.
_COMPUTED_TOO_LONG, _WAITED_TOO_LONG = -getattr(signal, "SIGPROF", 27), -getattr(signal, "SIGALRM", 14)


@dataclass(frozen=True)
class Answer:
    """What a reader's function says of a file, and its arrays, [values] each."""

    about: dict
    arrays: list[np.ndarray]


class ReaderProcess:
    """A child process that reads one file after the other.

    Args:
        token_set: of the ids.
        seconds: of computing that one file may take.
        function: what is called for each file, as 'module:function'; see :data:`READ_PIECE`.

    Raises:
        RuntimeError: when the process does not come up, or :data:`MOST_DEATHS` files in succession end it.
    """

    def __init__(self, token_set: str, seconds: float, function: str = READ_PIECE):
        self.settings = (token_set, seconds, function)
        self.files = 0
        self._deaths = 0  # in succession
        self._process: subprocess.Popen[bytes] | None = None

    def _start(self) -> subprocess.Popen[bytes]:
        token_set, seconds, function = self.settings
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "lib.data.files.reader_process",
                token_set,
                str(seconds),
                function,
                "forks" if FORKS else "alone",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=PROJECT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        if process.stdout.readline() != b"ready\n":
            raise RuntimeError(f"A reader of MIDI files did not come up (status {process.wait()}).")
        return process

    def read(self, piece: Piece) -> Answer | LeftOut:
        """Read one file; whatever it does to the reader becomes a reason for leaving it out.

        A file at which a reader dies is tried once more, since the system ends processes for its own reasons
        too; a file that takes too long is not.
        """
        for attempt in (1, 2):
            if self._process is None:
                self._process, self.files = self._start(), 0
            with _ended_after(None if FORKS else PATIENCE * self.settings[1], self._process) as late:
                answer = _ask(self._process, piece)
            if answer is None:  # not the file's death but the whole reader's
                status = self._process.wait()
                answer = _WAITED_TOO_LONG if late.is_set() else status
                self.close()
            if not isinstance(answer, int):
                self.files += 1
                self._deaths = 0
                return answer
            if answer in (_COMPUTED_TOO_LONG, _WAITED_TOO_LONG):
                return self._left_out(piece, f"takes too long: {self._limit(answer)}")
            if attempt == 2:
                self._deaths += 1
                if self._deaths == MOST_DEATHS:
                    raise RuntimeError(
                        f"{MOST_DEATHS} files in succession ended the process that read them "
                        f"({_how(answer)}): the fault is not theirs."
                    )
                return self._left_out(piece, f"ends the process that reads it: {_how(answer)}")
        raise AssertionError("unreachable")

    def count(self, piece: Piece) -> int:
        """How many notes the second reader finds in a file (see :mod:`lib.data.files.midi_events`); 0 where
        it finds none, or nothing that is MIDI."""
        if self._process is None:
            self._process, self.files = self._start(), 0
        with _ended_after(None if FORKS else PATIENCE * self.settings[1], self._process):
            answer = _ask(self._process, piece, only_count=True)
        if answer is None:
            self.close()
        return answer.about["notes"] if isinstance(answer, Answer) else 0

    def _left_out(self, piece: Piece, reason: str) -> LeftOut:
        return LeftOut(piece.name, "process", reason, self.count(piece))

    def _limit(self, status: int) -> str:
        seconds = self.settings[1]
        return (
            f"more than {seconds:g} s of computing"
            if status == _COMPUTED_TOO_LONG
            else f"no end after {PATIENCE * seconds:g} s"
        )

    @property
    def is_worn(self) -> bool:
        """Whether it has read so much that a fresh one should take its place."""
        return self.files >= FILES_A_READER

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            process, self._process = self._process, None
            with contextlib.suppress(OSError):
                process.stdin.close()  # it ends at the end of its input
            process.stdout.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def _ended_after(seconds: float | None, process: subprocess.Popen[bytes]) -> Iterator[threading.Event]:
    """End the process when the `with` takes longer; the event tells. None: it ends itself."""
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    clock = threading.Timer(seconds or 0.0, end)
    clock.daemon = True
    if seconds is not None:
        clock.start()
    try:
        yield late
    finally:
        clock.cancel()


def _how(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def _ask(
    process: subprocess.Popen[bytes], piece: Piece, only_count: bool = False
) -> Answer | LeftOut | int | None:
    """The reader's answer, the status of its child that died over the question, or None when all of it
    died."""
    question = json.dumps([str(piece.path), piece.emotion, piece.genre, piece.identifier, only_count])
    try:
        process.stdin.write(question.encode() + b"\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line.endswith(b"\n"):
            return None
        answer = json.loads(line)
        if "died" in answer:
            return answer["died"]
        if "reason" in answer:
            return LeftOut(piece.name, answer["stage"], answer["reason"], answer["notes"])
        arrays = [_receive(process.stdout, *kind) for kind in answer["arrays"]]
    except (BrokenPipeError, EOFError):
        return None
    return Answer(answer["about"], arrays)


def _receive(stream: BinaryIO, kind: str, count: int) -> np.ndarray:
    size = count * np.dtype(kind).itemsize
    content = stream.read(size)
    if len(content) < size:
        raise EOFError
    return np.frombuffer(content, kind)


_idle: list[ReaderProcess] = []
_lock = threading.Lock()


@contextlib.contextmanager
def borrowed_reader(token_set: str, seconds: float, function: str = READ_PIECE) -> Iterator[ReaderProcess]:
    """A reader for a `with`; afterwards it waits for the next who asks, since starting takes
    two seconds."""
    with _lock:
        fitting = [reader for reader in _idle if reader.settings == (token_set, seconds, function)]
        reader = fitting[0] if fitting else ReaderProcess(token_set, seconds, function)
        if fitting:
            _idle.remove(reader)
    try:
        yield reader
    except BaseException:
        reader.close()  # perhaps in the middle of an answer
        raise
    if reader.is_worn:
        reader.close()
    else:
        with _lock:
            _idle.append(reader)


@atexit.register
def close_idle_readers() -> None:
    """End all readers that wait."""
    with _lock:
        while _idle:
            _idle.pop().close()


def _serve(token_set: str, seconds: float, function: str, forks: bool) -> None:
    """The reader's whole life. What reads is a fork of it, and the next fork is there at once; or itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business; its end is ours
    _limit_memory()
    module, name = function.split(":")
    answer_of: Callable = getattr(importlib.import_module(module), name)
    from lib.data.tokenizer import build_tokenizer

    tokenizer = build_tokenizer(token_set)
    # A piece is some hundred thousand small objects and no cycle among them: looking for cycles doubles the
    # time of reading. What a library may leave behind ends with the reader.
    gc.freeze()
    gc.disable()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # native code may print; answers go their own way
    answers.write(b"ready\n")
    answers.flush()
    if not forks:
        _answer_questions(lambda piece: answer_of(tokenizer, piece), None, answers)
        return
    while True:
        child = os.fork()
        if not child:
            _answer_questions(lambda piece: answer_of(tokenizer, piece), seconds, answers)
            os._exit(0)  # the end of all questions
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        # Killed from outside it may have been in the middle of an answer: then all has to end.
        if status in (0, -signal.SIGKILL, -signal.SIGTERM):
            break
        answers.write(json.dumps({"died": status}).encode() + b"\n")
        answers.flush()


def _answer_questions(read: Callable, seconds: float | None, answers: BinaryIO) -> None:
    """A question a line on standard input, an answer on `answers`, until the input ends; None: no alarms."""
    from lib.data.files.reading import describe
    from lib.data.files.scores import count_notes

    for question in sys.stdin.buffer:
        path, *labels, only_count = json.loads(question)
        # Time of computing, so that a crowded machine leaves out no other files than an idle one; and a limit
        # for a file over which nothing is computed at all.
        if seconds is not None:
            signal.setitimer(signal.ITIMER_PROF, seconds)
            signal.setitimer(signal.ITIMER_REAL, PATIENCE * seconds)
        try:
            about, arrays = (
                ({"notes": count_notes(Path(path))}, []) if only_count else read(Piece(Path(path), *labels))
            )
            answer = {"about": about, "arrays": [[array.dtype.str, len(array)] for array in arrays]}
        except Exception as error:
            stage, reason = describe(error)
            answer, arrays = {"stage": stage, "reason": reason, "notes": count_notes(Path(path))}, []
        if seconds is not None:
            for clock in (signal.ITIMER_PROF, signal.ITIMER_REAL):
                signal.setitimer(clock, 0)
        answers.write(json.dumps(answer).encode() + b"\n" + b"".join(array.tobytes() for array in arrays))
        answers.flush()


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system has such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.RLIM_INFINITY))


if __name__ == "__main__":
    _serve(sys.argv[1], float(sys.argv[2]), sys.argv[3], sys.argv[4] == "forks")
