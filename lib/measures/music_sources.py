"""The sources that chapter 8 sets side by side, slot by slot: the same labels in each, one real piece a slot.

Real held-out pieces are the reference and real pieces with shuffled bars the baseline. The n-gram composes
through the same grammar as the networks; the Transformer also with its past cut to a few bars, with the
same weights and seeds, so that what differs is memory alone. The model that comes with the book, which saw
more music for longer, shows what training adds; it knows only some of the genres.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import symusic
from joblib import Parallel, delayed

from lib.basics.errors import BookError
from lib.basics.files import hash_of_json
from lib.basics.kept import code_hash
from lib.composing import Composition, SamplingSettings
from lib.composing.counted import NgramComposer
from lib.composing.keep import request_pieces
from lib.composing.outcomes import label_pairs
from lib.composing.pretrained import Pretrained, load_pretrained
from lib.composing.short_memory import ShortMemory
from lib.data import TokenStore
from lib.data.tokenizer import decode
from lib.measures.music.harmony import beat_chords
from lib.measures.music.piece import Music, UnmeasurableError, barred_notes
from lib.measures.music.shuffled_bars import shuffle_bars
from lib.models import NgramModel
from lib.profiles.profile import NotesSettings
from lib.training import Run
from lib.training.runs import open_run

REAL, SHUFFLED, NGRAM, LSTM, SHORT, TRANSFORMER, PRETRAINED = SOURCES = (
    "real",
    "real, shuffled",
    "ngram",
    "lstm",
    "transformer, short",
    "transformer",
    "transformer, pretrained",
)
"""The sources, in the order of tables and figures."""

OWN_FLOOR = "transformer, shuffled"
"""The Transformer's own pieces with shuffled bars: the baseline for what it does over time."""

_VOICED_SAMPLE = 9  # training pieces of a genre that are looked at

_COUNTED, _SHORT_MEMORY = (code_hash(f"lib.composing.{name}") for name in ("counted", "short_memory"))


@dataclass(frozen=True)
class Slot:
    """A place in the comparison: labels to compose for, and the row of a real held-out piece with them."""

    emotion: str
    genre: str
    row: int
    balanced: bool  # False: an extra one, of a genre with voices


def choose_slots(store: TokenStore, settings: NotesSettings, max_tokens: int, seed: int) -> list[Slot]:
    """Slots with every pair of labels in turn, then further ones in genres with voices until these suffice.

    Real pieces are drawn without replacement from those that :func:`most_fit` leaves, test pieces first.
    Pairs whose pieces are used up are passed over.

    Raises:
        BookError: when no piece was held out.
    """
    pairs = label_pairs(store)
    held_out = _held_out(store, max_tokens, seed)
    slots: list[Slot] = []
    voiced = {genre for genre in store.genres if _has_voices(store, genre)}
    extra = [pair for pair in pairs if pair[1] in voiced]
    for wanted, chosen, balanced in ((settings.pieces, pairs, True), (settings.with_voices, extra, False)):
        have = len(slots) if balanced else sum(slot.genre in voiced for slot in slots)
        for pair in islice(cycle(chosen), 100 * wanted):
            if have >= wanted:
                break
            if held_out.get(pair):
                slots.append(Slot(*pair, held_out[pair].pop(), balanced))
                have += 1
    if not slots:
        raise BookError("No pair of labels has a piece in training and one held out: take more data.")
    return slots


def most_fit(store: TokenStore, max_tokens: int) -> bool:
    """Whether most held-out pieces fit within the limit of composed ones.

    If so, real pieces are taken from those, whole. If not, the few short ones would not stand for the rest:
    real pieces are taken from all, and cut at the limit as composed pieces are.
    """
    held_out = np.concatenate([store.rows(split) for split in ("validation", "test")])
    return bool(np.mean(store.lengths[held_out] <= max_tokens) > 0.5)


def limit_words(store: TokenStore, max_tokens: int) -> str:
    """What the limit does to real pieces, as sentences."""
    if most_fit(store, max_tokens):
        return f"Limit: {max_tokens:,} tokens. Real pieces were chosen to fit within it."
    return (
        f"Limit: {max_tokens:,} tokens. Most real pieces are longer and are cut there, so their endings "
        "say nothing."
    )


def _held_out(store: TokenStore, max_tokens: int, seed: int) -> dict[tuple[str, str], list[int]]:
    """Rows by labels, the next one to take at the end of each list."""
    generator, found = np.random.default_rng(seed), {}
    longest = max_tokens if most_fit(store, max_tokens) else np.inf
    for split in ("validation", "test"):
        rows = store.rows(split)
        for row in generator.permutation(rows[store.lengths[rows] <= longest]):
            pair = store.emotions[store.emotion_of(row)], store.genres[store.genre_of(row)]
            found.setdefault(pair, []).append(int(row))
    return found


def _has_voices(store: TokenStore, genre: str) -> bool:
    """Whether most of a few training pieces of a genre have several voices."""
    rows = store.rows("train")
    rows = rows[store.genre_ids[rows] == store.genres.index(genre)][:_VOICED_SAMPLE]
    voiced = 0
    for row in rows:
        try:
            beat_chords(barred_notes(decode(store.tokenizer, store.tokens(row))))
            voiced += 1
        except UnmeasurableError:
            pass
    return voiced > len(rows) / 2


