"""The elementwise functions as ufuncs: shapes, options, methods, dtypes, jitted code, threads."""

import copy
import importlib.util
import os
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from numba import njit, vectorize

import numba_logspace as nl
from numba_logspace._family import FAMILY, named

ONE, TWO, THREE = (
    [name for name in named("elementwise") if getattr(nl, name).nin == n] for n in (1, 2, 3)
)
DTYPES = (np.float32, np.float64)

each = pytest.mark.parametrize("name", ONE + TWO + THREE)
each_of_two = pytest.mark.parametrize("name", TWO)
each_dtype = pytest.mark.parametrize("dtype", DTYPES)


def function(name):
    return getattr(nl, name)


def arguments(name, shape=(3, 4), dtype=np.float64):
    """Numbers that the function takes, in as many arrays."""
    rng = np.random.default_rng(12)
    low, high = rng.uniform(0.05, 0.45, shape), rng.uniform(0.5, 0.95, shape)
    if name in ("log1mexp", "logitexp"):
        return ((-low).astype(dtype),)
    if name in ONE:
        return (low.astype(dtype),)
    pair = high.astype(dtype), low.astype(dtype)
    return pair if name in TWO else (rng.uniform(-2, 2, shape).astype(dtype), *pair)


def plain(name, *args):
    """The textbook formula, which loses nothing that matters between 0.05 and 0.95."""
    args = [np.asarray(a, np.float64) for a in args]
    return {
        "log1mexp": lambda x: np.log(1 - np.exp(x)),
        "log1pexp": lambda x: np.log(1 + np.exp(x)),
        "logistic": lambda x: 1 / (1 + np.exp(-x)),
        "logit": lambda x: np.log(x / (1 - x)),
        "log_sigmoid": lambda x: -np.log(1 + np.exp(-x)),
        "log1m_sigmoid": lambda x: -np.log(1 + np.exp(x)),
        "logexpm1": lambda x: np.log(np.exp(x) - 1),
        "log2mexp": lambda x: np.log(2 - np.exp(x)),
        "log1pmx": lambda x: np.log(1 + x) - x,
        "logmxp1": lambda x: np.log(x) - x + 1,
        "logcosh": lambda x: np.log(np.cosh(x)),
        "logitexp": lambda x: np.log(np.exp(x) / (1 - np.exp(x))),
        "cloglog": lambda x: np.log(-np.log(1 - x)),
        "cexpexp": lambda x: 1 - np.exp(-np.exp(x)),
        "xlogx": lambda x: x * np.log(x),
        "log_inv_logit_diff": lambda x, y: np.log(1 / (1 + np.exp(-x)) - 1 / (1 + np.exp(-y))),
        "log1psq": lambda x: np.log(1 + x**2),
        "entr": lambda x: -x * np.log(x),
        "rel_entr": lambda x, y: x * np.log(x / y),
        "kl_div": lambda x, y: x * np.log(x / y) - x + y,
        "logaddexp": lambda x, y: np.log(np.exp(x) + np.exp(y)),
        "logsubexp": lambda x, y: np.log(np.exp(x) - np.exp(y)),
        "xlogy": lambda x, y: x * np.log(y),
        "xlog1py": lambda x, y: x * np.log(1 + y),
        "log_mix": lambda t, x, y: np.log((np.exp(t + x) + np.exp(y)) / (np.exp(t) + 1)),
        "log_mix_dt": lambda t, x, y: 1 / (1 + np.exp(y - x - t)) - 1 / (1 + np.exp(-t)),
        "log_mix_dx": lambda t, x, y: 1 / (1 + np.exp(y - x - t)),
        "log_mix_dy": lambda t, x, y: 1 / (1 + np.exp(t + x - y)),
    }[name](*args)


def assert_close(result, exact, dtype=np.float64):
    assert result.dtype == dtype
    # The absolute part is for differences that come close to 0.
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(result, exact, rtol=50 * eps, atol=4 * eps)
    assert np.shape(result) == np.shape(exact)


