"""The training loop, one for CPU, GPU and many GPUs; read :func:`train` first, then :meth:`Training.step`.

What makes a run repeatable: the batches are a pure function of (seed, epoch, index), all other randomness of
a step (label dropout, dropout) is drawn from (seed, step), the learning rate is a pure function of tokens
seen, and the state file holds the rest. So a run that was killed and resumed ends, on a CPU, with the same
bits as one that was not. On a GPU some kernels add in varying order, and runs agree only to rounding.
"""

import math
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from torch import Tensor

from lib.basics.files import write_csv
from lib.basics.places import shown
from lib.basics.progress import Progress
from lib.data.batches import Batch, Batches
from lib.data.shorthand.tokens import FILL, GAP, PLAN, ids_of_types
from lib.models import build_model
from lib.profiles.profile import RunSettings
from lib.training.checkpoint import TrainingState, copy_weights, load_state, run_identity, save_state
from lib.training.devices import reproducible, seed_of
from lib.training.interruption import StopSignals
from lib.training.memory import explain_out_of_memory, is_out_of_memory, memory_for
from lib.training.optimiser import build_optimiser
from lib.training.schedule import crosses_mark, first_beta, learning_rate

if TYPE_CHECKING:
    from lib.data.store import TokenStore

COLUMNS = [
    "step",
    "tokens",
    "learning_rate",
    "train_loss",
    "gradient_norm",
    "validation_loss",
    "validation_accuracy",
]
METRICS, STATE = "metrics.csv", "state.safetensors"
ROWS = 60  # rows of the metrics, apart from those of evaluations
CHECKPOINT_SECONDS = 25.0  # a killed run loses about this much at most,
CHECKPOINT_SHARE = 0.02  # unless writing its state so often would take more than this share of the time
KEPT_EVALUATION = 1 << 24  # an evaluation of at most so many tokens is kept in memory
DIVERGED = 3.0  # a loss of this many times that of guessing, ln V, ends the run
DIVERGED_AFTER = 0.1  # once this share of the budget is spent; a loss that is no number ends it at once


def train(
    run: RunSettings, store: "TokenStore", folder: Path, fabric: Fabric, quiet: bool = False
) -> "Training":
    """Train until the token budget is spent, or go on from the state file in `folder`.

    Writes `metrics.csv` and `state.safetensors` there. The state is saved every half minute or so, at the
    end, and when the process is asked to stop (Ctrl-C).

    Args:
        run: the network, the recipe, the seed.
        store: an opened token store.
        folder: where the run is kept.
        fabric: from :func:`lib.training.devices.make_fabric`; says which devices and which precision.
        quiet: no progress lines.

    Returns:
        The training at its end; its `state.status` is "finished" or "diverged".

    Raises:
        BookError: when the batch does not fit into memory or the disk is full. The last state stays intact.
        KeyboardInterrupt: after Ctrl-C, when the state is saved.
    """
    with reproducible(run.threads, fabric.device), StopSignals() as stop:
        with memory_for(f"the run '{run.name}'", fabric.device):
            training = Training(run, store, fabric)
            training.resume(folder)
        state, budget = training.state, training.budget
        progress = (
            None
            if quiet or fabric.global_rank
            else Progress(f"training {run.name}", budget, start=state.tokens, unit="tokens")
        )
        try:
            if state.step == 0 and training.is_cheap_to_evaluate():
                training.record(folder, training.evaluate())
            while state.status == "training" and state.tokens < budget:
                before = state.tokens
                training.step()
                if crosses_mark(before, state.tokens, budget, run.training.evaluations):
                    training.record(folder, training.evaluate())
                elif state.step == 1 or crosses_mark(before, state.tokens, budget, ROWS):
                    training.record(folder)
                training.save_if_due(folder, stop)
                if progress:
                    progress.advance(min(state.tokens, budget) - before, training.last_losses())
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise explain_out_of_memory(error, run.training, run.name, training.attempt) from None
        state.status = "finished" if state.status == "training" else state.status
        training.save(folder)
        if progress:
            progress.finish(
                f"{training.tokens_per_second():,.0f} tokens/s, {training.last_losses()}; "
                f"{state.status}, in {shown(folder)}"
            )
    return training


