"""CUDA arrays of all kinds, shapes, strides and dtypes; masks, `out`, and what is refused."""

import itertools

import numpy as np
import pytest
from batches import COPIES
from budgets import BUDGETS
from corpus import DTYPES
from error import check
from libraries import LIBRARIES, Capsuled
from on_device import MORE, Foreign, cuda, download, on_cuda, upload
from oracle import MAPS, REDUCTIONS, expected
from special import FILL, assert_same

import numba_logspace as nl

inf, nan = np.inf, np.nan
each_dtype = pytest.mark.parametrize("dtype", DTYPES)


def numbers(*shape, dtype=np.float64, seed=1):
    return (np.random.default_rng(seed).normal(size=shape) * 3).astype(dtype)


@pytest.fixture(params=LIBRARIES)
def library(request, monkeypatch):
    return LIBRARIES[request.param](monkeypatch)


# --- libraries -----------------------------------------------------------------------------------

_X, _LABELS = numbers(5, 40, dtype=np.float32), np.array([3, 0, 39, 7, 7])
CALLS = {
    "map": lambda x, g, labels: nl.log1m_softmax(x),
    "map with stream": lambda x, g, labels: nl.softmax(x, stream=0),
    "reduction": lambda x, g, labels: nl.logsumexp(x, keepdims=True),
    "number": lambda x, g, labels: nl.logmeanexp(x, axis=None),
    "scan": lambda x, g, labels: nl.logcumsumexp(x),
    "weighted": lambda x, g, labels: nl.logsumexp(x, b=g, return_sign=True),
    "value and gradient": lambda x, g, labels: nl.log1m_softmax_value_and_vjp(x, g),
    "columns": lambda x, g, labels: nl.loo_logsumexp_vjp(x, g, axis=0),
    "labels": lambda x, g, labels: nl.cross_entropy_value_and_grad(x, labels, reduction="mean"),
    "sum": lambda x, g, labels: nl.softmax_binary_cross_entropy(x, labels, reduction="sum"),
}


@pytest.mark.parametrize("call", CALLS)
def test_results_are_of_the_library(call, library):
    arrays = _X, np.roll(_X, 1), _LABELS
    sent = [library.send(a) for a in arrays]
    results = CALLS[call](*sent)
    for result in results if isinstance(results, tuple) else (results,):
        assert type(result) is type(sent[0])
    exact = download(CALLS[call](*map(upload, arrays)))
    for result, right in zip(*(r if isinstance(r, tuple) else (r,) for r in (
        library.fetched(results), exact
    ))):  # fmt: skip
        assert_same(result, right)


def test_dlpack_alone():
    result = nl.log1m_softmax(Capsuled(_X))
    assert type(result) is type(upload(_X))
    assert_same(download(result), on_cuda(nl.log1m_softmax)(_X))
    result = nl.cross_entropy(Capsuled(_X), Capsuled(_LABELS))
    assert_same(download(result), on_cuda(nl.cross_entropy)(_X, _LABELS))


def test_out_is_of_any_library(library):
    x, out = library.send(_X), Foreign(np.zeros_like(_X))
    assert nl.softmax(x, out=out) is out
    assert_same(download(out), on_cuda(nl.softmax)(_X))
    assert nl.softmax(x, out=x) is x
    assert_same(library.fetched(x), on_cuda(nl.softmax)(_X))


# --- shapes and strides --------------------------------------------------------------------------

PLACED = {
    "C order": lambda x: x,
    "Fortran order": np.asfortranarray,
    "turned": lambda x: np.ascontiguousarray(x.transpose(1, 2, 0)).transpose(2, 0, 1),
    "every other": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "backwards": lambda x: np.ascontiguousarray(x[::-1, :, ::-1])[::-1, :, ::-1],
    "many times": lambda x: np.broadcast_to(x[:, :1], x.shape),
}
AXES = (0, 1, -1, (0, 1), (0, 2), (2, 1), None)


