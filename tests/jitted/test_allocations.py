"""What single rows allocate in jitted code: their results, and nothing else."""

import numpy as np
import pytest
from numba import njit
from numba.core.runtime import _nrt_python, rtsys

import numba_logspace as nl
from numba_logspace._family import FAMILY, named

ROWS = 50


@pytest.fixture
def allocations():
    """A function: how often what a compiled function does has asked for memory."""
    _nrt_python.memsys_enable_stats()

    @njit
    def nothing(x, u, out):
        return 0.0

    def of_call(call, args):
        call(*args)
        before = rtsys.get_allocation_stats().alloc
        call(*args)
        return rtsys.get_allocation_stats().alloc - before

    # Arrays that come from Python cost an allocation each.
    yield lambda call, *args: of_call(call, args) - of_call(nothing, args)
    _nrt_python.memsys_disable_stats()


def _arrays(n, dtype):
    x = np.linspace(-2.0, 1.0, ROWS * n).reshape(ROWS, n).astype(dtype)
    return x, x[::-1].copy(), np.empty_like(x)


def _of_entries(name):
    # Functions that fill `out` row by row: into it, and from what the function returns.
    function, kind = getattr(nl, name), FAMILY[name].kind

    @njit
    def into(x, u, out):
        for i in range(len(x)):
            if kind == "map":
                function(x[i], out=out[i])
            else:
                function(x[i], u[i], out=out[i])

    @njit
    def assigned(x, u, out):
        for i in range(len(x)):
            if kind == "map":
                out[i] = function(x[i])
            else:
                out[i] = function(x[i], u[i])

    return into, assigned


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "name, dtype",
    [(name, dtype) for name in named("map") for dtype in ("float32", "float64")]
    + [(name, "float64") for name in named("vjp", "jvp")],
)
def test_rows_into_out(allocations, name, dtype):
    into, assigned = _of_entries(name)
    for n in (3, 10, 16):
        arrays = _arrays(n, dtype)
        assert allocations(into, *arrays) == 0
        results = arrays[2].copy()
        assert allocations(assigned, *arrays) == ROWS
        assert results.tobytes() == arrays[2].tobytes()


@pytest.mark.parametrize("name", named("reduction"))
def test_reductions(allocations, name):
    function = getattr(nl, name)

    @njit
    def reduce(x, u, out):
        for i in range(len(x)):
            out[i, 0] = function(x[i])

    assert allocations(reduce, *_arrays(10, "float64")) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", named("loss and gradient"))
def test_losses(allocations, name):
    function = getattr(nl, name)

    @njit
    def of_labels(x, u, out):
        total = 0.0
        for i in range(len(x)):
            total += function(x[i], i % 3, weights=0.5, out=out[i])[0]
        return total

    @njit
    def of_soft_targets(x, u, out):
        total = 0.0
        for i in range(len(x)):
            total += function(x[i], u[i], reduction="mean", out=out[i])[0]
        return total

    x, _, out = _arrays(10, "float64")
    u = nl.softmax(x[::-1])
    assert allocations(of_labels, x, u, out) == 0
    assert allocations(of_soft_targets, x, u, out) == 0


def test_masked_rows(allocations):
    @njit
    def rows(x, mask, out):
        for i in range(len(x)):
            nl.log1m_softmax(x[i], where=mask[i], out=out[i])

    x, _, out = _arrays(10, "float64")
    assert allocations(rows, x, x > -1.0, out) == 0
