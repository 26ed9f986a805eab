"""The log-likelihood of hidden Markov chains with few states; lanes are stretches of chains.

With few states lanes of states are empty, and each step waits for the one before. So a chain is
cut into stretches, or many chains are taken as they are, and each lane has one. What a stretch does
is a matrix with a row for each state before it; of a whole chain, whose beginning is known, one
row. The rows have one power, which each step brings back to that of the largest entry, and the
observations count relative to that of the first state, whose logarithms are added up exactly.
What lies too far apart for that is left to `_cpu/chains.py`: there each number has its own power.
"""

import functools

import numpy as np

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._formulas.chains import CLOSE, into_three, log_of_product
from .._formulas.simd import select
from .._formulas.vectormath import larger
from .chains import far_step, prepare, rows_of_states, space_for
from .lanes_of_chains import (
    CHUNK,
    as_numbers,
    begin_with,
    factors_of,
    gather,
    moved,
    settled,
    times_factors,
)
from .memory import empty, full, lanes, load, pair, store, triple
from .numbers import exponentials, numbers, times, total


@inlined
def _begin(a, rows, k, w):
    # Each stretch as the identity.
    a[0][:] = 0.0
    a[1][:] = 0.0
    for i in range(rows):
        a[0][(i * k + i) * w : (i * k + i + 1) * w] = 1.0


@functools.cache
def loglikelihood(few):
    """The kernel of log-likelihoods; a unit is a chain, and all have one matrix.

    Each chain is cut into `pieces` stretches, a power of two up to the lanes; 0 leaves chains
    whole. Where numbers lie too far apart, `left` becomes 1 and the chain is for the kernel of
    `_cpu/chains.py`. `few` is of `few_states`.
    """

    def loglikelihood(
        initial, initial_at, transition, transition_at, emission, lengths, steps, states,
        pieces, final, left, start, stop,
    ):  # fmt: skip
        w, k = lanes(emission), few or states
        width, whole = (k + w - 1) // w * w, pieces == 0
        rows, each = (1, 1) if whole else (k, pieces)
        space, (now, then, _) = space_for(k, width), rows_of_states(k, width)
        apart, top_power = prepare(transition, transition_at[0], k, width, False, space)
        if not apart < CLOSE:
            left[start:stop] = 1
            return
        size = rows * k
        a = pair(size * w)
        new = pair(size * w)
        factors, x = pair(k * w), empty(CHUNK * k * w)
        counts, powers, bads = triple(w)
        totals = triple(w)
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
                    bads[lane] = 0.0 if begin_with(raw, k, w, lane, a, powers) else 1.0
                else:
                    long = (length - 1 + each - 1) // each
                    counts[lane] = max(0, min(long, length - 1 - piece * long))
                    base[lane] = (unit * steps + 1 + piece * long) * k
            # --- the steps
            longest = int(counts.max())
            bad, power, zero = load(bads, 0, None, 0.0), load(powers, 0, None, 0.0), full(x, 0.0)
            sums, end = (zero, zero, zero), load(counts, 0, None, 0.0)
            for done in range(0, longest, CHUNK):
                gather(emission, base, counts, done, k, w, x)
                for t in range(min(CHUNK, longest - done)):
                    one_base, bad = factors_of(x, t * k * w, k, w, factors, 0, bad)
                    alive = end > full(x, float(done + t))
                    if whole and done + t == 0:
                        new[0][:], new[1][:] = a[0], a[1]
                    else:
                        moved(a, 0, rows, k, w, space[2], width, new)
                    top = times_factors(new, 0, rows, k, w, factors, 0, new)
                    up, _, too_small = settled(new, size, w, top, alive, a, 0, a, 0)
                    power = select(alive, power + up, power)
                    bad = larger(too_small, bad)
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
                        as_numbers(a, 0, k, w, lane, power_here, now, 0, 1)
                    elif counts[lane] > 0.0:
                        power_here = powers[lane] + counts[lane] * top_power
                        for i in range(k):
                            as_numbers(a, i * k, k, w, lane, power_here, matrix, i * width, 1)
                        far_step(now, k, width, matrix, raw, -width, then)
                        now, then = then, now
                high, low, number_power = total(now, k)
                final[unit] = log_of_product(high, low, number_power, sums_of_unit)

    return kernel(loglikelihood)
