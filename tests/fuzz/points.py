"""What elementwise functions give at a point: the rules of special values, else the oracle."""

import math

from flint import arb
from oracle import ELEMENTWISE, RELATIVE_TO_LARGER, logistic
from reference import Expected, certain, constant

inf, nan = math.inf, math.nan


def of_point(name, point, dtype):
    """Expected of the result at one point, a tuple of floats."""
    if any(map(math.isnan, point)):
        return constant(1, nan)
    special = _SPECIAL[name](*point)
    definition = special if callable(special) else ELEMENTWISE[name]
    if special == 0 and name in _OF_TWO:
        special = 0.0, -0.0
    if special is not None and definition is not special:
        return constant(1, *(special if isinstance(special, tuple) else (special,)))

    def make():
        exact = [arb(v) for v in point]
        scale = RELATIVE_TO_LARGER.get(name)
        return [definition(*exact)], scale and [scale(*exact)]

    return Expected(1, certain(make, dtype))


def _log1mexp(x):
    return nan if x > 0 else -inf if x == 0 else -0.0 if x == -inf else None


def _log1pexp(x):
    return {-inf: 0.0, inf: inf}.get(x)


def _logaddexp(x, y):
    if inf in (x, y):
        return inf
    return max(x, y) if -inf in (x, y) else None


def _logsubexp(x, y):
    if x < y or x == y == inf:
        return nan
    if x == y:
        return -inf
    return x if y == -inf or x == inf else None


def _logistic(x):
    return {-inf: 0.0, inf: 1.0}.get(x)


def _logit(x):
    if not 0 <= x <= 1:
        return nan
    return {0.0: -inf, 1.0: inf, 0.5: (0.0, -0.0)}.get(x)


def _log_sigmoid(x):
    return {-inf: -inf, inf: -0.0}.get(x)


def _log1m_sigmoid(x):
    return {inf: -inf, -inf: -0.0}.get(x)


def _logexpm1(x):
    return nan if x < 0 else {0.0: -inf, inf: inf}.get(x)


def _log2mexp(x):
    return nan if x > 0.75 else {0.0: (0.0, -0.0), -inf: lambda x: arb(2).log()}.get(x)


def _log1pmx(x):
    return nan if x < -1 else {0.0: (0.0, -0.0), -1.0: -inf, inf: -inf}.get(x)


def _logmxp1(x):
    return nan if x < 0 else {1.0: (0.0, -0.0), 0.0: -inf, inf: -inf}.get(x)


def _logcosh(x):
    return {0.0: (0.0, -0.0), inf: inf, -inf: inf}.get(x)


def _logitexp(x):
    return nan if x > 0 else {0.0: inf, -inf: -inf}.get(x)


def _cloglog(x):
    return {0.0: -inf, 1.0: inf}.get(x) if 0 <= x <= 1 else nan


def _cexpexp(x):
    return {-inf: 0.0, inf: 1.0}.get(x)


def _xlogx(x):
    return nan if x < 0 else {0.0: (0.0, -0.0), 1.0: (0.0, -0.0), inf: inf}.get(x)


def _log_inv_logit_diff(x, y):
    if x < y:
        return nan
    if x == y:
        return -inf
    if math.isinf(x):
        return _log1m_sigmoid(y) if math.isinf(y) else lambda x, y: -y.exp().log1p()
    return (lambda x, y: -(-x).exp().log1p()) if y == -inf else None


def _log1psq(x):
    return {0.0: 0.0, inf: inf, -inf: inf}.get(x)


def _entr(x):
    return -inf if x < 0 else {0.0: 0.0, 1.0: (0.0, -0.0), inf: -inf}.get(x)


def _relative(x, y, at_0, below_inf):
    # at_0 where x is 0, below_inf where y alone is inf.
    if x < 0 or y < 0 or (x > 0 and y == 0):
        return inf
    if x == 0:
        return at_0
    if math.isinf(x) or math.isinf(y):
        return nan if x == y else inf if math.isinf(x) else below_inf
    return (0.0, -0.0) if x == y else None


def _rel_entr(x, y):
    return _relative(x, y, 0.0, -inf)


def _kl_div(x, y):
    return _relative(x, y, y, inf)


def _times_log(x, y, lowest):
    if x == 0:
        return 0.0, -0.0
    if y < lowest:
        return nan
    if math.isfinite(x) and lowest < y < inf:
        return None
    sign = -1 if y == lowest else 0 if y == lowest + 1 else 1 if y > lowest + 1 else -1
    if sign == 0:
        return nan  # inf times 0
    return math.copysign(inf, x) * sign


def _xlogy(x, y):
    return _times_log(x, y, 0.0)


def _xlog1py(x, y):
    return _times_log(x, y, -1.0)


def _log_mix(t, x, y):
    if math.isinf(t):
        return x if t > 0 else y
    if x == y:
        return x
    return inf if inf in (x, y) else None


def _log_mix_dx(t, x, y):
    if math.isinf(t):
        return 1.0 if t > 0 else 0.0
    if x == y:
        return lambda t, x, y: logistic(t)
    return {inf: 1.0, -inf: 0.0}.get(_infinite_gap(x, y))


def _log_mix_dy(t, x, y):
    if math.isinf(t):
        return 0.0 if t > 0 else 1.0
    if x == y:
        return lambda t, x, y: logistic(-t)
    return {inf: 0.0, -inf: 1.0}.get(_infinite_gap(x, y))


def _log_mix_dt(t, x, y):
    if x == y or math.isinf(t):
        return 0.0, -0.0
    gap = _infinite_gap(x, y)
    if gap == inf:
        return lambda t, x, y: logistic(-t)
    return (lambda t, x, y: -logistic(t)) if gap == -inf else None


def _infinite_gap(x, y):
    # Where x - y is infinite; that of finite numbers is not, however far apart.
    return x - y if math.isinf(x) or math.isinf(y) else 0.0


# Where a zero is that of an argument, its sign is not promised.
_OF_TWO = ("logaddexp", "logsubexp", "log_mix")
_SPECIAL = {
    "log1mexp": _log1mexp,
    "log1pexp": _log1pexp,
    "logaddexp": _logaddexp,
    "logsubexp": _logsubexp,
    "logistic": _logistic,
    "logit": _logit,
    "log_sigmoid": _log_sigmoid,
    "log1m_sigmoid": _log1m_sigmoid,
    "logexpm1": _logexpm1,
    "log2mexp": _log2mexp,
    "log1pmx": _log1pmx,
    "logmxp1": _logmxp1,
    "logcosh": _logcosh,
    "logitexp": _logitexp,
    "cloglog": _cloglog,
    "cexpexp": _cexpexp,
    "xlogx": _xlogx,
    "log_inv_logit_diff": _log_inv_logit_diff,
    "log1psq": _log1psq,
    "entr": _entr,
    "rel_entr": _rel_entr,
    "kl_div": _kl_div,
    "xlogy": _xlogy,
    "xlog1py": _xlog1py,
    "log_mix": _log_mix,
    "log_mix_dx": _log_mix_dx,
    "log_mix_dy": _log_mix_dy,
    "log_mix_dt": _log_mix_dt,
}
