"""Small plain arrays take a shorter way: with the same bits, the same errors, and in few steps.

An int of NumPy for the workers, or for the axis of what has none, is nothing plain: such a call
takes the general way.
"""

import gc
import sys
from pathlib import Path

import numpy as np
import pytest
from calls import ALL_AXES, OF_ONE_AXIS, ONE_ROW, ROWS, Arrays, calls_of, products

import numba_logspace as nl
from numba_logspace._family import FAMILY, KINDS

PACKAGE = str(Path(nl.__file__).parent)
# What has no shorter way.
GENERAL = {"elementwise", "chain", "product", "product vjp", "product jvp"}
GENERAL |= {kind for kind in KINDS if kind.startswith("segment")}
# What has tests of its own, in test_small_options.py.
GENERAL |= {"weighted vjp", "weighted jvp", *(k for k in KINDS if k.endswith("entry loss"))}
GENERAL |= {"entry loss and gradient"}
OF_ROWS = [f for f in FAMILY.values() if f.kind not in GENERAL]
inf, nan = np.inf, np.nan

each = pytest.mark.parametrize("function", OF_ROWS, ids=lambda f: f.name)


def call(function, arguments, options, axis, general=False):
    """A call, by the general way where that is wanted."""
    options = dict(options, axis=axis)
    if general and function.kind == "jacobian":
        options["axis"] = np.int64(axis)
    elif general:
        options["workers"] = np.int64(1)
    return getattr(nl, function.name)(*arguments, **options)


def cases(function, places):
    """(shape, axis) that a function may have."""
    return [p for p in places if p[1] is not None or function.kind not in OF_ONE_AXIS]


def bits(result):
    """All that a result is: types, shapes, dtypes, and every bit."""
    if isinstance(result, tuple):
        return [bits(part) for part in result]
    return type(result), np.shape(result), result.dtype, result.tobytes()


def assert_same(function, a, axis):
    for option, (arguments, options) in calls_of(function, a).items():
        short = call(function, arguments, options, axis)
        right = call(function, arguments, copied(options), axis, general=True)
        assert bits(short) == bits(right), option
        if "out" in options:
            given = short if isinstance(short, tuple) else (short,)
            assert options["out"] is short or any(u is options["out"] for u in given), option


def copied(options):
    """The options with an `out` of their own."""
    out = options.get("out")
    if out is None:
        return options
    return dict(options, out=tuple(map(np.copy, out)) if isinstance(out, tuple) else out.copy())


# --- the same results ----------------------------------------------------------------------------

SPOILED = {
    "numbers": lambda x: x,
    "inf and nan": lambda x: np.where(
        np.arange(x.size).reshape(x.shape) % 7 == 3, np.resize([inf, -inf, nan, -0.0], x.shape), x
    ).astype(x.dtype),
    "-inf": lambda x: np.full_like(x, -inf),
    "ties": np.round,
}
PLACES = {"a row": ONE_ROW + ALL_AXES, "short rows": ROWS[:1], "columns": ROWS[1:]}
# The others go through kernels of the same text, which take long to compile.
each_way = pytest.mark.parametrize(
    "dtype, way",
    [
        pytest.param(
            dtype, way, marks=[] if dtype == "f8" and way != "columns" else pytest.mark.slow
        )
        for dtype in ("f8", "f4")
        for way in PLACES
    ],
)


@pytest.mark.one_in(5)
@each_way
@each
def test_the_same_bits(function, dtype, way):
    for shape, axis in cases(function, PLACES[way]):
        for spoil in SPOILED.values():
            assert_same(function, Arrays(shape, axis, dtype, spoil), axis)


@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_the_same_products(dtype):
    for option, (arguments, options) in products(dtype).items():
        short = nl.logmatmulexp(*arguments, **options)
        right = nl.logmatmulexp(*arguments, **copied(options), workers=np.int64(1))
        assert bits(short) == bits(right), option
        assert "out" not in options or short is options["out"]


