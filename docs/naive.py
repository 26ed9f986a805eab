"""Functions as they are when their formula is written down, and exactly, for the pictures of them.

Each is a function of one number x. Where the function of the package takes more, `Case.ours` says
what the others are. Exact values come from mpmath, of the very numbers that the functions get.
"""

from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

import numba_logspace as nl

# Of its own, since scripts of the gallery set the digits of mpmath's. Enough for 1 - exp(x) at the
# smallest x that is drawn, -316.
mp = mpmath.MPContext()
mp.dps = 200


@dataclass(frozen=True)
class Case:
    """How one picture is drawn."""

    what: str  # what is drawn, over x
    text: str  # the naive form as it is written
    ours: Any
    naive: Any
    exact: Any
    x: np.ndarray  # where it is drawn
    axis: str = "x"  # the label of the axis, along which `place` gives the places
    place: Any = staticmethod(lambda x: x)
    log: bool = False  # whether the places are drawn by their logarithm
    # An error counts in ulp of the larger, in modulus, of the result and of this.
    beside: Any = staticmethod(lambda x: 0.0)


def _pair(x):
    # Rows of two logits, of which the second is 0.
    return np.stack([x, np.zeros_like(x)], axis=-1)


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _log1m_softmax(x):
    e = np.exp(_pair(x) - np.maximum(x, 0)[:, None])
    return np.log(1 - e[:, 0] / e.sum(axis=-1))


def _log_softmax(x):
    m = np.maximum(x, 0)
    return x - m - np.log(np.exp(x - m) + np.exp(-m))


def _logsumexp(x):
    m = np.maximum(x, 0)
    return m + np.log(np.exp(x - m) + np.exp(-m))


def _loo_logsumexp(x):
    m = np.maximum(x, 0)
    e = np.exp(x - m)
    return m + np.log((e + np.exp(-m) + np.exp(-1 - m)) - e)


def _first(function):
    # The first entry of what a function makes of rows [x, 0] and of the cotangent [1, 0].
    return lambda x: function(_pair(x), np.array([1.0, 0.0]))[:, 0]


WIDE = np.linspace(-60, 60, 241)
SMALL = 10.0 ** np.linspace(-20, 1, 211)
TINY = 10.0 ** np.linspace(-20, 2.5, 226)
_MINUS = {"axis": "-x", "place": lambda x: -x, "log": True}
_PLUS = {"log": True}
_FROM_1 = {"axis": "x - 1", "place": lambda x: x - 1, "log": True}

