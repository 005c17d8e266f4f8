"""Stopping politely: between two steps, after the state is saved."""

import signal
import threading


class StopSignals:
    """While active, Ctrl-C and a plain `kill` are noted in `requested` and do not break off a step halfway.

    A second signal stops at once. Outside the main thread, where Python delivers no signals, nothing changes.
    """

    def __init__(self):
        self.requested: int | None = None
        self._previous = {}

    def __enter__(self) -> "StopSignals":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def leave(self) -> None:
        """Raise what the noted signal would have raised: KeyboardInterrupt, or SystemExit for SIGTERM."""
        raise SystemExit(128 + self.requested) if self.requested == signal.SIGTERM else KeyboardInterrupt

    def _note(self, number: int, frame) -> None:
        if self.requested is not None:
            raise KeyboardInterrupt
        self.requested = number
