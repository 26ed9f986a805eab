"""What the benchmarks share: data, functions that may be absent, the interleaved ratio of calls."""

import functools
import statistics
import time
import timeit

import numpy as np

import numba_logspace as nl

DTYPES = ("float32", "float64")
# The shapes of ten million entries, and the axis of a row: of the speed tables.
SHAPES = {
    "10000 x 1000": ((10_000, 1_000), -1),
    "1000 x 10000": ((1_000, 10_000), -1),
    "1000000 x 10": ((1_000_000, 10), -1),
    "(1000, 10000), axis 0": ((1_000, 10_000), 0),
    "(10, 1000000), axis 0": ((10, 1_000_000), 0),
}


@functools.lru_cache(maxsize=4)
def normals(shape, dtype):
    """Standard normals, always the same; not to be written to."""
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def function(name):
    """A public function; n/a in versions that do not have it."""
    if not hasattr(nl, name):
        raise NotImplementedError(f"{name} is not in this version")
    return getattr(nl, name)


def seconds(call, clock=time.perf_counter):
    """The time of one call."""
    start = clock()
    call()
    return clock() - start


def interleaved(calls, rounds=9, clock=time.perf_counter):
    """The median time of each of {name: call}, in turn, so that drift of the machine cancels."""
    for call in calls.values():
        call()
    times = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(seconds(call, clock))
    return {name: statistics.median(t) for name, t in times.items()}


def ratio(ours, other, rounds=5):
    """The time of one call over that of another, both in turn."""
    t = interleaved({"ours": ours, "other": other}, rounds)
    return t["ours"] / t["other"]


def least_ratio(ours, other, rounds=40):
    """The least time of one short call over that of another, from runs of many in turn."""
    timers = timeit.Timer(ours), timeit.Timer(other)
    numbers = [max(1, int(2e-4 / min(t.repeat(3, 10)) * 10)) for t in timers]
    times = [[t.timeit(n) / n for t, n in zip(timers, numbers)] for _ in range(rounds)]
    first, second = map(min, zip(*times))
    return first / second


class Timed:
    """Short runs, since over many commits there are many; each is a median of a few calls."""

    rounds = 1
    repeat = (3, 10, 0.3)
    warmup_time = 0
    timeout = 120
