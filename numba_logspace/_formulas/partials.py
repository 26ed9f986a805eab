"""First and second derivatives of the elementwise functions of one number, free of branches."""

import math

from numba import types

from .._compile.trace import formula
from .elementwise import logistic, logistic_of_sum
from .simd import FORMATS, const, constant, select
from .vectormath import (
    exp_in_twice_the_digits,
    exp_less,
    log1p_pair_near_0,
    log1p_pair_of_any,
    magnitude,
    parts_of,
    quotient,
    scaled_exp,
    scaled_exp_pair,
    sum_with_smaller,
    two_product,
    two_sum,
)

# e as the nearest number, with what it lacks, twice.
_E = {
    types.float32: (2.7182817459106445, 8.254840366817007e-08, -2.964059873534889e-15),
    types.float64: (2.718281828459045, 1.4456468917292502e-16, -2.1277171080381768e-33),
}
for _kind, _parts in _E.items():
    FORMATS[_kind].constants.update(zip(("e", "e_rest", "e_last"), _parts))


@formula
def corrected(value, change):
    """value (1 + change) for a tiny change, which has no meaning where the value is 0 or inf."""
    better = value + value * change
    better = select(magnitude(value) < const(value, math.inf), better, value)
    return select(value == const(value, 0.0), value, better)


@formula
def over_square(x, y, y_low):
    """x / (y + y_low)^2, rounded once where it is subnormal."""
    value = x / y
    small = magnitude(value) < constant(x, "smallest_normal")
    value = select(small, x * constant(x, "scale") / y, value) / y
    value = corrected(value, -(y_low + y_low) / y)
    return select(small, value * constant(x, "unscale"), value)


@formula
def _within(x, low, high, at_low, at_high, value):
    # The value between two numbers, what is given at them, and NaN outside.
    low, high, nan = const(x, low), const(x, high), const(x, math.nan)
    value = select(x > low, value, select(x == low, const(x, at_low), nan))
    return select(x < high, value, select(x == high, const(x, at_high), nan))


# --- of exponentials -----------------------------------------------------------------------------
# With d < 0 as a number and its error, and w = 1 - exp(d).


@formula
def _loss(d, error):
    # (w, what it lacks over w)
    w, w_low = exp_less(d, error, const(d, 1.0), const(d, 0.0))
    return -w, w_low / w


@formula
def over_loss(d, error):
    """1 / (1 - exp(d)) for d < 0."""
    w, lacks = _loss(d, error)
    return corrected(const(d, 1.0) / w, -lacks)


@formula
def odds(d, error):
    """exp(d) / (1 - exp(d)) for d < 0."""
    w, lacks = _loss(d, error)
    return corrected(scaled_exp(d, error) * constant(d, "unscale") / w, -lacks)


@formula
def odds_slope(d, error):
    """exp(d) / (1 - exp(d))^2 for d < 0."""
    w, lacks = _loss(d, error)
    value = scaled_exp(d, error) * constant(d, "unscale") / w / w
    return corrected(value, -(lacks + lacks))


@formula
def _total(e, e_low):
    # (1 + e, what it lacks over it), e being scaled.
    unscale = constant(e, "unscale")
    total, lost = sum_with_smaller(const(e, 1.0), e * unscale)
    return total, (lost + e_low * unscale) / total


@formula
def scaled_slope(d, error):
    """exp(d) / (1 + exp(d))^2 for d <= 0, times 2^scale_bits."""
    e, e_low = scaled_exp_pair(d, error)
    total, lacks = _total(e, e_low)
    return corrected(e / total / total, -(lacks + lacks))


@formula
def log1mexp_dx(x):
    """-exp(x) / (1 - exp(x))."""
    return _within(x, -math.inf, 0.0, -0.0, -math.inf, -odds(x, const(x, 0.0)))


@formula
def log1mexp_dxx(x):
    """-exp(x) / (1 - exp(x))^2."""
    return _within(x, -math.inf, 0.0, -0.0, -math.inf, -odds_slope(x, const(x, 0.0)))


@formula
def logexpm1_dx(x):
    """1 / (1 - exp(-x))."""
    return logitexp_dx(-x)


@formula
def logexpm1_dxx(x):
    """-exp(-x) / (1 - exp(-x))^2."""
    return log1mexp_dxx(-x)


@formula
def logitexp_dx(x):
    """1 / (1 - exp(x))."""
    return _within(x, -math.inf, 0.0, 1.0, math.inf, over_loss(x, const(x, 0.0)))


@formula
def logitexp_dxx(x):
    """exp(x) / (1 - exp(x))^2."""
    return -log1mexp_dxx(x)


@formula
def _less_log_2(x):
    # x - log(2) as a number and its error. It is log1mexp of this that log2mexp is, but for log(2).
    floor = constant(x, "exp_floor")
    x = select(x < floor, floor, x)
    d, lost = two_sum(x, -constant(x, "ln2"))
    return two_sum(d, lost - constant(x, "ln2_rest"))


