"""The tensors of a call, and what stands beside them: layouts, devices, constants."""

import torch

from .calls import refuse_complex
from .torch_calls import as_tensor


def checked(tensor, name):
    """A tensor, if it has a number for each entry."""
    if tensor.layout is not torch.strided:
        kind = str(tensor.layout).removeprefix("torch.")
        raise TypeError(f"{name} is a tensor of layout {kind}: pass {name}.to_dense() instead")
    refuse_complex(str(tensor.dtype).removeprefix("torch."), name)
    return tensor


def device_of(tensors):
    """The kind of device that all tensors share."""
    if all(u.is_cpu for u in tensors.values()):
        return "cpu"
    devices = {name: u.device.type for name, u in tensors.items()}
    kinds = set(devices.values())
    if len(kinds) > 1:
        found = ", ".join(f"{name} is on {kind}" for name, kind in devices.items())
        raise TypeError(f"tensors must be on one device, got several: {found}")
    (kind,) = kinds
    if kind not in ("cpu", "cuda", "meta"):
        raise TypeError(f"tensors must be on the CPU or on CUDA, got {kind}")
    return kind


def all_tensors(arguments):
    """The arguments of an elementwise function, all as tensors."""
    tensors = {n: checked(u, n) for n, u in arguments.items() if isinstance(u, torch.Tensor)}
    if device_of(tensors) == "cuda":
        raise TypeError("elementwise functions take no CUDA tensors")
    first = next(iter(tensors.values()))
    return tuple(tensors[n] if n in tensors else beside(u, first) for n, u in arguments.items())


def beside(u, tensor):
    """Another argument as a tensor; Python's numbers adapt, as everywhere in PyTorch."""
    if isinstance(u, (int, float)) and tensor.dtype.is_floating_point:
        return torch.tensor(u, dtype=tensor.dtype)
    return as_tensor(u)
