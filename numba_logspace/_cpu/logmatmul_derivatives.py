"""Derivatives of the product of matrices of logarithms, lanes being columns of the result.

For each entry of the result there is the largest of its exact sums and its cotangent over the sum
of the terms; from these a second sweep makes the shares again, with no array of them. Its unit of
work is a block of the axis that is summed over: the gradients of different blocks lie apart, so
that threads do not meet, and the order of all sums is the same for any number of them.

Sums are (sum, error), as numbers of twice the digits. Cotangents and tangents come times a power
of two, see `lift`.
"""

import functools
import math

import numpy as np

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._formulas.products import (
    exact_sum,
    inverse_total,
    larger_sum,
    scaled_share,
    weighted_share,
)
from .._formulas.simd import VECTOR_BYTES, const, constant, select
from .._formulas.sums import sum_of_lanes
from .._formulas.vectormath import two_sum
from .lift import largest_exponent, lifts, room_of
from .logmatmul import contiguous, pack, starts
from .memory import full, lanes, load, store
from .workers import share

# The columns that are met together, and the most entries of the summed axis: what they are made
# of stays in the cache.
_COLUMNS, BLOCK = 512, 16


# --- the totals of the terms ---------------------------------------------------------------------


@inlined
def _largest(a, a_at, b, b_at, step, k, width):
    m, m_low = full(b, -math.inf), full(b, 0.0)
    for i in range(k):
        v, low = exact_sum(full(b, a[a_at + i]), load(b, b_at + i * step, width, -math.inf))
        m, m_low = larger_sum(m, m_low, v, low)
    return m, m_low


@inlined
def _total(a, a_at, b, b_at, step, k, width, m, m_low):
    # 1 over the sum of the shares.
    total, error = const(m, 0.0), const(m, 0.0)
    for i in range(k):
        v, low = exact_sum(full(b, a[a_at + i]), load(b, b_at + i * step, width, -math.inf))
        total, lost = two_sum(total, scaled_share(v, low, m, m_low))
        error = error + lost
    return inverse_total(total, error, m)


@functools.cache
def references():
    """The kernel (a, b, g, m, m_low, a_at, b_at, down, across, up, rows, k, n, start, stop).

    From the cotangents g of products (rows, k) and (k, n) it makes, in their place, those over
    the totals. The unit of work is a vector of columns.
    """

    def references(a, b, g, m, m_low, a_at, b_at, down, across, up, rows, k, n, start, stop):
        w = lanes(b)
        panels = (n + w - 1) // w
        packed = np.empty(k * w, b.dtype)
        for panel in range(start, stop):
            product = panel // panels
            column = (panel - product * panels) * w
            width = min(w, n - column)
            pack(b, b_at[product] + column * across, down, across, k, width, packed)
            for i in range(rows):
                a_from, at = a_at[product] + i * k, (product * rows + i) * n + column
                top, low = _largest(a, a_from, packed, 0, w, k, None)
                inverse = _total(a, a_from, packed, 0, w, k, None, top, low)
                lifted = load(g, at, width, 0.0) * full(b, up) * full(b, up)
                store(m, at, width, top)
                store(m_low, at, width, low)
                store(g, at, width, lifted * inverse)

    return kernel(references)


# --- gradients -----------------------------------------------------------------------------------


@inlined
def _meet(x, b, b_at, m, m_low, h, at, width, sums, sum_b, error_b):
    # The terms of a vector of columns: into the sums for x, and those for the entries of b.
    # Beyond the end all shares are finite, and without weight, whatever x is.
    v, low = exact_sum(x, load(b, b_at, width, 0.0))
    share = scaled_share(v, low, load(m, at, width, math.inf), load(m_low, at, width, 0.0))
    term = weighted_share(v, share, load(h, at, width, 0.0))
    total, lost = two_sum(load(sum_b, b_at, width, 0.0), term)
    store(sum_b, b_at, width, total)
    store(error_b, b_at, width, load(error_b, b_at, width, 0.0) + lost)
    total, lost = two_sum(sums[0], term)
    return total, sums[1] + lost


@inlined
def _meet_columns(x, b, b_at, m, m_low, h, at, count, sum_b, error_b):
    w = lanes(b)
    zero = const(x, 0.0)
    sums, end = (zero, zero), count // w * w
    for j in range(0, end, w):
        sums = _meet(x, b, b_at + j, m, m_low, h, at + j, None, sums, sum_b, error_b)
    if end < count:
        width = count - end
        sums = _meet(x, b, b_at + end, m, m_low, h, at + end, width, sums, sum_b, error_b)
    return sum_of_lanes(sums[0], sums[1])


@functools.cache
def gradients():
    """The kernel of both gradients, from what `references` leaves.

    `step` is how long a block is, `together` how many products a unit of work is of.

    The unit of work is a block of k, of one product or, where the products share what they are
    made of, of all of them. Sums and errors are zeros in the shapes of a and of b.
    """

    def gradients(
        a,
        b,
        h,
        m,
        m_low,
        sum_a,
        error_a,
        sum_b,
        error_b,
        a_at,
        b_at,
        rows,
        k,
        n,
        step,
        together,
        start,
        stop,
    ):
        blocks = (k + step - 1) // step
        for unit in range(start, stop):
            group = unit // blocks
            first = (unit - group * blocks) * step
            last = min(first + step, k)
            for product in range(group * together, (group + 1) * together):
                a_from, b_from = a_at[product], b_at[product]
                for column in range(0, n, _COLUMNS):
                    count = min(_COLUMNS, n - column)
                    for row in range(rows):
                        at = (product * rows + row) * n + column
                        for i in range(first, last):
                            here = a_from + row * k + i
                            x = full(b, a[here])
                            total, error = _meet_columns(
                                x,
                                b,
                                b_from + i * n + column,
                                m,
                                m_low,
                                h,
                                at,
                                count,
                                sum_b,
                                error_b,
                            )
                            total, lost = two_sum(sum_a[here], total)
                            sum_a[here] = total
                            error_a[here] = error_a[here] + (lost + error)

    return kernel(gradients)


