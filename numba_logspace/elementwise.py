"""Elementwise log-space functions, as ufuncs."""

import numpy as np

from ._arguments.ufuncs import make_ufunc
from ._family import FAMILY

_TEMPLATE = """{summary}

Parameters
----------
{parameters}
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64. Of several dtypes that one to which
    NumPy promotes them.

Raises
------
TypeError
    For dtypes other than those.

Notes
-----
Special values: {special}

Error bound: {bound}. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.
{source}
Examples
--------
>>> import numba_logspace as nl
{example}
"""

_ONE = "x : array_like\n    {0}"
_TWO = "x, y : array_like\n    {0}; broadcast against each other."
_FOUR_ULP = "4 ulp"
_OF_LARGER = "2 ulp of the larger of the result and the larger input, in modulus"


def _define(
    name, summary, inputs, special, example, bound=_FOUR_ULP, source="", identity=None
) -> np.ufunc:
    heads = [line.partition(" :")[0] for line in inputs.splitlines() if line[0] != " "]
    names = ", ".join(heads).split(", ")
    doc = _TEMPLATE.format(
        summary=summary,
        parameters=inputs,
        special=special,
        example=example,
        bound=bound,
        source=f"\nSource: {source}\n" if source else "",
    )
    return make_ufunc(FAMILY[name].engine, names, doc, identity)


log1mexp = _define(
    "log1mexp",
    "log(1 - exp(x)) for x <= 0 (the sign convention of Stan, Julia and PyTensor; R and JAX\n"
    "take -x).",
    _ONE.format("Logarithms of probabilities, x <= 0."),
    "-inf at 0, -0.0 at -inf, NaN for x > 0 and for NaN.",
    ">>> float(nl.log1mexp(-1e-20))\n-46.051701859880914",
    source="M. Maechler, Accurately computing log(1 - exp(-abs(a))), 2012.",
)

log1pexp = _define(
    "log1pexp",
    "log(1 + exp(x)), also known as softplus.",
    _ONE.format("Any numbers."),
    "0 at -inf, inf at inf.",
    ">>> float(nl.log1pexp(-40.0))\n4.248354255291589e-18",
    source="M. Maechler, Accurately computing log(1 - exp(-abs(a))), 2012.",
)

logaddexp = _define(
    "logaddexp",
    "log(exp(x) + exp(y)).",
    _TWO.format("Logarithms"),
    "-inf with -inf gives -inf, inf with anything but NaN gives inf. The identity of\n"
    "its reductions is -inf.",
    ">>> float(nl.logaddexp(0.0, -40.0))\n4.248354255291589e-18",
    bound=_OF_LARGER,
    identity=-np.inf,
)

logsubexp = _define(
    "logsubexp",
    "log(exp(x) - exp(y)) for x >= y.",
    _TWO.format("Logarithms, x >= y"),
    "-inf where x = y (NaN where both are inf), x where y is -inf, NaN for x < y.",
    ">>> float(nl.logsubexp(1000.0, 999.0))\n999.5413248546129",
    bound=_OF_LARGER,
)

logistic = _define(
    "logistic",
    "1 / (1 + exp(-x)), the inverse of `logit`.",
    _ONE.format("Log-odds."),
    "0 at -inf, 1 at inf. Small results are gradually underflowing, never flushed to 0.",
    ">>> float(nl.logistic(-740.0))\n4.2e-322",
)

logit = _define(
    "logit",
    "log(x / (1 - x)), the inverse of `logistic`.",
    _ONE.format("Probabilities, 0 <= x <= 1."),
    "-inf at 0, inf at 1, NaN outside.",
    ">>> float(nl.logit(0.5000001))\n3.99999999789463e-07",
)

log_sigmoid = _define(
    "log_sigmoid",
    "log(1 / (1 + exp(-x))), the logarithm of `logistic`.",
    _ONE.format("Log-odds."),
    "-inf at -inf, -0.0 at inf.",
    ">>> float(nl.log_sigmoid(40.0))\n-4.248354255291589e-18",
)

log1m_sigmoid = _define(
    "log1m_sigmoid",
    "log(1 - 1 / (1 + exp(-x))), which is log_sigmoid(-x).",
    _ONE.format("Log-odds."),
    "-0.0 at -inf, -inf at inf.",
    ">>> float(nl.log1m_sigmoid(1000.0))\n-1000.0",
)

xlogy = _define(
    "xlogy",
    "x log(y), and 0 where x is 0.",
    _TWO.format("Any x, y >= 0"),
    "0 where x = 0 and y is not NaN; NaN for y < 0 otherwise.",
    ">>> float(nl.xlogy(0.0, 0.0))\n0.0",
)

xlog1py = _define(
    "xlog1py",
    "x log(1 + y), and 0 where x is 0.",
    _TWO.format("Any x, y >= -1"),
    "0 where x = 0 and y is not NaN; NaN for y < -1 otherwise.",
    ">>> float(nl.xlog1py(2.0, 1e-20))\n2e-20",
)

_THREE = "t : array_like\n    Log-odds of x.\nx, y : array_like\n    {0}; all broadcast together."

log_mix = _define(
    "log_mix",
    "log(s exp(x) + (1 - s) exp(y)) with s = logistic(t), a mixture of two.",
    _THREE.format("Logarithms"),
    "x where x = y or t is inf, y where t is -inf (a weight of 0 leaves out anything but\n"
    "NaN); inf where x or y is and has a weight; log_sigmoid(-t) + y, which is log(1 - s) + y,\n"
    "where x is -inf.",
    ">>> float(nl.log_mix(-800.0, 0.0, -790.0))\n-789.9999546011007",
    bound="2 ulp of the larger, in modulus, of the result and the larger of x and y",
)

_SHARES = "; x - y counts as 0 where both are the same infinity"

log_mix_dx = _define(
    "log_mix_dx",
    "The derivative of `log_mix` by x: the share of x in the sum, logistic(t + x - y).",
    _THREE.format("Logarithms"),
    "1 and 0 where t is inf and -inf, or else where x - y is" + _SHARES + ".",
    ">>> float(nl.log_mix_dx(-1e15, 1e15, 0.1))\n0.47502081252106",
)

log_mix_dy = _define(
    "log_mix_dy",
    "The derivative of `log_mix` by y: the share of y in the sum, logistic(y - x - t).",
    _THREE.format("Logarithms"),
    "0 and 1 where t is inf and -inf, or else where x - y is" + _SHARES + ".",
    ">>> float(nl.log_mix_dy(40.0, 0.0, 0.0))\n4.248354255291589e-18",
)

log_mix_dt = _define(
    "log_mix_dt",
    "The derivative of `log_mix` by t: logistic(t + x - y) - logistic(t), without cancellation.",
    _THREE.format("Logarithms"),
    "0 where x = y or t is infinite; 1 - s and -s where x - y is inf and -inf.",
    ">>> float(nl.log_mix_dt(40.0, 1.0, 0.0))\n2.6854720659566e-18",
)
