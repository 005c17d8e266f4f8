"""The networks of the book and the n-gram baseline, behind one interface each."""

from typing import TYPE_CHECKING

from lib.basics.lazy import names_of

if TYPE_CHECKING:
    from lib.models.base import ConditionalModel
    from lib.models.interface import build_model, count_parameters, flops_per_token
    from lib.models.internals import Gates, attention_weights, lstm_gates, lstm_step
    from lib.models.lstm import ConditionalLSTM, RecurrentState
    from lib.models.ngram import NgramModel
    from lib.models.ngram_choice import choose_ngram, request_ngram
    from lib.models.transformer import ConditionalTransformer, KeyValueCache

__all__ = [
    "ConditionalLSTM",
    "ConditionalModel",
    "ConditionalTransformer",
    "Gates",
    "KeyValueCache",
    "NgramModel",
    "RecurrentState",
    "attention_weights",
    "build_model",
    "choose_ngram",
    "count_parameters",
    "flops_per_token",
    "lstm_gates",
    "lstm_step",
    "request_ngram",
]

__getattr__ = names_of(
    __name__,
    {
        "attention_weights": "internals",
        "build_model": "interface",
        "choose_ngram": "ngram_choice",
        "ConditionalLSTM": "lstm",
        "ConditionalModel": "base",
        "ConditionalTransformer": "transformer",
        "count_parameters": "interface",
        "flops_per_token": "interface",
        "Gates": "internals",
        "KeyValueCache": "transformer",
        "lstm_gates": "internals",
        "lstm_step": "internals",
        "NgramModel": "ngram",
        "RecurrentState": "lstm",
        "request_ngram": "ngram_choice",
    },
)
