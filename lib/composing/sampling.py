"""One token after another: batched sampling with a state, the same loop for LSTM and Transformer."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import torch
from pydantic import Field, ValidationError, model_validator
from torch import Tensor

from lib.basics.errors import BookError
from lib.composing.browser.numbers import uniforms
from lib.composing.browser.packed import packed_linear_layers
from lib.composing.filters import apply_temperature, guide, keep_top_k, keep_top_p, sample
from lib.composing.protocols import Composer
from lib.data.shorthand.tokens import LONGEST
from lib.profiles.profile import Settings

FREE = -1
"""In a prompt: the model draws this token."""

if TYPE_CHECKING:
    from lib.composing.grammar import Grammar

_SHRINK_AT = 0.75  # when fewer of a batch's rows than this still run, the others leave it
# A step of a smaller network is over before a second thread has begun; waiting for one costs up to fifteen
# times the work itself when other programs run, and a piece should not depend on the number of threads.
_ONE_THREAD_BELOW = 10_000_000  # parameters


class SamplingSettings(Settings):
    """How tokens are drawn.

    Attributes:
        temperature: divides the logits; 1 leaves them.
        top_k: only the k likeliest tokens can be drawn; None: all.
        top_p: only the likeliest tokens that together reach this probability can be drawn; None or 1: all.
        guidance: classifier-free guidance scale; 1 is off, 0 ignores the labels.
        max_tokens: longest sequence, BOS and prompt included.
        seed: of the first piece; the next pieces have seed + 1, seed + 2, …
        grammar: only tokens that :class:`lib.composing.grammar.Grammar` allows can be drawn.
        greedy: always take the likeliest token; seed, temperature, top_k and top_p then change nothing.
        generator: where random numbers come from: numpy, or as in the page that composes in a browser
            (:func:`lib.composing.browser.numbers.uniforms`).
        bars: how many bars a piece is told to have; None: as the model likes. Only in shorthand.

    Raises:
        BookError: for an impossible value.
    """

    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    top_k: Annotated[int | None, Field(ge=1)] = None
    top_p: Annotated[float | None, Field(gt=0, le=1)] = None
    guidance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    max_tokens: Annotated[int, Field(ge=2)] = 1024
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    grammar: bool = True
    greedy: bool = False
    generator: Literal["numpy", "browser"] = "numpy"
    bars: Annotated[int | None, Field(ge=1, le=LONGEST)] = None

    @model_validator(mode="wrap")
    @classmethod
    def _explain(cls, values, handler):
        try:
            return handler(values)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            if first["type"] == "extra_forbidden":
                known = ", ".join(cls.model_fields)
                raise BookError(f"There is no sampling value '{name}'; there are: {known}.") from error
            wish = first["msg"].removeprefix("Input ")
            raise BookError(
                f"The sampling value {name} = {first['input']!r} is impossible: it {wish}."
            ) from error


@torch.inference_mode()
def sample_tokens(
    model: Composer,
    emotions: Sequence[int],
    genres: Sequence[int],
    settings: SamplingSettings,
    grammar: "Grammar",
    *,
    prompt: np.ndarray | None = None,
    use_cache: bool = True,
) -> list[np.ndarray]:
    """Compose one sequence for each pair of labels, all in one batch.

    Piece number i is drawn with the seed `settings.seed + i`, by one uniform number a token, and stops by
    itself: what stands in the other rows does not change it (up to rounding in the last bits of a matrix
    product).

    Args:
        model: a network in eval mode.
        emotions, genres: label ids, one of each a piece; `model.num_emotions` and `model.num_genres` mean
            no label.
        settings: how tokens are drawn.
        grammar: of the token set that the network was trained on.
        prompt: ids [tokens] that every piece begins with, BOS first, :data:`FREE` where the model draws;
            None: BOS alone.
        use_cache: False reads the whole prefix again for each token, as the original does.

    Returns:
        For each piece its ids from BOS on, uint16 [tokens]; the last is EOS, unless the piece reached
        `max_tokens`.

    Raises:
        BookError: when prompt or `max_tokens` are longer than what the model or the settings allow.
    """
    if len(emotions) != len(genres) or not len(emotions):
        raise BookError("Composing needs at least one piece, and as many emotions as genres.")
    start = _start_tokens(prompt, model, settings, grammar)
    batch = _Batch(model, emotions, genres, settings, grammar, start, use_cache)
    with composing_mode(model):
        for length in range(1, settings.max_tokens):
            if not batch.step(length):
                break
    return batch.sequences()


@contextlib.contextmanager
def composing_mode(model: Composer) -> Iterator[None]:
    """The model in eval mode, its weights laid out for few rows, a small one on one thread; afterwards all as
    it was.
    """
    was_training, threads = model.training, torch.get_num_threads()
    small = sum(parameter.numel() for parameter in model.parameters()) < _ONE_THREAD_BELOW
    model.train(False)
    if small:
        torch.set_num_threads(1)
    try:
        with packed_linear_layers(model):
            yield
    finally:
        torch.set_num_threads(threads)
        model.train(was_training)


def _start_tokens(
    prompt: np.ndarray | None, model: Composer, settings: SamplingSettings, grammar: "Grammar"
) -> np.ndarray:
    begin = grammar.kinds.index("BOS")
    start = np.array([begin] if prompt is None else prompt, dtype=np.int64)
    if not len(start) or start[0] != begin:
        raise BookError("A prompt must begin with the token BOS; make it with lib.composing.read_prompt.")
    if start.max() >= grammar.size or start.min() < FREE or model.vocabulary_size != grammar.size:
        raise BookError(
            f"The model knows {model.vocabulary_size} tokens, the token set {grammar.size}, and "
            "the prompt must stay within both: use the store that the model was trained on."
        )
    if settings.bars is not None and not (settings.grammar and grammar.is_short):
        raise BookError(
            "This model cannot be told a number of bars: leave it out, or choose a model whose "
            "tokens are in shorthand, and keep the grammar."
        )
    if len(start) >= settings.max_tokens:
        raise BookError(
            f"The prompt takes {len(start)} tokens and leaves no room within max_tokens = "
            f"{settings.max_tokens}: take fewer bars of it or raise max_tokens."
        )
    longest = model.settings.max_length
    if model.settings.positions == "learned" and settings.max_tokens > longest + 1:
        raise BookError(f"This model learned {longest} positions: max_tokens may be at most {longest + 1}.")
    return start


def _random_numbers(settings: SamplingSettings, piece: int) -> np.ndarray:
    """One number in [0, 1) for each token of a piece, by its place in the sequence."""
    if settings.generator == "browser":
        return uniforms(settings.seed + piece, settings.max_tokens)
    return np.random.default_rng(settings.seed + piece).random(settings.max_tokens)


class _Batch:
    """The pieces of one batch while they grow. Rows that have ended leave it a few at a time.

    Guidance reads every piece twice: rows [0, B) with its labels, rows [B, 2B) without.
    """

    def __init__(
        self,
        model: Composer,
        emotions: Sequence[int],
        genres: Sequence[int],
        settings: SamplingSettings,
        grammar: "Grammar",
        start: np.ndarray,
        use_cache: bool,
    ):
        self.model, self.settings, self.grammar = model, settings, grammar
        count = len(emotions)
        self.end = grammar.kinds.index("EOS")
        self.tokens = np.full((count, settings.max_tokens), self.end, dtype=np.int64)
        self.start = start
        self.tokens[:, 0] = start[0]
        self.lengths = np.full(count, 1)
        self.uniforms = np.stack([_random_numbers(settings, piece) for piece in range(count)])
        self.rows = np.arange(count)  # which piece each row of the batch is
        self.ended = np.zeros(count, dtype=bool)  # by piece
        self.guided = settings.guidance != 1
        self.emotion, self.genre = (
            self._labels(labels, none)
            for labels, none in [(emotions, model.num_emotions), (genres, model.num_genres)]
        )
        copies = 2 if self.guided else 1
        self.state = model.empty_state(copies * count, settings.max_tokens) if use_cache else None
        self.read = 0  # tokens that the state has read
        self.allowed = np.ones((count, grammar.size), dtype=bool)
        self.states = []
        if settings.grammar:
            least = settings.bars or 1 + int(np.isin(start, grammar.bar_tokens).sum())
            self.states = [grammar.start(least, settings.bars) for _ in range(count)]

    def step(self, length: int) -> bool:
        """Draw token number `length` of every piece that still runs; False when none does any more."""
        if length < len(self.start) and self.start[length] != FREE:
            drawn = np.full(len(self.rows), self.start[length])
        else:
            logits = self._masked(self._next_logits(length))
            uniform = torch.from_numpy(self.uniforms[self.rows, length]).to(logits.device)
            drawn = choose(logits, self.settings, uniform).cpu().numpy()
        running = ~self.ended[self.rows]
        pieces = self.rows[running]
        self.tokens[pieces, length] = drawn[running]
        self.lengths[pieces] = length + 1
        self.ended[pieces] = drawn[running] == self.end
        for piece in pieces.tolist() if self.states else ():
            self.states[piece].advance(int(self.tokens[piece, length]))
        running = ~self.ended[self.rows]
        if running.mean() < _SHRINK_AT:
            self._shrink(running)
        return bool(running.any())

    def sequences(self) -> list[np.ndarray]:
        """What has been composed, one array a piece."""
        return [
            tokens[:length].astype(np.uint16)
            for tokens, length in zip(self.tokens, self.lengths, strict=True)
        ]

    def _labels(self, labels: Sequence[int], none: int) -> Tensor:
        wanted = torch.tensor(list(labels), dtype=torch.long)
        if self.guided:
            wanted = torch.cat([wanted, torch.full_like(wanted, none)])
        return wanted.to(self.model.device)

    def _next_logits(self, length: int) -> Tensor:
        """Logits [rows, V] of the token at `length`, from all tokens before it."""
        tokens = torch.from_numpy(self.tokens[self.rows, self.read : length]).to(self.model.device)
        tokens = torch.cat([tokens, tokens]) if self.guided else tokens
        logits, self.state = self.model(tokens, self.emotion, self.genre, self.state)
        if self.state is not None:
            self.read = length
        last = logits[:, -1]
        last = last if last.dtype == torch.float64 else last.float()
        if not self.guided:
            return last
        conditional, unconditional = last.chunk(2)
        return guide(conditional, unconditional, self.settings.guidance)

    def _masked(self, logits: Tensor) -> Tensor:
        if not self.states:
            return logits
        allowed = self.allowed[: len(self.rows)]
        for row, piece in zip(allowed, self.rows.tolist(), strict=True):
            self.states[piece].write_allowed(row)
        return logits.masked_fill(~torch.from_numpy(allowed).to(logits.device), -torch.inf)

    def _shrink(self, running: np.ndarray) -> None:
        kept = np.flatnonzero(running)
        if not len(kept):
            return
        both = np.concatenate([kept, kept + len(self.rows)]) if self.guided else kept
        index = torch.from_numpy(both).to(self.model.device)
        self.emotion, self.genre = self.emotion[index], self.genre[index]
        if self.state is not None:
            self.state = self.model.keep_rows(self.state, index)
        self.rows = self.rows[kept]


def choose(logits: Tensor, settings: SamplingSettings, uniform: Tensor) -> Tensor:
    """One token a row: temperature, top-k, top-p, then a draw; or simply the likeliest when greedy.

    Args:
        logits: [B, V], forbidden tokens at −∞.
        settings: how to draw.
        uniform: [B] in [0, 1).

    Returns:
        Token ids [B].
    """
    if settings.greedy:
        return logits.argmax(dim=-1)
    logits = apply_temperature(logits, settings.temperature)
    if settings.top_k is not None:
        logits = keep_top_k(logits, settings.top_k)
    if settings.top_p is not None:
        logits = keep_top_p(logits, settings.top_p)
    return sample(logits, uniform)
