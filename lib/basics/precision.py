"""In which number format networks are trained: decided once for the device at hand, and carried everywhere.

A profile says `precision: auto`. What that is here, :func:`decide` alone says, when the profile is read; from
then on runs, caches, evidence and pages hold the decided name, which is one that lightning-fabric knows. No
other module and no notebook writes such a name.
"""

import contextlib
from functools import cache
from typing import TYPE_CHECKING, Literal, get_args

from lib.basics.errors import BookError
from lib.basics.machine import processor_name

if TYPE_CHECKING:  # commands that only read a profile's name answer without loading torch
    import torch

Precision = Literal["32-true", "bf16-mixed"]
SINGLE, MIXED = get_args(Precision)
"""Single precision; or weights in single precision and most arithmetic in bfloat16."""

AUTO = "auto"
NAMES = (AUTO, SINGLE, MIXED)


@cache
def decide() -> Precision:
    """What `auto` is on this device: mixed where bfloat16 is multiplied natively, else single."""
    return SINGLE if _obstacle() else MIXED


def resolve(asked: str) -> Precision:
    """The precision that was asked for by name, or decided for `auto`.

    Raises:
        BookError: for another word, or a precision that this device does not have.
    """
    if asked not in NAMES:
        raise BookError(f"There is no precision '{asked}'; choose one of: {', '.join(NAMES)}.")
    if asked == AUTO:
        return decide()
    refuse_impossible(asked)
    return asked


def refuse_impossible(precision: Precision) -> None:
    """Stop before anything trains in a precision that the device can only imitate, or not at all.

    Raises:
        BookError: with what the device lacks.
    """
    if precision == MIXED and (obstacle := _obstacle()):
        raise BookError(
            f"The precision {MIXED} was asked for by name, but {obstacle}: choose {AUTO} or {SINGLE}."
        )


def describe() -> str:
    """What `auto` is here and why, for a report."""
    return f"{AUTO} is {decide()} here: {_obstacle() or 'this device multiplies bfloat16 natively'}"


def number_format(precision: Precision) -> "torch.dtype":
    """torch's type of the factors in most products."""
    import torch

    return torch.bfloat16 if precision == MIXED else torch.float32


def autocast(precision: Precision, device: "torch.device") -> contextlib.AbstractContextManager:
    """torch's mixed precision, or none, for work outside of Fabric."""
    import torch

    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == MIXED)


@cache
def _obstacle() -> str | None:
    """What keeps this device from training in bfloat16, as a clause; None if nothing does."""
    try:
        import torch
    except ImportError:
        return "torch is not installed"
    if torch.cuda.is_available():
        least = min(torch.cuda.get_device_capability(number) for number in range(torch.cuda.device_count()))
        return (
            None
            if least >= (8, 0)
            else (
                f"a GPU of compute capability {least[0]}.{least[1]} does not "
                "multiply bfloat16, which begins with 8.0"
            )
        )
    if not _processor_multiplies():
        return f"this processor ({processor_name()}) does not multiply bfloat16 natively"
    return None if _lstm_trains() else "torch has no LSTM in bfloat16 for this processor"


def _processor_multiplies() -> bool:
    """Whether oneDNN says so and the instructions are there.

    oneDNN also says yes where it only imitates bfloat16, and a variable (ONEDNN_MAX_CPU_ISA) may hold it back
    although the instructions are there. A function that this torch or this processor's build lacks is a no.
    """
    import torch

    try:
        return torch.ops.mkldnn._is_mkldnn_bf16_supported() and (
            torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
        )
    except (AttributeError, RuntimeError):
        return False


def _lstm_trains() -> bool:
    """Whether a tiny LSTM runs forward and backward in bfloat16; leaves torch's random numbers alone."""
    import torch

    try:
        with torch.random.fork_rng(devices=[]), torch.enable_grad(), autocast(MIXED, torch.device("cpu")):
            output, _ = torch.nn.LSTM(8, 8, batch_first=True)(torch.ones(2, 4, 8))
            output.float().sum().backward()
    except RuntimeError:
        return False
    return True
