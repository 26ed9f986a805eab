"""Arrays of bfloat16 from ml_dtypes: computed in float32, rounded once."""

import numpy as np
import pytest
from every import OVER_ROWS, arrays_of, as_tuple

import numba_logspace as nl

ml_dtypes = pytest.importorskip("ml_dtypes")
BFLOAT16 = np.dtype(ml_dtypes.bfloat16)


def half(array):
    return array.astype(BFLOAT16) if array.dtype.kind == "f" else array


def single(array):
    return array.astype(np.float32) if array.dtype == BFLOAT16 else array


@pytest.mark.parametrize("axis", [1, -1])
@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("name", OVER_ROWS)
def test_every_function(name, labels, axis):
    shape = (4, 5, 3) if axis == 1 else (5,)
    arrays = arrays_of(name, shape, axis, labels=labels)
    arrays = {k: half(np.asarray(u)) for k, (u, _) in arrays.items()}
    wanted = getattr(nl, name)(**{k: single(u) for k, u in arrays.items()}, axis=axis)
    for y, right in zip(
        as_tuple(getattr(nl, name)(**arrays, axis=axis)), as_tuple(wanted), strict=True
    ):
        assert y.dtype == BFLOAT16
        np.testing.assert_array_equal(y, np.asarray(right).astype(BFLOAT16))


def test_matrices_and_sets():
    a = half(np.random.default_rng(0).normal(size=(3, 3)))
    for function in (nl.logmatmulexp, lambda a, b: nl.gated_log_softmax(a[0], a, b)):
        y = function(a, a.T)
        assert y.dtype == BFLOAT16
        np.testing.assert_array_equal(y, function(single(a), single(a.T)).astype(BFLOAT16))
    assert nl.logmatmulexp(a, a.astype(np.float16)).dtype == np.float32
    assert nl.logmatmulexp(a, a.astype(np.float64)).dtype == np.float64


def test_out():
    x = half(np.arange(4.0))
    out = np.zeros(4, BFLOAT16)
    assert nl.softmax(x, out=out) is out
    np.testing.assert_array_equal(out, nl.softmax(x))
    with pytest.raises(TypeError, match="out must have the dtype of the result, bfloat16, got"):
        nl.softmax(x, out=np.zeros(4, np.float32))


def test_elementwise_functions_give_float32():
    x = half(-np.arange(1.0, 4))
    assert nl.log1mexp(x).dtype == np.float32
    np.testing.assert_array_equal(nl.log1mexp(x), nl.log1mexp(single(x)))


def test_other_small_dtypes():
    with pytest.raises(TypeError, match="x has dtype float8_e5m2; float16, bfloat16, float32"):
        nl.softmax(np.zeros(3, ml_dtypes.float8_e5m2))
