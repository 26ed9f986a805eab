"""Arrays of the array API standard, on the CPU: arrays of the same namespace come out."""

import numpy as np

from .._arguments.layout import is_on_cuda
from .calls import is_foreign

# DLPack's numbers of memory that the CPU reads: its own, and its own that CUDA has pinned.
_CPU = (1, 3)


def take(call):
    """The result of a call as an array of the namespace of the arguments, or a tuple of them."""
    given = {name: u for name, u in call.arrays.items() if is_foreign(u)}
    if any(is_on_cuda(u) or not hasattr(u, "__dlpack__") for u in given.values()):
        return call.here()  # which says what to do with lazy and with sparse arrays
    call.refuse("out", "stream")
    spaces = {name: u.__array_namespace__() for name, u in given.items()}
    first, *others = spaces.values()
    if any(space is not first for space in others):
        found = ", ".join(f"{name} is of {space.__name__}" for name, space in spaces.items())
        raise TypeError(f"arguments must be of one namespace, beside NumPy arrays, got: {found}")
    results = call.call(**{name: _values(u, name) for name, u in given.items()})
    return _arrays(first, results)


def _arrays(space, results):
    if isinstance(results, tuple):
        return tuple(_arrays(space, y) for y in results)
    return space.from_dlpack(np.asarray(results))


def _values(u, name):
    # The same memory.
    device = u.__dlpack_device__()
    if device[0] not in _CPU:
        raise TypeError(f"{name} must be in the memory of the CPU, got DLPack's device {device}")
    return np.from_dlpack(u)
