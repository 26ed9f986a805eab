"""The results of special inputs: infinities, NaN, ties and zeros, one table for every function."""

import itertools

import numpy as np
from corpus import points
from oracle import ELEMENTWISE

inf, nan = np.inf, np.nan


def assert_same(results, exact):
    """Equal bit for bit, but any NaN is NaN."""
    results = np.asarray(results)
    exact = np.broadcast_to(np.asarray(exact, results.dtype), results.shape)
    np.testing.assert_array_equal(results, exact, strict=True)
    number = ~np.isnan(exact)
    np.testing.assert_array_equal(np.signbit(results[number]), np.signbit(exact[number]))


# The results of COLUMNS on a row; None where the exact result is no float.
COLUMNS = (
    *("softmax", "log_softmax", "log1m_softmax", "loo_logsumexp", "logcumsumexp"),
    *("logsumexp", "logsumexp_excluding_max", "logmeanexp", "logvarexp"),
)
# fmt: off
SPECIAL_ROWS = [
    ([-inf, -inf, -inf],
     [nan] * 3, [nan] * 3, [nan] * 3, [-inf] * 3, [-inf] * 3, -inf, -inf, -inf, -inf),
    ([-inf, 3, -inf],
     [0, 1, 0], [-inf, 0, -inf], [-0.0, -inf, -0.0], [3, -inf, 3], [-inf, 3, 3],
     3, -inf, None, None),
    ([-inf, 0, 0, -inf],
     [0, 0.5, 0.5, 0], None, None, None, None, None, 0, None, None),
    ([1, inf, -inf],
     [0, 1, 0], [-inf, 0, -inf], [-0.0, -inf, -0.0], [inf, 1, inf], [1, inf, inf],
     inf, 1, inf, inf),
    ([inf, -inf],
     [1, 0], [0, -inf], [-inf, -0.0], [-inf, inf], [inf, inf], inf, -inf, inf, inf),
    ([inf],
     [1], [0], [-inf], [-inf], [inf], inf, -inf, inf, -inf),
    ([1, inf, inf, -inf],
     [0, nan, nan, 0], [-inf, nan, nan, -inf], [-0.0, nan, nan, -0.0], [inf] * 4,
     [1, inf, inf, inf], inf, inf, inf, nan),
    ([2.5],
     [1], [0], [-inf], [-inf], [2.5], 2.5, -inf, 2.5, -inf),
    ([0.1, 0.1, 0.1, 0.1],
     [0.25] * 4, None, None, None, None, None, None, 0.1, -inf),
    ([nan],
     [nan], [nan], [nan], [nan], [nan], nan, nan, nan, nan),
    ([1, nan, 2],
     [nan] * 3, [nan] * 3, [nan] * 3, [nan] * 3, [1, nan, nan], nan, nan, nan, nan),
    ([nan, -inf, -inf],
     [nan] * 3, [nan] * 3, [nan] * 3, [nan] * 3, [nan] * 3, nan, nan, nan, nan),
    ([inf, nan, inf],
     [nan] * 3, [nan] * 3, [nan] * 3, [nan] * 3, [inf, nan, nan], nan, nan, nan, nan),
    ([-inf, nan],
     [nan] * 2, [nan] * 2, [nan] * 2, [nan] * 2, [-inf, nan], nan, nan, nan, nan),
]
# fmt: on
SPECIAL = [
    (name, row, result)
    for row, *results in SPECIAL_ROWS
    for name, result in zip(COLUMNS, results, strict=True)
    if result is not None
]

# What masked entries become.
FILL = {"softmax": 0.0, "log_softmax": -inf, "log1m_softmax": -0.0}

