"""The derivatives of the elementwise functions: exact values, special values, random points."""

import itertools
import math
import pickle

import numba
import numpy as np
import pytest
from corpus import DTYPES, float64_soon, points
from flint import arb
from oracle import ELEMENTWISE, expected
from partial_oracle import derivatives, expected_partial, worst_error
from partial_search import search_partial
from search import is_wide_enough
from special import assert_same

import numba_logspace as nl
from numba_logspace import partials
from numba_logspace._family.partials import ORDERS, PARTIALS, SAME

inf, nan = math.inf, math.nan

# A kernel takes half a second to compile: some of them with every commit, all with the slow tests.
SOON = {
    *("log1mexp_dxx", "logistic_dxx", "logit_dxx", "log2mexp_dx", "logcosh_dx", "cloglog_dxx"),
    *("cexpexp_dxx", "log1psq_dxx", "xlogy_dyy", "rel_entr_dx", "log_mix_dtt"),
    "log_inv_logit_diff_dxx",
}
OWN = [name for name in PARTIALS if name not in SAME]
each = pytest.mark.parametrize(
    "name", [n if n in SOON else pytest.param(n, marks=pytest.mark.slow) for n in OWN]
)
each_slow = pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) for n in OWN])


def ufunc(name):
    return getattr(partials, name)


# --- what there is -------------------------------------------------------------------------------


def test_every_function_has_its_derivatives():
    orders = {1: ORDERS["x"], 2: ORDERS["xy"], 3: ORDERS["txy"]}
    parents = [name for name in ELEMENTWISE if not name.startswith("log_mix_")]
    wanted = {
        f"{p}_{order}": getattr(nl, p).nin for p in parents for order in orders[getattr(nl, p).nin]
    }
    lacking = wanted.keys() - PARTIALS.keys()
    assert not lacking, f"_formulas/partials.py lacks {sorted(lacking)}"
    assert {name: ufunc(name).nin for name in PARTIALS} == wanted
    assert set(partials.__all__) == PARTIALS.keys()


def test_derivatives_that_exist_are_the_very_functions():
    assert partials.log1pexp_dx is nl.logistic
    assert partials.log_mix_dt is nl.log_mix_dt
    for name, same in SAME.items():
        assert ufunc(name) is getattr(partials, same, None) or getattr(nl, same) is ufunc(name)


def test_they_are_pickled():
    assert pickle.loads(pickle.dumps(partials.log_mix_dtt)) is partials.log_mix_dtt


# --- the oracle ----------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [-30.0, -0.3, 0.0, 2.5, 700.0])
def test_derivatives_of_the_oracle_are_those_of_other_definitions(x):
    x = np.float64(x)
    for parent, order, name, point in (
        ("log1pexp", "dx", "logistic", (x,)),
        *(("log_mix", f"d{v}", f"log_mix_d{v}", (x, x / 3, np.float64(0.7))) for v in "txy"),
    ):
        exact = expected(name, *point)
        assert expected_partial(parent, order, *point).near == exact.near
    assert {*derivatives("log_mix", (arb(1), arb(2), arb(3)))} == {
        *("dt", "dx", "dy", "dtt", "dtx", "dty", "dxx", "dxy", "dyy")
    }


# --- values --------------------------------------------------------------------------------------


