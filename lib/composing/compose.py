"""From an emotion and a genre to pieces, and to the files that keep a piece and how it was made."""

import difflib
import hashlib
import platform
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import numpy as np
import symusic
from miditok import REMI

from lib.basics.errors import BookError
from lib.basics.files import atomic_path, hash_of_json, write_json
from lib.composing.grammar import Grammar
from lib.composing.pretrained import Pretrained
from lib.composing.protocols import Composer, Vocabulary
from lib.composing.sampling import SamplingSettings, sample_tokens
from lib.data.shorthand.tokens import BARS, ids_of_types
from lib.data.tokenizer import decode, vocabulary_of, write_out
from lib.sound.audio import note_seconds, write_mp3
from lib.sound.sheet import Words, write_score
from lib.sound.synthesizer import not_as_written
from lib.training.memory import memory_for
from lib.training.runs import Run

Source = Run | Pretrained | Composer
"""What composes: a trained run, the model that comes with the book, or a network."""

_BATCH = 64  # pieces composed at once: more gain little on a CPU and need more memory for the cache


@dataclass(frozen=True)
class Composition:
    """One composed piece and all that is needed to compose it again.

    Attributes:
        tokens: ids from BOS on, uint16 [tokens]; an unfinished note at the end of a piece that met its limit
            is cut off.
        ended: whether the model ended the piece itself (EOS) before the limit.
        emotion, genre: as asked for; None where the model was left free.
        seed: composing one piece with this seed gives this piece again.
        settings: how tokens were drawn.
        model: what composed it, as plain data.
        prompt_length: tokens at the beginning that were given, BOS included.
        tokenizer: what the ids mean.
        store_hash: hash of the token store behind labels and vocabulary.
        selected_of: how many pieces a selector kept it from.
    """

    tokens: np.ndarray
    ended: bool
    emotion: str | None
    genre: str | None
    seed: int
    settings: SamplingSettings
    model: dict[str, object]
    prompt_length: int
    tokenizer: REMI = field(repr=False)
    store_hash: str = field(repr=False)
    selected_of: int = 1

    @cached_property
    def score(self) -> symusic.Score:
        """The notes, as MIDI would hold them."""
        return decode(self.tokenizer, self.tokens)

    @property
    def written_out(self) -> np.ndarray:
        """Its ids as MidiTok spells it, uint16 [tokens], whatever the token set."""
        return write_out(self.tokenizer, self.tokens)

    @property
    def notes(self) -> int:
        """How many notes it has."""
        return sum(len(track.notes) for track in self.score.tracks)

    @property
    def bars(self) -> int:
        """How many bars it has, up to the one in which the last note begins."""
        return int(np.count_nonzero(np.isin(self.tokens, _ids_of_bars(self.tokenizer))))

    @property
    def seconds(self) -> float:
        """How long it sounds, to the end of its last note."""
        return note_seconds(self.score)

    @property
    def name(self) -> str:
        """A file name (without suffix) from labels and seed, safe on any system."""
        return file_stem(self.emotion, self.genre, self.seed)

    def record(self) -> dict[str, object]:
        """How the piece was made, as plain data for JSON."""
        return {
            "emotion": self.emotion,
            "genre": self.genre,
            "seed": self.seed,
            "model": self.model,
            "sampling": self.settings.model_dump(),
            "prompt_tokens": self.prompt_length,
            "ended_by": "EOS" if self.ended else "limit",
            "tokens": len(self.tokens),
            "notes": self.notes,
            "bars": self.bars,
            "seconds": round(self.seconds, 3),
            "selected_of": self.selected_of,
            "store": self.store_hash,
            "versions": {"python": platform.python_version()}
            | {name: version(name) for name in ("torch", "miditok", "symusic", "composing-to-a-mood")},
        }

    def words(self) -> Words:
        """What stands on the piece's score beside the notes."""
        labels = ", ".join(label for label in (self.emotion, self.genre) if label) or "no label"
        tempo = self.score.tempos[0].qpm if len(self.score.tempos) else 120.0
        model = self.model["run"] or self.model["kind"]
        return Words(
            labels, f"asked for {labels} · ♩ = {tempo:.0f} · seed {self.seed} · composed by {model}", tempo
        )

    def save(
        self,
        midi: Path | None = None,
        audio: Path | None = None,
        record: Path | None = None,
        score: Path | None = None,
    ) -> list[Path]:
        """Write the piece as MIDI, as MP3, how it was made as JSON, as notation: each whole or not at all.

        What of it is not heard as it is written is said on standard error.

        Args:
            midi, audio, record: files to write; None leaves one out.
            score: as :func:`lib.sound.sheet.write_score` takes it.

        Returns:
            The files written.

        Raises:
            BookError: when a file cannot be written; older files stay as they were.
        """
        written = []
        if midi is not None:
            with atomic_path(Path(midi)) as temporary:
                temporary.write_bytes(self.score.dumps_midi())
            written.append(Path(midi))
        if audio is not None:
            write_mp3(self.score, Path(audio))
            if remark := not_as_written(self.score):
                print(f"{audio}: {remark}", file=sys.stderr)
            written.append(Path(audio))
        if record is not None:
            write_json(Path(record), self.record())
            written.append(Path(record))
        if score is not None:
            write_score(self.score, Path(score), self.words())
            written.append(Path(score))
        return written


