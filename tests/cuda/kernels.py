"""The kernels whose code is looked at, for contiguous rows, and the instructions they may take."""

import numpy as np
import pytest

pytest.importorskip("numba_cuda", reason="numba-cuda is not installed")
types = pytest.importorskip("numba.cuda").types

from numba_logspace._cuda import engines, memory  # noqa: E402
from numba_logspace._family import FAMILY  # noqa: E402

# One of each kind of kernel.
NAMES = ("log1m_softmax", "logsumexp", "log1m_softmax_vjp")
# (dtype, entries of a row) -> how many instructions of PTX log1m_softmax may take for an entry,
# and how many of them of doubles.
LIMITS = {
    ("float32", 256): (85, 0),
    ("float32", 512): (85, 0),
    ("float32", 4096): (85, 0),
    ("float64", 256): (142, 71),
    ("float64", 4096): (142, 71),
}


def kernel_of(name, dtype, n):
    """(team, kernel, entries that a thread holds) of rows of n entries; aligned, if possible."""
    dtype = np.dtype(dtype)
    threads, held = engines._plan(FAMILY[name].engine, dtype.itemsize, 1000, n, 1)
    group = memory.group_of(dtype.itemsize)
    return *engines._kernel(FAMILY[name].engine, threads, held, group, dtype), held


def signature(name, dtype):
    """The types of the arguments of a kernel."""
    array, none = types.Array(getattr(types, dtype), 1, "C"), types.Tuple(())
    values, out = (array, none) if name == "logsumexp" else (none, array)
    g = array if name.endswith("vjp") else none
    return types.void(array, g, none, none, values, out, none, types.int64, types.int64)
