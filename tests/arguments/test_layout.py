"""Arguments and memory: every layout, axis, mask and out, what is refused, what is allocated."""

import itertools
import tracemalloc

import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher
from numpy.lib.stride_tricks import as_strided
from scipy import special

import numba_logspace as nl
from numba_logspace._family import named

MAPS, REDUCTIONS, VJPS = named("map", "scan"), named("reduction"), named("vjp")
SAME_SHAPE = MAPS + VJPS
ALL = SAME_SHAPE + REDUCTIONS

each = pytest.mark.parametrize("name", ALL)
each_same_shape = pytest.mark.parametrize("name", SAME_SHAPE)
each_reduction = pytest.mark.parametrize("name", REDUCTIONS)
each_vjp = pytest.mark.parametrize("name", VJPS)
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
# The kernels of derivatives take long to compile, and those for float32 have the same text.
each_in_time = pytest.mark.parametrize(
    "name, dtype",
    [
        pytest.param(*case, marks=pytest.mark.slow if case[0] in VJPS and case[1] == "f" else [])
        for case in itertools.product(ALL, "fd")
    ],
)


def numbers(*shape, dtype=np.float64, seed=3):
    """Random numbers whose logsumexp is far from 0, where its relative error means nothing."""
    return (np.random.default_rng(seed).normal(0, 2, shape) + 20).astype(dtype)


def call(name, x, *args, **options):
    return getattr(nl, name)(x, *args, **options)


def assert_near(result, expected, name=""):
    """A few ulp apart; of the largest for gradients, which are differences."""
    assert type(result) is type(expected)
    assert result.dtype == expected.dtype
    assert result.dtype.isnative
    assert np.shape(result) == np.shape(expected)
    if name in VJPS and result.size:
        # The sum of all probabilities has no gradient: what is left is relative to them.
        largest = max(1, np.abs(expected).max())
        atol = 16 * np.finfo(result.dtype).eps * largest
        np.testing.assert_allclose(result, expected, rtol=0, atol=atol)
    else:
        np.testing.assert_array_max_ulp(result, expected, 4)


# --- axes against plain formulas ---------------------------------------------------------------


def _over_others(x):
    rest = [np.delete(x, i) for i in range(x.size)]
    return np.array([special.logsumexp(r) for r in rest])


def _excluding_max(x):
    return special.logsumexp(np.delete(x, np.argmax(x)))


def _log1m_softmax_vjp(x):
    p = np.exp(x - special.logsumexp(x))
    odds = p / (1 - p)
    return p * (odds.sum() - odds - 1)


PLAIN = {
    "softmax": special.softmax,
    "log_softmax": special.log_softmax,
    "log1m_softmax": lambda x: _over_others(x) - special.logsumexp(x),
    "loo_logsumexp": _over_others,
    "logcumsumexp": np.logaddexp.accumulate,
    "softmax_vjp": np.zeros_like,
    "log_softmax_vjp": lambda x: 1 - x.size * special.softmax(x),
    "loo_logsumexp_vjp": lambda x: _log1m_softmax_vjp(x) + x.size * special.softmax(x),
    "log1m_softmax_vjp": _log1m_softmax_vjp,
    "logsumexp": special.logsumexp,
    "logsumexp_excluding_max": _excluding_max,
    "logmeanexp": lambda x: special.logsumexp(x) - np.log(x.size),
    "logvarexp": lambda x: np.log(np.var(np.exp(x))),
}
AXES = (-1, 0, 1, -2, (0, 2), (2, 0), (-1, -2), (1,), (0, 1, 2), None, np.int8(1), [0, 1])


def by_rows(name, x, axis):
    """The plain formula over each row, the entries of which follow each other in C order."""
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis)
    axes = tuple(sorted(int(a) % x.ndim for a in axes))
    rest = tuple(a for a in range(x.ndim) if a not in axes)
    moved = x.transpose(rest + axes)
    shape = moved.shape[: len(rest)]
    rows = moved.reshape(*shape, -1)
    values = np.array([PLAIN[name](rows[i]) for i in np.ndindex(shape)])
    if name in REDUCTIONS:
        return values.reshape(shape)
    return values.reshape(moved.shape).transpose(np.argsort(rest + axes))


