"""Rows of complex numbers: logsumexp with weights, its mean, the running one, and softmax's kin.

One row after the other, entry by entry. A row is summed up relative to its largest term, which is
left out of the sum: where it dominates, the logarithm is that of a number next to 1.
"""

import math

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._formulas.complex import (
    argument,
    cis,
    log_modulus,
    product,
    squared_modulus,
)
from .._formulas.simd import constant
from .._formulas.vectormath import (
    difference,
    exp_parts,
    expm1_nonpositive,
    log,
    scaled_exp,
    sum_with_smaller,
    two_sum,
)

_NAN, _NOTHING = complex(math.nan, math.nan), complex(-math.inf, 0.0)
_STEP = 2.0**-27  # below it the cosine is 1, and the sine the angle itself


@inlined
def _phase(y):
    if abs(y) < _STEP:
        return 1.0, y
    return cis(y, 0.0)


@inlined
def _add(total, error, term):
    total, lost = two_sum(total, term)
    return total, error + lost


# --- terms ---------------------------------------------------------------------------------------
# A term b exp(x) is exp(a + a_low) times a phase: (c, s).


@inlined
def _modulus_of_term(x, b):
    # (a, a_low) of a term; NaN of what has no value, -inf of what drops out.
    a, low = x.real, 0.0
    if b == 0.0:
        return -math.inf, 0.0
    if b != 1.0:
        log_b, low = log_modulus(b.real, 0.0, b.imag)
        a, lost = two_sum(a, log_b)
        low = low + lost if math.isfinite(a) else 0.0
    if a > -math.inf and math.isnan(x.imag):
        return math.nan, 0.0
    return a, low


@inlined
def _phase_of_term(x, b):
    c, s = _phase(x.imag)
    if b.imag == 0.0:
        return (c, s) if b.real > 0.0 else (-c, -s)
    r = math.hypot(b.real, b.imag)
    return product(c, s, b.real / r, b.imag / r)


@inlined
def _weight(b, i):
    return 1.0 + 0.0j if b is None else b[i]


@inlined
def _largest(x, b, base, n, step):
    # (index of the largest term, or -1; a, a_low; how many are +inf; whether there is NaN)
    at, top, top_low, infinite, nan = -1, -math.inf, 0.0, 0, False
    for k in range(n):
        i = base + k * step
        a, low = _modulus_of_term(x[i], _weight(b, i))
        if math.isnan(a):
            nan = True
        if a == math.inf:
            infinite += 1
        if a > top or (a == top and low > top_low and a > -math.inf):
            at, top, top_low = i, a, low
    return at, top, top_low, infinite, nan


@inlined
def _gap(a, low, top, top_low):
    # (d, its error) of a term that is exp(d) of the largest.
    d, error = difference(a, top)
    return d, error + (low - top_low)


@inlined
def _sum_of_others(x, b, base, n, step, at, top, top_low):
    # The sum of the terms but one, relative to the largest: (re, what it lacks, im, ...).
    re, re_low, im, im_low = 0.0, 0.0, 0.0, 0.0
    unscale = constant(re, "unscale")
    for k in range(n):
        i = base + k * step
        if i == at:
            continue
        weight = _weight(b, i)
        a, low = _modulus_of_term(x[i], weight)
        if a == -math.inf:
            continue
        e = scaled_exp(*_gap(a, low, top, top_low))
        c, s = _phase_of_term(x[i], weight)
        re, re_low = _add(re, re_low, e * c)
        im, im_low = _add(im, im_low, e * s)
    return re * unscale, re_low * unscale, im * unscale, im_low * unscale


@inlined
def _infinite_sum(x, b, base, n, step):
    # log of a sum with +inf: of one phase, or of none.
    first, found = 0j, False
    for k in range(n):
        i = base + k * step
        weight = _weight(b, i)
        if _modulus_of_term(x[i], weight)[0] == math.inf:
            c, s = _phase_of_term(x[i], weight)
            if found and complex(c, s) != first:
                return complex(math.inf, math.nan)
            first, found = complex(c, s), True
    return complex(math.inf, argument(first.imag, first.real))


