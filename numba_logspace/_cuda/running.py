"""CUDA kernels for the running logsumexp, in which a block shares a row.

The block takes tiles of the row, and a thread some neighbouring entries of each. A running maximum
says first what the sums are relative to. Then each thread sums up its own entries, the sums of the
threads are summed up in a tree, and each thread goes through its entries again with what comes
before them.
"""

import functools
import math

from numba import cuda, types

from .._compile.inline import inlined
from .._formulas.running import (
    higher,
    log_of_running,
    moved,
    pivot_of,
    taken,
    term_of,
    together,
)
from .._formulas.simd import const
from . import teams
from .teams import WARP

# Entries of a tile that a thread has, and how many numbers lie between those of two threads, so
# that these lie in different banks of shared memory.
_HELD = 8
_APART = _HELD + 1
_EVERYONE = 0xFFFFFFFF


@inlined
def _running_max(lane, m):
    # Of the lanes up to this one.
    for i in range(5):
        other = cuda.shfl_up_sync(_EVERYONE, m, 1 << i)
        if lane >= 1 << i:
            m = higher(other, m)
    return m


@inlined
def _running_sum(lane, pivot, rest, error):
    # Of the lanes up to this one; the sums of each are relative to its own pivot.
    for i in range(5):
        other = cuda.shfl_up_sync(_EVERYONE, rest, 1 << i)
        other_error = cuda.shfl_up_sync(_EVERYONE, error, 1 << i)
        its_pivot = cuda.shfl_up_sync(_EVERYONE, pivot, 1 << i)
        if lane >= 1 << i:
            other, other_error = moved(other, other_error, its_pivot, pivot)
            rest, error = together(other, other_error, rest, error)
    return rest, error


@inlined
def _begun(m):
    # The state of a scan after entries of which m is the largest, without the sum of the others.
    pivot = pivot_of(m)
    top = term_of(m, pivot) if m > -math.inf else const(m, 0.0)
    return m, pivot, top, 0.0, 0.0


@functools.cache
def kernel(size, dtype):
    """The kernel for blocks of so many threads: a warp, or more."""
    team = teams.block(size)
    row_of_team, index_in_team, sync = team.row, team.index, team.sync
    warps, tile, entries = size // WARP, size * _HELD, size * _APART

    def scan(x, out, n, inner, count):
        r = row_of_team()
        if r >= count:
            return
        entry = cuda.shared.array(entries, dtype)
        highest = cuda.shared.array(warps, dtype)
        rests = cuda.shared.array(warps, types.float64)
        errors = cuda.shared.array(warps, types.float64)
        terms = cuda.local.array(_HELD, dtype)
        index, outer = index_in_team(), r // inner
        lane, warp = index % WARP, index // WARP
        base = outer * n * inner + (r - outer * inner)
        mine = index * _APART
        m, total, lack = const(entry[0], -math.inf), 0.0, 0.0  # up to this tile
        for first in range(0, n, tile):
            for k in range(_HELD):
                at = k * size + index
                v = const(m, -math.inf)
                if first + at < n:
                    v = x[base + (first + at) * inner]
                entry[at + at // _HELD] = v
            sync()
            largest = entry[mine]
            for k in range(1, _HELD):
                largest = higher(largest, entry[mine + k])
            largest = _running_max(lane, largest)
            if lane == WARP - 1:
                highest[warp] = largest
            before = cuda.shfl_up_sync(_EVERYONE, largest, 1)
            sync()
            start = m  # the largest entry before this warp's
            for w in range(warp):
                start = higher(start, highest[w])
            before = start if lane == 0 else higher(start, before)
            state = _begun(before)
            for k in range(_HELD):
                v = entry[mine + k]
                pivot = pivot_of(v) if v > state[0] else state[1]
                terms[k] = term_of(v, pivot)
                state = taken(state, v, terms[k])
            rest, error = _running_sum(lane, state[1], state[3], state[4])
            if lane == WARP - 1:
                rests[warp], errors[warp] = rest, error
            rest = cuda.shfl_up_sync(_EVERYONE, rest, 1)
            error = cuda.shfl_up_sync(_EVERYONE, error, 1)
            sync()
            previous, previous_error = 0.0, 0.0
            for w in range(warps):
                if w == warp:
                    previous, previous_error = total, lack
                reached = higher(m, highest[w])
                total, lack = moved(total, lack, pivot_of(m), pivot_of(reached))
                total, lack = together(total, lack, rests[w], errors[w])
                m = reached
            m_before, pivot, top, _, _ = _begun(before)
            previous, previous_error = moved(previous, previous_error, pivot_of(start), pivot)
            if lane > 0:
                previous, previous_error = together(previous, previous_error, rest, error)
            state = m_before, pivot, top, previous, previous_error
            for k in range(_HELD):
                state = taken(state, entry[mine + k], terms[k])
                entry[mine + k] = log_of_running(state[0], state[2], state[3], state[4])
            sync()
            for k in range(_HELD):
                at = k * size + index
                if first + at < n:
                    out[base + (first + at) * inner] = entry[at + at // _HELD]

    return cuda.jit(scan)