# --- shapes and memory -------------------------------------------------------------------------


@pytest.mark.one_in(3)
@each_dtype
@each
def test_values(name, dtype):
    args = arguments(name, dtype=dtype)
    assert_close(function(name)(*args), plain(name, *args), dtype)


LAYOUTS = {
    "fortran": np.asfortranarray,
    "transposed": lambda x: x.T.copy().T,
    "reversed": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "every second": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "unaligned": lambda x: np.frombuffer(b"." + x.tobytes(), x.dtype, offset=1).reshape(x.shape),
    "list": lambda x: x.tolist(),
}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("layout", LAYOUTS)
@each
def test_layouts(name, layout):
    args = arguments(name)
    result = function(name)(*(LAYOUTS[layout](a) for a in args))
    assert result.dtype == np.float64
    assert result.dtype.isnative
    np.testing.assert_array_max_ulp(result, function(name)(*args), 2)


@each_of_two
@pytest.mark.parametrize(
    "first, second",
    [((3, 4), ()), ((), (3, 4)), ((3, 1), (4,)), ((2, 1, 4), (3, 1)), ((0, 4), (1, 4)), ((), ())],
)
def test_broadcasting(name, first, second):
    x, y = arguments(name, first)[0], arguments(name, second)[1]
    assert_close(function(name)(x, y), plain(name, *np.broadcast_arrays(x, y)))


@pytest.mark.parametrize("shapes", [((3, 1), (4,), ()), ((), (2, 1, 1), (3, 4)), ((4,), (), ())])
@pytest.mark.parametrize("name", THREE)
def test_broadcasting_of_three(name, shapes):
    args = [arguments(name, shape)[i] for i, shape in enumerate(shapes)]
    assert_close(function(name)(*args), plain(name, *np.broadcast_arrays(*args)))


@each_of_two
def test_shapes_that_do_not_broadcast(name):
    x, y = arguments(name, (3,))[0], arguments(name, (4,))[1]
    with pytest.raises(ValueError, match="broadcast"):
        function(name)(x, y)


@each
def test_out(name):
    args = arguments(name)
    exact = plain(name, *args)
    wide = np.empty((2, 3, 4))
    function(name)(*args, out=(wide,))
    assert_close(wide, np.stack([exact] * 2))
    positional = np.empty((3, 4))
    assert function(name)(*args, positional) is positional
    assert_close(positional, exact)


OUTS = {
    "contiguous": lambda dtype: np.full((3, 4), 7, dtype),
    "fortran": lambda dtype: np.full((4, 3), 7, dtype).T,
    "every second": lambda dtype: np.full((3, 8), 7, dtype)[:, ::2],
    "reversed": lambda dtype: np.full((3, 4), 7, dtype)[:, ::-1],
    "wide rows": lambda dtype: np.full((3, 9), 7, dtype)[:, :4],
    "big-endian": lambda dtype: np.full((3, 4), 7, np.dtype(dtype).newbyteorder(">")),
}


@pytest.mark.one_in(5)
@pytest.mark.parametrize("layout", OUTS)
@each_dtype
@each
def test_layouts_of_out(name, dtype, layout):
    args, out = arguments(name, dtype=dtype), OUTS[layout](dtype)
    # A row at a time as well: there is no other axis to step along then.
    whole = out if out.base is None else out.base
    count = (whole == 7).sum()
    assert function(name)(*args, out=out) is out
    assert_close(out.astype(dtype), plain(name, *args), dtype)
    assert (whole == 7).sum() == count - out.size
    line = OUTS[layout](dtype)[0]
    function(name)(*(a[0] for a in args), out=line)
    np.testing.assert_array_equal(line, out[0])


@each
def test_out_may_overlap_an_input(name):
    args = arguments(name, (50,))
    exact = plain(name, *args)
    for i in range(len(args)):
        copies = [a.copy() for a in args]
        assert function(name)(*copies, out=copies[i]) is copies[i]
        assert_close(copies[i], exact)
    shared = np.append(args[-1], 0.5)
    function(name)(*args[:-1], shared[:-1], out=shared[1:])
    assert_close(shared[1:], exact)


