"""Formulas as they are traced: branches, loops, tuples and None, and what they refuse."""

import copy
import re

import numpy as np
import pytest
from numba import njit
from numba.core import event
from numba.core.caching import NullCache
from numba.core.registry import CPUDispatcher

import numba_logspace
from numba_logspace._compile.inline import inlined
from numba_logspace._compile.jit import kernel
from numba_logspace._compile.trace import branch, formula, loop
from numba_logspace._cpu.memory import number_at, put_number
from numba_logspace._family import FAMILY, named
from numba_logspace._formulas.simd import const, select


@formula
def _power(x, n):
    return loop(n, lambda _, y: y * x, const(x, 1.0))


def test_a_loop():
    @njit
    def power(x, n):
        return _power(x, n)

    assert [power(3.0, n) for n in range(4)] == [1.0, 3.0, 9.0, 27.0]
    x = np.float32(1 + 2**-20)
    assert power(x, 2) == x * x
    assert float(x * x) != float(x) * float(x)  # it has not been computed in float64


@formula
def _write(x, out, start, stop, step):
    def one_more(i, state):
        count, last = state
        put_number(out, i, number_at(x, i) + 1.0)
        return count + 1, i

    return loop(stop, one_more, (0, start), start, step)


@pytest.mark.parametrize("start, stop, step", [(0, 5, 1), (1, 5, 2), (4, 4, 1), (7, 3, 1)])
def test_a_loop_over_memory(start, stop, step):
    @njit
    def write(x, out, start, stop):
        return _write(x, out, start, stop, step)

    x, out = np.arange(8.0), np.zeros(8)
    count, last = write(x, out, start, stop)
    visited = range(start, stop, step)
    assert count == len(visited)
    assert last == (visited[-1] if visited else start)
    assert [i for i in range(8) if out[i] == x[i] + 1.0] == list(visited)


@formula
def _mark(x, out):
    def positive():
        put_number(out, 0, x)
        return x, (x + 1.0, None)

    def other():
        put_number(out, 1, x)
        return -x, (x, None)

    return branch(x > const(x, 0.0), positive, other)


def test_one_way_of_a_branch_runs():
    @njit
    def mark(x, out):
        return _mark(x, out)

    out = np.zeros(2)
    assert mark(2.0, out) == (2.0, (3.0, None))
    assert out.tolist() == [2.0, 0.0]
    assert mark(-1.0, out) == (1.0, (-1.0, None))
    assert out.tolist() == [2.0, -1.0]


def test_a_branch_to_what_is_there():
    @formula
    def doubled_where_large(x):
        return branch(x > const(x, 1.0), lambda: x + x, x)

    @njit
    def call(x):
        return doubled_where_large(x)

    assert (call(3.0), call(0.5)) == (6.0, 0.5)


def test_integers_of_all_widths_mix():
    @formula
    def together(i, j):
        return i // j + (i & 3) - j

    @njit
    def call(i, j):
        return together(i, j)

    assert call(np.int32(13), np.int64(4)) == 3 + 1 - 4


def test_an_array_comes_back_whole():
    @formula
    def first(a, b):
        return a

    @njit
    def call(n):
        return first(np.ones(n), 0)

    for _ in range(3):
        assert call(4).tolist() == [1.0] * 4


def _message(function, *args):
    with pytest.raises(Exception) as caught:  # Numba wraps what is raised while it types
        njit(function)(*args)
    return str(caught.value)


def test_what_a_formula_refuses():
    @formula
    def asks(x):
        return x if x > const(x, 0.0) else -x

    @formula
    def mixes(x, n):
        return x + n

    @formula
    def changes(x, n):
        return loop(n, lambda i, _: x, 0)

    @formula
    def differs(x):
        return branch(x > const(x, 0.0), lambda: x, 0)

    assert "use select, branch or loop" in _message(lambda x: asks(x), 1.0)
    assert "float64 and int64 do not mix" in _message(lambda x, n: mixes(x, n), 1.0, 1)
    assert "state of a loop was int64, and is float64" in _message(lambda x: changes(x, 2), 1.0)
    assert "both ways must give the same types" in _message(lambda x: differs(x), 1.0)


def test_primitives_are_not_for_python():
    with pytest.raises(TypeError, match="select is only for formulas and compiled code"):
        select(True, 1.0, 2.0)


@pytest.fixture
def uncached(monkeypatch):
    monkeypatch.setattr("numba_logspace._compile.jit.cache_for", lambda function: NullCache())


def test_inlined_functions_have_no_machine_code(uncached):
    @inlined
    def total(x):
        result = 0.0
        for value in x:
            result += value
        return result

    def sum_of(x):
        return total(x)

    compiled = kernel(sum_of)
    assert compiled(np.arange(5.0)) == 10.0
    asm = compiled.inspect_asm(compiled.signatures[0])
    # Of names, Numba's mangling leaves the letters.
    assert not re.search(r"^\w*total_23\w*:$|call.*total_23", asm, re.MULTILINE)
    assert re.search(r"^\w*sum_of_23\w*:$", asm, re.MULTILINE)


# --- what a first call compiles ------------------------------------------------------------------


def _compiled_by(call):
    """How many functions go through Numba's compiler."""
    with event.install_recorder("numba:compile") as recorder:
        call()
    return sum(what.is_start for _, what in recorder.buffer)


_X = np.linspace(-2.0, 1.0, 12).reshape(3, 4)
_CALLS = {
    "map": lambda f: f(_X),
    "scan": lambda f: f(_X),
    "reduction": lambda f: f(_X, axis=1),
    "vjp": lambda f: f(_X, _X),
    "value and vjp": lambda f: f(_X, _X),
    "vjp of a reduction": lambda f: f(_X, axis=1),
    "jvp": lambda f: f(_X, _X),
    "jvp of a reduction": lambda f: f(_X, _X, axis=1),
    "hvp": lambda f: f(_X, _X, _X),
    "loss": lambda f: f(_X, [0, 1, 2]),
    "loss and gradient": lambda f: f(_X, [0, 1, 2]),
    "class weights": lambda f: f(_X, np.abs(_X)),
    "class weights and gradient": lambda f: f(_X, np.abs(_X)),
    "jacobian": lambda f: f(_X),
}


@pytest.mark.one_in(4)
@pytest.mark.parametrize("name", named(*_CALLS))
def test_a_first_call_compiles_few_functions(name, uncached, monkeypatch):
    # Each that Numba compiles costs as much as a hundred lines of formulas.
    function = FAMILY[name]
    fresh = copy.copy(function.engine)
    for made in [k for k, v in vars(fresh).items() if isinstance(v, CPUDispatcher)]:
        del fresh.__dict__[made]
    monkeypatch.setitem(function.__dict__, "engine", fresh)
    count = _compiled_by(lambda: _CALLS[function.kind](getattr(numba_logspace, name)))
    assert 0 < count <= 12