@pytest.mark.one_in(4)
@pytest.mark.parametrize("axis", AXES)
@each
def test_axes(name, axis):
    x = numbers(3, 4, 5) - 20
    result = call(name, x, axis=axis)
    np.testing.assert_allclose(result, by_rows(name, x, axis), rtol=1e-12, atol=1e-13)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("axis", AXES)
@each_reduction
def test_keepdims(name, axis):
    x = numbers(3, 4, 5)
    axes = tuple(axis) if isinstance(axis, list) else axis
    kept = call(name, x, axis=axis, keepdims=True)
    assert kept.shape == x.sum(axis=axes, keepdims=True).shape
    np.testing.assert_array_equal(kept.reshape(-1), np.ravel(call(name, x, axis=axis)))


@pytest.mark.parametrize(
    "axis, error, message",
    [
        (3, np.exceptions.AxisError, "axis 3 is out of bounds"),
        (-4, np.exceptions.AxisError, "axis -4 is out of bounds"),
        ((0, 5), np.exceptions.AxisError, "axis 5 is out of bounds"),
        (1.5, TypeError, "axis must be an int"),
        ("0", TypeError, "axis must be an int"),
        ((0, None), TypeError, "axis must be an int"),
        ((0, 0), ValueError, "twice"),
        ((0, -3), ValueError, "twice"),
    ],
)
@pytest.mark.parametrize("name", (*ALL, "log1m_softmax_jacobian"))
def test_wrong_axis(name, axis, error, message):
    with pytest.raises(error, match=message):
        call(name, numbers(3, 4, 5), axis=axis)


@each
def test_no_axes_to_choose_from(name):
    with pytest.raises(np.exceptions.AxisError):
        call(name, 1.5, axis=1)
    single = call(name, 1.5, axis=None)
    assert single.shape == ()
    assert single.dtype == np.float64
    np.testing.assert_array_equal(np.ravel(single), np.ravel(call(name, [1.5])))


@each
def test_empty_tuple_of_axes_makes_every_entry_a_row(name):
    x = numbers(3, 4)
    expected = call(name, x[..., None]).reshape(x.shape)
    np.testing.assert_array_equal(call(name, x, axis=()), expected)


# --- layouts -----------------------------------------------------------------------------------


class Subclass(np.ndarray):
    """An array of another kind."""


def unaligned(x):
    return np.frombuffer(b"." + x.tobytes(), x.dtype, offset=1).reshape(x.shape)


def read_only(x):
    x.flags.writeable = False
    return x


def size_one_axes(x):
    """Axes of length one may have any strides."""
    return as_strided(x, strides=[8 if k == 1 else s for k, s in zip(x.shape, x.strides)])


LAYOUTS = {
    "fortran": np.asfortranarray,
    "reversed": lambda x: x[::-1, ::-1, ::-1].copy()[::-1, ::-1, ::-1],
    "reversed rows": lambda x: x[..., ::-1].copy()[..., ::-1],
    "every second entry": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "every second row": lambda x: np.repeat(x, 2, axis=0)[::2],
    "turned": lambda x: x.transpose(1, 2, 0).copy().transpose(2, 0, 1),
    "swapped": lambda x: x.swapaxes(0, 1).copy().swapaxes(0, 1),
    "window": lambda x: np.pad(x, 1)[1:-1, 1:-1, 1:-1],
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "big-endian fortran": lambda x: np.asfortranarray(x, x.dtype.newbyteorder(">")),
    "read-only": read_only,
    "unaligned": unaligned,
    "size-one axes": size_one_axes,
    "subclass": lambda x: x.view(Subclass),
}
SHAPES = [(5, 6, 70), (1, 40, 9), (70, 3, 1), (2, 1, 3)]


