"""What a call does on the GPU, noted while it is done: arrays made, kernels launched, waiting."""

import contextlib
import threading

_OF_THREAD = threading.local()


class Tape:
    """What one call has done.

    `made` are Operands with the arrays whose library they are of, `launches` what `launch` was
    called with; `ordered` says whether streams had to wait for each other.
    """

    def __init__(self):
        self.made, self.launches, self.ordered = [], [], False


def current():
    """The Tape of the call that this thread does, None if it is not noted."""
    return getattr(_OF_THREAD, "tape", None)


@contextlib.contextmanager
def noted():
    """Note what is done within."""
    _OF_THREAD.tape = tape = Tape()
    try:
        yield tape
    finally:
        _OF_THREAD.tape = None
