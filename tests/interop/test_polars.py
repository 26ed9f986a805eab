"""Series and DataFrames of polars in and out, by their names and positions."""

import numpy as np
import pytest
from every import (
    ENTRIES,
    OVER_ROWS,
    ROWS,
    SHAPE,
    arrays_of,
    as_tuple,
    elementwise_inputs,
    results_of,
)

import numba_logspace as nl

pl = pytest.importorskip("polars")
from polars.testing import assert_frame_equal, assert_series_equal  # noqa: E402

SHAPE = SHAPE[:2]
NAMES = list("abcde")
SCORES = np.array([[0.0, 0.0, 0.0], [1.0, 40.0, 2.0]])


def frame(array, names=None):
    return pl.DataFrame(array, names or NAMES[: np.shape(array)[1]], orient="row")


def same(found, wanted):
    check = assert_frame_equal if isinstance(wanted, pl.DataFrame) else assert_series_equal
    check(found, wanted, check_exact=True)


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("axis", [-1, 0])
@pytest.mark.parametrize("name", [n for n in OVER_ROWS if "jacobian" not in n])
def test_every_function(name, axis, labels):
    arrays = arrays_of(name, SHAPE, axis, labels=labels)
    # polars keeps columns, along which another kernel goes.
    wanted = getattr(nl, name)(
        **{k: np.asfortranarray(u) for k, (u, _) in arrays.items()}, axis=axis
    )
    given = {k: frame(u) if role == ENTRIES else pl.Series(u) for k, (u, role) in arrays.items()}
    found = as_tuple(getattr(nl, name)(**given, axis=axis))
    for y, right, role in zip(found, as_tuple(wanted), results_of(name), strict=True):
        if role == ROWS and axis == 0 and "logits" not in given and right.ndim:
            same(y, frame(right[None]))  # a number for each column
        elif role == ROWS:
            same(y, frame(right[None]) if axis == 0 else pl.Series(right))
        else:
            same(y, frame(right))


@pytest.mark.parametrize("name", [n for n in OVER_ROWS if "jacobian" not in n])
def test_series(name):
    arrays = {k: u for k, (u, _) in arrays_of(name, (5,), 0).items()}
    given = {k: pl.Series("s", u) if u.ndim else u for k, u in arrays.items()}
    for y, right in zip(
        as_tuple(getattr(nl, name)(**given)), as_tuple(getattr(nl, name)(**arrays)), strict=True
    ):
        assert y == right if np.ndim(right) == 0 else y.equals(pl.Series("s", right))


def test_axes():
    x = frame(SCORES)
    assert nl.logsumexp(x, axis=None) == nl.logsumexp(SCORES, axis=None)
    same(nl.logsumexp(x, axis=0), frame(nl.logsumexp(SCORES, axis=0)[None]))
    same(nl.logsumexp(x, axis=0, keepdims=True), nl.logsumexp(x, axis=0))
    same(nl.logsumexp(x, keepdims=True), pl.DataFrame(nl.logsumexp(SCORES, keepdims=True)))
    values, signs = nl.logsumexp(x, b=frame(-np.ones((2, 3))), return_sign=True)
    assert isinstance(values, pl.Series) and signs.to_list() == [-1.0, -1.0]
    wider = nl.logsumexp(frame(SCORES[:, :1]), 0, b=np.ones((2, 3)))
    same(wider, pl.DataFrame(np.full((1, 3), nl.logsumexp(SCORES[:, 0]))))
    with pytest.raises(np.exceptions.AxisError):
        nl.softmax(x, axis=2)


def test_a_series_beside_a_frame_is_a_column():
    x, column = frame(SCORES), pl.Series([1.0, 2.0])
    wanted = nl.log_softmax_vjp(SCORES, np.array([[1.0], [2.0]]))
    same(nl.log_softmax_vjp(x, column), frame(wanted))
    same(
        nl.logsumexp(x, where=pl.Series([True, False])),
        pl.Series([nl.logsumexp(SCORES[0]), -np.inf]),
    )
    same(nl.cross_entropy(x, pl.Series([0, 1])), pl.Series(nl.cross_entropy(SCORES, [0, 1])))
    with pytest.raises(ValueError, match="g of shape"):
        nl.log_softmax_vjp(x, pl.Series([1.0, 2.0, 3.0]))