@pytest.mark.one_in(3)
@pytest.mark.parametrize("layout", LAYOUTS)
@each_in_time
def test_layouts(name, dtype, layout):
    for shape in SHAPES:
        x = numbers(*shape, dtype=dtype)
        for axis in (-1, 0, 1, (0, 2), None):
            expected = call(name, x, axis=axis)
            other = LAYOUTS[layout](x.copy())
            np.testing.assert_array_equal(other, x)
            assert_near(call(name, other, axis=axis), expected, name)


@each
def test_transposed_of_four_axes(name):
    x = numbers(2, 3, 4, 5)
    for order in ((3, 1, 0, 2), (1, 0, 3, 2), (3, 2, 1, 0), (0, 2, 1, 3)):
        y = x.transpose(order)
        for axis in (0, 2, (0, 1), (1, 3), None):
            expected = call(name, y.copy(), axis=axis)
            assert_near(call(name, y, axis=axis), expected, name)


@each
def test_broadcast_arrays(name):
    row = numbers(50)
    x = np.broadcast_to(row, (6, 50))
    for axis in (-1, 0, None):
        assert_near(call(name, x, axis=axis), call(name, x.copy(), axis=axis), name)
    constant = np.broadcast_to(np.float64(20), (7, 9))
    assert_near(call(name, constant), call(name, constant.copy()), name)


@each
def test_read_only_arrays_need_no_kernel_of_their_own(name, monkeypatch):
    x = numbers(3, 4, 50)
    axes = -1, 0, 1, None
    expected = [call(name, x, axis=axis) for axis in axes]
    call(name, x.ravel())
    x.flags.writeable = False
    made = []
    # Called for types that a kernel has not had yet, also where the cache has code for them.
    monkeypatch.setattr(Dispatcher, "compile", lambda self, types: made.append(types))
    for axis, result in zip(axes, expected):
        np.testing.assert_array_equal(call(name, x, axis=axis), result)
    assert not made


@each
def test_lists_and_scalars(name):
    rows = [[1, 2, 3], [4, 5, 7]]
    np.testing.assert_array_equal(call(name, rows), call(name, np.array(rows, float)), strict=True)
    np.testing.assert_array_equal(
        call(name, tuple(rows[0])), call(name, np.array(rows[0], float)), strict=True
    )
    for scalar in (2, 2.0, True, np.float64(2)):
        assert call(name, scalar, axis=None).dtype == np.float64
    assert call(name, np.float32(2), axis=None).dtype == np.float32


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@each
def test_matrix(name):
    x = numbers(4, 6)
    for axis in (-1, 0, None):
        result = call(name, np.matrix(x), axis=axis)
        assert type(result) in (np.ndarray, np.float64)
        assert_near(result, call(name, x, axis=axis), name)


EMPTY = [((0,), -1), ((3, 0), 0), ((0, 3), 1), ((3, 0), None), ((2, 0, 4), (0, 2)), ((0, 0), 0)]


@pytest.mark.parametrize("shape, axis", EMPTY)
@each
def test_zero_size(name, shape, axis):
    for x in (np.empty(shape), np.empty(shape, ">f8", order="F"), np.empty(shape, bool)):
        result = call(name, x, axis=axis)
        assert result.dtype == np.float64
        if name in SAME_SHAPE:
            assert result.shape == shape
        else:
            assert result.shape == x.sum(axis=axis).shape
            assert np.all(result == -np.inf)
            out = np.full(result.shape, 7.0)
            assert call(name, x, axis=axis, out=out) is out
            np.testing.assert_array_equal(out, result)


@pytest.mark.parametrize(
    "dtype, returned", [(np.float16, np.float16), (np.int16, np.float64), (bool, np.float64)]
)
@each
def test_dtypes_with_options(name, dtype, returned):
    x = np.random.default_rng(1).integers(0, 2, (4, 12)).astype(dtype)
    shape = call(name, x).shape
    out, where = np.empty(shape, returned), np.arange(12) % 3 > 0
    for options in ({"out": out}, {"where": where}, {"axis": 0, "workers": 2}):
        assert call(name, x, **options).dtype == returned
    assert call(name, x.astype(x.dtype.newbyteorder(">")).T, axis=0).dtype == returned


# --- large arrays and threads ------------------------------------------------------------------

