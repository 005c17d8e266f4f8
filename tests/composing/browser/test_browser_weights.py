"""The weights of the page: rounded by row, close to the full ones, and replayed by a command."""

import numpy as np
import pytest
import torch

from lib.cli import main
from lib.composing import Grammar, SamplingSettings, load_pretrained, sample_tokens
from lib.composing.browser.weights import quantise, quantised

MOST = 1e-3  # nats a token


@pytest.fixture(scope="module")
def pretrained():
    return load_pretrained()


def test_a_row_is_whole_numbers_times_a_scale_and_errs_by_half_a_step():
    matrix = np.random.default_rng(0).normal(size=(5, 40)) * np.array([[1], [100], [1e-3], [1], [0]])
    rows = quantise(matrix)
    assert (rows.whole.dtype, rows.scale.dtype) == (np.int8, np.float32)
    error = np.abs(rows.whole * rows.scale[:, None].astype(float) - matrix)
    assert (error <= 0.5001 * np.abs(matrix).max(axis=1, keepdims=True) / 127).all()
    assert (np.abs(rows.whole).max(axis=1) == [127, 127, 127, 127, 0]).all()


def test_the_rounded_model_says_nearly_what_the_full_one_says(pretrained):
    grammar = Grammar(pretrained.tokenizer)
    rounded = quantised(pretrained)
    pairs = [(0, 0), (1, 1), (2, 2), (3, 3)]
    pieces = sample_tokens(
        pretrained.model, *map(list, zip(*pairs, strict=True)), SamplingSettings(max_tokens=150), grammar
    )
    divergences = []
    for tokens, labels in zip(pieces, pairs, strict=True):
        ids = torch.from_numpy(tokens.astype(np.int64))[None]
        arguments = [torch.tensor([label]) for label in labels]
        with torch.inference_mode():
            full, small = (
                each.model(ids, *arguments)[0][0].double().log_softmax(-1) for each in (pretrained, rounded)
            )
        divergences += (full.exp() * (full - small)).sum(-1).tolist()
    assert 0 < np.mean(divergences) <= MOST
    assert pretrained.model.dtype == torch.float32, "the model itself is left alone"


def test_the_command_composes_the_page_s_piece(tmp_path, capsys):
    asked = ["compose", "--emotion", "major-calm", "--genre", "irish", "--max-tokens", "60"]
    paths = [tmp_path / name for name in ("one.mid", "again.mid", "other.mid")]
    for path, seed in zip(
        paths, (["--browser-seed", "4"], ["--browser-seed", "4"], ["--seed", "4"]), strict=True
    ):
        with pytest.raises(SystemExit) as ended:
            main([*asked, *seed, "--out", str(path)])
        assert not ended.value.code
    one, again, other = (path.read_bytes() for path in paths)
    assert one == again != other
    with pytest.raises(SystemExit):
        main([*asked, "--browser-seed", "4", "--run", "lstm", "--out", str(paths[0])])
    assert "leave out --run or --browser-seed" in capsys.readouterr().err
