"""What each size composes is measured, beside real pieces."""

from lib.long_runs import evidence, size_pieces
from lib.profiles.profile import ModelSettings
from lib.training import request_run


def test_each_run_has_its_row_behind_the_real_pieces(tiny_profile, tiny_store, monkeypatch):
    monkeypatch.setattr(size_pieces, "PIECES", 4)
    entry = tiny_profile.run("transformer")
    training = entry.training.model_copy(
        update={"tokens": 1_000, "window": 200, "batch_tokens": 800, "evaluations": 1}
    )
    model = ModelSettings(kind="transformer", hidden_size=16, num_layers=1, num_heads=2)
    run = request_run(entry.model_copy(update={"training": training, "model": model}), tiny_store, quiet=True)
    table = size_pieces.measure_sizes([run.folder], tiny_profile, tiny_store)
    assert table["source"].tolist() == ["real", run.folder.name]
    assert table["ended"].iloc[1] >= 0
    assert {"themes", "themes_low", "themes_high", "themes_pieces"} <= set(table.columns)


def test_the_part_is_listed():
    assert "size" in evidence.PARTS
