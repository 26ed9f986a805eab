"""Derivatives of the running logsumexp, one entry after the other, in float64.

The sums of `scan` say what each entry adds up to, relative to a pivot that moves in leaps. So do
the sums here, of weights times shares, which are carried with their errors: no step rounds what the
ones before have left, however many there are. The gradient is summed from the last entry to the
first, for which the sums of `scan` are made again, a block at a time.
"""

import math

import numpy as np

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._formulas.simd import constant
from .._formulas.vectormath import two_sum
from .lift import exponent_of, lifts
from .scan import STATE, begin, scaled_exp_of_gap, take, total

# How many entries the sums are made again for at once.
_BLOCK = 1024
# The exponent of the largest weight: there is room for 2^scale_bits, a leap, and a sum of many.
_ROOM = 600


@inlined
def _weight(g, at, up):
    return 1.0 if g is None else g[at] * up * up


@inlined
def _lifts_of(g, base, step, n):
    if g is None:
        return 1.0, 1.0
    return lifts(exponent_of(g, base, step, n), _ROOM)


@inlined
def _moved(sums, low, high):
    # Sums times exp(low - high), which is relative to another pivot.
    half = constant(low, "half_unscale")
    factor = scaled_exp_of_gap(low, high) * half
    return sums[0] * half * factor, sums[1] * half * factor


@inlined
def _with(sums, term):
    high, lost = two_sum(sums[0], term)
    return high, sums[1] + lost


@inlined
def _whole(sums):
    whole = sums[0] + sums[1]
    # What is no number has no error.
    return whole if whole == whole else sums[0]


@inlined
def _take_counted(state, x, infinities):
    # (pivot, total, how many of +inf so far), the total NaN where two or more have no limit.
    take(state, 0, x)
    pivot, whole = total(state, 0)
    if x == math.inf:
        infinities += 1
    return pivot, math.nan if infinities > 1 else whole, infinities


# --- along tangents ------------------------------------------------------------------------------


@inlined
def tangent_row(state, x, t, out, base, step, n):
    """A row of results, with room for the state of a scan."""
    up, down = _lifts_of(t, base, step, n)
    begin(state, 0)
    infinities, last, sums = 0, 0.0, (0.0, 0.0)
    empty = True
    for i in range(n):
        at = base + i * step
        v, weight = np.float64(x[at]), _weight(t, at, up)
        pivot, whole, infinities = _take_counted(state, v, infinities)
        if v > -math.inf:
            if pivot != last and not empty:
                sums = _moved(sums, last, pivot)
            # At the pivot itself, which may be +inf.
            share = constant(v, "scale")
            if v != pivot:
                share = scaled_exp_of_gap(v, pivot)
            sums = _with(sums, weight * share)
            last, empty = pivot, False
        y = 0.0 if whole == 0.0 else _whole(sums) / whole
        out[at] = y * down * down


def tangent_rows():
    """The kernel (x, t, out, n, inner, start, stop); the unit of work is an outer block."""

    def tangent(x, t, out, n, inner, start, stop):
        state = np.empty((STATE, 1), np.float64)
        for row in range(start * inner, stop * inner):
            tangent_row(state, x, t, out, row // inner * n * inner + row % inner, inner, n)

    return kernel(tangent)


# --- gradients -----------------------------------------------------------------------------------


@inlined
def _make_again(state, infinities, x, base, step, first, last, pivots, totals):
    # The pivots and totals of a block, from the sums before it.
    for i in range(first, last):
        v = np.float64(x[base + i * step])
        pivot, whole, infinities = _take_counted(state, v, infinities)
        pivots[i - first], totals[i - first] = pivot, whole
    return infinities


@inlined
def _sum_back(x, g, out, base, step, first, last, pivots, totals, sums, pivot, up, down):
    # A block of results; the sums, which are relative to the pivot, go on from those behind it.
    for i in range(last - 1, first - 1, -1):
        at = base + i * step
        v, weight, whole = np.float64(x[at]), _weight(g, at, up), totals[i - first]
        if pivots[i - first] != pivot:
            if whole != 0.0:
                sums = _moved(sums, pivots[i - first], pivot)
            pivot = pivots[i - first]
        # Before there is anything to sum over nothing changes.
        if whole != 0.0:
            sums = _with(sums, weight * (constant(v, "scale") / whole))
        y = 0.0
        if v > -math.inf or math.isnan(v):
            share = constant(v, "scale")
            if v != pivot:
                share = scaled_exp_of_gap(v, pivot)
            y = _whole(sums) * constant(v, "half_unscale") * share * constant(v, "half_unscale")
        out[at] = y * down * down
    return sums, pivot


@inlined
def gradient_row(state, x, g, out, base, step, n, pivots, totals):
    """A row of results, with room for the state of a scan, and for two numbers an entry."""
    up, down = _lifts_of(g, base, step, n)
    begin(state, 0)
    _make_again(state, 0, x, base, step, 0, n, pivots, totals)
    _sum_back(x, g, out, base, step, 0, n, pivots, totals, (0.0, 0.0), pivots[n - 1], up, down)


def gradient_rows():
    """The kernel (x, g, out, n, inner, start, stop); the unit of work is an outer block."""

    def gradient(x, g, out, n, inner, start, stop):
        blocks = (n + _BLOCK - 1) // _BLOCK
        room = min(n, _BLOCK)
        pivots, totals = np.empty(room, np.float64), np.empty(room, np.float64)
        # The sums before each block.
        states = np.empty((max(blocks, 1), STATE, 1), np.float64)
        counts = np.zeros(blocks + 1, np.intp)
        for row in range(start * inner, stop * inner):
            base = row // inner * n * inner + row % inner
            up, down = _lifts_of(g, base, inner, n)
            begin(states[0], 0)
            for b in range(blocks - 1):
                states[b + 1] = states[b]
                first = b * _BLOCK
                counts[b + 1] = _make_again(
                    states[b + 1], counts[b], x, base, inner, first, first + _BLOCK, pivots, totals
                )
            sums, pivot = (0.0, 0.0), 0.0
            for b in range(blocks - 1, -1, -1):
                first, last = b * _BLOCK, min(n, (b + 1) * _BLOCK)
                _make_again(states[b], counts[b], x, base, inner, first, last, pivots, totals)
                if last == n:
                    pivot = pivots[last - 1 - first]
                sums, pivot = _sum_back(
                    x, g, out, base, inner, first, last, pivots, totals, sums, pivot, up, down
                )

    return kernel(gradient)