def test_missing_numbers():
    assert np.isnan(nl.logsumexp(pl.Series([1, None, 2])))
    assert nl.softmax(pl.Series("u", [True, None])).is_nan().all()
    found = nl.softmax(pl.DataFrame({"a": [1, None], "b": [True, None]}))
    assert found["a"].is_nan().to_list() == found["b"].is_nan().to_list() == [False, True]


def test_dtypes():
    x = frame(SCORES).cast(pl.Float32)
    same(nl.log1m_softmax(x), frame(nl.log1m_softmax(SCORES.astype(np.float32))))
    assert nl.logsumexp(x.with_columns(pl.col("a").cast(pl.Int16))).dtype == pl.Float32
    assert nl.logsumexp(frame(np.array([[1, 2]]))).dtype == pl.Float64
    assert nl.softmax(pl.DataFrame({"a": pl.Series([1, None], dtype=pl.Int8)})).dtypes == [
        pl.Float64
    ]
    assert nl.softmax(pl.Series([None, None])).dtype == pl.Float64
    for other in (["one"], [[1.0]], [{"a": 1.0}]):
        with pytest.raises(TypeError, match="column 'a' of x has dtype .*: convert it with cast"):
            nl.softmax(pl.DataFrame({"a": other}))
        with pytest.raises(TypeError, match="^g has dtype"):
            nl.softmax_vjp(pl.Series([1.0]), pl.Series(other))


def test_matrices():
    a, b = SCORES, SCORES.T.copy()
    y = nl.logmatmulexp(a, b)
    same(nl.logmatmulexp(frame(a), frame(b, ["u", "v"])), frame(y, ["u", "v"]))
    same(nl.logmatmulexp(a, frame(b, ["u", "v"])), frame(y, ["u", "v"]))
    same(nl.logmatmulexp(frame(a), b), pl.DataFrame(y))
    same(nl.logmatmulexp(frame(a), pl.Series(a[0])), pl.Series(nl.logmatmulexp(a, a[0])))
    assert nl.logmatmulexp(pl.Series(a[0]), pl.Series(a[0])) == nl.logmatmulexp(a[0], a[0])


def test_gated():
    gate, other = np.array([0.0, 1.0]), SCORES[:, :2] + 1
    given = pl.Series("gate", gate), frame(SCORES), frame(other, ["d", "e"])
    wanted = nl.gated_log_softmax(gate, SCORES, other)
    same(nl.gated_log_softmax(*given), frame(wanted, list("abcde")))
    slope, of_a, of_b = nl.gated_log_softmax_vjp(*given)
    right = nl.gated_log_softmax_vjp(gate, SCORES, other)
    same(slope, pl.Series("gate", right[0]))
    same(of_a, frame(right[1]))
    same(of_b, frame(right[2], ["d", "e"]))
    below = nl.gated_log_softmax(np.zeros(3), frame(SCORES), frame(SCORES), axis=0)
    same(below, frame(nl.gated_log_softmax(np.zeros(3), SCORES, SCORES, axis=0)))
    row = nl.gated_log_softmax(0.0, pl.Series("s", SCORES[0]), pl.Series(SCORES[1]))
    assert row.name == "s" and row.len() == 6
    with pytest.raises(TypeError, match="a and b must both be DataFrames or both be Series"):
        nl.gated_log_softmax(0.0, frame(SCORES), SCORES)


def test_jacobians_are_arrays():
    np.testing.assert_array_equal(
        nl.log1m_softmax_jacobian(frame(SCORES)), nl.log1m_softmax_jacobian(SCORES)
    )


def test_elementwise():
    (x,) = elementwise_inputs("log1mexp", (4,))
    found = nl.log1mexp(pl.Series("r", x))
    same(found, pl.Series("r", nl.log1mexp(x)))


def test_an_array_first():
    x = SCORES
    np.testing.assert_array_equal(
        nl.cross_entropy(x, pl.Series([0, 1])), nl.cross_entropy(x, [0, 1])
    )


def test_errors():
    x = frame(SCORES)
    with pytest.raises(TypeError, match=r"x is of the class LazyFrame: pass x.collect\(\)"):
        nl.softmax(x.lazy())
    with pytest.raises(TypeError, match="g is of the class Expr: pass a Series"):
        nl.softmax_vjp(x, pl.col("a"))
    with pytest.raises(TypeError, match=r"where has missing entries: pass where.fill_null"):
        nl.softmax(x, where=pl.Series([True, None]))
    with pytest.raises(TypeError, match="out must be None where x is a DataFrame"):
        nl.softmax(x, out=SCORES)