@pytest.mark.parametrize("function", [f for f in OF_ROWS if f.masked], ids=lambda f: f.name)
def test_results_in_the_place_of_x(function):
    if function.kind == "value and vjp":
        return
    for shape, axis in ONE_ROW + ROWS[:1]:
        a = Arrays(shape, axis, "f8")
        arguments, _ = calls_of(function, a)["plain"]
        right = call(function, arguments, {}, axis)
        assert call(function, arguments, {"out": a.x}, axis) is a.x
        np.testing.assert_array_equal(a.x, right)


def test_a_weight_of_a_mean_that_float32_rounds():
    x = np.zeros((3, 2), np.float32)
    short = nl.cross_entropy(x, [0, 1, 1], weights=0.1, reduction="mean")
    assert short == nl.cross_entropy(x, np.array([0, 1, 1]), weights=0.1, reduction="mean")


@pytest.mark.parametrize("u", [1e300, -1e-320, 2**60, inf])
def test_numbers_that_float32_has_not(u):
    x = np.array([0.5, 1.5], np.float32)
    with np.errstate(all="raise"):
        short = nl.logsumexp_vjp(x, u)
    right = nl.logsumexp_vjp(x, np.full((), u))
    np.testing.assert_array_equal(short, right)


# --- the same errors -----------------------------------------------------------------------------


def error_of(function, arguments, options, axis, general):
    """(type, text) of the error of a call."""
    with pytest.raises((TypeError, ValueError, IndexError)) as found:
        call(function, arguments, options, axis, general)
    return found.type, str(found.value)


def bad_outs(a, shape):
    """What `out` must not be for a result of a shape."""
    read_only = a.out(shape)
    read_only.flags.writeable = False
    return [a.out((*shape, 2)), a.out(shape).astype(np.int64), read_only, a.out(shape).tolist()]


def bad_calls(function, a):
    """Calls like the plain one, each with something wrong: (arguments, options)."""
    plain = next(iter(calls_of(function, a).values()))[0]
    rest = plain[1:]
    for option, (arguments, options) in calls_of(function, a).items():
        if option.endswith("out") and not isinstance(options["out"], tuple):
            shape = options["out"].shape
            yield from ((arguments, dict(options, out=out)) for out in bad_outs(a, shape))
        elif option.endswith("out"):
            first = options["out"][0]
            yield from ((arguments, {"out": out}) for out in (first, (first,), (first, first)))
            yield from ((arguments, {"out": (first, out)}) for out in bad_outs(a, a.shape))
    yield (a.x.astype(object if function.of_complex else complex), *rest), {}
    if function.operands in (("g",), ("t",)):
        yield (a.x, np.ones(7)), {}
    if "t" in function.operands:
        yield (*plain[:-1], None), {}
    if function.kind == "vjp of a reduction":
        yield (a.x, np.ones(7)), {}
    if function.kind.startswith("loss"):
        yield from (((a.x, u), {}) for u in bad_targets(a))
        yield from ((plain, {"weights": w}) for w in (-1.0, nan, inf, np.ones(7)))
        yield plain, {"weights": 0.0, "reduction": "mean"}
    if function.kind.startswith("class"):
        yield from (((a.x, u), {}) for u in (-a.shares, a.shares / 0.0, None))
    if function.kind.startswith(("loss", "class")):
        yield from ((plain, {"reduction": r}) for r in ("average", None, ["mean"]))
    if function.kind.startswith("gated"):
        yield (plain[0], a.x, np.ones((3, *a.shape))), {}
        yield (plain[0], a.x, a.b[..., 0]), {}
        yield (np.ones(7), a.x, a.b), {}


def bad_targets(a):
    wrong = np.array(a.labels)
    wrong.reshape(-1)[-1:] = a.classes
    yield wrong
    yield wrong - a.classes - 1
    yield from (2**70, -1, a.classes) if not a.rows else ()
    yield a.labels + 0.5
    yield a.shares + 1.0
    yield -a.shares
    yield np.full_like(a.shares, nan)
    yield np.ones((7, 7))
    yield "cat"


@pytest.mark.filterwarnings("ignore:divide by zero")
@each
def test_the_same_errors(function):
    for shape, axis in [((10,), -1), ((100, 4), 1)]:
        a = Arrays(shape, axis, "f8")
        count = 0
        for arguments, options in bad_calls(function, a):
            outs = np.copy(options["out"]) if isinstance(options.get("out"), np.ndarray) else None
            short = error_of(function, arguments, options, axis, general=False)
            assert short == error_of(function, arguments, options, axis, general=True)
            if outs is not None:
                np.testing.assert_array_equal(options["out"], outs)
            count += 1
        assert count


