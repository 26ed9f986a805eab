"""The kernels whose code is looked at, for contiguous rows, and the instructions they may take."""

import numpy as np
import pytest

pytest.importorskip("numba_cuda", reason="numba-cuda is not installed")
types = pytest.importorskip("numba.cuda").types

from numba_logspace._cpu.engines import Map  # noqa: E402
from numba_logspace._cuda import (  # noqa: E402
    best_path,
    elementwise,
    engines,
    jacobian,
    kept,
    logmatmul,
    logmatmul_derivatives,
    memory,
    recursions,
    running,
    weighted,
)
from numba_logspace._family import FAMILY  # noqa: E402

# One of each kind of kernel.
NAMES = ("log1m_softmax", "logsumexp", "log1m_softmax_vjp")
# (dtype, entries of a row) -> how many instructions of PTX log1m_softmax may take for an entry,
# and how many of them of doubles.
LIMITS = {
    ("float32", 256): (75, 0),
    ("float32", 512): (75, 0),
    ("float32", 1024): (75, 0),
    ("float32", 4096): (75, 0),
    ("float32", 16384): (75, 0),
    ("float64", 256): (105, 65),
    ("float64", 1024): (105, 65),
    ("float64", 4096): (105, 65),
}
# As LIMITS, of columns.
LIMITS_OF_COLUMNS = {
    ("float32", 10): (80, 0),
    ("float32", 256): (75, 0),
    ("float32", 4096): (75, 0),
    ("float64", 10): (95, 68),
    ("float64", 256): (105, 68),
    ("float64", 4096): (110, 68),
}
# (function, dtype, entries of a row) -> bytes read, instructions, and those of doubles an entry.
LIMITS_OF_SHARED = {
    ("logcumsumexp", "float32", 1024): (4, 270, 45),
    ("logcumsumexp", "float32", 4096): (4, 355, 58),
    ("logcumsumexp", "float64", 4096): (8, 380, 185),
    ("weighted logsumexp", "float64", 1024): (32, 190, 110),
    ("weighted logsumexp", "float64", 4096): (32, 235, 120),
    ("log1m_softmax", "float32", 32768): (4, 75, 0),
    ("log1m_softmax", "float32", 65536): (4, 75, 0),
    ("log1m_softmax", "float32", 131072): (8, 105, 0),
    ("log1m_softmax", "float64", 16384): (8, 100, 65),
    ("log1m_softmax", "float64", 32768): (8, 100, 65),
    ("log1m_softmax", "float64", 65536): (16, 125, 95),
    ("logsumexp", "float32", 65536): (4, 50, 0),
    ("logsumexp", "float64", 65536): (8, 65, 45),
}
# Bytes of the longest rows that are kept where they are counted.
_KEPT = 1 << 18


def shared_row(name, dtype, n):
    """(kernel, the types of its arguments, threads, bytes that they share, arguments) of a row."""
    x = np.random.default_rng(0).normal(size=n).astype(dtype)
    array, index = types.Array(getattr(types, dtype), 1, "C"), types.int64
    if name in NAMES:
        number = np.empty(1, dtype)
        results = (number,) if name == "logsumexp" else (np.empty_like(x),)
        kernel, size, shared = long_kernel_of(name, dtype, n)
        return kernel, signature(name, dtype), size, shared, (x, *results, n, 1)
    size = 32 if n <= 1024 else 256
    if name == "logcumsumexp":
        arguments = types.void(*2 * [array], *3 * [index])
        kernel = running.kernel(size, getattr(types, dtype))
        return kernel, arguments, size, 0, (x, np.empty_like(x), n, 1, 1)
    team, kernel = weighted.kernel(size)
    arguments = types.void(*4 * [array], index, types.boolean)
    args = x, np.full(n, 0.5), np.empty(1), np.empty(1), n, True
    return kernel, arguments, size * team.per_block, 0, args


def long_kernel_of(name, dtype, n):
    """(kernel, threads, bytes that they share) of rows that are too long for registers."""
    engine, dtype = FAMILY[name].engine, np.dtype(dtype)
    size, held = engines._tile(n, dtype.itemsize)
    what = engine, size, held, memory.group_of(dtype.itemsize), dtype
    if isinstance(engine, Map) and n * dtype.itemsize <= _KEPT:
        shared = kept.shared_bytes(n, size, held, dtype.itemsize)
        return engines._kept_kernel(*what), size, shared
    return engines._tiled_kernel(engine, False, *what[1:])[1], size, 0