@pytest.mark.parametrize(
    "out, error",
    [(np.zeros(2), ValueError), (np.zeros((3, 4), int), TypeError), ([0.0] * 4, TypeError)],
)
@each
def test_refused_out(name, out, error):
    before = np.array(out)
    with pytest.raises(error):
        function(name)(*arguments(name), out=out)
    np.testing.assert_array_equal(out, before)


@each
def test_read_only_out(name):
    out = np.zeros((3, 4))
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        function(name)(*arguments(name), out=out)
    assert not out.any()


@pytest.mark.parametrize("where", [[True, False, True, False], [[True], [False], [True]], False])
@each_dtype
@each
def test_where(name, dtype, where):
    args = arguments(name, dtype=dtype)
    out = np.full((3, 4), 7, dtype)
    assert function(name)(*args, out=out, where=where) is out
    where = np.broadcast_to(where, out.shape)
    np.testing.assert_array_equal(out[~where], 7)
    np.testing.assert_array_max_ulp(out[where], function(name)(*args)[where], 2)


@each
def test_numbers(name):
    args = arguments(name, ())
    for kind in (float, np.float64, np.asarray):
        result = function(name)(*(kind(a) for a in args))
        assert isinstance(result, np.float64)
        assert_close(result, plain(name, *args))


# --- methods -----------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 1), None])
@each_dtype
def test_reduce(axis, dtype):
    x = np.random.default_rng(1).normal(0, 5, (6, 7)).astype(dtype)
    for keepdims in (False, True):
        result = nl.logaddexp.reduce(x, axis=axis, keepdims=keepdims)
        exact = np.log(np.exp(x.astype(np.float64)).sum(axis=axis, keepdims=keepdims))
        assert_close(result, exact, dtype)


def test_reduce_of_a_part():
    x = np.array([0.0, 1.0, 2.0])
    where = np.array([True, False, True])
    assert_close(nl.logaddexp.reduce(x, where=where), np.log(1 + np.exp(2)))
    assert_close(nl.logaddexp.reduce(x, where=where, initial=-np.inf), np.log(1 + np.exp(2)))
    assert nl.logaddexp.reduce([1.0, 2.0], where=[True, False]) == 1


@pytest.mark.parametrize("dtype", [np.float16, *DTYPES, np.int8, np.int64, np.bool_])
def test_reduce_of_nothing(dtype):
    result = nl.logaddexp.reduce(np.empty((0, 3), dtype))
    expected = dtype if np.dtype(dtype).kind == "f" else np.float64
    np.testing.assert_array_equal(result, np.full(3, -np.inf, expected), strict=True)
    assert nl.logaddexp.reduce([]) == nl.logaddexp.identity == -np.inf
    with pytest.raises(ValueError, match="identity"):
        nl.xlogy.reduce(np.empty(0, dtype))


@each_dtype
def test_accumulate(dtype):
    x = np.random.default_rng(2).normal(0, 5, (6, 7)).astype(dtype)
    for axis in (0, 1):
        exact = np.log(np.exp(x.astype(np.float64)).cumsum(axis=axis))
        assert_close(nl.logaddexp.accumulate(x, axis=axis), exact, dtype)


@each_dtype
def test_reduceat(dtype):
    x = np.arange(6, dtype=dtype)
    exact = np.log([np.exp(x[:4], dtype=float).sum(), np.exp(x[4:], dtype=float).sum()])
    assert_close(nl.logaddexp.reduceat(x, [0, 4]), exact, dtype)


@each_dtype
@each_of_two
def test_outer(name, dtype):
    x, y = arguments(name, (5,), dtype)
    assert_close(function(name).outer(x, y), plain(name, x[:, None], y[None]), dtype)


