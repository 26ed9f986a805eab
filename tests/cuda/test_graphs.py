"""Calls with out= that CUDA graphs can capture: they launch, and ask for nothing else."""

import contextlib

import numpy as np
import pytest
from on_device import cuda, download
from special import assert_same

import numba_logspace as nl
from numba_logspace._cuda import again, plans

api = cuda.cudadrv.driver.driver
ROWS, LONG = (4, 10), (3, 40_000)

# name -> (shapes of the arrays, whether these have gaps, the call, whether it needs memory).
CALLS = {
    "map": ((ROWS,) * 2, False, lambda x, out, **k: nl.log1m_softmax(x, out=out, **k), False),
    "in place": ((ROWS,), False, lambda x, **k: nl.softmax(x, out=x, **k), False),
    "derivative": (
        (ROWS,) * 3,
        False,
        lambda x, g, out, **k: nl.softmax_vjp(x, g, out=out, **k),
        False,
    ),
    "gaps": ((ROWS,) * 2, True, lambda x, out, **k: nl.log1m_softmax(x, out=out, **k), True),
    "several blocks": (
        (LONG, LONG[:1]),
        False,
        lambda x, out, **k: nl.logsumexp(x, axis=1, out=out, **k),
        True,
    ),
}
each_call = pytest.mark.parametrize("name", CALLS)


def sent(name, stream, seed=0):
    """Arrays for a call, on a stream."""
    rng, (shapes, gaps, _, _) = np.random.default_rng(seed), CALLS[name]
    arrays = [cuda.to_device(rng.normal(size=shape), stream=stream) for shape in shapes]
    return [u[:, ::2] for u in arrays] if gaps else arrays


def by_plan(name, stream):
    """(a call by a plan of calls before, its arrays, what it comes to)."""
    again.PLANS.clear()
    call = CALLS[name][2]
    for _ in range(3):  # that a class is one of CUDA arrays is learned first
        wanted = download(call(*sent(name, stream), stream=stream))
    arrays = sent(name, stream)
    stream.synchronize()
    return lambda: call(*arrays, stream=stream), arrays, wanted


@contextlib.contextmanager
def nothing_asked(monkeypatch):
    """No calls of the driver but the plan's own, whose names are noted."""
    own = []

    def noted(name):
        function = getattr(plans, name)
        return lambda *args: own.append(name) or function(*args)

    def refused(*args):
        raise AssertionError("the driver is asked for something")

    with monkeypatch.context() as patched:
        for name in ("cuLaunchKernel", "cuMemAllocAsync", "cuMemFreeAsync"):
            patched.setattr(plans, name, noted(name))
        for name in [name for name in vars(api) if name.startswith("cu")]:
            patched.setattr(api, name, refused)
        yield own


@each_call
def test_only_launches(name, monkeypatch):
    stream = cuda.stream()
    call, _, wanted = by_plan(name, stream)
    with nothing_asked(monkeypatch) as asked:
        result = call()
    assert_same(download(result), wanted)
    if CALLS[name][3]:
        assert asked[0] == "cuMemAllocAsync" and asked[-1] == "cuMemFreeAsync"
        asked = asked[1:-1]
    assert set(asked) == {"cuLaunchKernel"}


@each_call
def test_captured(name):
    driver = pytest.importorskip("cuda.bindings.driver")
    stream = cuda.stream()
    number = driver.CUstream(int(stream))
    call, arrays, _ = by_plan(name, stream)
    modes = driver.CUstreamCaptureMode
    try:
        driver.cuStreamBeginCapture(number, modes.CU_STREAM_CAPTURE_MODE_GLOBAL)
    except RuntimeError as missing:
        pytest.skip(f"this driver has no graphs: {missing}")
    result = call()
    code, graph = driver.cuStreamEndCapture(number)
    assert code is driver.CUresult.CUDA_SUCCESS
    code, runs = driver.cuGraphInstantiate(graph, 0)
    assert code is driver.CUresult.CUDA_SUCCESS
    others = sent(name, stream, seed=1)
    again.PLANS.clear()
    for array, other in zip(arrays, others, strict=True):
        nl.logaddexp(other, -np.inf, out=array, stream=stream)  # a copy
    driver.cuGraphLaunch(runs, number)
    found = download(result)
    wanted = CALLS[name][2](*others, stream=stream)
    assert_same(found, download(wanted))
