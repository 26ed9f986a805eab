"""The device functions in kernels of their own against the oracle, at any size of block."""

import re
from pathlib import Path

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES, points, regimes
from error import check
from on_device import MORE, cuda
from oracle import ELEMENTWISE, expected
from special import SPECIAL, assert_same

from numba_logspace import cuda as nlc
from numba_logspace._family import named

SHARED = nlc.SHARED
BLOCKS = (32, 64, 96, 256, 1024)
LENGTHS = (1, 2, 31, 32, 33, 100, 1000)
ROWS = sorted(n.removeprefix("warp_") for n in nlc.__all__ if n.startswith("warp_"))
REDUCTIONS = named("reduction")
# Each is a kernel to compile: a few of each kind at once, the others when there is time.
SOON = {
    *(("log1mexp", "float32"), ("log_mix", "float64")),
    *(("block_logsumexp", "float32"), ("block_log1m_softmax", "float32")),
    *(("warp_logmeanexp", "float64"), ("warp_log1m_softmax_vjp", "float32")),
}


def each(names):
    return pytest.mark.parametrize(
        "name, dtype",
        [
            pytest.param(name, dtype, marks=[] if (name, dtype) in SOON else pytest.mark.slow)
            for name in names
            for dtype in DTYPES
        ],
    )


each_row_function = each(f"{kind}_{name}" for kind in ("warp", "block") for name in ROWS)
KERNELS = {}
ENOUGH = 128  # blocks, of which fewer make Numba warn