@inlined
def _rotated(re, re_low, im, im_low, c, s):
    # A sum with what it lacks, turned back by a phase.
    a, b = product(re, im, c, -s)
    a_low, b_low = product(re_low, im_low, c, -s)
    return sum_with_smaller(a, a_low), b + b_low


@inlined
def _log_of_sums(top, top_low, c, s, re, re_low, im, im_low):
    # (log of exp(top) (c + is + re + i im), p, q): p and q have its angle.
    (a, a_low), b = _rotated(re, re_low, im, im_low, c, s)
    p, lost = two_sum(1.0, a)
    high, low = log_modulus(p, lost + a_low, b)
    total, lost = two_sum(top, high)
    value = total + (lost + (low + top_low))
    return value, (c + re) + re_low, (s + im) + im_low


@inlined
def logsumexp_row(x, b, base, n, step):
    """(log |sum b exp(x)|, p, q) of a row, the sum having the angle of p + iq."""
    at, top, top_low, infinite, nan = _largest(x, b, base, n, step)
    if nan:
        return math.nan, math.nan, math.nan
    if infinite > 0:
        value = _infinite_sum(x, b, base, n, step)
        c, s = cis(value.imag, 0.0)
        return math.inf, c, s
    if at < 0:
        return -math.inf, 0.0, 0.0
    c, s = _phase_of_term(x[at], _weight(b, at))
    others = _sum_of_others(x, b, base, n, step, at, top, top_low)
    return _log_of_sums(top, top_low, c, s, *others)


@inlined
def logsumexp_of_row(x, base, n, step):
    """The logsumexp of a row."""
    value, p, q = logsumexp_row(x, None, base, n, step)
    return complex(value, argument(q, p))


@inlined
def _mean_of_row(x, base, n, absent):
    # The logmeanexp of a row of which so many entries, all -inf, do not count.
    at, top, top_low, infinite, nan = _largest(x, None, base, n, 1)
    value, p, q = logsumexp_row(x, None, base, n, 1)
    if nan or infinite > 0 or at < 0:
        return complex(value, argument(q, p))
    # As much as the mean of exp(x - top) is less than 1.
    less, less_low = 1.0 * absent, 0.0
    for i in range(base, base + n):
        w = expm1_nonpositive(x[i].real - top)
        c, s = _phase(x[i].imag if w > -1.0 else 0.0)
        half = math.sin(0.5 * x[i].imag) if abs(x[i].imag) >= _STEP and w > -1.0 else 0.0
        less, less_low = _add(less, less_low, w * c)
        less, less_low = _add(less, less_low, -2.0 * half * half)
    count = n - absent
    u = (less + less_low) / count
    if u < -0.5:
        return complex(value - log(1.0 * count), argument(q, p))
    w, lost = two_sum(1.0, u)
    high, low = log_modulus(w, lost, q / count)
    return complex(top + (high + low), argument(q, p))


# --- maps ----------------------------------------------------------------------------------------


@inlined
def _put_without_numbers(x, out, base, n, infinite, at_inf, elsewhere):
    # The limits of a row with +inf, or NaN where there is none.
    for i in range(base, base + n):
        if infinite == 0:
            out[i] = _NAN
        elif x[i].real == math.inf:
            out[i] = at_inf if infinite == 1 else _NAN
        else:
            out[i] = elsewhere


@inlined
def _share(x, top, sums):
    # exp(x - top) / sum: without cancellation where that is a small part of the sum.
    e = scaled_exp(*difference(x.real, top))
    c, s = _phase(x.imag)
    p, q = product(e * c, e * s, sums.real, -sums.imag)
    scale = constant(e, "unscale") / squared_modulus(sums.real, 0.0, sums.imag)
    return p * scale, q * scale


