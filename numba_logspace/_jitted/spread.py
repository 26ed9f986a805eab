"""Arguments that broadcast inside jitted code: a number, or an array of fewer axes."""

import numpy as np

from .._compile.inline import inlined
from .._cpu.together import repeat
from .calls import made
from .typing import is_number


@inlined
def fits(shape, u):
    """Whether an array of at most as many axes broadcasts to a shape."""
    lead, so_far = len(shape) - u.ndim, True
    for i in range(u.ndim):
        so_far = so_far and (u.shape[i] == shape[lead + i] or u.shape[i] == 1)
    return so_far


def spreader(view, u, ndim, name):
    """A function of x and u: u at each entry of view(x), flat; u has at most `ndim` axes."""
    text = f"{name} must have a shape that broadcasts to that of the array"
    ends = ["None"] * (ndim - u.ndim) + [":"] * u.ndim
    whole = inlined(made(f"lambda u: u[{', '.join(ends)}]" if "None" in ends else "lambda u: u"))

    @inlined
    def spread(x, u):
        if not fits(x.shape, u):
            raise ValueError(text)
        entries = np.empty(x.size, u.dtype)
        repeat(view(whole(u)), view(x).shape, entries)
        return entries

    return spread


def numbers_spread(view, u, ndim, name):
    """As `spreader`, of a number too, in the dtype of x."""
    if is_number(u):
        return inlined(lambda x, u: np.full(x.size, x.dtype.type(u)))
    return spreader(view, u, ndim, name)