@formula
def log2mexp_dx(x):
    """-exp(x) / (2 - exp(x))."""
    d, error = _less_log_2(x)
    return select(d < const(x, 0.0), -odds(d, error), const(x, math.nan))


@formula
def log2mexp_dxx(x):
    """-2 exp(x) / (2 - exp(x))^2."""
    d, error = _less_log_2(x)
    return select(d < const(x, 0.0), -odds_slope(d, error), const(x, math.nan))


@formula
def log_sigmoid_dx(x):
    """logistic(-x)."""
    return logistic_of_sum(-x, const(x, 0.0))


@formula
def log_sigmoid_dxx(x):
    """-logistic(x) logistic(-x)."""
    return -logistic_dx(x)


@formula
def log1m_sigmoid_dx(x):
    """-logistic(x)."""
    return -logistic(x)


@formula
def logistic_dx(x):
    """logistic(x) logistic(-x)."""
    return scaled_slope(-magnitude(x), const(x, 0.0)) * constant(x, "unscale")


@formula
def logistic_dxx(x):
    """logistic(x) logistic(-x) (1 - 2 logistic(x))."""
    # It is -e (1 - e) / (1 + e)^3 with e = exp(-|x|), and odd.
    d, zero = -magnitude(x), const(x, 0.0)
    e, e_low = scaled_exp_pair(d, zero)
    w, w_lacks = _loss(d, zero)
    total, lacks = _total(e, e_low)
    square, square_low = two_product(total, total)
    cube, cube_low = two_product(square, total)
    lacks = (lacks + lacks) + lacks + (cube_low + square_low * total) / cube
    value = corrected(e * w / cube, w_lacks - lacks) * constant(x, "unscale")
    return select(x > zero, -value, select(x < zero, value, -x))


@formula
def logcosh_dx(x):
    """tanh(x)."""
    d, zero = -magnitude(x), const(x, 0.0)
    w, w_lacks = _loss(d + d, zero)
    total, lacks = _total(*scaled_exp_pair(d + d, zero))
    value = corrected(w / total, w_lacks - lacks)
    return select(x > zero, value, select(x < zero, -value, x))


@formula
def logcosh_dxx(x):
    """1 / cosh(x)^2."""
    d = -magnitude(x)
    return scaled_slope(d + d, const(x, 0.0)) * const(x, 4.0) * constant(x, "unscale")


@formula
def _scaled_cexpexp_dx(x):
    # exp(x - exp(x)) 2^scale_bits, for x up to 8. What is lost of exp(x) counts as a whole.
    least = const(x, -64.0)
    e, e_low = exp_in_twice_the_digits(select(x < least, least, x))
    d, error = two_sum(x, -e)
    return scaled_exp(d, select(d > constant(x, "exp_floor"), error - e_low, const(x, 0.0)))


@formula
def _up_to_8(x):
    # Past it both derivatives are 0.
    most = const(x, 8.0)
    return select(x > most, most, x)


@formula
def cexpexp_dx(x):
    """exp(x - exp(x))."""
    return _scaled_cexpexp_dx(_up_to_8(x)) * constant(x, "unscale")


@formula
def cexpexp_dxx(x):
    """exp(x - exp(x)) (1 - exp(x))."""
    x = _up_to_8(x)
    w, lacks = _loss(x, const(x, 0.0))
    value = corrected(_scaled_cexpexp_dx(x) * w, lacks) * constant(x, "unscale")
    return select(x == const(x, 0.0), const(x, 0.0), value)


# --- of logarithms -------------------------------------------------------------------------------


@formula
def log_of_ends(x):
    """log(x) of 0, inf and NaN, NaN below 0, and 0 elsewhere."""
    zero, inf = const(x, 0.0), const(x, math.inf)
    below = select(x == zero, -inf, const(x, math.nan))
    return select(x > zero, select(x < inf, zero, x), below)


@formula
def _less(x, y):
    # e x - y, also where nearly all of it cancels.
    p, p_low = two_product(x, constant(x, "e"))
    q, q_low = two_product(x, constant(x, "e_rest"))
    total, lost = two_sum(p - y, p_low)  # exact where it cancels
    total, lost_too = two_sum(total, q)
    return total + (lost + (lost_too + (q_low + x * constant(x, "e_last"))))


@formula
def one_plus_log_ratio(x, y):
    """1 + log(x / y) for x and y that are not negative; near its zero log(e x / y)."""
    zero, one = const(x, 0.0), const(x, 1.0)
    (g, k), (g_y, k_y) = parts_of(x), parts_of(y)
    f, k = one + g_y, k - k_y
    ratio, low = quotient(g - g_y, zero, f, zero)
    # Of x / y = r 2^k near 1 / e, k is -1 or -2.
    factor = select(k == const(x, -1.0), const(x, 0.5), const(x, 0.25))
    near = _less((one + g) * factor, f) / f
    near = select(magnitude(k + const(x, 1.5)) < one, near, one)
    is_near = magnitude(near) < const(x, 0.25)
    y_, low = log1p_pair_near_0(select(is_near, near, ratio), select(is_near, zero, low))
    k = select(is_near, zero, k)
    total, lost = two_sum(select(is_near, zero, one), k * constant(x, "ln2_high"))
    total, lost_too = two_sum(total, y_)
    value = total + (lost + (lost_too + (low + k * constant(x, "ln2_low"))))
    ends = log_of_ends(x) - log_of_ends(y)
    return select(ends == zero, value, ends)


