"""First and second derivatives of the elementwise functions, as ufuncs.

`logit_dx` is the derivative of `logit` and `logit_dxx` its second; of two numbers x and y there are
`_dx _dy _dxx _dxy _dyy`, and of `log_mix` those by t too. Where a derivative is another function of
the family, the name is that very ufunc: `log1pexp_dx` is `numba_logspace.logistic`.

They are a module of their own since they are many. Import it by its name; `import numba_logspace`
alone does not.
"""

import inspect

import numba_logspace as _nl

from ._arguments.ufuncs import make_ufunc
from ._door.elementwise import watch
from ._family import FAMILY
from ._family.partials import PARTIALS
from ._jitted.elementwise import register_ufunc

_TEMPLATE = """{what}

{formula}
{also}
Parameters
----------
{arguments} : array_like
    As `numba_logspace.{parent}` takes them{together}.
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
NaN for NaN. Small results underflow gradually.

Error bound: {ulp} ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays.

Examples
--------
>>> from numba_logspace import partials
>>> float(partials.{name}({point}))
{result}
"""

# {derivative: (its special values, a point, what it gives there)}
_SAID = {
    "log1mexp_dx": ("-0.0 at -inf, -inf at 0, NaN above.", "-1e-20", "-1e+20"),
    "log1mexp_dxx": ("-0.0 at -inf, -inf at 0, NaN above.", "-0.5", "-3.9176980890327635"),
    "logistic_dx": ("0 at both infinities.", "40.0", "4.248354255291589e-18"),
    "logistic_dxx": (
        "-0.0 at inf, 0.0 at -inf; a zero of the other sign at a zero.",
        "1e-9",
        "-1.2500000000000003e-10",
    ),
    "logit_dx": ("inf at 0 and 1, NaN outside.", "0.25", "5.333333333333333"),
    "logit_dxx": (
        "-inf at 0, 0 at 1/2, inf at 1, NaN outside.",
        "0.5000001",
        "3.199999998315917e-06",
    ),
    "log_sigmoid_dx": ("1 at -inf, 0 at inf.", "40.0", "4.248354255291589e-18"),
    "log_sigmoid_dxx": ("-0.0 at both infinities.", "40.0", "-4.248354255291589e-18"),
    "log1m_sigmoid_dx": ("-0.0 at -inf, -1 at inf.", "-40.0", "-4.248354255291589e-18"),
    "xlogy_dx": (
        "-inf at y = 0, but 0 where x is 0 too; NaN for y < 0.",
        "2.0, 0.5",
        "-0.6931471805599453",
    ),
    "xlogy_dy": (
        "x where x is 0 and y is not NaN; infinite at y = 0 otherwise, NaN for y < 0.",
        "2.0, 0.5",
        "4.0",
    ),
    "xlogy_dxx": (
        "NaN where `xlogy` has no value, that is for y < 0 unless x is 0.",
        "2.0, 0.5",
        "0.0",
    ),
    "xlogy_dxy": ("inf at y = 0, NaN for y < 0.", "2.0, 0.5", "2.0"),
    "xlogy_dyy": (
        "0 where x is 0 and y is not NaN; infinite at y = 0 otherwise, NaN for y < 0.",
        "2.0, 0.5",
        "-8.0",
    ),
    "xlog1py_dx": (
        "-inf at y = -1, but 0 where x is 0 too; NaN for y < -1.",
        "2.0, 1e-20",
        "1e-20",
    ),
    "xlog1py_dy": (
        "x where x is 0 and y is not NaN; infinite at y = -1 otherwise, NaN for y < -1.",
        "2.0, 1.0",
        "1.0",
    ),
    "xlog1py_dxx": (
        "NaN where `xlog1py` has no value, that is for y < -1 unless x is 0.",
        "2.0, 1.0",
        "0.0",
    ),
    "xlog1py_dxy": ("inf at y = -1, NaN for y < -1.", "2.0, 1.0", "0.5"),
    "xlog1py_dyy": (
        "0 where x is 0 and y is not NaN; infinite at y = -1 otherwise, NaN for y < -1.",
        "2.0, 1.0",
        "-0.5",
    ),
    "log2mexp_dx": ("-0.0 at -inf, NaN above log(2).", "0.0", "-1.0"),
    "log2mexp_dxx": ("-0.0 at -inf, NaN above log(2).", "0.0", "-2.0"),
    "log1pmx_dx": (
        "inf at -1, -1 at inf, NaN below -1; a zero of the other sign at a zero.",
        "1e-20",
        "-1e-20",
    ),
    "log1pmx_dxx": ("-inf at -1, -0.0 at inf, NaN below -1.", "1.0", "-0.25"),
    "logmxp1_dx": ("inf at 0, -1 at inf, NaN below 0.", "4.0", "-0.75"),
    "logmxp1_dxx": ("-inf at 0, -0.0 at inf, NaN below 0.", "4.0", "-0.0625"),
    "logcosh_dx": ("-1 at -inf, 1 at inf, a zero at itself.", "1e-20", "1e-20"),
    "logcosh_dxx": ("0 at both infinities.", "40.0", "7.21940555138166e-35"),
    "cexpexp_dx": ("0 at both infinities.", "5.0", "5.205427108495624e-63"),
    "cexpexp_dxx": ("0 at -inf and 0, -0.0 at inf.", "1e-20", "-3.678794411714423e-21"),
    "xlogx_dx": ("-inf at 0, inf at inf, NaN below 0.", "0.36787944", "-3.184310375520039e-09"),
    "xlogx_dxx": ("inf at 0, 0 at inf, NaN below 0.", "4.0", "0.25"),
    "log_inv_logit_diff_dx": (
        "inf where x = y, NaN where both are the same infinity and for x < y.",
        "2.0, 1.0",
        "0.701179628891444",
    ),
    "log_inv_logit_diff_dy": (
        "-inf where x = y, NaN where both are the same infinity and for x < y.",
        "2.0, 1.0",
        "-1.3130352854993315",
    ),
    "log_inv_logit_diff_dxx": (
        "-inf where x = y, NaN where both are the same infinity and for x < y.",
        "2.0, 1.0",
        "-1.0256671796112988",
    ),
    "log_inv_logit_diff_dyy": (
        "-inf where x = y, NaN where both are the same infinity and for x < y.",
        "2.0, 1.0",
        "-1.1172855274492743",
    ),
    "log1psq_dx": ("zeros of the same sign at zeros and infinities.", "3.0", "0.6"),
    "log1psq_dxx": ("0 at 1 and -1, -0.0 at both infinities.", "3.0", "-0.16"),
    "entr_dx": ("inf at 0, -inf at inf, NaN below 0.", "0.36787944", "3.184310375520039e-09"),
    "entr_dxx": ("-inf at 0, -0.0 at inf, NaN below 0.", "4.0", "-0.25"),
    "rel_entr_dx": (
        "-inf at x = 0, inf at y = 0, NaN where both are 0 or inf and outside.",
        "1.0, 1.0",
        "1.0",
    ),
    "rel_entr_dy": (
        "-x where x is 0, else -inf at y = 0; NaN where both are inf and outside.",
        "1.0, 2.0",
        "-0.5",
    ),
    "rel_entr_dxx": ("inf at x = 0, NaN outside.", "4.0, 1.0", "0.25"),
    "rel_entr_dxy": ("-inf at y = 0, NaN outside.", "1.0, 4.0", "-0.25"),
    "rel_entr_dyy": (
        "0 where x is 0, else inf at y = 0; NaN where both are inf and outside.",
        "1.0, 4.0",
        "0.0625",
    ),
    "kl_div_dx": (
        "-inf at x = 0, inf at y = 0, NaN where both are 0 or inf and outside.",
        "1.0, 2.0",
        "-0.6931471805599453",
    ),
    "kl_div_dy": (
        "1 where x is 0, else -inf at y = 0; NaN where both are inf and outside.",
        "1.0, 4.0",
        "0.75",
    ),
    "logaddexp_dx": (
        "1/2 where both are the same infinity.",
        "0.0, 40.0",
        "4.248354255291589e-18",
    ),
    "logaddexp_dy": (
        "1/2 where both are the same infinity.",
        "40.0, 0.0",
        "4.248354255291589e-18",
    ),
    "logaddexp_dxx": (
        "0 where one is infinite, 1/4 where both are the same infinity.",
        "0.0, 40.0",
        "4.248354255291589e-18",
    ),
    "logaddexp_dxy": (
        "-0.0 where one is infinite, -1/4 where both are the same infinity.",
        "0.0, 40.0",
        "-4.248354255291589e-18",
    ),
    "logsubexp_dx": (
        "inf where x = y, NaN where both are the same infinity and for x < y.",
        "2.0, 1.0",
        "1.5819767068693265",
    ),
    "logsubexp_dy": (
        "-inf where x = y, NaN where both are the same infinity and for x < y.",
        "2.0, 1.0",
        "-0.5819767068693265",
    ),
    "logsubexp_dxx": (
        "-inf where x = y, NaN where both are the same infinity and for x < y.",
        "2.0, 1.0",
        "-0.9206735942077924",
    ),
    "logsubexp_dxy": (
        "inf where x = y, NaN where both are the same infinity and for x < y.",
        "2.0, 1.0",
        "0.9206735942077924",
    ),
    "logexpm1_dx": ("inf at 0, 1 at inf, NaN below 0.", "1.0", "1.5819767068693265"),
    "logexpm1_dxx": ("-inf at 0, -0.0 at inf, NaN below 0.", "1.0", "-0.9206735942077924"),
    "logitexp_dx": ("1 at -inf, inf at 0, NaN above.", "-1.0", "1.5819767068693265"),
    "logitexp_dxx": ("0 at -inf, inf at 0, NaN above.", "-1.0", "0.9206735942077924"),
    "cloglog_dx": ("inf at 0 and 1, NaN outside.", "0.5", "2.8853900817779268"),
    "cloglog_dxx": ("-inf at 0, inf at 1, NaN outside.", "0.5", "-2.554695760466578"),
    "log_mix_dtt": (
        "0 where x = y and where t is infinite.",
        "0.0, 3.0, 1.0",
        "-0.14500641459649347",
    ),
    "log_mix_dxx": (
        "0 where t is infinite or x or y alone is.",
        "0.0, 3.0, 1.0",
        "0.10499358540350652",
    ),
    "log_mix_dxy": (
        "-0.0 where t is infinite or x or y alone is.",
        "0.0, 3.0, 1.0",
        "-0.10499358540350652",
    ),
}


