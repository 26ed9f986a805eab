"""The logsumexp of weighted terms, with signs: log |sum b exp(x)|."""

import math

from ._jit import formula, kernel
from ._simd import constant
from ._vectormath import difference, exp_parts, log, log_of_sum, two_sum

# Terms are summed times 2^_SCALE: what is left after a cancellation may be very small.
_SCALE = 128


@formula
def _exponent_of_term(x, b):
    # About log(|b| exp(x)), from the exponent of b: enough to choose what to sum relative to.
    return x + math.frexp(b)[1] * 0.6931471805599453


@formula
def _pivot(x, b, base, n):
    # (largest exponent of a term, whether it is +inf with b > 0, with b < 0, whether NaN is in)
    top, plus, minus, nan = -math.inf, False, False, False
    for i in range(base, base + n):
        if b[i] == 0.0 or (x[i] == -math.inf and math.isfinite(b[i])):
            continue
        if math.isnan(x[i]) or math.isnan(b[i]) or (x[i] == -math.inf and math.isinf(b[i])):
            nan = True
        elif x[i] == math.inf or math.isinf(b[i]):
            plus, minus = plus or b[i] > 0.0, minus or b[i] < 0.0
        else:
            top = max(top, _exponent_of_term(x[i], b[i]))
    return top, plus, minus, nan


@formula
def _sum_of_terms(x, b, base, n, pivot):
    # (s, error) of 2^_SCALE sum b exp(x - pivot). The exponents of b and of the exponential are
    # added before they are used: either alone may overflow.
    total, error = 0.0, 0.0
    for i in range(base, base + n):
        if b[i] == 0.0 or x[i] == -math.inf:
            continue
        gap, low = difference(x[i], pivot)
        if gap < constant(gap, "exp_floor") * 3.0:
            continue  # below any weight's reach
        fraction, exponent = math.frexp(b[i])
        y, k = exp_parts(gap, low)
        term = math.ldexp(fraction * y, int(k) + exponent + _SCALE)
        total, lost = two_sum(total, term)
        error += lost
    return two_sum(total, error)


@formula
def _log_of_scaled(s, error):
    # log((s + error) / 2^_SCALE), s >= 0.
    down = 2.0**-_SCALE
    if s * down > constant(s, "vanishing"):
        return log_of_sum(s * down, error * down)
    return log(s) - _SCALE * math.log(2.0)  # almost all has cancelled


@formula
def weighted_row(x, b, base, n):
    """(log |sum b exp(x)|, sign of the sum) of a row."""
    top, plus, minus, nan = _pivot(x, b, base, n)
    if nan or (plus and minus):
        return math.nan, math.nan
    if plus or minus:
        return math.inf, 1.0 if plus else -1.0
    if top == -math.inf:
        return -math.inf, 0.0
    s, error = _sum_of_terms(x, b, base, n, top)
    if s == 0.0:
        return -math.inf, 0.0
    sign = 1.0 if s > 0.0 else -1.0
    return top + _log_of_scaled(s * sign, error * sign), sign


def weighted_rows():
    """The kernel over contiguous rows; the unit of work is a row."""

    def weighted(x, b, values, signs, n, start, stop):
        for r in range(start, stop):
            values[r], signs[r] = weighted_row(x, b, r * n, n)

    return kernel(weighted)