def check_all(name, x, result, axis):
    """Check the results of all rows of an array."""
    axes = tuple(range(x.ndim)) if axis is None else np.atleast_1d(axis) % x.ndim
    last = range(x.ndim - len(axes), x.ndim)

    def rows(array):
        moved = np.moveaxis(array, np.sort(axes), last)
        return moved.reshape(-1, np.prod(moved.shape[x.ndim - len(axes) :]))

    results = result.reshape(-1, 1) if name in REDUCTIONS else rows(result)
    for row, values in zip(rows(x), results, strict=True):
        check(expected(name, row), values, BUDGETS[name] + MORE, f"{name}({row[:8]})")


@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("placed", PLACED)
@pytest.mark.parametrize("name", ["log1m_softmax", "logcumsumexp"])
def test_axes(name, placed, axis):
    x = PLACED[placed](numbers(3, 4, 10))
    result = on_cuda(getattr(nl, name))(x, axis=axis)
    assert result.shape == getattr(nl, name)(x, axis=axis).shape
    check_all(name, x, result, axis)


@pytest.mark.parametrize("axis", AXES, ids=str)
def test_keepdims(axis):
    x = numbers(3, 4, 10)
    result = on_cuda(nl.logsumexp)(x, axis=axis, keepdims=True)
    assert result.shape == nl.logsumexp(x, axis=axis, keepdims=True).shape
    check_all("logsumexp", x, result, axis)


@pytest.mark.parametrize("placed", sorted(PLACED.keys() - {"many times"}))
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_out(axis, placed):
    x = numbers(3, 4, 10)
    out = Foreign(PLACED[placed](np.zeros_like(x)))
    assert nl.log1m_softmax(upload(x), axis=axis, out=out) is out
    check_all("log1m_softmax", x, download(out), axis)
    of_rows = Foreign(np.zeros(np.delete(x.shape, axis))[..., ::-1])
    assert nl.logsumexp(upload(x), axis=axis, out=of_rows) is of_rows
    check_all("logsumexp", x, download(of_rows), axis)
    two = upload(np.zeros_like(x)), Foreign(PLACED[placed](np.zeros_like(x)))
    values = nl.log1m_softmax_value_and_vjp(upload(x), axis=axis, out=two)
    assert all(a is b for a, b in zip(values, two))
    check_all("log1m_softmax", x, download(two[0]), axis)


@pytest.mark.parametrize("shape, axis", [((0,), -1), ((3, 0), 1), ((0, 3), 0), ((2, 0, 4), 1)])
@pytest.mark.parametrize("name", MAPS | REDUCTIONS)
def test_empty_axis(name, shape, axis):
    result = on_cuda(getattr(nl, name))(np.empty(shape, np.float32), axis=axis)
    exact = getattr(nl, name)(np.empty(shape, np.float32), axis=axis)
    assert_same(result, exact)


# --- masks ---------------------------------------------------------------------------------------


@each_dtype
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("name", MAPS | REDUCTIONS)
def test_masked_entries_are_absent(name, axis, dtype):
    rng = np.random.default_rng(6)
    rows, mask = numbers(12, 70, dtype=dtype), rng.random((12, 70)) < 0.6
    rows[~mask] = rng.choice([nan, inf, 1e30], size=(~mask).sum())
    x, where = (rows, mask) if axis else (rows.T, mask.T)
    result = on_cuda(getattr(nl, name))(x, axis=axis, where=where)
    results = result if axis or name in REDUCTIONS else result.T
    for row, kept, values in zip(rows, mask, results, strict=True):
        of_kept = values[None] if name in REDUCTIONS else values[kept]
        check(expected(name, row[kept]), of_kept, BUDGETS[name] + MORE, name)
        if name in FILL:
            assert_same(values[~kept], FILL[name])


@pytest.mark.parametrize("name", sorted(REDUCTIONS.keys() | FILL.keys()))
def test_all_masked(name):
    x = np.ones((3, 7), np.float32)
    result = on_cuda(getattr(nl, name))(x, where=np.zeros(7, bool))
    assert result.shape == ((3,) if name in REDUCTIONS else x.shape)
    assert_same(result, FILL.get(name, -inf))


