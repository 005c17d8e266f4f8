"""Where the time goes: every operator has a kind, shares add up, and both ways are looked at."""

import pytest

from lib.basics.precision import SINGLE, decide
from lib.chapters.speed.rows import TINY
from lib.chapters.speed.time_shares import KINDS, OTHER, kind_of, time_shares


@pytest.mark.parametrize(
    ("operator", "kind"),
    [
        ("aten::addmm", "matrix products"),
        ("aten::_softmax_backward_data", "softmax and loss"),
        ("aten::_scaled_dot_product_flash_attention_for_cpu_backward", "attention kernel"),
        ("aten::native_layer_norm_backward", "norms"),
        ("aten::_fused_adam_", "optimiser"),
        ("aten::add_", "sums and products by element"),
        ("aten::addcmul_", "optimiser"),
        ("aten::_to_copy", "copies and number formats"),
        ("ToCopyBackward0", OTHER),
        ("aten::view", OTHER),
    ],
)
def test_operators_have_their_kind(operator, kind):
    assert kind_of(operator) == kind


@pytest.mark.parametrize("precision", sorted({SINGLE, decide()}))
def test_shares_of_both_ways_add_up_and_ours_uses_the_kernel_in_single_precision(precision):
    found = time_shares(TINY.experiment, rows=2, precision=precision, threads=1, steps=1)
    assert set(found["way"]) == {"plain", "ours"}
    for _, part in found.groupby("way"):
        assert part["kind"].tolist() == [*KINDS, OTHER]
        assert part["share"].sum() == pytest.approx(1)
        assert part.set_index("kind").loc["matrix products", "seconds"] > 0
    kernel = found[found["kind"] == "attention kernel"].set_index("way")["seconds"]
    assert kernel["plain"] > 0
    assert (kernel["ours"] > 0) == (precision == SINGLE)