def file_stem(emotion: str | None, genre: str | None, seed: int) -> str:
    """A file name (without suffix) from labels and seed, safe on any system."""
    labels = f"{emotion or 'any'}_{genre or 'any'}"
    return f"{safe_file_name(labels)}_{seed}"


def compose_pieces(
    source: Source,
    store: Vocabulary,
    emotion: str | None,
    genre: str | None,
    settings: SamplingSettings,
    count: int = 1,
    prompt: np.ndarray | None = None,
) -> list[Composition]:
    """Compose pieces to an emotion and a genre.

    Args:
        source: a trained run, the pretrained model, or a network.
        store: the token store that it was trained on; the pretrained model takes its place itself.
        emotion, genre: labels of the store; None leaves the model free.
        settings: how tokens are drawn; the pieces have the seeds `settings.seed`, `settings.seed + 1`, …
        count: how many pieces.
        prompt: ids [tokens] that every piece begins with; see :func:`lib.composing.prompt.read_prompt`.

    Raises:
        BookError: for an unknown label, a count below 1, a model of another vocabulary or other labels.
    """
    return compose_many(source, store, [(emotion, genre)] * _checked_count(count), settings, prompt)


def compose_many(
    source: Source,
    store: Vocabulary,
    labels: Sequence[tuple[str | None, str | None]],
    settings: SamplingSettings,
    prompt: np.ndarray | None = None,
) -> list[Composition]:
    """Compose one piece for each pair of labels (emotion, genre) [pieces], up to 64 in a batch.

    Piece i has the seed `settings.seed` + i.

    Arguments and errors are those of :func:`compose_pieces`.
    """
    emotions = [label_id(emotion, store.emotions, "emotion") for emotion, _ in labels]
    genres = [label_id(genre, store.genres, "genre") for _, genre in labels]
    if isinstance(source, Run):
        _check_run(source, store)
    model = network_of(source)
    _check_model(model, store)
    grammar, composed = Grammar(store.tokenizer), []
    for first in range(0, len(labels), _BATCH):
        part = slice(first, first + _BATCH)
        moved = settings.model_copy(update={"seed": settings.seed + first})
        pieces = len(emotions[part])
        with memory_for(f"{pieces} pieces of {settings.max_tokens:,} tokens at once", model.device):
            sampled = sample_tokens(model, emotions[part], genres[part], moved, grammar, prompt=prompt)
        for tokens in sampled:
            whole = tokens[: grammar.whole_notes_length(tokens)]
            composed.append((whole, bool(tokens[-1] == store.eos_id)))
    return as_compositions(source, store, labels, settings, prompt, composed)