@each_dtype
def test_at(dtype):
    x = np.zeros(3, dtype)
    # Unlike assignment it counts a repeated index twice.
    assert nl.logaddexp.at(x, [0, 0, 2], dtype(0)) is None
    assert_close(x, np.log([3, 1, 2]), dtype)
    y = np.full(4, 0.5, dtype)
    nl.logit.at(y, [1])
    np.testing.assert_array_equal(y, np.array([0.5, 0, 0.5, 0.5], dtype))


@pytest.mark.parametrize("method", ["reduce", "accumulate", "outer"])
@pytest.mark.parametrize(
    "dtype, returned", [(np.int8, np.float64), (np.bool_, np.float64), (np.float16, np.float16)]
)
def test_dtypes_of_methods(method, dtype, returned):
    x = np.array([0, 1, 1], dtype)
    args = (x, x) if method == "outer" else (x,)
    result = getattr(nl.logaddexp, method)(*args)
    computed = [a.astype(np.float64) for a in args]
    assert result.dtype == returned
    exact = getattr(np.logaddexp, method)(*computed)
    np.testing.assert_allclose(result, exact, rtol=4 * np.finfo(returned).eps)


@each
def test_masked_arrays_keep_their_masks(name):
    args = arguments(name, (5,))
    masks = np.array([[0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0]], bool)[: len(args)]
    result = function(name)(*(np.ma.array(a, mask=m) for a, m in zip(args, masks)))
    assert isinstance(result, np.ma.MaskedArray)
    np.testing.assert_array_equal(result.mask, masks.any(axis=0))
    np.testing.assert_array_equal(result.compressed(), function(name)(*args)[~result.mask])


# --- dtypes ------------------------------------------------------------------------------------

COMBINED = [
    (np.float32, np.float64, np.float64),
    (np.float16, np.float32, np.float32),
    (np.float16, np.float64, np.float64),
    (np.float16, np.float16, np.float16),
    (np.int8, np.bool_, np.float64),
    (np.float64, np.int64, np.float64),
    (np.float32, np.int8, np.float32),
    (np.float16, np.uint8, np.float16),
    (np.float16, np.int16, np.float32),
    (np.float32, np.int32, np.float64),
    (np.uint8, np.int8, np.float64),
    (np.uint64, np.int64, np.float64),
]


@pytest.mark.parametrize("first, second, returned", COMBINED)
def test_two_dtypes(first, second, returned):
    x, y = np.array([1, 0, 1], first), np.array([0, 0, 1], second)
    for pair in ((x, y), (y, x)):
        result = nl.logaddexp(*pair)
        assert result.dtype == returned
        exact = np.logaddexp(*(a.astype(np.float64) for a in pair))
        np.testing.assert_allclose(result, exact, rtol=4 * np.finfo(returned).eps)


@pytest.mark.parametrize("number", [2, 2.0, True])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_python_numbers_adapt(dtype, number):
    x = np.array([0.5, 1], dtype)
    for result in (nl.logaddexp(x, number), nl.logaddexp(number, x)):
        assert result.dtype == dtype


@pytest.mark.parametrize("values", [[0, 1], [False, True], [np.int8(0), np.int8(1)]])
def test_lists_are_as_arrays(values):
    for name in ("logistic", "log1pexp"):
        result = function(name)(values)
        assert result.dtype == np.float64
        np.testing.assert_array_equal(result, function(name)(np.array([0.0, 1.0])))


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int64, np.bool_])
def test_every_integer_is_computed_in_float64(dtype):
    x = np.array([0, 1, 1], dtype)
    np.testing.assert_array_equal(nl.logistic(x), nl.logistic(x.astype(np.float64)), strict=True)
    assert nl.logistic(x[1]).dtype == np.float64


def test_dtype_option():
    x = np.array([0.25, 0.5])
    assert nl.logit(x, dtype=np.float32).dtype == np.float32
    np.testing.assert_array_equal(
        nl.logit(x, dtype=np.float32), nl.logit(x.astype(np.float32)), strict=True
    )


