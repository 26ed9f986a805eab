"""Elementwise functions of CUDA arrays: values, layouts, dtypes, `out`, `where`, errors."""

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES, points
from error import check
from libraries import LIBRARIES, Capsuled
from on_device import MORE, Foreign, cuda, download, on_cuda, upload
from oracle import ELEMENTWISE, expected
from partial_oracle import worst_error
from special import ELEMENTS, assert_same

import numba_logspace as nl
from numba_logspace import partials
from numba_logspace._family.partials import PARTIALS

# Each is a kernel to compile: some at once, the others when there is time.
SOON = {("log1mexp", "float32"), ("kl_div", "float64"), ("log_mix", "float32")}
each_function = pytest.mark.parametrize(
    "name, dtype",
    [
        pytest.param(name, dtype, marks=[] if (name, dtype) in SOON else pytest.mark.slow)
        for name in ELEMENTWISE
        for dtype in DTYPES
    ],
)


def numbers(*shape, dtype=np.float32, seed=1):
    return (np.random.default_rng(seed).normal(size=shape) * 3).astype(dtype)


_X, _Y = numbers(3, 4, 6), numbers(3, 4, 6, seed=2)


# --- values --------------------------------------------------------------------------------------


@each_function
def test_values(name, dtype):
    args = [np.ascontiguousarray(a[::2]) for a in points(name, DTYPES[dtype])]
    for *point, result in zip(*args, on_cuda(getattr(nl, name))(*args), strict=True):
        what = f"{name}{tuple(point)}"
        check(expected(name, *point), result[None], BUDGETS[name] + MORE, what)


@each_function
def test_special_values(name, dtype):
    cases = [(args, exact) for of, args, exact in ELEMENTS if of == name]
    args = [np.array(column, dtype) for column in zip(*(args for args, _ in cases), strict=True)]
    assert_same(on_cuda(getattr(nl, name))(*args), [exact for _, exact in cases])


@pytest.mark.parametrize("name", ["log1mexp_dx", "logaddexp_dxy"])
def test_derivatives(name):
    parent, _, order = name.rpartition("_")
    args = [np.ascontiguousarray(a[::40]) for a in points(parent, np.float64)]
    results = on_cuda(getattr(partials, name))(*args)
    error, point = worst_error(parent, order, args, results)
    assert error <= PARTIALS[name].ulp + MORE, f"{name}{tuple(point)}: {error:.4g} ulp"


# --- layouts and dtypes: equal entries have equal results ------------------------------


def right(function, *args, **options):
    """The results of contiguous arrays of the dtype of the results."""
    exact = function(*args, **options)
    args = np.broadcast_arrays(*(np.asarray(a) for a in args))
    args = [np.ascontiguousarray(a, exact.dtype).reshape(exact.shape) for a in args]
    return on_cuda(function)(*args)


PLACED = {
    "C order": (_X, _Y),
    "Fortran order": (np.asfortranarray(_X), np.asfortranarray(_Y)),
    "different orders": (np.asfortranarray(_X), _Y),
    "every other": (np.repeat(_X, 2, axis=-1)[..., ::2], _Y),
    "backwards": (_X[:, ::-1], _Y[..., ::-1]),
    "a row": (_X, _Y[1, 2]),
    "a column": (_X[:, :, :1], _Y[1, 2]),
    "a number": (_X, 0.3),
    "a number of NumPy": (np.float32(0.3), _Y),
    "without axes": (np.array(0.3, np.float32), np.array(2.0, np.float32)),
    "no entries": (np.empty((3, 0), np.float32), np.empty(0, np.float32)),
    "eight axes": (
        np.repeat(numbers(2, 3, 1, 2, 2, 1, 2, 2), 2, axis=4).transpose()[:, :, ::-1, ::2],
        numbers(2, 1, 3, 2),
    ),
}


@pytest.mark.parametrize("placed", PLACED)
def test_layouts(placed):
    args = PLACED[placed]
    result = on_cuda(nl.logaddexp)(*args)
    assert_same(result, right(nl.logaddexp, *args))