def _scale_back(total, error, down):
    for i in range(total.size):
        y = total[i] + error[i]
        # What is no number has no error.
        y = y if y == y else total[i]
        factor = constant(y, "half_unscale") * down
        total[i] = y * factor * factor


# The kernel (total, error, down): the sums as they are handed out, in place.
scaled_back = kernel(_scale_back)


def gradients_of(a, b, g, workers):
    """(the gradient in a, that in b), in the shapes of matrices a and b of any layout.

    g holds the cotangents in the shape of the product, contiguous, and is used up.
    """
    batch, dtype = g.shape[:-2], g.dtype
    (rows, k), n = a.shape[-2:], b.shape[-1]
    at = starts(a, batch), starts(b, batch)
    flat_a, flat_b, h = contiguous(a, dtype), contiguous(b, dtype), g.reshape(-1)
    up, down = lifts(largest_exponent(h), room_of(dtype))
    m, m_low = np.empty_like(h), np.empty_like(h)
    products = math.prod(batch)
    panels = products * -(-n * dtype.itemsize // VECTOR_BYTES)
    sizes = n, 1, dtype.type(up), rows, k, n
    share(references(), (flat_a, flat_b, h, m, m_low, *at, *sizes), panels, workers)
    sums = [np.zeros(u.size, dtype) for u in (flat_a, flat_a, flat_b, flat_b)]
    apart = math.prod(a.shape[:-2]) == math.prod(b.shape[:-2]) == products
    together = 1 if apart else products
    step = min(BLOCK, max(1, -(-k * (products // together) // (4 * workers))))
    blocks = -(-k // step) * (products // together)
    sizes = rows, k, n, step, together
    share(gradients(), (flat_a, flat_b, h, m, m_low, *sums, *at, *sizes), blocks, workers)
    for total, error in (sums[:2], sums[2:]):
        scaled_back(total, error, dtype.type(down))
    return sums[0].reshape(a.shape), sums[2].reshape(b.shape)


# --- along tangents ------------------------------------------------------------------------------


@inlined
def _slope(a, ta, a_at, b, tb, b_at, step, k, width, m, m_low):
    # The sum of the shares times the tangents, over that of the shares; scaled.
    zero = const(m, 0.0)
    total, error, slope, lack = zero, zero, zero, zero
    for i in range(k):
        v, low = exact_sum(full(b, a[a_at + i]), load(b, b_at + i * step, width, -math.inf))
        term = scaled_share(v, low, m, m_low)
        t = full(b, ta[a_at + i]) + load(tb, b_at + i * step, width, 0.0)
        total, lost = two_sum(total, term)
        error = error + lost
        slope, lost = two_sum(slope, weighted_share(v, term, t))
        lack = lack + lost
    whole = slope + lack
    # What is no number has no error.
    whole = select(whole == whole, whole, slope)
    return whole * inverse_total(total, error, m)


@functools.cache
def tangents():
    """The kernel of the derivative of products along lifted tangents ta and tb.

    The unit of work is a vector of columns; `back` is what undoes the lift.
    """

    def tangents(a, b, ta, tb, out, a_at, b_at, down, across, back, rows, k, n, start, stop):
        w = lanes(b)
        panels = (n + w - 1) // w
        packed, beside = np.empty(k * w, b.dtype), np.empty(k * w, b.dtype)
        for panel in range(start, stop):
            product = panel // panels
            column = (panel - product * panels) * w
            width = min(w, n - column)
            b_from = b_at[product] + column * across
            pack(b, b_from, down, across, k, width, packed)
            pack(tb, b_from, down, across, k, width, beside)
            for i in range(rows):
                a_from = a_at[product] + i * k
                m, low = _largest(a, a_from, packed, 0, w, k, None)
                y = _slope(a, ta, a_from, packed, beside, 0, w, k, None, m, low)
                factor = constant(y, "half_unscale") * full(b, back)
                store(out, (product * rows + i) * n + column, width, y * factor * factor)

    return kernel(tangents)


def fill_tangents(a, b, ta, tb, out, workers):
    """The derivative of products of matrices of any layout along ta and tb; `out` is contiguous."""
    batch, dtype = out.shape[:-2], out.dtype
    (rows, k), n = a.shape[-2:], b.shape[-1]
    at = starts(a, batch), starts(b, batch)
    a, b, ta, tb = (contiguous(u, dtype) for u in (a, b, ta, tb))
    up, down = lifts(max(map(largest_exponent, (ta, tb))), room_of(dtype))
    panels = math.prod(batch) * -(-n * dtype.itemsize // VECTOR_BYTES)
    with np.errstate(all="ignore"):  # what is far below the largest may underflow
        ta, tb = (u * dtype.type(up) * dtype.type(up) for u in (ta, tb))
    sizes = n, 1, dtype.type(down), rows, k, n
    share(tangents(), (a, b, ta, tb, out.reshape(-1), *at, *sizes), panels, workers)
