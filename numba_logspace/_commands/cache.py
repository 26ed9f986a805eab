"""The kernel cache as a whole: fill it ahead of the first calls, and say what is in it."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import numba_logspace

from .._cpu.engines import Map, Reduction, Weighing
from .._cpu.segments import Segments
from .._cpu.workers import limit
from .._family import FAMILY, Function

DTYPES = "float32", "float64"

# Shapes and axes that take each way through memory: one row, rows along the lanes of vectors and
# side by side in them, columns, long columns, and one row shared by threads.
_LAYOUTS = (
    ((10,), 0),
    ((3, 100), 1),
    ((20, 5), 1),
    ((100, 20), 0),
    ((9000, 3), 0),
    ((1 << 16,), 0),
)
# What is in the names of the kernels of segments, whose formulas are those of rows.
_OF_SEGMENTS = "._cpu.segments."
_SMALL = 3  # of these, so many for what makes matrices


# --- the calls whose kernels are wanted ----------------------------------------------------------


def _numbers(shape, dtype):
    return np.linspace(-3.0, -1.0, int(np.prod(shape))).reshape(shape).astype(dtype)


def _rows_of(x, axis):
    return x.take(0, axis)


def _losses(f, x, axis, scores):
    for score in scores:
        for reduction in ("none", "mean"):
            f(x, score, axis, reduction=reduction)


def _targets(x, axis):
    return np.zeros(_rows_of(x, axis).shape, np.int64), np.full_like(x, 1.0 / x.shape[axis])


def _entry_losses(f, x):
    for reduction in ("none", "mean"):
        f(x, np.full_like(x, 0.5), reduction=reduction)


def _segments(f, *arrays):
    n = arrays[0].size
    f(*arrays, offsets=[0, n])
    f(*arrays, np.zeros(n, np.int64))


def _chain(f):
    # Of all dtypes and layouts the kernels are the same; few states have their own.
    for k in (2, 3, 4, 5):
        model = np.zeros(k), np.zeros((k, k)), np.zeros((64, k))
        f(*model[1:] if f is numba_logspace.hmm_backward else model)


_CALLS: dict[str, Callable[[Any, np.ndarray, int], Any]] = {
    "map": lambda f, x, axis: [f(x, axis, workers=k) for k in (None, 2)],
    "scan": lambda f, x, axis: f(x, axis),
    "reduction": lambda f, x, axis: [f(x, axis, workers=k) for k in (None, 2)],
    "vjp": lambda f, x, axis: [f(x, g, axis) for g in (None, x)],
    "value and vjp": lambda f, x, axis: [f(x, g, axis) for g in (None, x)],
    "vjp of a reduction": lambda f, x, axis: [f(x, g, axis) for g in (None, _rows_of(x, axis))],
    "jvp": lambda f, x, axis: f(x, x, axis),
    "jvp of a reduction": lambda f, x, axis: f(x, x, axis),
    "hvp": lambda f, x, axis: [f(x, g, x, axis) for g in (None, x)],
    "loss": lambda f, x, axis: _losses(f, x, axis, _targets(x, axis)),
    "loss and gradient": lambda f, x, axis: _losses(f, x, axis, _targets(x, axis)),
    "class weights": lambda f, x, axis: _losses(f, x, axis, [-x]),
    "class weights and gradient": lambda f, x, axis: _losses(f, x, axis, [-x]),
    "vjp of a scan": lambda f, x, axis: [f(x, g, axis) for g in (None, x)],
    "jvp of a scan": lambda f, x, axis: f(x, x, axis),
    "hvp of a reduction": lambda f, x, axis: [f(x, g, x, axis) for g in (None, _rows_of(x, axis))],
    "hvp of a loss": lambda f, x, axis: [f(x, m, x, axis) for m in _targets(x, axis)],
    "hvp of class weights": lambda f, x, axis: f(x, -x, x, axis),
    "entry loss": lambda f, x, axis: _entry_losses(f, x),
    "entry loss and gradient": lambda f, x, axis: _entry_losses(f, x),
    "hvp of an entry loss": lambda f, x, axis: [
        f(x, np.full_like(x, 0.5), x, reduction=reduction) for reduction in ("none", "mean")
    ],
    "jacobian": lambda f, x, axis: f(x, axis),
    "elementwise": lambda f, x, axis: f(*[x] * f.nin),
    "product": lambda f, x, axis: [f(x, x.T), f(x.T, x), f(x.T, x.T[0] if x.ndim == 1 else x)],
    "chain": lambda f, x, axis: _chain(f),
    "product vjp": lambda f, x, axis: f(x, x.T),
    "product jvp": lambda f, x, axis: f(x, x.T, x, x.T),
    "weighted vjp": lambda f, x, axis: f(x, x, None, axis),
    "weighted jvp": lambda f, x, axis: f(x, x, x, x, axis),
    "gated": lambda f, x, axis: f(0.5, x, x, axis),
    "gated vjp": lambda f, x, axis: f(0.5, x, x, None, axis),
    "segment map": lambda f, x, axis: _segments(f, x.reshape(-1)),
    "segment reduction": lambda f, x, axis: _segments(f, x.reshape(-1)),
    "segment vjp": lambda f, x, axis: [_segments(f, x.reshape(-1), g) for g in (None, x.ravel())],
    "segment vjp of a reduction": lambda f, x, axis: [
        _segments(f, x.reshape(-1), g) for g in (None, x.reshape(-1)[:1])
    ],
}


def _compile(name: str, dtype: str) -> None:
    function, f = FAMILY[name], getattr(numba_logspace, name)
    makes_matrices = function.kind.startswith(("jacobian", "product"))
    for shape, axis in _LAYOUTS[:_SMALL] if makes_matrices else _LAYOUTS:
        _CALLS[function.kind](f, _numbers(shape, dtype), axis)


def fill(names: Sequence[str], dtypes: Sequence[str], workers: int | None) -> float:
    """Compile the kernels of functions, in processes of their own, with a progress bar.

    Returns the seconds that it took.
    """
    # What the other commands of the command line have no use for.
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed

    import tqdm

    tasks = [(name, dtype) for name in names for dtype in dtypes]
    start = time.perf_counter()
    # Not by fork, which would take over whatever threads there are.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers or limit(), len(tasks)), context) as pool:
        running = [pool.submit(_compile, *task) for task in tasks]
        for done in tqdm.tqdm(as_completed(running), total=len(tasks), unit="function"):
            done.result()
    return time.perf_counter() - start


# --- what is cached ------------------------------------------------------------------------------


def _is_of_segments(function: Function) -> bool:
    return isinstance(function.engine, Segments)


def _marks(function: Function) -> list[str]:
    # What the names of its kernels have in them: the names of its formulas.
    engine = function.engine.rows if _is_of_segments(function) else function.engine
    if isinstance(engine, Map):
        parts = [engine.prepare, engine.element]
    elif isinstance(engine, Reduction):
        parts = [engine.reduce]
    elif isinstance(engine, Weighing):
        formulas = engine.formulas
        parts = [formulas.prepare, formulas.settle, formulas.element or formulas.result]
        parts += [formulas.weigh] if formulas.weighs else []
    else:
        parts = [engine] if function.kind == "elementwise" else []
    return [f".{part.__name__}(" for part in parts]


def listing(kernels: list[tuple[str, int]]) -> Iterator[tuple[str, int, int]]:
    """(function, number of kernels, bytes) for each function with kernels, (name, bytes)."""
    left = kernels
    for function in FAMILY.values():
        marks = _marks(function)
        mine = [kernel for kernel in left if marks and all(mark in kernel[0] for mark in marks)]
        mine = [k for k in mine if (_OF_SEGMENTS in k[0]) == _is_of_segments(function)]
        if mine:
            yield function.name, len(mine), sum(size for _, size in mine)
            left = [kernel for kernel in left if kernel not in mine]
    if left:
        yield "others", len(left), sum(size for _, size in left)
