"""What composing asks of a model and of the data behind it: the smallest that will do.

A token store is a :class:`Vocabulary`, and so is the pretrained model, which comes without a store. The
networks are :class:`Composer`, and so are the n-gram model and a network whose memory is cut short.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from miditok import REMI


class Vocabulary(Protocol):
    """What ids and labels mean."""

    @property
    def tokenizer(self) -> "REMI":
        """From notes to ids and back."""

    @property
    def vocabulary(self) -> list[str]:
        """The text of each token, by id."""

    @property
    def emotions(self) -> list[str]:
        """The labels, by number."""

    @property
    def genres(self) -> list[str]:
        """The labels, by number."""

    @property
    def eos_id(self) -> int:
        """The token that ends a piece."""

    @property
    def hash(self) -> str:
        """What tells it from all others; pieces are kept under it."""


class ComposerSettings(Protocol):
    """What of a model's settings composing looks at."""

    @property
    def positions(self) -> str:
        """'learned' where the model cannot read beyond `max_length` tokens."""

    @property
    def max_length(self) -> int:
        """The longest sequence that was read in training."""

    def model_dump(self) -> dict[str, Any]:
        """Everything, as plain data for a piece's record."""


class Composer(Protocol):
    """A module that says, token by token, what may come next.

    Called as `model(tokens[B, T], emotion[B], genre[B], state)`; gives logits, of all tokens [B, T, V] or of
    the last alone [B, 1, V], and the new state. `num_emotions` and `num_genres`, behind the last label's
    number, mean "no label".
    """

    training: bool

    @property
    def settings(self) -> ComposerSettings:
        """How it was made."""

    @property
    def vocabulary_size(self) -> int:
        """Number of token ids."""

    @property
    def num_emotions(self) -> int:
        """Number of labels."""

    @property
    def num_genres(self) -> int:
        """Number of labels."""

    @property
    def device(self) -> torch.device:
        """Where tokens and labels have to be."""

    def empty_state(self, batch_size: int, max_length: int) -> Any:
        """The state before the first token, for sequences of at most `max_length` tokens."""

    def keep_rows(self, state: Any, rows: Tensor) -> Any:
        """The state of these rows of the batch only: indices [rows]."""

    def __call__(self, tokens: Tensor, emotion: Tensor, genre: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Logits behind the last tokens, and the new state; without a state, `tokens` is all there is."""

    def modules(self) -> Iterator[nn.Module]:
        """As of every module of torch."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """As of every module of torch."""

    def train(self, mode: bool = True) -> Any:
        """As of every module of torch."""

    def register_forward_pre_hook(self, hook: Callable[..., None]) -> Any:
        """As of every module of torch."""