@formula
def xlogx_dx(x):
    """1 + log(x)."""
    return one_plus_log_ratio(x, const(x, 1.0))


@formula
def xlogx_dxx(x):
    """1 / x."""
    return _within(x, 0.0, math.inf, math.inf, 0.0, const(x, 1.0) / x)


@formula
def entr_dx(x):
    """-1 - log(x)."""
    return -xlogx_dx(x)


@formula
def entr_dxx(x):
    """-1 / x."""
    return -xlogx_dxx(x)


@formula
def log1pmx_dx(x):
    """-x / (1 + x)."""
    w, w_low = two_sum(const(x, 1.0), x)
    return _within(x, -1.0, math.inf, math.inf, -1.0, corrected(-x / w, -w_low / w))


@formula
def log1pmx_dxx(x):
    """-1 / (1 + x)^2."""
    w, w_low = two_sum(const(x, 1.0), x)
    return _within(x, -1.0, math.inf, -math.inf, -0.0, over_square(const(x, -1.0), w, w_low))


@formula
def logmxp1_dx(x):
    """1 / x - 1."""
    d, lost = two_sum(const(x, 1.0), -x)
    return _within(x, 0.0, math.inf, math.inf, -1.0, corrected(d / x, lost / d))


@formula
def logmxp1_dxx(x):
    """-1 / x^2."""
    value = over_square(const(x, -1.0), x, const(x, 0.0))
    return _within(x, 0.0, math.inf, -math.inf, -0.0, value)


@formula
def _with_complement(x):
    # x (1 - x) as a number and what it lacks.
    q, q_low = sum_with_smaller(const(x, 1.0), -x)
    product, low = two_product(x, q)
    return product, low + x * q_low


@formula
def logit_dx(x):
    """1 / (x (1 - x))."""
    product, low = _with_complement(x)
    value = corrected(const(x, 1.0) / product, -low / product)
    return _within(x, 0.0, 1.0, math.inf, math.inf, value)


@formula
def logit_dxx(x):
    """(2 x - 1) / (x (1 - x))^2."""
    product, low = _with_complement(x)
    t, t_low = two_sum(x, const(x, -0.5))
    value = corrected((t + t) / product / product, t_low / t - (low + low) / product)
    return _within(x, 0.0, 1.0, -math.inf, math.inf, value)


@formula
def _with_own_log(x):
    # With q = 1 - x: q log(q) as a number and what it lacks, q, and log(q) likewise.
    q, q_low = sum_with_smaller(const(x, 1.0), -x)
    y, y_low = two_sum(*log1p_pair_of_any(-x))
    product, low = two_product(q, y)
    return product, low + (q * y_low + q_low * y), q, y, y_low


@formula
def cloglog_dx(x):
    """-1 / ((1 - x) log(1 - x))."""
    product, low, _, _, _ = _with_own_log(x)
    value = corrected(const(x, -1.0) / product, -low / product)
    return _within(x, 0.0, 1.0, math.inf, math.inf, value)


@formula
def cloglog_dxx(x):
    """-(1 + log(1 - x)) / ((1 - x) log(1 - x))^2."""
    product, low, q, y, y_low = _with_own_log(x)
    # Where it may be near its zero, 1 - x is exact.
    one = const(x, 1.0)
    above, lost = two_sum(one, y)
    above = select(x < const(x, 0.5), above + (lost + y_low), one_plus_log_ratio(q, one))
    value = -above / product / product
    value = corrected(value, -(low + low) / product)
    return _within(x, 0.0, 1.0, -math.inf, math.inf, value)


@formula
def _one_and_square(x):
    # 1 + x^2 and 1 - x^2, each as a number and what it lacks, of |x| up to 2^30.
    one, most = const(x, 1.0), const(x, 2.0**30)
    a = magnitude(x)
    a = select(a < most, a, most)
    square, low = two_product(a, a)
    (more, more_low), (less, less_low) = two_sum(one, square), two_sum(one, -square)
    return (more, more_low + low), (less, less_low - low)


@formula
def log1psq_dx(x):
    """2 x / (1 + x^2)."""
    (more, low), _ = _one_and_square(x)
    value = corrected((x + x) / more, -low / more)
    return select(magnitude(x) < const(x, 2.0**30), value, const(x, 2.0) / x)


@formula
def log1psq_dxx(x):
    """2 (1 - x^2) / (1 + x^2)^2."""
    (more, more_low), (less, less_low) = _one_and_square(x)
    value = (less + less) / more / more
    value = corrected(value, less_low / less - (more_low + more_low) / more)
    far = const(x, -2.0) / x / x
    return select(magnitude(x) < const(x, 2.0**30), value, far)