def check_points(name, dtype, few=False):
    parent, _, order = name.rpartition("_")
    args = points(parent, DTYPES[dtype])
    args = [a[:: max(1, a.size // 300)] for a in args] if few else args
    with np.errstate(all="raise"):
        results = ufunc(name)(*args)
    assert results.dtype == DTYPES[dtype]
    error, point = worst_error(parent, order, args, results)
    assert error <= PARTIALS[name].ulp, f"{name}{tuple(point)}: {error:.4g} ulp"


@each
def test_values(name):
    check_points(name, "float64", few=True)


def near_e(dtype):
    """x and y with y / x as near to e as their digits allow: of its continued fraction."""
    x, y, x_before, y_before = 1, 2, 0, 1
    # e is [2; 1, 2, 1, 1, 4, 1, 1, 6, ...]
    for step in (v for k in itertools.count(1) for v in (1, 2 * k, 1)):
        yield x, y
        x, y, x_before, y_before = step * x + x_before, step * y + y_before, x, y
        if y >= 2 ** (np.finfo(dtype).nmant + 1):
            return


@float64_soon
def test_next_to_zeros_that_are_no_numbers(dtype):
    pairs = np.array([*near_e(DTYPES[dtype])], DTYPES[dtype])
    for scale in (1, 0.75):
        args = pairs[:, 0] * DTYPES[dtype](scale), pairs[:, 1] * DTYPES[dtype](scale)
        error, point = worst_error("rel_entr", "dx", args, partials.rel_entr_dx(*args))
        assert error <= PARTIALS["rel_entr_dx"].ulp, point
    ends = [np.nextafter(np.exp(DTYPES[dtype](-1)), DTYPES[dtype](to)) for to in (0, 1)]
    args = (np.array(ends, DTYPES[dtype]),)
    one = np.ones(2, DTYPES[dtype])
    error, point = worst_error("rel_entr", "dx", (*args, one), partials.rel_entr_dx(*args, one))
    assert error <= 4, point
    args = (1 - args[0],)
    error, point = worst_error("cloglog", "dxx", args, partials.cloglog_dxx(*args))
    assert error <= 4, point


@each_slow
def test_values_at_all_points(name):
    check_points(name, "float64")


@each_slow
@pytest.mark.parametrize("dtype", DTYPES)
def test_search(name, dtype):
    if dtype == "float64" and not is_wide_enough():
        pytest.skip("the long double of this platform is a double")
    error, point = search_partial(name, ufunc(name), DTYPES[dtype], 10**5)
    assert error <= PARTIALS[name].ulp, f"{name}{point}: {error:.4g} ulp"


def test_errors_are_found():
    def wrong(x):
        right = partials.log1psq_dxx(x)
        return np.where(abs(x - 0.3) < 1e-3, right + 9 * np.spacing(right), right)

    error, (x,) = search_partial("log1psq_dxx", wrong, np.float64, 10**5)
    assert 7 < error < 12
    assert abs(x - 0.3) < 1e-3


# --- special values ------------------------------------------------------------------------------

# The results at ENDS; None where it is no special value. The sign of a zero counts.
ENDS = (-inf, -1.0, -0.0, 0.0, 1.0, inf)
OF_ONE = {
    "log1mexp_dx": (-0.0, None, -inf, -inf, nan, nan),
    "log1mexp_dxx": (-0.0, None, -inf, -inf, nan, nan),
    "logistic_dx": (0.0, None, 0.25, 0.25, None, 0.0),
    "logistic_dxx": (0.0, None, 0.0, -0.0, None, -0.0),
    "logit_dx": (nan, nan, inf, inf, inf, nan),
    "logit_dxx": (nan, nan, -inf, -inf, inf, nan),
    "log_sigmoid_dx": (1.0, None, 0.5, 0.5, None, 0.0),
    "log_sigmoid_dxx": (-0.0, None, -0.25, -0.25, None, -0.0),
    "log1m_sigmoid_dx": (-0.0, None, -0.5, -0.5, None, -1.0),
    "logexpm1_dx": (nan, nan, inf, inf, None, 1.0),
    "logexpm1_dxx": (nan, nan, -inf, -inf, None, -0.0),
    "logitexp_dx": (1.0, None, inf, inf, nan, nan),
    "logitexp_dxx": (0.0, None, inf, inf, nan, nan),
    "log2mexp_dx": (-0.0, None, -1.0, -1.0, nan, nan),
    "log2mexp_dxx": (-0.0, None, -2.0, -2.0, nan, nan),
    "log1pmx_dx": (nan, inf, 0.0, -0.0, -0.5, -1.0),
    "log1pmx_dxx": (nan, -inf, -1.0, -1.0, -0.25, -0.0),
    "logmxp1_dx": (nan, nan, inf, inf, 0.0, -1.0),
    "logmxp1_dxx": (nan, nan, -inf, -inf, -1.0, -0.0),
    "logcosh_dx": (-1.0, None, -0.0, 0.0, None, 1.0),
    "logcosh_dxx": (0.0, None, 1.0, 1.0, None, 0.0),
    "cloglog_dx": (nan, nan, inf, inf, inf, nan),
    "cloglog_dxx": (nan, nan, -inf, -inf, inf, nan),
    "cexpexp_dx": (0.0, None, None, None, None, 0.0),
    "cexpexp_dxx": (0.0, None, 0.0, 0.0, None, -0.0),
    "xlogx_dx": (nan, nan, -inf, -inf, 1.0, inf),
    "xlogx_dxx": (nan, nan, inf, inf, 1.0, 0.0),
    "log1psq_dx": (-0.0, -1.0, -0.0, 0.0, 1.0, 0.0),
    "log1psq_dxx": (-0.0, 0.0, 2.0, 2.0, 0.0, -0.0),
    "entr_dx": (nan, nan, inf, inf, -1.0, -inf),
    "entr_dxx": (nan, nan, -inf, -inf, -1.0, -0.0),
}
# Arguments: results of dx, dy, dxx, dxy, dyy.
OF_TWO = {
    "logaddexp": {
        (inf, 1.0): (1.0, 0.0, 0.0, -0.0, 0.0),
        (-inf, 1.0): (0.0, 1.0, 0.0, -0.0, 0.0),
        (inf, -inf): (1.0, 0.0, 0.0, -0.0, 0.0),
        (inf, inf): (0.5, 0.5, 0.25, -0.25, 0.25),
        (-inf, -inf): (0.5, 0.5, 0.25, -0.25, 0.25),
        (1e30, 1e30): (0.5, 0.5, 0.25, -0.25, 0.25),
    },
    "logsubexp": {
        (1.0, 1.0): (inf, -inf, -inf, inf, -inf),
        (1.0, 2.0): (nan, nan, nan, nan, nan),
        (inf, inf): (nan, nan, nan, nan, nan),
        (-inf, -inf): (nan, nan, nan, nan, nan),
        (1.0, -inf): (1.0, -0.0, -0.0, 0.0, -0.0),
        (inf, 1.0): (1.0, -0.0, -0.0, 0.0, -0.0),
        (inf, -inf): (1.0, -0.0, -0.0, 0.0, -0.0),
    },
    "log_inv_logit_diff": {
        (1.0, 1.0): (inf, -inf, -inf, inf, -inf),
        (1.0, 2.0): (nan, nan, nan, nan, nan),
        (inf, inf): (nan, nan, nan, nan, nan),
        (-inf, -inf): (nan, nan, nan, nan, nan),
        (0.0, -inf): (0.5, -0.0, -0.25, 0.0, -0.0),
        (inf, 0.0): (0.0, -0.5, -0.0, 0.0, -0.25),
        (inf, -inf): (0.0, -0.0, -0.0, 0.0, -0.0),
    },
    "xlogy": {
        (0.0, 0.0): (0.0, 0.0, 0.0, inf, 0.0),
        (0.0, -1.0): (nan, 0.0, 0.0, nan, 0.0),
        (0.0, inf): (inf, 0.0, 0.0, 0.0, 0.0),
        (2.0, 0.0): (-inf, inf, 0.0, inf, -inf),
        (-2.0, 0.0): (-inf, -inf, 0.0, inf, inf),
        (2.0, -1.0): (nan, nan, nan, nan, nan),
        (2.0, inf): (inf, 0.0, 0.0, 0.0, -0.0),
        (2.0, 1.0): (0.0, 2.0, 0.0, 1.0, -2.0),
    },
    "xlog1py": {
        (0.0, -1.0): (0.0, 0.0, 0.0, inf, 0.0),
        (0.0, -2.0): (nan, 0.0, 0.0, nan, 0.0),
        (0.0, inf): (inf, 0.0, 0.0, 0.0, 0.0),
        (2.0, -1.0): (-inf, inf, 0.0, inf, -inf),
        (-2.0, -1.0): (-inf, -inf, 0.0, inf, inf),
        (2.0, -2.0): (nan, nan, nan, nan, nan),
        (2.0, inf): (inf, 0.0, 0.0, 0.0, -0.0),
        (2.0, 0.0): (0.0, 2.0, 0.0, 1.0, -2.0),
    },
    "rel_entr": {
        (0.0, 0.0): (nan, -0.0, inf, -inf, 0.0),
        (0.0, 2.0): (-inf, -0.0, inf, -0.5, 0.0),
        (2.0, 0.0): (inf, -inf, 0.5, -inf, inf),
        (-1.0, 2.0): (nan, nan, nan, nan, nan),
        (2.0, -1.0): (nan, nan, nan, nan, nan),
        (0.0, -1.0): (nan, -0.0, nan, nan, 0.0),
        (inf, 2.0): (inf, -inf, 0.0, -0.5, inf),
        (2.0, inf): (-inf, -0.0, 0.5, -0.0, 0.0),
        (inf, inf): (nan, nan, 0.0, -0.0, nan),
    },
    "kl_div": {
        (0.0, 0.0): (nan, 1.0, inf, -inf, 0.0),
        (0.0, 2.0): (-inf, 1.0, inf, -0.5, 0.0),
        (2.0, 0.0): (inf, -inf, 0.5, -inf, inf),
        (2.0, 2.0): (0.0, 0.0, 0.5, -0.5, 0.5),
        (-1.0, 2.0): (nan, nan, nan, nan, nan),
        (2.0, -1.0): (nan, nan, nan, nan, nan),
        (inf, 2.0): (inf, -inf, 0.0, -0.5, inf),
        (2.0, inf): (-inf, 1.0, 0.5, -0.0, 0.0),
        (inf, inf): (nan, nan, 0.0, -0.0, nan),
    },
}
# dtt, dxx, dxy
OF_THREE = {
    (inf, 3.0, 5.0): (0.0, 0.0, -0.0),
    (-inf, 3.0, 5.0): (0.0, 0.0, -0.0),
    (0.0, 3.0, 3.0): (0.0, 0.25, -0.25),
    (0.0, inf, inf): (0.0, 0.25, -0.25),
    (0.0, inf, 5.0): (-0.25, 0.0, -0.0),
    (0.0, 5.0, -inf): (-0.25, 0.0, -0.0),
    (0.0, -inf, inf): (-0.25, 0.0, -0.0),
    (2.0, 1.0, 5.0): (0.0, None, None),
    (1e30, 0.0, 1e30): (None, 0.25, -0.25),
}


def special_cases(name):
    """(arguments, result) of the special values of a derivative, NaN among them."""
    parent, _, order = name.rpartition("_")
    count = ufunc(name).nin
    if count == 1:
        cases = [((x,), r) for x, r in zip(ENDS, OF_ONE[name], strict=True)]
    elif count == 2:
        at = ("dx", "dy", "dxx", "dxy", "dyy").index(order)
        cases = [(arguments, results[at]) for arguments, results in OF_TWO[parent].items()]
    else:
        at = {"dtt": 0, "dxx": 1, "dxy": 2}.get(order)
        cases = [] if at is None else [(a, results[at]) for a, results in OF_THREE.items()]
    for i in range(count):
        cases += [
            (tuple(nan if k == i else v for k in range(count)), nan) for v in (0.0, 1.0, inf, -inf)
        ]
    return [(arguments, result) for arguments, result in cases if result is not None]


def check_special_values(name, dtype):
    with np.errstate(all="raise"):
        for arguments, exact in special_cases(name):
            result = ufunc(name)(*(np.full(9, a, dtype) for a in arguments))
            assert result.dtype == dtype
            try:
                assert_same(result, exact)
            except AssertionError:
                pytest.fail(f"{name}{arguments}: {result[0]!r}, not {exact!r}")


@each
def test_special_values(name):
    check_special_values(name, np.float64)


@each_slow
def test_special_values_of_float32(name):
    check_special_values(name, np.float32)


def test_zeros():
    assert partials.logit_dxx(0.5) == partials.log1psq_dxx(-1.0) == partials.log_mix_dtt(1, 2, 4)
    assert partials.log_mix_dtt(1, 2, 4) == 0
    assert_same(partials.xlogy_dyy([2.0, -2.0], -0.0), [-inf, inf])


# --- jitted code and other dtypes ----------------------------------------------------------------


@numba.njit
def _in_jitted_code(x, a):
    return partials.logit_dxx(x), partials.log1psq_dxx(a), partials.log_mix_dtt(x, a, 0.25)


def test_jitted_code():
    a = np.array([0.2, -3.0, 7.0])
    number, first, second = _in_jitted_code(0.3, a)
    assert number == partials.logit_dxx(0.3)
    assert_same(first, partials.log1psq_dxx(a))
    assert_same(second, partials.log_mix_dtt(0.3, a, 0.25))


def test_other_dtypes_and_arguments_of_ufuncs():
    x = np.array([0.25, 0.5, 0.75])
    assert partials.log1psq_dxx(np.array([1, 0])).tolist() == [0.0, 2.0]
    half = partials.logit_dxx(x.astype(np.float16))
    assert half.dtype == np.float16
    assert_same(half, partials.logit_dxx(x.astype(np.float32)).astype(np.float16))
    out = np.full(3, 7.0)
    assert partials.logit_dxx(x, out=out, where=x > 0.3) is out
    assert out[0] == 7.0
    with pytest.raises(TypeError, match="not supported for the input"):
        partials.logit_dxx(x.astype(complex))