def what(name):
    """What a name stands for, such as "the second derivative of `log_mix` by t and x"."""
    parent, _, by = name.rpartition("_d")
    second, by = "second " * (len(by) > 1), " and ".join(dict.fromkeys(by))
    return f"the {second}derivative of `{parent}` by {by}"


def _define(entry):
    names = [*inspect.signature(entry.engine).parameters]
    others = (n for n, e in PARTIALS.items() if e is entry and n != entry.name)
    also = "".join(f"\nAlso {what(n)}, as `{n}`.\n" for n in others)
    special, point, result = _SAID[entry.name]
    doc = _TEMPLATE.format(
        name=entry.name,
        what=f"{what(entry.name).capitalize()}.",
        formula=inspect.getdoc(entry.engine),
        also=also,
        arguments=", ".join(names),
        parent=entry.name.rpartition("_d")[0],
        together="; broadcast against each other" * (len(names) > 1),
        special=special,
        ulp=entry.ulp,
        point=point,
        result=result,
    )
    ufunc = make_ufunc(entry.engine, names, doc, module=__name__)
    register_ufunc(ufunc, entry)
    return ufunc


def _ufuncs():
    # Those that are public functions already, and ours.
    entries = {entry.name: entry for entry in PARTIALS.values()}
    public = {name: getattr(_nl, name) for name in entries if name in FAMILY}
    ours = {name: _define(entry) for name, entry in entries.items() if name not in public}
    watch([*ours.values()], entries)
    ufuncs = public | ours
    return {name: ufuncs[entry.name] for name, entry in PARTIALS.items()}


globals().update(_ufuncs())

__all__ = [*PARTIALS]  # noqa: PLE0604
