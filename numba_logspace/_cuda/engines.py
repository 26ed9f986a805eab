"""Which CUDA kernel does the work, by the shape (outer, n, inner), and its launch."""

import functools

from numba import types

from .._cpu.engines import Map, Reduction, Scan, ScanDerivative, Weighing
from . import columns, kept, kernels, long_columns, memory, one_kind, ordered, teams, tiles
from .arrays import address_of, flat
from .blocks import WIDTH, Blocks, segment_rows
from .copy import launch

# Rows up to this length are one thread's, or two threads' where that is faster.
_TINY = 16
# Threads of a block whose teams are parts of warps, of one that shares a row read from memory, and
# the most of one that holds it.
_THREADS, _LONG_BLOCK, _LARGEST_BLOCK = 128, 512, 256
# Entries that a thread holds in registers; derivatives hold more with each. With more they would
# spill, or leave too few threads. In longer rows floats gain by twice as many: there is less to
# exchange, and that is more of the work of reductions than of maps.
_HELD, _HELD_DERIVING, _GAIN = 16, {4: 16, 8: 8}, {Map: 1 << 9, Reduction: 1 + (1 << 9)}
# What the threads of a column exchange costs more.
_HELD_OF_COLUMNS = {4: 32, 8: 16}
# Rows longer than this have a block of 512 threads to themselves rather than of 256.
_LONGER = 1 << 14
# Rows longer than this are shared by several blocks where they are few: each block with no fewer
# entries than a segment, and no more blocks than fill a GPU. Every step of a row is a launch.
_SHARED_ROW, _FEW_ROWS, _SEGMENT, _FILLING = 1 << 15, 1 << 8, 1 << 13, 1 << 10


@functools.cache
def formulas_of(engine):
    """The formulas of an engine as those of CUDA kernels."""
    if isinstance(engine, Map):
        return one_kind.of_map(engine.prepare, engine.element, engine.lighter)
    if isinstance(engine, Reduction):
        return one_kind.of_reduction(engine.reduce)
    return one_kind.admitting(engine.formulas)


