"""Arrays of the array API standard in and out, and what is said to lazy and sparse ones."""

import numpy as np
import pytest
from every import OVER_ROWS, arrays_of, as_tuple

import numba_logspace as nl


@pytest.fixture(scope="module")
def xps():
    return pytest.importorskip("array_api_strict")


@pytest.mark.parametrize("name", OVER_ROWS)
def test_every_function(xps, name):
    arrays = {k: u for k, (u, _) in arrays_of(name).items()}
    given = {k: xps.asarray(u) for k, u in arrays.items()}
    wanted = as_tuple(getattr(nl, name)(**arrays, axis=1))
    found = as_tuple(getattr(nl, name)(**given, axis=1))
    for y, right in zip(found, wanted, strict=True):
        assert type(y) is type(xps.zeros(1))
        np.testing.assert_array_equal(np.asarray(y), right)
        assert y.shape == np.shape(right) and np.asarray(y).dtype == right.dtype


def test_matrices_and_sets(xps):
    a = np.arange(6.0).reshape(2, 3)
    y = nl.logmatmulexp(xps.asarray(a), a.T)
    np.testing.assert_array_equal(np.asarray(y), nl.logmatmulexp(a, a.T))
    y = nl.gated_log_softmax(xps.asarray(0.5), a[0], a[1])
    np.testing.assert_array_equal(np.asarray(y), nl.gated_log_softmax(0.5, a[0], a[1]))


def test_other_arguments(xps):
    x, mask = xps.zeros((2, 3)), xps.asarray([True, False, True])
    assert float(nl.logsumexp(x, axis=None)) == float(nl.logsumexp(np.zeros(6)))
    found = nl.logsumexp(np.zeros((2, 3)), where=mask)
    np.testing.assert_array_equal(np.asarray(found), np.full(2, nl.logsumexp(np.zeros(2))))
    with pytest.raises(TypeError, match="out must be None where x is a Array, got ndarray"):
        nl.softmax(x, out=np.zeros((2, 3)))


class Foreign:
    """An array of a namespace of its own, on a device of its own."""

    def __init__(self, array, device=(1, 0)):
        self.array, self.device = array, device

    def __array_namespace__(self, api_version=None):
        return np.fft

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.device


def test_one_namespace_at_a_time(xps):
    match = "must be of one namespace, beside NumPy arrays, got: x is of array_api_strict, g is of"
    with pytest.raises(TypeError, match=match):
        nl.softmax_vjp(xps.zeros(3), Foreign(np.zeros(3)))


def test_other_devices():
    metal = Foreign(np.zeros(3), device=(8, 0))
    with pytest.raises(TypeError, match=r"x must be in the memory of the CPU, got .* \(8, 0\)"):
        nl.softmax(metal)


def test_lazy_arrays():
    cubed = pytest.importorskip("cubed.array_api")
    x = cubed.zeros((2, 3), chunks=(1, 3))
    for call in (nl.softmax, nl.logsumexp, nl.log_softmax_jacobian):
        with pytest.raises(TypeError, match=r"x is a lazy Array: pass x.compute\(\) instead, or"):
            call(x)
    with pytest.raises(TypeError, match="g is a lazy Array"):
        nl.softmax_vjp(np.zeros((2, 3)), x)
    with pytest.raises(TypeError, match="where is a lazy Array"):
        nl.softmax(np.zeros((2, 3)), where=x > 1)


def test_a_map_over_lazy_blocks():
    cubed = pytest.importorskip("cubed")
    array = np.random.default_rng(0).normal(size=(6, 4))
    x = cubed.from_array(array, chunks=(2, 4), spec=cubed.Spec(allowed_mem="100MB"))
    y = cubed.map_blocks(nl.log1m_softmax, x, dtype=x.dtype)
    np.testing.assert_array_equal(y.compute(), nl.log1m_softmax(array))


def test_sparse_arrays():
    sparse = pytest.importorskip("sparse")
    x = sparse.COO.from_numpy(np.eye(3))
    with pytest.raises(TypeError, match=r"x is a sparse COO: pass x.todense\(\) instead"):
        nl.softmax(x)
    with pytest.raises(TypeError, match=r"where is a sparse COO: pass where.todense\(\) instead"):
        nl.softmax(np.eye(3), where=x > 0)
