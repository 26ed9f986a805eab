"""Device functions for users' own `numba.cuda.jit` kernels: of numbers, and of rows.

They are the formulas of the array functions, compiled into the kernel that calls them. Import this
module by its name; `import numba_logspace` alone does not.
"""

import importlib.util
import inspect
import math

if importlib.util.find_spec("numba_cuda") is None:
    raise ImportError(
        "numba_logspace.cuda needs numba-cuda: install the extra cuda12 or cuda13, such as "
        "pip install 'numba_logspace[cuda13]'"
    )

from numba import cuda as _cuda

from ._compile.inline import inlined
from ._cpu.memory import full
from ._cuda.engines import formulas_of
from ._cuda.kernels import many_equal, row_of, sum_of_strip
from ._cuda.teams import BLOCK_ROOM, WARP, Team, in_own_block, in_warp
from ._family import FAMILY, named
from ._family.partials import PARTIALS

SHARED = BLOCK_ROOM  # so many numbers a block function needs in shared memory

_ROWS = [f.name for f in FAMILY.values() if f.runs("device") and f.kind != "elementwise"]
_WHO = {
    "warp": ("All 32 threads of a warp", "the warp", ""),
    "block": (
        "All threads of a block, one-dimensional and of a multiple of 32,",
        "the block",
        "shared : device array\n    At least `SHARED` numbers of the dtype of `x_row` in shared\n"
        "    memory, as from ``cuda.shared.array``. It may be used again at once.\n",
    ),
}
_OUT_ROW = "out_row : device array\n    Where to put the results; it may be the same as `x_row`.\n"
_TEMPLATE = """{signature}

`numba_logspace.{name}` of one row, by {team} together.

Parameters
----------
x_row : device array
    One-dimensional, float32 or float64, of any length and stride, in global or shared memory.
    What other threads wrote to it must have been synchronised.
{parameters}
Returns
-------
{returns}

Notes
-----
{who} have to call it with the same arrays; it synchronises them, also at its end. Special values
are those of the array function, an empty row included. The error bound is that of the array
function and 2 ulp. The result depends on the number of threads only in its last digits, and not
on the grid.
"""


def _warp():
    @inlined
    def index():
        return _cuda.threadIdx.x % WARP

    @inlined
    def size():
        return WARP

    @inlined
    def finish():
        _cuda.syncwarp()

    return Team(WARP, 1, None, index, 0, in_warp()), size, finish


def _block():
    @inlined
    def index():
        return _cuda.threadIdx.x

    @inlined
    def size():
        return _cuda.blockDim.x

    @inlined
    def finish():
        _cuda.syncthreads()

    return Team(None, 1, None, index, BLOCK_ROOM, in_own_block()), size, finish


def _of_one_row(engine, team, size_of, finish):
    # The function (x, g, out, room) of a row; it returns the result of a reduction.
    what = engine.condition, engine.second
    one_row = row_of(team, formulas_of(engine), *what, many_equal, sum_of_strip)
    index_of = team.index

    @inlined
    def whole(x, g, out, room):
        index, size, n = index_of(), size_of(), len(x)
        strip = x, index, size, max(0, (n - index + size - 1) // size)
        along, one = (g, None, index, size), full(x, 1.0)
        result = one_row(room, strip, strip, n, (None, 0, 0), along, one, out, None)
        finish()
        return result

    return whole


def _reduction(whole):
    @inlined
    def by_warp(x_row):
        return whole(x_row, None, None, None) if len(x_row) > 0 else full(x_row, -math.inf)

    @inlined
    def by_block(x_row, shared):
        return whole(x_row, None, None, shared) if len(x_row) > 0 else full(x_row, -math.inf)

    return by_warp, by_block


def _map(whole):
    @inlined
    def by_warp(x_row, out_row):
        whole(x_row, None, out_row, None)

    @inlined
    def by_block(x_row, out_row, shared):
        whole(x_row, None, out_row, shared)

    return by_warp, by_block


def _vjp(whole):
    @inlined
    def by_warp(x_row, g_row, out_row):
        whole(x_row, g_row, out_row, None)

    @inlined
    def by_block(x_row, g_row, out_row, shared):
        whole(x_row, g_row, out_row, shared)

    return by_warp, by_block


_MAKERS = {"map": _map, "reduction": _reduction, "vjp": _vjp}


def _row_function(entry, kind):
    whole = _of_one_row(entry.engine, *{"warp": _warp, "block": _block}[kind]())
    function = _MAKERS[entry.kind](whole)[kind == "block"]
    function.__name__ = function.__qualname__ = f"{kind}_{entry.name}"
    who, team, room = _WHO[kind]
    names = ", ".join(inspect.signature(function).parameters)
    weights = "g_row : device array\n    The weight of each result, of the length of `x_row`.\n"
    reduces = entry.kind == "reduction"
    function.__doc__ = _TEMPLATE.format(
        signature=f"{kind}_{entry.name}({names})",
        name=entry.name,
        team=team,
        who=who,
        parameters=weights * (entry.kind == "vjp") + _OUT_ROW * (not reduces) + room,
        returns="number\n    Of the dtype of `x_row`, to every thread the same."
        if reduces
        else "None",
    )
    return function


_OF_NUMBERS = {name: FAMILY[name] for name in named("elementwise")} | PARTIALS
for _name, _entry in _OF_NUMBERS.items():
    globals()[_name] = _entry.engine
for _name in _ROWS:
    for _kind in _WHO:
        globals()[f"{_kind}_{_name}"] = _row_function(FAMILY[_name], _kind)

__all__ = ["SHARED", *_OF_NUMBERS, *(f"{k}_{n}" for k in _WHO for n in _ROWS)]  # noqa: PLE0604