# function, row, result; zeros of either sign
GRADIENTS = [
    ("log_softmax_vjp", [2.5], [0]),
    ("log1m_softmax_vjp", [2.5], [0]),
    ("log1m_softmax_vjp", [2.5, -inf], [0, 0]),
    ("log1m_softmax_vjp", [-inf, 0, 0, -inf], [0, 0, 0, 0]),
    ("log1m_softmax_vjp", [-1000, 1000, 1000], [0, 0, 0]),
    ("log1m_softmax_jacobian", [2.5], [[0]]),
    ("log1m_softmax_jacobian", [2.5, -inf], [[0, 0], [0, 0]]),
    ("log1m_softmax_jacobian", [0, -inf, 0], [[-0.5, 0, 0.5], [0, 0, 0], [0.5, 0, -0.5]]),
    ("log_softmax_jacobian", [2.5], [[0]]),
    ("log_softmax_jacobian", [0, -inf, 0], [[0.5, 0, -0.5], [0, 0, 0], [-0.5, 0, 0.5]]),
    ("loo_logsumexp_vjp", [2.5], [0]),
    ("loo_logsumexp_vjp", [-inf, -inf], [0, 0]),
    ("loo_logsumexp_vjp", [inf, 0, 0], [2, 0.5, 0.5]),
    ("softmax_vjp", [-inf, -inf, -inf], [0, 0, 0]),
    ("log_softmax_vjp", [-inf, -inf], [0, 0]),
    ("logsumexp_vjp", [-inf, -inf], [0, 0]),
    ("logsumexp_vjp", [-inf, 0, 0], [0, 0.5, 0.5]),
    ("logsumexp_vjp", [inf, 0], [1, 0]),
    ("logsumexp_vjp", [inf, inf], [nan, nan]),
    ("logsumexp_excluding_max_vjp", [2.5], [0]),
    ("logsumexp_excluding_max_vjp", [3, 3, -inf], [0, 1, 0]),
    ("logsumexp_excluding_max_vjp", [-800, 3, 3, 3], [0, 0, 0.5, 0.5]),
    ("logsumexp_excluding_max_vjp", [inf, 0, 0], [0, 0.5, 0.5]),
    ("logmeanexp_vjp", [-inf, 0, 0], [0, 0.5, 0.5]),
    ("logvarexp_vjp", [2.5], [0]),
    ("logvarexp_vjp", [0.5, 0.5], [0, 0]),
    ("logvarexp_vjp", [-inf, -inf], [0, 0]),
    ("logvarexp_vjp", [-inf, 0, 0, -inf], [0, 1, 1, 0]),
    ("logvarexp_vjp", [inf, 0], [2, 0]),
    ("logvarexp_vjp", [inf], [0]),
    ("logvarexp_vjp", [inf, inf, 0], [nan, nan, nan]),
    ("logvarexp_vjp", [1, nan], [nan, nan]),
    ("logvarexp_vjp", [nan], [nan]),
    ("logsumexp_excluding_max_vjp", [1, nan], [nan, nan]),
    ("softmax_vjp", [1, nan, 2], [nan, nan, nan]),
    ("logsumexp_vjp", [1, nan, 2], [nan, nan, nan]),
    ("loo_logsumexp_vjp", [1, nan, 2], [nan, nan, nan]),
    ("log_softmax_vjp", [1, nan, 2], [nan, nan, nan]),
    ("log1m_softmax_vjp", [1, nan, 2], [nan, nan, nan]),
    ("log1m_softmax_jacobian", [1, nan], [[nan, nan], [nan, nan]]),
]

# function, row, tangent, result
TANGENTS = [
    ("softmax_jvp", [-inf, 0, 0], [nan, 1, 3], [0, -0.5, 0.5]),
    ("log_softmax_jvp", [-inf, 0, 0], [inf, 1, 3], [0, -1, 1]),
    ("log_softmax_jvp", [-inf, -inf], [1, 2], [0, 0]),
    ("log1m_softmax_jvp", [2.5], [7], [0]),
    ("log1m_softmax_jvp", [2.5, -inf], [7, 2], [0, 0]),
    ("loo_logsumexp_jvp", [2.5], [7], [0]),
    ("loo_logsumexp_jvp", [-inf, 0, 0], [inf, 1, 3], [2, 3, 1]),
    ("loo_logsumexp_jvp", [-inf, -inf], [1, 2], [0, 0]),
    ("logsumexp_jvp", [-inf, 0, 0], [nan, 1, 3], 2),
    ("logsumexp_jvp", [-inf, -inf], [1, 2], 0),
    ("logsumexp_jvp", [inf, 0], [7, 2], 7),
    ("logsumexp_excluding_max_jvp", [3, 3, -inf], [7, 2, nan], 2),
    ("logsumexp_excluding_max_jvp", [2.5], [7], 0),
    ("logmeanexp_jvp", [0, 0], [1, 3], 2),
    ("logvarexp_jvp", [2.5], [7], 0),
    ("logvarexp_jvp", [0.5, 0.5], [7, 2], 0),
    ("logvarexp_jvp", [-inf, 0, 0, -inf], [nan, 1, 3, inf], 4),
    ("logvarexp_jvp", [inf, 0], [3, 2], 6),
    ("logvarexp_jvp", [inf, inf], [3, 2], nan),
    ("logvarexp_jvp", [1, nan], [1, 1], nan),
    ("softmax_jvp", [1, nan], [1, 1], [nan, nan]),
    ("loo_logsumexp_jvp", [1, nan], [1, 1], [nan, nan]),
    ("logsumexp_jvp", [1, nan], [1, 1], nan),
]

