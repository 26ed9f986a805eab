"""DataArrays in and out: dimensions, coordinates and attributes as xarray gives them."""

import numpy as np
import pytest
from every import (
    AXIS,
    ELEMENTWISE,
    ENTRIES,
    OVER_ROWS,
    SHAPE,
    arrays_of,
    as_tuple,
    elementwise_inputs,
    results_of,
)

import numba_logspace as nl

xr = pytest.importorskip("xarray")

DIMS = ("chain", "state", "time")
LABELS = {"chain": list("abcd"), "state": range(5), "time": [0.5, 1.0, 1.5]}


def labelled(array, role):
    dims = DIMS if role == ENTRIES else DIMS[:AXIS] + DIMS[AXIS + 1 :]
    coords = {d: LABELS[d] for d in dims} | {"run": 7}
    return xr.DataArray(array, coords, dims, "score", {"unit": "1"})


def case(name, labels=False):
    arrays = arrays_of(name, labels=labels)
    given = {k: labelled(u, role) for k, (u, role) in arrays.items()}
    wanted = as_tuple(getattr(nl, name)(**{k: u for k, (u, _) in arrays.items()}, axis=AXIS))
    return given, wanted


def expected(array, role):
    if role == "pairs":
        y = labelled(np.zeros(SHAPE), ENTRIES).transpose("chain", "time", "state")
        pairs = y * xr.DataArray(np.zeros(5), dims="state_j")
        return pairs.copy(data=array).rename("score")
    return labelled(array, role)


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("name", OVER_ROWS)
def test_every_function(name, labels):
    given, wanted = case(name, labels)
    found = as_tuple(getattr(nl, name)(**given, axis="state"))
    for y, right, role in zip(found, wanted, results_of(name), strict=True):
        xr.testing.assert_identical(y, expected(right, role))


@pytest.mark.parametrize("name", OVER_ROWS)
def test_the_order_of_dimensions_does_not_matter(name):
    given, wanted = case(name, labels=True)
    turned = {k: u.transpose(*u.dims[1:], u.dims[0]) for k, u in given.items()}
    found = as_tuple(getattr(nl, name)(**turned, axis="state"))
    for y, right, role in zip(found, wanted, results_of(name), strict=True):
        right = expected(right, role)
        xr.testing.assert_allclose(y.transpose(*right.dims), right, rtol=1e-15)
        if role == ENTRIES:
            assert y.dims == next(iter(turned.values())).dims


@pytest.mark.parametrize("name", ["softmax", "logsumexp", "logcumsumexp"])
def test_several_dimensions(name):
    x = labelled(arrays_of(name)["x"][0], ENTRIES)
    right = getattr(nl, name)(x.values, axis=(1, 2))
    np.testing.assert_array_equal(getattr(nl, name)(x, axis=(2, 1)), right)
    found = getattr(nl, name)(x.transpose("time", "state", "chain"), axis=("state", "time"))
    by_number = getattr(nl, name)(x, axis=(1, -1))
    for y in (found.transpose(*by_number.dims), by_number):
        np.testing.assert_allclose(y.values, right, rtol=1e-15)


def test_axes():
    x = labelled(arrays_of("softmax")["x"][0], ENTRIES)
    total = nl.logsumexp(x, axis=None)
    assert total.dims == () and float(total) == nl.logsumexp(x.values, axis=None)
    xr.testing.assert_identical(nl.logsumexp(x, axis="time"), nl.logsumexp(x))
    kept = nl.logsumexp(x, axis="state", keepdims=True)
    xr.testing.assert_identical(kept, x.sum("state", keepdims=True).copy(data=kept.values))
    for axis, error in [("class", ValueError), (3, np.exceptions.AxisError), ((0, 0), ValueError)]:
        with pytest.raises(error):
            nl.softmax(x, axis=axis)


def test_one_dimension_for_losses():
    x = xr.DataArray(np.zeros(3), dims="class")
    for axis in (None, ("class",)):
        for call in (
            lambda axis: nl.cross_entropy(x, 0, axis=axis),
            lambda axis: nl.log_softmax_jacobian(x, axis),
        ):
            with pytest.raises(TypeError, match="axis must be one dimension"):
                call(axis)
    with pytest.raises(np.exceptions.AxisError):
        nl.cross_entropy(x[0], 0)