def elementwise(name, arguments):
    """The results of an elementwise function, one a thread."""
    function = getattr(nlc, name)

    def of_one(x, out):
        i = cuda.grid(1)
        if i < out.size:
            out[i] = function(x[i])

    def of_two(x, y, out):
        i = cuda.grid(1)
        if i < out.size:
            out[i] = function(x[i], y[i])

    def of_three(t, x, y, out):
        i = cuda.grid(1)
        if i < out.size:
            out[i] = function(t[i], x[i], y[i])

    kernel = cuda.jit((of_one, of_two, of_three)[len(arguments) - 1])
    out = cuda.to_device(np.empty_like(arguments[0]))
    kernel[max(ENOUGH, -(-out.size // 128)), 128](*map(cuda.to_device, arguments), out)
    return out.copy_to_host()


def kernel_of(name, dtype):
    """A kernel (x, g, starts, step, out) for a row a block: row r is every step-th of its part."""
    function, kind = getattr(nlc, name), np.dtype(dtype)
    body, block = name.split("_", 1)[1], name.startswith("block")

    def reduce(row, g, out, shared):
        value = function(row, shared) if block else function(row)
        if cuda.threadIdx.x == 0:
            out[0] = value

    def fill(row, g, out, shared):
        if block:
            function(row, out, shared)
        else:
            function(row, out)

    def derive(row, g, out, shared):
        if block:
            function(row, g, out, shared)
        else:
            function(row, g, out)

    call = reduce if body in REDUCTIONS else derive if body.endswith("_vjp") else fill
    call = cuda.jit(device=True)(call)

    def kernel(x, g, starts, step, out):
        shared = cuda.shared.array(SHARED, kind)
        if cuda.blockIdx.x + 1 >= starts.size:
            return
        first, last = starts[cuda.blockIdx.x], starts[cuda.blockIdx.x + 1]
        place = out[first + cuda.blockIdx.x : last + cuda.blockIdx.x + 1]
        call(x[first * step : last * step : step], g[first:last], place, shared)

    return cuda.jit(kernel)


def apply(name, rows, threads, g=None, step=1):
    """The results of a device function for rows, by blocks of so many threads."""
    dtype, reduces = rows[0].dtype, name.split("_", 1)[1] in REDUCTIONS
    if (name, dtype) not in KERNELS:
        KERNELS[name, dtype] = kernel_of(name, dtype)
    starts = np.cumsum([0, *(row.size for row in rows)])
    x = np.append(np.concatenate(rows), dtype.type(0))
    x = np.repeat(x, step)
    for i in range(1, step):
        x[i::step] = np.nan
    g = x if g is None else np.append(np.concatenate(g), dtype.type(0))
    # A place more for each row shows what is written beyond its end, and holds what it reduces to.
    out = cuda.to_device(np.full(starts[-1] + len(rows), 7, dtype))
    arrays = [cuda.to_device(a) for a in (x, g, starts)]
    KERNELS[name, dtype][max(ENOUGH, len(rows)), threads](*arrays, step, out)
    parts = np.split(out.copy_to_host(), (starts + np.arange(len(rows) + 1))[1:-1])
    if reduces:
        return [part[:1] for part in parts]
    assert all(part[-1] == 7 for part in parts)
    return [part[:-1] for part in parts]


def threads_of(name):
    # Several warps of a block each do the whole row, one beside the other.
    return BLOCKS if name.startswith("block") else (32, 128)


@each(ELEMENTWISE)
def test_elementwise(name, dtype):
    args = [np.ascontiguousarray(a[::3]) for a in points(name, DTYPES[dtype])]
    for *point, result in zip(*args, elementwise(name, args), strict=True):
        what = f"{name}{tuple(point)}"
        check(expected(name, *point), result[None], BUDGETS[name] + MORE, what)


@each_row_function
def test_rows(name, dtype):
    rng, body = np.random.default_rng(5), name.split("_", 1)[1]
    rows = [r for rows in regimes(DTYPES[dtype]).values() for r in rows if r.size <= 1000][::3]
    rows = [rng.normal(size=n).astype(dtype) * 9 for n in LENGTHS] + rows
    g = [rng.normal(size=r.size).astype(dtype) for r in rows] if body.endswith("vjp") else None
    if g:
        rows, g = rows[: len(LENGTHS)], g[: len(LENGTHS)]
    exact = [expected(body, row, *([g[i]] if g else [])) for i, row in enumerate(rows)]
    for threads in threads_of(name):
        for step in (1, 3):
            results = apply(name, rows, threads, g, step)
            for row, target, result in zip(rows, exact, results):
                what = f"{name}, {threads} threads, step {step}, row {row[:8]}"
                check(target, result, BUDGETS[body] + MORE, what)


@each_row_function
def test_special_rows(name, dtype):
    body = name.split("_", 1)[1]
    cases = [(np.array(row, dtype), exact) for of, row, exact in SPECIAL if of == body]
    rows, exact = zip((np.array([], dtype), -np.inf if body in REDUCTIONS else []), *cases)
    if not body.endswith("vjp"):
        for threads in threads_of(name)[::3]:
            for result, right in zip(apply(name, rows, threads), exact):
                assert_same(result, right)


@each_row_function
def test_a_row_has_the_same_results_in_any_grid(name, dtype):
    rows = list((np.random.default_rng(6).normal(size=(9, 77)) * 9).astype(dtype))
    whole = apply(name, rows, 32, rows)
    for i in (0, 4, 8):
        assert_same(apply(name, rows[i : i + 1], 32, rows[i : i + 1])[0], whole[i])


def test_a_map_may_write_to_its_own_row():
    @cuda.jit
    def kernel(x):
        shared = cuda.shared.array(SHARED, np.float32)
        row = x[cuda.blockIdx.x]
        nlc.block_log1m_softmax(row, row, shared)

    x = np.random.default_rng(7).normal(size=(ENOUGH, 333)).astype(np.float32)
    device = cuda.to_device(x)
    kernel[ENOUGH, 96](device)
    assert_same(device.copy_to_host(), apply("block_log1m_softmax", list(x), 96))


@pytest.mark.parametrize("name", ["warp_log1m_softmax", "block_log1m_softmax", "block_logsumexp"])
def test_code(name, monkeypatch):
    from types import SimpleNamespace

    from numba.cuda import compile_ptx, dispatcher, float32, int64, void

    device = SimpleNamespace(compute_capability=(9, 0))
    monkeypatch.setattr(dispatcher, "get_current_device", lambda: device)
    signature = void(float32[::1], float32[::1], int64[::1], int64, float32[::1])
    ptx, _ = compile_ptx(kernel_of(name, np.float32).py_func, signature, cc=(9, 0))
    assert ".f64" not in ptx
    assert ".local" not in ptx


def test_the_kernel_of_the_documentation(capsys):
    page = Path(__file__).parents[2] / "docs" / "cuda_kernels.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    exec(code, {"__name__": "example"})  # noqa: S102 - it asserts what it says