def test_masks_of_derivatives():
    x, g, mask = numbers(6, 50), numbers(6, 50, seed=2), np.arange(50) % 3 > 0
    result = on_cuda(nl.log1m_softmax_vjp)(x, g, where=mask)
    for row, weights, values in zip(x[:, mask], g[:, mask], result[:, mask]):
        target = expected("log1m_softmax_vjp", row, weights)
        check(target, values, BUDGETS["log1m_softmax_vjp"] + MORE, "log1m_softmax_vjp")
    assert not result[:, ~mask].any()


# --- dtypes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint32, np.bool_])
@pytest.mark.parametrize("name", ["log1m_softmax", "logsumexp"])
def test_integers_become_double(name, dtype):
    x = (np.arange(24).reshape(3, 8) % 5 % (2 if dtype is np.bool_ else 5)).astype(dtype)
    function = on_cuda(getattr(nl, name))
    result = function(x)
    assert result.dtype == np.float64
    assert_same(result, function(x.astype(np.float64)))


@cuda.jit
def _halve(x):
    if cuda.grid(1) == 0:
        x[0] = x[0] / 2


def _has_float16():
    x = cuda.to_device(np.ones(1, np.float16))
    try:
        _halve[128, 1](x)
        return x.copy_to_host()[0] == 0.5
    except Exception:  # of whichever library launches
        return False


@pytest.mark.parametrize("name", ["log1m_softmax", "logsumexp", "log1m_softmax_vjp"])
def test_float16_goes_through_float32(name):
    if not _has_float16():
        pytest.skip("this device has no float16")
    x = numbers(7, 40, dtype=np.float16)
    function = on_cuda(getattr(nl, name))
    result = function(x)
    assert result.dtype == np.float16
    with np.errstate(under="ignore"):
        assert_same(result, function(x.astype(np.float32)).astype(np.float16))


# --- what is refused -----------------------------------------------------------------------------

_F = numbers(3, 4)
REFUSED = [
    (lambda d, h: nl.softmax_vjp(d, h), TypeError, "g is a ndarray while other .* CUDA"),
    (lambda d, h: nl.softmax_vjp(h, d), TypeError, "g is a CUDA array"),
    (lambda d, h: nl.softmax(d, out=h), TypeError, "out is a ndarray while"),
    (lambda d, h: nl.softmax(h, out=d), TypeError, "out must be a numpy array"),
    (lambda d, h: nl.softmax(d, where=h > 0), TypeError, "where is a ndarray while"),
    (lambda d, h: nl.cross_entropy(d, [0, 1, 2]), TypeError, "targets is a list while"),
    (lambda d, h: nl.logsumexp(d, b=h), TypeError, "b is a ndarray while"),
    (lambda d, h: nl.softmax(d, workers=2), TypeError, "workers must be None for CUDA arrays"),
    (lambda d, h: nl.softmax(h, stream=0), TypeError, "stream must be None where x is not a CUDA"),
    (lambda d, h: nl.softmax(d, stream="0"), TypeError, "stream must be a CUDA stream or"),
    (lambda d, h: nl.softmax(d, axis=2), np.exceptions.AxisError, "axis 2 is out of bounds"),
    (lambda d, h: nl.softmax(d, where=d), TypeError, "where must be boolean, got dtype float64"),
    (lambda d, h: nl.softmax(Foreign(h, mask=d)), TypeError, "x is a masked array"),
    (lambda d, h: nl.softmax(upload(h + 0j)), TypeError, "x has dtype complex128"),
    (lambda d, h: nl.softmax(d, out=upload(h[:2])), ValueError, "out must have the shape"),
    (lambda d, h: nl.softmax(d, out=upload(h.astype("f4"))), TypeError, "out must have the dtype"),
    (lambda d, h: nl.softmax_vjp(d, upload(h[:2])), ValueError, "g of shape .2, 4. cannot"),
    (lambda d, h: nl.cross_entropy(d, upload(h[:2, 0])), ValueError, "targets of shape .2,."),
]


@pytest.mark.parametrize("call, error, message", REFUSED)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call(upload(_F), _F)


