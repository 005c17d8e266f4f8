"""What every work of the bench needs: sizes, turns, and the row that it reports."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

import torch

from lib.basics.precision import Precision
from lib.profiles import Profile
from lib.profiles.profile import ModelSettings, Settings

LEAST_TURNS = 3

_FAITHFUL = {
    "kind": "transformer",
    "norm": "post",
    "positions": "learned",
    "activation": "relu",
    "tie_embeddings": False,
    "initialisation": "torch",
}


class BenchSizes(Settings):
    """How large the works of a bench are.

    Attributes:
        original, experiment: networks of `train_original_size`, composing, and `train_experiment_size`.
        rows: windows in a training batch of each of the two.
        compose_tokens: length of a composed sequence.
        pieces: composed at once.
        files: MIDI files tokenised in a turn.
        quality: network of `time_to_quality`, the original's way; ours has the same shape.
        quality_tokens: what the original's recipe is trained on.
        quality_budget: ours has its schedule over so many tokens.
        learning: network of `time_to_loss`, the original's way; ours has its width, depth and heads.
        learning_budgets: tokens over which the two recipes of ours have their schedules, before and now.
        learning_loss: nats a note to be reached.
        learning_seconds: what each recipe has for it.
        learning_pieces: validation pieces judged.
        seconds: at least so long is each way measured, apart from the whole pieces.
    """

    original: ModelSettings
    experiment: ModelSettings
    rows: tuple[int, int]
    compose_tokens: int
    pieces: int
    files: int
    quality: ModelSettings
    quality_tokens: int
    quality_budget: int
    learning: ModelSettings
    learning_budgets: tuple[int, int]
    learning_loss: float
    learning_seconds: float
    learning_pieces: int
    seconds: float


#: The works at the sizes of the original report, in minutes.
FULL = BenchSizes(
    original=ModelSettings(**_FAITHFUL, hidden_size=512, num_layers=12, num_heads=16, feed_forward_size=2048),
    experiment=ModelSettings(
        **_FAITHFUL, hidden_size=256, num_layers=8, num_heads=8, feed_forward_size=2048, max_length=512
    ),
    rows=(4, 8),
    compose_tokens=1024,
    pieces=64,
    files=1000,
    quality=ModelSettings(
        **_FAITHFUL, hidden_size=256, num_layers=4, num_heads=8, feed_forward_size=2048, max_length=512
    ),
    quality_tokens=5_500_000,
    quality_budget=1_500_000,
    learning=ModelSettings.model_validate({**_FAITHFUL, "hidden_size": 128, "num_layers": 4}),
    learning_budgets=(1_200_000, 500_000),
    learning_loss=4.0,
    learning_seconds=300,
    learning_pieces=200,
    seconds=20,
)

_TINY = ModelSettings(**_FAITHFUL, hidden_size=32, num_layers=2, num_heads=4, max_length=64)
#: Smaller networks, in seconds: beside the full ones, to see whether this machine tells the same story.
GLANCE = BenchSizes(
    original=ModelSettings(**_FAITHFUL, hidden_size=256, num_layers=4, num_heads=8, max_length=256),
    experiment=ModelSettings(**_FAITHFUL, hidden_size=128, num_layers=4, num_heads=4, max_length=256),
    rows=(4, 8),
    compose_tokens=256,
    pieces=16,
    files=100,
    quality=ModelSettings(**_FAITHFUL, hidden_size=128, num_layers=2, num_heads=4, max_length=256),
    quality_tokens=300_000,
    quality_budget=300_000,
    learning=ModelSettings.model_validate({**_FAITHFUL, "hidden_size": 64, "num_layers": 2}),
    learning_budgets=(200_000, 100_000),
    learning_loss=12.0,
    learning_seconds=60,
    learning_pieces=50,
    seconds=2,
)

#: To see that everything runs; the figures mean nothing.
TINY = BenchSizes(
    original=_TINY,
    experiment=_TINY,
    rows=(2, 2),
    compose_tokens=64,
    pieces=4,
    files=24,
    quality=_TINY,
    quality_tokens=20_000,
    quality_budget=20_000,
    learning=_TINY,
    learning_budgets=(20_000, 20_000),
    learning_loss=60.0,
    learning_seconds=6,
    learning_pieces=8,
    seconds=0.1,
)


SIZES = {"full": FULL, "glance": GLANCE, "tiny": TINY}


@dataclass(frozen=True)
class Row:
    """One kind of work; see the module."""

    work: str
    plain: float
    ours: float
    ratio: float
    bound: float
    of_bound: float
    unit: str
    turns: int
    ratio_low: float
    ratio_high: float
    note: str
    about: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Bench:
    """What every work needs to know: sizes, precision, threads, whether the long ones are asked for."""

    sizes: BenchSizes
    profile: Profile
    precision: Precision
    threads: int = 2
    long: bool = False
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    say: Callable[[str], None] = lambda line: None

    @property
    def peak_seconds(self) -> float:
        """How long to look for the best rate of the machine."""
        return min(2.0, self.sizes.seconds)


def make_row(
    work: str,
    plain: Sequence[float],
    ours: Sequence[float],
    bound: float,
    unit: str,
    note: str,
    **about: object,
) -> Row:
    """A row from one figure a turn of each way; units that begin with 's' are times, others rates."""
    times = unit.startswith("s ")
    ratios = [first / second if times else second / first for first, second in zip(plain, ours, strict=True)]
    middle = statistics.median(ours)
    of_bound = bound / middle if times else middle / bound
    return Row(
        work,
        statistics.median(plain),
        middle,
        statistics.median(ratios),
        bound,
        of_bound,
        unit,
        len(ratios),
        min(ratios),
        max(ratios),
        note,
        about,
    )


def in_turns(
    plain: Callable[[], float],
    ours: Callable[[], float],
    seconds: float,
    least: int = LEAST_TURNS,
    warm_up: bool = True,
) -> tuple[list[float], list[float]]:
    """Call both in turns until `seconds` have passed for each, `least` times at least; what the warm-up gives
    is dropped.
    """
    first, second = [], []
    if warm_up:
        plain(), ours()
    began = time.monotonic()
    while len(first) < least or time.monotonic() - began < 2 * seconds:
        first.append(plain())
        second.append(ours())
    return first, second


def plain_row(row: Row) -> dict[str, object]:
    """A row as plain data, numbers to four digits, what is particular to the work at the end."""
    found = asdict(row)
    about = found.pop("about")
    return {
        name: float(f"{value:.4g}") if isinstance(value, float) else value
        for name, value in (found | about).items()
    }