@pytest.mark.parametrize("keep", [True, False, "default"])
def test_attributes_are_kept_as_by_xarray(keep):
    x = labelled(arrays_of("softmax")["x"][0], ENTRIES)
    with xr.set_options(keep_attrs=keep):
        assert nl.softmax(x).attrs == np.exp(x).attrs
        assert nl.logsumexp(x).attrs == x.sum("time").attrs
        other = x.assign_attrs(unit="2", more=3)
        product = xr.apply_ufunc(np.multiply, x, other)
        assert nl.softmax_vjp(x, other).attrs == product.attrs


def test_broadcasting_and_joining_are_those_of_xarray():
    x = labelled(arrays_of("softmax")["x"][0], ENTRIES)
    weights = xr.DataArray([1.0, 2.0], dims="draw")
    y = nl.softmax_vjp(x, weights * x, axis="state")
    assert y.dims == (*DIMS, "draw")
    np.testing.assert_allclose(y.sel(draw=1).values, nl.softmax_vjp(x.values, 2 * x.values, axis=1))
    part = nl.softmax_vjp(x, x.isel(chain=[1, 2]), axis="state")
    np.testing.assert_array_equal(part.values, nl.softmax_vjp(x.values[1:3], x.values[1:3], axis=1))
    masked = nl.logsumexp(x, axis="state", where=x.state > 1)
    np.testing.assert_allclose(masked.values, nl.logsumexp(x.values[:, 2:], axis=1), rtol=1e-15)


def test_losses_as_one_number():
    given, _ = case("cross_entropy_value_and_grad", labels=True)
    loss, gradient = nl.cross_entropy_value_and_grad(**given, axis="state", reduction="mean")
    values = {k: u.values for k, u in given.items()}
    right = nl.cross_entropy_value_and_grad(**values, axis=1, reduction="mean")
    assert loss.dims == () and float(loss) == right[0]
    xr.testing.assert_identical(gradient, labelled(right[1], ENTRIES))


def test_arrays_beside():
    given, (right,) = case("logsumexp_vjp")
    y = nl.logsumexp_vjp(given["x"], given["g"].values, axis="state")
    np.testing.assert_array_equal(y.values, right)
    with pytest.raises(TypeError, match="g is a ndarray with 1 axes beside a DataArray"):
        nl.logsumexp_vjp(given["x"], np.zeros(3), axis="state")
    with pytest.raises(TypeError, match="x is a ndarray among DataArrays"):
        nl.logsumexp_vjp(given["x"].values, given["g"])


def test_matrices():
    rng = np.random.default_rng(0)
    a = xr.DataArray(rng.standard_normal((2, 3, 4)), dims=("batch", "i", "k"))
    b = xr.DataArray(rng.standard_normal((2, 4, 5)), dims=("batch", "k", "j"))
    y = nl.logmatmulexp(a, b.transpose("j", "batch", "k"))
    assert y.dims == ("batch", "i", "j")
    np.testing.assert_allclose(y.values, nl.logmatmulexp(a.values, b.values), rtol=1e-15)
    one = nl.logmatmulexp(a[0, 0], b[0])
    np.testing.assert_allclose(one.values, y.values[0, 0], rtol=1e-15)
    with pytest.raises(ValueError, match="share the dimension"):
        nl.logmatmulexp(a[0], b[0].rename(k="l"))


def test_gates():
    rng = np.random.default_rng(0)
    a = xr.DataArray(rng.standard_normal((3, 4)), {"label": list("abcd")}, ("row", "label"))
    b = xr.DataArray(rng.standard_normal((3, 2)), {"label": list("ef")}, ("row", "label"))
    gate = xr.DataArray(rng.standard_normal(3), dims="row")
    y = nl.gated_log_softmax(gate, a, b.transpose(), axis="label")
    right = nl.gated_log_softmax(gate.values, a.values, b.values)
    xr.testing.assert_identical(y, xr.DataArray(right, {"label": list("abcdef")}, ("row", "label")))
    found = nl.gated_log_softmax_vjp(gate, a, b, y, axis="label")
    wanted = nl.gated_log_softmax_vjp(gate.values, a.values, b.values, right)
    for one, of, values in zip(found, (gate, a, b), wanted, strict=True):
        xr.testing.assert_identical(one, of.copy(data=values))
    turned = nl.gated_log_softmax(gate, a.transpose(), b, axis="label")
    xr.testing.assert_identical(turned, y.transpose())
    beside = nl.gated_log_softmax_vjp(gate.values, a, b, right, axis="label")
    for one, of in zip(beside, found, strict=True):
        np.testing.assert_array_equal(one.values, of.values)
    assert nl.gated_log_softmax_vjp(0.0, a, b, axis="label")[0].dims == ()