CASES = {
    "log1m_softmax": Case(
        "log1m_softmax([x, 0])[0]",
        "log(1 - softmax)",
        lambda x: nl.log1m_softmax(_pair(x))[:, 0],
        _log1m_softmax,
        lambda x: -mp.log1p(mp.exp(x)),
        WIDE,
    ),
    "log_softmax": Case(
        "log_softmax([x, 0])[0]",
        "x - m - log(sum(exp(x - m)))",
        lambda x: nl.log_softmax(_pair(x))[:, 0],
        _log_softmax,
        lambda x: -mp.log1p(mp.exp(-x)),
        WIDE,
    ),
    "softmax_vjp": Case(
        "softmax_vjp([x, 0], [1, 0])[0]",
        "p * (g - sum(p * g))",
        _first(nl.softmax_vjp),
        lambda x: _sigmoid(x) * (1 - _sigmoid(x)),
        lambda x: 1 / (1 + mp.exp(-x)) / (1 + mp.exp(x)),
        WIDE,
    ),
    "log_softmax_vjp": Case(
        "log_softmax_vjp([x, 0], [1, 0])[0]",
        "g - p * sum(g)",
        _first(nl.log_softmax_vjp),
        lambda x: 1 - _sigmoid(x),
        lambda x: 1 / (1 + mp.exp(x)),
        WIDE,
    ),
    "log1m_softmax_vjp": Case(
        "log1m_softmax_vjp([x, 0], [1, 0])[0]",
        "-p / (1 - p) * (1 - p)",
        _first(nl.log1m_softmax_vjp),
        lambda x: -_sigmoid(x) / (1 - _sigmoid(x)) * (1 - _sigmoid(x)),
        lambda x: -1 / (1 + mp.exp(-x)),
        WIDE,
    ),
    "loo_logsumexp": Case(
        "loo_logsumexp([x, 0, -1])[0]",
        "m + log(sum(exp(x - m)) - exp(x - m))",
        lambda x: nl.loo_logsumexp(np.stack([x, 0 * x, 0 * x - 1], axis=-1))[:, 0],
        _loo_logsumexp,
        lambda x: mp.log1p(mp.exp(-1)) + 0 * mp.mpf(x),
        WIDE,
    ),
    "logvarexp": Case(
        "logvarexp([x, 0])",
        "log(var(exp(x)))",
        lambda x: nl.logvarexp(_pair(x)),
        lambda x: np.log(np.var(np.exp(_pair(x)), axis=-1)),
        lambda x: 2 * mp.log(mp.expm1(x) / 2),
        10.0 ** np.linspace(-20, 2.8, 229),
        **_PLUS,
    ),
    "cross_entropy": Case(
        "cross_entropy([x, 0], 0)",
        "-log(softmax)",
        lambda x: nl.cross_entropy(_pair(x), np.zeros(len(x), dtype=int)),
        lambda x: -np.log(_sigmoid(x)),
        lambda x: mp.log1p(mp.exp(-x)),
        WIDE,
    ),
    "complement_cross_entropy": Case(
        "complement_cross_entropy([x, 0], [1, 0])",
        "-log(1 - softmax)",
        lambda x: nl.complement_cross_entropy(_pair(x), np.array([[1.0, 0.0]])),
        lambda x: -np.log(1 - _sigmoid(x)),
        lambda x: mp.log1p(mp.exp(x)),
        WIDE,
    ),
    "sigmoid_binary_cross_entropy": Case(
        "sigmoid_binary_cross_entropy(x, 1)",
        "-log(1 / (1 + exp(-x)))",
        lambda x: nl.sigmoid_binary_cross_entropy(x, np.ones_like(x)),
        lambda x: -np.log(_sigmoid(x)),
        lambda x: mp.log1p(mp.exp(-x)),
        WIDE,
    ),
    "logmatmulexp": Case(
        "logmatmulexp([x, 0], [-x, -x])",
        "log(exp(a) @ exp(b))",
        lambda x: nl.logmatmulexp(_pair(x)[:, None], np.stack([-x, -x], axis=-1)[..., None])[
            :, 0, 0
        ],
        lambda x: np.log(np.exp(x) * np.exp(-x) + np.exp(-x)),
        lambda x: mp.log1p(mp.exp(-x)),
        np.linspace(-800, 700, 301),
        beside=lambda x: max(-x, 0.0),
    ),
    "logsumexp": Case(
        "logsumexp([x, 0])",
        "m + log(sum(exp(x - m)))",
        lambda x: nl.logsumexp(_pair(x)),
        _logsumexp,
        lambda x: mp.log1p(mp.exp(x)),
        WIDE,
    ),
    "log1mexp": Case(
        "log1mexp(x)",
        "log(1 - exp(x))",
        nl.log1mexp,
        lambda x: np.log(1 - np.exp(x)),
        lambda x: mp.log(-mp.expm1(x)),
        -TINY,
        **_MINUS,
    ),
    "log1pexp": Case(
        "log1pexp(x)",
        "log(1 + exp(x))",
        nl.log1pexp,
        lambda x: np.log(1 + np.exp(x)),
        lambda x: mp.log1p(mp.exp(x)),
        np.linspace(-60, 800, 431),
    ),
    "logaddexp": Case(
        "logaddexp(x, 0)",
        "log(exp(x) + 1)",
        lambda x: nl.logaddexp(x, 0.0),
        lambda x: np.log(np.exp(x) + 1),
        lambda x: mp.log1p(mp.exp(x)),
        np.linspace(-60, 800, 431),
    ),
    "logsubexp": Case(
        "logsubexp(x, 1)",
        "log(exp(x) - exp(1))",
        lambda x: nl.logsubexp(x, 1.0),
        lambda x: np.log(np.exp(x) - np.exp(1.0)),
        lambda x: mp.log(mp.exp(x) - mp.e),
        1 + 10.0 ** np.linspace(-15, 2.5, 176),
        beside=lambda x: x,
        **_FROM_1,
    ),
    "log_sigmoid": Case(
        "log_sigmoid(x)",
        "log(1 / (1 + exp(-x)))",
        nl.log_sigmoid,
        lambda x: np.log(_sigmoid(x)),
        lambda x: -mp.log1p(mp.exp(-x)),
        WIDE,
    ),
    "log1m_sigmoid": Case(
        "log1m_sigmoid(x)",
        "log(1 - 1 / (1 + exp(-x)))",
        nl.log1m_sigmoid,
        lambda x: np.log(1 - _sigmoid(x)),
        lambda x: -mp.log1p(mp.exp(x)),
        WIDE,
    ),
    "logit": Case(
        "logit(x) near 1/2",
        "log(x / (1 - x))",
        nl.logit,
        lambda x: np.log(x / (1 - x)),
        lambda x: mp.log(mp.mpf(x) / (1 - mp.mpf(x))),
        0.5 + 10.0 ** np.linspace(-15, -0.31, 148),
        axis="x - 1/2",
        place=lambda x: x - 0.5,
        log=True,
    ),
    "log_inv_logit_diff": Case(
        "log_inv_logit_diff(x, x - 1)",
        "log(sigma(x) - sigma(x - 1))",
        lambda x: nl.log_inv_logit_diff(x, x - 1),
        lambda x: np.log(_sigmoid(x) - _sigmoid(x - 1)),
        lambda x: mp.log(1 / (1 + mp.exp(-x)) - 1 / (1 + mp.exp(-(x - 1)))),
        WIDE,
    ),
    "logitexp": Case(
        "logitexp(x)",
        "log(exp(x) / (1 - exp(x)))",
        nl.logitexp,
        lambda x: np.log(np.exp(x) / (1 - np.exp(x))),
        lambda x: x - mp.log(-mp.expm1(x)),
        -TINY,
        beside=lambda x: x,
        **_MINUS,
    ),
    "cloglog": Case(
        "cloglog(x)",
        "log(-log(1 - x))",
        nl.cloglog,
        lambda x: np.log(-np.log(1 - x)),
        lambda x: mp.log(-mp.log1p(-mp.mpf(x))),
        10.0 ** np.linspace(-20, -0.01, 201),
        beside=lambda x: x,
        **_PLUS,
    ),
    "cexpexp": Case(
        "cexpexp(x)",
        "1 - exp(-exp(x))",
        nl.cexpexp,
        lambda x: 1 - np.exp(-np.exp(x)),
        lambda x: -mp.expm1(-mp.exp(x)),
        np.linspace(-60, 5, 261),
    ),
    "logexpm1": Case(
        "logexpm1(x)",
        "log(exp(x) - 1)",
        nl.logexpm1,
        lambda x: np.log(np.exp(x) - 1),
        lambda x: mp.log(mp.expm1(x)),
        10.0 ** np.linspace(-20, 3.5, 236),
        beside=lambda x: x,
        **_PLUS,
    ),
    "log2mexp": Case(
        "log2mexp(x)",
        "log(2 - exp(x))",
        nl.log2mexp,
        lambda x: np.log(2 - np.exp(x)),
        lambda x: mp.log1p(-mp.expm1(x)),
        -TINY,
        **_MINUS,
    ),
    "log1pmx": Case(
        "log1pmx(x)",
        "log(1 + x) - x",
        nl.log1pmx,
        lambda x: np.log(1 + x) - x,
        lambda x: mp.log1p(x) - x,
        SMALL,
        **_PLUS,
    ),
    "logmxp1": Case(
        "logmxp1(x)",
        "log(x) - x + 1",
        nl.logmxp1,
        lambda x: np.log(x) - x + 1,
        lambda x: mp.log(x) - x + 1,
        1 + 10.0 ** np.linspace(-15, 1, 161),
        **_FROM_1,
    ),
    "log1psq": Case(
        "log1psq(x)",
        "log(1 + x * x)",
        nl.log1psq,
        lambda x: np.log(1 + x * x),
        lambda x: mp.log1p(mp.mpf(x) ** 2),
        10.0 ** np.linspace(-20, 200, 221),
        **_PLUS,
    ),
    "logcosh": Case(
        "logcosh(x)",
        "log(cosh(x))",
        nl.logcosh,
        lambda x: np.log(np.cosh(x)),
        lambda x: mp.log1p(2 * mp.sinh(mp.mpf(x) / 2) ** 2),
        10.0 ** np.linspace(-20, 3.5, 236),
        **_PLUS,
    ),
    "xlog1py": Case(
        "xlog1py(2, x)",
        "2 * log(1 + x)",
        lambda x: nl.xlog1py(2.0, x),
        lambda x: 2 * np.log(1 + x),
        lambda x: 2 * mp.log1p(x),
        SMALL,
        **_PLUS,
    ),
    "kl_div": Case(
        "kl_div(1, x)",
        "log(1 / x) - 1 + x",
        lambda x: nl.kl_div(1.0, x),
        lambda x: np.log(1 / x) - 1 + x,
        lambda x: -mp.log(x) - 1 + x,
        1 + 10.0 ** np.linspace(-15, 1, 161),
        **_FROM_1,
    ),
    "log_mix": Case(
        "log_mix(x, 0, -1)",
        "log(s * exp(0) + (1 - s) * exp(-1))",
        lambda x: nl.log_mix(x, 0.0, -1.0),
        lambda x: np.log(_sigmoid(x) + (1 - _sigmoid(x)) * np.exp(-1.0)),
        lambda x: mp.log1p(mp.expm1(-1) / (1 + mp.exp(x))),
        WIDE,
    ),
}


def of(case):
    """(exact values, {"naive" or "numba_logspace": errors in ulp}) of a case."""
    with np.errstate(all="ignore"):
        found = {"naive": case.naive(case.x), "numba_logspace": case.ours(case.x)}
    exact = [case.exact(float(x)) for x in case.x]
    return [float(e) for e in exact], {
        name: [_ulp(v, e, case.beside(x)) for v, e, x in zip(values, exact, case.x)]
        for name, values in found.items()
    }


def _ulp(value, exact, beside):
    # Infinite where the value is no number, or 0 where the exact one is not.
    if not np.isfinite(value) or (value == 0 and float(exact) != 0):
        return np.inf
    return float(
        abs(mp.mpf(float(value)) - exact) / np.spacing(max(abs(float(exact)), abs(beside)))
    )
