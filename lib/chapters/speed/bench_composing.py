"""The works of the bench that compose: one piece, and many at once."""

import numpy as np
import torch

from lib.basics.errors import BookError
from lib.basics.precision import SINGLE
from lib.chapters.speed.bounds import bytes_a_step, layer_shapes, matmul_peak, memory_bandwidth, timed
from lib.chapters.speed.plain import PlainTransformer, compose_plain
from lib.chapters.speed.random_tokens import EMOTIONS, GENRES
from lib.chapters.speed.rows import LEAST_TURNS, Bench, Row, in_turns, make_row
from lib.composing.grammar import Grammar
from lib.composing.sampling import SamplingSettings, sample_tokens
from lib.data.tokenizer import build_tokenizer
from lib.models import build_model, flops_per_token
from lib.models.transformer import ConditionalTransformer

TEMPERATURE = 1.2  # the original's
CHECKED_TOKENS = 48
PREFIXES = 9  # lengths at which a step of the plain way is timed


class _Pair:
    """Our network and torch's with the same weights, neither of which ends a piece."""

    def __init__(self, bench: Bench):
        self.grammar, self.tokens = Grammar(build_tokenizer("original")), bench.sizes.compose_tokens
        self.begin, end = (self.grammar.kinds.index(kind) for kind in ("BOS", "EOS"))
        torch.manual_seed(1)
        self.ours = build_model(bench.sizes.original, self.grammar.size, EMOTIONS, GENRES).eval()
        self.ours = self.ours.to(bench.device)
        self.ours.output.bias.data[end] = -1e9
        self.plain = PlainTransformer(bench.sizes.original, self.grammar.size, EMOTIONS, GENRES).eval()
        self.plain = self.plain.to(bench.device).take_weights(self.ours)
        self.device = bench.device

    def check(self) -> None:
        """Both ways draw the same tokens when they take the likeliest."""
        count = min(CHECKED_TOKENS, self.tokens)
        draw = SamplingSettings(max_tokens=count, greedy=True, grammar=False)
        ours = sample_tokens(self.ours, [3], [2], draw, self.grammar)[0]
        plain = list(compose_plain(self.plain, 3, 2, self.begin, count, greedy=True))
        if ours[1:].tolist() != plain:
            raise BookError(
                "The two ways of composing find other tokens likeliest under the same weights: "
                "they do not compute the same thing."
            )

    @torch.no_grad()
    def plain_seconds(self) -> float:
        """Seconds a token of a whole piece in the plain way: some steps timed, joined by lines."""
        lengths = np.unique(np.linspace(1, self.tokens - 1, PREFIXES).round().astype(int))
        ids = torch.randint(4, self.grammar.size, (1, self.tokens), device=self.device)
        labels = [torch.tensor([number], device=self.device) for number in (3, 2)]

        def step(length: int) -> None:
            logits = self.plain(ids[:, :length], *labels)[:, -1]
            torch.multinomial((logits / TEMPERATURE).softmax(dim=-1), 1)

        seconds = [timed(lambda length=length: step(length)) for length in lengths.tolist()]
        return float(np.trapezoid(seconds, lengths) / (lengths[-1] - lengths[0]))

    def plain_whole(self) -> float:
        """Seconds a token of a whole piece in the plain way, really composed."""
        drawn = compose_plain(self.plain, 3, 2, self.begin, self.tokens, TEMPERATURE)
        return timed(lambda: list(drawn)) / (self.tokens - 1)

    def our_seconds(self, pieces: int) -> float:
        """Seconds a token and piece, as the book composes: cache, grammar, all pieces in one batch."""
        draw = SamplingSettings(max_tokens=self.tokens, temperature=TEMPERATURE, seed=1)
        labels = ([number % count for number in range(pieces)] for count in (EMOTIONS, GENRES))
        made: list[np.ndarray] = []
        took = timed(lambda: made.extend(sample_tokens(self.ours, *labels, draw, self.grammar)))
        if any(len(tokens) != self.tokens for tokens in made):
            raise BookError("A piece of the bench ended before its limit: its time says nothing.")
        return took / pieces / (self.tokens - 1)


def compose_one(bench: Bench) -> Row:
    """One piece of 1,024 tokens with the original's network, in fp32 as the original composes."""
    pair = _Pair(bench)
    pair.check()
    plain = pair.plain_whole if bench.long else pair.plain_seconds
    found = in_turns(
        plain, lambda: pair.our_seconds(1), 0.0, 1 if bench.long else LEAST_TURNS, warm_up=not bench.long
    )
    how = "composed whole" if bench.long else f"steps at {PREFIXES} lengths of the prefix, integrated"
    return make_row(
        "compose_one",
        *found,
        _bound(pair.ours, pair.tokens, 1, bench),
        "s a token",
        f"plain: prefix recomputed, {how}; ours: cache and grammar, composed whole",
        precision=SINGLE,
        tokens=pair.tokens,
    )


def compose_many(bench: Bench) -> Row:
    """Many pieces at once; the original composes one after another, at the same cost a piece."""
    pair, pieces = _Pair(bench), bench.sizes.pieces
    pair.check()
    pair.plain_seconds(), pair.our_seconds(1)
    plain = [pair.plain_seconds() for _ in range(LEAST_TURNS - 1)]
    ours = [pair.our_seconds(pieces)]
    plain += [pair.plain_seconds() for _ in range(LEAST_TURNS - 1)]
    return make_row(
        "compose_many",
        plain,
        ours * len(plain),
        _bound(pair.ours, pair.tokens, pieces, bench),
        "s a token and piece",
        f"plain: one piece after another, steps at {PREFIXES} lengths of the prefix, integrated, "
        f"before and after ours; ours: {pieces} pieces in one batch, composed whole, once",
        precision=SINGLE,
        tokens=pair.tokens,
        pieces=pieces,
    )


def _bound(model: ConditionalTransformer, tokens: int, pieces: int, bench: Bench) -> float:
    """Seconds a token and piece at best: weights and caches read, or products done, at full speed."""
    bandwidth = memory_bandwidth(bench.peak_seconds, device=bench.device)
    reading = bytes_a_step(model, pieces, tokens / 2) / bandwidth
    peak = matmul_peak(
        layer_shapes(model.settings, max(pieces, 64)), torch.float32, bench.peak_seconds, bench.device
    )
    return max(reading, pieces * flops_per_token(model, tokens) / peak) / pieces
