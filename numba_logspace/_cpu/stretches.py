"""The log-likelihood of hidden Markov chains with few states; lanes are stretches of chains.

With few states lanes of states are empty, and each step waits for the one before. So a chain is
cut into stretches, or many chains are taken as they are, and each lane has one. What a stretch does
is a matrix with a row for each state before it; of a whole chain, whose beginning is known, one
row. The rows have one power, which each step brings back to that of the largest entry, and the
observations count relative to that of the first state, whose logarithms are added up exactly.
What lies too far apart for that is left to `_cpu/chains.py`: there each number has its own power.
"""

import functools
import math

import numpy as np

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._formulas.chains import (
    into_three,
    log_of_product,
    normalised,
    power_of_two,
    product_of_pairs,
    ratio_of_logs,
    with_product,
)
from .._formulas.simd import VECTOR_BYTES, select, split_exponent
from .._formulas.vectormath import larger, magnitude, two_sum
from .chains import (
    exponentials,
    far_step,
    numbers,
    prepare,
    rows_of_states,
    space_for,
    times,
    total,
)
from .memory import full, lanes, load, store

_MOST_STATES, _MOST_STATES_OF_CHAINS = 4, 16
# How many steps of each lane are brought together at once.
_CHUNK = 32
# Entries, factors and moves together may be 2^-900 of the largest, so that no digit underflows:
# entries so much, logarithms of factors so far from that of the first state, moves CLOSE.
_LEAST = 2.0**-250
_FARTHEST = 170.0
# Up to here differences of logarithms have all digits.
_LARGEST = 2.0**50


@inlined
def _gather(emission, base, counts, done, k, w, x):
    # Some steps of each lane side by side; beyond the end of a lane there is anything finite.
    for lane in range(w):
        first = base[lane] + done * k
        count = min(_CHUNK, int(counts[lane]) - done)
        for t in range(count):
            for j in range(k):
                x[(t * k + j) * w + lane] = emission[first + t * k + j]
        for i in range(max(count, 0) * k, _CHUNK * k):
            x[i * w + lane] = 0.0


@inlined
def _factors(x, at, k, w, factors, bad):
    """(the logarithm that factors are relative to, which lanes are bad): one factor a state."""
    high, low = factors
    base, zero, one = load(x, at, None, 0.0), full(x, 0.0), full(x, 1.0)
    lowest = full(x, -math.inf)
    none = base == lowest
    if k > 1:
        top = load(x, at + w, None, 0.0)
        for j in range(2, k):
            top = larger(load(x, at + j * w, None, 0.0), top)
        base = select(none, top, base)
    store(high, 0, None, select(none, zero, one))
    known = magnitude(base) < full(x, _LARGEST)
    bad = select(known, bad, one)
    base = select(known, base, zero)
    for j in range(1, k):
        v = load(x, at + j * w, None, 0.0)
        nothing = v == lowest
        d, d_low = two_sum(select(nothing, base, v), -base)
        near = magnitude(d) < full(x, _FARTHEST)
        bad = select(near, bad, one)
        y, rest = ratio_of_logs(select(near, d, zero), select(near, d_low, zero))
        store(high, j * w, None, select(nothing, zero, y))
        store(low, j * w, None, select(nothing, zero, rest))
    return base, bad


@inlined
def _moved(a, rows, k, w, matrix, width, to):
    # Each row times the matrix.
    for r in range(rows):
        at = r * k * w
        for j in range(k):
            b, b_low = full(a[0], matrix[0][j]), full(a[0], matrix[1][j])
            first, first_low = load(a[0], at, None, 0.0), load(a[1], at, None, 0.0)
            high, low = product_of_pairs(first, first_low, b, b_low)
            for i in range(1, k):
                b = full(a[0], matrix[0][i * width + j])
                b_low = full(a[0], matrix[1][i * width + j])
                v, rest = load(a[0], at + i * w, None, 0.0), load(a[1], at + i * w, None, 0.0)
                high, low = with_product(high, low, v, rest, b, b_low)
            store(to[0], at + j * w, None, high)
            store(to[1], at + j * w, None, low)


