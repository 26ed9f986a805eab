"""Columns on the GPU, which blocks take side by side: all plans, edges of blocks, labels."""

import numpy as np
import pytest
from budgets import BUDGETS
from error import check
from on_device import MORE, on_cuda
from oracle import expected
from special import assert_same

import numba_logspace as nl
from numba_logspace._family import FAMILY

cuda = pytest.importorskip("numba.cuda")
columns = pytest.importorskip("numba_logspace._cuda.columns")
engines = pytest.importorskip("numba_logspace._cuda.engines")
long_columns = pytest.importorskip("numba_logspace._cuda.long_columns")
rng = np.random.default_rng(8)

# (outer, n, inner): a thread a column; two threads and more; blocks that cross from one matrix to
# the next; more columns than fill a GPU; few and long ones.
SHAPES = [(2, 10, 130), (3, 21, 5), (300, 9, 2), (1, 40, 20_000), (1, 2_100, 3)]


@pytest.mark.compiled
@pytest.mark.parametrize("itemsize, held", [(4, 32), (4, 16), (4, 8), (8, 16), (8, 8), (8, 4)])
def test_plans_hold_all_entries_of_a_column(itemsize, held):
    for n in (*range(2, 70), 100, 255, 256, 257, 1000, 1024, 1025, 2048, 4096):
        for count in (1, 100, 3_000, 10**5, 10**9):
            plan = columns.plan(held, itemsize, n, count)
            if plan is None:
                assert n > 512 * held * itemsize // 16
                continue
            width, size, own = plan
            assert size * own >= n and own <= held and width * itemsize >= 16
            assert width * size <= 512 and (size == 1 or width * size % 32 == 0)


_SOON = [("log1m_softmax", "float32", shape) for shape in SHAPES[:2]]


@pytest.mark.parametrize(
    "name, dtype, shape",
    [
        pytest.param(*case, marks=[pytest.mark.slow] * (case not in _SOON))
        for case in (
            *(("log1m_softmax", "float32", shape) for shape in SHAPES),
            ("logsumexp_excluding_max", "float64", SHAPES[1]),
        )
    ],
)
def test_each_column_is_as_a_row(name, dtype, shape):
    x = (rng.normal(size=shape) * 3).astype(dtype)
    # Some need a second look, and those beside them do not.
    x[0, 0, :: shape[2] // 2] += 30
    x[-1, 1, 1] = x[-1, :, 1].max()
    result = np.asarray(on_cuda(getattr(nl, name))(x, axis=1))
    for k in {0, 1, shape[2] // 2, shape[2] - 1}:
        for o in {0, shape[0] - 1}:
            found = np.atleast_1d(result[o, ..., k])
            check(expected(name, x[o, :, k]), found, BUDGETS[name] + MORE, f"{name} {o, k}")


@pytest.mark.slow
def test_equal_columns_have_equal_results_in_any_tile():
    x = np.tile(rng.normal(size=(150, 1)) * 20, (1, 77))
    result = on_cuda(nl.log_softmax)(x, axis=0)
    assert_same(result, np.repeat(result[:, :1], 77, axis=1))


def test_labels_and_gradients_of_columns():
    x = (rng.normal(size=(3, 60, 7)) * 4).astype(np.float32)
    labels = rng.integers(0, 60, size=(3, 7))
    loss, gradient = on_cuda(nl.cross_entropy_value_and_grad)(x, labels, axis=1)
    for o, k in np.ndindex(3, 7):
        row, label, found = x[o, :, k], labels[o, k], gradient[o, :, k].copy()
        exact = expected("cross_entropy", row, np.eye(60, dtype=np.float32)[label])
        check(exact, np.atleast_1d(loss[o, k]), BUDGETS["cross_entropy"] + MORE, f"loss {o, k}")
        # The gradient is the softmax, less 1 at the label.
        exact = expected("softmax", row)
        assert abs(found[label] - (exact.near[label] - 1)) <= 2 * np.finfo(np.float32).eps
        found[label] = exact.near[label]
        check(exact, found, BUDGETS["cross_entropy_value_and_grad"] + MORE, f"gradient {o, k}")


@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
@pytest.mark.parametrize("size", [1, pytest.param(32, marks=pytest.mark.slow)])
def test_long_columns_read_once_for_their_sum(size, dtype):
    # As many columns as need the kernel would take long; so it is launched by itself.
    n, inf = 1200, np.inf
    k = np.arange(n)
    x = np.stack(
        [
            *(step * k for step in (1e-3, -1e-3, 0.1, -0.1, 3.0)),
            *(rng.normal(size=(4, n)) * [[1], [10], [100], [1e30]]),
            np.where(k < 900, -inf, k),
            np.where(k == 700, inf, k),
            np.where(k == 5, np.nan, -inf),
            np.where(k == 1199, 50.0, k % 2),
            np.full(n, -inf),
            np.full(n, 0.1),
        ],
        axis=1,
    ).astype(dtype)
    engine, width = FAMILY["softmax"].engine, 128 // size
    kernel = engines._column_kernel(engine, np.dtype(dtype), True, width, size, 8)
    given, out = cuda.to_device(x.ravel()), cuda.device_array(x.size, dtype)
    kernel[128, 128](given, *4 * [()], out, (), n, x.shape[1], x.shape[1])
    for found, column in zip(out.copy_to_host().reshape(x.shape).T, x.T, strict=True):
        if np.isfinite(column.max()):
            check(expected("softmax", column), found, BUDGETS["softmax"] + MORE, f"{column[:5]}")
        else:
            assert_same(found, nl.softmax(column))
