"""Kernels of vector-Jacobian products: as for values, with a sum of weighted terms between."""

import math

import numpy as np
from numba import types
from numba.extending import overload

from ._derivatives import (
    is_dominant,
    largest_probability,
    present,
    probability_and_odds,
    product,
    unscaled,
)
from ._jit import formula, kernel
from ._kernels import column_group, gather_rows, row_summaries, scatter_rows, tile_summaries
from ._simd import any_lane, const, constant, full, lanes, load, select, store, sum_of_lanes
from ._softsum import scaled_term
from ._vectormath import two_sum


def _cotangent(g, x, index, width):
    """g at an index; ones where g is None."""
    raise NotImplementedError("only inside compiled code")


@overload(_cotangent)
def _overload_cotangent(g, x, index, width):
    if g == types.none:
        return lambda g, x, index, width: full(x, 1.0)
    return lambda g, x, index, width: load(g, index, width, 0.0)


def _sweeps(weigh, element):
    @formula
    def weigh_pass(x, base, step, count, width, g, m, reference, row, lift, sums):
        # sums = (T times lift, its error, g_k)
        total, error, own = sums
        for i in range(count):
            at = base + i * step
            v = load(x, at, width, -math.inf)
            gi = _cotangent(g, x, at, width)
            part, mine = weigh(v, scaled_term(v, reference), gi, m, row, lift)
            total, lost = two_sum(total, part)
            error = error + lost
            own = own + mine
        return total, error, own

    @formula
    def finish_pass(x, base, step, count, width, g, m, reference, row, total, own, out):
        for i in range(count):
            at = base + i * step
            v = load(x, at, width, -math.inf)
            gi = _cotangent(g, x, at, width)
            e = scaled_term(v, reference)
            store(out, at, width, element(v, e, gi, m, row, total, own))

    return weigh_pass, finish_pass


def vjp_rows(prepare, weigh, element, condition, seconds):
    """Rows one by one."""
    summaries = row_summaries(condition, seconds[0])
    weigh_pass, finish_pass = _sweeps(weigh, element)

    @formula
    def weigh_row(x, base, n, g, m, ref, row, lift):
        w = lanes(x)
        body = n // w
        end, left = base + body * w, n - body * w
        zero, lifts = const(m, 0.0), full(x, lift)
        sums = weigh_pass(x, base, w, body, None, g, m, ref, row, lifts, (zero, zero, zero))
        if left > 0:
            sums = weigh_pass(x, end, w, 1, left, g, m, ref, row, lifts, sums)
        total, _ = sum_of_lanes(sums[0], sums[1])
        own, _ = sum_of_lanes(sums[2], zero)
        return total / lift, own

    @formula
    def finish_row(x, base, n, g, m, reference, row, out):
        w = lanes(x)
        body = n // w
        end, left = base + body * w, n - body * w
        m, ref = full(x, m), full(x, reference)
        first = full(x, row[0]), full(x, row[1]), full(x, row[2])
        row = (*first, full(x, row[3]), full(x, row[4]), full(x, row[5]))
        total, own = weigh_row(x, base, n, g, m, ref, row, constant(reference, "lift"))
        if total - total != const(total, 0.0):
            # Lifted it overflows, so it is large, and needs no lift.
            total, own = weigh_row(x, base, n, g, m, ref, row, const(reference, 1.0))
        total, own = full(x, total), full(x, own)
        finish_pass(x, base, w, body, None, g, m, ref, row, total, own, out)
        if left > 0:
            finish_pass(x, end, w, 1, left, g, m, ref, row, total, own, out)

    def rows(x, g, out, n, start, stop):
        for r in range(start, stop):
            summary, more = summaries(x, r * n, n, None, 0)
            reference, row = prepare(summary, more, const(summary[0], n))
            finish_row(x, r * n, n, g, summary[0], reference, row, out)

    return kernel(rows)


