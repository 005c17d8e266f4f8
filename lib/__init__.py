"""Composing to a Mood: the shared package behind every notebook of the book.

Folders are floors; each imports only from the floors before it in this list:
``basics`` · ``profiles`` · ``data`` · ``sound``, ``models`` and ``ledger`` · ``training`` · ``composing`` and
``experiments`` · ``measures`` · ``show`` · ``chapters`` · ``publish`` and ``long_runs``. ``lib.cli``
gathers the commands (``python -m lib --help``).
"""

import os

# Threads that wait for each other sleep instead of spinning. On a machine that also does something else,
# spinning made training five times slower. OpenMP reads this once, when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