LARGE = {
    "rows": lambda dtype: (numbers(300, 1000, dtype=dtype), -1),
    "columns": lambda dtype: (numbers(1000, 300, dtype=dtype), 0),
    "short rows": lambda dtype: (numbers(30_000, 10, dtype=dtype), -1),
    "short columns": lambda dtype: (numbers(10, 30_000, dtype=dtype), 0),
    "one row": lambda dtype: (numbers(300_000, dtype=dtype), -1),
    "two columns": lambda dtype: (numbers(150_000, 2, dtype=dtype), 0),
    "middle": lambda dtype: (numbers(20, 30, 500, dtype=dtype), 1),
    "strided": lambda dtype: (numbers(300, 2000, dtype=dtype)[:, ::2], -1),
    "strided columns": lambda dtype: (numbers(600, 1000, dtype=dtype)[::2, ::-2], 0),
    "big-endian": lambda dtype: (numbers(300, 1000).astype(np.dtype(dtype).newbyteorder(">")), -1),
}


@pytest.mark.one_in(5)
@pytest.mark.parametrize("layout", LARGE)
@each_in_time
def test_two_workers(name, dtype, layout):
    x, axis = LARGE[layout](dtype)
    if name == "logcumsumexp" and x.ndim == 1:
        x = x[:3000]
    one, two = (call(name, x, axis=axis, workers=w) for w in (1, 2))
    assert_near(two, one, name)


def test_cumulative_over_several_axes_is_in_c_order():
    for x in (numbers(3, 4, 5), np.asfortranarray(numbers(3, 4, 5)), numbers(5, 4, 3).T):
        flat = nl.logcumsumexp(x.reshape(-1))
        assert_near(nl.logcumsumexp(x, axis=None), flat.reshape(x.shape))
        outer = nl.logcumsumexp(x.transpose(1, 0, 2).reshape(4, -1))
        expected = outer.reshape(4, 3, 5).transpose(1, 0, 2)
        for axis in ((0, 2), (2, 0)):
            result = nl.logcumsumexp(x, axis=axis)
            np.testing.assert_array_max_ulp(result, expected, 4)


# --- where -------------------------------------------------------------------------------------

MASKS = {
    "entries": lambda rng: rng.random((6, 50)) < 0.5,
    "columns": lambda rng: rng.random(50) < 0.5,
    "rows": lambda rng: rng.random((6, 1)) < 0.5,
    "list": lambda rng: (rng.random(50) < 0.5).tolist(),
    "transposed": lambda rng: (rng.random((50, 6)) < 0.5).T,
    "read-only": lambda rng: read_only(rng.random((6, 50)) < 0.5),
    "nothing": lambda rng: False,
    "nothing, an array": lambda rng: np.zeros((6, 50), bool),
    "everything": lambda rng: np.ones((6, 50), bool),
    "True": lambda rng: True,
    "numpy True": lambda rng: np.True_,
}


def row_without_masked(name, row, mask):
    kept = row[mask]
    if name in REDUCTIONS:
        return call(name, kept)
    fill = {"softmax": 0.0, "log_softmax": -np.inf, "log1m_softmax": -0.0}.get(name, 0.0)
    result = np.full(row.shape, fill)
    result[mask] = call(name, kept)
    return result


@pytest.mark.parametrize("mask", MASKS)
@each
def test_masks(name, mask):
    x, where = numbers(6, 50), MASKS[mask](np.random.default_rng(2))
    full = np.broadcast_to(where, x.shape)
    expected = np.array([row_without_masked(name, *pair) for pair in zip(x, full)])
    # What is masked has a value of its own there, which depends on the others.
    more = {"g": full.astype(float)} if name == "loo_logsumexp_vjp" else {}
    turned = {"g": full.T.astype(float)} if more else {}
    result, turned = (
        call(name, x, where=where, **more),
        call(name, x.T, axis=0, where=full.T, **turned),
    )
    turned = turned if name in REDUCTIONS else turned.T
    if name in ("loo_logsumexp", "logcumsumexp"):  # they have results at masked entries too
        result, turned, expected = (np.where(full, r, 0) for r in (result, turned, expected))
    assert_near(np.asarray(result), expected, name)
    assert_near(np.ascontiguousarray(turned), expected, name)


