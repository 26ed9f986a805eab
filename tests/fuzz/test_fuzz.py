"""The fuzzer finds what is planted, makes it small, and finds nothing in a minute of its own."""

import types

import numpy as np
import pytest
from arrays import Argument, lay
from cases import Case
from checks import check
from fuzz import Run, case_of
from shrink import shrink

import numba_logspace as nl

SECONDS = 60


def off_by_20_ulp(x, axis=-1, **options):
    y = np.array(nl.softmax(x, axis, **options))
    y[y > 0.9] -= 20 * np.finfo(y.dtype).epsneg
    return y


def ignores_the_mask(x, axis=-1, *, where=None, **options):
    return nl.softmax(x, axis, **options)


def writes_to_its_input(x, axis=-1, **options):
    y = nl.softmax(x, axis, **options)
    if isinstance(x, np.ndarray) and x.flags.writeable:
        x[...] = 0
    return y


def warns(x, axis=-1, **options):
    np.exp(np.float64(-800))
    return nl.softmax(x, axis, **options)


def takes_any_out(x, axis=-1, *, out=None, **options):
    y = nl.softmax(x, axis, **options)
    if out is None or out.shape != y.shape or not out.flags.writeable:
        return y
    out[...] = y
    return out


def leaves_a_dtype(x, axis=-1, **options):
    return np.asarray(nl.softmax(x, axis, **options), np.float64)


PLANTED = {
    off_by_20_ulp: "error",
    ignores_the_mask: "special value",
    writes_to_its_input: "wrote to its input",
    warns: "raised FloatingPointError: underflow encountered in",
    takes_any_out: "not refused",
    leaves_a_dtype: "dtype",
}


@pytest.mark.parametrize("function", PLANTED, ids=lambda f: f.__name__)
def test_planted_faults_are_found(function):
    library, told = types.SimpleNamespace(softmax=function), []
    run = Run(1, ("softmax",), library, tell=told.append)
    for number in range(400):
        fault = run.one(number)
        if fault is not None and fault.kind == PLANTED[function]:
            break
    assert run.faults["softmax", PLANTED[function]] == 1
    assert "nl.softmax(x" in told[-1]


def test_a_case_is_made_small():
    values = np.linspace(-3, 3, 4 * 5 * 6).reshape(4, 5, 6).astype(">f4")
    values[2, 3, 4] = 77.0
    x = Argument(values, ("0", "1", "2"), "strided")
    mask = Argument(np.ones((4, 5, 6), bool), x.axes)
    case = Case("softmax", {"x": x, "where": mask}, {"axis": 1, "workers": 2}, "fresh")
    small = shrink(case, lambda c: 77.0 in c.first.values)
    assert small.first.values.tolist() == [77.0]
    assert small.first.layout == "C" and small.first.values.dtype == "f4"
    assert (small.out, small.options, list(small.arguments)) == ("", {"axis": -1}, ["x"])


@pytest.mark.parametrize("layout", ["F", "strided", "negative", "turned", "misaligned", "readonly"])
def test_layouts_keep_the_values(layout):
    values = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(lay(values, layout), values)


def test_a_number_makes_the_same_case():
    for number in (3, 50, 1000):
        (first, _), (second, _) = (case_of(7, number) for _ in range(2))
        assert repr(first) == repr(second)


@pytest.mark.slow
def test_a_minute():
    # Always the same cases, as many as there is time for; other seeds are for runs by hand.
    run = Run(777)
    run.keep_on(SECONDS)
    assert not run.faults, run.summary()


def test_what_is_right_is_no_fault():
    for number in range(40):
        case, library = case_of(1, number, ("softmax",))
        if case is not None and not case.jitted and not case.wrong:
            assert check(case, library) is None