_ORDER = """
import sys
import numpy as np
import numba_logspace as nl
kinds = [np.dtype(name) for name in sys.argv[1:]]
results = {k.name: nl.logaddexp(np.ones(2, k), np.ones(2, k)).dtype.name for k in kinds}
results["number"] = nl.logaddexp(1.0, 2.0).dtype.name
results["mixed"] = nl.logaddexp(np.ones(2, "f4"), 2.0).dtype.name
print(sorted(results.items()))
"""


def test_dtype_does_not_depend_on_the_first_call():
    names = ["float64", "float32", "float16", "int8", "bool"]
    outputs = set()
    for order in (names, names[::-1], names[1:] + names[:1]):
        command = [sys.executable, "-c", _ORDER, *order]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        outputs.add(done.stdout)
    (output,) = outputs
    for pair in (("float32", "float32"), ("float16", "float16"), ("int8", "float64")):
        assert str(pair) in output
    assert "('mixed', 'float32'), ('number', 'float64')" in output


# --- errors ------------------------------------------------------------------------------------


class OnCuda:
    """What of an array in the memory of a GPU is to be seen, where it is no array of NumPy's."""

    __cuda_array_interface__ = {"shape": (2,), "typestr": "<f8", "data": (0, False), "version": 3}


COMPLEX = {
    "complex": 1j,
    "complex array": np.ones(2, np.complex64),
    "complex list": [1j, 2],
}
REFUSED = COMPLEX | {
    "long double": np.longdouble(1),
    "string": "a",
    "strings": np.array(["a", "b"]),
    "None": None,
    "objects": np.array([1.0, None]),
    "dates": np.array(["2024-01-01"], "M8[D]"),
}
# With numba-cuda such arrays go elsewhere.
if importlib.util.find_spec("numba_cuda") is None:
    REFUSED["on CUDA"] = OnCuda()


@pytest.mark.parametrize("kind", REFUSED)
@each
def test_refused_inputs(name, kind):
    if kind in COMPLEX and FAMILY[name].of_complex is not None:
        return
    bad = REFUSED[kind]
    good = arguments(name, ())[0]
    nin = function(name).nin
    for args in ([bad if i == j else good for j in range(nin)] for i in range(nin)):
        with pytest.raises(TypeError, match=f"ufunc '{name}' (not supported|did not contain)"):
            function(name)(*args)


@each
def test_refused_where(name):
    args, out = arguments(name, (3,)), np.empty(3)
    with pytest.raises(ValueError, match="broadcast"):
        function(name)(*args, out=out, where=[True] * 5)
    with pytest.raises(TypeError, match="cast"):
        function(name)(*args, out=out, where=np.array([0.5, 1, 0]))


@each
def test_wrong_number_of_arguments(name):
    args = arguments(name, ())
    for wrong in ((), (*args, np.zeros(()), 0.5)):
        with pytest.raises(TypeError):
            function(name)(*wrong)


@each
def test_unknown_option(name):
    with pytest.raises(TypeError, match="axles"):
        function(name)(*arguments(name), axles=1)


@each_dtype
@each
def test_no_floating_point_error_is_reported(name, dtype):
    limits = np.finfo(dtype)
    ends = [0, -0.0, 1, 2, np.inf, np.nan, limits.max, limits.tiny, limits.smallest_subnormal]
    ends = np.array([*ends, *np.negative(ends)], dtype)
    grid = np.meshgrid(*[ends] * function(name).nin)
    with np.errstate(all="raise"):
        result = function(name)(*grid)
        np.testing.assert_array_equal(function(name)(*(a.T for a in grid)).T, result)
        function(name)(*(a.astype(np.float16) for a in arguments(name)))


# --- in jitted code ----------------------------------------------------------------------------


