"""Training: the loop, its schedule and checkpoints, and the registry of runs."""

from lib.training.runs import Run, open_run, request_run, run_folder
from lib.training.speed import Speed, measure_speed

__all__ = ["Run", "Speed", "measure_speed", "open_run", "request_run", "run_folder"]
