"""Which CUDA kernel does the work, by the shape (outer, n, inner), and its launch."""

import functools

from numba import types

from . import _cuda_kernels, _cuda_memory, _cuda_teams
from ._cpu import Map, Reduction, Weighing
from ._cuda_arrays import address_of, flat
from ._cuda_copy import launch

# Entries a thread holds in registers: in long rows more, so that there is less to exchange, but no
# more than fit, by the bytes of one.
_HELD, _MOST_HELD = 16, {4: 32, 8: 16}
# Threads of a block whose teams are parts of warps, of one that shares a row, and the most that do.
_THREADS, _LONG_BLOCK, _LARGEST_BLOCK = 128, 512, 256
# Columns from which on a thread each is enough to fill a GPU.
_MANY_COLUMNS = 1 << 14


@functools.cache
def _formulas(engine):
    if isinstance(engine, Map):
        return _cuda_kernels.of_map(engine.prepare, engine.element)
    if isinstance(engine, Reduction):
        return _cuda_kernels.of_reduction(engine.reduce)
    return _cuda_kernels.admitting(engine.formulas)


@functools.cache
def _kernel(engine, size, held, group, dtype):
    # The team of the kernel and the kernel; `held` is None where rows are read from memory.
    kind = getattr(types, dtype.name)
    if size > _cuda_teams.WARP:
        team = _cuda_teams.block(size)
    else:
        team = _cuda_teams.part_of_warp(size, _THREADS // size)
    what = _formulas(engine), engine.condition, engine.second, kind
    if held is None:
        return team, _cuda_kernels.strip_rows(team, *what)
    share = _cuda_memory.Share(size, held, group)
    return team, _cuda_kernels.register_rows(team, share, *what)


def _power_of_2(number):
    return 1 << max(0, number - 1).bit_length()


def _plan(engine, itemsize, outer, n, inner):
    """(threads a row, entries a thread holds); None for the latter where rows are too long."""
    if inner > 1:
        lonely = outer * inner < _MANY_COLUMNS and n >= _LONG_BLOCK
        return (_LONG_BLOCK if lonely else 1), None
    held = _HELD
    if n > held * _cuda_teams.WARP and not isinstance(engine, Weighing):
        held = _MOST_HELD[itemsize]
    if n <= held * _LARGEST_BLOCK:
        held = min(held, max(4, _power_of_2(n)))
        return _power_of_2(-(-n // held)), held
    return _LONG_BLOCK, None


def run(engine, x, g, t, c, values, outs, outer, n, inner, stream):
    """Fill `values` and `outs` from x and what goes with it: flat headers, or None."""
    rows = outer * inner
    size, held = _plan(engine, x.itemsize, outer, n, inner)
    group = _group(n, [x, g, t, *outs], x) if held else 1
    team, kernel = _kernel(engine, size, held, group, x.dtype)
    arrays = [flat(a) for a in (x, g, t, c, values, *(*outs, None, None)[:2])]
    lengths = (n, rows) if held else (n, inner, rows)
    launch(kernel, -(-rows // team.per_block), size * team.per_block, stream, *arrays, *lengths)


def _group(n, arrays, x):
    # How many entries can be moved at once: rows and arrays have to begin at multiples of them.
    group = _cuda_memory.group_of(x.itemsize)
    entries = [a for a in arrays if a is not None and a.dtype == x.dtype and a.size == x.size]
    aligned = all(address_of(a) % (group * x.itemsize) == 0 for a in entries)
    return group if aligned and n % group == 0 else 1
