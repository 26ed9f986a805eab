"""The running logsumexp, one entry after the other."""

import math

import numpy as np

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._formulas.running import log_of_running
from .._formulas.simd import const, constant
from .._formulas.vectormath import difference, exp_parts, scaled_exp, two_sum

# The state of one scan, a column of a small array of doubles:
#   pivot   all sums are relative to exp(pivot)
#   m, top  the largest entry so far and exp(m - pivot) 2^scale_bits
#   rest, error  the sum of the others alike, and what it lacks: one number of twice the digits
# The pivot follows m only in leaps, since each change of it rounds the sum once more.
_PIVOT, _M, _TOP, _REST, _ERROR = range(5)
STATE = 5
_LEAP = 16.0


@inlined
def scaled_exp_of_gap(x, pivot):
    """exp(x - pivot) 2^scale_bits for x up to _LEAP above."""
    gap, low = difference(x, pivot)
    if gap <= const(gap, 0.0):
        return scaled_exp(gap, low)
    y, k = exp_parts(gap, low)
    return math.ldexp(y * constant(gap, "scale"), int(k))


@inlined
def _leap(state, c, x):
    # Make x the pivot.
    half = constant(x, "half_unscale")
    factor = scaled_exp_of_gap(const(x, state[_PIVOT, c]), x) * half
    state[_PIVOT, c] = x
    for i in (_TOP, _REST, _ERROR):
        state[i, c] = state[i, c] * half * factor


@inlined
def begin(state, c):
    """Begin with no entries."""
    for i in range(STATE):
        state[i, c] = const(state[0, 0], -math.inf if i == _M else 0.0)


@inlined
def take(state, c, x):
    """Take x into the sums."""
    zero = const(x, 0.0)
    m = state[_M, c]
    if math.isnan(x) or math.isnan(m) or m == math.inf:
        state[_M, c] = m if math.isnan(m) else (x if math.isnan(x) else m)
        return
    if x > m:
        if x == math.inf or m == -math.inf:
            state[_PIVOT, c], state[_M, c], state[_TOP, c] = x, x, constant(x, "scale")
            state[_REST, c], state[_ERROR, c] = zero, zero
            return
        if x - state[_PIVOT, c] > const(x, _LEAP):
            _leap(state, c, x)
        term, top = state[_TOP, c], scaled_exp_of_gap(x, const(x, state[_PIVOT, c]))
        state[_M, c], state[_TOP, c] = x, top
    elif x == -math.inf:
        return
    else:
        term = scaled_exp_of_gap(x, const(x, state[_PIVOT, c]))
    rest, lost = two_sum(state[_REST, c], term)
    rest, error = two_sum(rest, state[_ERROR, c] + lost)
    state[_REST, c], state[_ERROR, c] = rest, error


@inlined
def total(state, c):
    """(pivot, sum): the sum of all so far over exp(pivot), scaled; NaN, or 0 for nothing."""
    m = state[_M, c]
    if not abs(m) < math.inf:
        known = constant(m, "scale") if m == math.inf else const(m, 0.0)
        return state[_PIVOT, c], m if math.isnan(m) else known
    return state[_PIVOT, c], state[_TOP, c] + (state[_REST, c] + state[_ERROR, c])


@inlined
def advance(state, c, x):
    """Take x into the sums, and return the logsumexp so far."""
    take(state, c, x)
    return log_of_running(const(x, state[_M, c]), state[_TOP, c], state[_REST, c], state[_ERROR, c])


def scan_rows():
    """The kernel over (outer, n, inner); the unit of work is an outer block."""

    def scan(x, out, n, inner, start, stop):
        state = np.empty((STATE, inner), np.float64)
        for outer in range(start, stop):
            for c in range(inner):
                begin(state, c)
            for i in range(n):
                base = (outer * n + i) * inner
                for c in range(inner):
                    out[base + c] = advance(state, c, x[base + c])

    return kernel(scan)
