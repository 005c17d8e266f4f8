"""The networks of the book and the n-gram floor under them, behind one interface each."""

from lib.models.base import ConditionalModel
from lib.models.interface import build_model, count_parameters, flops_per_token
from lib.models.internals import Gates, attention_weights, lstm_gates, lstm_step
from lib.models.lstm import ConditionalLSTM, RecurrentState
from lib.models.ngram import NgramModel
from lib.models.ngram_choice import choose_ngram, request_ngram
from lib.models.transformer import ConditionalTransformer, KeyValueCache

__all__ = [
    "ConditionalLSTM", "ConditionalModel", "ConditionalTransformer", "Gates", "KeyValueCache",
    "NgramModel", "RecurrentState", "attention_weights", "build_model", "choose_ngram", "count_parameters",
    "flops_per_token", "lstm_gates", "lstm_step", "request_ngram",
]
