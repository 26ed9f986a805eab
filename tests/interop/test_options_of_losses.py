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


def refused(logits, targets, options, convert):
    for name, u in options.items():
        option = converted({name: u}, convert)
        with pytest.raises(TypeError, match=f"{name} of losses must be None where logits is a"):
            nl.cross_entropy(logits, targets, **option)


def test_torch():
    torch = pytest.importorskip("torch")
    x, labels = torch.from_numpy(X), torch.from_numpy(LABELS)
    for convert in (torch.from_numpy, np.asarray):
        found = nl.cross_entropy_value_and_grad(x, labels, **converted(OPTIONS, convert))
        equal(found)
        assert all(isinstance(u, torch.Tensor) for u in found)
    shares = torch.from_numpy(SHARES)
    equal(
        [nl.sigmoid_binary_cross_entropy(x, shares)], [nl.sigmoid_binary_cross_entropy(X, SHARES)]
    )
    x = x.clone().requires_grad_(True)
    refused(x, labels, OPTIONS, torch.from_numpy)
    with pytest.raises(TypeError, match="takes plain arrays alone, got logits as a Tensor"):
        nl.sigmoid_binary_cross_entropy(x, shares)


def test_jax():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64():
        x, labels = jax.numpy.asarray(X), jax.numpy.asarray(LABELS)
        options = converted(OPTIONS, jax.numpy.asarray)
        equal(nl.cross_entropy_value_and_grad(x, labels, **options))

        def traced(name):
            option = {name: options[name]}
            return lambda x: nl.cross_entropy(x, labels, reduction="sum", **option)

        for name in OPTIONS:
            with pytest.raises(TypeError, match=f"{name} of losses must be None where logits"):
                jax.grad(traced(name))(x)


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
    with pytest.raises(TypeError, match="takes plain arrays alone, got logits as a DataFrame"):
        nl.sigmoid_binary_cross_entropy(x, x)


def test_xarray():
    xr = pytest.importorskip("xarray")
    x, labels = xr.DataArray(X, dims=("row", "k")), xr.DataArray(LABELS, dims="row")
    where = xr.DataArray(WHERE, dims="row")
    found = nl.cross_entropy(x, labels, "k", where=where, label_smoothing=0.1)
    expected = nl.cross_entropy(X, LABELS, where=WHERE, label_smoothing=0.1)
    np.testing.assert_array_equal(found, expected)
    refused(x, labels, {"class_weights": WEIGHTS}, lambda u: xr.DataArray(u, dims="k"))
    with pytest.raises(TypeError, match="takes plain arrays alone, got logits as a DataArray"):
        nl.sigmoid_binary_cross_entropy(x, x)


def test_dask():
    da = pytest.importorskip("dask.array")
    x, labels = da.from_array(X, chunks=2), da.from_array(np.abs(LABELS), chunks=2)
    found = nl.cross_entropy(x, labels, label_smoothing=0.1, reduction="mean").compute()
    expected = nl.cross_entropy(X, np.abs(LABELS), label_smoothing=0.1, reduction="mean")
    assert abs(found - expected) <= np.spacing(expected)
    options = {name: OPTIONS[name] for name in ("where", "class_weights")}
    refused(x, labels, options, da.from_array)
    with pytest.raises(TypeError, match="takes plain arrays alone, got logits as a Array"):
        nl.sigmoid_binary_cross_entropy(x, x)


def test_arrays_of_several_libraries():
    torch = pytest.importorskip("torch")
    from scipy import sparse

    with pytest.raises(TypeError, match="arguments must be of one library"):
        nl.cross_entropy(torch.from_numpy(X), sparse.csr_array(SHARES))
