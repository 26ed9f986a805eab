"""Sets of numbers with exponents of their own: arrays of the high parts, the low parts, the powers.

What is made of them and of logarithms, many at once, and of rows of states, padded to whole
vectors.
"""

import math

from .._compile.inline import inlined
from .._compile.trace import formula, loop
from .._formulas.chains import (
    NOTHING,
    is_far,
    log_of_number,
    normalised,
    number_of_log,
    number_of_near_log,
    power_of_two,
    product_of_pairs,
    with_product,
)
from .._formulas.simd import any_lane, select
from .._formulas.vectormath import sum_with_smaller
from .memory import full, lanes, load, store, triple


@inlined
def numbers(size):
    high, low, power = triple(size)
    power[:] = NOTHING
    return high, low, power


@formula
def get(of, at):
    return load(of[0], at, None, 0.0), load(of[1], at, None, 0.0), load(of[2], at, None, 0.0)


@formula
def get_some(of, at, width):
    high, low = load(of[0], at, width, 0.0), load(of[1], at, width, 0.0)
    return high, low, load(of[2], at, width, NOTHING)


@formula
def put(to, at, width, number):
    store(to[0], at, width, number[0])
    store(to[1], at, width, number[1])
    store(to[2], at, width, number[2])


@inlined
def exponentials(x, at, count, to):
    w = lanes(x)
    for i in range(0, count, w):
        v = load(x, at + i, min(w, count - i), -math.inf)
        if any_lane(is_far(v) > full(x, 0.0)):
            put(to, i, None, number_of_log(v))
        else:
            put(to, i, None, number_of_near_log(v))


@inlined
def logarithms(of, count, out, at):
    w = lanes(out)
    for i in range(0, count, w):
        high, low, power = get(of, i)
        store(out, at + i, min(w, count - i), log_of_number(high, low, power))


def keep(number_at, k, to, at):
    # A row of states, of which number_at(i) makes vectors, without what pads it.
    w = lanes(to[0])

    def with_column(i, _):
        put(to, at + i, select(k - i < w, k - i, w), number_at(i))

    loop(k, with_column, None, 0, w)


@formula
def keep_numbers(of, k, to, at):
    keep(lambda i: get(of, i), k, to, at)


@formula
def copy(of, width, to):
    loop(width, lambda i, _: put(to, i, None, get(of, i)), None, 0, lanes(to[0]))


@inlined
def times(a, b, b_at, width, to):
    # Nearly normal: what follows needs the powers alone.
    w = lanes(to[0])
    for i in range(0, width, w):
        x, y = get(a, i), get(b, b_at + i)
        high, low = product_of_pairs(x[0], x[1], y[0], y[1])
        put(to, i, None, (high, low, x[2] + y[2]))


@inlined
def total(a, k):
    # The sum of a row, as a number.
    top = NOTHING
    for i in range(k):
        top = max(top, a[2][i])
    high, low = 0.0, 0.0
    for i in range(k):
        scale = power_of_two(a[2][i] - top)
        high, low = with_product(high, low, a[0][i], a[1][i], scale, 0.0)
    high, low = sum_with_smaller(high, low)
    return normalised(high, low, top)
