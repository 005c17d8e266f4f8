"""Fixtures for all tests.

- Networks this small run faster, and beside other tests much faster, on one thread.
- `home`: MOOD_HOME points to an empty temporary folder, so no test writes into the checkout. Always on.
- `closed_figures`: pictures that a test leaves open are closed. Always on.
- `our_style`: pictures look as in the book.
- `evidence_folder`: where evidence is kept in this test.
- `tiny_folder`: a folder of 48 synthetic XMIDI-named pieces (two emotions, two genres, meters 4/4, 3/4 and
  6/8, some with drums), among them a copy, a transposed copy and a variant of the first piece. Made once a
  session; copy it before changing anything in it.
- `tiny_profile`: a profile whose data is that folder (one worker).
- `tiny_store`: its token store (`token_set="book"`), opened once a session.
"""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from symusic import Note, Score, Tempo, TimeSignature, Track

os.environ["MPLBACKEND"] = "agg"
os.environ["OMP_NUM_THREADS"] = "1"  # torch reads it when it is imported, which is later

TINY_PIECES = 48
TINY_METERS = ((4, 4), (3, 4), (6, 8))


@pytest.fixture
def evidence_folder(tmp_path, monkeypatch) -> Path:
    """A folder in the place of book/, and code that is committed, so that evidence can be kept."""
    from lib.ledger import evidence

    monkeypatch.setattr(evidence, "BOOK", tmp_path / "book")
    monkeypatch.setattr(evidence, "git_commit", lambda *paths: "0123456789abcdef")
    return tmp_path / "book" / "evidence"


@pytest.fixture(autouse=True)
def closed_figures():
    """Pictures take memory until they are closed."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def our_style():
    """The book's style, in this test only."""
    import matplotlib as mpl

    from lib.show.style import apply_style

    with mpl.rc_context():
        apply_style()
        yield


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """MOOD_HOME for this test."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MOOD_HOME", str(folder))
    return folder


def tiny_score(
    seed: int, bars: int = 8, meter: tuple[int, int] = (4, 4), shift: int = 0, drums: bool = False
) -> Score:
    """A random melody on the grid over one or two programs; `shift` transposes it."""
    generator = np.random.default_rng(seed)
    numerator, denominator = meter
    score = Score(480)
    score.time_signatures.append(TimeSignature(0, numerator, denominator))
    score.tempos.append(Tempo(0, 120))
    eighths = numerator * 8 // denominator
    melody, beat = Track(program=0), Track(program=0, is_drum=True)
    pitch = 60
    for bar in range(bars):
        position = 0
        while position < eighths:
            duration = int(min(generator.choice([1, 1, 2, 3]), eighths - position))
            pitch = int(np.clip(pitch + generator.choice([-4, -2, -1, 1, 2, 3, 5]), 48, 84))
            start = (bar * eighths + position) * 240
            melody.notes.append(Note(start, duration * 240, pitch + shift, 80))
            if drums and position % 2 == 0:
                beat.notes.append(Note(start, 120, 36, 100))
            position += duration
    score.tracks.append(melody)
    if drums:
        score.tracks.append(beat)
    return score


def write_tiny_folder(folder: Path, pieces: int = TINY_PIECES) -> Path:
    """Write the synthetic dataset; see the module for what is in it."""
    folder.mkdir(parents=True)
    for number in range(pieces):
        emotion, genre = ("calm", "lively")[number % 2], ("folk", "pop")[number // 2 % 2]
        music = {
            "seed": number,
            "bars": 4 + number % 9,
            "meter": TINY_METERS[number % 3],
            "drums": number % 5 == 4,
        }
        if number in (1, 2, 3):  # of the first piece: a copy, a transposed one, a variant of two more bars
            music = {"seed": 0, "bars": 12 + 2 * (number == 3), "shift": 5 * (number == 2)}
        if number == 0:
            music["bars"] = 12
        tiny_score(**music).dump_midi(folder / f"XMIDI_{emotion}_{genre}_{number:08d}.midi")
    return folder


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory) -> Path:
    """The synthetic dataset; do not write into it."""
    return write_tiny_folder(tmp_path_factory.mktemp("dataset") / "tiny")


@pytest.fixture(scope="session")
def tiny_profile(tiny_folder):
    """The smoke profile on the synthetic dataset, with tokens written out."""
    from lib.profiles import load_profile

    profile = load_profile("smoke", tiny_folder)
    data = profile.data.model_copy(update={"token_set": "book"})  # whose tokens a test can spell
    return profile.model_copy(update={"workers": 1, "data": data})


@pytest.fixture(scope="session")
def tiny_store(tiny_profile, tmp_path_factory):
    """The synthetic dataset's token store, in the token set `book`."""
    return _store(tiny_profile, "book", tmp_path_factory)


@pytest.fixture(scope="session")
def short_store(tiny_profile, tmp_path_factory):
    """The same in the token set `shorthand`."""
    return _store(tiny_profile, "shorthand", tmp_path_factory)


def _store(profile, token_set, tmp_path_factory):
    from lib.data import open_store

    before = os.environ.get("MOOD_HOME")
    os.environ["MOOD_HOME"] = str(tmp_path_factory.mktemp("tiny-home"))
    try:
        return open_store(profile, token_set)
    finally:
        if before is None:
            del os.environ["MOOD_HOME"]
        else:
            os.environ["MOOD_HOME"] = before


@pytest.fixture(scope="session")
def untrained(tiny_store):
    """A function that makes a small network for the synthetic dataset, always with the same weights."""
    import torch

    from lib.models import build_model
    from lib.profiles.profile import ModelSettings

    def network(kind, **shape):
        shape = {
            "hidden_size": 32,
            "num_layers": 1,
            "num_heads": 2,
            "positions": {"transformer": "rotary", "lstm": "none"}[kind],
        } | shape
        torch.manual_seed(1)
        sizes = len(tiny_store.vocabulary), len(tiny_store.emotions), len(tiny_store.genres)
        return build_model(ModelSettings(kind=kind, **shape), *sizes).eval()

    return network
