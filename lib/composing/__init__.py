"""From a trained network to pieces: grammar of the tokens, sampling, composing, going on from a prompt."""

from lib.composing.compose import Composition, compose_many, compose_pieces, safe_file_name
from lib.composing.grammar import Grammar
from lib.composing.prompt import read_prompt
from lib.composing.sampling import SamplingSettings, sample_tokens

__all__ = ["Composition", "Grammar", "SamplingSettings", "compose_many", "compose_pieces", "read_prompt",
           "safe_file_name", "sample_tokens"]
