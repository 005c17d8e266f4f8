"""Files that misbehave on command, to rehearse what a broken or hostile file does to its reader.

For rehearsals and tests only: a reader follows these commands when it is started with this module's function
(see :class:`lib.data.shards.Reading`), never otherwise.
"""

import os
import signal
import time
from pathlib import Path

import numpy as np
from miditok import REMI

from lib.data.files import reading
from lib.data.pieces import Piece

READ_PIECE = "lib.data.rehearsal.faults:answer_piece"
_MARK = b"a rehearsed fault: "


def write_fault(path: Path, fault: str) -> None:
    """Write a file at which the reader will hang, sleep, exit, crash or ask for all memory ('memory')."""
    path.write_bytes(_MARK + fault.encode())


def answer_piece(tokenizer: REMI, piece: Piece) -> tuple[dict, list[np.ndarray]]:
    """As :func:`lib.data.files.reading.answer_piece`, in the same shapes, but a fault has its way."""
    with open(piece.path, "rb") as file:
        head = file.read(64)
    if head.startswith(_MARK):
        fault = head.removeprefix(_MARK)
        if fault == b"hang":
            while True:
                pass
        elif fault == b"sleep":
            time.sleep(3600)
        elif fault == b"exit":
            os._exit(3)
        elif fault == b"crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif fault == b"memory":
            bytearray(1 << 40)
    return reading.answer_piece(tokenizer, piece)