@each
def test_wrong_axes_and_workers(function):
    a = Arrays((10,), -1, "f8")
    arguments, _ = next(iter(calls_of(function, a).values()))
    for axis in (True, 1.0, "0", 5, -2, (0, 0)):
        with pytest.raises((TypeError, ValueError, IndexError), match="axis"):
            call(function, arguments, {}, axis)
    if function.kind != "jacobian":
        for workers in (0, True, 1.5, -1000):
            with pytest.raises((TypeError, ValueError), match="workers"):
                call(function, arguments, {"workers": workers}, -1)


@each
def test_out_is_left_alone(function):
    # Of each call with `out`, and something else wrong.
    for shape, axis in [((10,), -1), ((100, 4), 1)]:
        a = Arrays(shape, axis, "f8")
        for option, (arguments, options) in calls_of(function, a).items():
            if "out" not in options and option != "all":
                continue
            for wrong in ({"workers": 0}, {"axis": 9}):
                with pytest.raises((ValueError, IndexError)):
                    getattr(nl, function.name)(*arguments, **{"axis": axis, **options, **wrong})
            outs = options["out"] if isinstance(options["out"], tuple) else (options["out"],)
            assert all((out == 7).all() for out in outs)


@each
def test_overlapping_outs(function):
    place = np.zeros(11)
    a = Arrays((10,), -1, "f8")
    a.x, others = place[:10], place[1:]
    for option, (arguments, options) in calls_of(function, a).items():
        out = options.get("out")
        if isinstance(out, tuple):
            options["out"] = out[0], others
        elif out is not None and out.size <= 10:
            options["out"] = others[: out.size].reshape(out.shape)
        else:
            continue
        for general in (False, True):
            with pytest.raises(ValueError, match="overlaps"):
                call(function, arguments, options, -1, general)
        assert not place.any(), option


# --- few steps -----------------------------------------------------------------------------------

# {kind: {option: (the most steps of a call on one row, on several)}}, a tenth above what they are.
STEPS = {
    "map": {"plain": (8, 18), "out": (11, 20)},
    "scan": {"plain": (9, 16), "out": (12, 18)},
    "reduction": {
        "plain": (6, 17),
        "keepdims": (11, 18),
        "out": (11, 18),
        "keepdims, out": (12, 19),
        "b": (23, 30),
        "return_sign": (23, 30),
        "b, return_sign, keepdims": (23, 33),
        "b, out": (24, 31),
    },
    "vjp": {"plain": (17, 23), "g": (17, 24), "g, out": (19, 26)},
    "vjp of a scan": {"plain": (17, 23), "g": (17, 24), "g, out": (19, 26)},
    "jvp of a scan": {"plain": (17, 24), "out": (19, 26)},
    "vjp of a reduction": {
        "plain": (13, 19),
        "g": (16, 22),
        "a number": (17, 23),
        "g, kept axes": (17, 23),
        "g, out": (18, 23),
    },
    "vjp of a reduction, without max": {
        "plain": (19, 26),
        "g": (22, 30),
        "a number": (22, 31),
        "g, kept axes": (22, 31),
        "g, out": (23, 31),
    },
    "jvp": {"plain": (17, 24), "out": (19, 26)},
    "jvp of a reduction": {"plain": (18, 23), "keepdims": (18, 24), "out": (19, 24)},
    "jvp of a reduction, without max": {
        "plain": (22, 30),
        "keepdims": (22, 31),
        "out": (23, 31),
    },
    "value and vjp": {"plain": (18, 25), "g": (18, 26), "g, out": (22, 30)},
    "hvp": {"plain": (20, 26), "g": (20, 27), "g, out": (22, 30)},
    "hvp of a reduction": {"plain": (16, 22), "g": (19, 25), "g, out": (22, 27)},
    "hvp of a loss": {
        "soft": (22, 28),
        "labels": (23, 28),
        "mean": (26, 33),
        "out": (25, 31),
        "all": (31, 40),
    },
    "hvp of class weights": {
        "soft": (22, 28),
        "mean": (25, 33),
        "out": (24, 31),
        "all": (27, 35),
    },
    "jacobian": {"plain": (12, 16)},
    "loss": {
        "a label": (16, 0),
        "an int8 label": (16, 0),
        "labels": (21, 25),
        "int32 labels": (22, 26),
        "soft": (20, 25),
        "sum": (22, 28),
        "mean": (24, 32),
        "weights": (28, 32),
        "a weight": (27, 33),
        "weights, mean": (26, 37),
    },
    "loss and gradient": {
        "a label": (17, 0),
        "an int8 label": (17, 0),
        "labels": (22, 27),
        "int32 labels": (23, 28),
        "soft": (21, 27),
        "sum": (23, 30),
        "mean": (25, 34),
        "weights": (29, 34),
        "a weight": (28, 35),
        "weights, mean": (27, 39),
        "out": (23, 28),
        "all": (34, 41),
    },
    "class weights": {"plain": (20, 25), "sum": (21, 27), "mean": (23, 32)},
    "class weights and gradient": {
        "plain": (21, 27),
        "sum": (22, 30),
        "mean": (24, 34),
        "out": (22, 28),
        "all": (25, 35),
    },
    "gated": {"plain": (17, 54), "a number": (17, 55), "out": (18, 55)},
    "gated vjp": {"plain": (20, 38), "g": (23, 77)},
}
PRODUCT_STEPS = {
    "plain": 13,
    "out": 14,
    "row": 13,
    "column": 16,
    "column, out": 17,
    "dot": 13,
    "few columns": 16,
}
SEVERAL = ROWS + ALL_AXES


