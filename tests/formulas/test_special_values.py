"""Infinities, NaN, ties, masks, empty axes and other dtypes: one rule each, bit for bit."""

import itertools
import warnings

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES, LAYOUTS, call, float64_soon, points, regimes
from error import check
from oracle import ELEMENTWISE, JACOBIANS, JVPS, MAP_DERIVATIVES, MAPS, REDUCTIONS, expected
from special import ELEMENTS, FILL, GRADIENTS, SPECIAL, TANGENTS, WEIGHTED, assert_same

import numba_logspace
from numba_logspace._family import FAMILY

inf, nan = np.inf, np.nan
ROWS = MAPS | REDUCTIONS
each_dtype = pytest.mark.parametrize("dtype", DTYPES)


@pytest.fixture(autouse=True)
def no_warnings():
    """Every warning and every floating-point flag that NumPy sees is an error."""
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        yield


@each_dtype
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name, row, exact", SPECIAL)
def test_special_rows(name, row, exact, layout, dtype):
    row, layout = np.array(row, dtype), LAYOUTS[layout]
    skip = layout.in_place and name in REDUCTIONS
    if layout.takes(row.size, name) and not skip:
        results = call(getattr(numba_logspace, name), layout, row, name in REDUCTIONS)
        assert_same(results, exact)


@each_dtype
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", sorted(MAPS.keys() - {"logcumsumexp"}))
def test_equal_entries_have_equal_results(name, layout, dtype):
    values = np.random.default_rng(2).normal(size=18).astype(dtype) * 3
    for row in ([2, 2, 1, 1, -30, -30], [5, 5], [-700, 0, 0, -700], np.repeat(values, 2)):
        row = np.sort(np.asarray(row, dtype))
        if LAYOUTS[layout].takes(row.size, name):
            results = call(getattr(numba_logspace, name), LAYOUTS[layout], row)
            assert_same(results[..., ::2], results[..., 1::2])


@pytest.mark.one_in(3)
@each_dtype
@pytest.mark.parametrize("name, row, exact", GRADIENTS)
def test_special_gradients(name, row, exact, dtype):
    result = getattr(numba_logspace, name)(np.array(row, dtype))
    exact = np.array(exact, dtype)
    assert result.dtype == dtype
    assert result.shape == exact.shape
    if name == "logsumexp_excluding_max_vjp":
        np.testing.assert_array_max_ulp(result, exact, 2)
    else:
        np.testing.assert_array_equal(result, exact)


@float64_soon
@pytest.mark.parametrize("name, row, t, exact", TANGENTS)
def test_special_tangents(name, row, t, exact, dtype):
    row, t = np.array(row, dtype), np.array(t, dtype)
    for result in (
        getattr(numba_logspace, name)(row, t),
        getattr(numba_logspace, name)(np.tile(row, (40, 1)), np.tile(t, (40, 1)))[7],
        getattr(numba_logspace, name)(np.tile(row[:, None], 40), t[:, None], axis=0)[..., 7],
    ):
        np.testing.assert_array_equal(result, np.array(exact, dtype))


@each_dtype
def test_mixture_of_equals_is_exact(dtype):
    x = points("log1pexp", DTYPES[dtype])[0]
    assert_same(numba_logspace.log_mix(x[::-1], x, x), x)
    assert_same(numba_logspace.log_mix_dt(x[::-1], x, x), 0.0)
    assert_same(numba_logspace.log_mix_dx(x[::-1], x, x), numba_logspace.logistic(x[::-1]))


@each_dtype
@pytest.mark.parametrize("name, arguments, exact", ELEMENTS)
def test_special_elements(name, arguments, exact, dtype):
    function = getattr(numba_logspace, name)
    for n in (1, 40, 1001):
        arrays = [np.full(n, a, dtype) for a in arguments]
        assert_same(function(*arrays), exact)
        assert_same(function(*(np.repeat(a, 2)[::2] for a in arrays)), exact)
    number = function(*(DTYPES[dtype](a) for a in arguments))
    assert number.dtype == dtype
    assert_same(number, exact)


@each_dtype
@pytest.mark.parametrize("name", MAPS | REDUCTIONS | ELEMENTWISE)
def test_no_warning_on_any_number(name, dtype):
    # The fixture makes a warning, also of an overflow or underflow, an error.
    function = getattr(numba_logspace, name)
    if name in ELEMENTWISE:
        assert function(*points(name, DTYPES[dtype])).dtype == dtype
    else:
        for row in itertools.chain(*regimes(DTYPES[dtype]).values()):
            assert function(row).dtype == dtype


# --- weights -----------------------------------------------------------------------------------


@each_dtype
@pytest.mark.parametrize("row, b, exact, exact_sign", WEIGHTED)
def test_weights(row, b, exact, exact_sign, dtype):
    row, b = np.array(row, dtype), np.array(b, dtype)
    result, sign = numba_logspace.logsumexp(row, b=b, return_sign=True)
    assert_same(result, exact)
    np.testing.assert_equal(sign, exact_sign)
    # Without the sign a negative sum has no logarithm.
    assert_same(numba_logspace.logsumexp(row, b=b), nan if exact_sign == -1 else exact)


