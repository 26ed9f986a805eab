"""What callers may pass for arguments, and what is refused with advice."""

import warnings

import numpy as np
import pytest
from scipy import sparse

import numba_logspace as nl
from numba_logspace._family import named

X = np.array([[0.5, -1.0, 2.0], [3.0, 0.0, 3.0]])
inf, nan = np.inf, np.nan


# --- numbers, and arrays without axes ------------------------------------------------------------


@pytest.mark.one_in(4)
@pytest.mark.parametrize("axis", [-1, 0, None])
@pytest.mark.parametrize("x", [1.5, np.float32(1.5), np.array(1.5)])
def test_a_number_is_a_row_of_itself(x, axis):
    for name in named("map", "scan", "reduction"):
        function = getattr(nl, name)
        result, row = function(x, axis), function(np.reshape(x, 1), -1)
        assert isinstance(result, np.floating), name
        assert result.dtype == row.dtype
        np.testing.assert_array_equal(result, np.reshape(row, ()))
    assert isinstance(nl.softmax_vjp(x, axis=axis), np.floating)
    y, gradient = nl.log1m_softmax_value_and_vjp(x, axis=axis)
    assert isinstance(y, np.floating) and isinstance(gradient, np.floating)


def test_a_number_into_an_array():
    out = np.empty(())
    assert nl.log_softmax(1.5, out=out) is out
    assert out == 0


@pytest.mark.parametrize("axis", [1, -2])
def test_a_number_has_no_other_axis(axis):
    with pytest.raises(np.exceptions.AxisError):
        nl.softmax(1.5, axis)


def test_losses_and_jacobians_need_an_axis():
    for call in (
        lambda: nl.cross_entropy(1.5, 0),
        lambda: nl.complement_cross_entropy(1.5, 0.5),
        lambda: nl.log_softmax_jacobian(1.5),
        lambda: nl.gated_log_softmax(0.0, 1.5, 2.5),
    ):
        with pytest.raises(np.exceptions.AxisError):
            call()


# --- weights beside x ----------------------------------------------------------------------------


def test_x_and_weights_broadcast_together():
    x, b = np.zeros((4, 1, 2, 1)), np.ones((3, 1, 5))
    assert nl.logsumexp(x, None, b=b) == pytest.approx(np.log(4 * 3 * 2 * 5), rel=1e-15)
    value, sign = nl.logsumexp(x, -1, b=-b, return_sign=True)
    assert value.shape == sign.shape == (4, 3, 2)
    assert (sign == -1).all()
    with pytest.raises(ValueError, match="x and b must broadcast together"):
        nl.logsumexp(np.zeros(3), b=np.ones(2))


@pytest.mark.parametrize(
    "x, b, result",
    [
        ("f4", np.ones(3, "f4"), "f4"),
        ("f4", np.ones(3, "f8"), "f8"),
        ("f4", np.ones(3, "i8"), "f8"),
        ("f2", np.ones(3, "f4"), "f4"),
        ("f2", np.ones(3, "f2"), "f2"),
        ("i8", np.ones(3, "f4"), "f8"),
        ("f8", np.ones(3, "f4"), "f8"),
        ("f4", 2.0, "f4"),
        ("f4", 2, "f4"),
    ],
)
def test_weights_count_in_the_dtype(x, b, result):
    assert nl.logsumexp(np.zeros(3, x), b=b).dtype == result


# --- cotangents of rows --------------------------------------------------------------------------


def test_cotangents_may_keep_the_axes():
    g = np.array([2.0, -3.0])
    for name in named("vjp of a reduction"):
        function = getattr(nl, name)
        np.testing.assert_array_equal(function(X, g[:, None]), function(X, g))
        np.testing.assert_array_equal(
            function(X, np.ones((1, 3)), axis=0), function(X, np.ones(3), axis=0)
        )
    w = nl.cross_entropy(X, [0, 1], weights=g[:, None] ** 2)
    np.testing.assert_array_equal(w, nl.cross_entropy(X, [0, 1], weights=g**2))


