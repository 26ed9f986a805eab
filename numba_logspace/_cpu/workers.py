"""How many threads share a call, and what each of them gets."""

import contextvars
import operator
import os

import numpy as np
from numba import config

from .helpers import do_all, share_units

# Below this many elements a second thread costs more than it saves.
THRESHOLD = 1 << 18

# Parts of many units are multiples of so many, since units go through the lanes of vectors.
_WHOLE = 64

_default = contextvars.ContextVar("numba_logspace_workers", default=None)


def limit():
    """How many threads a call may have: Numba's own limit is the user's word on it."""
    return max(1, min(cores(), config.NUMBA_NUM_THREADS))


def cores():
    """How many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check(workers):
    try:
        # A bool is an int by accident.
        number = operator.index(None if isinstance(workers, (bool, np.bool_)) else workers)
    except TypeError:
        raise TypeError(f"workers must be an int or None, got {workers!r}") from None
    if number == 0 or (number < 0 and number < -cores()):
        raise ValueError(
            f"workers must be a positive int, or a negative one from -1 (all cores) to "
            f"-{cores()} (one), got {number}"
        )
    return number if number > 0 else cores() + 1 + number


class set_workers:
    """Set the number of threads that calls use by default, for good or for a ``with`` block.

    Parameters
    ----------
    workers : int
        How many threads may share one call. Negative numbers count back from the number of
        cores this process may run on: -1 is all of them.

    Raises
    ------
    TypeError, ValueError
        Where `workers` is not such a number.

    Notes
    -----
    ``set_workers(2)`` holds from there on; the end of ``with set_workers(2):`` brings back what was
    set before. The setting belongs to the current context (thread or asyncio task), as does that
    of `decimal.setcontext`: it does not carry over to the threads of a pool or to other processes,
    which begin with the default and may have a setting of their own. It is limited by
    ``NUMBA_NUM_THREADS``.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> with nl.set_workers(2):
    ...     y = nl.softmax(np.zeros((1000, 1000)))
    """

    def __init__(self, workers: int) -> None:
        self._workers, self._before = _check(workers), _default.get()
        _default.set(self._workers)

    def __enter__(self) -> None:
        """Begin the block, for which it holds."""
        _default.set(self._workers)

    def __exit__(self, *error: object) -> None:
        """Bring back what was set before."""
        _default.set(self._before)


def count_for(workers, size):
    """How many threads a call over `size` elements gets."""
    if workers is None:
        workers = _default.get()
        if size < THRESHOLD:
            return 1
        return limit() if workers is None else min(workers, limit())
    number = _check(workers)
    return number if number == 1 else min(number, limit())


def share(kernel, arguments, units, workers):
    """Call kernel(*arguments, start, stop) over parts of range(units), in `workers` threads."""
    if workers <= 1 or units <= 1:
        kernel(*arguments, 0, units)
        return
    # Parts of which many go into the share of a thread, of whole vectors where there are many.
    least = max(1, units // (16 * workers))
    least = least if least < _WHOLE else least // _WHOLE * _WHOLE
    share_units(kernel, arguments, units, least, min(workers, units) - 1, limit() - 1)


def run_all(calls, workers):
    """Do all calls [(function, *arguments), ...], at most `workers` at a time."""
    if workers > 1 and len(calls) > 1:
        do_all(calls, min(workers, len(calls)) - 1, limit() - 1)
        return
    for function, *arguments in calls:
        function(*arguments)
