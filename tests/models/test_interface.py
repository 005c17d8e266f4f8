"""Counting parameters and arithmetic."""

import torch

from lib.models import ConditionalLSTM, ConditionalTransformer, build_model, count_parameters, flops_per_token
from lib.profiles.profile import ModelSettings

TRANSFORMER = ModelSettings(kind="transformer", hidden_size=8, num_layers=2, num_heads=2, max_length=16)
LSTM = ModelSettings(kind="lstm", hidden_size=8, num_layers=2, positions="none", tie_embeddings=False)


def test_kinds():
    assert isinstance(build_model(TRANSFORMER, 10, 2, 3), ConditionalTransformer)
    assert isinstance(build_model(LSTM, 10, 2, 3), ConditionalLSTM)


def test_same_seed_same_weights():
    def weights(seed):
        torch.manual_seed(seed)
        return build_model(TRANSFORMER, 10, 2, 3).state_dict()

    first, second, other = weights(1), weights(1), weights(2)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["token_embedding.weight"], other["token_embedding.weight"])


def test_counts_add_up():
    for settings in (TRANSFORMER, LSTM):
        model = build_model(settings, 10, 2, 3)
        counts = count_parameters(model)
        assert counts["total"] == sum(parameter.numel() for parameter in model.parameters())
        assert counts["embeddings"] == 8 * (10 + 3 + 4)
        assert counts["output"] == (0 if settings.tie_embeddings else 90)


def test_flops_by_hand():
    # Transformer: 2 layers of 3·8·8 + 8·8 + 2·8·32 weights, the tied output 10·8, and attention over 16 / 2
    # tokens on average: QKᵀ and the weighted sum, 2 · 8 operations each a past token.
    attention = 2 * 8 * (2 * 2 * 8)
    assert flops_per_token(build_model(TRANSFORMER, 10, 2, 3), 16) == 2 * (2 * 768 + 80) + attention
    # LSTM: 2 layers of 4 gates with two 8 × 8 matrices, and the output.
    assert flops_per_token(build_model(LSTM, 10, 2, 3), 16) == 2 * (2 * 512 + 80)