@functools.cache
def _kernel(engine, size, held, group, dtype):
    # The team of the kernel and the kernel; `held` is None where rows are read from memory.
    kind = getattr(types, dtype.name)
    in_warp = size <= teams.WARP
    team = teams.part_of_warp(size, _THREADS // size) if in_warp else teams.block(size)
    what = formulas_of(engine), engine.condition, engine.second, kind
    if held is None:
        return team, kernels.strip_rows(team, *what)
    share = memory.Share(size, held, group)
    return team, kernels.register_rows(team, share, *what)


def _tile(n, itemsize):
    """(threads of a block, entries that each holds) of the tiles of a long row."""
    size = _LONG_BLOCK if n > _LONGER else _LARGEST_BLOCK
    most = 64 // itemsize
    # A last tile that is nearly empty takes as long as a full one.
    return size, min((most, 3 * most // 4, most // 2), key=lambda h: -(-n // (size * h)) * h)


@functools.cache
def _tiled_kernel(engine, several, size, held, group, dtype):
    # The steps of a contiguous row, the kernel of one or of all of them.
    formulas = formulas_of(engine)
    what = formulas, engine.condition, engine.second, getattr(types, dtype.name)
    made = tiles.rows_of_blocks if several else tiles.rows_of_block
    return tiles.steps_of_tiles(formulas, engine.second), made(size, held, group, *what)


@functools.cache
def _kept_kernel(engine, size, held, group, dtype):
    what = formulas_of(engine), engine.condition, engine.second, engine.keeps
    return kept.kept_rows(size, held, group, *what, getattr(types, dtype.name))


def _run_long(engine, dtype, group, arrays, n, rows, call):
    # Contiguous rows that registers do not hold, a block for each.
    size, held = _tile(n, dtype.itemsize)
    needed = kept.shared_bytes(n, size, held, dtype.itemsize)
    if isinstance(engine, Map) and kept.fits(needed):
        kernel = _kept_kernel(engine, size, held, group, dtype)
        launch(kernel, rows, size, call.stream, *arrays, n, rows, shared=needed)
        return
    _, kernel = _tiled_kernel(engine, False, size, held, group, dtype)
    launch(kernel, rows, size, call.stream, *arrays, n, rows)


@functools.cache
def _column_kernel(engine, dtype, are_long, *plan):
    what = formulas_of(engine), engine.condition, engine.second, getattr(types, dtype.name)
    made = long_columns.long_columns if are_long else columns.register_columns
    return made(*plan, *what)


@functools.cache
def _segment_kernel(engine, dtype):
    # The steps of a row and the kernel of one.
    formulas = formulas_of(engine)
    what = formulas, engine.condition, engine.second, getattr(types, dtype.name)
    kernel = segment_rows(Blocks(_LONG_BLOCK), *what)
    return kernels.steps_of(formulas, engine.second), kernel


def _power_of_2(number):
    return 1 << max(0, number - 1).bit_length()


def _plan(engine, itemsize, n):
    """(threads a row, entries a thread holds); None for the latter where rows are too long."""
    deriving = isinstance(engine, Weighing)
    if n == 1:
        return 1, 1
    if n <= _TINY:
        size = 1 if itemsize == 8 and not deriving else 2
        return size, -(-n // size)
    held, most = _HELD_DERIVING[itemsize] if deriving else _HELD, _LARGEST_BLOCK
    if itemsize == 4 and not deriving and n >= _GAIN[type(engine)]:
        held, most = 2 * held, 2 * most
    if n > held * most:
        return _LONG_BLOCK, None
    size = _power_of_2(-(-n // held))
    return size, _up_to(-(-n // size), 4)


def _column_plan(engine, itemsize, n, rows, second):
    # (whether they are long, columns of a block, threads of a column, entries a thread holds).
    held = _HELD_DERIVING if isinstance(engine, Weighing) else _HELD_OF_COLUMNS
    has_second = second is not None and second.dtype.kind == "f"
    plan = columns.plan(held[itemsize] // (2 if has_second else 1), itemsize, n, rows)
    return (False, *plan) if plan else (True, *long_columns.plan(itemsize, rows))


def _up_to(number, step):
    return -(-number // step) * step


def run(engine, x, g, t, c, values, outs, outer, n, inner, call):
    """Fill `values` and `outs` from x and what goes with it: flat headers, or None."""
    if isinstance(engine, Scan):
        ordered.scan(x, outs[0], outer, n, inner, call.stream)
        return
    if isinstance(engine, ScanDerivative):
        ordered.scan_derivative(engine.rows, x, g, outs[0], (outer, n, inner), call)
        return
    rows = outer * inner
    arrays = [flat(a) for a in (x, g, t, c, values, *(*outs, None, None)[:2])]
    group = _group(n, [x, g, t, *outs], x)
    if n > _SHARED_ROW and rows <= _FEW_ROWS:
        _run_shared(engine, x.dtype, group, arrays, (n, inner, rows), call)
        return
    if inner > 1:
        plan = _column_plan(engine, x.itemsize, n, rows, t)
        kernel, (_, width, size, _) = _column_kernel(engine, x.dtype, *plan), plan
        launch(kernel, -(-rows // width), width * size, call.stream, *arrays, n, inner, rows)
        return
    size, held = _plan(engine, x.itemsize, n)
    if held is None:
        _run_long(engine, x.dtype, group, arrays, n, rows, call)
        return
    team, kernel = _kernel(engine, size, _up_to(held, group), group, x.dtype)
    blocks, threads = -(-rows // team.per_block), size * team.per_block
    launch(kernel, blocks, threads, call.stream, *arrays, n, rows)


def _run_shared(engine, dtype, group, arrays, lengths, call):
    n, inner, rows = lengths
    blocks = min(_LONG_BLOCK, -(-n // _SEGMENT), _FILLING // rows)
    if inner == 1:
        held = 64 // dtype.itemsize
        steps, kernel = _tiled_kernel(engine, True, _LONG_BLOCK, held, group, dtype)
        lengths = n, rows
    else:
        steps, kernel = _segment_kernel(engine, dtype)
    partials = flat(call.new(WIDTH * steps[-1] * rows * blocks, dtype))
    for step in steps:
        launch(
            kernel, rows * blocks, _LONG_BLOCK, call.stream,
            *arrays, partials, step, *lengths, blocks,
        )  # fmt: skip


def run_by_length(engine, x, g, c, values, out, lengths, n, stream):
    """As `run`, of contiguous rows of n entries, of which only the first so many are there."""
    team, kernel = _kernel(engine, teams.WARP, None, 1, x.dtype)
    arrays = [flat(a) for a in (x, g, None, c, values, out, None, lengths)]
    rows, threads = lengths.size, team.size * team.per_block
    launch(kernel, -(-rows // team.per_block), threads, stream, *arrays, n, 1, rows)


def _group(n, arrays, x):
    # How many entries can be moved at once: rows and arrays have to begin at multiples of them.
    group = memory.group_of(x.itemsize)
    entries = [a for a in arrays if a is not None and a.dtype == x.dtype and a.size == x.size]
    aligned = all(address_of(a) % (group * x.itemsize) == 0 for a in entries)
    return group if aligned and n % group == 0 else 1