def as_compositions(
    source: Source,
    store: Vocabulary,
    labels: Sequence[tuple[str | None, str | None]],
    settings: SamplingSettings,
    prompt: np.ndarray | None,
    composed: Sequence[tuple[np.ndarray, bool]],
) -> list[Composition]:
    """Ids [tokens], each with whether the model ended the piece, as pieces that know how they were made."""
    described = _description(source)
    return [
        Composition(
            tokens,
            ended,
            emotion,
            genre,
            settings.seed + number,
            settings.model_copy(update={"seed": settings.seed + number}),
            described,
            1 if prompt is None else len(prompt),
            store.tokenizer,
            store.hash,
        )
        for number, ((tokens, ended), (emotion, genre)) in enumerate(zip(composed, labels, strict=True))
    ]


def label_id(label: str | None, known: Sequence[str], kind: str) -> int:
    """The number of a label; None, "no label", is the number behind the last.

    Args:
        label: what was asked for.
        known: the labels of the store, by number.
        kind: 'emotion' or 'genre', for the message.

    Raises:
        BookError: for an unknown label, with the known ones and the nearest of them.
    """
    if label is None:
        return len(known)
    if label in known:
        return list(known).index(label)
    near = difflib.get_close_matches(label.lower(), known, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    raise BookError(f"There is no {kind} '{label}' in this data; choose one of: {', '.join(known)}.{hint}")


def safe_file_name(text: str) -> str:
    """A name of plain letters, digits, '-' and '_' for any text, at most 80 characters long.

    Labels come from other people's file names and may hold slashes, dots or anything else. Two texts that
    differ only in what is replaced still get different names.

    >>> safe_file_name("major-lively_irish")
    'major-lively_irish'
    """
    plain = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:72].rstrip("-_")
    if plain == text != "":
        return plain
    return f"{plain or 'piece'}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


def _checked_count(count: int) -> int:
    if count < 1:
        raise BookError(f"The number of pieces must be at least 1, not {count}.")
    return count


def _check_run(run: Run, store: Vocabulary) -> None:
    """Labels and vocabularies of equal number may still differ in meaning."""
    data = run.config["data"]
    if (data["emotions"], data["genres"]) != (store.emotions, store.genres):
        raise BookError(
            f"The run {run.settings.name} learned the labels {', '.join(data['emotions'])} and "
            f"{', '.join(data['genres'])}, the data have others: use the data it was trained on."
        )
    if data["vocabulary"] != hash_of_json(store.vocabulary):
        raise BookError(
            f"The run {run.settings.name} learned another vocabulary than that of {store!r}: use "
            "the token set it was trained on."
        )


def _check_model(model: Composer, store: Vocabulary) -> None:
    have = (model.vocabulary_size, model.num_emotions, model.num_genres)
    need = (len(store.vocabulary), len(store.emotions), len(store.genres))
    if have != need:
        raise BookError(
            f"The model knows {have[0]} tokens, {have[1]} emotions and {have[2]} genres, the "
            f"data have {need[0]}, {need[1]} and {need[2]}: use the data it was trained on."
        )


def network_of(source: Source) -> Composer:
    """The network itself, in evaluation mode."""
    if isinstance(source, Run):
        return source.load_model()
    return source.model if isinstance(source, Pretrained) else source


def _description(source: Source) -> dict[str, object]:
    if isinstance(source, Run):
        return {"run": source.folder.name, **source.settings.model.model_dump()}
    if isinstance(source, Pretrained):
        return {"run": f"pretrained-{source.hash[:12]}", **source.model.settings.model_dump()}
    return {"run": None, **source.settings.model_dump()}


def _ids_of_bars(tokenizer: REMI) -> list[int]:
    return ids_of_types(vocabulary_of(tokenizer), BARS).tolist()
