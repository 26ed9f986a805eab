"""Device functions for users' CUDA kernels: the elementwise formulas, and rows by warp or block.

Elementwise, of float32 or float64 numbers, as the functions of the same names in the package:
``log1mexp(x)``, ``log1pexp(x)``, ``log_sigmoid(x)``, ``log1m_sigmoid(x)``, ``logistic(x)``,
``logit(p)``, ``logaddexp(x, y)``, ``logsubexp(x, y)``, ``xlogy(x, y)``, ``xlog1py(x, y)``,
``log_mix(t, x, y)`` and its derivatives ``log_mix_dt``, ``log_mix_dx``, ``log_mix_dy``.

Of a row, a one-dimensional array in any memory of the GPU, float32 or float64:

- ``warp_logsumexp(row)`` and alike for ``logsumexp_excluding_max`` and ``logmeanexp``: all
  threads of a warp call it together, and each gets the number. The row may have any stride.
- ``warp_log1m_softmax(row, out)`` and alike for ``softmax``, ``log_softmax`` and
  ``loo_logsumexp``: fill `out`, which may be the row itself.
- ``warp_log1m_softmax_vjp(row, g, out)`` and alike for these four: the gradient in the row of
  ``sum(g * log1m_softmax(row))``, into `out`, which may be the row or g. Rows and results of
  these functions are contiguous.
- ``block_...(..., shared)``, the same by all threads of a block, which has one dimension and a
  multiple of 32 threads. `shared` is an array of `SHARED` numbers of the row's dtype from
  ``cuda.shared.array``, which may be used again as soon as the function has returned.

All threads of the warp or block have to take part: none may have returned before. After a
function that fills `out`, the threads need ``cuda.syncwarp()`` or ``cuda.syncthreads()`` before
one reads what another has written.

The formulas are those of the array functions, with their special values; so is the error bound,
with 2 ulp added. A row takes O(n) time, and is read two to four times. The result is the same, bit
for bit, on all threads and at any place in a grid; blocks of another size sum in another order.

Raises
------
ImportError
    Where numba-cuda is missing: it is in the extras ``cuda12`` and ``cuda13``.
"""

try:
    from numba_cuda import __version__ as _numba_cuda  # noqa: F401 - only to see that it is there
except ImportError as error:
    raise ImportError(
        "numba_logspace.cuda needs numba-cuda: install the extra cuda12 or cuda13, such as "
        "pip install 'numba_logspace[cuda13]'"
    ) from error

import math
from typing import Any

from numba import cuda, types
from numba.extending import overload

from . import _formulas, gradients, rows
from ._cuda import formulas_of
from ._cuda_kernels import row_of, sum_of_strip
from ._cuda_teams import BLOCK_ROOM, WARP, Team, in_any_block, in_warp
from ._jit import formula

#: How many numbers the functions of a block need in shared memory.
SHARED = BLOCK_ROOM

_REDUCTIONS = {
    "logsumexp": rows.LOGSUMEXP,
    "logsumexp_excluding_max": rows.LOGSUMEXP_EXCLUDING_MAX,
    "logmeanexp": rows.LOGMEANEXP,
}
_MAPS = {
    "softmax": rows.SOFTMAX,
    "log_softmax": rows.LOG_SOFTMAX,
    "log1m_softmax": rows.LOG1M_SOFTMAX,
    "loo_logsumexp": rows.LOO_LOGSUMEXP,
}
_VJPS = {
    "softmax_vjp": gradients.SOFTMAX,
    "log_softmax_vjp": gradients.LOG_SOFTMAX,
    "log1m_softmax_vjp": gradients.LOG1M_SOFTMAX,
    "loo_logsumexp_vjp": gradients.LOO_LOGSUMEXP,
}
_ELEMENTWISE = (
    *("log1mexp", "log1pexp", "log_sigmoid", "log1m_sigmoid", "logistic", "logit"),
    *("logaddexp", "logsubexp", "xlogy", "xlog1py"),
    *("log_mix", "log_mix_dt", "log_mix_dx", "log_mix_dy"),
)

__all__ = [
    "SHARED",
    *_ELEMENTWISE,
    *(f"{team}_{name}" for team in ("warp", "block") for name in (*_REDUCTIONS, *_MAPS, *_VJPS)),
]


# --- teams of users' kernels ---------------------------------------------------------------------


@formula
def _lane():
    return cuda.threadIdx.x % WARP