# --- masks ---------------------------------------------------------------------------------------


@pytest.mark.one_in(3)
@pytest.mark.parametrize("name", named("vjp", "jvp", "hvp", "value and vjp", "vjp of a reduction"))
def test_a_padded_row_is_a_row_without_padding(name):
    rng = np.random.default_rng(7)
    row, extra = rng.normal(size=(3, 4)), np.array([inf, nan, 5.0, -inf])
    where = np.array([True, False, True, False, True, True, False, False])
    padded = np.zeros((3, 8))
    padded[:, where], padded[:, ~where] = row, extra
    x, *operands = padded
    alone, *others = row
    kinds = {"vjp": 1, "jvp": 1, "hvp": 2, "value and vjp": 1, "vjp of a reduction": 0}
    kind = next(k for k in kinds if name in named(k))
    for none in (False, True):
        given, right = operands[: kinds[kind]], others[: kinds[kind]]
        if none and kind in ("vjp", "value and vjp"):
            given, right = [None], [None]
        results = getattr(nl, name)(x, *given, where=where)
        exact = getattr(nl, name)(alone, *right)
        for result, expected in zip(np.atleast_2d(results), np.atleast_2d(exact), strict=True):
            np.testing.assert_array_max_ulp(result[where], expected, 2)
            if name != "loo_logsumexp_jvp":
                np.testing.assert_array_equal(result[~where], 0)


def test_masked_entries_of_rows_that_are_nan_or_masked_whole():
    x, where = np.array([[1.0, nan, 2.0], [1.0, 2.0, 3.0]]), [[True, True, False], [False] * 3]
    value, gradient = nl.log1m_softmax_value_and_vjp(x, where=where)
    np.testing.assert_array_equal(value, [[nan, nan, 0], [0, 0, 0]])
    assert np.signbit(value[0, 2]) and np.signbit(value[1]).all()
    np.testing.assert_array_equal(gradient, [[nan, nan, 0], [0, 0, 0]])
    for name in named("vjp", "vjp of a reduction"):
        np.testing.assert_array_equal(getattr(nl, name)(x, where=where)[1], 0)
        assert getattr(nl, name)(x, where=where)[0, 2] == 0


def test_a_masked_mask_is_refused():
    with pytest.raises(TypeError, match=r"where is a masked array: pass where=where.filled"):
        nl.softmax(X, where=np.ma.array([True, False, True], mask=[False, False, True]))


# --- what is no array of numbers -----------------------------------------------------------------


class Frame:
    """As a lazy frame: an object that NumPy makes an object of."""


@pytest.mark.parametrize(
    "x, message",
    [
        (None, "x must be an array of numbers, got a NoneType"),
        ((i for i in range(3)), "x must be an array of numbers, got a generator"),
        (Frame(), "x must be an array of numbers, got a Frame"),
        (sparse.eye_array(3), r"x is a sparse dia_array: pass x.toarray\(\)"),
        (np.ma.array([1.0, 2.0]), "pass x.data and where=~x.mask"),
        (np.array([1.0, None]), r"convert it with x.astype\(numpy.float64\)"),
    ],
)
def test_advice(x, message):
    with pytest.raises(TypeError, match=message):
        nl.softmax(x)


@pytest.mark.parametrize(
    "names", [["a", "b"], np.array([b"a", b"b"]), np.array(["a", "b"], object)]
)
def test_advice_for_labels_that_are_names(names):
    with pytest.raises(TypeError, match=r"targets has dtype .*: labels are ints, as pandas\.fact"):
        nl.cross_entropy(X, names)


def test_a_ragged_list_is_named():
    with pytest.raises(ValueError, match="b must be an array of numbers: .*inhomogeneous"):
        nl.logsumexp(X, b=[[1.0], [1.0, 2.0]])


