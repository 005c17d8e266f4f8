"""The loop: what a step does, what is recorded, how a run ends."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from tiny_store import TinyStore, tiny_run

from lib.basics.errors import BookError
from lib.training.devices import make_fabric, seed_of
from lib.training.loop import METRICS, STATE, Training, train


@pytest.fixture(scope="module")
def store():
    return TinyStore()


def start(store, **settings) -> Training:
    run = tiny_run(**settings)
    return Training(run, store, make_fabric(run.precision))


def run_to_end(store, folder, **settings) -> tuple[Training, pd.DataFrame]:
    run = tiny_run(**settings)
    training = train(run, store, folder, make_fabric(run.precision), quiet=True)
    return training, pd.read_csv(folder / METRICS)


def test_a_step_follows_the_mean_over_all_its_tokens(store):
    """Two batches of unequal size: the gradient is that of the losses summed over all tokens."""
    settings = {"dropout": 0.0, "accumulate": 2, "clip": None, "label_dropout": 0.0}
    training, other = start(store, **settings), start(store, **settings)
    batches = [other.batches.batch_at(0, index) for index in range(2)]
    counts = [int((batch.targets != 0).sum()) for batch in batches]
    assert counts[0] != counts[1]
    logits = [other.network(batch.tokens, batch.emotion, batch.genre)[0].flatten(0, 1) for batch in batches]
    loss = sum(
        F.cross_entropy(row, batch.targets.flatten(), ignore_index=0, reduction="sum")
        for row, batch in zip(logits, batches, strict=True)
    )
    (loss / sum(counts)).backward()
    norm = torch.nn.utils.get_total_norm([weight.grad for weight in other.network.parameters()])
    training.step()
    assert training.state.tokens == sum(counts)
    assert float(training.norm_sum) == pytest.approx(float(norm), rel=1e-5)
    assert float(training.loss_sum) == pytest.approx(float(loss.detach()), rel=1e-6)


def test_clipping_shortens_the_gradient_but_the_norm_is_recorded_before(store):
    clipped, free = start(store, clip=1e-3), start(store, clip=None)
    clipped.step()
    free.step()
    recorded = float(free.norm_sum)
    assert recorded > 1e-3
    assert float(clipped.norm_sum) == pytest.approx(recorded)
    # Adam's first moment after one step is a tenth of the gradient it was given.
    moments = [state["exp_avg"] for state in clipped.optimiser.state.values()]
    assert float(torch.nn.utils.get_total_norm(moments)) * 10 == pytest.approx(1e-3, rel=1e-2)


def test_label_dropout_takes_both_labels_of_a_row(store):
    training = start(store, label_dropout=0.5)
    dropped = []
    for step in range(40):
        training.state.step = step
        batch = training._next_batch(0)
        without_emotion, without_genre = batch.emotion == 2, batch.genre == 3
        assert torch.equal(without_emotion, without_genre)
        dropped.append(without_emotion.tolist())
    assert np.mean([row for rows in dropped for row in rows]) == pytest.approx(0.5, abs=0.05)
    assert len({tuple(rows[:5]) for rows in dropped}) > 10  # other rows in other steps


def test_epochs_follow_each_other_and_every_token_counts_once(store):
    training = start(store, label_dropout=0.0)
    tokens = 0
    for _ in range(training.batches.num_batches(0)):
        tokens += int((training._next_batch(0).targets != 0).sum())
    assert tokens == training.batches.num_tokens
    training._next_batch(0)
    assert (training.state.epoch, training.state.batch) == (1, 1)


def test_training_learns_and_keeps_the_best(store, tmp_path):
    training, metrics = run_to_end(store, tmp_path, tokens=30_000, dropout=0.0, evaluations=5)
    assert training.state.status == "finished"
    assert metrics["train_loss"].iloc[-1] < math.log(len(store.vocabulary)) - 0.5  # ln V: guessing
    evaluated = metrics.dropna(subset="validation_loss")
    assert len(evaluated) == 5 + (metrics["step"].iloc[0] == 0)
    assert training.state.best_loss == pytest.approx(evaluated["validation_loss"].min(), rel=1e-5)
    training.network.load_state_dict(training.best)
    assert training.evaluate()[0] == pytest.approx(training.state.best_loss, abs=1e-6)


def test_metrics_hold_no_clock_and_end_at_the_budget(store, tmp_path):
    metrics = run_to_end(store, tmp_path)[1]
    assert list(metrics.columns) == [
        "step",
        "tokens",
        "learning_rate",
        "train_loss",
        "gradient_norm",
        "validation_loss",
        "validation_accuracy",
    ]
    assert metrics["tokens"].is_monotonic_increasing
    assert metrics["step"].is_unique
    assert 8_000 <= metrics["tokens"].iloc[-1] < 8_000 + 480
    assert not np.isnan(metrics["validation_loss"].iloc[-1])


def test_evaluation_is_a_mean_over_tokens(store):
    training = start(store)
    training.network.eval()
    loss, accuracy = training.evaluate()
    nats = correct = 0
    count = (store.lengths[store.rows("validation")] - 1).sum()
    for batch in training._validation_batches():
        logits = training.network(batch.tokens, batch.emotion, batch.genre)[0]
        for row, targets in enumerate(batch.targets):
            length = int((targets != 0).sum())
            nats += F.cross_entropy(logits[row, :length], targets[:length], reduction="sum").item()
            correct += int((logits[row, :length].argmax(-1) == targets[:length]).sum())
    assert (loss, accuracy) == pytest.approx((nats / count, correct / count), rel=1e-5)


def test_max_passes_ends_the_budget_early(store):
    training = start(store, tokens=10**9, max_passes=2)
    assert training.budget == 2 * training.batches.num_tokens


def test_an_exploding_run_ends_as_diverged_with_its_curve(store, tmp_path):
    training, metrics = run_to_end(
        store, tmp_path, learning_rate=1e6, schedule="constant", clip=None, optimiser="adam", tokens=30_000
    )
    assert training.state.status == "diverged"
    assert len(metrics) >= 2
    assert training.state.tokens < training.budget


def test_the_callers_torch_is_left_alone(store, tmp_path):
    torch.manual_seed(77)
    expected = torch.rand(3)
    torch.manual_seed(77)
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    run_to_end(store, tmp_path, tokens=1_000)
    assert torch.equal(torch.rand(3), expected)
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == (threads, deterministic)


def test_dropout_draws_anew_each_step_but_the_same_in_each_run(store):
    first, second = start(store, dropout=0.5), start(store, dropout=0.5)
    for training in (first, second):
        training.step()
        torch.rand(7)  # somebody else draws numbers in between
        training.step()
    assert torch.equal(first.loss_sum, second.loss_sum)
    assert len({seed_of(5, step, part, 0) for step in range(50) for part in range(3)}) == 150


def test_out_of_memory_names_the_batch_that_fits(store, tmp_path, monkeypatch):
    real = F.cross_entropy

    def small_memory(logits, *arguments, **options):
        if logits.shape[0] > 130:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to ...")
        return real(logits, *arguments, **options)

    monkeypatch.setattr(F, "cross_entropy", small_memory)
    with pytest.raises(BookError, match=r"120 would fit: set batch_tokens to 120 .* accumulate to 4"):
        run_to_end(store, tmp_path)


def test_what_torch_says_when_memory_runs_out_is_recognised():
    from lib.training.memory import is_out_of_memory

    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60)
    assert is_out_of_memory(caught.value)
    assert not is_out_of_memory(RuntimeError("shapes do not match"))


def test_a_full_disk_stops_with_the_earlier_state(store, tmp_path, monkeypatch):
    from lib.training import loop

    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(loop, "CHECKPOINT_SHARE", math.inf)
    calls, real = [], loop.save_state

    def fills_up(*arguments):
        calls.append(arguments)
        if len(calls) > 2:
            raise BookError("Cannot write: the disk is full.")
        real(*arguments)

    monkeypatch.setattr(loop, "save_state", fills_up)
    with pytest.raises(BookError, match="disk is full"):
        run_to_end(store, tmp_path)
    monkeypatch.undo()
    assert (tmp_path / STATE).exists()
    training, metrics = run_to_end(store, tmp_path)
    straight = tmp_path / "straight"
    straight.mkdir()
    assert run_to_end(store, straight)[1].equals(metrics)
    assert training.state.sessions == 2