# row, weights, logarithm of the modulus, sign
WEIGHTED = [
    ([1, 1], [1, -1], -inf, 0),
    ([1, 1], [0, 0], -inf, 0),
    ([1, 2], [0, 1], 2, 1),
    ([1, 2], [0, -1], 2, -1),
    ([nan, 2], [0, 1], 2, 1),
    ([inf, 2], [0, 1], 2, 1),
    ([nan, 2], [1, 1], nan, nan),
    ([inf, 2], [-1, 1], inf, -1),
    ([inf, inf], [-1, 1], nan, nan),
    ([-inf, -inf], [-1, 1], -inf, 0),
]

# function, arguments, result
ELEMENTS = [
    ("log1mexp", (0.0,), -inf),
    ("log1mexp", (-0.0,), -inf),
    ("log1mexp", (-inf,), -0.0),
    ("log1mexp", (1.0,), nan),
    ("log1mexp", (inf,), nan),
    ("log1pexp", (-inf,), 0.0),
    ("log1pexp", (inf,), inf),
    ("logaddexp", (-inf, -inf), -inf),
    ("logaddexp", (inf, inf), inf),
    ("logaddexp", (-inf, inf), inf),
    ("logaddexp", (3.0, -inf), 3.0),
    ("logsubexp", (3.0, -inf), 3.0),
    ("logsubexp", (3.0, 3.0), -inf),
    ("logsubexp", (-inf, -inf), -inf),
    ("logsubexp", (inf, 3.0), inf),
    ("logsubexp", (inf, inf), nan),
    ("logsubexp", (3.0, 4.0), nan),
    ("logsubexp", (-inf, inf), nan),
    ("logistic", (-inf,), 0.0),
    ("logistic", (inf,), 1.0),
    ("logistic", (0.0,), 0.5),
    ("logit", (0.0,), -inf),
    ("logit", (1.0,), inf),
    ("logit", (0.5,), 0.0),
    ("logit", (-1.0,), nan),
    ("logit", (2.0,), nan),
    ("log_sigmoid", (inf,), -0.0),
    ("log_sigmoid", (-inf,), -inf),
    ("log1m_sigmoid", (inf,), -inf),
    ("log1m_sigmoid", (-inf,), -0.0),
    ("logexpm1", (0.0,), -inf),
    ("logexpm1", (inf,), inf),
    ("logexpm1", (-1.0,), nan),
    ("log2mexp", (-inf,), np.log(2.0)),
    ("log2mexp", (0.0,), 0.0),
    ("log2mexp", (0.75,), nan),
    ("log2mexp", (inf,), nan),
    ("log1pmx", (0.0,), 0.0),
    ("log1pmx", (-1.0,), -inf),
    ("log1pmx", (inf,), -inf),
    ("log1pmx", (-2.0,), nan),
    ("log1pmx", (-inf,), nan),
    ("logmxp1", (1.0,), 0.0),
    ("logmxp1", (0.0,), -inf),
    ("logmxp1", (inf,), -inf),
    ("logmxp1", (-1.0,), nan),
    ("logcosh", (0.0,), 0.0),
    ("logcosh", (inf,), inf),
    ("logcosh", (-inf,), inf),
    ("logitexp", (0.0,), inf),
    ("logitexp", (-inf,), -inf),
    ("logitexp", (1.0,), nan),
    ("cloglog", (0.0,), -inf),
    ("cloglog", (1.0,), inf),
    ("cloglog", (-1.0,), nan),
    ("cloglog", (2.0,), nan),
    ("cexpexp", (-inf,), 0.0),
    ("cexpexp", (inf,), 1.0),
    ("xlogx", (0.0,), 0.0),
    ("xlogx", (inf,), inf),
    ("xlogx", (-1.0,), nan),
    ("log_inv_logit_diff", (3.0, 3.0), -inf),
    ("log_inv_logit_diff", (inf, -inf), 0.0),
    ("log_inv_logit_diff", (3.0, 4.0), nan),
    ("log_inv_logit_diff", (-inf, -inf), -inf),
    ("log_inv_logit_diff", (-1e30, -inf), -1e30),
    ("log_inv_logit_diff", (inf, 1e30), -1e30),
    ("log1psq", (0.0,), 0.0),
    ("log1psq", (inf,), inf),
    ("log1psq", (-inf,), inf),
    ("entr", (0.0,), 0.0),
    ("entr", (-0.0,), 0.0),
    ("entr", (1.0,), 0.0),
    ("entr", (inf,), -inf),
    ("entr", (-1.0,), -inf),
    ("rel_entr", (0.0, 0.0), 0.0),
    ("rel_entr", (0.0, inf), 0.0),
    ("rel_entr", (2.0, 2.0), 0.0),
    ("rel_entr", (2.0, 0.0), inf),
    ("rel_entr", (-1.0, 2.0), inf),
    ("rel_entr", (2.0, -1.0), inf),
    ("rel_entr", (0.0, -1.0), inf),
    ("rel_entr", (2.0, inf), -inf),
    ("rel_entr", (inf, 2.0), inf),
    ("rel_entr", (inf, inf), nan),
    ("kl_div", (0.0, 0.0), 0.0),
    ("kl_div", (0.0, 3.0), 3.0),
    ("kl_div", (2.0, 2.0), 0.0),
    ("kl_div", (2.0, 0.0), inf),
    ("kl_div", (-1.0, 2.0), inf),
    ("kl_div", (2.0, -1.0), inf),
    ("kl_div", (2.0, inf), inf),
    ("kl_div", (inf, 2.0), inf),
    ("kl_div", (inf, inf), nan),
    ("xlogy", (0.0, 0.0), 0.0),
    ("xlogy", (0.0, inf), 0.0),
    ("xlogy", (0.0, nan), nan),
    ("xlogy", (2.0, 0.0), -inf),
    ("xlogy", (2.0, -1.0), nan),
    ("xlog1py", (0.0, -1.0), 0.0),
    ("xlog1py", (0.0, inf), 0.0),
    ("xlog1py", (0.0, nan), nan),
    ("xlog1py", (2.0, -1.0), -inf),
    ("xlog1py", (2.0, -3.0), nan),
    *((name, (nan,), nan) for name in ELEMENTWISE if len(points(name, np.float64)) == 1),
    *((name, (nan, 0.5), nan) for name in ELEMENTWISE if len(points(name, np.float64)) == 2),
    *((name, (2.0, nan), nan) for name in ELEMENTWISE if len(points(name, np.float64)) == 2),
    *(
        (name, arguments, nan)
        for name in ("logaddexp", "logsubexp")
        for arguments in itertools.product((nan, inf, -inf), repeat=2)
        if nan in arguments
    ),
]