_IDS, _FOUR = np.array([0, 0, 1, 2]), np.arange(4.0)
_MODEL = {"log_initial": _FOUR[:2], "log_transition": np.eye(2), "log_emission": np.ones((3, 2))}
WRONG_AS_ON_THE_CPU = {
    "ids": (nl.segment_softmax, {"x": _FOUR, "segment_ids": _IDS + 0j, "num_segments": 3}),
    "offsets": (nl.segment_logsumexp, {"x": _FOUR, "offsets": _IDS.astype("M8[s]")}),
    "axes of offsets": (nl.segment_logsumexp, {"x": _FOUR, "offsets": _IDS[None]}),
    "lengths": (nl.hmm_loglikelihood, _MODEL | {"lengths": np.array(3 + 0j)}),
    "moves": (nl.hmm_viterbi, _MODEL | {"log_transition": np.eye(3)}),
    "out of a chain": (nl.hmm_forward, _MODEL | {"out": np.ones((3, 2), "f4")}),
    "factors": (nl.logmatmulexp_vjp, {"a": _FOUR, "b": np.eye(3)}),
    "tangent": (nl.logmatmulexp_jvp, {"a": _FOUR, "b": _FOUR, "ta": _FOUR[1:], "tb": None}),
    "weights": (nl.weighted_logsumexp_vjp, {"x": _FOUR, "b": _FOUR[1:], "g": None}),
    "t": (
        nl.sigmoid_binary_cross_entropy_hvp,
        {"logits": _FOUR, "targets": _FOUR / 4, "t": _FOUR[1:]},
    ),
    "where": (nl.logvarexp_vjp, {"x": _FOUR, "where": _FOUR}),
}


@pytest.mark.parametrize("name", WRONG_AS_ON_THE_CPU)
def test_errors_are_those_of_numpy_arrays(name):
    function, given = WRONG_AS_ON_THE_CPU[name]
    with pytest.raises((TypeError, ValueError)) as wanted:
        function(**given)
    with pytest.raises(type(wanted.value)) as found:
        on_cuda(function)(**given)
    assert str(found.value) == str(wanted.value)


def test_memory_is_refused_as_out():
    x = upload(_F)
    address = x.__cuda_array_interface__["data"][0]
    with pytest.raises(ValueError, match="out is read-only"):
        nl.softmax(x, out=Foreign(_F, data=(address, True)))
    with pytest.raises(ValueError, match="out overlaps x"):
        nl.softmax(x, out=Foreign(_F, data=(address + 8, False)))
    with pytest.raises(ValueError, match="several elements in one place"):
        nl.softmax(x, out=Foreign(np.broadcast_to(_F[0], _F.shape)))


# --- as on the CPU -------------------------------------------------------------------------------