def steps(function, *arguments, **options):
    """How many functions of the package a call runs, and functions in C that these call."""
    count = 0

    def note(frame, event, _):
        nonlocal count
        if event in ("call", "c_call") and frame.f_code.co_filename.startswith(PACKAGE):
            count += 1

    function(*arguments, **options)  # what is compiled or looked up once
    before = sys.getprofile()
    gc.disable()  # what was left by other tests has finalizers
    sys.setprofile(note)
    try:
        function(*arguments, **options)
    finally:
        sys.setprofile(before)
        gc.enable()
    return count


def most_steps(function, places, general=False):
    """{option: the steps of a call, the most over some places}."""
    most = {}
    for shape, axis in cases(function, places):
        a = Arrays(shape, axis, "f8")
        for option, (arguments, options) in calls_of(function, a).items():
            count = steps(call, function, arguments, options, axis, general)
            most[option] = max(count, most.get(option, 0))
    return most


def limits(function, number):
    """The limits of the steps, for one row or for several."""
    kind = function.kind + ", without max" * function.without_max
    return {option: most[number] for option, most in STEPS[kind].items()}


@pytest.mark.parametrize(
    "number, places", [(0, ONE_ROW), pytest.param(1, SEVERAL, marks=pytest.mark.slow)]
)
@each
def test_steps(function, number, places):
    found, most = most_steps(function, places), limits(function, number)
    assert {o: n for o, n in found.items() if n > most[o]} == {}
    # A limit far above would let a call grow unseen.
    assert {o: n for o, n in found.items() if n < 0.85 * most[o] - 1} == {}


@each
def test_the_general_way_takes_more(function):
    general, most = most_steps(function, ONE_ROW, general=True), limits(function, 0)
    assert all(n > most[option] for option, n in general.items())


def test_steps_of_products():
    for option, (arguments, options) in products("f8").items():
        count, most = steps(nl.logmatmulexp, *arguments, **options), PRODUCT_STEPS[option]
        assert most >= count >= 0.85 * most - 1, option
        assert steps(nl.logmatmulexp, *arguments, **options, workers=np.int64(1)) > most


def test_elementwise_functions_are_ufuncs_alone():
    for function in FAMILY.values():
        ufunc = getattr(nl, function.name)
        if function.kind == "elementwise":
            assert steps(ufunc, *[np.full(10, -0.5)] * ufunc.nin) == 0


def test_every_function_has_limits():
    kinds = {f.kind + ", without max" * f.without_max for f in FAMILY.values()} - GENERAL
    assert kinds == STEPS.keys()
