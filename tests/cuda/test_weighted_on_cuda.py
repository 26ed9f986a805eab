"""Derivatives of weighted sums on the GPU: exact values, layouts, masks and places."""

import numpy as np
import pytest
import test_weighted_derivatives as on_cpu
from on_device import MORE, cuda, on_cuda, upload

import numba_logspace as nl

VJP, JVP = on_cuda(nl.weighted_logsumexp_vjp), on_cuda(nl.weighted_logsumexp_jvp)


@pytest.fixture(autouse=True)
def on_device(monkeypatch):
    """Have the checks of NumPy arrays check CUDA arrays."""
    monkeypatch.setattr(on_cpu, "weighted_logsumexp_vjp", VJP)
    monkeypatch.setattr(on_cpu, "weighted_logsumexp_jvp", JVP)
    for name in ("VJP", "JVP"):
        monkeypatch.setattr(on_cpu, name, getattr(on_cpu, name) + MORE)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["mixed signs", "entries of -inf", "a dominant term"])
def test_accuracy(name, dtype):
    on_cpu.test_accuracy(name, dtype)


@pytest.mark.parametrize("name", ["nearly cancelled", "weights that make up for it", "offset"])
def test_accuracy_of_wide_ranges(name):
    on_cpu.test_accuracy_of_wide_ranges(name)


def test_masks_axes_and_shapes():
    rng = np.random.default_rng(3)
    x, t = rng.normal(size=(2, 4, 30, 3)) * 5
    b, s = rng.normal(size=(2, 30, 1))
    where = rng.random(x.shape) < 0.7
    for axis in (-1, (0, 1), None):
        g = rng.normal(size=np.sum(x, axis).shape)
        for cotangent in (None, g):
            given = x[:, ::-1], b[::-1], cotangent, axis
            wanted = nl.weighted_logsumexp_vjp(*given, where=where)
            for found, exact in zip(VJP(*given, where=where), wanted, strict=True):
                assert found.dtype == exact.dtype
                np.testing.assert_allclose(found, exact, rtol=1e-12, atol=1e-15)
        for pair in ((t, s), (None, s), (t, None)):
            given = x, b, *pair, axis
            wanted = nl.weighted_logsumexp_jvp(*given, where=where, keepdims=True)
            found = JVP(*given, where=where, keepdims=True)
            np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-14, strict=True)
    for found in VJP(np.zeros((0, 3)), np.ones(3), None):
        assert not found.any()


def test_out():
    x, b = np.arange(12.0).reshape(3, 4), np.arange(1.0, 5)
    outs = upload(np.zeros((3, 4))), upload(np.zeros(4))
    found = nl.weighted_logsumexp_vjp(upload(x), upload(b), None, out=outs)
    for result, own, exact in zip(found, outs, nl.weighted_logsumexp_vjp(x, b, None), strict=True):
        assert result is own
        np.testing.assert_allclose(own.copy_to_host(), exact, rtol=1e-14)
    out = upload(np.zeros(3))
    assert nl.weighted_logsumexp_jvp(upload(x), upload(b), upload(x), None, out=out) is out
    exact = nl.weighted_logsumexp_jvp(x, b, x, None)
    np.testing.assert_allclose(out.copy_to_host(), exact, rtol=1e-14)


def test_streams_and_errors():
    stream, x = cuda.stream(), np.arange(12.0).reshape(3, 4)
    found = nl.weighted_logsumexp_vjp(upload(x), upload(x), None, stream=stream)
    for values, exact in zip(found, nl.weighted_logsumexp_vjp(x, x, None), strict=True):
        np.testing.assert_allclose(values.copy_to_host(stream=stream), exact, rtol=1e-14)
    with pytest.raises(TypeError, match="b is a ndarray"):
        nl.weighted_logsumexp_vjp(upload(x), x, None)
    with pytest.raises(TypeError, match="t and s must not both be None"):
        nl.weighted_logsumexp_jvp(upload(x), upload(x), None, None)
    with pytest.raises(TypeError, match="stream must be None"):
        nl.weighted_logsumexp_vjp(x, x, None, stream=stream)
