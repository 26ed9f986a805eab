"""Elements of maps along long rows, for entries whose share of the sum is small.

prepare(m, a, b, c, d) gives (limit, further numbers) of what `softsum` prepares for a row, and
element(x, e, m, numbers) the result where e is below the limit, which is at most the maximum's.
"""

from numba import types

from .._compile.trace import formula
from .simd import const, constant, fma, lane_type, polynomial_by_horner, select
from .softsum import logarithm_of_all
from .vectormath import lesser, log1p_pair, quotient, two_sum

# (-log(1 - p) - p) / p^2 for p <= 1/32, by Remez exchange at 300 bits. Its error is below 0.04
# units in the last place of the logarithm.
_LOG1M_NEAR_0 = {
    types.float32: (0.500001186522645915, 0.333104676980033583, 0.262458432324774853),
    types.float64: (
        0.5000000000000098,
        0.333333333325359834,
        0.250000002193155129,
        0.199999714315214748,
        0.166686527360741117,
        0.142101659543600971,
        0.139729373160496772,
    ),
}


@formula
def prepare_light_softmax(m, a, b, c, d):
    """(limit, 1 / S, what it lacks)."""
    return constant(a, "scale"), a, b


@formula
def light_softmax(x, e, m, a, b):
    """As element_softmax."""
    return fma(e, a, e * b) * constant(e, "unscale")


@formula
def _small_share(total, error):
    # (limit, 1 / S without the scale, what it lacks): shares of 1/32 are below the limit.
    one = const(total, 1.0)
    inverse, lack = quotient(one, const(total, 0.0), total, error)
    limit = lesser(total * const(total, 1.0 / 32.0), one) * constant(total, "scale")
    unscale = constant(total, "unscale")
    return limit, inverse * unscale, lack * unscale


@formula
def _log1m_near_0(p):
    # log(1 - p) for p of 1/32 at most, and -0 at 0.
    return fma(-(p * p), polynomial_by_horner(p, _LOG1M_NEAR_0[lane_type(p.kind)]), -p)


@formula
def prepare_light_log1m_softmax(m, a, lack, c, d):
    """(limit, 1 / S, what it lacks)."""
    total = a * const(a, 0.5)
    return _small_share(total, -total * lack)


@formula
def light_log1m_softmax(x, e, m, a, b):
    """log(1 - e / S) by a short series, without a division."""
    return _log1m_near_0(fma(e, a, e * b))


@formula
def prepare_light_loo_logsumexp(m, s, b, c, d):
    """(limit, 1 / S, what it lacks, m + log(S), what it lacks)."""
    zero = const(s, 0.0)
    total, error = two_sum(const(s, 1.0), s)
    limit, *inverse = _small_share(total, error)
    # Where log(S) is no larger than the shares, it would cancel with log(1 - p).
    limit = select(s >= const(s, 1.0 / 16.0), limit, zero)
    return limit, *inverse, *logarithm_of_all(m, *log1p_pair(s, zero))


@formula
def light_loo_logsumexp(x, e, m, a, b, whole, lack):
    """m + log(S) + log(1 - e / S)."""
    return whole + (lack + _log1m_near_0(fma(e, a, e * b)))
