"""Plain progress lines with the time left: readable in a terminal, a log and a papermill run alike."""

import sys
import time
from typing import TextIO

_SECONDS_BETWEEN = 5.0  # two lines


def duration(seconds: float) -> str:
    """A duration for people: '42 s', '3 min 05 s', '2 h 10 min'."""
    seconds = max(0, round(seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"


def say(line: str) -> None:
    """A line of progress on standard error, so that standard output stays data."""
    print(line, file=sys.stderr, flush=True)


class Progress:
    """Counts work done and says, at most every few seconds, how much is done and how long the rest takes.

    Args:
        label: what is being done, as in 'reading the corpus'.
        total: units of work in all.
        start: units that were done before this call (a resumed run), left out of the speed.
        unit: the plural of what is counted.
        stream: where lines go; standard error by default, so that standard output stays data.
    """

    def __init__(
        self, label: str, total: float, *, start: float = 0, unit: str = "", stream: TextIO | None = None
    ):
        self.label, self.total, self.done, self.unit = label, total, start, unit
        self.stream = stream
        self._start, self._began = start, time.monotonic()
        self._last = self._began

    def advance(self, amount: float = 1, note: str = "") -> None:
        """Add `amount` to the work done; print a line if the last one is older than the interval."""
        self.done += amount
        now = time.monotonic()
        if now - self._last >= _SECONDS_BETWEEN:
            self._last = now
            self._print(now, note)

    def finish(self, note: str = "") -> None:
        """Print the closing line with the time taken."""
        took = duration(time.monotonic() - self._began)
        self._write(f"{self.label}: {self.done:,.0f} {self.unit} in {took}", note)

    def _print(self, now: float, note: str) -> None:
        fraction = self.done / self.total if self.total else 1.0
        speed = (self.done - self._start) / (now - self._began)
        left = duration((self.total - self.done) / speed) if speed > 0 else "unknown"
        self._write(f"{self.label}: {fraction:4.0%} of {self.total:,.0f} {self.unit}, {left} left", note)

    def _write(self, line: str, note: str) -> None:
        text = f"{line.replace('  ', ' ')}{', ' + note if note else ''}"
        print(text, file=self.stream or sys.stderr, flush=True)
