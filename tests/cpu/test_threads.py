"""Threads: how many share a call, that they change nothing, and that none waits forever."""

import asyncio
import contextvars
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import numba_logspace as nl
from numba_logspace._cpu import helpers as _helpers
from numba_logspace._cpu import workers as _workers

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
LARGE = 2 * _workers.THRESHOLD


def normal(*shape, dtype=np.float64):
    """The same random numbers every time."""
    return np.random.default_rng(7).normal(0, 3, shape).astype(dtype)


def run_python(code, *args, **environment):
    """What a Python process prints, which must end by itself."""
    command = [sys.executable, "-W", "ignore", "-c", code, *args]
    environment = {**os.environ, **environment}
    options = {"capture_output": True, "text": True, "timeout": 120}
    done = subprocess.run(command, check=False, env=environment, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def four_cores(monkeypatch):
    """Pretend to a machine of four cores, all of which may be used."""
    monkeypatch.setattr(_workers, "cores", lambda: 4)
    monkeypatch.setattr(_workers.config, "NUMBA_NUM_THREADS", 4)


# --- how many ----------------------------------------------------------------------------------


def test_default(four_cores):
    assert _workers.count_for(None, LARGE) == 4
    assert _workers.count_for(None, _workers.THRESHOLD - 1) == 1


@pytest.mark.parametrize(
    ("workers", "count"), [(1, 1), (3, 3), (4, 4), (9, 4), (-1, 4), (-2, 3), (-4, 1)]
)
def test_numbers(four_cores, workers, count):
    assert _workers.count_for(workers, LARGE) == count
    with nl.set_workers(workers):
        assert _workers.count_for(None, LARGE) == count


def test_numpy_integers(four_cores):
    assert _workers.count_for(np.int8(2), LARGE) == 2


def test_limit_of_numba(four_cores, monkeypatch):
    monkeypatch.setattr(_workers.config, "NUMBA_NUM_THREADS", 2)
    assert _workers.count_for(None, LARGE) == 2
    assert _workers.count_for(-1, LARGE) == 2
    assert _workers.count_for(3, LARGE) == 2


@pytest.mark.parametrize(
    ("workers", "error"),
    [(0, ValueError), (-CORES - 1, ValueError), (1.5, TypeError), ("2", TypeError)],
)
@pytest.mark.parametrize("size", [1, 10, LARGE])
def test_wrong_numbers(workers, error, size):
    x = np.zeros(size)
    for function in (nl.log1m_softmax, nl.logsumexp):
        with pytest.raises(error, match="workers must be"):
            function(x, workers=workers)


@pytest.mark.parametrize(
    ("workers", "error"), [(0, ValueError), (-CORES - 1, ValueError), (None, TypeError)]
)
def test_wrong_default(workers, error):
    with pytest.raises(error, match="workers must be"), nl.set_workers(workers):
        pass


def test_default_nests(four_cores):
    counts = []

    def note():
        counts.append(_workers.count_for(None, LARGE))

    with nl.set_workers(1):
        note()
        with nl.set_workers(3):
            note()
            with pytest.raises(ZeroDivisionError), nl.set_workers(2):
                note()
                raise ZeroDivisionError
            note()
        note()
    note()
    assert counts == [1, 3, 2, 3, 1, 4]


def test_default_gives_way_to_the_argument(four_cores):
    with nl.set_workers(3):
        assert _workers.count_for(2, LARGE) == 2


def test_default_belongs_to_the_thread(four_cores):
    with nl.set_workers(1), ThreadPoolExecutor(1) as executor:
        assert executor.submit(_workers.count_for, None, LARGE).result(60) == 4


def test_default_belongs_to_the_task(four_cores):
    async def task(workers):
        with nl.set_workers(workers):
            await asyncio.sleep(0.01)
            return _workers.count_for(None, LARGE)

    async def tasks():
        return await asyncio.gather(*map(task, (1, 2, 3)))

    assert asyncio.run(tasks()) == [1, 2, 3]


_COUNT = """
import sys, threading
import numpy as np
import numba_logspace as nl
for x in (np.zeros((2000, 300)), np.zeros((300, 2000)), np.zeros(10**6)):
    for axis in (0, -1):
        nl.log1m_softmax(x, axis, workers=int(sys.argv[1]))
        nl.logsumexp(x, axis, workers=int(sys.argv[1]))
print(threading.active_count())
"""


def test_no_thread_where_numba_may_have_one():
    assert run_python(_COUNT, "4", NUMBA_NUM_THREADS="1") == "1\n"


@pytest.mark.skipif(CORES < 2, reason="needs two cores")
def test_a_second_thread_where_there_may_be_two():
    assert int(run_python(_COUNT, "2", NUMBA_NUM_THREADS="2")) > 1


# --- results -----------------------------------------------------------------------------------


@pytest.fixture
def two_threads(monkeypatch):
    """Allow two threads, also where there is one core."""
    monkeypatch.setattr(_workers, "limit", lambda: 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("shape", "axis"), [((60_000, 10), 1), ((3000, 200), 1), ((200, 3000), 0), ((9, 50, 999), 1)]
)
@pytest.mark.parametrize("function", [nl.log1m_softmax, nl.logsumexp])
def test_threads_do_not_change_results(two_threads, function, shape, axis, dtype):
    x = normal(*shape, dtype=dtype)
    one, two = (function(x, axis, workers=workers) for workers in (1, 2))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("x", [normal(LARGE), normal(LARGE)[::-1], normal(LARGE).astype(">f8")])
def test_one_long_row(two_threads, x):
    # Shared among threads it is summed in another order; each result is within 4 ulp.
    one, two = (nl.log1m_softmax(x, workers=workers) for workers in (1, 2))
    np.testing.assert_array_max_ulp(one, two, 8)


@pytest.mark.slow
@pytest.mark.parametrize("factor", [1.0, 1e200])  # which the lighter formulas are not for
@pytest.mark.parametrize(("shape", "axis"), [((600_001,), 0), ((2, 200_000, 3), 1)])
def test_derivatives_of_few_long_rows(two_threads, shape, axis, factor):
    x, g = normal(*shape), normal(*shape)[::-1].copy() * factor
    p = nl.softmax(x, axis)
    total = np.sum(p * abs(g), axis, keepdims=True)
    for function, moduli in ((nl.softmax_vjp, p * (abs(g) + total)), (nl.logsumexp_jvp, total)):
        one, two = (function(x, g, axis, workers=workers) for workers in (1, 2))
        error = np.abs(one - two).reshape(moduli.shape)
        assert np.all(error <= 2 * np.finfo(x.dtype).eps * moduli)


@pytest.mark.slow
def test_losses_of_a_long_row(two_threads):
    x = normal(600_001)
    targets = nl.softmax(x[::-1])
    loss = nl.cross_entropy_value_and_grad
    (one, slope), (two, slope_too) = (loss(x, targets, workers=w) for w in (1, 2))
    assert abs(one - two) <= 2 * np.spacing(one)
    assert np.all(np.abs(slope - slope_too) <= 2 * np.spacing(nl.softmax(x) + targets))


def test_in_place(two_threads):
    x = normal(3000, 200)
    expected = nl.log1m_softmax(x)
    nl.log1m_softmax(x, out=x, workers=2)
    np.testing.assert_array_max_ulp(x, expected, 8)


def test_calls_from_many_threads_at_once(two_threads):
    x = [normal(400, 500) + i for i in range(8)]
    expected = [nl.log_softmax(a, workers=1) for a in x]
    barrier = threading.Barrier(8)

    def call(a):
        barrier.wait(60)
        return [nl.log_softmax(a, workers=2) for _ in range(10)]

    with ThreadPoolExecutor(8) as executor:
        futures = [executor.submit(call, a) for a in x]
        for future, one in zip(futures, expected, strict=True):
            for two in future.result(60):
                np.testing.assert_array_equal(one, two)


_FIRST_CALLS = """
import threading
import numpy as np
import numba_logspace as nl
from concurrent.futures import ThreadPoolExecutor
x = np.random.default_rng(0).normal(size=(400, 500))
barrier = threading.Barrier(8)
def call(_):
    barrier.wait(60)
    return nl.log1m_softmax(x)
with ThreadPoolExecutor(8) as executor:
    results = list(executor.map(call, range(8)))
assert np.allclose(np.expm1(results[0]).sum(1), -1)
assert all(np.array_equal(results[0], y) for y in results)
"""


def test_first_calls_from_many_threads_at_once():
    run_python(_FIRST_CALLS)


# --- forks and the pool ------------------------------------------------------------------------

_FORK = """
import multiprocessing, os, signal, threading
import numpy as np
import numba_logspace as nl
from numba_logspace._cpu import workers as _workers
_workers.limit = lambda: 2

x = np.random.default_rng(0).normal(size=(2000, 300))
expected = nl.log1m_softmax(x, workers=2)
assert threading.active_count() > 1

def child():
    assert np.array_equal(nl.log1m_softmax(x, workers=2), expected)
    assert threading.active_count() > 1

for _ in range(3):
    pid = os.fork()
    if pid == 0:
        signal.alarm(30)  # a child that waits forever ends here
        code = 1
        try:
            child()
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0

process = multiprocessing.get_context("fork").Process(target=child)
process.start()
process.join(30)
assert process.exitcode == 0
assert np.array_equal(nl.log1m_softmax(x, workers=2), expected)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork_after_a_threaded_call():
    run_python(_FORK)


_FORK_MEANWHILE = """
import os, signal, threading
import numpy as np
import numba_logspace as nl
from numba_logspace._cpu import workers as _workers
_workers.limit = lambda: 2

x = np.random.default_rng(0).normal(size=(600, 300))
expected, over = nl.softmax(x, workers=2), False

def call():
    while not over:
        assert np.array_equal(nl.softmax(x, workers=2), expected)

threads = [threading.Thread(target=call) for _ in range(2)]
for thread in threads:
    thread.start()
for _ in range(10):
    pid = os.fork()
    if pid == 0:
        signal.alarm(30)  # a child that waits forever ends here
        code = 1
        try:
            code = 0 if np.array_equal(nl.softmax(x, workers=2), expected) else 1
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0
over = True
for thread in threads:
    thread.join(30)
threading.Thread(target=call, daemon=True).start()  # the process ends in its midst
over = False
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork_and_end_while_threads_call():
    run_python(_FORK_MEANWHILE)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that interrupts")
def test_interrupted_calls_give_their_helpers_back(two_threads):
    class Interrupted(BaseException):
        pass

    def interrupt(*_):
        raise Interrupted

    lying, expected = normal(1000, 300), nl.softmax(normal(1000, 300), workers=1)
    apart, before = np.asfortranarray(lying)[:, ::2], signal.signal(signal.SIGALRM, interrupt)
    nl.softmax(lying, workers=2)
    nl.softmax(apart, workers=2)
    helpers = len(_helpers._pool._free)
    try:
        for i in range(100):
            with pytest.raises(Interrupted):
                # Again and again, since the first error may come where Python has to ignore it.
                signal.setitimer(signal.ITIMER_REAL, 1e-4 + 3e-5 * i, 0.05)
                while True:
                    nl.softmax(lying, workers=2)
                    nl.softmax(apart, workers=2)
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(_helpers._pool._free) == helpers > 0
    np.testing.assert_array_equal(nl.softmax(lying, workers=2), expected)


def test_pool_inside_a_pool(two_threads):
    x = normal(2000, 300)
    expected = nl.log1m_softmax(x, workers=1)

    results = []

    def inside():
        results.append(nl.log1m_softmax(x, workers=2))

    with ThreadPoolExecutor(6) as executor:
        futures = [executor.submit(_workers.run_all, [(inside,)] * 4, 2) for _ in range(3)]
        for future in futures:
            future.result(60)
    assert len(results) == 12
    for result in results:
        np.testing.assert_array_equal(result, expected)


def test_an_error_in_a_thread_comes_back(two_threads):
    done = []

    def call(i):
        if i == 3:
            raise ZeroDivisionError
        done.append(i)

    for _ in range(20):
        with pytest.raises(ZeroDivisionError):
            _workers.run_all([(call, i) for i in range(8)], 2)
    done.clear()
    _workers.run_all([(call, i) for i in range(3)], 2)
    assert sorted(done) == [0, 1, 2]


# --- set for good ------------------------------------------------------------------------------


def test_default_without_a_block(four_cores):
    def inside():
        nl.set_workers(3)
        first = _workers.count_for(None, LARGE)
        with nl.set_workers(2):
            second = _workers.count_for(None, LARGE)
        return first, second, _workers.count_for(None, LARGE)

    # In a context of its own, so that it does not stay.
    assert contextvars.copy_context().run(inside) == (3, 2, 3)
    assert _workers.count_for(None, LARGE) == 4


@pytest.mark.parametrize("workers", [True, False, np.True_])
def test_bools_are_no_numbers(workers):
    with pytest.raises(TypeError, match="workers must be an int"):
        nl.softmax([1.0, 2.0], workers=workers)
    with pytest.raises(TypeError, match="workers must be an int"):
        nl.set_workers(workers)
