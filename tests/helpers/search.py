"""Searches of many random moderate points for the largest error of an elementwise function.

The results are compared with those of a wider format, float64 for float32 and the long double of
64 bits for float64, whose own error is a few thousandths of an ulp; ball arithmetic then says
what the error is at the worst points.
"""

import numpy as np
from corpus import moderate_points
from oracle import ELEMENTWISE, expected

WIDER = {np.float32: np.float64, np.float64: np.longdouble}
SEARCHED = {"float32": 10**8, "float64": 10**7}  # long doubles are slow
CHUNK = 1 << 14
CANDIDATES = 8


def is_wide_enough():
    """Whether the long double of this platform has 64 bits or more."""
    return np.finfo(np.longdouble).nmant >= 63


# --- the functions in a wider format -------------------------------------------------------------


def _either(condition, yes, no, *args):
    # np.where, but each formula is evaluated only where it is wanted: long doubles are slow.
    out = np.empty_like(args[0])
    for chosen, formula in ((condition, yes), (~condition, no)):
        out[chosen] = formula(*(a[chosen] for a in args))
    return out


def _log1mexp(x):
    return _either(x > -0.7, lambda x: np.log(-np.expm1(x)), lambda x: np.log1p(-np.exp(x)), x)


def _log1pexp(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))


def _logistic(x):
    e = np.exp(-abs(x))
    return np.where(x > 0, 1, e) / (1 + e)


def _logaddexp(x, y):
    return np.maximum(x, y) + np.log1p(np.exp(-abs(x - y)))


def _logit(p):
    # Neither the difference near 1/2 nor the quotient elsewhere cancels.
    near = abs(p - 0.5) < 0.2
    return _either(
        near, lambda p: np.log1p((p - (1 - p)) / (1 - p)), lambda p: np.log(p / (1 - p)), p
    )


def _log_mix(t, x, y):
    high, gap = np.maximum(x, y), -abs(x - y)
    odds = np.where(x < y, -t, t)
    change = _logistic(-odds) * np.expm1(gap)
    return high + _either(
        change > -0.5,
        lambda change, odds, gap: np.log1p(change),
        lambda change, odds, gap: np.log(_logistic(odds) + _logistic(-odds) * np.exp(gap)),
        *(change, odds, gap),
    )


def _log1pmx(x):
    return _either(
        abs(x) < 0.1,
        lambda x: -(x**2) * sum((-x) ** k / (k + 2) for k in range(20)),
        lambda x: np.log1p(x) - x,
        x,
    )


def _log2mexp(x):
    # Of log(2) a float32 is taken off without rounding, then the rest.
    rest = np.longdouble("-1.90465429995776787789e-9").astype(x.dtype)
    near = (x - x.dtype.type(0.693147182464599609375)) - rest
    return _either(
        x < 0.35,
        lambda x, near: np.log1p(-np.expm1(x)),
        lambda x, near: np.log(x.dtype.type(2)) + _log1mexp(near),
        *(x, near),
    )


def _log_ratio(x, y):
    return _either(
        abs(y - x) < x / 2, lambda x, y: -np.log1p((y - x) / x), lambda x, y: np.log(x / y), x, y
    )


WIDE = {
    "log1mexp": _log1mexp,
    "log1pexp": _log1pexp,
    "logaddexp": _logaddexp,
    "logsubexp": lambda x, y: x + _log1mexp(y - x),
    "logistic": _logistic,
    "logit": _logit,
    "log_sigmoid": lambda x: -_log1pexp(-x),
    "log1m_sigmoid": lambda x: -_log1pexp(x),
    "xlogy": lambda x, y: x * np.log(y),
    "xlog1py": lambda x, y: x * np.log1p(y),
    "logexpm1": lambda x: x + _log1mexp(-x),
    "log2mexp": _log2mexp,
    "log1pmx": _log1pmx,
    "logmxp1": lambda x: _either(
        abs(x - 1) < 0.5, lambda x: _log1pmx(x - 1), lambda x: np.log(x) - (x - 1), x
    ),
    "logcosh": lambda x: _either(
        abs(x) < 1, lambda x: np.log1p(2 * np.sinh(x / 2) ** 2), lambda x: np.log(np.cosh(x)), x
    ),
    "logitexp": lambda x: x - _log1mexp(x),
    "cloglog": lambda x: np.log(-np.log1p(-x)),
    "cexpexp": lambda x: -np.expm1(-np.exp(x)),
    "xlogx": lambda x: x * np.log(x),
    "log_inv_logit_diff": lambda x, y: _log1mexp(y - x) - _log1pexp(-x) - _log1pexp(y),
    "log1psq": lambda x: np.log1p(x * x),
    "entr": lambda x: -x * np.log(x),
    "rel_entr": lambda x, y: x * _log_ratio(x, y),
    "kl_div": lambda x, y: _either(
        abs(y - x) < x / 2,
        lambda x, y: -x * _log1pmx((y - x) / x),
        lambda x, y: x * np.log(x / y) + (y - x),
        *(x, y),
    ),
    "log_mix": _log_mix,
    "log_mix_dt": lambda t, x, y: _logistic(t + (x - y)) * _logistic(-t) * -np.expm1(y - x),
    "log_mix_dx": lambda t, x, y: _logistic(t + (x - y)),
    "log_mix_dy": lambda t, x, y: _logistic((y - x) - t),
}
# Results near zero may be off by an ulp of this.
SCALES = dict.fromkeys(("logaddexp", "logsubexp"), lambda x, y: abs(np.maximum(x, y)))
SCALES |= dict.fromkeys(("logexpm1", "logitexp", "cloglog"), abs)
SCALES["log_mix"] = lambda t, x, y: abs(np.maximum(x, y))


# --- the search ----------------------------------------------------------------------------------


def _errors(name, args, results):
    # In ulp of the exact value or, where it is larger, of its scale.
    dtype = results.dtype.type
    wide = [a.astype(WIDER[dtype]) for a in args]
    near = WIDE[name](*wide)
    size = abs(near)
    if name in SCALES:
        size = np.maximum(size, SCALES[name](*wide))
    limits = np.finfo(dtype)
    exponent = np.maximum(np.frexp(size)[1] - 1, limits.minexp) - limits.nmant
    errors = np.ldexp(abs(results - near), -exponent)
    return np.where(results == near, 0, errors).astype(np.float64)  # also where both are infinite


def search(name, function, dtype, count, seed=0):
    """(largest error in ulp, point) among so many random points."""
    rng = np.random.default_rng(seed)
    found = []
    with np.errstate(all="ignore"):
        for start in range(0, count, CHUNK):
            args = moderate_points(name, rng, min(CHUNK, count - start), dtype)
            errors = _errors(name, args, function(*args))
            at = int(np.argmax(errors))
            found.append((errors[at], [a[at] for a in args]))
            found = sorted(found, key=lambda case: -case[0])[:CANDIDATES]
    return max((_confirmed(name, function, point) for _, point in found), key=lambda case: case[0])


def _confirmed(name, function, point):
    return expected(name, *point).worst(np.array([function(*point)]))[0], tuple(point)


assert WIDE.keys() == ELEMENTWISE.keys()