_NUMBERS = {
    "single and double": (_X, _Y.astype(np.float64)),
    "int8 and single": (_X.astype(np.int8), _Y),
    "int32 and single": (_X.astype(np.int32), _Y),
    "integers": (_X.astype(np.int64), _Y.astype(np.uint8)),
    "bool": (_X > 0, _Y > 0),
    "int64 and a float": (_X.astype(np.int64), 0.5),
    "single and a double of NumPy": (_X, np.float64(0.3)),
    "single and bool": (_X, True),
    "of Python": (_X, 3),
}


@pytest.mark.parametrize("kinds", _NUMBERS)
def test_dtypes_are_those_of_numpy(kinds):
    args = _NUMBERS[kinds]
    result = on_cuda(nl.logaddexp)(*args)
    assert result.dtype == nl.logaddexp(*args).dtype
    assert_same(result, right(nl.logaddexp, *args))


# --- out and where -------------------------------------------------------------------------------


@pytest.mark.parametrize("by_name", [True, False])
def test_out(by_name):
    out = Foreign(np.zeros((2, 3, 4, 6), np.float64)[..., ::-1])
    args = upload(_X), upload(_Y)
    result = nl.logaddexp(*args, out=(out,)) if by_name else nl.logaddexp(*args, out)
    assert result is out
    exact = on_cuda(nl.logaddexp)(_X, _Y).astype(np.float64)
    assert_same(download(out), np.broadcast_to(exact, (2, 3, 4, 6)))


def test_out_may_be_an_input():
    exact = on_cuda(nl.logaddexp)(_X, _Y)
    for k in range(2):
        args = upload(_X), upload(_Y)
        assert nl.logaddexp(*args, out=args[k]) is args[k]
        assert_same(download(args[k]), exact)


def _moved(array, entries, shape):
    interface = array.__cuda_array_interface__
    address = interface["data"][0] + 4 * entries
    return Foreign(np.zeros(shape, np.float32), data=(address, False))


@pytest.mark.parametrize("masked", [False, True])
def test_out_that_overlaps_an_input(masked):
    x, mask = numbers(5000), np.arange(4000) % 3 > 0
    device = upload(x)
    options = {"where": upload(mask)} if masked else {}
    nl.log1pexp(_moved(device, 0, 4000), out=_moved(device, 700, 4000), **options)
    exact = on_cuda(nl.log1pexp)(x)[:4000]
    assert_same(download(device)[700:4700], np.where(mask | (not masked), exact, x[700:4700]))


def test_where_keeps_the_others():
    mask, out = _X[:, :1] > 0, upload(np.full_like(_X, 7))
    assert nl.logaddexp(upload(_X), upload(_Y), out=out, where=upload(mask)) is out
    exact = on_cuda(nl.logaddexp)(_X, _Y)
    assert_same(download(out), np.where(mask, exact, np.float32(7)))


# --- libraries and streams -----------------------------------------------------------------------


@pytest.mark.parametrize("name", LIBRARIES)
def test_results_are_of_the_library(name, monkeypatch):
    library = LIBRARIES[name](monkeypatch)
    x, y = library.send(_X), library.send(_Y)
    exact = on_cuda(nl.logaddexp)(_X, _Y)
    for result in (nl.logaddexp(x, y), nl.logaddexp(x, y, stream=0), nl.logaddexp(x, y, out=x)):
        assert type(result) is type(x)
        assert_same(library.fetched(result), exact)


def test_dlpack_alone():
    assert_same(download(nl.log1pexp(Capsuled(_X))), on_cuda(nl.log1pexp)(_X))


def test_a_stream():
    stream = cuda.stream()
    result = nl.log1pexp(upload(_X), stream=stream)
    assert int(result.stream.handle) == int(stream.handle)
    stream.synchronize()
    assert_same(download(result), on_cuda(nl.log1pexp)(_X))


