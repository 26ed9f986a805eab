"""CUDA kernels for maps of long contiguous rows that a block keeps, and so reads once.

Each thread has one tile of its entries in registers, and the others in the shared memory of the
block, where it alone touches them. So their number is known in the launch only.
"""

import math

from numba import cuda

from .._compile.inline import inlined
from .._cpu.passes import merged, no_sums
from .._formulas.simd import const
from .copy import most_shared
from .kernels import (
    SECONDS,
    few_equal,
    finish_of,
    given,
    largest_of,
    sum_of_registers,
)
from .memory import Share, load_shared, store_shared
from .teams import block

# What the kernels declare for what a team exchanges, at most.
_EXCHANGED = 1 << 10
# Threads that a multiprocessor has to have registers for.
_THREADS = 512


def shared_bytes(n, size, held, itemsize):
    """How much memory a block needs for what does not fit into its registers."""
    tile = size * held
    return (-(-n // tile) - 1) * tile * itemsize


def fits(needed):
    """Whether the device lets a block share so much."""
    return needed + _EXCHANGED <= most_shared()


def _moves(size, held, group):
    # Between the registers of a thread and its part of the shared memory: tile k of it.

    @inlined
    def keep(tiles, k, index, mine):
        for i in range(0, held, group):
            store_shared(tiles, ((k * held + i) * size) + index * group, mine, i, group)

    @inlined
    def take(tiles, k, index, mine):
        for i in range(0, held, group):
            load_shared(tiles, ((k * held + i) * size) + index * group, mine, i, group)

    return keep, take


def kept_rows(size, held, group, formulas, condition, second, keeps, dtype):
    """Rows of a map, a block of so many threads for each; `keeps` as in `engines.Map`."""
    team, share, whole = block(size), Share(size, held, group), 16 // (dtype.bitwidth // 8)
    largest, without_one, room_size = team.largest, few_equal(team), team.room
    fetch, put_back, (keep, take) = share.fetch, share.put_back, _moves(size, held, whole)
    second_look, finish_pass = SECONDS[second](team, few_equal), finish_of(formulas)
    prepare, tile = formulas.prepare, size * held

    def rows(x, g, t, c, values, out, out2, n, count):
        r = cuda.blockIdx.x
        if r >= count:
            return
        room, tiles = cuda.shared.array(room_size, dtype), cuda.shared.array(0, dtype, 16)
        own, mine = cuda.local.array(held, dtype), cuda.local.array(held, dtype)
        terms, out = cuda.local.array(held, dtype), given(out)
        index, base, kept = cuda.threadIdx.x, r * n, (n - 1) // tile
        strip = mine, 0, 1, held
        m = const(mine[0], -math.inf)
        for k in range(kept):
            fetch(x, base + k * tile, n - k * tile, index, -math.inf, mine)
            m = largest_of(strip, m)
            keep(tiles, k, index, mine)
        fetch(x, base + kept * tile, n - kept * tile, index, -math.inf, own)
        m = largest(room, largest_of((own, 0, 1, held), m))
        sums = no_sums(m)
        for k in range(kept + 1):
            if k < kept:
                take(tiles, k, index, mine)
            else:
                for i in range(held):
                    mine[i] = own[i]
            sums = merged(sums, sum_of_registers(strip, (terms, 0, 1), m))
            if keeps:
                if k < kept:
                    keep(tiles, k, index, terms)
                else:
                    for i in range(held):
                        own[i] = terms[i]
        ties, rest, error = without_one(room, sums)
        summary = m, ties, rest, error
        more = summary
        if condition(summary, n):
            again = x, base + index, size, max(0, (n - index + size - 1) // size)
            more = second_look(room, again, summary)
        ref, row = prepare(summary, more, n)
        for k in range(kept + 1):
            if k < kept:
                take(tiles, k, index, mine)
            else:
                for i in range(held):
                    mine[i] = own[i]
            held_terms = (mine, 0, 1) if keeps else (None, 0, 0)
            along, tops = (None, None, 0, 1), (m, ref)
            finish_pass(mine, 0, 1, held, None, held_terms, along, tops, row, mine, None)
            put_back(mine, out, base + k * tile, n - k * tile, index)

    return cuda.jit(rows, launch_bounds=(size, _THREADS // size))