@inlined
def _sums_of_row(x, base, n):
    # (index of the largest, whether there are finite terms alone, +inf, c, s of the largest, the
    # others relative to it: re, what it lacks, im)
    at, top, _, infinite, nan = _largest(x, None, base, n, 1)
    if nan or infinite > 0 or at < 0:
        return -1, 0 if nan else infinite, 0j, 0.0, 0.0, 0.0
    c, s = _phase(x[at].imag)
    re, re_low, im, im_low = _sum_of_others(x, None, base, n, 1, at, top, 0.0)
    (a, a_low), b = _rotated(re, re_low, im, im_low, c, s)
    return at, 0, complex((c + re) + re_low, (s + im) + im_low), a, a_low, b


@inlined
def _softmax_row(x, out, base, n):
    at, infinite, sums, a, a_low, b = _sums_of_row(x, base, n)
    if at < 0:
        _put_without_numbers(x, out, base, n, infinite, 1.0 + 0.0j, 0.0j)
        return
    top, p = x[at].real, two_sum(1.0, a)
    square = squared_modulus(p[0], p[1] + a_low, b)
    for i in range(base, base + n):
        if i == at:
            continue
        out[i] = complex(*_share(x[i], top, sums)) if x[i].real > -math.inf else 0.0j
    out[at] = complex(p[0] / square, -b / square)


@inlined
def _log_softmax_row(x, out, base, n):
    at, infinite, sums, a, a_low, b = _sums_of_row(x, base, n)
    if at < 0:
        _put_without_numbers(x, out, base, n, infinite, 0.0j, _NOTHING)
        return
    top, (p, lost) = x[at].real, two_sum(1.0, a)
    high, low = log_modulus(p, lost + a_low, b)
    for i in range(base, base + n):
        if i == at:
            continue
        if x[i].real == -math.inf:
            out[i] = _NOTHING
            continue
        d, error = difference(x[i].real, top)
        c, s = _phase(x[i].imag)
        re, im = product(c, s, sums.real, -sums.imag)
        total, rest = two_sum(d, -high)
        out[i] = complex(total + (rest + (error - low)), argument(im, re))
    out[at] = complex(-(high + low), argument(-b, p))


@inlined
def _log1m_share_of_largest(x, base, n, at):
    # log of what the others are in the sum, relative to the largest of them: nothing underflows.
    second = -1
    for i in range(base, base + n):
        if i != at and x[i].real > -math.inf and (second < 0 or x[i].real > x[second].real):
            second = i
    if second < 0:
        return _NOTHING
    gap, error = difference(x[second].real, x[at].real)
    re, re_low, im, im_low = 0.0, 0.0, 0.0, 0.0
    unscale = constant(re, "unscale")
    for i in range(base, base + n):
        if i != at and x[i].real > -math.inf:
            e = scaled_exp(*difference(x[i].real, x[second].real)) * unscale
            c, s = _phase(x[i].imag)
            re, re_low = _add(re, re_low, e * c)
            im, im_low = _add(im, im_low, e * s)
    c, s = _phase(x[at].imag)
    (a, a_low), b = _rotated(re, re_low, im, im_low, c, s)
    high, low = log_modulus(a, a_low, b)
    e = scaled_exp(gap, error) * unscale
    p, lost = two_sum(1.0, a * e)
    other, other_low = log_modulus(p, lost + a_low * e, b * e)
    total, rest = two_sum(gap, high - other)
    # The angle of a + ib over 1 + (a + ib) e.
    return complex(total + (rest + error + (low - other_low)), argument(b, a + e * (a * a + b * b)))


@inlined
def _log1m_softmax_row(x, out, base, n):
    at, infinite, sums, a, a_low, b = _sums_of_row(x, base, n)
    if at < 0:
        _put_without_numbers(x, out, base, n, infinite, _NOTHING, complex(-0.0, 0.0))
        return
    top, (p, lost) = x[at].real, two_sum(1.0, a)
    square = squared_modulus(p, lost + a_low, b)
    of_largest = p / square, -b / square
    far = _log1m_share_of_largest(x, base, n, at)
    for i in range(base, base + n):
        if x[i].real == -math.inf:
            out[i] = complex(-0.0, 0.0)
        elif i == at and not of_largest[0] ** 2 + of_largest[1] ** 2 < 0.25:
            out[i] = far
        else:
            re, im = of_largest if i == at else _share(x[i], top, sums)
            w, lost = two_sum(1.0, -re)
            high, low = log_modulus(w, lost, -im)
            out[i] = complex(high + low, argument(-im, w))