@pytest.mark.parametrize(
    "where, error", [(np.ones(3, bool), ValueError), (np.ones(4, int), TypeError), ("x", TypeError)]
)
@each
def test_refused_masks(name, where, error):
    x = numbers(5, 4)
    out = np.full(call(name, x).shape, 7.0)
    with pytest.raises(error, match="where"):
        call(name, x, where=where, out=out)
    assert (out == 7).all()


# --- out ---------------------------------------------------------------------------------------

OUTS = {
    "contiguous": lambda shape, dtype: np.full(shape, 7, dtype),
    "fortran": lambda shape, dtype: np.full(shape, 7, dtype, order="F"),
    "every second": lambda shape, dtype: np.full((*shape[:-1], 2 * shape[-1]), 7, dtype)[..., ::2],
    "reversed": lambda shape, dtype: np.full(shape, 7, dtype)[..., ::-1],
    "subclass": lambda shape, dtype: np.full(shape, 7, dtype).view(Subclass),
}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("layout", OUTS)
@each_dtype
@each
def test_out(name, dtype, layout):
    for x in (numbers(6, 50, dtype=dtype), np.asfortranarray(numbers(50, 6, dtype=dtype))):
        before = x.copy()
        for options in ({}, {"axis": 0}, {"where": np.arange(x.shape[1]) % 3 > 0}):
            expected = call(name, x, **options)
            out = OUTS[layout](expected.shape, dtype)
            memory = out if out.base is None else out.base
            gaps = memory.size - out.size
            assert call(name, x, out=out, **options) is out
            assert_near(np.array(out), expected, name)
            assert (memory == 7).sum() == gaps
            assert x.tobytes() == before.tobytes()


@pytest.mark.parametrize("layout", ["every second entry", "big-endian", "fortran", "swapped"])
@each_reduction
def test_out_of_a_reduction_with_keepdims(name, layout):
    x = LAYOUTS[layout](numbers(3, 4, 50))
    out = np.empty((3, 1, 50))
    assert call(name, x, axis=1, keepdims=True, out=out) is out
    assert_near(out, call(name, x.copy(), axis=1, keepdims=True))
    single = np.empty(())
    assert call(name, x, axis=None, out=single) is single
    assert_near(single[()], call(name, x, axis=None))


@pytest.mark.parametrize("layout", [*LAYOUTS, "plain"])
@each_same_shape
def test_out_may_be_x(name, layout):
    for shape in SHAPES:
        for axis in (-1, 0, 1, (0, 2)):
            x = LAYOUTS.get(layout, np.copy)(numbers(*shape))
            expected = call(name, x.astype(float), axis=axis)
            if not x.flags.writeable or not x.dtype.isnative:
                return  # it cannot hold the result
            assert call(name, x, axis=axis, out=x) is x
            assert_near(np.array(x), expected, name)


@each_same_shape
def test_out_may_be_x_with_a_mask(name):
    x, where = numbers(6, 50), np.random.default_rng(4).random((6, 50)) < 0.5
    expected = call(name, x, where=where)
    call(name, x, where=where, out=x)
    np.testing.assert_array_equal(x, expected)


def assert_refused(error, name, x, *args, out, **options):
    """The call fails, names `out`, and leaves the memory of everything alone."""
    arrays = [a for a in (x, out, *args) if isinstance(a, np.ndarray)]
    arrays += [a.base for a in arrays if isinstance(a.base, np.ndarray)]
    before = [a.tobytes() for a in arrays]
    with pytest.raises(error, match="out"):
        call(name, x, *args, out=out, **options)
    assert [a.tobytes() for a in arrays] == before


def result_shape(name, x):
    return x.shape[:-1] if name in REDUCTIONS else x.shape


