"""DataFrames and Series in and out, by their labels."""

import numpy as np
import pytest
from every import (
    AXIS,
    ELEMENTWISE,
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

pd = pytest.importorskip("pandas")

SHAPE = SHAPE[:2]
ROW_LABELS, COLUMN_LABELS = list("wxyz"), list("abcde")


def frame(array, dtype=None):
    return pd.DataFrame(array, ROW_LABELS, COLUMN_LABELS, dtype)


def labelled(arrays):
    return {
        name: frame(u) if role == ENTRIES else pd.Series(u, ROW_LABELS)
        for name, (u, role) in arrays.items()
    }


def plain(arrays):
    return {name: u for name, (u, _) in arrays.items()}


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("name", [n for n in OVER_ROWS if "jacobian" not in n])
def test_every_function(name, labels):
    arrays = arrays_of(name, SHAPE, AXIS, labels=labels)
    wanted = as_tuple(getattr(nl, name)(**plain(arrays)))
    found = as_tuple(getattr(nl, name)(**labelled(arrays)))
    for y, right, role in zip(found, wanted, results_of(name), strict=True):
        if role == ROWS:
            pd.testing.assert_series_equal(y, pd.Series(right, ROW_LABELS))
        else:
            pd.testing.assert_frame_equal(y, frame(right))


@pytest.mark.parametrize("name", ["log1m_softmax_vjp", "logsumexp_vjp", "cross_entropy"])
def test_arguments_are_matched_by_their_labels(name):
    given = labelled(arrays_of(name, SHAPE, AXIS, labels=True))
    first, *others = given
    turned = {k: given[k].iloc[::-1] for k in others}
    for right, y in zip(
        as_tuple(getattr(nl, name)(**given)),
        as_tuple(getattr(nl, name)(given[first], **turned)),
        strict=True,
    ):
        assert y.equals(right)
    foreign = {k: given[k].set_axis(range(4), axis=0) for k in others}
    with pytest.raises(ValueError, match="have different labels"):
        getattr(nl, name)(given[first], **foreign)


def test_axes():
    x = frame(arrays_of("softmax", SHAPE, AXIS)["x"][0])
    down = nl.logsumexp(x, axis="index")
    pd.testing.assert_series_equal(
        down, pd.Series(nl.logsumexp(x.to_numpy(), axis=0), COLUMN_LABELS)
    )
    assert nl.logsumexp(x, axis=("index", "columns")) == nl.logsumexp(x.to_numpy(), axis=None)
    pd.testing.assert_frame_equal(nl.softmax(x, axis=0), frame(nl.softmax(x.to_numpy(), axis=0)))
    kept = nl.logsumexp(x, keepdims=True)
    assert kept.shape == (4, 1) and list(kept.index) == ROW_LABELS
    with pytest.raises(np.exceptions.AxisError):
        nl.softmax(x, axis=2)


def test_series():
    x = pd.Series([0.0, 40.0], ["a", "b"], name="score")
    pd.testing.assert_series_equal(
        nl.log_softmax(x), pd.Series(nl.log_softmax(x.to_numpy()), ["a", "b"], name="score")
    )
    assert nl.logsumexp(x) == nl.logsumexp(x.to_numpy())
    value, sign = nl.logsumexp(x, b=pd.Series([1.0, -1.0], ["b", "a"]), return_sign=True)
    assert (value, sign) == nl.logsumexp([0.0, 40.0], b=[-1.0, 1.0], return_sign=True)


def test_losses_as_one_number():
    arrays = labelled(arrays_of("cross_entropy_value_and_grad", SHAPE, AXIS, labels=True))
    loss, gradient = nl.cross_entropy_value_and_grad(**arrays, reduction="mean")
    values = {k: u.to_numpy() for k, u in arrays.items()}
    right = nl.cross_entropy_value_and_grad(**values, reduction="mean")
    assert loss == right[0]
    pd.testing.assert_frame_equal(gradient, frame(right[1]))


def test_labels_in_a_series_beside_an_array():
    logits = np.eye(3)
    found = nl.cross_entropy(logits, pd.Series([0, 1, 2], list("abc")))
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, nl.cross_entropy(logits, [0, 1, 2]))


@pytest.mark.parametrize(
    ("dtype", "result"),
    [
        ("Float64", "Float64"),
        ("Float32", "Float32"),
        ("double[pyarrow]", "double[pyarrow]"),
        ("float[pyarrow]", "float[pyarrow]"),
        ("Int64", "Float64"),
        ("float32", "float32"),
        ("int8", "float64"),
    ],
)
def test_dtypes(dtype, result):
    pytest.importorskip("pyarrow")
    x = frame(np.arange(20).reshape(SHAPE)).astype(dtype)
    exact = (
        np.arange(20).reshape(SHAPE).astype("f4" if "32" in result or "float[" in result else "f8")
    )
    y = nl.log1m_softmax(x)
    assert {str(kind) for kind in y.dtypes} == {result}
    # A frame may lie by columns, which go another way through memory.
    values = y.to_numpy(exact.dtype.type)
    np.testing.assert_array_max_ulp(values, nl.log1m_softmax(exact), 1, exact.dtype)
    assert str(nl.logsumexp(x).dtype) == result