@pytest.mark.one_in(7)
@pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaPerformanceWarning")
@each_dtype
@each
def test_in_jitted_code(name, dtype):
    ufunc = function(name)
    args = arguments(name, (9,), dtype)
    expected = ufunc(*args)
    if name in ONE:
        jitted = njit(lambda x: ufunc(x))
        in_loop = njit(lambda x: np.array([ufunc(v) for v in x]))
    elif name in TWO:
        jitted = njit(lambda x, y: ufunc(x, y))
        in_loop = njit(lambda x, y: np.array([ufunc(x[i], y[i]) for i in range(x.size)]))
    else:
        jitted = njit(lambda t, x, y: ufunc(t, x, y))
        in_loop = njit(lambda t, x, y: np.array([ufunc(t[i], x[i], y[i]) for i in range(9)]))
    for result in (jitted(*args), in_loop(*args)):
        assert result.dtype == dtype
        np.testing.assert_array_max_ulp(result, expected, 2)
    number = jitted(*(a[0] for a in args))
    np.testing.assert_array_max_ulp(dtype(number), expected[0], 2)
    assert number == jitted(*args)[0]


def test_special_values_in_jitted_code():
    inf = np.inf

    @njit
    def ends():
        # Each has a limit that a plain formula misses.
        return (
            nl.log1mexp(0.0),
            nl.logaddexp(-inf, -inf),
            nl.logsubexp(3.0, -inf),
            nl.logit(1.0),
            nl.xlogy(0.0, 0.0),
            nl.log1pexp(1000.0),
            nl.log_mix(-1000.0, 5.0, -inf),
            nl.log_mix_dx(0.0, -inf, -inf),
        )

    assert ends() == (-inf, -inf, 3.0, inf, 0.0, 1000.0, -995.0, 0.5)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.uint8, np.int16, np.uint16, np.int64])
def test_integers_in_jitted_code_are_computed_in_float64(dtype):
    x = np.array([0, 1, 1], dtype)
    one = njit(lambda x: (nl.logistic(x), nl.logistic(x[1])))(x)
    two = njit(lambda x: nl.logaddexp(x, x))(x)
    assert one[0].dtype == two.dtype == np.float64
    assert one[1] == one[0][1] == nl.logistic(1.0)
    np.testing.assert_array_equal(two, nl.logaddexp(x, x))
    assert njit(lambda: (nl.logistic(1), nl.logistic(True)))() == (one[1], one[1])


@pytest.mark.slow
@each_dtype
def test_expressions_and_out_in_jitted_code(dtype):
    x, y = (a.astype(dtype) for a in arguments("logaddexp", (4, 5)))
    out = np.empty_like(x)

    @njit
    def expressions(x, y, out):
        nl.xlogy(x, y, out)  # of the larger formulas LLVM takes a minute, see docs/jitted.md
        return nl.logaddexp(x, y) - nl.logistic(x) * dtype(2), nl.logaddexp(x.T, y[0, 0])

    first, second = expressions(x, y, out)
    np.testing.assert_array_max_ulp(out, nl.xlogy(x, y), 2)
    np.testing.assert_array_max_ulp(second, nl.logaddexp(x.T, y[0, 0]), 2)
    expected = nl.logaddexp(x, y) - nl.logistic(x) * dtype(2)
    assert first.dtype == dtype
    np.testing.assert_allclose(first, expected, rtol=0, atol=4 * np.finfo(dtype).eps)


def test_in_users_ufuncs():
    x, y = arguments("logaddexp", (9,))
    doubled = vectorize(["float64(float64, float64)"])(lambda x, y: 2 * nl.logaddexp(x, y))
    np.testing.assert_array_max_ulp(doubled(x, y), 2 * nl.logaddexp(x, y), 2)


def test_broadcasting_in_jitted_code():
    x, y = np.array([[0.5], [1.0]]), np.array([0.25, 0.5, 0.75])
    result = njit(lambda x, y: nl.logaddexp(x, y))(x, y)
    np.testing.assert_array_max_ulp(result, nl.logaddexp(x, y), 2)


# --- objects ----------------------------------------------------------------------------------