def test_advice_of_functions_without_a_mask():
    masked = np.ma.array(X, mask=False)
    for call in (
        lambda: nl.cross_entropy(masked, [0, 1]),
        lambda: nl.cross_entropy(X, [0, 1], weights=masked[:, 0]),
        lambda: nl.complement_cross_entropy(X, masked),
        lambda: nl.logmatmulexp(masked, X.T),
        lambda: nl.gated_log_softmax(0.0, masked, X),
        lambda: nl.gated_log_softmax(masked[:, 0], X, X),
        lambda: nl.log_softmax_jacobian(masked),
    ):
        with pytest.raises(TypeError, match=r"is a masked array: pass \w+\.filled"):
            call()
    with pytest.raises(TypeError, match=r"g is a masked array: pass g.data and where=~g.mask"):
        nl.softmax_vjp(X, masked)


def test_an_axis_is_no_array():
    with pytest.raises(TypeError, match="axis must be an int, a tuple of ints or None"):
        nl.log_softmax(X, X)
    for axis in (True, np.True_, (0, True)):
        with pytest.raises(TypeError, match="axis must be an int"):
            nl.logsumexp(X, axis)
    with pytest.raises(TypeError, match="axis must be an int"):
        nl.cross_entropy(X, [0, 1], axis=True)


# --- units ---------------------------------------------------------------------------------------


class Astropy(np.ndarray):
    """As a quantity of astropy."""

    unit = ""

    def to_value(self, unit):
        if self.unit not in ("", "percent"):
            raise ValueError("units do not convert")
        return np.asarray(self) * (0.01 if self.unit == "percent" else 1.0)


class Pint:
    """As a quantity of pint."""

    def __init__(self, magnitude, units):
        self.magnitude, self.units = magnitude, units

    def m_as(self, units):
        if self.units:
            raise ValueError("units do not convert")
        return self.magnitude

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.magnitude)


@pytest.mark.parametrize("unit", ["", "percent"])
def test_quantities_without_a_dimension(unit):
    x = X.view(Astropy)
    x.unit = unit
    np.testing.assert_array_equal(nl.softmax(x), nl.softmax(X * 0.01 if unit else X))
    np.testing.assert_array_equal(nl.softmax(Pint(X, "")), nl.softmax(X))


def test_quantities_with_a_unit():
    x = X.view(Astropy)
    x.unit = "m"
    for quantity in (x, Pint(X, "m")):
        with pytest.raises(TypeError, match="x has the unit m: logarithms"):
            nl.softmax(quantity)
        with pytest.raises(TypeError, match="g has the unit m"):
            nl.softmax_vjp(X, quantity)


# --- casts ---------------------------------------------------------------------------------------

HUGE = np.array([1e300, 1e-300, 1.0])


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "call",
    [
        lambda x: nl.softmax_vjp(x, HUGE),
        lambda x: nl.log_softmax_jvp(x, HUGE, axis=0),
        lambda x: nl.logsumexp_vjp(x, HUGE[:2]),
        lambda x: nl.log1m_softmax_hvp(x, HUGE, HUGE),
        lambda x: nl.cross_entropy(x, [0, 1], weights=HUGE[:2], reduction="mean"),
        lambda x: nl.cross_entropy(x, [0, 1], weights=HUGE[1:]),
        lambda x: nl.cross_entropy_value_and_grad(x, np.array([[1e-300, 0.5, 1.0]])),
        lambda x: nl.complement_cross_entropy(x, HUGE[1:, None] * np.ones(3), reduction="sum"),
        lambda x: nl.gated_log_softmax(HUGE[:2], x, x),
        lambda x: nl.gated_log_softmax_vjp(HUGE[:2], x, x),
        lambda x: nl.logsumexp(x, b=HUGE),
        lambda x: nl.logmatmulexp(x, HUGE),
    ],
)
def test_casts_do_not_warn(call):
    x = X.astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        call(x)
        with np.errstate(all="raise"):
            call(x)
