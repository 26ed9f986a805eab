"""Every function against its definition, on whatever rows and points hypothesis finds."""

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES, LAYOUTS, call
from error import check
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import ELEMENTWISE, JACOBIANS, MAP_DERIVATIVES, MAPS, REDUCTIONS, expected

import numba_logspace

some = settings(max_examples=60, deadline=None, derandomize=True, database=None)
each_dtype = pytest.mark.parametrize("dtype", DTYPES)


def _floats(dtype, low=None, high=None, **options):
    width = np.finfo(dtype).bits
    options = {"allow_nan": False, "allow_infinity": False, "allow_subnormal": True} | options
    return st.floats(low, high, width=width, **options)


def _entries(dtype):
    # Wide ranges find overflow and subnormals, narrow ones cancellation and ties.
    ranges = (1e-30, 1.0, 16.0, 128.0, 1024.0, 2.0**30, None)
    bounds = [None if r is None else float(dtype(r)) for r in ranges]
    return st.one_of(*(_floats(dtype, b and -b, b) for b in bounds))


@st.composite
def _rows(draw, dtype, longest=24):
    pool = st.sampled_from(draw(st.lists(_entries(dtype), min_size=1, max_size=4)))
    near = pool.map(lambda v: np.nextafter(dtype(v), dtype(0)).item())
    entry = draw(st.sampled_from([_entries(dtype), _entries(dtype) | pool | near]))
    return np.array(draw(st.lists(entry, min_size=1, max_size=longest)), dtype)


@pytest.mark.one_in(3)
@each_dtype
@pytest.mark.parametrize("name", MAPS | REDUCTIONS)
@some
@given(st.data())
def test_rows(name, dtype, data):
    row = data.draw(_rows(DTYPES[dtype]))
    layout = LAYOUTS[data.draw(st.sampled_from(["row", "short rows", "columns", "two columns"]))]
    if layout.takes(row.size, name):
        results = call(getattr(numba_logspace, name), layout, row, name in REDUCTIONS)
        check(expected(name, row), results, BUDGETS[name], name)


@pytest.mark.one_in(3)
@each_dtype
@pytest.mark.parametrize("name", MAP_DERIVATIVES)
@some
@given(st.data())
def test_gradients(name, dtype, data):
    row = data.draw(_rows(DTYPES[dtype]))
    weight = st.one_of(*(_floats(DTYPES[dtype], -b, b) for b in (2.0**-100, 1024.0)))
    weights = data.draw(st.lists(weight, min_size=row.size, max_size=row.size))
    weights = np.array(weights, row.dtype)
    results = getattr(numba_logspace, name)(row, weights)
    check(expected(name, row, weights), results, BUDGETS[name], name)


@each_dtype
@pytest.mark.parametrize("name", JACOBIANS)
@some
@given(st.data())
def test_jacobians(name, dtype, data):
    row = data.draw(_rows(DTYPES[dtype], longest=8))
    results = getattr(numba_logspace, name)(row)
    check(expected(name, row), results.reshape(-1), BUDGETS[name], name)


def _just_below(v, dtype):
    with np.errstate(over="ignore"):  # below the lowest number is -inf
        return np.nextafter(dtype(v), dtype(-np.inf)).item()


def _point(name, dtype):
    anywhere = _entries(dtype)
    if name in ("log1mexp", "logitexp"):
        return st.tuples(anywhere.map(lambda v: -abs(v)).filter(bool))
    if name in ("logexpm1", "logmxp1", "xlogx", "entr"):
        return st.tuples(anywhere.map(abs).filter(bool))
    if name == "log1pmx":
        return st.tuples(_floats(dtype, -1.0, exclude_min=True) | anywhere.map(abs))
    if name == "log2mexp":
        return st.tuples(anywhere.filter(lambda v: v < np.log(2)))
    if name in ("logit", "cloglog"):
        return st.tuples(_floats(dtype, 0.0, 1.0, exclude_min=True, exclude_max=True))
    if name == "xlogy":
        return st.tuples(anywhere, anywhere.map(abs).filter(bool))
    if name == "xlog1py":
        return st.tuples(anywhere, _floats(dtype, -1.0, exclude_min=True) | anywhere.map(abs))
    if name in ("rel_entr", "kl_div"):
        return st.tuples(*[anywhere.map(abs).filter(bool)] * 2)
    if name in ("logsubexp", "log_inv_logit_diff"):
        near = anywhere.map(lambda v: (v, _just_below(v, dtype)))
        pairs = st.tuples(anywhere, anywhere).map(lambda p: tuple(sorted(p, reverse=True)))
        return (near | pairs).filter(lambda p: p[0] > p[1] > -np.inf)
    if name.startswith("log_mix"):
        return st.tuples(anywhere, anywhere, anywhere)
    return st.tuples(*[anywhere] * (2 if name == "logaddexp" else 1))


@pytest.mark.one_in(5)
@each_dtype
@pytest.mark.parametrize("name", ELEMENTWISE)
@settings(some, max_examples=100)
@given(st.data())
def test_elementwise(name, dtype, data):
    dtype = DTYPES[dtype]
    point = [dtype(v) for v in data.draw(_point(name, dtype))]
    results = np.array([getattr(numba_logspace, name)(*point)])
    assert results.dtype == dtype
    check(expected(name, *point), results, BUDGETS[name], f"{name}{tuple(point)}")