@each
def test_they_are_ufuncs(name):
    ufunc = function(name)
    assert type(ufunc) is np.ufunc
    assert ufunc.__name__ == name
    assert (ufunc.nout, ufunc.signature) == (1, None)
    own = "efd" if FAMILY[name].of_complex is None else "efdFD"
    assert {t[-1] for t in ufunc.types} == set(own)
    assert ufunc.types[-len(own) :] == [f"{c * ufunc.nin}->{c}" for c in own]


@each
def test_copies_and_pickles_are_the_function_itself(name):
    ufunc = function(name)
    assert copy.copy(ufunc) is ufunc
    assert copy.deepcopy([ufunc])[0] is ufunc
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        data = pickle.dumps(ufunc, protocol)
        assert pickle.loads(data) is ufunc
        assert len(data) < 100


def test_pickles_in_a_new_process():
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        result = pool.submit(nl.logaddexp, np.array([1.0, 2.0]), 0.5).result(timeout=120)
    np.testing.assert_array_equal(result, nl.logaddexp([1.0, 2.0], 0.5), strict=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_after_a_fork():
    code = """
import os, numpy as np, numba_logspace as nl
before = nl.log1mexp(-1.0)
child = os.fork()
if child == 0:
    same = nl.log1mexp(-1.0) == before and abs(nl.logistic(np.zeros(3, "f4")) - 0.5).max() == 0
    os._exit(0 if same else 3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    options = {"capture_output": True, "text": True, "timeout": 120}
    done = subprocess.run([sys.executable, "-c", code], check=False, **options)
    assert (done.returncode, done.stdout.strip()) == (0, "0"), done.stderr


class Container:
    """Takes ufuncs over, as arrays of other libraries do."""

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return ufunc, method, len(inputs), options


@each
def test_containers_take_over(name):
    ufunc, box = function(name), Container()
    inputs = [box, *[1.0] * (ufunc.nin - 1)]
    assert ufunc(*inputs, where=False) == (ufunc, "__call__", ufunc.nin, {"where": False})
    if ufunc.nin == 2:
        assert ufunc.reduce(box, axis=1) == (ufunc, "reduce", 1, {"axis": 1})
        assert ufunc.outer(1.0, box) == (ufunc, "outer", 2, {})


# --- threads -----------------------------------------------------------------------------------

_THREADS = """
import threading
import numpy as np
import numba_logspace as nl
x = -np.linspace(0.1, 3, 1000)
start = threading.Barrier(6)
results, errors = [None] * 6, []
def work(i):
    start.wait()
    try:
        dtype = np.float32 if i % 2 else np.float64
        results[i] = [f(x.astype(dtype)) for f in (nl.log1mexp, nl.logistic, nl.log1pexp)]
    except BaseException as error:
        errors.append(error)
threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
[t.start() for t in threads]
[t.join() for t in threads]
assert not errors, errors
for i in range(6):
    for a, b in zip(results[i], results[i % 2]):
        assert a.dtype == (np.float32 if i % 2 else np.float64)
        np.testing.assert_array_equal(a, b)
print("done")
"""


def test_first_calls_of_several_threads():
    # A new process, in which no loop is compiled yet.
    command = [sys.executable, "-W", "error", "-c", _THREADS]
    options = {"capture_output": True, "text": True, "timeout": 120, "env": dict(os.environ)}
    done = subprocess.run(command, check=False, **options)
    assert (done.returncode, done.stdout.strip()) == (0, "done"), done.stderr


def test_many_calls_of_several_threads():
    cases = [
        (name, arguments(name, (1000,), dtype)) for name in ONE + TWO + THREE for dtype in DTYPES
    ]
    expected = [function(name)(*args) for name, args in cases]

    def work(_):
        return [function(name)(*args) for name, args in cases]

    with ThreadPoolExecutor(4) as pool:
        for results in pool.map(work, range(16)):
            for result, exact in zip(results, expected, strict=True):
                np.testing.assert_array_equal(result, exact, strict=True)