_WHERE = np.array([[True, False, True, True], [False] * 4, [True] * 4])
SAME = {
    "labels of floats": (nl.cross_entropy_value_and_grad, (_F, np.array([1.0, 0.0, 3.0])), {}),
    "labels with the axis": (nl.cross_entropy, (_F, np.array([[1], [0], [3]])), {}),
    "weights of 0": (
        nl.softmax_binary_cross_entropy_value_and_grad,
        (np.array([[1, -inf], [nan, 0], [0, 0]]), np.array([1, 0, 0])),
        {"weights": np.array([0.0, 0.0, 2.0])},
    ),
    "absent cotangents": (nl.loo_logsumexp_vjp, (_F,), {"where": _WHERE}),
    "masked value and gradient": (nl.log1m_softmax_value_and_vjp, (_F,), {"where": _WHERE}),
    "cotangents with the axis": (nl.logsumexp_vjp, (_F, np.array([[1.0], [2.0], [3.0]])), {}),
    "weights beside x": (
        nl.logsumexp,
        (np.zeros((4, 1, 2, 1), np.float32), None),
        {"b": np.ones((3, 1, 5))},
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_arguments_mean_the_same(case):
    function, args, options = SAME[case]
    results, exact = on_cuda(function)(*args, **options), function(*args, **options)
    pairs = zip(results, exact) if isinstance(exact, tuple) else [(results, exact)]
    for result, right in pairs:
        assert result.dtype == right.dtype
        np.testing.assert_array_equal(result == 0, right == 0)
        # Of the largest, since gradients are differences.
        largest = 8 * np.spacing(np.max(np.abs(right)))
        np.testing.assert_allclose(result, right, rtol=0, atol=largest)


# --- labels, targets and weights that are wrong --------------------------------------------------

# The host would have to wait for the GPU to raise an error.
WRONG = {
    "labels": (np.array([0, 4, -1, 3, 2]), {}, [1, 2]),
    "fractions": (np.array([0, 1.5, nan, 3, inf]), {}, [1, 2, 4]),
    "targets": (np.where(np.eye(5, 4, -1) > 0, [2, -0.1, nan, 1.5], 0.5), {}, [1, 2, 3, 4]),
    "weights": (np.arange(5) % 4, {"weights": np.array([1, 0, -1, nan, inf])}, [2, 3, 4]),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("name", ["cross_entropy", "softmax_binary_cross_entropy"])
def test_wrong_rows_become_nan(name, axis, wrong):
    targets, options, rows = WRONG[wrong]
    x, good = numbers(5, 4), np.delete(np.arange(5), rows)
    if axis == 0:
        x, targets = x.T, targets.T
    loss, slope = on_cuda(getattr(nl, f"{name}_value_and_grad"))(x, targets, axis, **options)
    assert_same(on_cuda(getattr(nl, name))(x, targets, axis, **options), loss)
    slope = slope if axis else slope.T
    assert np.isnan(loss[rows]).all()
    assert np.isnan(slope[rows]).all()
    assert np.isfinite(loss[good]).all()
    assert np.isfinite(slope[good]).all()
    total = on_cuda(getattr(nl, name))(x, targets, axis, **options, reduction="sum")
    assert np.isnan(total)


def test_wrong_class_weights_become_nan():
    weights = np.where(np.eye(5, 4, -1) > 0, [-1, nan, inf, -0.5], 1.5)
    loss, slope = on_cuda(nl.complement_cross_entropy_value_and_grad)(numbers(5, 4), weights)
    assert_same(np.isnan(loss), np.arange(5) > 0)
    assert_same(np.isnan(slope).all(axis=1), np.arange(5) > 0)


@pytest.mark.parametrize("weights", [np.zeros(5), np.array([1, 2, -1, 1, 1.0]), [1, nan, 1, 1, 1]])
def test_a_mean_of_wrong_weights_is_nan(weights):
    options = {"weights": np.asarray(weights), "reduction": "mean"}
    assert np.isnan(on_cuda(nl.cross_entropy)(numbers(5, 4), np.arange(5) % 4, **options))


@each_dtype
def test_sums_and_means(dtype):
    x, labels, weights = numbers(3000, 4, dtype=dtype), np.arange(3000) % 4, numbers(3000) ** 2
    loss = on_cuda(nl.cross_entropy)(x, labels).astype(np.float64)
    for reduction, scale in (("sum", weights), ("mean", weights / weights.sum())):
        options = {"weights": weights.astype(dtype), "reduction": reduction}
        total = on_cuda(nl.cross_entropy)(x, labels, **options)
        scale = scale.astype(dtype).astype(np.float64)
        spacing = np.finfo(dtype).eps
        assert total.dtype == dtype
        assert abs(total - np.sum(scale * loss)) <= 4 * spacing * total


def test_equal_rows_have_equal_results():
    one = numbers(1, 37, dtype=np.float32)
    result = on_cuda(nl.log1m_softmax)(np.tile(one, (1000 * COPIES, 1)))
    assert_same(result, result[:1])


@pytest.mark.parametrize("pair", list(itertools.permutations(("numba", "stand-in for cupy"))))
def test_arrays_of_different_libraries(pair, monkeypatch):
    first, second = (LIBRARIES[name](monkeypatch) for name in pair)
    result = nl.softmax_vjp(first.send(_X), second.send(np.roll(_X, 1)))
    assert type(result) is type(first.send(_X))
    assert_same(first.fetched(result), on_cuda(nl.softmax_vjp)(_X, np.roll(_X, 1)))