@formula
def _thread():
    return cuda.threadIdx.x


@formula
def _warp_size():
    return WARP


@formula
def _block_size():
    return cuda.blockDim.x


def _row():
    raise NotImplementedError("users' kernels know their rows")


_WARP = Team(WARP, 1, _row, _lane, 1, in_warp())
_BLOCK = Team(None, 1, _row, _thread, BLOCK_ROOM, in_any_block())


def _sweeper(team, size_of, engine):
    # A device function: one row, and its number, by all threads of the team.
    one_row = row_of(team, formulas_of(engine), engine.condition, engine.second, sum_of_strip)
    index_of = team.index

    @formula
    def sweep(room, x, g, out):
        index, size, n = index_of(), size_of(), x.size
        step = x.strides[0] // x.itemsize
        strip = x, index * step, size * step, max(0, (n - index + size - 1) // size)
        along = g, None, index, size
        one = x.dtype.type(1.0)
        return one_row(room, strip, strip, n, (None, 0, 0), along, one, out, None)

    return sweep


def _device(function, name, doc):
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return cuda.jit(device=True)(function)


def _checked(name, count):
    # Refuse rows that are not arrays, and results that do not lie as the row does, when typed.
    def check(arrays):
        raise NotImplementedError("only inside compiled code")

    @overload(check)
    def _overload_check(arrays):
        for array in arrays:
            if not isinstance(array, types.Array) or array.ndim != 1:
                raise TypeError(f"{name}: rows must be arrays of one axis, got {array}")
            if array.dtype not in (types.float32, types.float64) or array.dtype != arrays[0].dtype:
                raise TypeError(f"{name}: rows must be all of float32 or all of float64")
            if count > 1 and array.layout != "C":
                raise TypeError(f"{name}: rows must be contiguous, got {array}")
        return lambda arrays: None

    return check


def _reduction(name, engine, team, size_of):
    sweep, check = _sweeper(team, size_of, engine), _checked(name, 1)

    def reduce(room, row):
        check((row,))
        number = sweep(room, row, None, None)
        return number if row.size > 0 else row.dtype.type(-math.inf)

    return formula(reduce)


def _map(name, engine, team, size_of):
    sweep, check = _sweeper(team, size_of, engine), _checked(name, 2)

    def fill(room, row, out):
        check((row, out))
        if row.size > 0:
            sweep(room, row, None, out)

    return formula(fill)


def _vjp(name, engine, team, size_of):
    sweep, check = _sweeper(team, size_of, engine), _checked(name, 3)

    def fill(room, row, g, out):
        check((row, g, out))
        if row.size > 0:
            sweep(room, row, g, out)

    return formula(fill)


def _by_warp(kind, count, name, engine):
    work = kind(f"warp_{name}", engine, _WARP, _warp_size)
    functions = {
        1: lambda row: work(None, row),
        2: lambda row, out: work(None, row, out),
        3: lambda row, g, out: work(None, row, g, out),
    }
    doc = f"`{name}` of a row, by all threads of a warp (see the module)."
    return _device(functions[count], f"warp_{name}", doc)


def _by_block(kind, count, name, engine):
    work = kind(f"block_{name}", engine, _BLOCK, _block_size)
    functions = {
        1: lambda row, shared: work(shared, row),
        2: lambda row, out, shared: work(shared, row, out),
        3: lambda row, g, out, shared: work(shared, row, g, out),
    }
    doc = f"`{name}` of a row, by all threads of a block (see the module)."
    return _device(functions[count], f"block_{name}", doc)


def _elementwise(name):
    of_numbers = getattr(_formulas, name)
    inputs = of_numbers.__code__.co_argcount
    functions = {
        1: lambda x: of_numbers(x),
        2: lambda x, y: of_numbers(x, y),
        3: lambda t, x, y: of_numbers(t, x, y),
    }
    return _device(functions[inputs], name, f"As `numba_logspace.{name}`, of numbers.")


def _functions() -> dict[str, Any]:
    found = {name: _elementwise(name) for name in _ELEMENTWISE}
    for kind, count, engines in ((_reduction, 1, _REDUCTIONS), (_map, 2, _MAPS), (_vjp, 3, _VJPS)):
        for name, engine in engines.items():
            found[f"warp_{name}"] = _by_warp(kind, count, name, engine)
            found[f"block_{name}"] = _by_block(kind, count, name, engine)
    return found


globals().update(_functions())