# --- masks and empty axes ----------------------------------------------------------------------


@each_dtype
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("name", ROWS)
def test_masked_entries_are_absent(name, axis, dtype):
    rng = np.random.default_rng(6)
    rows = rng.normal(size=(12, 70)).astype(dtype)
    mask = rng.random((12, 70)) < 0.6
    rows[~mask] = rng.choice([nan, inf, 1e30], size=(~mask).sum())
    x, where = (rows, mask) if axis else (rows.T, mask.T)
    results = getattr(numba_logspace, name)(x, axis=axis, where=where)
    for i in range(12):
        result = results[i] if axis or name in REDUCTIONS else results[:, i]
        kept = result[None] if name in REDUCTIONS else result[mask[i]]
        check(expected(name, rows[i][mask[i]]), kept, BUDGETS[name], name)
        if name in FILL:
            assert_same(result[~mask[i]], FILL[name])


@each_dtype
@pytest.mark.parametrize("shape", [(7,), (3, 7), (3, 100)])
@pytest.mark.parametrize("name", sorted(REDUCTIONS.keys() | FILL.keys()))
def test_all_masked(name, shape, dtype):
    x = np.ones(shape, dtype)
    result = getattr(numba_logspace, name)(x, where=np.zeros(shape, bool))
    assert result.shape == (shape[:-1] if name in REDUCTIONS else shape)
    assert_same(result, FILL.get(name, -inf))


@each_dtype
@pytest.mark.parametrize("shape, axis", [((0,), -1), ((3, 0), 1), ((0, 3), 0), ((2, 0, 4), 1)])
@pytest.mark.parametrize("name", MAPS | REDUCTIONS | MAP_DERIVATIVES)
def test_empty_axis(name, shape, axis, dtype):
    x = np.empty(shape, dtype)
    result = getattr(numba_logspace, name)(*((x, x) if name in JVPS else (x,)), axis=axis)
    assert result.dtype == dtype
    if name in REDUCTIONS:
        assert result.shape == tuple(np.delete(shape, axis))
        assert_same(result, -inf)
    else:
        assert result.shape == shape


# --- dtypes ------------------------------------------------------------------------------------

ARRAYS = MAPS | REDUCTIONS | MAP_DERIVATIVES | JACOBIANS
COMPUTED_IN = [
    (np.float16, np.float32, np.float16),
    *((t, np.float64, np.float64) for t in (np.int8, np.int64, np.uint32, np.bool_)),
]


def _arguments(name, dtype):
    # Small numbers that every function takes and every dtype holds.
    row = np.array([0, 1, 1, 0, 1], dtype)
    count = len(points(name, np.float64)) if name in ELEMENTWISE else 1 + (name in JVPS)
    return (row,) * count


@pytest.mark.one_in(5)
@pytest.mark.parametrize("dtype, computed, returned", COMPUTED_IN)
@pytest.mark.parametrize("name", ARRAYS | ELEMENTWISE)
def test_other_dtypes(name, dtype, computed, returned):
    function = getattr(numba_logspace, name)
    result = function(*_arguments(name, dtype))
    assert result.dtype == returned
    assert_same(result, function(*_arguments(name, computed)).astype(returned))


@pytest.mark.parametrize("name", MAPS | REDUCTIONS)
def test_float16_goes_through_float32(name):
    row = np.random.default_rng(8).normal(size=50).astype(np.float16) * np.float16(3)
    function = getattr(numba_logspace, name)
    result = function(row)
    with np.errstate(under="ignore"):
        assert_same(result, function(row.astype(np.float32)).astype(np.float16))


@pytest.mark.parametrize("dtype", [np.longdouble, np.complex64, np.complex128, object])
@pytest.mark.parametrize("name", ARRAYS | ELEMENTWISE)
def test_refused_dtypes(name, dtype):
    if np.dtype(dtype).kind == "c" and FAMILY[name].of_complex is not None:
        return
    # A ufunc is NumPy's own, and so is its error.
    message = "not supported for the input" if name in ELEMENTWISE else np.dtype(dtype).name
    with pytest.raises(TypeError, match=message):
        getattr(numba_logspace, name)(*_arguments(name, dtype))


@pytest.mark.parametrize("name", ARRAYS)
def test_refused_masked_array(name):
    arguments = [np.ma.MaskedArray(a, mask=a == 1) for a in _arguments(name, np.float64)]
    with pytest.raises(TypeError, match="(?i)masked"):
        getattr(numba_logspace, name)(*arguments)


@each_dtype
@pytest.mark.parametrize("name", ARRAYS | ELEMENTWISE)
def test_input_is_left_alone(name, dtype):
    arguments = _arguments(name, dtype)
    for a in arguments:
        a.flags.writeable = False
    getattr(numba_logspace, name)(*arguments)
    for a in arguments:
        assert_same(a, [0, 1, 1, 0, 1])


@each_dtype
@pytest.mark.parametrize("row, exact", [case[1:] for case in SPECIAL if case[0] == "log1m_softmax"])
def test_values_with_their_gradients(row, exact, dtype):
    values, _ = numba_logspace.log1m_softmax_value_and_vjp(np.array(row, dtype))
    assert_same(values, exact)
