"""Elementwise log-space functions, as ufuncs."""

import numpy as np

from ._arguments.prose import filled
from ._arguments.ufuncs import make_ufunc
from ._door.elementwise import watch
from ._family import FAMILY, named

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
{returns}

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
{special}

{error}

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.
{complex}{source}
Examples
--------
>>> import numba_logspace as nl
{example}
"""

_RETURNS = """
Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16 (computed
in float32) in float16, int and bool in float64{}. Of several dtypes that one to which NumPy
promotes them. Of CUDA arrays an array of their library.
"""

_ERROR = """
Error bound: {}. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.
"""

_COMPLEX = """
Complex numbers: the principal value, also where the real function has none. The error is within
{} ulp of the modulus of {}. A tiny imaginary part h keeps its digits, to 1e-15: over h it is the
derivative by a complex step.
"""
# What differs: the bound, and what it is relative to.
_BOUNDS_OF_COMPLEX = {
    "logistic": 6,
    "log_mix": 6,
    "log_mix_dx": 6,
    "log_mix_dy": 6,
    "log_mix_dt": 8,
}
_MODULI = {
    "cexpexp": "the larger of the result and its derivative",
    "log_mix": "the larger of the result and the larger of x and y, where the two terms do not\n"
    "cancel by their phases",
    "log_mix_dt": "the result, unless x - y is within 2^-52 of a multiple of 2 pi i",
    **dict.fromkeys(
        ("logaddexp", "logsubexp", "logexpm1", "logitexp", "cloglog", "log_inv_logit_diff"),
        "the larger of the result and the inputs",
    ),
}

_ONE = "x : array_like\n    {0}"
_TWO = "x, y : array_like\n    {0}; broadcast against each other."
_FOUR_ULP = "4 ulp"
_OF_ITS_INPUT = "2 ulp of the larger of the result and the input, in modulus"
_OF_LARGER = "2 ulp of the larger of the result and the larger input, in modulus"


def _define(
    name, summary, inputs, special, example, bound=_FOUR_ULP, source="", identity=None
) -> np.ufunc:
    heads = [line.partition(" :")[0] for line in inputs.splitlines() if line[0] != " "]
    names = ", ".join(heads).split(", ")
    entry = FAMILY[name]
    of_complex = dtypes_of_complex = ""
    if entry.of_complex is not None:
        limits = _BOUNDS_OF_COMPLEX.get(name, 4), _MODULI.get(name, "the result")
        of_complex = f"\n{filled(_COMPLEX.format(*limits))}\n"
        dtypes_of_complex = ", complex64 (computed in complex128) and complex128 in their own"
    doc = _TEMPLATE.format(
        returns=filled(_RETURNS.format(dtypes_of_complex), "    "),
        complex=of_complex,
        summary=summary,
        parameters=inputs,
        special=filled(f"Special values: {special}"),
        example=example,
        error=filled(_ERROR.format(bound)),
        source=f"\nSource: {source}\n" if source else "",
    )
    return make_ufunc(entry.engine, names, doc, identity, entry.of_complex)


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

logexpm1 = _define(
    "logexpm1",
    "log(exp(x) - 1) for x >= 0, the inverse of `log1pexp`.",
    _ONE.format("Any numbers >= 0."),
    "-inf at 0, inf at inf, NaN for x < 0.",
    ">>> float(nl.logexpm1(1e-20))\n-46.051701859880914",
    bound=_OF_ITS_INPUT,
)

log2mexp = _define(
    "log2mexp",
    "log(2 - exp(x)) for x <= log(2).",
    _ONE.format("Any numbers up to log(2)."),
    "log(2) at -inf, NaN for x > log(2).",
    ">>> float(nl.log2mexp(1e-20))\n-1e-20",
)

log1pmx = _define(
    "log1pmx",
    "log(1 + x) - x, without cancellation near 0.",
    _ONE.format("Any numbers >= -1."),
    "-inf at -1 and at inf, NaN for x < -1.",
    ">>> float(nl.log1pmx(1e-10))\n-4.999999999666667e-21",
)

logmxp1 = _define(
    "logmxp1",
    "log(x) - x + 1, without cancellation near 1.",
    _ONE.format("Any numbers >= 0."),
    "-inf at 0 and at inf, NaN for x < 0.",
    ">>> float(nl.logmxp1(2.0))\n-0.30685281944005466",
)

logcosh = _define(
    "logcosh",
    "log((exp(x) + exp(-x)) / 2), the logarithm of the hyperbolic cosine.",
    _ONE.format("Any numbers."),
    "inf at inf and -inf.",
    ">>> float(nl.logcosh(1e-10))\n5.0000000000000005e-21",
)

logitexp = _define(
    "logitexp",
    "log(exp(x) / (1 - exp(x))) for x <= 0, the logit of a probability whose logarithm is x.",
    _ONE.format("Logarithms of probabilities, x <= 0."),
    "inf at 0, -inf at -inf, NaN for x > 0.",
    ">>> float(nl.logitexp(-1000.0))\n-1000.0",
    bound=_OF_ITS_INPUT,
)

cloglog = _define(
    "cloglog",
    "log(-log(1 - x)), the complementary log-log of a probability.",
    _ONE.format("Probabilities, 0 <= x <= 1."),
    "-inf at 0, inf at 1, NaN outside.",
    ">>> float(nl.cloglog(1e-300))\n-690.7755278982137",
    bound=_OF_ITS_INPUT,
)

cexpexp = _define(
    "cexpexp",
    "1 - exp(-exp(x)), the inverse of `cloglog`.",
    _ONE.format("Any numbers."),
    "0 at -inf, 1 at inf.",
    ">>> float(nl.cexpexp(-40.0))\n4.248354255291589e-18",
)

xlogx = _define(
    "xlogx",
    "x log(x), and 0 where x is 0.",
    _ONE.format("Any numbers >= 0."),
    "0 at 0, inf at inf, NaN for x < 0.",
    ">>> float(nl.xlogx(0.0))\n0.0",
)

log_inv_logit_diff = _define(
    "log_inv_logit_diff",
    "log(logistic(x) - logistic(y)) for x >= y: the probability of a category between two cut\n"
    "points of an ordered logit.",
    _TWO.format("Log-odds, x >= y"),
    "-inf where x = y, log_sigmoid(x) where y is -inf, log1m_sigmoid(y) where x is inf, NaN\n"
    "for x < y.",
    ">>> float(nl.log_inv_logit_diff(-800.0, -801.0))\n-800.4586751453871",
)

log1psq = _define(
    "log1psq",
    "log(1 + x^2), as in the densities of Cauchy and Student.",
    _ONE.format("Any numbers."),
    "inf at inf and -inf.",
    ">>> float(nl.log1psq(1e200))\n921.0340371976183",
)

entr = _define(
    "entr",
    "-x log(x), a term of an entropy, and 0 where x is 0.",
    _ONE.format("Any numbers >= 0."),
    "0 at 0, -inf below and at inf.",
    ">>> float(nl.entr(0.5))\n0.34657359027997264",
)

rel_entr = _define(
    "rel_entr",
    "x log(x / y), a term of a relative entropy, and 0 where x is 0.",
    _TWO.format("Any numbers >= 0"),
    "0 where x = 0 and y >= 0; inf where x or y is negative or y alone is 0, and where x is\n"
    "inf; -inf where y is inf; NaN where both are.",
    ">>> float(nl.rel_entr(1.0, 1.0 + 2**-40))\n-9.094947017725146e-13",
)

kl_div = _define(
    "kl_div",
    "x log(x / y) - x + y, a term of a relative entropy that is never negative.",
    _TWO.format("Any numbers >= 0"),
    "y where x = 0 and y >= 0; inf where x or y is negative, y alone is 0 or one of them is\n"
    "inf; NaN where both are inf.",
    ">>> float(nl.kl_div(1.0, 1.0 + 2**-40))\n4.135903062762631e-25",
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

watch([globals()[name] for name in named("elementwise")], FAMILY)
