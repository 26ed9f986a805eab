"""First and second derivatives of the elementwise functions of two and three numbers."""

import math

from .._compile.trace import formula
from .elementwise import (
    difference_of_logistics,
    log_mix_dx,
    log_mix_dy,
    log_ratio_pair,
    logistic,
    odds_given_both,
    ordered,
    unless_nan,
)
from .partials import (
    corrected,
    log_of_ends,
    logistic_dx,
    odds,
    odds_slope,
    one_plus_log_ratio,
    over_loss,
    over_square,
    scaled_slope,
)
from .simd import const, constant, select
from .vectormath import (
    difference,
    larger,
    lesser,
    log1p_pair_of_any,
    log_pair,
    magnitude,
    sum_with_smaller,
    two_sum,
)

# --- log(exp(x) - exp(y)) and log(logistic(x) - logistic(y)) -------------------------------------


@formula
def _above(x, y, at_equal, value):
    # The value for x > y, and NaN below and where both are the same infinity.
    nan, finite = const(x, math.nan), magnitude(x) < const(x, math.inf)
    at_equal = select(finite, const(x, at_equal), nan)
    return select(x > y, value, select(x == y, at_equal, nan))


@formula
def logsubexp_dx(x, y):
    """1 / (1 - exp(y - x))."""
    return _above(x, y, math.inf, over_loss(*difference(y, x)))


@formula
def logsubexp_dy(x, y):
    """-1 / (exp(x - y) - 1)."""
    return _above(x, y, -math.inf, -odds(*difference(y, x)))


@formula
def logsubexp_dxx(x, y):
    """-exp(y - x) / (1 - exp(y - x))^2."""
    return -logsubexp_dxy(x, y)


@formula
def logsubexp_dxy(x, y):
    """exp(y - x) / (1 - exp(y - x))^2."""
    return _above(x, y, math.inf, odds_slope(*difference(y, x)))


@formula
def log_inv_logit_diff_dx(x, y):
    """1 / (exp(x - y) - 1) + logistic(-x)."""
    return _above(x, y, math.inf, odds(*difference(y, x)) + logistic(-x))


@formula
def log_inv_logit_diff_dy(x, y):
    """-1 / (exp(x - y) - 1) - logistic(y)."""
    return -log_inv_logit_diff_dx(-y, -x)


@formula
def log_inv_logit_diff_dxx(x, y):
    """-exp(y - x) / (1 - exp(y - x))^2 - logistic(x) logistic(-x)."""
    return _above(x, y, -math.inf, -odds_slope(*difference(y, x)) - logistic_dx(x))


@formula
def log_inv_logit_diff_dyy(x, y):
    """-exp(y - x) / (1 - exp(y - x))^2 - logistic(y) logistic(-y)."""
    return log_inv_logit_diff_dxx(-y, -x)


# --- mixtures ------------------------------------------------------------------------------------


@formula
def log_mix_dxx(t, x, y):
    """The share of x times that of y."""
    zero, infinity = const(t, 0.0), const(t, math.inf)
    _, _, odds_, d, error = ordered(t, x, y)
    given, error = odds_given_both(odds_, d, error)
    error = select(given > zero, -error, error)
    given = -magnitude(given)
    error = select(given > constant(t, "exp_floor"), error, zero)
    value = scaled_slope(given, error) * constant(t, "unscale")
    return unless_nan(t, x, y, select(magnitude(t) < infinity, value, zero))


@formula
def log_mix_dxy(t, x, y):
    """-(the share of x times that of y)."""
    return -log_mix_dxx(t, x, y)


@formula
def log_mix_dtt(t, x, y):
    """a (1 - a) - s (1 - s), a the share of x and s = logistic(t)."""
    # It is (a - s) (1 - a - s), in which nothing cancels; the same after x and y are ordered.
    zero, infinity = const(t, 0.0), const(t, math.inf)
    _, _, odds_, d, error = ordered(t, x, y)
    given, given_error = odds_given_both(odds_, d, error)
    # The log-odds of both shares: what they add up to decides the sign.
    total, lost = two_sum(given, odds_)
    finite = magnitude(total) < infinity
    total, total_error = two_sum(total, select(finite, lost + given_error, zero))
    total_error = select(finite, total_error, zero)
    positive = total > zero
    rest = difference_of_logistics(
        select(positive, -odds_, odds_),
        select(positive, given, -given),
        select(positive, given_error, -given_error),
        select(positive, -total, total),
        select(positive, -total_error, total_error),
    )
    change = difference_of_logistics(odds_, given, given_error, d, error)
    unscale = constant(t, "unscale")
    # The smaller stays scaled to the end, the larger does not, for float32 holds no square of it.
    value = lesser(change, rest) * (larger(change, rest) * unscale) * unscale
    value = select(positive, -value, value)
    value = select(x == y, zero, select(magnitude(t) < infinity, value, zero))
    return unless_nan(t, x, y, value)


@formula
def logaddexp_dx(x, y):
    """logistic(x - y)."""
    return log_mix_dx(const(x, 0.0), x, y)