def _tile_vjp(prepare, weigh, element, condition, second):
    summaries = tile_summaries(condition, second)
    weigh_pass, finish_pass = _sweeps(weigh, element)

    @formula
    def tile(x, base, step, n, width, g, out):
        summary, more = summaries(x, base, step, n, width, None, 0, x, base, step, width)
        m = summary[0]
        ref, row = prepare(summary, more, const(m, n))
        zero = const(m, 0.0)
        none, lift, one = (zero, zero, zero), constant(m, "lift"), const(m, 1.0)
        sums = weigh_pass(x, base, step, n, width, g, m, ref, row, lift, none)
        total = (sums[0] + sums[1]) / lift
        finite = total - total == zero
        if any_lane(select(finite, zero, one) > zero):
            # Lifted it overflows, so it is large, and needs no lift.
            sums = weigh_pass(x, base, step, n, width, g, m, ref, row, one, none)
            total = select(finite, total, sums[0] + sums[1])
        own = sums[2]
        finish_pass(x, base, step, n, width, g, m, ref, row, total, own, out)

    return tile


def vjp_columns(prepare, weigh, element, condition, seconds):
    """Tiles of columns; the unit of work is a tile."""
    tile = _tile_vjp(prepare, weigh, element, condition, seconds[1])

    def columns(x, g, out, n, inner, start, stop):
        for unit in range(start, stop):
            _, base, column, _ = column_group(unit, stop, 1, n, inner, lanes(x))
            tile(x, base, inner, n, min(lanes(x), inner - column), g, out)

    return kernel(columns)


def _gathered(g, first, count, n, inner, tile):
    """g gathered into `tile`; None for None."""
    raise NotImplementedError("only inside compiled code")


@overload(_gathered)
def _overload_gathered(g, first, count, n, inner, tile):
    if g == types.none:
        return lambda g, first, count, n, inner, tile: None

    def gather(g, first, count, n, inner, tile):
        gather_rows(g, first, count, n, inner, tile)
        return tile

    return gather


def vjp_short_rows(prepare, weigh, element, condition, seconds):
    """As many rows at a time as a vector has lanes; the unit of work is a row."""
    tile = _tile_vjp(prepare, weigh, element, condition, seconds[1])

    def rows(x, g, out, n, inner, start, stop):
        w = lanes(x)
        x_tile, g_tile = np.empty(n * w, x.dtype), np.empty(n * w, x.dtype)
        for first in range(start, stop, w):
            count = min(w, stop - first)
            gather_rows(x, first, count, n, inner, x_tile)
            g_here = _gathered(g, first, count, n, inner, g_tile)
            tile(x_tile, 0, w, n, None, g_here, x_tile)
            scatter_rows(x_tile, first, count, n, inner, out)

    return kernel(rows)


def jacobian_rows(prepare, condition, seconds):
    """The Jacobian of log1m_softmax of each row; the unit of work is a row."""
    summaries = row_summaries(condition, seconds[0])

    def rows(x, out, n, start, stop):
        p_high, p_low = np.empty(n, x.dtype), np.empty(n, x.dtype)
        for r in range(start, stop):
            base = r * n
            summary, more = summaries(x, base, n, None, 0)
            m = summary[0]
            reference, row = prepare(summary, more, const(m, n))
            for j in range(n):
                p, _ = probability_and_odds(scaled_term(x[base + j], m), row)
                if is_dominant(x[base + j], m, row[4]):
                    p = largest_probability(row)
                p_high[j], p_low[j] = p
            for i in range(n):
                v = x[base + i]
                line = (base + i) * n
                p, odds = probability_and_odds(scaled_term(v, m), row)
                dominant = is_dominant(v, m, row[4])
                for j in range(n):
                    if dominant:
                        q = scaled_term(x[base + j], reference) * row[3]
                        out[line + j] = present(x[base + j], unscaled(q * row[2]))
                    else:
                        y = product(odds, (p_high[j], p_low[j]))
                        out[line + j] = present(v, present(x[base + j], y))
                out[line + i] = present(v, -(row[2] if dominant else unscaled(p[0])))

    return kernel(rows)