@each
def test_refused_out(name):
    x = numbers(8, 8)
    shape = result_shape(name, x)
    for wrong in ((*shape, 1), (9, *shape[1:]), shape[:-1], (1, *shape)):
        assert_refused(ValueError, name, x, out=np.zeros(wrong))
    for dtype in (np.float32, int, ">f8", complex, object):
        assert_refused(TypeError, name, x, out=np.zeros(shape, dtype))
    assert_refused(ValueError, name, x, out=read_only(np.zeros(shape)))
    for kind in (list, tuple, np.ma.array, memoryview):
        assert_refused(TypeError, name, x, out=kind(np.zeros(shape)))
    assert_refused(ValueError, name, x, out=as_strided(np.zeros(20), shape, [0] * len(shape)))
    assert_refused(ValueError, name, x.astype(np.float16), out=np.zeros((3, 3), np.float16))
    assert_refused(TypeError, name, x.astype(np.float16), out=np.zeros(shape, np.float32))


def overlapping(shape):
    """(x, out) of a shape that share memory, but are not the same."""
    flat = numbers(200)
    size = int(np.prod(shape))
    yield flat[:size].reshape(shape), flat[1 : size + 1].reshape(shape)
    yield flat[1 : size + 1].reshape(shape), flat[:size].reshape(shape)
    x = numbers(*shape)
    yield x, x[::-1]
    yield x, x[..., ::-1]
    yield x, x.T
    yield x, x.view(np.int64).view(np.float64)[:, ::-1]
    wide = numbers(shape[0], 2 * shape[1])
    yield wide[:, ::2], wide[:, : shape[1]]


@each_same_shape
def test_overlapping_out(name):
    for x, out in overlapping((8, 8)):
        assert_refused(ValueError, name, x, out=out)
    out = as_strided(np.zeros(30), (8, 8), (16, 8))
    assert_refused(ValueError, name, numbers(8, 8), out=out)


@each_same_shape
def test_out_between_the_entries_of_x(name):
    both = numbers(8, 16)
    x, out = both[:, ::2], both[:, 1::2]
    expected = call(name, x.copy())
    assert call(name, x, out=out) is out
    assert_near(out.copy(), expected, name)


@each_reduction
def test_overlapping_out_of_a_reduction(name):
    x = numbers(8, 8)
    for out in (x[0], x[:, 0], x[3, ::-1], x.reshape(-1)[5:13]):
        assert_refused(ValueError, name, x, out=out)
    assert_refused(ValueError, name, x, out=x[:1], axis=0, keepdims=True)


def test_x_of_another_byte_order_is_not_taken_for_out():
    # The same memory, but the result is native.
    x = numbers(4, 5)
    assert_refused(ValueError, "softmax", x.view(">f8"), out=x)


# --- weights of logsumexp ----------------------------------------------------------------------


def well_conditioned(*shape):
    return np.random.default_rng(5).uniform(3, 6, shape)


WEIGHTS = {
    "entries": well_conditioned(3, 4, 5),
    "last axis": well_conditioned(5),
    "middle axis": well_conditioned(4, 1),
    "number": np.float64(2.5),
    "fortran": np.asfortranarray(well_conditioned(3, 4, 5)),
    "float32": well_conditioned(3, 4, 5).astype(np.float32),
    "int": np.arange(1, 6),
    "bool": np.array([True, False, True, True, False]),
    "mixed signs": np.array([5.0, -0.25, 3.0, -0.125, 1.0]),
    "negative": -well_conditioned(3, 4, 5),
}


@pytest.mark.parametrize("axis", [-1, 0, (0, 2), None])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_weights_as_in_scipy(weights, axis):
    x, b = well_conditioned(3, 4, 5), WEIGHTS[weights]
    for keepdims in (False, True):
        options = {"axis": axis, "b": b, "return_sign": True, "keepdims": keepdims}
        value, sign = nl.logsumexp(x, **options)
        exact, exact_sign = special.logsumexp(x, **options)
        np.testing.assert_allclose(value, exact, rtol=1e-13)
        np.testing.assert_array_equal(sign, exact_sign)
        assert np.shape(value) == np.shape(sign) == np.shape(exact)
        assert value.dtype == sign.dtype == np.float64


