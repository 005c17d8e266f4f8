"""One request to compose, from what a person asks for to files: all checked before anything is made."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lib.basics.errors import BookError
from lib.basics.files import check_targets
from lib.composing.compose import Composition, Source, compose_pieces, file_stem, label_id
from lib.composing.prompt import read_prompt, read_rewrite, what_is_wrong
from lib.composing.protocols import Vocabulary
from lib.composing.sampling import SamplingSettings
from lib.sound.audio import check_audio_name
from lib.sound.sheet import check_score_name
from lib.training.runs import Run

MIDI_SUFFIXES = (".mid", ".midi")
PROMPT_BARS = 4  # unless asked otherwise
MOST_CANDIDATES = 64

Choice = Callable[[Sequence[Composition], Vocabulary], Composition]
"""Keeps one of several pieces, as :class:`lib.measures.selector.Selector` does."""


def read_span(text: str) -> tuple[int, int]:
    """The first and the last bar in a text such as `5-8` or `5`.

    Raises:
        BookError: for any other text.
    """
    first, dash, last = text.replace("–", "-").partition("-")
    if not (first.strip().isdecimal() and (last.strip().isdecimal() or not dash)):
        raise BookError(f"'{text}' names no bars: write the first and the last, such as 5-8.")
    return int(first), int(last if dash else first)


@dataclass(frozen=True)
class Request:
    """What to compose and where to put it.

    Attributes:
        emotion, genre: labels.
        sampling: how tokens are drawn.
        out: a MIDI file for one piece, or a folder that gets a MIDI, an MP3 and a JSON file for each piece;
            None where only a score is wanted.
        count: how many pieces.
        audio, record, score: also write this MP3, this JSON file, this score (.musicxml, .pdf or .svg); only
            where `out` is a MIDI file.
        prompt: a MIDI file whose beginning every piece goes on from.
        prompt_bars: how many bars of it; None for four.
        candidates: so many pieces are composed for each that is written, and the truest is kept.
        rewrite: the first and the last bar of the prompt that are written again, all others staying.

    Raises:
        BookError: when these do not fit together, or the target cannot be what is asked for.
    """

    emotion: str
    genre: str
    sampling: SamplingSettings
    out: Path | None
    count: int = 1
    audio: Path | None = None
    record: Path | None = None
    prompt: Path | None = None
    prompt_bars: int | None = None
    score: Path | None = None
    rewrite: tuple[int, int] | None = None
    candidates: int = 1

    def __post_init__(self):
        if self.count < 1:
            raise BookError(f"The number of pieces must be at least 1, not {self.count}.")
        if not 1 <= self.candidates <= MOST_CANDIDATES:
            raise BookError(
                f"The number of candidates must be 1 to {MOST_CANDIDATES}, not {self.candidates}."
            )
        for wish, option in ((self.prompt_bars, "--prompt-bars"), (self.rewrite, "--rewrite")):
            if wish is not None and self.prompt is None:
                raise BookError(f"{option} belongs to a prompt: give the MIDI file as well, with --prompt.")
        if self.rewrite is not None and (self.prompt_bars is not None or self.sampling.bars is not None):
            raise BookError(
                "A piece whose bars are written again keeps its length and all other bars: "
                "leave --bars and --prompt-bars out."
            )
        if self.prompt is not None and not self.prompt.is_file():
            raise BookError(f"There is no MIDI file {self.prompt}; give the path of one to go on from.")
        if self.prompt_bars is not None and self.prompt_bars < 1:
            raise BookError(f"A prompt needs at least one bar, not {self.prompt_bars}.")
        if self.out is None and self.score is None:
            raise BookError(
                "Say where the piece is to go: --out piece.mid, --out folder or --score piece.pdf."
            )
        if self.is_one_file and self.count > 1:
            raise BookError(
                f"{self.count} pieces do not fit into the one file {self.out or self.score}: give a folder."
            )
        if not self.is_one_file and (self.audio or self.record):
            raise BookError(
                f"The folder {self.out} gets an MP3 and a JSON file for each piece anyway: name "
                "them only beside a MIDI file such as piece.mid."
            )
        if self.score is not None:
            check_score_name(self.score)
            if not self.is_one_file:
                raise BookError(
                    f"A score is of one piece, and {self.out} is a folder: name a MIDI file such "
                    "as piece.mid."
                )
        if self.out and self.is_one_file and self.out.is_dir():
            raise BookError(f"{self.out} is a folder, not a MIDI file: give another name.")
        if not self.is_one_file and self.out.exists() and not self.out.is_dir():
            raise BookError(f"{self.out} is a file, and not named as a MIDI file: give another name.")
        if self.audio is not None:
            check_audio_name(self.audio)
        if self.record is not None and self.record.suffix.lower() != ".json":
            raise BookError(
                f"How a piece was made is written as JSON: name it {self.record.stem}.json "
                f"instead of {self.record.name}."
            )
        check_targets(self._targets(), {"--prompt": self.prompt})

    def _targets(self) -> dict[str, Path | None]:
        """Every file that will be written, by what a person calls it."""
        if self.is_one_file:
            return {"--out": self.out, "--audio": self.audio, "--record": self.record, "--score": self.score}
        stems = (
            file_stem(self.emotion, self.genre, self.sampling.seed + piece)
            for piece in range(self.count * self.candidates if self.prompt else 0)
        )
        return {f"a piece of --out ({stem}.mid)": self.out / f"{stem}.mid" for stem in stems}

    def _prompt(self, store: Vocabulary) -> np.ndarray | None:
        """The ids with which every piece begins."""
        if self.prompt is None:
            return None
        longest = self.sampling.max_tokens
        if self.rewrite is not None:
            return read_rewrite(self.prompt, store, *self.rewrite, longest)
        bars = self.prompt_bars or PROMPT_BARS
        if self.sampling.bars is not None and self.sampling.bars < bars:
            raise BookError(
                f"A piece of {self.sampling.bars} bars cannot begin with {bars}: ask for more "
                "with --bars, or for fewer with --prompt-bars."
            )
        return read_prompt(self.prompt, store, bars, longest)

    @property
    def is_one_file(self) -> bool:
        """Whether one piece goes into files that are named, not several into a folder."""
        return self.out is None or self.out.suffix.lower() in MIDI_SUFFIXES

    def fulfil(
        self, model: Callable[[], Source], store: Vocabulary, choice: Callable[[], Choice] | None = None
    ) -> Iterator[Path]:
        """Compose, write, and yield each file that is written.

        Args:
            model: gives what composes; called only when labels and prompt are known to be possible, since it
                may train.
            store: the data that it was trained on.
            choice: gives what keeps one of several candidates; called only where there are several.

        Raises:
            BookError: for an unknown label, a prompt that cannot be read or is too long, guidance that the
                model has not learned, a file that cannot be written.
        """
        label_id(self.emotion, store.emotions, "emotion")
        label_id(self.genre, store.genres, "genre")
        prompt = self._prompt(store)
        source = model()
        check_guidance(source, self.sampling)
        pieces = compose_pieces(
            source, store, self.emotion, self.genre, self.sampling, self.count * self.candidates, prompt
        )
        if choice is not None and self.candidates > 1:
            keep = choice()
            pieces = [
                replace(keep(pieces[first : first + self.candidates], store), selected_of=self.candidates)
                for first in range(0, len(pieces), self.candidates)
            ]
        for piece in pieces:
            if self.rewrite is not None and (wrong := what_is_wrong(piece, store, *self.rewrite)):
                raise BookError(f"{wrong}: take another --seed.")
            if self.is_one_file:
                yield from piece.save(midi=self.out, audio=self.audio, record=self.record, score=self.score)
            else:
                midi, audio, record = (self.out / f"{piece.name}{end}" for end in (".mid", ".mp3", ".json"))
                yield from piece.save(midi=midi, audio=audio, record=record)


def check_guidance(source: Source, sampling: SamplingSettings) -> None:
    """Guidance asks a model for its answer without labels, too: a run must have learned to give one.

    Raises:
        BookError: when it has not.
    """
    if sampling.guidance != 1 and isinstance(source, Run) and not source.settings.training.label_dropout:
        raise BookError(
            f"The run {source.settings.name} was trained without label dropout and has not "
            "learned to do without labels: leave guidance at 1 or choose another run."
        )