def test_gates_that_do_not_fit():
    a = xr.DataArray(np.zeros((3, 4)), dims=("row", "label"))
    for gate, b, axis, error, message in (
        (0.0, a.values, "label", TypeError, "a and b must both be DataArrays"),
        (0.0, a[0], "label", ValueError, "b must have the dimensions"),
        (a, a, "label", ValueError, "gate must have some of the dimensions .'row',."),
        (np.zeros((3, 1)), a, "label", TypeError, "gate is a ndarray with 2 axes"),
        (0.0, a, ("row", "label"), TypeError, "axis must be one dimension"),
    ):
        with pytest.raises(error, match=message):
            nl.gated_log_softmax(gate, a, b, axis=axis)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_functions_keep_dimensions(name):
    inputs = elementwise_inputs(name, SHAPE)
    found = getattr(nl, name)(*(labelled(u, ENTRIES) for u in inputs))
    xr.testing.assert_identical(found, labelled(getattr(nl, name)(*inputs), ENTRIES))


def test_other_containers():
    x = labelled(arrays_of("softmax")["x"][0], ENTRIES)
    with pytest.raises(TypeError, match="x is a Dataset: pass a DataArray, or .* x.map"):
        nl.softmax(x.to_dataset())
    for other in (x.variable, x.groupby("chain")):
        with pytest.raises(TypeError, match=f"g is a {type(other).__name__}: pass a DataArray$"):
            nl.softmax_vjp(x, other, axis="state")
    with pytest.raises(TypeError, match="out must be None where x is a DataArray"):
        nl.softmax(x, out=np.empty(SHAPE))


def test_numbers_without_axes():
    x = xr.DataArray(3.0)
    assert nl.softmax(x).equals(xr.DataArray(1.0))
    assert nl.logsumexp(x, axis=None).equals(x)


# --- arrays of Dask in them ----------------------------------------------------------------------


def untouchable(x):
    """A DataArray of chunks that must not be computed."""
    data = x.chunk({d: 2 for d in x.dims}).data

    def computed(block):
        raise AssertionError("a block has been computed")

    return x.copy(data=data.map_blocks(computed, dtype=x.dtype, meta=data._meta))


@pytest.mark.parametrize("name", OVER_ROWS)
def test_arrays_of_dask_stay_lazy(name):
    pytest.importorskip("dask", reason="Dask is not installed")
    given, wanted = case(name, labels=True)
    for mine in given:
        some = given | {mine: given[mine].chunk({"chain": 2, "time": 1})}
        found = as_tuple(getattr(nl, name)(**some, axis="state"))
        getattr(nl, name)(**given | {mine: untouchable(given[mine])}, axis="state")
        for y, right, role in zip(found, wanted, results_of(name), strict=True):
            assert y.chunks is not None
            xr.testing.assert_allclose(y.compute(), expected(right, role), rtol=1e-14)


def test_matrices_and_gates_of_dask_stay_lazy():
    pytest.importorskip("dask", reason="Dask is not installed")
    rng = np.random.default_rng(0)
    a = xr.DataArray(rng.standard_normal((2, 3, 4)), dims=("batch", "i", "k"))
    b = xr.DataArray(rng.standard_normal((2, 4, 5)), dims=("batch", "k", "j"))
    product = nl.logmatmulexp(a.chunk({"k": 2}), b)
    assert product.chunks is not None and nl.logmatmulexp(untouchable(a), b).dims == product.dims
    xr.testing.assert_allclose(product.compute(), nl.logmatmulexp(a, b), rtol=1e-14)
    lazy = a.chunk({"i": 2})
    for gate in (0.5, a[:, 0, 0]):
        found = nl.gated_log_softmax_vjp(gate, lazy, 2 * lazy, axis="k")
        for y, right in zip(found, nl.gated_log_softmax_vjp(gate, a, 2 * a, axis="k"), strict=True):
            assert y.chunks is not None
            xr.testing.assert_allclose(y.compute(), right, rtol=1e-13)


def test_arrays_of_dask_beside():
    pytest.importorskip("dask", reason="Dask is not installed")
    x, g = case("softmax_vjp")[0].values()
    with pytest.raises(TypeError, match="arguments must be of one library"):
        nl.softmax_vjp(x, g.chunk().data, axis="state")
