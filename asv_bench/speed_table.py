"""Print the speed tables: ratios to peers and to a memory copy, each row measured in one run.

    python asv_bench/speed_table.py

SciPy, PyTorch and JAX are measured where they are installed. One thread, except in the last table.
"""

import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from benchmarks.common import SHAPES, interleaved, normals
from benchmarks.mixtures import FORMS, of_form, through_matmul
from benchmarks.peers import (
    calls_of_peers,
    published_gradient,
    published_loss_and_gradient,
    special,
    torch,
)

import numba_logspace as nl


def _print_row(cells):
    print("| " + " | ".join(str(c) for c in cells) + " |", flush=True)


def _table(*heading):
    print()
    _print_row(heading)
    _print_row(["---"] * len(heading))


def _against(times, peer):
    return f"{times[peer] / times['ours']:.1f}" if peer in times else "n/a"


def log1m_softmax_table():
    """log1m_softmax against a copy and its peers."""
    _table(
        "log1m_softmax, one thread",
        "dtype",
        "ns per entry",
        "in copies (np.copyto)",
        "PyTorch log_softmax / ours",
        "published PyTorch form / ours",
        "JAX, naive form, jitted / ours",
    )
    for name, (shape, axis) in SHAPES.items():
        for dtype in (np.float32, np.float64):
            x = normals(shape, dtype)
            out = np.zeros_like(x)
            calls = {
                "copy": lambda x=x, out=out: np.copyto(out, x),
                "ours": lambda x=x, out=out, a=axis: nl.log1m_softmax(x, a, out=out, workers=1),
            }
            t = interleaved(calls | calls_of_peers("log1m_softmax", x, axis))
            _print_row(
                [name, np.dtype(dtype).name, f"{t['ours'] / x.size * 1e9:.2f}"]
                + [f"{t['ours'] / t['copy']:.2f}"]
                + [_against(t, peer) for peer in ("PyTorch", "PyTorch, published form", "JAX")]
            )


_LIBRARIES = ("PyTorch", "SciPy")


def family_table():
    """softmax, log_softmax and logsumexp against PyTorch and SciPy."""
    _table("function, one thread", "shape", "dtype", "PyTorch / ours", "SciPy / ours")
    cases = [(n, s, a) for n, (s, a) in SHAPES.items()] + [("100000 x 500", (100_000, 500), -1)]
    for function in ("softmax", "log_softmax", "logsumexp"):
        for name, shape, axis in cases:
            for dtype in (np.float32, np.float64):
                x = normals(shape, dtype)
                ours = getattr(nl, function)
                calls = {"ours": lambda x=x, f=ours, a=axis: f(x, a, workers=1)}
                others = calls_of_peers(function, x, axis)
                calls |= {peer: others[peer] for peer in _LIBRARIES if peer in others}
                t = interleaved(calls, rounds=3)
                row = [function, name, np.dtype(dtype).name]
                _print_row(row + [_against(t, peer) for peer in _LIBRARIES])


def axis_table():
    """The same work along axis 0 and along the last axis."""
    _table("log1m_softmax, the same numbers", "dtype", "axis 0 / last axis")
    for shape in ((1_000, 10_000), (10, 1_000_000)):
        for dtype in (np.float32, np.float64):
            x = normals(shape, dtype)
            y = np.ascontiguousarray(x.T)
            a, b = np.zeros_like(x), np.zeros_like(y)
            t = interleaved(
                {
                    "columns": lambda x=x, a=a: nl.log1m_softmax(x, 0, out=a, workers=1),
                    "rows": lambda y=y, b=b: nl.log1m_softmax(y, -1, out=b, workers=1),
                }
            )
            ratio = t["columns"] / t["rows"]
            _print_row([f"{shape} against {y.shape}", np.dtype(dtype).name, f"{ratio:.2f}"])


def derivatives_table():
    """Gradients, and losses with gradients, against their values and PyTorch's backward pass."""
    _table(
        "derivative, one thread, float32 / float64",
        "shape",
        "its value: derivative / value",
        "published PyTorch form, forward and backward / ours",
    )
    for function in ("softmax", "log_softmax", "log1m_softmax", "loo_logsumexp", "logsumexp"):
        for name, (shape, axis) in SHAPES.items():
            ratios = [_derivative_ratios(function, shape, axis, d) for d in _DTYPES]
            _print_row([f"{function}_vjp", name, *(" / ".join(r) for r in zip(*ratios))])
    for loss in ("cross_entropy", "softmax_binary_cross_entropy"):
        for name in ("10000 x 1000", "1000000 x 10"):
            ratios = [_loss_ratios(loss, SHAPES[name][0], d) for d in _DTYPES]
            _print_row([f"{loss}_value_and_grad", name, *(" / ".join(r) for r in zip(*ratios))])


_DTYPES = (np.float32, np.float64)


