"""Searches of many random points for the largest error of a derivative of an elementwise function.

As `search` does it: results are compared with those of a wider format, by formulas that are exact
enough there, and ball arithmetic says what the error is at the worst points.
"""

import numpy as np
from corpus import moderate_points
from partial_oracle import expected_partial
from search import CANDIDATES, CHUNK, WIDER, _either, _log_ratio, _logistic

from numba_logspace._family.partials import PARTIALS


def _odds(d):
    return _either(d > -1, lambda d: 1 / np.expm1(-d), lambda d: np.exp(d) / -np.expm1(d), d)


def _odds_slope(d):
    return _odds(d) / -np.expm1(d)


def _slope(d):
    e = np.exp(-abs(d))
    return e / (1 + e) ** 2


def _tanh_half(x):
    return np.expm1(-abs(x)) / (1 + np.exp(-abs(x))) * -np.sign(x)


def _less_log_2(x):
    rest = np.longdouble("-1.90465429995776788787e-9").astype(x.dtype)
    return (x - x.dtype.type(0.693147182464599609375)) - rest


def _one_plus_log(y, x, of):
    # y is log(x / of); near -1 from 1 + y = log1p((e x - of) / of).
    high = x.dtype.type(2.71828174591064453125)
    low = np.longdouble("8.2548400704110279e-8").astype(x.dtype)
    first = x.astype(np.float32).astype(x.dtype)  # so that nothing is rounded
    near = np.log1p((((high * first - of) + high * (x - first)) + low * x) / of)
    return np.where(abs(1 + y) < 0.2, near, 1 + y)


def _log1m(p):
    return np.log1p(-p)


def _difference_of_logistics(a, b, a_less_b):
    # logistic(a) - logistic(b)
    high, low, gap = np.maximum(a, b), np.minimum(a, b), abs(a_less_b)
    return np.sign(a_less_b) * _logistic(high) * _logistic(-low) * -np.expm1(-gap)


def _dtt(t, x, y):
    a = t + (x - y)
    return _difference_of_logistics(a, t, x - y) * _difference_of_logistics(
        -a, t, -(t + t + (x - y))
    )


def _cexpexp_dx(x):
    return np.exp(x - np.exp(x))


def _with_square(f):
    return lambda x: f(x, 1 + x * x)


