"""The device functions for users' kernels: every formula, and rows by warp and by block."""

import re

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES, points, regimes
from error import check
from on_device import MORE, cuda, download, upload
from oracle import MAPS, REDUCTIONS, VJPS, expected
from special import SPECIAL, assert_same

import numba_logspace as nl

nlc = pytest.importorskip("numba_logspace.cuda")

SHARED = nlc.SHARED
OF_MAPS = sorted(MAPS.keys() - {"logcumsumexp"})
OF_ROWS = [*REDUCTIONS, *OF_MAPS, *VJPS]
ELEMENTWISE = [n for n in nlc.__all__ if not n.startswith(("warp_", "block_")) and n != "SHARED"]


def elementwise_kernel(name):
    """A kernel that applies a function of one, two or three numbers."""
    function, inputs = getattr(nlc, name), np_inputs(name)

    def one(x, y, z, out):
        i = cuda.grid(1)
        if i < out.size:
            out[i] = function(x[i])

    def two(x, y, z, out):
        i = cuda.grid(1)
        if i < out.size:
            out[i] = function(x[i], y[i])

    def three(x, y, z, out):
        i = cuda.grid(1)
        if i < out.size:
            out[i] = function(x[i], y[i], z[i])

    return cuda.jit({1: one, 2: two, 3: three}[inputs])


def np_inputs(name):
    """How many numbers the function takes."""
    return getattr(nl, name).nin


