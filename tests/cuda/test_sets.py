"""Gated log-softmax of CUDA arrays: values and gradients, layouts, streams, what is refused."""

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES
from error import Target, check
from flint import ctx
from libraries import LIBRARIES
from on_device import MORE, Foreign, cuda, download, on_cuda, upload
from special import assert_same
from test_gated import GATES, SETS, exact_gradients, exact_value

import numba_logspace as nl

each_dtype = pytest.mark.parametrize("dtype", DTYPES)
values, gradients = on_cuda(nl.gated_log_softmax), on_cuda(nl.gated_log_softmax_vjp)


def numbers(*shape, seed=3, dtype=np.float64):
    return np.random.default_rng(seed).normal(0, 2, shape).astype(dtype)


# --- values --------------------------------------------------------------------------------------


@each_dtype
def test_values(dtype):
    for a, b in SETS:
        # All gates at once: a row each.
        gates = np.array(GATES, dtype)
        sets = [np.tile(np.array(x, dtype), (gates.size, 1)) for x in (a, b)]
        for gate, row, result in zip(gates, zip(*sets), values(gates, *sets), strict=True):
            with ctx.workprec(8000):
                target = Target(exact_value(gate, *row), DTYPES[dtype])
            check(target, result, BUDGETS["gated_log_softmax"] + MORE, f"{gate}, {a}, {b}")


@each_dtype
def test_gradients(dtype):
    for a, b in SETS:
        gates = np.array(GATES, dtype)
        sets = [np.tile(np.array(x, dtype), (gates.size, 1)) for x in (a, b)]
        g = numbers(gates.size, len(a) + len(b), dtype=dtype)
        results = gradients(gates, *sets, g)
        for gate, x, y, w, slope, *others in zip(gates, *sets, g, *results, strict=True):
            with ctx.workprec(8000):
                exact = exact_gradients(gate, x, y, w)
                targets = [Target(found, DTYPES[dtype], scales) for found, scales in exact]
            for target, result in zip(targets, (slope[None], *others), strict=True):
                bound = BUDGETS["gated_log_softmax_vjp"] + MORE
                check(target, result, bound, f"{gate} {x} {y} {w}")


def test_special_gates():
    inf = np.inf
    y = values(np.array([inf, -inf]), np.zeros((2, 2)), np.zeros((2, 1)))
    half = np.log(0.5)
    np.testing.assert_array_equal(y, [[half, half, -inf], [-inf, -inf, 0]])


# --- a gate that rows share ----------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (5,), (1, 5), (700, 1), (1, 1), (1, 1, 1), (700, 1, 1)])
def test_a_gate_for_some_rows(shape):
    a, b, g = (numbers(700, 5, n, seed=n) for n in (3, 2, 5))
    gate = numbers(*shape)
    slope, da, db = gradients(gate, a, b, g)
    assert (slope.shape, da.shape, db.shape) == (shape, a.shape, b.shape)
    # Of each row alone, which another test holds to the exact values, and their sum.
    spread = np.broadcast_to(gate.reshape(gate.shape[:2]), (700, 5)).copy()
    alone, *others = gradients(spread, a, b, g)
    assert_same(da, others[0])
    assert_same(db, others[1])
    owner = np.broadcast_to(np.arange(gate.size).reshape(gate.shape[:2]), (700, 5))
    for i, result in enumerate(slope.flat):
        own = alone[owner == i]
        error = 4 * np.spacing(np.sum(abs(own)))
        assert abs(result - np.sum(own.astype(np.longdouble))) <= error


def test_a_gate_of_python():
    a, b = numbers(4, 3), numbers(4, 2)
    assert_same(values(0.7, a, b), values(np.full(4, 0.7), a, b))
    assert gradients(0.7, a, b)[0].shape == ()


# --- layouts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_axes(axis):
    a, b = numbers(3, 4, 5), numbers(3, 4, 5, seed=4).take(range(2), axis)
    gate = numbers(*np.delete(a.shape, axis))
    right = values(gate, *(np.moveaxis(x, axis, -1).copy() for x in (a, b)))
    y = values(gate, np.asfortranarray(a), b, axis)
    assert_same(np.moveaxis(y, axis, -1), right)
    out = Foreign(np.zeros(y.shape[::-1]).T)
    assert nl.gated_log_softmax(upload(gate), upload(a), upload(b), axis, out=out) is out
    assert_same(download(out), y)
    g = numbers(*y.shape, seed=8)
    moved = [np.moveaxis(x, axis, -1).copy() for x in (a, b, g)]
    for one, of in zip(gradients(gate, a, b, g, axis), gradients(gate, *moved), strict=True):
        # By another team of threads.
        error = 4 * np.spacing(np.max(abs(of)))
        one = np.moveaxis(one, axis, -1) if one.ndim == 3 else one
        np.testing.assert_allclose(one, of, rtol=0, atol=error)


