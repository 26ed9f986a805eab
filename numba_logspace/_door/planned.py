"""Calls on CUDA arrays that have come before: a plan does them, the general way the others."""

import functools

from .._arguments.foreign import names_of
from .sides import ON_CUDA, side

_AGAIN = ".._cuda.again"


def planned(verb):
    """Decorate a verb: a call with CUDA arrays that is like an earlier one is done as that was."""
    names = names_of(verb)
    places = names.index("stream"), names.index("out") if "out" in names else None

    @functools.wraps(verb)
    def wrapper(*arguments):
        if ON_CUDA.isdisjoint(map(type, arguments)):
            return verb(*arguments)
        return side(_AGAIN, "call")(verb, places, arguments)

    return wrapper
