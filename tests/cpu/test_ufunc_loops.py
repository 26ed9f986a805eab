"""The loops of ufuncs: every step and length, overlaps, float16, flags, and their first calls."""

import itertools
import threading

import numpy as np
import pytest
from llvmlite import ir
from numba.core.ccallback import CFunc

import numba_logspace as nl
from numba_logspace._arguments import ufuncs
from numba_logspace._compile.trace import formula
from numba_logspace._cpu import flags
from numba_logspace._cpu import ufuncs as loops
from numba_logspace._formulas import elementwise
from numba_logspace._formulas.simd import VECTOR_BYTES, const

DTYPES = (np.float16, np.float32, np.float64)
each_dtype = pytest.mark.parametrize("dtype", DTYPES)
# Around vectors of both dtypes and around the rooms of the longest and shortest entries.
ROOM = loops._ROOM // 2
LENGTHS = sorted(
    {0, 1, 2, 3, ROOM - 1, ROOM, ROOM + 1, 2 * ROOM + 5}
    | {loops._ROOM // size + d for size in (4, 8) for d in (-1, 0, 1)}
    | {k * VECTOR_BYTES // size + d for size in (4, 8) for k in (1, 2) for d in (-1, 0, 1)}
)
FORMULAS = {1: nl.log1pexp, 2: nl.logaddexp, 3: nl.log_mix}


def numbers(n, dtype, seed=0):
    return np.random.default_rng(seed).normal(0, 3, n).astype(dtype)


def one_by_one(ufunc, *args):
    """The results of calls with one entry each."""
    rows = zip(*np.broadcast_arrays(*args))
    return np.array([ufunc(*(a.reshape(1) for a in row))[0] for row in rows], args[0].dtype)


def in_records(x):
    """A copy of an array in records of nine bytes more, of which it takes the last."""
    records = np.zeros(len(x), [("first", "S9"), ("last", x.dtype)])
    records["last"] = x
    return records["last"]


# --- steps -------------------------------------------------------------------------------------

# Where the entries of an array of n lie.
LAYOUTS = {
    "contiguous": lambda x: x.copy(),
    "every third": lambda x: np.repeat(x, 3)[::3],
    "reversed": lambda x: x[::-1].copy()[::-1],
    "one": lambda x: np.broadcast_to(x[:1], x.shape),
    "in records": in_records,
}


@pytest.mark.parametrize("n", LENGTHS)
@each_dtype
def test_lengths(n, dtype):
    for inputs, ufunc in FORMULAS.items():
        args = [numbers(n, dtype, k) for k in range(inputs)]
        whole = ufunc(*args)
        assert whole.dtype == dtype
        np.testing.assert_array_equal(whole, one_by_one(ufunc, *args))


@pytest.mark.parametrize("layouts", list(itertools.product(LAYOUTS, repeat=2)), ids="-".join)
@each_dtype
def test_steps_of_inputs(layouts, dtype):
    for n in (5, 37, 2 * ROOM + 5):
        args = [LAYOUTS[name](numbers(n, dtype, k)) for k, name in enumerate(layouts)]
        expected = nl.logaddexp(*(np.array(a) for a in args))
        np.testing.assert_array_equal(nl.logaddexp(*args), expected, strict=True)
        third = args[0].copy()
        np.testing.assert_array_equal(
            nl.log_mix(*args, third), nl.log_mix(*(np.array(a) for a in (*args, third)))
        )


@pytest.mark.parametrize("layout", ["every third", "reversed", "in records"])
@each_dtype
def test_steps_of_the_result(layout, dtype):
    for n in (5, 37, 2 * ROOM + 5):
        x, y = numbers(n, dtype), numbers(n, dtype, 1)
        out = LAYOUTS[layout](np.full(n, 7, dtype))
        memory = out.base.tobytes()
        nl.logaddexp(x, y, out=out)
        np.testing.assert_array_equal(out, nl.logaddexp(x, y))
        out[...] = 7
        assert out.base.tobytes() == memory


@pytest.mark.parametrize("kind", ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_integers(kind):
    for n in (1, 37, 2 * ROOM + 5):
        limits = (0, 1) if kind == "?" else (np.iinfo(kind).min, np.iinfo(kind).max)
        x = np.random.default_rng(n).integers(*limits, n, "i8" if kind[0] != "u" else "u8", True)
        x = np.append(x.astype(kind), np.array(limits, kind))
        y = np.arange(len(x)).astype(kind)
        for a in (x, x[::-1], x[::2]):
            np.testing.assert_array_equal(nl.log1pexp(a), nl.log1pexp(a.astype("f8")), strict=True)
        for a, b in ((x, y), (x[::2], y[::2]), (x[:1], y)):
            expected = nl.logaddexp(a.astype("f8"), b.astype("f8"))
            np.testing.assert_array_equal(nl.logaddexp(a, b), expected, strict=True)
            np.testing.assert_array_equal(nl.log_mix(a, b, a[::-1]).dtype, np.float64)


def test_every_float16():
    x = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    for ufunc in (nl.log1pexp, nl.logit, nl.logistic, nl.log1mexp, nl.log_sigmoid):
        with np.errstate(all="ignore"):
            expected = ufunc(x.astype(np.float32)).astype(np.float16)
        result = ufunc(x)
        np.testing.assert_array_equal(result, expected, strict=True)
        here = ~np.isnan(result)
        np.testing.assert_array_equal(np.signbit(result[here]), np.signbit(expected[here]))


@pytest.mark.parametrize("factor", [1 + 2.0**-10, 1 + 2.0**-5, 2.0**-3, 2.0**-9, 0.75, 4096.0])
def test_every_rounding_to_float16(factor):
    # The products are exact in float32; many lie halfway between two float16.
    @formula
    def times(x):
        return x * const(x, factor)

    x = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    with np.errstate(all="ignore"):
        expected = (x.astype(np.float32) * np.float32(factor)).astype(np.float16)
    result = ufuncs.make_ufunc(times, ["x"], "")(x)
    np.testing.assert_array_equal(result, expected, strict=True)
    np.testing.assert_array_equal(np.signbit(result), np.signbit(expected))


# --- overlaps ----------------------------------------------------------------------------------


@each_dtype
def test_out_may_be_an_input_or_overlap_one(dtype):
    n = 2 * ROOM + 5
    x, y = numbers(n + 1, dtype), numbers(n, dtype, 1)
    places = slice(n), slice(1, None), slice(n - 1, None, -1), slice(None, 0, -1)
    for views in itertools.product(places, repeat=2):
        memory = x.copy()
        source, out = (memory[view] for view in views)
        expected = nl.logaddexp(source.copy(), y)
        nl.logaddexp(source, y, out=out)
        np.testing.assert_array_equal(out, expected)


@each_dtype
def test_reductions_take_one_after_the_other(dtype):
    for n in (1, 2, 3, 40, ROOM + 2):
        x = numbers(n, dtype)
        sums = [x[0]]
        for value in x[1:]:
            sums.append(nl.logaddexp(sums[-1], value))
        np.testing.assert_array_equal(nl.logaddexp.accumulate(x), np.array(sums), strict=True)
        assert nl.logaddexp.reduce(x) == sums[-1]
        in_place = x.copy()
        nl.logaddexp.accumulate(in_place, out=in_place)
        np.testing.assert_array_equal(in_place, sums)
        backwards = nl.logaddexp.accumulate(x[::-1].copy()[::-1])
        np.testing.assert_array_equal(backwards, sums)
        for axis in (0, 1):
            table = np.moveaxis(np.stack([x] * 5, axis=1), 0, axis)
            np.testing.assert_array_equal(nl.logaddexp.reduce(table, axis=axis), [sums[-1]] * 5)
            np.testing.assert_array_equal(
                nl.logaddexp.accumulate(table, axis=axis),
                np.moveaxis(np.stack([sums] * 5, 1), 0, axis),
            )


@pytest.mark.parametrize("dtype", [*DTYPES, np.int8, np.int64])
def test_at_counts_a_place_as_often_as_it_is_named(dtype):
    target = np.zeros(3, np.float64 if np.dtype(dtype).kind == "i" else dtype)
    nl.logaddexp.at(target, [0, 0, 2], np.zeros(3, dtype))
    expected = [nl.logaddexp(nl.logaddexp(*[target.dtype.type(0)] * 2), target.dtype.type(0))]
    np.testing.assert_array_equal(target, [*expected, 0, nl.logaddexp(*[target.dtype.type(0)] * 2)])


# --- flags -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [*DTYPES, np.int8, np.bool_])
@pytest.mark.parametrize("name", sorted(vars(elementwise).keys() & set(nl.__all__)))
def test_no_flag_is_left(name, dtype):
    ufunc = getattr(nl, name)
    ends = [0, 1]
    if np.dtype(dtype).kind == "f":
        limits = np.finfo(dtype)
        ends = [0, -0.0, 0.5, 1, 2, 90, np.inf, np.nan, limits.max, limits.smallest_subnormal]
        ends += [-x for x in ends]
    grid = [a.ravel() for a in np.meshgrid(*[np.array(ends, dtype)] * ufunc.nin)]
    with np.errstate(all="raise"):
        whole = ufunc(*grid)
        for i in (0, 1, -1):
            ufunc(*(a[i] for a in grid))
        every_second = ufunc(*(a[::2] for a in grid))
        ufunc(*grid, out=np.empty((len(whole), 2), whole.dtype)[:, 0])
        if ufunc.nin == 2:
            ufunc.accumulate(grid[0])
    np.testing.assert_array_equal(every_second, whole[::2])


def test_flags_of_others_are_kept():
    # A loop leaves the flags as they were: none of its own, but it takes none away either.
    with np.errstate(divide="call", call=lambda *_: seen.append(1)):
        seen = []
        nl.log1pexp(np.ones(3))
        np.log(np.zeros(3))
        assert seen == [1]


@pytest.mark.parametrize("inputs", FORMULAS)
def test_flags_without_the_instructions_of_x86(inputs, monkeypatch):
    way = "fegetenv", "fesetenv", ir.IntType(32)
    monkeypatch.setattr(flags, "_environment_of", lambda builder: way)
    monkeypatch.setattr(loops, "c_function", uncached)
    monkeypatch.setattr(loops, "_COMPILED", {})
    name = FORMULAS[inputs].__name__
    ufunc = ufuncs.make_ufunc(getattr(elementwise, name), ["t", "x", "y"][:inputs], "")
    args = [np.array([0, np.inf, np.nan, -1e308, 1e308, 5e-324])] * inputs
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(ufunc(*args), FORMULAS[inputs](*args))


# --- first calls -------------------------------------------------------------------------------


def uncached(function, signature):
    """As c_function, but nothing comes from the cache or goes there."""
    options = {"error_model": "numpy"}
    compiled = CFunc(function, (signature.args, signature.return_type), {}, options)
    compiled.compile()
    return compiled.address, compiled


@pytest.fixture
def failing(monkeypatch):
    """Make a new ufunc, the first so many compilations of which fail."""

    def make(error, times):
        errors = [error] * times

        def compile_or_fail(*args):
            if errors:
                raise errors.pop()
            return loops.compile_loop(*args)

        monkeypatch.setattr(ufuncs, "compile_loop", compile_or_fail)
        return ufuncs.make_ufunc(elementwise.log1pexp, ["x"], "")

    return make


# One call of a loop, and a call for each row.
SHAPES = [((600,), (600,)), ((50, 4), (50, 3))]


@pytest.mark.parametrize("whole, part", SHAPES)
def test_an_interrupt_waits_for_the_results(failing, whole, part):
    x = numbers(part, np.float64)
    ufunc, out = failing(KeyboardInterrupt(), 1), np.zeros(whole)[tuple(map(slice, part))]
    with pytest.raises(KeyboardInterrupt):
        ufunc(x, out=out)
    np.testing.assert_array_equal(out, nl.log1pexp(x))
    np.testing.assert_array_equal(ufunc(x), nl.log1pexp(x))


@pytest.mark.parametrize("error", [MemoryError("full"), RecursionError("full"), OSError(5, "full")])
def test_what_fails_is_raised_and_may_be_tried_again(failing, error):
    x, out = numbers(600, np.float64), np.zeros(600)
    ufunc = failing(error, 1)
    with pytest.raises(type(error), match="full") as caught:
        ufunc(x, out=out)
    assert caught.value.__cause__ is error
    assert np.isnan(out).all()
    np.testing.assert_array_equal(ufunc(x), nl.log1pexp(x))


def test_what_fails_in_a_thread_is_raised_there(failing):
    ufunc, caught = failing(ValueError("full"), 1), []

    def work():
        try:
            ufunc(np.ones(3))
        except ValueError as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert str(caught[0]) == "full"


def test_what_is_interrupted_again_and_again_ends(failing):
    ufunc = failing(KeyboardInterrupt(), 3)
    with pytest.raises(KeyboardInterrupt):
        ufunc(np.ones(3))
    assert ufunc(0.0) == nl.log1pexp(0.0)


def test_the_machine_code_takes_the_place_at_once(failing):
    ufunc = failing(None, 0)
    table = ufuncs._ALIVE[-1][0].functions
    place = ufuncs._TYPES.index("d")
    before = table[place]
    ufunc(1.0)
    assert table[place] == loops.compile_loop(loops.loop_of, elementwise.log1pexp, 1, np.float64)
    assert table[place] != before