def test_missing_numbers():
    x = frame(np.zeros(SHAPE)).astype("Float64")
    x.loc["x", "a"] = pd.NA
    y = nl.softmax(x)
    assert y.loc["x"].isna().all()
    assert not y.drop(index="x").isna().any(axis=None)
    x = x.astype("Int64")
    assert nl.logsumexp(x).isna().tolist() == [False, True, False, False]


def test_mixed_columns():
    x = pd.DataFrame({"a": [True, False], "b": np.float32([1, 2]), "c": [3, 4]})
    right = nl.softmax(np.array([[1, 1, 3], [0, 2, 4.0]]))
    np.testing.assert_allclose(nl.softmax(x).to_numpy(), right, rtol=1e-15)
    with pytest.raises(TypeError, match="x has dtype"):
        nl.softmax(pd.DataFrame({"a": ["one", "two"]}))


def test_matrices():
    rng = np.random.default_rng(0)
    a, b = frame(rng.standard_normal(SHAPE)), frame(rng.standard_normal(SHAPE)).T
    right = nl.logmatmulexp(a.to_numpy(), b.to_numpy())
    pd.testing.assert_frame_equal(
        nl.logmatmulexp(a, b.iloc[::-1]), pd.DataFrame(right, ROW_LABELS, ROW_LABELS)
    )
    pd.testing.assert_series_equal(
        nl.logmatmulexp(a.loc["w"], b),
        pd.Series(nl.logmatmulexp(a.to_numpy()[0], b.to_numpy()), ROW_LABELS),
    )
    assert type(nl.log_softmax_jacobian(a)) is np.ndarray


def test_gates():
    rng = np.random.default_rng(0)
    a, b = frame(rng.standard_normal(SHAPE)), frame(rng.standard_normal(SHAPE)).iloc[:, :3]
    gate = pd.Series(rng.standard_normal(4), ROW_LABELS, name="gate")
    b = b.rename(columns=str.upper)
    values = gate.to_numpy(), a.to_numpy(), b.to_numpy()
    y = nl.gated_log_softmax(gate.iloc[::-1], a, b)
    pd.testing.assert_frame_equal(
        y, pd.DataFrame(nl.gated_log_softmax(*values), ROW_LABELS, [*COLUMN_LABELS, *"ABC"])
    )
    found = nl.gated_log_softmax_vjp(gate, a, b, y)
    right = nl.gated_log_softmax_vjp(*values, y.to_numpy())
    pd.testing.assert_series_equal(found[0], pd.Series(right[0], ROW_LABELS, name="gate"))
    pd.testing.assert_frame_equal(found[1], frame(right[1]))
    pd.testing.assert_frame_equal(found[2], pd.DataFrame(right[2], ROW_LABELS, b.columns))
    turned = nl.gated_log_softmax_vjp(gate, a, b, y.iloc[::-1, ::-1])
    for one, of in zip(turned, found, strict=True):
        assert one.equals(of)
    down = nl.gated_log_softmax(0.5, a["a"], b["A"].rename(index=str.upper))
    assert list(down.index) == [*ROW_LABELS, *"WXYZ"]
    for other in (b.to_numpy(), b["A"]):
        with pytest.raises(TypeError, match="a and b must both be DataFrames"):
            nl.gated_log_softmax(gate, a, other)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_functions_keep_labels(name):
    inputs = elementwise_inputs(name, SHAPE)
    found = getattr(nl, name)(*(frame(u) for u in inputs))
    pd.testing.assert_frame_equal(found, frame(getattr(nl, name)(*inputs)))


def test_no_other_place_for_results():
    x = frame(np.zeros(SHAPE))
    with pytest.raises(TypeError, match="out must be None where x is a DataFrame, got ndarray"):
        nl.softmax(x, out=np.empty(SHAPE))
    with pytest.raises(TypeError, match="out must be"):
        nl.softmax(np.zeros(SHAPE), out=x)
    with pytest.raises(TypeError, match="stream must be None where x is a DataFrame, got 3"):
        nl.softmax(x, stream=3)


def test_other_objects_of_pandas():
    x = frame(np.eye(*SHAPE))
    for other in (x.groupby("a"), pd.NA):
        with pytest.raises(TypeError, match="g is a .*: pass a Series or a DataFrame"):
            nl.softmax_vjp(x, other)
    index = pd.Index([0.0, 1.0])
    for y in (nl.softmax(index), nl.softmax(index.array)):
        np.testing.assert_array_equal(y, nl.softmax([0.0, 1.0]))
        assert type(y) is np.ndarray
    with pytest.raises(TypeError, match="axis must be an int"):
        nl.cross_entropy(x, pd.Series([0] * 4, ROW_LABELS), axis=())