def test_names():
    assert set(ELEMENTWISE) == {n for n in nl.__all__ if hasattr(getattr(nl, n), "nin")}
    assert set(dir(nlc)) >= set(nlc.__all__)
    for name in nlc.__all__:
        assert name == "SHARED" or getattr(nlc, name).__doc__


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise(name, dtype):
    of = points(name, DTYPES[dtype])
    arrays = [np.ascontiguousarray(a) for a in of]
    out = cuda.device_array(arrays[0].size, dtype)
    padded = (arrays * 3)[:3]
    blocks = max(128, -(-arrays[0].size // 128))
    elementwise_kernel(name)[blocks, 128](*map(upload, padded), out)
    for *point, result in zip(*arrays, download(out), strict=True):
        check(expected(name, *point), result[None], BUDGETS[name] + MORE, f"{name}{tuple(point)}")


# --- rows ----------------------------------------------------------------------------------------


def row_kernel(team, name, dtype):
    """A kernel in which a block, or its first warp, takes a row of a matrix."""
    function, numba_type = getattr(nlc, f"{team}_{name}"), getattr(np, dtype)

    def block_reduces(x, g, lengths, out):
        r = cuda.blockIdx.x
        if r < lengths.size:
            shared = cuda.shared.array(SHARED, numba_type)
            value = function(x[r, : lengths[r]], shared)
            out[r, cuda.threadIdx.x] = value

    def block_fills(x, g, lengths, out):
        r = cuda.blockIdx.x
        if r < lengths.size:
            shared = cuda.shared.array(SHARED, numba_type)
            n = lengths[r]
            function(x[r, :n], out[r, :n], shared)

    def block_weighs(x, g, lengths, out):
        r = cuda.blockIdx.x
        if r < lengths.size:
            shared = cuda.shared.array(SHARED, numba_type)
            n = lengths[r]
            function(x[r, :n], g[r, :n], out[r, :n], shared)

    def warp_reduces(x, g, lengths, out):
        r = cuda.blockIdx.x
        if r < lengths.size and cuda.threadIdx.x < 32:
            value = function(x[r, : lengths[r]])
            out[r, cuda.threadIdx.x] = value

    def warp_fills(x, g, lengths, out):
        r = cuda.blockIdx.x
        if r < lengths.size and cuda.threadIdx.x < 32:
            n = lengths[r]
            function(x[r, :n], out[r, :n])

    def warp_weighs(x, g, lengths, out):
        r = cuda.blockIdx.x
        if r < lengths.size and cuda.threadIdx.x < 32:
            n = lengths[r]
            function(x[r, :n], g[r, :n], out[r, :n])

    reduces, fills, weighs = {
        "block": (block_reduces, block_fills, block_weighs),
        "warp": (warp_reduces, warp_fills, warp_weighs),
    }[team]
    return cuda.jit(reduces if name in REDUCTIONS else weighs if name in VJPS else fills)


def results_of(kernel, name, rows, cotangents, threads):
    """What the kernel makes of each row: all numbers that its threads have got, or the row."""
    lengths = np.array([row.size for row in rows])
    width = max(threads, lengths.max())
    x, g = (np.zeros((len(rows), width), rows[0].dtype) for _ in range(2))
    for whole, row in zip((*x, *g), (*rows, *cotangents)):
        whole[: row.size] = row
    out = cuda.to_device(np.full_like(x, 7))
    kernel[max(128, len(rows)), threads](upload(x), upload(g), upload(lengths), out)
    for n, values in zip(lengths, download(out)):
        yield values[:n] if name not in REDUCTIONS else values


_BLOCKS = {"block": (32, 96, 1024), "warp": (64,)}
_ALWAYS = [("block", "log1m_softmax"), ("block", "logsumexp"), ("warp", "log_softmax_vjp")]
_ROWS = [
    pytest.param(team, name, marks=[] if (team, name) in _ALWAYS else [pytest.mark.slow])
    for team in _BLOCKS
    for name in OF_ROWS
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("team, name", _ROWS)
def test_rows(team, name, dtype):
    kernel = row_kernel(team, name, dtype)
    rng = np.random.default_rng(1)
    corpus = [r for of in regimes(DTYPES[dtype]).values() for r in of if r.size <= 1000][::3]
    corpus += [rng.normal(size=n).astype(dtype) for n in (1, 2, 31, 32, 33, 100, 1000)]
    cotangents = [rng.normal(size=row.size).astype(dtype) for row in corpus]
    lanes = {"block": None, "warp": 32}[team]
    for threads in _BLOCKS[team]:
        found = results_of(kernel, name, corpus, cotangents, threads)
        for row, g, results in zip(corpus, cotangents, found):
            target = expected(name, row, g) if name in VJPS else expected(name, row)
            if name in REDUCTIONS:
                everyone = results[: lanes or threads]
                assert_same(everyone, np.full_like(everyone, everyone[0]))
                results = everyone[:1]
            check(target, results, BUDGETS[name] + MORE, f"{team}_{name} {threads} {row[:8]}")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("team, name", [p for p in _ROWS if p.values[1] not in VJPS])
def test_special_rows(team, name, dtype):
    cases = [(np.array(row, dtype), exact) for of, row, exact in SPECIAL if of == name]
    rows, exact = zip(*cases)
    found = results_of(row_kernel(team, name, dtype), name, rows, rows, 64)
    for results, right in zip(found, exact):
        assert_same(results[:1] if name in REDUCTIONS else results, np.atleast_1d(right))


def test_rows_of_any_stride():
    @cuda.jit
    def columns(x, out):
        if cuda.blockIdx.x < x.shape[1] and cuda.threadIdx.x < 32:
            out[cuda.blockIdx.x] = nlc.warp_logsumexp(x[::-1, cuda.blockIdx.x])

    x = np.random.default_rng(0).normal(size=(50, 3))
    out = cuda.device_array(3)
    columns[128, 64](upload(x), out)
    for column, result in zip(x.T, download(out)):
        check(expected("logsumexp", column), np.array([result]), BUDGETS["logsumexp"] + MORE, "")


def test_typing_errors():
    @cuda.jit
    def strided(x, out):
        nlc.warp_softmax(x[::2], out)

    @cuda.jit
    def ints(x, out):
        out[0] = nlc.warp_logsumexp(x)

    x = cuda.to_device(np.zeros(64))
    with pytest.raises(TypeError, match="warp_softmax: rows must be contiguous"):
        strided[128, 32](x, cuda.device_array(32))
    with pytest.raises(TypeError, match=re.escape("rows must be all of float32 or all of")):
        ints[128, 32](cuda.to_device(np.arange(3)), x)