# The arguments t, x, y and the results of log_mix and its derivatives by t, x and y; None where
# that is no float.
_MIXTURES = ("log_mix", "log_mix_dt", "log_mix_dx", "log_mix_dy")
MIXED = [
    ((inf, 3.0, 5.0), 3.0, 0.0, 1.0, 0.0),
    ((-inf, 3.0, 5.0), 5.0, 0.0, 0.0, 1.0),
    ((inf, -inf, inf), -inf, 0.0, 1.0, 0.0),
    ((-inf, inf, -inf), -inf, 0.0, 0.0, 1.0),
    ((inf, inf, 5.0), inf, 0.0, 1.0, 0.0),
    ((-inf, 3.0, 3.0), 3.0, 0.0, 0.0, 1.0),
    ((0.0, 3.0, 3.0), 3.0, 0.0, 0.5, 0.5),
    ((-700.0, 0.1, 0.1), 0.1, 0.0, None, 1.0),
    ((0.0, inf, inf), inf, 0.0, 0.5, 0.5),
    ((0.0, -inf, -inf), -inf, 0.0, 0.5, 0.5),
    ((inf, -inf, -inf), -inf, 0.0, 1.0, 0.0),
    ((0.0, inf, 5.0), inf, 0.5, 1.0, 0.0),
    ((0.0, 5.0, inf), inf, -0.5, 0.0, 1.0),
    ((0.0, inf, -inf), inf, 0.5, 1.0, 0.0),
    ((-1e30, -inf, inf), inf, -0.0, 0.0, 1.0),
    ((-1e30, inf, -inf), inf, 1.0, 1.0, 0.0),
    ((1e30, -inf, 5.0), -1e30, -1.0, 0.0, 1.0),
    ((-1e30, 5.0, -inf), -1e30, 1.0, 1.0, 0.0),
    ((1e30, 5.0, -inf), 5.0, 0.0, 1.0, 0.0),
    ((-1e30, -inf, 5.0), 5.0, -0.0, 0.0, 1.0),
    *((tuple(np.where(np.arange(3) == i, nan, v)), nan, nan, nan, nan)
      for i in range(3) for v in (2.0, inf, -inf)),
]  # fmt: skip
ELEMENTS += [
    (name, arguments, result)
    for arguments, *results in MIXED
    for name, result in zip(_MIXTURES, results, strict=True)
    if result is not None
]