@formula
def logaddexp_dy(x, y):
    """logistic(y - x)."""
    return log_mix_dy(const(x, 0.0), x, y)


@formula
def logaddexp_dxx(x, y):
    """logistic(x - y) logistic(y - x)."""
    return log_mix_dxx(const(x, 0.0), x, y)


@formula
def logaddexp_dxy(x, y):
    """-logistic(x - y) logistic(y - x)."""
    return -logaddexp_dxx(x, y)


# --- products with logarithms --------------------------------------------------------------------


@formula
def _not_below(y, lowest, value):
    return select(y >= const(y, lowest), value, const(y, math.nan))


@formula
def _times_any(x, y, at_0, value):
    # at_0 where x is 0, and NaN for a NaN.
    return select(x == const(x, 0.0), select(y == y, at_0, y), select(x == x, value, x))


@formula
def xlogy_dx(x, y):
    """log(y), and 0 where both are 0."""
    zero = const(x, 0.0)
    value, low = log_pair(y)
    total = value + low
    value = select(total == total, total, value)
    return _times_any(x, y, select(y == zero, zero, value), value)


@formula
def xlogy_dy(x, y):
    """x / y, and 0 where x is 0."""
    value = x / magnitude(y + const(x, 0.0))
    return _times_any(x, y, x, _not_below(y, 0.0, value))


@formula
def xlogy_dxx(x, y):
    """0."""
    zero = const(x, 0.0)
    return _times_any(x, y, zero, _not_below(y, 0.0, zero))


@formula
def xlogy_dxy(x, y):
    """1 / y."""
    value = _not_below(y, 0.0, const(x, 1.0) / magnitude(y + const(x, 0.0)))
    return select(x == x, value, x)


@formula
def xlogy_dyy(x, y):
    """-x / y^2, and 0 where x is 0."""
    value = over_square(-x, magnitude(y + const(x, 0.0)), const(x, 0.0))
    return _times_any(x, y, const(x, 0.0), _not_below(y, 0.0, value))


@formula
def xlog1py_dx(x, y):
    """log(1 + y), and 0 where x is 0 and y is -1."""
    value, low = log1p_pair_of_any(y)
    total = value + low
    value = select(total == total, total, value)
    at_0 = select(y == const(x, -1.0), const(x, 0.0), value)
    return _times_any(x, y, at_0, value)


@formula
def _over_one_plus(x, y):
    w, w_low = two_sum(const(y, 1.0), y)
    return corrected(x / w, -w_low / w)


@formula
def xlog1py_dy(x, y):
    """x / (1 + y), and 0 where x is 0."""
    return _times_any(x, y, x, _not_below(y, -1.0, _over_one_plus(x, y)))


@formula
def xlog1py_dxx(x, y):
    """0."""
    zero = const(x, 0.0)
    return _times_any(x, y, zero, _not_below(y, -1.0, zero))


@formula
def xlog1py_dxy(x, y):
    """1 / (1 + y)."""
    value = _not_below(y, -1.0, _over_one_plus(const(x, 1.0), y))
    return select(x == x, value, x)


@formula
def xlog1py_dyy(x, y):
    """-x / (1 + y)^2, and 0 where x is 0."""
    w, w_low = two_sum(const(y, 1.0), y)
    value = over_square(-x, w, w_low)
    return _times_any(x, y, const(x, 0.0), _not_below(y, -1.0, value))


# --- relative entropies --------------------------------------------------------------------------


@formula
def _of_both(x, y, value):
    # The value where neither number is negative.
    return _not_below(x, 0.0, _not_below(y, 0.0, value))


@formula
def rel_entr_dx(x, y):
    """1 + log(x / y)."""
    return one_plus_log_ratio(x, y)


@formula
def kl_div_dx(x, y):
    """log(x / y)."""
    value, low = log_ratio_pair(x, y)
    ends = log_of_ends(x) - log_of_ends(y)
    return select(ends == const(x, 0.0), value + low, ends)


@formula
def rel_entr_dy(x, y):
    """-x / y, and 0 where x is 0."""
    return -select(x < const(x, 0.0), const(x, math.nan), xlogy_dy(x, y))


@formula
def kl_div_dy(x, y):
    """1 - x / y, and 1 where x is 0."""
    zero, one = const(x, 0.0), const(x, 1.0)
    swapped = x > y  # the larger comes first: nothing overflows
    d, lost = sum_with_smaller(select(swapped, -x, y), select(swapped, y, -x))
    value = corrected(d / magnitude(y + zero), lost / d)
    value = select(y < const(x, math.inf), value, one - x / y)
    return _of_both(x, y, _times_any(x, y, one, value))


@formula
def rel_entr_dxx(x, y):
    """1 / x."""
    return _of_both(x, y, const(x, 1.0) / magnitude(x + const(x, 0.0)))


@formula
def rel_entr_dxy(x, y):
    """-1 / y."""
    return _not_below(x, 0.0, -xlogy_dxy(x, y))


@formula
def rel_entr_dyy(x, y):
    """x / y^2, and 0 where x is 0."""
    return _not_below(x, 0.0, xlogy_dyy(-x, y))
