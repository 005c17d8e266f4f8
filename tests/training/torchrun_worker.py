"""What each process of `torchrun` does in a test: request the tiny run; the first argument is its kind."""

import sys

from tiny_store import TinyStore, tiny_run

from lib.training import request_run

run = tiny_run(sys.argv[1], dropout=0.0, accumulate=2, batch_tokens=120, tokens=4_000)
assert request_run(run, TinyStore(), quiet=True).status == "finished"
