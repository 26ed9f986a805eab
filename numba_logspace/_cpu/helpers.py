"""Threads that stand by to help a call with its work.

A helper sleeps on a lock without the GIL. Whose turn it is says its state, a word that compiled code
changes at once: so a job can be taken back as long as it has not been begun, and a caller that is
interrupted anywhere can do its last steps again.
"""

import contextlib
import itertools
import os
import threading

import numpy as np
from llvmlite import ir
from numba import types

from .._compile.jit import kernel
from .._compile.trace import primitive
from .memory import pointer_to

# The states of a helper.
_FREE, _OFFERED, _BEGUN = range(3)
# How often a caller looks whether a helper has ended before it sleeps: some tens of microseconds,
# since it takes as long to be woken.
_PATIENCE = 1 << 16
# How often a helper that has ended looks for its next job, which leaves the GIL to the caller.
_LINGER = 1 << 13


def _word(context, builder, array_type, array):
    return pointer_to(context, builder, array_type, array, context.get_constant(types.intp, 0))


@primitive
def _now(typing_context, state):
    # The state as other threads have left it.

    def generate(context, builder, sig, args):
        return builder.load_atomic(_word(context, builder, state, args[0]), "acquire", 8)

    return state.dtype(state), generate


@primitive
def _becomes(typing_context, state, value):
    # All that was written before is seen by who sees the new state.

    def generate(context, builder, sig, args):
        builder.store_atomic(args[1], _word(context, builder, state, args[0]), "release", 8)
        return context.get_dummy_value()

    return types.none(state, state.dtype), generate


@primitive
def _turns(typing_context, state, before, after):
    # Whether the state was `before`, and is `after` now.

    def generate(context, builder, sig, args):
        pair = builder.cmpxchg(_word(context, builder, state, args[0]), *args[1:], "seq_cst")
        return builder.extract_value(pair, 1)

    return types.boolean(state, state.dtype, state.dtype), generate


@kernel
def _offer(state):
    _becomes(state, _OFFERED)


@kernel
def _begin(state):
    return _turns(state, _OFFERED, _BEGUN)


@kernel
def _end(state, looks):
    # Whether the next job has been begun at once.
    _becomes(state, _FREE)
    for _ in range(looks):
        if _now(state) == _OFFERED:
            return _turns(state, _OFFERED, _BEGUN)
    return False


@kernel
def _settle(state, looks):
    # Take the job back, or look for the end of what has been begun.
    if _turns(state, _OFFERED, _FREE):
        return True
    for _ in range(looks):
        if _now(state) == _FREE:
            return True
    return False


def _open(lock):
    # One token at most; a token too many only has its owner look once more.
    if lock.locked():
        with contextlib.suppress(RuntimeError):  # another thread was faster
            lock.release()


class _Helper:
    """A thread that does jobs, functions without arguments that raise nothing."""

    def __init__(self):
        self._job = None
        self._state = np.zeros(1, np.int64)
        self._wake, self._ended = threading.Lock(), threading.Lock()
        self._wake.acquire()
        self._ended.acquire()
        threading.Thread(target=self._run, name="numba_logspace", daemon=True).start()

    def offer(self, job):
        """Have the thread do a job; only for who has taken the helper."""
        self._job = job
        _offer(self._state)
        _open(self._wake)

    def settle(self):
        """Take the job back or, where it has been begun, wait for its end."""
        while not _settle(self._state, _PATIENCE):
            self._ended.acquire()
        self._job = None

    def _run(self):
        begun = False
        while True:
            if not begun:
                self._wake.acquire()
                begun = _begin(self._state)
            if begun:
                self._job()
                begun = _end(self._state, _LINGER)
                _open(self._ended)


class _Pool:
    """The helpers that nobody has taken. A forked child has none: threads do not survive a fork."""

    def __init__(self):
        self.forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.forget)

    def forget(self):
        self._lock = threading.Lock()
        self._free, self._count = [], 0

    def take(self, taken, wanted, most):
        """Take up to `wanted` helpers, of which there may be `most` in all."""
        _move(self._free, taken, wanted)
        if len(taken) < wanted and self._count < most:
            self._make(min(wanted - len(taken), most - self._count))
            _move(self._free, taken, wanted - len(taken))

    def give_back(self, taken):
        """Have all be free again."""
        _move(taken, self._free, len(taken))

    def _make(self, number):
        with self._lock:
            for _ in range(number):
                try:
                    helper = _Helper()
                except RuntimeError:  # no more threads, or the interpreter ends
                    return
                self._count += 1
                self._free.append(helper)


def _move(source, target, count):
    # In one call, so that no signal comes when a helper is in neither list.
    with contextlib.suppress(IndexError):
        target.extend(itertools.starmap(source.pop, itertools.repeat((), count)))


_pool = _Pool()


class _Work:
    """Calls [(function, *arguments), ...] that threads take from a list."""

    def __init__(self, calls):
        self.left, self.error = calls[::-1], None

    def __call__(self):
        try:
            while self.left:
                try:
                    function, *arguments = self.left.pop()
                except IndexError:
                    return
                function(*arguments)
        except BaseException as error:  # noqa: BLE001 - it goes on in the caller
            self.give_up(error)

    def give_up(self, error):
        """Begin no more calls: the first error is raised."""
        self.left.clear()
        self.error = self.error or error


def do_all(calls, helpers, most):
    """Do all calls with so many helpers, if as many are free; `most` is how many there may be."""
    work, taken = _Work(calls), []
    try:
        _pool.take(taken, helpers, most)
        for helper in taken:
            helper.offer(work)
    except BaseException as error:  # noqa: BLE001
        work.give_up(error)
    work()
    while taken:
        # None is left at work, however often the caller is interrupted.
        try:
            for helper in taken:
                helper.settle()
            _pool.give_back(taken)
        except BaseException as error:  # noqa: BLE001
            work.give_up(error)
    if work.error is not None:
        try:
            raise work.error
        finally:
            work.error = None  # it holds this frame
