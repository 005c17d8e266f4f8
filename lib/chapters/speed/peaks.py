"""What makers say of their devices: the dense peak in bfloat16, and memory."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Device:
    """A device's dense peak in bfloat16 (operations a second) and its memory (bytes), with the source.

    `said` are the names that its driver gives it.
    """

    name: str
    peak: float
    memory: float
    source: str
    said: tuple[str, ...] = ()


KNOWN = (
    Device(
        "NVIDIA L4",
        121e12,
        24e9,
        "NVIDIA's datasheet of the L4: 242 TFLOPS with sparsity, half without",
        ("NVIDIA L4",),
    ),
    Device(
        "NVIDIA A100 SXM",
        312e12,
        80e9,
        "NVIDIA's datasheet of the A100: 312 TFLOPS without sparsity",
        ("NVIDIA A100-SXM4-40GB", "NVIDIA A100-SXM4-80GB", "NVIDIA A100-PCIE-40GB", "NVIDIA A100 80GB PCIe"),
    ),
    Device(
        "NVIDIA H100 PCIe",
        756.5e12,
        80e9,
        "NVIDIA's datasheet of the H100: 1,513 TFLOPS with sparsity, half without",
        ("NVIDIA H100 PCIe",),
    ),
    Device(
        "NVIDIA H100 SXM",
        989.5e12,
        80e9,
        "NVIDIA's datasheet of the H100: 1,979 TFLOPS with sparsity, half without",
        ("NVIDIA H100 80GB HBM3",),
    ),
    Device(
        "NVIDIA H200 SXM",
        989.5e12,
        141e9,
        "NVIDIA's datasheet of the H200: 1,979 TFLOPS with sparsity, half without",
        ("NVIDIA H200",),
    ),
)


def find_device(said: str) -> Device | None:
    """The device whose driver says this name, or None: an unknown device has no peak."""
    return next((device for device in KNOWN if said in device.said), None)
