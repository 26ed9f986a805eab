"""Calls on CUDA arrays that have come before: they are done by a plan, the others the general way."""

import functools

from .._arguments.foreign import names_of
from .sides import ON_CUDA, side

_PLANS = ".._cuda.plans"


def planned(verb):
    """Decorate a verb: a call with CUDA arrays that is like an earlier one is done as that was."""
    names = names_of(verb)
    places = names.index("stream"), names.index("out") if "out" in names else None

    @functools.wraps(verb)
    def wrapper(*arguments):
        if ON_CUDA.isdisjoint(map(type, arguments)):
            return verb(*arguments)
        return side(_PLANS, "call")(verb, places, arguments)

    return wrapper
