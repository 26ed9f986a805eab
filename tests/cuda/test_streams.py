"""Streams on CUDA, what waits for what; the host waits for nothing and touches no device memory."""

import subprocess
import sys
import types

import numpy as np
import pytest
from on_device import Foreign, cuda, download, upload

import numba_logspace as nl
from numba_logspace._cuda import arrays

_X = np.random.default_rng(1).normal(size=(6, 40)).astype(np.float32)
_ARRAYS = {
    "x": _X,
    "labels": np.arange(6),
    "weights": np.ones(6, np.float32),
    "column": np.ones((6, 1), np.float32),
    "mask": np.arange(40) % 3 > 0,
}
CALLS = {
    "map": lambda x, **_: nl.log1m_softmax(x),
    "axis": lambda x, **_: nl.log1m_softmax(x, axis=0),
    "mask": lambda x, mask, **_: nl.logsumexp(x, where=mask),
    "weights": lambda x, column, **_: nl.logsumexp(x, axis=0, b=column, return_sign=True),
    "gradient": lambda x, **_: nl.log1m_softmax_value_and_vjp(x, x),
    "without maximum": lambda x, **_: nl.logsumexp_excluding_max_jvp(x, x),
    "loss": lambda x, labels, weights, **_: nl.cross_entropy_value_and_grad(
        x, labels, weights=weights
    ),
    "mean": lambda x, labels, weights, **_: nl.cross_entropy(
        x, labels, weights=weights, reduction="mean"
    ),
    "elementwise": lambda x, column, **_: nl.logaddexp(x, column, out=x),
    "gate": lambda x, column, **_: nl.gated_log_softmax_vjp(0.5, x, column),
    "jacobian": lambda column, **_: nl.log_softmax_jacobian(column, 0),
    "product": lambda x, weights, **_: nl.logmatmulexp(weights, x),
}


@pytest.mark.parametrize("call", CALLS)
def test_the_host_waits_for_nothing(call, monkeypatch):
    arrays = {name: upload(array) for name, array in _ARRAYS.items()}
    first = CALLS[call](**arrays)  # it compiles, which may wait
    waits = []
    api = cuda.cudadrv.driver.driver
    for name in (
        *("cuCtxSynchronize", "cuStreamSynchronize", "cuEventSynchronize"),
        *("cuMemcpyDtoH", "cuMemcpyDtoHAsync", "cuMemcpyHtoD", "cuMemcpyHtoDAsync"),
    ):
        monkeypatch.setattr(api, name, _noted(getattr(api, name), name, waits), raising=False)
    second = CALLS[call](**arrays)
    assert not waits
    monkeypatch.undo()
    for a, b in zip(*map(_each, (first, second))):
        np.testing.assert_array_equal(a, b)


def _each(result):
    results = download(result)
    return results if isinstance(results, tuple) else (results,)


def _noted(function, name, notes):
    def call(*args):
        notes.append(name)
        return function(*args)

    return call


def test_what_is_noted_is_called(monkeypatch):
    waits, api = [], cuda.cudadrv.driver.driver
    for name in ("cuStreamSynchronize", "cuMemcpyDtoH"):
        monkeypatch.setattr(api, name, _noted(getattr(api, name), name, waits), raising=False)
    x = upload(_X)
    cuda.stream().synchronize()
    x.copy_to_host()
    assert waits == ["cuStreamSynchronize", "cuMemcpyDtoH"]


# --- order ---------------------------------------------------------------------------------------


@pytest.fixture
def orders(monkeypatch):
    """Pairs of streams, by number, of which the second waits for the first."""
    pairs = []

    class Event:
        def record(self, stream):
            self.recorded = _number(stream)

        def wait(self, stream):
            pairs.append((self.recorded, _number(stream)))

    monkeypatch.setattr(arrays.cuda, "event", lambda timing: Event())
    return pairs


def _number(stream):
    return stream if isinstance(stream, int) else int(stream.handle)


def _on(stream, array=_X):
    return Foreign(array, stream=_number(stream))


def test_one_stream_needs_no_order(orders):
    stream = cuda.stream()
    nl.log1m_softmax_vjp(_on(stream), _on(stream))
    nl.log1m_softmax_vjp(_on(1), upload(_X))
    assert orders == []


def test_the_stream_of_x_does_the_work(orders):
    first, second = cuda.stream(), cuda.stream()
    a, b = _number(first), _number(second)
    result = nl.softmax_vjp(_on(first), _on(second))
    # It waits for g, and who uses g next waits for it.
    assert orders == [(b, a), (a, b)]
    assert _number(result.stream) == a


