"""A GPU for machines that have none: tensors that say they lie on `cuda:0` and are computed on the CPU.

As on a real one, tensors of two devices do not mix (apart from numbers), and NumPy does not see its memory.
So a tensor that was left behind on the CPU is found without a GPU. Kernels and speed are not tried.
"""

import contextlib

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

GPU, CPU = torch.device("cuda", 0), torch.device("cpu")
WHOLE = torch.nn.functional.scaled_dot_product_attention, torch.lstm  # else C++ makes parts of them elsewhere


class OnGpu(torch.Tensor):
    """A tensor on the pretended GPU; `inside` holds its numbers.

    To C++ it lies on torch's `meta` device, since for one of CUDA it would look for a driver.
    """

    @staticmethod
    def __new__(cls, inside: torch.Tensor):
        made = torch.Tensor._make_wrapper_subclass(
            cls,
            inside.size(),
            strides=inside.stride(),
            storage_offset=inside.storage_offset(),
            dtype=inside.dtype,
            device="meta",
            requires_grad=False,
        )
        made.inside = inside
        return made

    device = property(lambda self: GPU)

    def __repr__(self):
        return f"OnGpu({self.inside!r})"

    def __deepcopy__(self, memo):
        return OnGpu(self.inside.clone())

    @classmethod
    def __torch_dispatch__(cls, function, types, arguments=(), named=None):
        return run(function, arguments, named or {})


def run(function, arguments, named):
    """One operation: on the pretended GPU if a tensor of it takes part or its device is asked for."""
    tensors = [leaf for leaf in tree_leaves((arguments, named)) if isinstance(leaf, torch.Tensor)]
    there = [tensor for tensor in tensors if isinstance(tensor, OnGpu)]
    asked = named.get("device")
    aten = torch.ops.aten
    moves = function in (aten._to_copy.default, aten.copy_.default)
    indexes = function in (aten.index.Tensor, aten.index_put_.default) and isinstance(arguments[0], OnGpu)
    strangers = [tensor for tensor in tensors if not isinstance(tensor, OnGpu) and tensor.dim()]
    if there and strangers and not moves and not indexes:  # an index may lie on the CPU
        raise RuntimeError(f"{function} expects all tensors on the same device, and found cuda:0 and cpu.")
    inner = {name: value for name, value in named.items() if name != "device" or value is None}
    if asked is not None:
        inner["device"] = CPU
    plain = tree_map(lambda leaf: leaf.inside if isinstance(leaf, OnGpu) else leaf, (arguments, inner))
    found = function(*plain[0], **plain[1])
    if function is aten.copy_.default:
        return arguments[0]
    on_gpu = torch.device(asked).type == "cuda" if asked is not None else bool(there)
    same = {id(tensor.inside): tensor for tensor in there}  # what is changed in place stays itself
    if not on_gpu:
        return found
    return tree_map(
        lambda leaf: (
            leaf
            if not isinstance(leaf, torch.Tensor)
            else same[id(leaf)]
            if id(leaf) in same
            else OnGpu(leaf)
        ),
        found,
    )


class MakeThenMove(TorchFunctionMode):
    """Tensors from Python numbers are made on the CPU, since C++ would look for a driver, and then moved."""

    def __torch_function__(self, function, types, arguments=(), named=None):
        named = dict(named or {})
        if function in (torch.tensor, torch.as_tensor) and named.get("device") is not None:
            device = named.pop("device")
            made = function(*arguments, **named)
            return made.to(GPU) if torch.device(device).type == "cuda" else made
        if function is torch.Tensor.tolist and isinstance(arguments[0], OnGpu):
            return arguments[0].inside.tolist()
        if function in WHOLE:
            return run(function, arguments, named)
        return function(*arguments, **named)


class PretendGpu(TorchDispatchMode):
    """Catches what makes tensors on the GPU out of none."""

    def __torch_dispatch__(self, function, types, arguments=(), named=None):
        return run(function, arguments, named or {})


@contextlib.contextmanager
def pretended_gpu(monkeypatch: pytest.MonkeyPatch):
    """torch finds one GPU inside."""
    answers = {
        "is_available": True,
        "_lazy_init": None,
        "current_device": 0,
        "device_count": 1,
        "get_device_capability": (9, 0),
        "get_arch_list": ["sm_75", "sm_90"],
        "synchronize": None,
        "get_device_name": "a pretended GPU",
    }
    for name, answer in answers.items():
        monkeypatch.setattr(torch.cuda, name, lambda *_, answer=answer: answer)
    # Tensors such as these do not bear inference mode.
    for name in ("__enter__", "__exit__"):
        monkeypatch.setattr(torch.inference_mode, name, lambda *_: None)
    with torch.no_grad(), MakeThenMove(), PretendGpu():
        yield GPU
