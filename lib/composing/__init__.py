"""From a trained network to pieces: grammar of the tokens, sampling, composing, going on from a prompt."""

from typing import TYPE_CHECKING

from lib.basics.lazy import names_of

if TYPE_CHECKING:
    from lib.composing.compose import Composition, compose_many, compose_pieces, safe_file_name
    from lib.composing.grammar import Grammar
    from lib.composing.keep import request_pieces
    from lib.composing.pretrained import Pretrained, load_pretrained
    from lib.composing.prompt import read_prompt
    from lib.composing.sampling import SamplingSettings, sample_tokens

__all__ = [
    "Composition",
    "Grammar",
    "Pretrained",
    "SamplingSettings",
    "compose_many",
    "compose_pieces",
    "load_pretrained",
    "read_prompt",
    "request_pieces",
    "safe_file_name",
    "sample_tokens",
]

__getattr__ = names_of(
    __name__,
    {
        "compose_many": "compose",
        "compose_pieces": "compose",
        "Composition": "compose",
        "Grammar": "grammar",
        "load_pretrained": "pretrained",
        "Pretrained": "pretrained",
        "read_prompt": "prompt",
        "request_pieces": "keep",
        "safe_file_name": "compose",
        "sample_tokens": "sampling",
        "SamplingSettings": "sampling",
    },
)