def test_weights_with_options():
    x, b = well_conditioned(6, 50), well_conditioned(50)
    expected = nl.logsumexp(x, b=b)
    for layout in (np.asfortranarray, lambda x: x[::-1].copy()[::-1], lambda x: x.astype(">f8")):
        assert_near(nl.logsumexp(layout(x), b=layout(b)), expected)
    out = np.empty(12)[::2]
    assert nl.logsumexp(x, b=b, out=out) is out
    assert_near(out.copy(), expected)
    value, sign = nl.logsumexp(x, b=b, out=out, return_sign=True)
    assert value is out
    np.testing.assert_array_equal(sign, np.ones(6))
    mask = np.arange(50) % 3 > 0
    assert_near(nl.logsumexp(x, b=b, where=mask), nl.logsumexp(x, b=b * mask))
    assert_near(nl.logsumexp(np.tile(x, (600, 1)), b=b, workers=2)[:6], expected)


def test_weights_of_zero_leave_anything_out():
    x, b = well_conditioned(4, 5), np.ones((4, 5))
    x[:, 2] = [np.nan, np.inf, -np.inf, 1e308]
    b[:, 2] = [0.0, -0.0, 0.0, 0.0]
    np.testing.assert_array_equal(nl.logsumexp(x, b=b), nl.logsumexp(np.delete(x, 2, 1), b=1.0))


def test_negative_sums():
    x, b = np.zeros((3, 2)), np.array([[1, -2], [2, -1], [1, -1]])
    value, sign = nl.logsumexp(x, b=b, return_sign=True)
    np.testing.assert_array_equal(value, [0, 0, -np.inf])
    np.testing.assert_array_equal(sign, [-1, 1, 0])
    np.testing.assert_array_equal(nl.logsumexp(x, b=b), [np.nan, 0, -np.inf])


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_weights_of_the_dtype_of_x(dtype):
    x = well_conditioned(4, 5)
    for b in (np.ones(5, dtype), None):
        value, sign = nl.logsumexp(x.astype(dtype), b=b, return_sign=True)
        assert value.dtype == sign.dtype == dtype
        np.testing.assert_allclose(value, special.logsumexp(x, axis=-1), rtol=np.finfo(dtype).eps)


def test_refused_weights():
    x = well_conditioned(4, 5)
    with pytest.raises(ValueError, match="x and b must broadcast together"):
        nl.logsumexp(x, b=np.ones(4))
    with pytest.raises(TypeError, match="b has dtype object"):
        nl.logsumexp(x, b=np.array([None] * 5))
    b = well_conditioned(4, 5)
    for out in (b[:, 0], x[:, 0]):
        before = x.tobytes(), b.tobytes()
        with pytest.raises(ValueError, match="out overlaps"):
            nl.logsumexp(x, b=b, out=out)
        assert (x.tobytes(), b.tobytes()) == before
    values = nl.logsumexp(np.empty((3, 0)), b=2.0, return_sign=True)
    np.testing.assert_array_equal(values, [[-np.inf] * 3, [0] * 3])


# --- gradients ---------------------------------------------------------------------------------

COTANGENTS = {
    "row": lambda g: g[0, 0],
    "column": lambda g: g[:, :, :1],
    "number": lambda g: g[0, 0, 0],
    "ints": lambda g: np.rint(8 * g).astype(int),
    "list": lambda g: g.tolist(),
    "read-only": read_only,
    "single": lambda g: g.astype(np.float32),
    **{k: LAYOUTS[k] for k in ("fortran", "reversed", "every second row", "big-endian")},
}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("cotangent", COTANGENTS)
@each_vjp
def test_cotangents(name, cotangent):
    x, g = numbers(5, 6, 20), numbers(5, 6, 20, seed=8) - 20
    other = COTANGENTS[cotangent](g)
    same = np.broadcast_to(other, x.shape).astype(float)
    before = np.copy(other)
    for axis in (-1, 0, (1, 2), None):
        expected = call(name, x, same, axis)
        assert_near(call(name, x, other, axis), expected, name)
        assert_near(call(name, np.asfortranarray(x), g=other, axis=axis), expected, name)
    np.testing.assert_array_equal(other, before)