@inlined
def _seen(moved, rows, k, w, factors):
    """The largest entry, after each has met the factor of its state."""
    top = full(moved[0], 0.0)
    for r in range(rows):
        at = r * k * w
        factor = load(factors[0], 0, None, 0.0)
        high = load(moved[0], at, None, 0.0) * factor
        store(moved[0], at, None, high)
        store(moved[1], at, None, load(moved[1], at, None, 0.0) * factor)
        top = larger(high, top)
        for j in range(1, k):
            i = at + j * w
            v, rest = load(moved[0], i, None, 0.0), load(moved[1], i, None, 0.0)
            factor, factor_low = (
                load(factors[0], j * w, None, 0.0),
                load(factors[1], j * w, None, 0.0),
            )
            high, low = product_of_pairs(v, rest, factor, factor_low)
            store(moved[0], i, None, high)
            store(moved[1], i, None, low)
            top = larger(high, top)
    return top


@inlined
def _settled(moved, size, w, top, alive, a):
    """(by how many powers the entries have been brought up, 1 where one of them is too small)."""
    zero, one = full(moved[0], 0.0), full(moved[0], 1.0)
    _, power, scale = split_exponent(select(top > zero, top, one))
    least, bad = top * full(moved[0], _LEAST), zero
    for i in range(0, size * w, w):
        high, low = load(moved[0], i, None, 0.0), load(moved[1], i, None, 0.0)
        counted = select(high > zero, high, top)
        bad = select(counted < least, one, bad)
        store(a[0], i, None, select(alive, high * scale, load(a[0], i, None, 0.0)))
        store(a[1], i, None, select(alive, low * scale, load(a[1], i, None, 0.0)))
    return select(top > zero, power, zero), bad


@inlined
def _begin(a, rows, k, w):
    # Each stretch as the identity.
    a[0][:] = 0.0
    a[1][:] = 0.0
    for i in range(rows):
        a[0][(i * k + i) * w : (i * k + i + 1) * w] = 1.0


@inlined
def _begin_with(start, k, w, lane, a, powers):
    """Whether the numbers of the first state lie close together: a lane begins with them."""
    top, bottom = -math.inf, math.inf
    for j in range(k):
        if start[0][j] != 0.0:
            top, bottom = max(top, start[2][j]), min(bottom, start[2][j])
    powers[lane] = max(top, 0.0) if top == -math.inf else top
    for j in range(k):
        scale = power_of_two(start[2][j] - powers[lane])
        a[0][j * w + lane], a[1][j * w + lane] = start[0][j] * scale, start[1][j] * scale
    return not top - bottom >= 250.0 and not math.isnan(a[0][lane])


@inlined
def _as_numbers(a, first, count, w, lane, power, to, at):
    # Entries of one lane, each with a power of its own.
    for j in range(count):
        i = (first + j) * w + lane
        number = normalised(a[0][i], a[1][i], power)
        to[0][at + j], to[1][at + j], to[2][at + j] = number[0], number[1], number[2]


def pieces_for(k, steps, count):
    """How many stretches each of `count` chains becomes: 0 for whole chains, -1 for another way."""
    w = VECTOR_BYTES // 8
    if count >= w and k <= _MOST_STATES_OF_CHAINS:
        return 0
    if k > _MOST_STATES or steps < 2 * w:
        return -1
    pieces = w
    while pieces > 1 and pieces * count >= 2 * w:
        pieces //= 2
    return pieces


