"""Training: the loop, its schedule and checkpoints, and the registry of runs."""

from typing import TYPE_CHECKING

from lib.basics.lazy import names_of

if TYPE_CHECKING:
    from lib.training.runs import Run, open_run, request_run, run_folder

__all__ = ["Run", "open_run", "request_run", "run_folder"]

__getattr__ = names_of(
    __name__, {"open_run": "runs", "request_run": "runs", "Run": "runs", "run_folder": "runs"}
)