@each_vjp
def test_no_cotangent_is_ones(name):
    for x in (numbers(5, 60), numbers(50, 6), numbers(5, 60).T, numbers(5, 120)[:, ::2]):
        for axis in (-1, 0):
            ones = np.ones(x.shape)
            assert_near(call(name, x, axis=axis), call(name, x, ones, axis), name)


@pytest.mark.parametrize("axis", [-1, 0, 1, (0, 2)])
@each_vjp
def test_out_may_be_an_input_of_a_gradient(name, axis):
    for shape in SHAPES:
        x, g = numbers(*shape), numbers(*shape, seed=8) - 20
        expected = call(name, x, g, axis)
        first, second = x.copy(), g.copy()
        assert call(name, first, second, axis, out=first) is first
        np.testing.assert_array_equal(first, expected)
        np.testing.assert_array_equal(second, g)
        first = x.copy()
        assert call(name, first, second, axis, out=second) is second
        np.testing.assert_array_equal(second, expected)
        np.testing.assert_array_equal(first, x)
        alone = x - 20
        expected = call(name, alone, alone.copy(), axis)
        np.testing.assert_array_equal(call(name, alone, alone, axis, out=alone), expected)


@each_vjp
def test_refused_arguments_of_a_gradient(name):
    x, g = numbers(8, 8), numbers(8, 8, seed=8)
    for out in (g[::-1], g.T, x.T, np.zeros((8, 7))):
        assert_refused(ValueError, name, x, g, out=out)
    # A row of g that is broadcast is not g itself.
    assert_refused(ValueError, name, x, g[0], out=g)
    assert_refused(TypeError, name, x, g, out=np.zeros((8, 8), np.float32))
    with pytest.raises(ValueError, match="g of shape"):
        call(name, x, np.ones(7))
    with pytest.raises(TypeError, match="g has dtype complex"):
        call(name, x, 1j)


# --- memory ------------------------------------------------------------------------------------

MB = 1 << 20
_MASK = np.arange(2500) % 5 > 0

# x of 40 MB, and options
HEAVY = {
    "strided": lambda: (np.ones((2000, 5000))[:, ::2], {}),
    "strided columns": lambda: (np.ones((2000, 5000))[:, ::2], {"axis": 0}),
    "big-endian": lambda: (np.ones((2000, 2500), ">f8"), {}),
    "masked": lambda: (np.ones((2000, 2500)), {"where": _MASK}),
    "masked columns": lambda: (np.ones((2500, 2000)), {"where": _MASK[:, None], "axis": 0}),
    "columns": lambda: (np.ones((2500, 2000)), {"axis": 0}),
    "fortran": lambda: (np.ones((2500, 2000), order="F"), {}),
    "ints": lambda: (np.ones((2000, 2500), int), {}),
}


def peak(name, x, **options):
    """(The result, the most memory that was held besides what was there before)."""
    tracemalloc.start()
    try:
        result = call(name, x, **options)
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", HEAVY)
@pytest.mark.parametrize("name", ["log1m_softmax", "log1m_softmax_vjp", "logsumexp", "logmeanexp"])
def test_memory(name, kind):
    x, options = HEAVY[kind]()
    call(name, x[:50, :50] if "where" not in options else x[:50], axis=options.get("axis", -1))
    result, most = peak(name, x, **options)
    assert most < result.nbytes + 8 * MB
    assert peak(name, x, out=result, **options)[1] < 8 * MB


def test_memory_with_weights():
    x, b = np.ones((2000, 2500)), np.ones(2500)
    nl.logsumexp(x[:5], b=b)
    assert peak("logsumexp", x, b=b)[1] < 8 * MB
    assert peak("logsumexp", x[:, ::2], b=b[:1250], axis=0)[1] < 8 * MB


def test_memory_is_seen():
    # What a plain formula takes would be noticed.
    tracemalloc.start()
    np.exp(np.ones((1000, 2500)))
    assert tracemalloc.get_traced_memory()[1] > 18 * MB
    tracemalloc.stop()
