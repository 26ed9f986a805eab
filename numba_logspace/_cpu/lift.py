"""Powers of two that bring weights of any size to where their products with shares are exact."""

import math

from .._compile.inline import inlined
from .._compile.jit import kernel

# Of the largest weight: sums of many terms that are 2^scale_bits as large are finite.
_ROOM = {4: 20, 8: 800}


def room_of(dtype):
    """The exponent that the largest weight is brought to."""
    return _ROOM[dtype.itemsize]


@inlined
def exponent_of(u, base, step, count):
    """e with |u| <= 2^e for all finite numbers of a strip; 0 where there are none but 0."""
    largest = 0.0
    for i in range(count):
        number = abs(u[base + i * step])
        if largest < number < math.inf:
            largest = number
    return math.frexp(largest)[1]


def _largest_exponent(u):
    return exponent_of(u, 0, 1, u.size)


# The kernel (u) of a flat array: the exponent of all.
largest_exponent = kernel(_largest_exponent)


@inlined
def lifts(exponent, room):
    """(up, down): what to multiply by twice to bring 2^exponent to 2^room, and back again."""
    half = (room - exponent) // 2  # whether the bits are odd does not matter
    return math.ldexp(1.0, half), math.ldexp(1.0, -half)
