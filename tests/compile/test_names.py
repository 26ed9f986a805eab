"""Names by which functions of several processes are told apart in one."""

import contextlib
import functools
import gc
import inspect
import os
import subprocess
import sys
from collections import defaultdict

import pytest

from numba_logspace._compile.jit import _Kernel
from numba_logspace._compile.names import distinct, name_of
from numba_logspace._family import FAMILY


def _of(number, inner):
    def sized():
        return number, inner

    return sized


def _twins():
    return [lambda s: s[0], lambda s: s[1]], [lambda s: s[0], lambda s: s[1]]


def test_functions_are_named_by_what_is_in_their_cells():
    names = {distinct(_of(*cells)).__qualname__ for cells in [(1, None), (2, None), (1, _of)]}
    assert len(names) == 3
    assert distinct(_of(1, None)).__qualname__ in names


def test_functions_in_sequences_are_named_too():
    (a, b), (c, d) = _twins()
    one, other = (distinct(_of(1, [f, (g,)])).__qualname__ for f, g in ((a, b), (c, d)))
    assert one == other
    assert distinct(_of(1, [(a,), b])).__qualname__ != one
    assert distinct(_of(1, [b, (a,)])).__qualname__ != one


def test_what_differs_in_its_code_alone_has_names_of_its_own():
    (a, b), (c, _) = _twins()
    assert distinct(a).__qualname__ != distinct(b).__qualname__
    assert distinct(c).__qualname__ != distinct(b).__qualname__


def test_names_for_people_do_not_change():
    function = _of(1, _of(2, None))
    before = name_of(function)
    once = distinct(function).__qualname__
    assert name_of(function) == before
    assert distinct(function).__qualname__ == once


def test_no_two_kernels_share_a_name():
    for entry in FAMILY.values():
        for name, attribute in inspect.getmembers(type(entry.engine)):
            if isinstance(attribute, functools.cached_property):
                with contextlib.suppress(AttributeError):  # not all have all ways
                    getattr(entry.engine, name)  # makes the kernels, and compiles none
    kernels = defaultdict(set)
    for each in gc.get_objects():
        if type(each) is _Kernel:  # isinstance would ask weak proxies, of which some are dead
            function = each.py_func
            kernels[f"{function.__module__}.{function.__qualname__}"].add(name_of(function))
    assert len(kernels) > 100
    assert not [names for names in kernels.values() if len(names) > 1]


_MODULE = """
import numba, numba_logspace as nl

@numba.njit(cache=True)
def softmax(x): return nl.softmax(x, axis=0)

@numba.njit(cache=True)
def log1m_softmax(x): return nl.log1m_softmax(x, axis=0)

@numba.njit
def both(x): return softmax(x), log1m_softmax(x)
"""
_ASK = """
import sys, numpy as np, module, numba_logspace as nl
x = np.arange(8.0).reshape(4, 2)
for name in sys.argv[1].split(): getattr(module, name)(x), getattr(nl, name)(x[0])
if sys.argv[1] == "": print(all(map(np.array_equal, module.both(x), (
    nl.softmax(x, axis=0), nl.log1m_softmax(x, axis=0)))), (nl.softmax(x[0]) >= 0).all())
"""


@pytest.mark.slow
def test_what_two_processes_compiled_is_told_apart_in_a_third(tmp_path):
    (tmp_path / "module.py").write_text(_MODULE)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}

    def run(names):
        command = [sys.executable, "-c", _ASK, names]
        return subprocess.run(
            command, check=True, text=True, capture_output=True, cwd=tmp_path, env=environment
        ).stdout.split()

    run("softmax")
    run("log1m_softmax")
    assert run("") == ["True", "True"]