def test_a_given_stream_does_the_work(orders):
    first, second, given = (cuda.stream() for _ in range(3))
    a, b, c = map(_number, (first, second, given))
    out = _on(second, np.zeros_like(_X))
    nl.softmax(_on(first), out=out, stream=given)
    assert orders == [(a, c), (b, c), (c, a), (c, b)]


def test_streams_of_all_kinds():
    stream = cuda.stream()
    number = _number(stream)
    kinds = (
        stream,
        number,
        types.SimpleNamespace(__cuda_stream__=lambda: (0, number)),
        types.SimpleNamespace(cuda_stream=number),
        types.SimpleNamespace(ptr=number),
    )
    for kind in kinds:
        assert arrays.number_of_stream(kind) == number


@cuda.jit
def _fill_slowly(x, value, rounds):
    # Each round needs the last, so that the value comes late.
    total = np.float32(0.0)
    for _ in range(rounds):
        total = total * np.float32(0.5) + np.float32(1.0)
    if total > 0:
        x[cuda.grid(1)] = value


def test_work_waits_for_the_producer():
    first, second, given = (cuda.stream() for _ in range(3))
    x, g = (cuda.to_device(np.zeros(128 * 128, np.float32)) for _ in range(2))
    cuda.synchronize()
    for stream, array, value in ((first, x, 0.25), (second, g, 3.0)):
        _fill_slowly[128, 128, stream](array, value, 20_000)
    placed = [
        Foreign(
            np.zeros((1, 4), np.float32),
            shape=(128, 128),
            strides=None,
            data=a.__cuda_array_interface__["data"],
            stream=_number(s),
        )
        for a, s in ((x, first), (g, second))
    ]
    slope = nl.logsumexp_vjp(placed[0], _first_column(placed[1]), stream=given)
    np.testing.assert_array_equal(slope.copy_to_host(), np.full((128, 128), 3.0 / 128, np.float32))


def _first_column(array):
    interface = array.__cuda_array_interface__ | {"shape": (128,), "strides": (512,)}
    return types.SimpleNamespace(__cuda_array_interface__=interface)


# --- device memory -------------------------------------------------------------------------------

# Headers lie elsewhere, so that the host would fault where it touched an entry.
_SHIFTED = """
import numpy as np
from numba import cuda
import numba_logspace as nl
from numba_logspace._cuda import arrays, engines

header, address_of, far = arrays._header, arrays.address_of, 1 << 50
arrays._header = lambda address, *more: header(address + far, *more)
arrays.address_of = lambda h: address_of(h) - far * bool(h.size)
engines.address_of = arrays.address_of

rng = np.random.default_rng(0)
host = rng.normal(size=(6, 40)).astype(np.float32)
x, labels = cuda.to_device(host), cuda.to_device(np.arange(6))
mask, weights = cuda.to_device(host > 0), cuda.to_device(abs(host[:, 0]))
whole, half = cuda.to_device(np.arange(24).reshape(4, 6)), x[:, ::2]
results = [
    nl.log1m_softmax(x), nl.log1m_softmax(x, axis=0), nl.log1m_softmax(half), nl.softmax(whole),
    nl.logsumexp(x, axis=None), nl.logsumexp(x, where=mask, keepdims=True), nl.logcumsumexp(x),
    nl.logmeanexp(x, where=mask), nl.softmax(x, where=mask),
    *nl.logsumexp(x, b=x, return_sign=True), nl.log1m_softmax_vjp(x, x, where=mask),
    *nl.log1m_softmax_value_and_vjp(x, half[:, :1]), nl.logsumexp_excluding_max_vjp(x, weights),
    *nl.cross_entropy_value_and_grad(x, labels, weights=weights, reduction="mean"),
    *nl.softmax_binary_cross_entropy_value_and_grad(x, mask, reduction="sum"),
    nl.complement_cross_entropy(x, mask), nl.log1m_softmax_hvp(x, None, x),
    nl.log1pexp(x), nl.logaddexp(half, weights[:1]), nl.log1pexp(x, out=x, where=mask),
    nl.gated_log_softmax(weights, x, half), *nl.gated_log_softmax_vjp(0.5, x, half),
    nl.log1m_softmax_jacobian(half), nl.logmatmulexp(weights, x), nl.logmatmulexp(whole, x),
    nl.softmax(x, out=x),
]
for bad in (lambda: nl.softmax(x, out=half), lambda: nl.softmax_vjp(x, whole)):
    try:
        bad()
    except (TypeError, ValueError):
        continue
    raise AssertionError("nothing was refused")
assert all(np.isfinite(r.copy_to_host()).all() for r in results)
print("done")
"""


def test_the_host_touches_no_entry():
    command = [sys.executable, "-W", "error", "-c", _SHIFTED]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
