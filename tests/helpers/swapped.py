"""A plugin of pytest: SciPy's functions are ours, with SciPy's signatures, wherever it has them."""

import collections
import contextlib
import sys

import scipy.special

import numba_logspace as nl

CALLS: collections.Counter = collections.Counter()


def logsumexp(a, axis=None, b=None, keepdims=False, return_sign=False):
    """Of all axes unless one is given."""
    CALLS["logsumexp"] += 1
    return nl.logsumexp(a, axis, b=b, keepdims=keepdims, return_sign=return_sign)


def softmax(x, axis=None):
    """Of all axes unless one is given."""
    CALLS["softmax"] += 1
    return nl.softmax(x, axis)


def log_softmax(x, axis=None):
    """Of all axes unless one is given."""
    CALLS["log_softmax"] += 1
    return nl.log_softmax(x, axis)


def _swap(ours):
    name = ours.__name__
    theirs = getattr(scipy.special, name)
    for module in [m for k, m in sys.modules.items() if k.startswith("scipy")]:
        if vars(module).get(name) is theirs:
            setattr(module, name, ours)
    # SciPy's tests look up by the function itself for which libraries it is.
    table = getattr(sys.modules.get("scipy._lib._array_api"), "xp_capabilities_table", {})
    if theirs in table:
        table[ours] = table[theirs]


for _function in (logsumexp, softmax, log_softmax):
    _swap(_function)
with contextlib.suppress(ImportError):
    from sklearn.utils import _array_api

    # From 1.8 on it has one of its own, for arrays of all libraries.
    if hasattr(_array_api, "_logsumexp"):
        _array_api._logsumexp = lambda array, axis=None, xp=None: logsumexp(array, axis)


def pytest_terminal_summary(terminalreporter):
    """Say at the end how often ours were called."""
    terminalreporter.write_line(f"calls: {sum(CALLS.values())}")