def test_dtypes():
    a, b, gate = numbers(4, 3), numbers(4, 2), numbers(4)
    single = [x.astype(np.float32) for x in (gate, a, b)]
    assert values(*single).dtype == np.float32
    mixed = values(single[0], a, single[2])
    assert_same(mixed, values(*(x.astype(np.float64) for x in (single[0], a, single[2]))))
    slope, da, db = gradients(single[0], a, single[2])
    assert slope.dtype == da.dtype == db.dtype == np.float64
    whole = (a * 3).astype(np.int32)
    assert_same(values(gate, whole, b), values(gate, whole.astype(np.float64), b))


def test_no_rows():
    assert values(np.empty(0), np.empty((0, 3)), np.empty((0, 2))).shape == (0, 5)
    slope, da, db = gradients(np.empty(0), np.empty((0, 3)), np.empty((0, 2)))
    assert (slope.shape, da.shape, db.shape) == ((0,), (0, 3), (0, 2))
    assert_same(gradients(np.float64(1.0), np.empty((0, 3)), upload(np.empty((0, 2))))[0], 0.0)


@pytest.mark.parametrize("name", LIBRARIES)
def test_results_are_of_the_library(name, monkeypatch):
    library = LIBRARIES[name](monkeypatch)
    arrays = numbers(4), numbers(4, 3), numbers(4, 2)
    sent = [library.send(x) for x in arrays]
    y = nl.gated_log_softmax(*sent)
    assert type(y) is type(sent[0])
    assert_same(library.fetched(y), values(*arrays))
    for one, of in zip(nl.gated_log_softmax_vjp(*sent), gradients(*arrays), strict=True):
        assert type(one) is type(sent[0])
        assert_same(library.fetched(one), of)


def test_a_stream():
    stream = cuda.stream()
    arrays = numbers(4), numbers(4, 3), numbers(4, 2)
    sent = [upload(x) for x in arrays]
    y = nl.gated_log_softmax(*sent, stream=stream)
    slope, *_ = nl.gated_log_softmax_vjp(*sent, stream=stream)
    assert int(y.stream.handle) == int(slope.stream.handle) == int(stream.handle)
    stream.synchronize()
    assert_same(download(y), values(*arrays))


# --- what is refused -----------------------------------------------------------------------------

_A, _B, _G = numbers(4, 3), numbers(4, 2), numbers(4)
REFUSED = [
    (lambda d: nl.gated_log_softmax(_G, d(_A), d(_B)), TypeError, "gate is a ndarray while"),
    (lambda d: nl.gated_log_softmax(d(_G), _A, d(_B)), TypeError, "b is a CUDA array"),
    (lambda d: nl.gated_log_softmax(d(_G), _A, _B), TypeError, "gate is a CUDA array"),
    (lambda d: nl.gated_log_softmax(d(_G), d(_A), _B), TypeError, "b is a ndarray while"),
    (lambda d: nl.gated_log_softmax(0.5, d(_A), d(_B), out=np.empty((4, 5))), TypeError, "out is"),
    (lambda d: nl.gated_log_softmax(0.5, d(_A), d(_B), out=d(_A)), ValueError, "out must have the"),
    (lambda d: nl.gated_log_softmax(0.5, d(_A), d(_B), workers=2), TypeError, "workers must be"),
    (lambda d: nl.gated_log_softmax(0.5, _A, _B, stream=0), TypeError, "stream must be None where"),
    (lambda d: nl.gated_log_softmax(d(_G[:3]), d(_A), d(_B)), ValueError, "gate of shape"),
    (lambda d: nl.gated_log_softmax(0.5, d(_A), d(_B[:3])), ValueError, "must have the same shape"),
    (lambda d: nl.gated_log_softmax(0.5, d(_A), d(_B), None), TypeError, "axis must be an int"),
    (lambda d: nl.gated_log_softmax_vjp(0.5, d(_A), d(_B), d(_A)), ValueError, "g of shape"),
    (lambda d: nl.gated_log_softmax_vjp(0.5, d(_A), d(_B), _A), TypeError, "g is a ndarray while"),
]


@pytest.mark.parametrize("call, error, message", REFUSED)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call(upload)


def test_out_that_overlaps():
    both = upload(np.zeros((4, 5)))
    address = both.__cuda_array_interface__["data"]
    a = Foreign(np.zeros((4, 3)), data=address, strides=(40, 8))
    with pytest.raises(ValueError, match="out overlaps a"):
        nl.gated_log_softmax(0.0, a, upload(_B), out=both)