@functools.cache
def loglikelihood():
    """The kernel of log-likelihoods; a unit is a chain, and all have one matrix.

    Each chain is cut into `pieces` stretches, a power of two up to the lanes; 0 leaves chains
    whole. Where numbers lie too far apart, `left` becomes 1 and the chain is for the kernel of
    `_cpu/chains.py`.
    """

    def loglikelihood(
        initial, initial_at, transition, transition_at, emission, lengths, steps, k,
        pieces, final, left, start, stop,
    ):  # fmt: skip
        w = lanes(emission)
        width, whole = (k + w - 1) // w * w, pieces == 0
        rows, each = (1, 1) if whole else (k, pieces)
        space, (now, then, _) = space_for(k, width), rows_of_states(k, width)
        close, top_power = prepare(transition, transition_at[0], k, width, False, space)
        if not close:
            left[start:stop] = 1
            return
        size = rows * k
        a = np.zeros(size * w), np.zeros(size * w)
        moved = np.zeros(size * w), np.zeros(size * w)
        factors, x = (np.zeros(k * w), np.zeros(k * w)), np.zeros(_CHUNK * k * w)
        counts, powers, bads = np.zeros(w), np.zeros(w), np.zeros(w)
        totals = np.zeros(w), np.zeros(w), np.zeros(w)
        base, raw, matrix = np.zeros(w, np.int64), numbers(k + w), numbers(k * width)
        for group in range(start, stop, w // each):
            # --- where each lane begins, with what, and how far it goes
            bads[:], powers[:] = 0.0, 0.0
            if not whole:
                _begin(a, rows, k, w)
            for lane in range(w):
                unit, piece = group + lane // each, lane % each
                counts[lane], base[lane] = 0.0, 0
                if unit >= stop:
                    continue
                length = lengths[unit]
                if whole:
                    counts[lane], base[lane] = length, unit * steps * k
                    exponentials(initial, initial_at[unit], k, raw)
                    bads[lane] = 0.0 if _begin_with(raw, k, w, lane, a, powers) else 1.0
                else:
                    long = (length - 1 + each - 1) // each
                    counts[lane] = max(0, min(long, length - 1 - piece * long))
                    base[lane] = (unit * steps + 1 + piece * long) * k
            # --- the steps
            longest = int(counts.max())
            bad, power, zero = load(bads, 0, None, 0.0), load(powers, 0, None, 0.0), full(x, 0.0)
            sums, end = (zero, zero, zero), load(counts, 0, None, 0.0)
            for done in range(0, longest, _CHUNK):
                _gather(emission, base, counts, done, k, w, x)
                for t in range(min(_CHUNK, longest - done)):
                    one_base, bad = _factors(x, t * k * w, k, w, factors, bad)
                    alive = end > full(x, float(done + t))
                    if whole and done + t == 0:
                        moved[0][:], moved[1][:] = a[0], a[1]
                    else:
                        _moved(a, rows, k, w, space[2], width, moved)
                    top = _seen(moved, rows, k, w, factors)
                    up, too_small = _settled(moved, size, w, top, alive, a)
                    power = select(alive, power + up, power)
                    bad = select(too_small > bad, select(alive, too_small, bad), bad)
                    sums = into_three(sums, select(alive, one_base, zero))
            store(powers, 0, None, power)
            store(bads, 0, None, bad)
            for i, part in enumerate(sums):
                store(totals[i], 0, None, part)
            # --- the stretches one after the other
            for unit in range(group, min(stop, group + w // each)):
                first = (unit - group) * each
                sums_of_unit = 0.0, 0.0, 0.0
                if not whole:
                    exponentials(initial, initial_at[unit], k, then)
                    exponentials(emission, unit * steps * k, k, raw)
                    times(then, raw, 0, width, now)
                for lane in range(first, first + each):
                    if bads[lane] > 0.0:
                        left[unit] = 1
                    for part in totals:
                        sums_of_unit = into_three(sums_of_unit, part[lane])
                    if whole:
                        power_here = powers[lane] + (counts[lane] - 1.0) * top_power
                        _as_numbers(a, 0, k, w, lane, power_here, now, 0)
                    elif counts[lane] > 0.0:
                        power_here = powers[lane] + counts[lane] * top_power
                        for i in range(k):
                            _as_numbers(a, i * k, k, w, lane, power_here, matrix, i * width)
                        far_step(now, k, width, matrix, raw, -width, then)
                        now, then = then, now
                high, low, number_power = total(now, k)
                final[unit] = log_of_product(high, low, number_power, sums_of_unit)

    return kernel(loglikelihood)