def kernel_of(name, dtype, n):
    """(team, kernel, entries that a thread holds) of rows of n entries; aligned, if possible."""
    dtype = np.dtype(dtype)
    threads, held = engines._plan(FAMILY[name].engine, dtype.itemsize, n)
    group = memory.group_of(dtype.itemsize)
    return *engines._kernel(FAMILY[name].engine, threads, held, group, dtype), held


def kernel_of_columns(name, dtype, n):
    """(columns of a block, threads of a column, the kernel) of many columns of n entries."""
    engine, dtype = FAMILY[name].engine, np.dtype(dtype)
    plan = engines._column_plan(engine, dtype.itemsize, n, 1 << 20, None)
    return *plan[1:3], engines._column_kernel(engine, dtype, *plan)


def signature(name, dtype, lengths=2):
    """The types of the arguments of a kernel."""
    array, none = types.Array(getattr(types, dtype), 1, "C"), types.Tuple(())
    values, out = (array, none) if name == "logsumexp" else (none, array)
    g = array if name.endswith("vjp") else none
    return types.void(array, g, none, none, values, out, none, *lengths * [types.int64])


def _arguments_of_elementwise(array, count):
    index, nothing = types.int64, types.Tuple(())
    mask = types.Tuple((nothing, index, nothing))
    return types.void(types.UniTuple(array, count), mask, array, nothing, index)


def _arguments_of_product(array):
    index = types.int64
    matrices = 3 * (array, index, types.UniTuple(index, 3))
    return types.void(*matrices, types.UniTuple(index, 1), *4 * [index])


def _derivatives_of_product(array, dtype):
    index = types.int64
    matrix, batch = types.Tuple((array, index, types.UniTuple(index, 3))), types.UniTuple(index, 1)
    made, shape, lengths = logmatmul_derivatives, (16, 16), 4 * [index]
    gradient = types.void(*5 * [matrix], array, matrix, batch, index, *lengths)
    tangent = types.void(*4 * [matrix], array, matrix, batch, *lengths)
    return {
        "logmatmulexp_vjp": (made._gradient(shape, dtype), gradient),
        "logmatmulexp_jvp": (made._tangent(shape, dtype), tangent),
    }


def of_chains():
    """{name: (kernel, the types of its arguments)} of those of chains, for few states and many."""
    index, array = types.int64, types.Array(types.float64, 1, "C")
    whole, numbers = types.Array(index, 1, "C"), types.UniTuple(array, 3)
    starts = batch = types.UniTuple(index, 1)
    lengths = whole, index, index
    rooms = array, array, types.Array(types.int32, 1, "C"), types.Array(types.int32, 1, "C")
    moves, paths = (numbers, starts), (array, starts)
    found = {"exponentials": (recursions.exponentials(), (array, index, types.boolean, numbers))}
    for size in (4, 128):
        steps = batch, index, numbers, *lengths
        made = {
            "forward": (recursions.forward(size), (*moves, *moves, *steps, index)),
            "backward": (recursions.backward(size), (*moves, *steps, numbers, index)),
            "best path": (
                best_path.best_path(size),
                (*paths, *paths, batch, index, array, *lengths, *rooms, whole, array),
            ),
        }
        found |= {f"{name}, {size}": (team[1], args) for name, (team, args) in made.items()}
    return {name: (kernel, types.void(*args)) for name, (kernel, args) in found.items()}


def others(dtype):
    """{name: (kernel, the types of its arguments)} of one of each kind that is not of rows."""
    dtype = np.dtype(dtype)
    array = types.Array(getattr(types, dtype.name), 1, "C")
    of_matrix = types.void(array, array, *3 * [types.int64])
    found = {
        f"{name}, teams of {size}": (
            jacobian._kernel(FAMILY[name].engine, size, dtype)[2],
            of_matrix,
        )
        for name, size in (("log1m_softmax_jacobian", 32), ("log_softmax_jacobian", 128))
    }
    for name, count in (("log1mexp", 1), ("log_mix", 3)):
        kernel = elementwise.kernel_of(FAMILY[name].engine, dtype)
        found[name] = kernel, _arguments_of_elementwise(array, count)
    found["logmatmulexp"] = logmatmul._kernel((16, 16), dtype), _arguments_of_product(array)
    return found | _derivatives_of_product(array, dtype)