class Training:
    """One run in progress: the network, its optimiser, the data, and where it stands.

    Attributes:
        state: steps, tokens and metrics so far.
        best: the weights with the lowest validation loss so far; empty before the first evaluation.
        network: the bare network; `model` is the same one as Fabric wraps it (precision, DDP).
        budget: target tokens to train on.
    """

    def __init__(self, run: RunSettings, store: "TokenStore", fabric: Fabric):
        self.store, self.settings, self.seed, self.fabric = store, run.training, run.seed, fabric
        settings = self.settings
        self.batches = Batches(
            store,
            "train",
            settings.window,
            settings.batch_tokens,
            run.seed,
            settings.transpose,
            settings.gap_share,
        )
        passes = settings.max_passes or math.inf
        self.budget = int(min(settings.tokens, passes * self.batches.num_tokens))
        torch.manual_seed(run.seed)
        self.network = build_model(run.model, len(store.vocabulary), len(store.emotions), len(store.genres))
        self.optimiser = build_optimiser(self.network, settings)
        # Compiling pays on a GPU; on a CPU it gains nothing and costs 10 to 27 seconds.
        network = torch.compile(self.network) if fabric.device.type == "cuda" else self.network
        self.model, self.stepper = fabric.setup(network, self.optimiser)
        self.state, self.best = TrainingState(run_identity(run.model_dump(mode="json"), store.hash)), {}
        planned = ids_of_types(store.vocabulary, PLAN)
        self.weights = torch.ones(len(store.vocabulary), device=fabric.device)
        self.weights[planned] = settings.plan_weight
        # Where bars are missing is asked, never predicted.
        self.weights[ids_of_types(store.vocabulary, (GAP, FILL))] = 0.0
        # Sums since the last row of the metrics stay on the device, so that a GPU need not wait for them.
        self.loss_sum, self.norm_sum = torch.zeros(2, dtype=torch.float64, device=fabric.device).unbind()
        self.last_save, self.save_took = time.monotonic(), 0.0
        self._validation: list[Batch] | None = None

    def resume(self, folder: Path) -> None:
        """Go on from the state file in `folder`, if there is one; the metrics are cut back to it."""
        if (folder / STATE).exists():
            self.state, self.best = load_state(folder / STATE, self.network, self.optimiser)
            # The state holds the loss summed over all processes: the first one takes it over.
            self.loss_sum.fill_(0.0 if self.fabric.global_rank else self.state.row_loss)
            self.norm_sum.fill_(self.state.row_norm)
        self.state.sessions += 1
        self._write_metrics(folder)

    def step(self) -> None:
        """One optimiser step on `accumulate` batches."""
        settings, state = self.settings, self.state
        began = time.monotonic()
        batches = [self._next_batch(part) for part in range(settings.accumulate)]
        tokens = sum(int((batch.targets != self.store.pad_id).sum()) for batch in batches)
        state.spend("data", time.monotonic() - began)
        fraction = (state.tokens + tokens) / self.budget
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(settings, fraction)
            group["betas"] = (first_beta(settings, fraction), group["betas"][1])
        self.model.train()
        for part, batch in enumerate(batches):
            batch = self._own_rows(batch).to(self.fabric.device)
            torch.manual_seed(seed_of(self.seed, state.step, part, self.fabric.global_rank))  # dropout
            with self.fabric.no_backward_sync(self.model, enabled=part + 1 < len(batches)):
                logits, _ = self.model(batch.tokens, batch.emotion, batch.genre)
                losses = self._losses(logits, batch.targets)
                loss = (losses * self.weights[batch.targets]).sum()
                # The mean over all target tokens of the step, in whichever batch and process they are: a mean
                # of means would give those of small batches more weight. DDP divides by the number of
                # processes.
                self.fabric.backward(loss * (self.fabric.world_size / tokens))
            self.loss_sum += losses.detach().sum()
        self.norm_sum += self._clip_gradients()
        self.stepper.step()
        self.stepper.zero_grad()
        state.count_step(tokens)

    @torch.no_grad()
    def evaluate(self) -> tuple[float, float]:
        """Validation loss (nats/token) and accuracy over tokens; keeps the weights if they are the best."""
        began = time.monotonic()
        self.network.eval()
        sums = torch.zeros(3, dtype=torch.float64, device=self.fabric.device)
        for index, batch in enumerate(self._validation_batches()):
            if index % self.fabric.world_size == self.fabric.global_rank:
                batch = batch.to(self.fabric.device)
                with self.fabric.autocast():
                    logits, _ = self.network(batch.tokens, batch.emotion, batch.genre)
                counted = batch.targets != self.store.pad_id
                sums[0] += self._losses(logits, batch.targets).sum()
                sums[1] += ((logits.argmax(-1) == batch.targets) & counted).sum()
                sums[2] += counted.sum()
        nats, correct, count = self.fabric.all_reduce(sums, reduce_op="sum").tolist()
        loss = nats / count
        if loss < (math.inf if self.state.best_loss is None else self.state.best_loss):
            self.state.best_loss, self.state.best_step = loss, self.state.step
            self.best = copy_weights(self.network)
        self.state.spend("evaluation", time.monotonic() - began)
        return loss, correct / count

    def record(self, folder: Path, validation: tuple[float, float] | None = None) -> None:
        """Add a row to the metrics, and notice when the run diverges."""
        state = self.state
        self._sum_up()
        row: dict[str, float] = {"step": state.step, "tokens": state.tokens}
        if state.row_steps:
            row |= {
                "learning_rate": self.optimiser.param_groups[0]["lr"],
                "train_loss": state.row_loss / state.row_tokens,
                "gradient_norm": state.row_norm / state.row_steps,
            }
        if validation:
            row |= {"validation_loss": validation[0], "validation_accuracy": validation[1]}
        state.rows.append(row)
        state.row_loss, state.row_norm, state.row_tokens, state.row_steps = 0.0, 0.0, 0, 0
        self.loss_sum.zero_()
        self.norm_sum.zero_()
        losses = [row[column] for column in ("train_loss", "validation_loss") if column in row]
        bound = DIVERGED * math.log(len(self.store.vocabulary))
        exploded = state.tokens > DIVERGED_AFTER * self.budget and max(losses) > bound
        if exploded or not all(map(math.isfinite, losses)):
            state.status = "diverged"
        self._write_metrics(folder)

    def save(self, folder: Path) -> None:
        """Write the state file; only the first process does, all must call."""
        self._sum_up()
        began = time.monotonic()
        self.state.spend("loop", began - self.last_save)
        if self.fabric.global_rank == 0:
            save_state(folder / STATE, self.network, self.best, self.state, self.optimiser)
        self.last_save = time.monotonic()
        self.save_took = self.last_save - began
        self.state.spend("checkpoints", self.save_took)

    def save_if_due(self, folder: Path, stop: StopSignals) -> None:
        """Save when enough time has passed; save and leave when the process was asked to stop."""
        interval = max(CHECKPOINT_SECONDS, self.save_took / CHECKPOINT_SHARE)
        wish = 2 if stop.requested else int(time.monotonic() - self.last_save > interval)
        if self.fabric.world_size > 1:  # all must do the same after the same step; they agree every tenth
            if self.state.step % 10:
                return
            wish = int(self.fabric.all_reduce(torch.tensor(wish, device=self.fabric.device), reduce_op="max"))
        if wish:
            self.save(folder)
        if wish == 2:
            stop.leave()

    def is_cheap_to_evaluate(self) -> bool:
        """Whether one evaluation costs under 2 % of the run; a forward pass is a third of a training step."""
        return self._evaluation_size() / 3 < 0.02 * self.budget

    def attempt(self, batch_tokens: int) -> None:
        """Try if a step on so many tokens fits into memory; raises torch's error if not, changes nothing."""
        shape = (max(1, batch_tokens // self.settings.window // self.fabric.world_size), self.settings.window)
        tokens = torch.full(shape, self.store.eos_id, device=self.fabric.device)
        labels = torch.zeros(shape[0], dtype=torch.long, device=self.fabric.device)
        self.stepper.zero_grad()
        moments = 0 if self.optimiser.state else 2
        room = [torch.zeros_like(weight) for weight in self.network.parameters() for _ in range(moments)]
        with self.fabric.autocast():
            logits, _ = self.network(tokens, labels, labels)
        self._losses(logits, tokens).sum().backward()
        self.stepper.zero_grad()
        del room

    def last_losses(self) -> str:
        """The latest losses, for progress lines."""

        def last(column: str) -> float | None:
            return next((row[column] for row in reversed(self.state.rows) if column in row), None)

        named = {"loss": last("train_loss"), "validation": last("validation_loss")}
        return ", ".join(f"{name} {value:.3f}" for name, value in named.items() if value is not None)

    def tokens_per_second(self) -> float:
        """Target tokens a second, without the time for evaluations and checkpoints."""
        spent = self.state.seconds
        return self.state.tokens / max(1e-9, spent.get("loop", 0.0) - spent.get("evaluation", 0.0))

    def _next_batch(self, part: int) -> Batch:
        """The next batch of this epoch or the first of the next, with the labels of some rows dropped."""
        state = self.state
        if state.batch >= self.batches.num_batches(state.epoch):
            state.epoch, state.batch = state.epoch + 1, 0
        batch = self.batches.batch_at(state.epoch, state.batch)
        state.batch += 1
        # A row that loses its labels gets the index behind the last label, "no label", for both of them.
        lucky = np.random.default_rng([self.seed, state.step, part]).random(len(batch.emotion))
        dropped = torch.from_numpy(lucky < self.settings.label_dropout)
        return replace(
            batch,
            emotion=batch.emotion.masked_fill(dropped, len(self.store.emotions)),
            genre=batch.genre.masked_fill(dropped, len(self.store.genres)),
        )

    def _own_rows(self, batch: Batch) -> Batch:
        """This process's share of a batch: the batch is the same however many processes train."""
        rank, world_size = self.fabric.global_rank, self.fabric.world_size
        if world_size == 1:
            return batch
        share = Batch(**{name: value[rank::world_size] for name, value in vars(batch).items()})
        if len(share.rows):
            return share
        # Fewer rows than processes: take part with a row that counts nothing, since DDP waits for everyone.
        first = Batch(**{name: value[:1] for name, value in vars(batch).items()})
        return replace(first, targets=torch.full_like(first.targets, self.store.pad_id))

    def _validation_batches(self) -> Iterable[Batch]:
        """The validation batches, kept in memory when they are not too many."""
        if self._validation is not None:
            return self._validation
        settings = self.settings
        batches = Batches.evaluation_batches(
            self.store, "validation", settings.window, settings.batch_tokens, settings.evaluation_tokens
        )
        if self._evaluation_size() > KEPT_EVALUATION:
            return batches
        self._validation = list(batches)
        return self._validation

    def _evaluation_size(self) -> int:
        """Target tokens of one evaluation."""
        everything = int((self.store.lengths[self.store.rows("validation")] - 1).sum())
        return min(self.settings.evaluation_tokens or everything, everything)

    def _losses(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy in nats of each target, [B, T]; 0 where it is PAD."""
        losses = F.cross_entropy(
            logits.flatten(0, 1).float(), targets.flatten(), ignore_index=self.store.pad_id, reduction="none"
        )
        return losses.view_as(targets)

    def _clip_gradients(self) -> Tensor:
        """Shorten the gradient to the largest norm allowed, if any is set; return its norm as it was."""
        weights = list(self.network.parameters())
        if self.settings.clip is None:
            return torch.nn.utils.get_total_norm([weight.grad for weight in weights])
        return torch.nn.utils.clip_grad_norm_(weights, self.settings.clip)

    def _sum_up(self) -> None:
        """Fetch the running sums from the devices into the state."""
        self.state.row_loss = float(self.fabric.all_reduce(self.loss_sum.clone(), reduce_op="sum"))
        self.state.row_norm = float(self.norm_sum)

    def _write_metrics(self, folder: Path) -> None:
        if self.fabric.global_rank == 0:
            rows = (
                {
                    column: f"{value:.6g}" if isinstance(value, float) else value
                    for column, value in row.items()
                }
                for row in self.state.rows
            )
            write_csv(folder / METRICS, COLUMNS, rows)
