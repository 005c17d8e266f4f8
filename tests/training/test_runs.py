"""The registry: trained once, found again, never trusted blindly."""

import json
import shutil

import pytest
import torch
from tiny_store import TinyStore, tiny_run

from lib.basics.errors import BookError
from lib.basics.precision import MIXED
from lib.training import open_run, request_run, run_folder, runs
from lib.training.devices import make_fabric
from lib.training.loop import Training


@pytest.fixture(scope="module")
def store():
    return TinyStore()


@pytest.fixture(scope="module")
def finished_home(store, tmp_path_factory):
    """A home with one finished run, to be copied."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOOD_HOME", str(home))
        request_run(tiny_run(), store, quiet=True)
    return home


@pytest.fixture
def home(finished_home, tmp_path, monkeypatch):
    shutil.copytree(finished_home, tmp_path / "home")
    monkeypatch.setenv("MOOD_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def counting_trainings(monkeypatch) -> list:
    calls, real = [], runs.train

    def counted(*arguments):
        calls.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(runs, "train", counted)
    return calls


def test_a_finished_run_is_returned_without_training(home, store, monkeypatch, capsys):
    trainings = counting_trainings(monkeypatch)
    run = request_run(tiny_run(), store)
    assert not trainings
    assert "finished before" in capsys.readouterr().err
    assert run.status == "finished"
    assert run.tokens_seen == run.metrics["tokens"].iloc[-1]
    assert run.parameters == sum(weight.numel() for weight in run.load_model().parameters())
    assert run.summary["validation_loss"] == run.metrics["validation_loss"].min()


def test_the_folder_holds_what_it_should_and_no_clock_in_the_metrics(home, store):
    folder = run_folder(tiny_run(), store)
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "metrics.csv",
        "model.safetensors",
        "provenance.json",
        "state.safetensors",
    ]
    provenance = json.loads((folder / "provenance.json").read_text())
    for key in (
        "commit",
        "versions",
        "device",
        "processor",
        "threads",
        "precision",
        "store",
        "dataset",
        "started",
        "ended",
        "seconds",
        "tokens_per_second",
        "sha256",
    ):
        assert key in provenance, key
    assert provenance["versions"]["torch"] == torch.__version__
    # The optimiser's moments are dropped at the end.
    assert (folder / "state.safetensors").stat().st_size < 2 * (folder / "model.safetensors").stat().st_size


def test_the_loaded_model_is_the_best_one(home, store):
    run = request_run(tiny_run(), store, quiet=True)
    model = run.load_model()
    assert not model.training
    nats = count = 0
    for row in store.rows("validation"):
        tokens = torch.from_numpy(store.ids[store.offsets[row] :][: store.lengths[row]].astype("int64"))
        labels = torch.tensor([store.emotion_ids[row]]), torch.tensor([store.genre_ids[row]])
        with torch.no_grad():
            logits = model(tokens[None, :-1], *labels)[0][0]
        nats += torch.nn.functional.cross_entropy(logits, tokens[1:], reduction="sum").item()
        count += len(tokens) - 1
    # Validation cut the pieces into windows of 24 tokens; here they are read whole.
    assert nats / count == pytest.approx(run.metrics["validation_loss"].min(), abs=0.1)


def test_seed_settings_precision_and_data_each_make_another_run(home, store):
    run = tiny_run()
    others = [
        run.model_copy(update={"seed": 6}),
        run.model_copy(update={"threads": 2}),
        tiny_run(clip=0.5),
        tiny_run(precision=MIXED),
    ]
    folders = {run_folder(other, store) for other in [run, *others]} | {run_folder(run, TinyStore(100))}
    assert len(folders) == 6


def tamper_weights(folder):
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def copy_half(folder):
    (folder / "provenance.json").unlink()
    path = folder / "state.safetensors"
    path.write_bytes(path.read_bytes()[:200])


def lose_provenance(folder):
    (folder / "provenance.json").unlink()


def take_anothers_state(folder):
    """A state of the same shape, from a run with another seed."""
    other = tiny_run().model_copy(update={"seed": 6})
    fabric = make_fabric("32-true")
    training = Training(other, TinyStore(), fabric)
    training.step()
    training.save(folder)
    (folder / "provenance.json").unlink()


def lose_config(folder):
    (folder / "config.json").unlink()


def change_config(folder):
    config = json.loads((folder / "config.json").read_text())
    config["run"]["training"]["learning_rate"] = 1.0
    (folder / "config.json").write_text(json.dumps(config))


def garble_provenance(folder):
    (folder / "provenance.json").write_text("[]")


@pytest.mark.parametrize(
    "damage",
    [
        tamper_weights,
        copy_half,
        lose_provenance,
        take_anothers_state,
        lose_config,
        change_config,
        garble_provenance,
    ],
)
def test_a_damaged_run_is_moved_aside_and_trained_anew(home, store, damage, capsys):
    folder = run_folder(tiny_run(), store)
    good = (folder / "metrics.csv").read_bytes(), (folder / "model.safetensors").read_bytes()
    damage(folder)
    run = request_run(tiny_run(), store)
    lines = capsys.readouterr().err.splitlines()
    assert sum("was moved to" in line for line in lines) == 1
    assert folder.with_name(folder.name + ".aside-1").exists()
    again = (run.folder / "metrics.csv").read_bytes(), (run.folder / "model.safetensors").read_bytes()
    assert again == good


def test_opening_a_changed_run_is_refused(home, store):
    folder = run_folder(tiny_run(), store)
    tamper_weights(folder)
    with pytest.raises(BookError, match=r"model\.safetensors of the run .* was changed after training"):
        open_run(folder)


def test_an_empty_folder_is_no_damage(home, store, capsys):
    folder = run_folder(tiny_run(tokens=500), store)
    folder.mkdir()
    (folder / ".state-half.safetensors").write_bytes(b"half")
    assert request_run(tiny_run(tokens=500), store).status == "finished"
    assert "moved" not in capsys.readouterr().err
    assert not list(folder.glob(".*"))


def test_a_diverged_run_is_kept_and_not_trained_again(home, store, monkeypatch):
    wild = tiny_run(learning_rate=1e6, schedule="constant", clip=None, optimiser="adam", tokens=30_000)
    run = request_run(wild, store, quiet=True)
    assert run.status == "diverged"
    trainings = counting_trainings(monkeypatch)
    again = request_run(wild, store, quiet=True)
    assert not trainings
    assert len(again.metrics) == len(run.metrics) > 1
    if run.best is None:
        with pytest.raises(BookError, match="has no weights"):
            run.load_model()


def test_lines_go_to_the_error_stream_and_quiet_has_none(home, store, capsys):
    run = request_run(tiny_run(tokens=600), store)
    out, err = capsys.readouterr()
    assert not out
    assert "tokens/s" in err.splitlines()[-1]
    assert f"artifacts/runs/{run.folder.name}" in err.splitlines()[-1]
    request_run(tiny_run(tokens=700), store, quiet=True)
    assert capsys.readouterr() == ("", "")
