"""Options of losses, and the loss of single logits, with objects of other libraries."""

import numpy as np
import pytest

import numba_logspace as nl

RNG = np.random.default_rng(0)
X = RNG.normal(0, 2, (4, 3))
LABELS = np.array([0, -1, 2, 1])
WHERE = LABELS >= 0
WEIGHTS = np.array([0.5, 2.0, 1.0])
OPTIONS = {"where": WHERE, "class_weights": WEIGHTS, "label_smoothing": 0.1}
EXPECTED = nl.cross_entropy_value_and_grad(X, LABELS, **OPTIONS)
SHARES = RNG.random((4, 3))


def converted(options, convert):
    """Options with their arrays converted."""
    return {k: convert(u) if isinstance(u, np.ndarray) else u for k, u in options.items()}


def equal(found, expected=EXPECTED):
    for u, v in zip(found, expected, strict=True):
        np.testing.assert_array_equal(np.asarray(u), v)


def test_torch():
    torch = pytest.importorskip("torch")
    x, labels = torch.from_numpy(X), torch.from_numpy(LABELS)
    for convert in (torch.from_numpy, np.asarray):
        found = nl.cross_entropy_value_and_grad(x, labels, **converted(OPTIONS, convert))
        equal(found)
        assert all(isinstance(u, torch.Tensor) for u in found)
    x = x.clone().requires_grad_(True)
    loss = nl.cross_entropy(x, labels, **converted(OPTIONS, torch.from_numpy))
    (gradient,) = torch.autograd.grad(loss.sum(), x)
    equal((loss.detach(), gradient))


def test_jax():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64():
        x, labels = jax.numpy.asarray(X), jax.numpy.asarray(LABELS)
        options = converted(OPTIONS, jax.numpy.asarray)
        equal(nl.cross_entropy_value_and_grad(x, labels, **options))
        found = jax.jit(lambda x: nl.cross_entropy_value_and_grad(x, labels, **options))(x)
        equal(found)


def test_pandas():
    pd = pytest.importorskip("pandas")
    index, columns = list("abcd"), list("xyz")
    x, labels = pd.DataFrame(X, index, columns), pd.Series(LABELS, index)
    where, weights = pd.Series(WHERE, index), pd.Series(WEIGHTS, columns)
    for order in (slice(None), slice(None, None, -1)):
        options = {"where": where[order], "class_weights": weights[order]}
        loss, gradient = nl.cross_entropy_value_and_grad(x, labels, label_smoothing=0.1, **options)
        equal([loss, gradient])
        assert list(loss.index) == index
        assert list(gradient.columns) == columns


def test_xarray():
    xr = pytest.importorskip("xarray")
    x, labels = xr.DataArray(X, dims=("row", "k")), xr.DataArray(LABELS, dims="row")
    options = {"where": xr.DataArray(WHERE, dims="row")}
    options["class_weights"] = xr.DataArray(WEIGHTS, dims="k")
    equal(nl.cross_entropy_value_and_grad(x, labels, "k", label_smoothing=0.1, **options))


def test_dask():
    da = pytest.importorskip("dask.array")
    x, labels = da.from_array(X, chunks=2), da.from_array(LABELS, chunks=2)
    equal(nl.cross_entropy_value_and_grad(x, labels, **converted(OPTIONS, da.from_array)))
    labels = da.from_array(np.abs(LABELS), chunks=2)
    found = nl.cross_entropy(x, labels, label_smoothing=0.1, reduction="mean").compute()
    expected = nl.cross_entropy(X, np.abs(LABELS), label_smoothing=0.1, reduction="mean")
    assert abs(found - expected) <= np.spacing(expected)


def test_arrays_of_several_libraries():
    torch = pytest.importorskip("torch")
    from scipy import sparse

    with pytest.raises(TypeError, match="arguments must be of one library"):
        nl.cross_entropy(torch.from_numpy(X), sparse.csr_array(SHARES))