def _derivative_ratios(function, shape, axis, dtype):
    x = normals(shape, dtype)
    reduces = function == "logsumexp"
    g = np.ones(np.delete(shape, axis), dtype) if reduces else x * 2
    out, value, vjp = np.zeros_like(x), getattr(nl, function), getattr(nl, f"{function}_vjp")
    options = {} if reduces else {"out": out}
    calls = {
        "value": lambda: value(x, axis, workers=1, **options),
        "ours": lambda: vjp(x, g, axis, out=out, workers=1),
    }
    if torch and function == "log1m_softmax":
        tensors = torch.from_numpy(x), torch.from_numpy(g)
        calls["published"] = lambda: published_gradient(*tensors, axis)
    t = interleaved(calls, rounds=3)
    return f"{t['ours'] / t['value']:.2f}", _against(t, "published")


def _loss_ratios(loss, shape, dtype):
    x = normals(shape, dtype)
    targets, out = np.abs(np.tanh(x)), np.zeros_like(x)
    value, both = getattr(nl, loss), getattr(nl, f"{loss}_value_and_grad")
    calls = {
        "value": lambda: value(x, targets, workers=1),
        "ours": lambda: both(x, targets, out=out, workers=1),
    }
    if torch and loss == "softmax_binary_cross_entropy":
        tensors = torch.from_numpy(x), torch.from_numpy(targets)
        calls["published"] = lambda: published_loss_and_gradient(*tensors, -1)
    t = interleaved(calls, rounds=3)
    return f"{t['ours'] / t['value']:.2f}", _against(t, "published")


def logmatmulexp_table():
    """logmatmulexp against SciPy over all terms at once, and against exp and matmul."""
    _table(
        "logmatmulexp, one thread",
        "dtype",
        "SciPy logsumexp over the temporary / ours",
        "ours / shifted exp and matmul, which underflows",
    )
    for n, form in ((256, "ordinary"), *((64, form) for form in FORMS)):
        for dtype in _DTYPES:
            a, b = of_form(form, n, dtype)
            calls = {"ours": lambda a=a, b=b: nl.logmatmulexp(a, b, workers=1)}
            calls["matmul"] = lambda a=a, b=b: through_matmul(a, b)
            if special:
                calls["scipy"] = lambda a=a, b=b: special.logsumexp(a[:, :, None] + b, axis=1)
            many = {
                name: lambda f=f, n=n: [f() for _ in range(512 // n)] for name, f in calls.items()
            }
            with np.errstate(divide="ignore"):
                t = interleaved(many, 7, time.process_time)
            ratio = f"{t['ours'] / t['matmul']:.1f}"
            name = f"{n} x {n} x {n}, {form}"
            _print_row([name, np.dtype(dtype).name, _against(t, "scipy"), ratio])


def latency_table():
    """One call on ten numbers."""
    _table("one call on 10 numbers, float64", "us", "SciPy logsumexp / ours")
    x = normals(10, np.float64)

    def repeated(f):
        return lambda: [f(x) for _ in range(1000)]

    for function in ("log1m_softmax", "logsumexp", "softmax", "log1m_softmax_vjp", "log1mexp"):
        calls = {"ours": repeated(getattr(nl, function))}
        if special:
            calls["scipy"] = repeated(special.logsumexp)
        t = interleaved(calls)
        _print_row([function, f"{t['ours'] * 1e3:.2f}", _against(t, "scipy")])


def _of_workers(name, shape, axis, dtype):
    x, function = normals(shape, dtype), getattr(nl, name)
    arrays = (x, normals(shape, dtype)) if name.endswith("_vjp") else (x,)
    options = {} if name == "logsumexp" else {"out": np.zeros_like(x)}
    t = interleaved(
        {str(k): lambda k=k: function(*arrays, axis=axis, workers=k, **options) for k in (1, 2)}
    )
    return f"{t['1'] / t['2']:.2f}"


def workers_table():
    """Two threads against one."""
    _table("the time of one worker / of two, by the clock", "float64", "float32")
    for name, shape, axis in (
        ("log1m_softmax", (10_000, 1_000), -1),
        ("log1m_softmax", (1_000, 1_000), -1),
        ("log1m_softmax", (1_000_000, 10), -1),
        ("log1m_softmax", (1, 10_000_000), -1),
        ("log1m_softmax", (3, 1_000_000), -1),
        ("log1m_softmax", (1, 2_000_000), -1),
        ("logsumexp", (1, 2_000_000), -1),
        ("logsumexp", (1, 262_144), -1),
        ("log1m_softmax", (1_000, 10_000), 0),
        ("log1m_softmax", (10, 1_000_000), 0),
        ("log1m_softmax", (26_214, 10), 0),
        ("softmax_vjp", (1_000, 1_000), -1),
        ("softmax_vjp", (1, 4_000_000), -1),
        ("softmax_vjp", (1_000_000, 4), 0),
    ):
        ratios = [_of_workers(name, shape, axis, dtype) for dtype in (np.float64, np.float32)]
        _print_row([f"{name}, {shape}, axis {axis}", *ratios])


def _shrink():
    # A small size of everything: to see that it runs, not how fast.
    for name, (shape, axis) in SHAPES.items():
        SHAPES[name] = tuple(max(2, k // 100) for k in shape), axis


if __name__ == "__main__":
    if "--quick" in sys.argv[1:]:
        _shrink()
    log1m_softmax_table()
    axis_table()
    family_table()
    derivatives_table()
    logmatmulexp_table()
    latency_table()
    workers_table()
