"""The running logsumexp as summaries of entries that can be merged, and what it comes to.

All sums are relative to exp(pivot), where the pivot is the multiple of 16 nearest to the largest
entry so far. So whoever knows that entry knows the pivot, and nearly all pivots are alike.
"""

import math

from .._compile.inline import inlined
from .simd import const, constant
from .vectormath import difference, log1p, scaled_exp, two_sum

_STEP = 16.0


@inlined
def higher(m, x):
    """The larger of the two; NaN where either is."""
    return m if math.isnan(m) or not (math.isnan(x) or x > m) else x


@inlined
def pivot_of(m):
    """What the sums are relative to where m is the largest entry; 0 for none or inf."""
    if abs(m) == math.inf:
        return const(m, 0.0)
    steps = m / const(m, _STEP)
    # To the nearest integer. Numbers too large for that lie so far apart that they do themselves.
    nearest = (steps + constant(m, "magic")) - constant(m, "magic")
    small = abs(steps) * const(m, 4.0) < constant(m, "magic")
    return const(m, _STEP) * nearest if small else m


@inlined
def term_of(x, pivot):
    """exp(x - pivot) 2^scale_bits for x no more than half a step above the pivot."""
    gap, low = difference(x, pivot)
    return scaled_exp(gap, low)


@inlined
def moved(rest, error, pivot, new):
    """A sum and what it lacks, relative to a pivot, relative to one that is no lower."""
    if pivot == new or rest == 0.0:
        return rest, error
    half = constant(pivot, "half_unscale")
    factor = term_of(pivot, new) * half
    return rest * half * factor, error * half * factor


@inlined
def together(rest, error, more, more_error):
    """The sum of two such sums, as a number of twice the digits."""
    rest, lost = two_sum(rest, more)
    return two_sum(rest, (error + more_error) + lost)


@inlined
def taken(state, x, term):
    """(m, pivot, top, rest, error) with one more x, of which `term` is the term_of.

    m is the largest entry, top its term, and rest and error the sum of the others.
    """
    m, pivot, top, rest, error = state
    if x > m:
        new = pivot_of(x)
        rest, error = together(rest, error, const(rest, top), 0.0)
        rest, error = moved(rest, error, pivot, new)
        return x, new, term, rest, error
    rest, error = together(rest, error, const(rest, term), 0.0)
    return higher(m, x), pivot, top, rest, error


@inlined
def log_of_running(m, top, rest, error):
    """The logsumexp of entries of which m is the largest, from its term and the others'."""
    if not abs(m) < math.inf:
        return m
    return m + log1p(const(m, (rest + error) / top))