WIDE = {
    "log1mexp_dx": lambda x: -_odds(x),
    "log1mexp_dxx": lambda x: -_odds_slope(x),
    "logistic": _logistic,
    "logistic_dx": _slope,
    "logistic_dxx": lambda x: -_slope(x) * _tanh_half(x),
    "logit_dx": lambda x: 1 / (x * (1 - x)),
    "logit_dxx": lambda x: (x - (1 - x)) / (x * (1 - x)) ** 2,
    "log_sigmoid_dx": lambda x: _logistic(-x),
    "log_sigmoid_dxx": lambda x: -_slope(x),
    "log1m_sigmoid_dx": lambda x: -_logistic(x),
    "logexpm1_dx": lambda x: -1 / np.expm1(-x),
    "logexpm1_dxx": lambda x: -_odds_slope(-x),
    "logitexp_dx": lambda x: -1 / np.expm1(x),
    "logitexp_dxx": _odds_slope,
    "log2mexp_dx": lambda x: -_odds(_less_log_2(x)),
    "log2mexp_dxx": lambda x: -_odds_slope(_less_log_2(x)),
    "log1pmx_dx": lambda x: -x / (1 + x),
    "log1pmx_dxx": lambda x: -1 / (1 + x) ** 2,
    "logmxp1_dx": lambda x: (1 - x) / x,
    "logmxp1_dxx": lambda x: -1 / x**2,
    "logcosh_dx": lambda x: _tanh_half(x + x),
    "logcosh_dxx": lambda x: 4 * _slope(x + x),
    "cloglog_dx": lambda x: -1 / ((1 - x) * _log1m(x)),
    "cloglog_dxx": lambda x: -_one_plus_log(_log1m(x), 1 - x, 1) / ((1 - x) * _log1m(x)) ** 2,
    "cexpexp_dx": _cexpexp_dx,
    "cexpexp_dxx": lambda x: _cexpexp_dx(x) * -np.expm1(x),
    "xlogx_dx": lambda x: _one_plus_log(np.log(x), x, 1),
    "xlogx_dxx": lambda x: 1 / x,
    "entr_dx": lambda x: -_one_plus_log(np.log(x), x, 1),
    "entr_dxx": lambda x: -1 / x,
    "log1psq_dx": _with_square(lambda x, s: 2 * x / s),
    "log1psq_dxx": _with_square(lambda x, s: 2 * (1 - x) * (1 + x) / s**2),
    "logaddexp_dx": lambda x, y: _logistic(x - y),
    "logaddexp_dy": lambda x, y: _logistic(y - x),
    "logaddexp_dxx": lambda x, y: _slope(x - y),
    "logaddexp_dxy": lambda x, y: -_slope(x - y),
    "logsubexp_dx": lambda x, y: -1 / np.expm1(y - x),
    "logsubexp_dy": lambda x, y: -_odds(y - x),
    "logsubexp_dxx": lambda x, y: -_odds_slope(y - x),
    "logsubexp_dxy": lambda x, y: _odds_slope(y - x),
    "log_inv_logit_diff_dx": lambda x, y: _odds(y - x) + _logistic(-x),
    "log_inv_logit_diff_dy": lambda x, y: -_odds(y - x) - _logistic(y),
    "log_inv_logit_diff_dxx": lambda x, y: -_odds_slope(y - x) - _slope(x),
    "log_inv_logit_diff_dyy": lambda x, y: -_odds_slope(y - x) - _slope(y),
    "xlogy_dx": lambda x, y: np.log(y),
    "xlogy_dy": lambda x, y: x / y,
    "xlogy_dxx": lambda x, y: 0 * x,
    "xlogy_dxy": lambda x, y: 1 / y,
    "xlogy_dyy": lambda x, y: -x / y**2,
    "xlog1py_dx": lambda x, y: np.log1p(y),
    "xlog1py_dy": lambda x, y: x / (1 + y),
    "xlog1py_dxx": lambda x, y: 0 * x,
    "xlog1py_dxy": lambda x, y: 1 / (1 + y),
    "xlog1py_dyy": lambda x, y: -x / (1 + y) ** 2,
    "rel_entr_dx": lambda x, y: _one_plus_log(_log_ratio(x, y), x, y),
    "rel_entr_dy": lambda x, y: -x / y,
    "rel_entr_dxx": lambda x, y: 1 / x,
    "rel_entr_dxy": lambda x, y: -1 / y,
    "rel_entr_dyy": lambda x, y: x / y**2,
    "kl_div_dx": _log_ratio,
    "kl_div_dy": lambda x, y: (y - x) / y,
    "log_mix_dt": lambda t, x, y: _difference_of_logistics(t + (x - y), t, x - y),
    "log_mix_dx": lambda t, x, y: _logistic(t + (x - y)),
    "log_mix_dy": lambda t, x, y: _logistic((y - x) - t),
    "log_mix_dtt": _dtt,
    "log_mix_dxx": lambda t, x, y: _slope(t + (x - y)),
    "log_mix_dxy": lambda t, x, y: -_slope(t + (x - y)),
}
assert WIDE.keys() == {entry.name for entry in PARTIALS.values()}


def _errors(name, args, results):
    dtype = results.dtype.type
    near = WIDE[name](*(a.astype(WIDER[dtype]) for a in args))
    limits = np.finfo(dtype)
    exponent = np.maximum(np.frexp(abs(near))[1] - 1, limits.minexp) - limits.nmant
    errors = np.ldexp(abs(results - near), -exponent)
    inside = abs(near) < limits.max
    return np.where(inside & (results != near), errors, 0).astype(np.float64)


def search_partial(name, ufunc, dtype, count, seed=0):
    """(largest error in ulp, point) of a derivative, by its name, among so many random points."""
    parent, _, order = name.rpartition("_")
    rng = np.random.default_rng(seed)
    found = []
    with np.errstate(all="ignore"):
        for start in range(0, count, CHUNK):
            args = moderate_points(parent, rng, min(CHUNK, count - start), dtype)
            errors = _errors(PARTIALS[name].name, args, ufunc(*args))
            at = int(np.argmax(errors))
            found.append((errors[at], [a[at] for a in args]))
            found = sorted(found, key=lambda case: -case[0])[:CANDIDATES]
    cases = ((_confirmed(parent, order, ufunc, p), tuple(p)) for _, p in found)
    return max(cases, key=lambda case: case[0])


def _confirmed(parent, order, ufunc, point):
    return expected_partial(parent, order, *point).worst(np.array([ufunc(*point)]))[0]
