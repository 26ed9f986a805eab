"""Print the tables of docs/jitted.md: short rows in a loop, and what callers take to compile.

    python asv_bench/jitted_table.py

One thread, in time of the processor, which other work on the machine does not count in. Numbers of
rows are beside those of the array function on all rows at once, both in turn. `--quick` takes few
rows.
"""

import subprocess
import sys
import time

import numba
import numpy as np
from benchmarks.common import interleaved

import numba_logspace as nl

QUICK = "--quick" in sys.argv[1:]
ROWS, ROUNDS = (1_000, 3) if QUICK else (100_000, 15)
LENGTH = 10


# --- rows of ten in a loop -----------------------------------------------------------------------


def _loop(text):
    # A jitted loop over rows, of a statement.
    code = f"def loop(x, g, labels, out, values):\n    for i in range(len(x)):\n        {text}\n"
    space = {"nl": nl}
    exec(code, space)
    return numba.njit(space["loop"])


LOOPS = {
    "softmax": "nl.softmax(x[i], out=out[i])",
    "log_softmax": "nl.log_softmax(x[i], out=out[i])",
    "log1m_softmax": "nl.log1m_softmax(x[i], out=out[i])",
    "log1m_softmax_vjp": "nl.log1m_softmax_vjp(x[i], g[i], out=out[i])",
    "logsumexp": "values[i] = nl.logsumexp(x[i])",
    "cross_entropy": "values[i] = nl.cross_entropy(x[i], labels[i])",
}


def _on_all_rows(name, x, g, labels, out):
    function = getattr(nl, name)
    if name == "logsumexp":
        return lambda: function(x, workers=1)
    if name == "cross_entropy":
        return lambda: function(x, labels, workers=1)
    return lambda: function(x, *([g] if "vjp" in name else []), out=out, workers=1)


def rows():
    """Print the table of rows of ten."""
    print("| ns a row of 10, and over the array function | float32 | float64 |\n|---|---|---|")
    rng = np.random.default_rng(0)
    for name, text in LOOPS.items():
        loop, cells = _loop(text), []
        for dtype in ("float32", "float64"):
            x, g = rng.standard_normal((2, ROWS, LENGTH)).astype(dtype)
            labels, out = rng.integers(0, LENGTH, ROWS), np.empty_like(x)
            arrays = x, g, labels, out, np.empty(ROWS, dtype)
            calls = {
                "loop": lambda loop=loop, arrays=arrays: loop(*arrays),
                "array": _on_all_rows(name, x, g, labels, out),
            }
            t = interleaved(calls, ROUNDS, time.process_time)
            cells.append(f"{t['loop'] / ROWS * 1e9:.0f}, {t['loop'] / t['array']:.1f}")
        print(f"| `{name}` | {' | '.join(cells)} |", flush=True)


# --- compile times -------------------------------------------------------------------------------

X = np.linspace(-1.0, 1.0, 12).reshape(3, 4)
LABELS, MASK = np.array([0, 1, 2]), X > 0.0
CALLERS = {
    "`log1m_softmax` of one row": (lambda x: nl.log1m_softmax(x), (X[0],)),
    "of rows, `axis=-1`": (lambda x: nl.log1m_softmax(x), (X,)),
    "of columns, `axis=0`": (lambda x: nl.log1m_softmax(x, axis=0), (X,)),
    "of strided rows": (lambda x: nl.log1m_softmax(x), (X[:, ::2],)),
    "`log1m_softmax_vjp` of one row": (lambda x: nl.log1m_softmax_vjp(x), (X[0],)),
    "of rows": (lambda x: nl.log1m_softmax_vjp(x), (X,)),
    "`cross_entropy` of rows, labels": (lambda x, u: nl.cross_entropy(x, u), (X, LABELS)),
    "the same with `label_smoothing`": (
        lambda x, u: nl.cross_entropy(x, u, label_smoothing=0.1),
        (X, LABELS),
    ),
    "`softmax` of rows": (lambda x: nl.softmax(x), (X,)),
    "with `where`": (lambda x, m: nl.softmax(x, where=m), (X, MASK)),
    "with `where` and `axis=0`": (lambda x, m: nl.softmax(x, axis=0, where=m), (X, MASK)),
    "`logsumexp` of rows": (lambda x: nl.logsumexp(x), (X,)),
    "with `b`": (lambda x, b: nl.logsumexp(x, b=b), (X, X)),
    "`weighted_logsumexp_vjp` of rows": (lambda x, b: nl.weighted_logsumexp_vjp(x, b), (X, X)),
    "`gated_log_softmax`": (lambda g, a, b: nl.gated_log_softmax(g, a, b), (X[:, 0].copy(), X, X)),
    "a function of one line": (lambda x: x + 1.0, (X,)),
}


def seconds_to_compile(name):
    """Of the processor, after what Numba loads with its first function."""
    function, arguments = CALLERS[name]
    numba.njit(lambda x: x + 2.0)(X)
    caller = numba.njit(function)
    start = time.process_time()
    caller(*arguments)
    return time.process_time() - start


def _in_a_new_process(name):
    command = [sys.executable, __file__, "--caller", name]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compile_times():
    """Print the table of callers, each the first one of a process, its kernels on the disk."""
    print("\n| seconds of the processor to compile a caller, float64 | |\n|---|---|")
    for name in list(CALLERS)[:1] if QUICK else CALLERS:
        _in_a_new_process(name)  # which puts the kernels there
        print(f"| {name} | {_in_a_new_process(name):.1f} |", flush=True)


if __name__ == "__main__":
    if "--caller" in sys.argv[1:]:
        print(seconds_to_compile(sys.argv[-1]))
    else:
        rows()
        compile_times()
