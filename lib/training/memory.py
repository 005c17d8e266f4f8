"""When work does not fit into memory: recognise it, say it, and find the batch size that would fit."""

import contextlib
import traceback
from collections.abc import Callable, Iterator

import torch

from lib.basics.errors import BookError
from lib.profiles.profile import TrainingSettings

# What torch says when the CPU's memory or cuBLAS's workspace runs out; for CUDA it has an exception of its
# own.
_MESSAGES = (
    "can't allocate memory",
    "not enough memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDA out of memory",
    "CUDA error: out of memory",
    "CUDNN_STATUS_ALLOC_FAILED",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory ran out."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and any(message in str(error) for message in _MESSAGES)
    )


@contextlib.contextmanager
def memory_for(work: str, device: torch.device) -> Iterator[None]:
    """Say it in a sentence when a device's memory runs out inside; `work` names what needed it.

    Raises:
        BookError: instead of torch's error.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        where = "This machine's" if device.type == "cpu" else "The GPU's"
        remedy = "" if device.type == "cpu" else ", or hide the GPU with CUDA_VISIBLE_DEVICES=-1"
        raise BookError(
            f"{where} memory does not suffice for {work}: end other programs that use it{remedy}."
        ) from None


def explain_out_of_memory(
    error: BaseException, settings: TrainingSettings, run_name: str, attempt: Callable[[int], None]
) -> BookError:
    """The error to raise instead, with the batch size that would fit.

    Args:
        error: what torch raised.
        settings: those of the run, with the batch size that did not fit.
        run_name: for the sentence.
        attempt: runs one step on a batch of that many tokens; raises what torch raises if it does not fit.
    """
    traceback.clear_frames(error.__traceback__)  # its frames hold the tensors of the failed step
    tokens = settings.batch_tokens // 2
    while tokens >= settings.window:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        try:
            attempt(tokens)
        except (RuntimeError, MemoryError) as again:
            if not is_out_of_memory(again):
                raise
            traceback.clear_frames(again.__traceback__)
            tokens //= 2
        else:
            accumulate = settings.accumulate * -(-settings.batch_tokens // tokens)
            return BookError(
                f"The run '{run_name}' runs out of memory with batches of "
                f"{settings.batch_tokens:,} tokens; {tokens:,} would fit: set batch_tokens to "
                f"{tokens} and, for steps of the same size, accumulate to {accumulate}."
            )
    return BookError(
        f"The run '{run_name}' runs out of memory even with one window of {settings.window:,} "
        f"tokens: choose a smaller model or window, or a machine with more memory."
    )