# --- the running sum -----------------------------------------------------------------------------

_LEAP = 16.0  # the pivot follows the largest entry in leaps: each of them rounds the sum once more


@inlined
def _exp_of_gap(x, pivot):
    # exp(x - pivot) 2^64 for x up to _LEAP above.
    gap, low = difference(x, pivot)
    if gap <= 0.0:
        return scaled_exp(gap, low) * 2.0**-64
    y, k = exp_parts(gap, low)
    return math.ldexp(y * 2.0**64, int(k))


@inlined
def _logcumsumexp_row(x, out, base, n):
    # Relative to exp(pivot) the largest term so far is e (c + is), the sum of the others the rest.
    top, pivot, e, c, s = -math.inf, 0.0, 0.0, 1.0, 0.0
    re, re_low, im, im_low = 0.0, 0.0, 0.0, 0.0
    seen, value = False, _NOTHING
    for i in range(base, base + n):
        a, _ = _modulus_of_term(x[i], 1.0 + 0.0j)
        if seen or math.isnan(a) or a == math.inf:
            # From here on nothing is finite.
            value = logsumexp_of_row(x, base, i + 1 - base, 1)
            seen = True
        elif a > -math.inf:
            own, own_s = _phase(x[i].imag)
            if top == -math.inf or a - pivot > _LEAP:
                factor = _exp_of_gap(pivot, a) * 2.0**-64 if top > -math.inf else 0.0
                e, pivot = e * factor, a
                re, re_low, im, im_low = re * factor, re_low * factor, im * factor, im_low * factor
            term = _exp_of_gap(a, pivot)
            if a > top:
                other, other_c, other_s = e, c, s
                top, e, c, s = a, term, own, own_s
            else:
                other, other_c, other_s = term, own, own_s
            re, re_low = _add(re, re_low, other * other_c)
            im, im_low = _add(im, im_low, other * other_s)
            sums = (re / e, re_low / e, im / e, im_low / e)
            high, p, q = _log_of_sums(top, 0.0, c, s, *sums)
            value = complex(high, argument(q, p))
        out[i] = value


# --- kernels over rows, one after the other in memory --------------------------------------------


def _rows_of(put):
    def rows(x, out, n, start, stop):
        for r in range(start, stop):
            put(x, out, r * n, n)

    rows.__name__ = put.__name__.strip("_")
    return kernel(rows)


def _sums(x, b, values, signs, n, start, stop):
    for r in range(start, stop):
        values[r], p, q = logsumexp_row(x, b, r * n, n, 1)
        m = math.hypot(p, q)
        signs[r] = complex(p / m, q / m) if m > 0.0 else complex(m, m)


def _logarithms(x, b, out, n, start, stop):
    for r in range(start, stop):
        value, p, q = logsumexp_row(x, b, r * n, n, 1)
        out[r] = complex(value, argument(q, p))


def _means(x, absent, out, n, start, stop):
    for r in range(start, stop):
        out[r] = _mean_of_row(x, r * n, n, absent[r])


# (x, out, n, first row, row after the last); each of a flat array of rows of n entries.
softmax = _rows_of(_softmax_row)
log_softmax = _rows_of(_log_softmax_row)
log1m_softmax = _rows_of(_log1m_softmax_row)
logcumsumexp = _rows_of(_logcumsumexp_row)
# (x, b or None, out, n, ...) and, as a modulus and a direction, (x, b, values, signs, n, ...).
logsumexp, logsumexp_with_sign = kernel(_logarithms), kernel(_sums)
# (x, how many of a row are absent, out, n, ...)
logmeanexp = kernel(_means)