def test_methods_and_plain_calls_are_those_of_numpy():
    assert type(nl.log1mexp) is np.ufunc
    x = -abs(_X)
    assert_same(nl.log1mexp(x.tolist()).astype("f4"), nl.log1mexp(x.astype("f8")).astype("f4"))
    assert nl.logaddexp.reduce(x, axis=None) == pytest.approx(nl.logsumexp(x, axis=None))


# --- what is refused -----------------------------------------------------------------------------

REFUSED = [
    (lambda d, h: nl.logaddexp(d, h), TypeError, "y is a ndarray while other .* CUDA"),
    (lambda d, h: nl.logaddexp(h, d), TypeError, "x is a ndarray while other .* CUDA"),
    (lambda d, h: nl.logaddexp(d, [1.0]), TypeError, "y is a list while other"),
    (lambda d, h: nl.logaddexp(h, h, out=d), TypeError, "x is a ndarray while other"),
    (lambda d, h: nl.logaddexp(d, d, out=h), TypeError, "out is a ndarray while"),
    (lambda d, h: nl.logaddexp(d, d, where=h > 0), TypeError, "where is a ndarray while"),
    (lambda d, h: nl.logaddexp(d, d, where=d), TypeError, "where must be boolean, got"),
    (lambda d, h: nl.logaddexp(h, h, where=upload(h > 0)), TypeError, "x is a ndarray while"),
    (lambda d, h: nl.log1pexp(d, dtype="f4"), TypeError, "takes no dtype for CUDA arrays"),
    (lambda d, h: nl.log1pexp(d, stream="0"), TypeError, "stream must be a CUDA stream or"),
    (lambda d, h: nl.log1pexp(h, stream=0), TypeError, "unexpected keyword argument 'stream'"),
    (lambda d, h: nl.log1pexp(), TypeError, "from 1 to 2 positional arguments"),
    (lambda d, h: nl.log1pexp(d, d, d), TypeError, "takes 1 inputs and out, got 3"),
    (lambda d, h: nl.log1pexp(d, d, out=d), TypeError, "got out twice"),
    (lambda d, h: nl.log1pexp(d, out=(d, d)), ValueError, "a tuple of one, got 2"),
    (lambda d, h: nl.log1pexp(upload(h + 0j)), TypeError, "not supported for the input types|com"),
    (lambda d, h: nl.logaddexp(d, 1j), TypeError, "not supported for the input types|complex"),
    (lambda d, h: nl.logaddexp(d, upload(h[:2])), ValueError, "inputs must broadcast together"),
    (lambda d, h: nl.log1pexp(d, out=upload(h[:2])), ValueError, "out must have a shape"),
    (lambda d, h: nl.log1pexp(d, out=upload(h[0])), ValueError, "out must have a shape"),
    (lambda d, h: nl.log1pexp(d, out=upload(h > 0)), TypeError, "out must have a dtype"),
    (lambda d, h: nl.log1pexp(Foreign(h, mask=d)), TypeError, "x is a masked array"),
]


@pytest.mark.parametrize("call, error, message", REFUSED)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call(upload(_X), _X)


def test_memory_is_refused_as_out():
    x = upload(_X)
    address = x.__cuda_array_interface__["data"][0]
    with pytest.raises(ValueError, match="out is read-only"):
        nl.log1pexp(x, out=Foreign(_X, data=(address, True)))
    with pytest.raises(ValueError, match="several elements in one place"):
        nl.log1pexp(x, out=Foreign(np.broadcast_to(_X[0], _X.shape)))


def test_what_requires_a_gradient_is_refused(monkeypatch):
    tensor = LIBRARIES["stand-in for torch"](monkeypatch).send(_X)
    tensor.requires_grad = True
    with pytest.raises(TypeError, match=r"x requires a gradient.*x.detach\(\)"):
        nl.log1pexp(tensor)
    with pytest.raises(TypeError, match=r"x requires a gradient.*x.detach\(\)"):
        nl.segment_softmax(tensor, offsets=tensor)
    with pytest.raises(TypeError, match=r"y requires a gradient.*y.detach\(\)"):
        nl.logaddexp(LIBRARIES["stand-in for torch"](monkeypatch).send(_X), tensor)