def gather_music(
    store: TokenStore,
    slots: Sequence[Slot],
    runs: Mapping[str, Run],
    ngram: NgramModel,
    draw: SamplingSettings,
    memory_bars: int,
    workers: int = 1,
    pretrained: Pretrained | None = None,
) -> list[Music]:
    """The pieces of all sources; composed ones are kept and found again.

    Args:
        store: the data.
        slots: from :func:`choose_slots`.
        runs: the networks, 'lstm' and 'transformer'.
        ngram: fitted on the same training set.
        draw: how tokens are drawn; slot i has the seed `draw.seed` + i in every source of this profile.
        memory_bars: bars that the Transformer of the control remembers.
        workers: processes that compose.
        pretrained: the model that comes with the book; it fills the slots whose labels it knows.
    """
    composed = _compose_all(store, slots, runs, ngram, draw, memory_bars, workers, pretrained)
    scores = {
        source: {number: _score(piece) for number, piece in pieces.items()}
        for source, pieces in composed.items()
    }
    scores[REAL] = {
        number: decode(store.tokenizer, store.tokens(slot.row)[: draw.max_tokens])
        for number, slot in enumerate(slots)
    }
    for source, origin in ((SHUFFLED, REAL), (OWN_FLOOR, TRANSFORMER)):
        scores[source] = {
            number: shuffle_bars(score, draw.seed + number) for number, score in scores[origin].items()
        }
    pieces = []
    for source in (*SOURCES, OWN_FLOOR):
        for number, score in scores.get(source, {}).items():
            slot, made = slots[number], composed.get(source, {}).get(number)
            row = store.index.iloc[slot.row]
            pieces.append(
                Music(
                    source,
                    made.name if made else str(row["identifier"]),
                    score,
                    number,
                    int(row["group"]),
                    slot.emotion,
                    slot.genre,
                    made.ended if made else None,
                    slot.balanced,
                )
            )
    return pieces


def real_music(store: TokenStore, rows: Sequence[int]) -> list[Music]:
    """Pieces of the store, to be measured."""
    found = store.index.iloc[list(rows)]
    return [
        Music(
            REAL,
            str(piece.identifier),
            decode(store.tokenizer, store.tokens(row)),
            number,
            int(piece.group),
            piece.emotion,
            piece.genre,
        )
        for number, (row, piece) in enumerate(zip(rows, found.itertuples(), strict=True))
    ]


def _score(piece: Composition) -> symusic.Score:
    """The notes of a composed piece; one that never came to a note has none."""
    return piece.score if len(piece.tokens) > 1 else symusic.Score(piece.tokenizer.time_division)


def ngram_identity(model: NgramModel, store: TokenStore) -> str:
    """What tells pieces of this n-gram model from those of another."""
    about = [store.hash, model.order, model.labels, model.escape, model.num_ngrams]
    return f"ngram {hash_of_json(about)} {_COUNTED[:12]}"


@dataclass(frozen=True)
class _Task:
    """Pieces for some slots by one network: a run's folder (None: the pretrained model), a memory in bars."""

    source: str
    folder: Path | None
    numbers: list[int]
    memory_bars: int | None = None


def _compose_all(
    store: TokenStore,
    slots: Sequence[Slot],
    runs: Mapping[str, Run],
    ngram: NgramModel,
    draw: SamplingSettings,
    memory_bars: int,
    workers: int,
    pretrained: Pretrained | None,
) -> dict[str, dict[int, Composition]]:
    """Composed pieces by source and slot. The networks compose in other processes, the longest work first.

    The short memory cannot be batched, so its pieces are shared out; they keep the seeds of one batch.
    """
    everything = list(range(len(slots)))
    share = -(-len(slots) // workers)
    tasks = [
        _Task(SHORT, runs["transformer"].folder, everything[start : start + share], memory_bars)
        for start in range(0, len(slots), share)
    ]
    if pretrained is not None:
        known = [
            number
            for number, slot in enumerate(slots)
            if slot.genre in pretrained.genres and slot.emotion in pretrained.emotions
        ]
        tasks += [_Task(PRETRAINED, None, known)] if known else []
    tasks += [_Task(name, runs[name].folder, everything) for name in (TRANSFORMER, LSTM)]
    if workers > 1:
        Parallel(n_jobs=workers)(delayed(_compose)(task, store, slots, draw) for task in tasks)
    labels = [(slot.emotion, slot.genre) for slot in slots]
    counted = NgramComposer(ngram, store)
    found = {
        NGRAM: dict(
            enumerate(request_pieces(counted, store, labels, draw, identity=ngram_identity(ngram, store)))
        )
    }
    for task in tasks:  # kept by now
        pieces = _compose(task, store, slots, draw)
        found.setdefault(task.source, {}).update(zip(task.numbers, pieces, strict=True))
    return found


def _compose(
    task: _Task, store: TokenStore, slots: Sequence[Slot], draw: SamplingSettings
) -> list[Composition]:
    labels = [(slots[number].emotion, slots[number].genre) for number in task.numbers]
    draw = draw.model_copy(update={"seed": draw.seed + task.numbers[0]})
    if task.folder is None:
        pretrained = load_pretrained()
        return request_pieces(pretrained, pretrained, labels, draw)
    run = open_run(task.folder)
    if task.memory_bars is None:
        return request_pieces(run, store, labels, draw)
    identity = f"{run.folder.name} with a memory of {task.memory_bars} bars {_SHORT_MEMORY[:12]}"
    return request_pieces(
        ShortMemory(run.load_model(), store, task.memory_bars), store, labels, draw, identity=identity
    )
