"""Exact values by mpmath, and the distance of floating-point results from them."""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import mpmath
import numpy as np

BITS = 2000
_LOSS_BITS = 160
_SPLITTER = 2.0**27 + 1


class Pair(NamedTuple):
    """Numbers of about 106 bits, each an unevaluated sum of two float64."""

    hi: np.ndarray
    lo: np.ndarray


class Row:
    """log(1 - softmax) of one row and its Jacobian."""

    def __init__(self, x: np.ndarray) -> None:
        context = mpmath.MPContext()
        context.prec = BITS
        terms = _terms(context, [context.mpf(float(v)) for v in x])
        total = sum(terms)
        others = _sums_of_others(context, terms)
        self._p = _pair([e / total for e in terms])
        self._odds = _pair([e / rest for e, rest in zip(terms, others)])
        self.numbers = [
            context.log1p(-e / total) if e < rest else context.log(rest / total)
            for e, rest in zip(terms, others)
        ]

    def values(self) -> Pair:
        return _pair(self.numbers)

    def jacobian(self) -> Pair:
        """d y_i / d x_j: p_i / (1 - p_i) * p_j off the diagonal, -p_i on it."""
        product = _multiply(Pair(*(part[:, None] for part in self._odds)), self._p)
        for part, p in zip(product, self._p):
            np.fill_diagonal(part, -p)
        return product


def absolute_error(computed: np.ndarray, exact: Pair) -> np.ndarray:
    """|computed - exact|, infinite where the computed number is not finite."""
    wide = computed.astype(np.float64)
    finite = np.isfinite(wide)
    error = np.abs((np.where(finite, wide, 0.0) - exact.hi) - exact.lo)
    return np.where(finite, error, np.inf)


def ulp_error(computed: np.ndarray, exact: Pair) -> np.ndarray:
    """The absolute error in units in the last place of the exact value, in computed's dtype."""
    info = np.finfo(computed.dtype)
    exponent = np.where(exact.hi == 0, info.minexp, np.frexp(exact.hi)[1] - 1)
    with np.errstate(over="ignore"):
        ratio = np.ldexp(
            absolute_error(computed, exact), info.nmant - np.maximum(exponent, info.minexp)
        )
    return ratio


def mean_loss(features: np.ndarray, labels: np.ndarray, coefficients: np.ndarray) -> float:
    """Mean over rows of -log p_label - sum of log(1 - p_k) over the other classes k."""
    context = mpmath.MPContext()
    context.prec = _LOSS_BITS
    columns = [[context.mpf(float(b)) for b in column] for column in coefficients.T]
    losses = []
    for row, label in zip(features, labels):
        numbers = [context.mpf(float(v)) for v in row]
        terms = _terms(context, [context.fdot(numbers, column) for column in columns])
        others = _sums_of_others(context, terms)
        log_total = context.log(sum(terms))
        likelihoods = [*others[:label], terms[label], *others[label + 1 :]]
        losses.append(sum(log_total - context.log(v) for v in likelihoods))
    return float(context.fsum(losses) / len(losses))


def _terms(context: mpmath.MPContext, x: Sequence) -> list:
    largest = max(x)
    return [context.exp(v - largest) for v in x]


def _sums_of_others(context: mpmath.MPContext, terms: Sequence) -> list:
    """For every term the sum of all the others, without subtracting anything."""
    zero = context.zero
    before = accumulate(terms[:-1], initial=zero)
    after = list(accumulate(reversed(terms[1:]), initial=zero))
    return [a + b for a, b in zip(before, reversed(after))]


def _pair(numbers: Sequence) -> Pair:
    hi = [float(v) for v in numbers]
    lo = [float(v - h) for v, h in zip(numbers, hi)]
    return Pair(np.array(hi), np.array(lo))


def _multiply(a: Pair, b: Pair) -> Pair:
    """Dekker's product."""
    product = a.hi * b.hi
    (a1, a2), (b1, b2) = _halves(a.hi), _halves(b.hi)
    error = ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2
    return Pair(product, error + (a.hi * b.lo + a.lo * b.hi))


def _halves(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scaled = _SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high
