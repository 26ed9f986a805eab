"""Ufuncs whose calls a Python function sees first: what it is asked, and what stays the same."""

import subprocess
import sys

import pytest

# In a process of its own, since nothing takes the look away again.
_SETUP = """
import sys, threading
import numpy as np
from numba_logspace import log1pexp, logaddexp
from numba_logspace._compile.first_look import look_first

class Ours:
    pass

seen = []

def see(ufunc, *args, **options):
    seen.append((ufunc, args, options))
    if any(type(a) is Ours for a in (*args, *options.values())):
        if "fail" in options:
            raise LookupError("of ours")
        return "ours", ufunc.__name__
    return NotImplemented

x = np.linspace(-3.0, 3.0, 7)
before = log1pexp(x), logaddexp(x, 1.0), logaddexp.reduce(x), log1pexp([1, 2])
look_first([log1pexp, logaddexp], see)
"""

CHECKS = {
    "what is NumPy's is not looked at": """
after = log1pexp(x), logaddexp(x, 1.0), logaddexp.reduce(x)
assert all(map(np.array_equal, before, after))
out = np.empty(7)
assert log1pexp(x, out=out) is out and log1pexp(x, out) is out
assert log1pexp(np.float64(1.0)) == log1pexp(1) == log1pexp(True)
assert log1pexp(x, where=True, dtype=np.float64, out=None)[0] == before[0][0]
assert [options for _, _, options in seen] == [{"where": True, "dtype": np.float64, "out": None}]
""",
    "what is declined is NumPy's": """
assert np.array_equal(log1pexp([1, 2]), before[3])
assert seen == [(log1pexp, ([1, 2],), {})]
assert log1pexp([1, 2], out=(np.empty(2),)).shape == (2,)
assert logaddexp.outer([1, 2], [1]).shape == (2, 1)
""",
    "what is ours": """
a = Ours()
assert log1pexp(a) == ("ours", "log1pexp")
assert logaddexp(x, a, other=3) == ("ours", "logaddexp")
assert seen[-1] == (logaddexp, (x, a), {"other": 3}) and logaddexp(1, y=a) == ("ours", "logaddexp")
""",
    "errors": """
for call, error in (
    (lambda: log1pexp(Ours(), fail=1), LookupError), (lambda: log1pexp(), TypeError),
    (lambda: log1pexp(x, x, x), TypeError), (lambda: log1pexp(x, axles=1), TypeError),
    (lambda: log1pexp("a"), TypeError), (lambda: log1pexp([1], axles=[1]), TypeError),
):
    try:
        call()
    except error:
        continue
    raise AssertionError(error)
""",
    "references": """
a, text = Ours(), [1.0, 2.0]
objects = a, text, NotImplemented, log1pexp, x
counts = [*map(sys.getrefcount, objects)]
for _ in range(1000):
    log1pexp(a), log1pexp(text), log1pexp(x)
    seen.clear()
assert [*map(sys.getrefcount, objects)] == counts
""",
    "threads": """
def work():
    for _ in range(300):
        assert log1pexp(Ours()) == ("ours", "log1pexp")
        assert np.array_equal(log1pexp(x), before[0])
        assert np.array_equal(log1pexp(text), before[3])

text, failed = [1, 2], []
threading.excepthook = failed.append
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads], [t.join() for t in threads]
assert not failed
""",
}


@pytest.mark.parametrize("check", CHECKS)
def test_first_look(check):
    command = [sys.executable, "-W", "error", "-c", _SETUP + CHECKS[check]]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
