"""Hidden Markov chains: forward, backward and expected counts; lanes are states.

The exponentials of what is observed are taken for many steps at once, and so are the logarithms of
what is kept, since a row may be far shorter than a vector. A step is a row of numbers times a
matrix of numbers (`_cpu/numbers.py`). While those of many steps lie near each other, rows have one
power (`_cpu/near_rows.py`); while those of a row and of the matrix lie close together, they are
brought to one power at each step; otherwise each product has a power of its own.
"""

import functools

import numpy as np

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._compile.trace import formula, loop
from .._formulas.chains import (
    CLOSE,
    NEAR,
    NOTHING,
    exact_product,
    expected_move,
    log_of_number,
    normalised,
    plain,
    posterior,
    power_of_two,
    product_of_numbers,
    product_of_pairs,
    with_product,
)
from .._formulas.simd import any_lane, const, largest_lane, select
from .._formulas.vectormath import larger, quotient, sum_with_smaller
from .memory import full, lanes, load, number_at, pair, store, zeros
from .near_rows import (
    keep_row,
    keep_row_for_log,
    near_step,
    near_step_back,
    row_as_numbers,
    scale_of,
)
from .numbers import (
    copy,
    exponentials,
    get,
    get_some,
    keep_numbers,
    logarithms,
    numbers,
    put,
    times,
    total,
)
from .passes import carried

# The entries that are turned into numbers, and back, at once.
_BLOCK = 1024
# Factors of moves that are possible are less.
_MOST_POWER = 900.0
# What the passes keep, and give.
LOGS, NUMBERS, POSTERIORS, COUNTS = 1, 2, 3, 4

# --- matrices ------------------------------------------------------------------------------------


@inlined
def space_for(k, width):
    # (as it comes, its numbers row by row, the same brought to one power, rows that meet it).
    size, w = k * width, width + 64
    # In one piece, so that no two addresses that a step uses look alike to the processor.
    room, at = zeros(2 * size + 9 * width), 2 * size
    rows = (
        room[at : at + 3 * width],
        room[at + 3 * width : at + 6 * width],
        room[at + 6 * width :],
    )
    return numbers(k * k + w), numbers(size), (room[:size], room[size:at]), rows


@inlined
def prepare(x, at, k, width, turned, space):
    """(how many powers the numbers lie apart, the power that they are brought to)."""
    raw, (high, low, power), (near, near_low), _ = space
    exponentials(x, at, k * k, raw)
    top, bottom = NOTHING, -NOTHING
    for i in range(k):
        for j in range(k):
            to = j * width + i if turned else i * width + j
            high[to], low[to], power[to] = raw[0][i * k + j], raw[1][i * k + j], raw[2][i * k + j]
            top = max(top, power[to])
            if power[to] > NOTHING:
                bottom = min(bottom, power[to])
    w = lanes(high)
    for i in range(0, k * width, w):
        h, rest, p = get((high, low, power), i)
        scale = power_of_two(p - full(high, top))
        store(near, i, None, h * scale)
        store(near_low, i, None, rest * scale)
    return top - bottom, top


@inlined
def _bring_to_one_power(a, width, limit, near):
    """(whether numbers lie within so many powers, the power that they are brought to)."""
    w = lanes(near[0])
    top = load(a[2], 0, None, 0.0)
    for i in range(w, width, w):
        top = larger(load(a[2], i, None, 0.0), top)
    most = largest_lane(top)
    top = full(near[0], most)
    worst = full(near[0], 0.0)
    for i in range(0, width, w):
        high, low, power = get(a, i)
        d = power - top
        scale = power_of_two(d)
        store(near[0], i, None, high * scale)
        store(near[1], i, None, low * scale)
        counts = select(high == const(high, 0.0), const(d, 0.0), -d)
        worst = larger(counts, worst)
    return not any_lane(worst > full(near[0], limit)), most


@inlined
def seen_by(seen, at, high, low, power):
    # The sum of a step, times what is seen where that follows.
    high, low = sum_with_smaller(high, low)
    if at >= 0:
        b, b_low, b_power = get(seen, at)
        high, low = product_of_pairs(high, low, b, b_low)
        power = power + b_power
    return normalised(high, low, power)


@inlined
def _close_step(near, k, width, matrix, power, seen, at, to):
    w = lanes(near[0])
    for column in range(0, width, w):
        total = full(near[0], 0.0)
        low = total
        for i in range(k):
            a, a_low = full(near[0], near[0][i]), full(near[0], near[1][i])
            b = load(matrix[0], i * width + column, None, 0.0)
            b_low = load(matrix[1], i * width + column, None, 0.0)
            total, low = with_product(total, low, a, a_low, b, b_low)
        number = seen_by(seen, at + column, total, low, full(near[0], power))
        put(to, column, None, number)


@formula
def far_sum(a, a_at, k, matrix, at, step):
    """(high, low, power): the sum of k numbers from `a_at` on, each times a number of a matrix.

    These begin at `at` and lie `step` apart; each product has a power of its own.
    """

    def power_of(i, power):
        return full(a[0], number_at(a[2], a_at + i)) + power

    def with_power(i, top):
        return larger(power_of(i, load(matrix[2], at + i * step, None, 0.0)), top)

    def with_term(i, sums):
        b, b_low, power = get(matrix, at + i * step)
        scale = power_of_two(power_of(i, power) - top)
        left, left_low = (full(a[0], number_at(part, a_at + i)) * scale for part in a[:2])
        return with_product(*sums, left, left_low, b, b_low)

    top = loop(k, with_power, full(a[0], 2.0 * NOTHING))
    zero = full(a[0], 0.0)
    return *loop(k, with_term, (zero, zero)), top


@inlined
def far_step(a, k, width, matrix, seen, at, to):
    w = lanes(a[0])
    for column in range(0, width, w):
        high, low, power = far_sum(a, 0, k, matrix, column, width)
        put(to, column, None, seen_by(seen, at + column, high, low, power))


@inlined
def _step(a, k, width, space, close, top, near, seen, at, to):
    """A row of states times a matrix, and times the row `at` of what is seen, if not negative."""
    row_close, power = _bring_to_one_power(a, width, CLOSE, near)
    if close and row_close:
        _close_step(near, k, width, space[2], power + top, seen, at, to)
    else:
        far_step(a, k, width, space[1], seen, at, to)


# --- forward, and the log-likelihood -------------------------------------------------------------


@inlined
def rows_of_states(k, width):
    return numbers(width), numbers(width), pair(width)


@inlined
def _begin_near(a, width, rows):
    # (whether the first row can be these numbers, its power)
    may, power = _bring_to_one_power(a, width, CLOSE, rows)
    for i in range(0, width, lanes(rows[2])):
        store(rows[2], i, None, load(rows[0], i, None, 0.0))
    return may, power


@inlined
def _padded(k, x):
    w = lanes(x)
    return (k + w - 1) // w * w


@functools.cache
def forward():
    """The kernel of log p(y_1..t, z_t) and of log-likelihoods; a unit of work is a chain.

    `initial_at` and `transition_at` say where what belongs to each chain begins, `step` how far
    apart the matrices of two steps are, 0 where all steps have the same. `keeps` says what is kept
    of each step: nothing, LOGS in `out`, or NUMBERS in `every`, with those of the `totals`.
    """

    def forward(
        initial, initial_at, transition, transition_at, step, emission, lengths, steps, k,
        out, every, totals, keeps, final, start, stop,
    ):  # fmt: skip
        width = _padded(k, emission)
        space, (a, moved, near) = space_for(k, width), rows_of_states(k, width)
        size = max(1, min(_BLOCK // k, steps))
        observed, kept = numbers(size * k + 2 * width), numbers(size * k + 2 * width)
        factors = pair(size * k + 2 * width)
        rows, matrix, here, to = space[3], space[2], 0, 0
        apart, top, before, power, up, scale = 0.0, 0.0, -1, 0.0, 0.0, 1.0
        for unit in range(start, stop):
            base, length, is_near = unit * steps * k, lengths[unit], False
            exponentials(initial, initial_at[unit], k, moved)
            for i in range(k, width):
                moved[0][i], moved[1][i], moved[2][i] = 0.0, 0.0, NOTHING
            for first in range(0, length, size):
                count = min(size, length - first)
                exponentials(emission, base + first * k, count * k, observed)
                may, base_power = _bring_to_one_power(observed, count * k, NEAR, factors)
                for t in range(count):
                    if first + t > 0:
                        at = transition_at[unit] + step * (first + t - 1)
                        if at != before:
                            apart, top = prepare(transition, at, k, width, False, space)
                            before = at
                        may, was_near = may and apart < NEAR, is_near
                        if may and not was_near:
                            may, power = _begin_near(a, width, rows)
                            here, up, scale = 0, 0.0, 1.0
                        is_near = may
                        if may:
                            to = width - here
                            most = near_step(
                                rows, here, to, k, width, matrix, factors, t * k, scale
                            )
                            is_near = may = most >= 0.0
                        if is_near:
                            here = to
                            power += (top + base_power) + up
                            up, scale = scale_of(most)
                        else:
                            if was_near:
                                row_as_numbers(rows, here, power, width, a)
                            close = apart < CLOSE
                            _step(a, k, width, space, close, top, near, observed, t * k, moved)
                            copy(moved, width, a)
                    else:
                        times(moved, observed, 0, width, a)
                    if keeps == LOGS and is_near:
                        keep_row_for_log(rows, here, power, k, kept, t * k)
                    elif keeps == LOGS:
                        keep_numbers(a, k, kept, t * k)
                    elif keeps == NUMBERS and is_near:
                        keep_row(rows, here, power, k, every, base + (first + t) * k)
                    elif keeps == NUMBERS:
                        keep_numbers(a, k, every, base + (first + t) * k)
                if keeps == LOGS:
                    logarithms(kept, count * k, out, base + first * k)
            if keeps == LOGS:
                out[base + length * k : base + steps * k] = -np.inf
            if is_near:
                row_as_numbers(rows, here, power, width, a)
            whole = total(a, k)
            final[unit] = log_of_number(whole[0], whole[1], whole[2])
            if keeps == NUMBERS:
                totals[0][unit], totals[1][unit], totals[2][unit] = whole

    return kernel(forward)


# --- backward, and what it makes of the forward pass ---------------------------------------------


@inlined
def _posteriors(every, kept, count, inverse, out, to, gives):
    # Of a block: forward times backward over the total, as logarithms or as they are.
    w = lanes(out)
    scale = full(out, inverse[0]), full(out, inverse[1]), full(out, inverse[2])
    for i in range(0, count, w):
        width = min(w, count - i)
        high, low, power = posterior(get_some(every, to + i, width), get(kept, i), scale)
        if gives == POSTERIORS:
            store(out, to + i, width, log_of_number(high, low, power))
        else:
            store(out, to + i, width, plain(high, power))


@formula
def _add_pairs(every, at, seen, matrix, k, width, inverse, sums, errors):
    # The probabilities of all pairs of states at two steps; lanes are the first of the two.
    w = lanes(sums)
    scale = tuple(full(sums, part) for part in inverse)

    def with_column(column, _):
        few = select(k - column < w, k - column, w)
        first = product_of_numbers(get_some(every, at + column, few), scale)

        def with_state(j, _):
            to = j * width + column
            then = tuple(full(sums, number_at(part, j)) for part in seen)
            v = expected_move(first, get(matrix, to), then)
            total, error = carried(load(sums, to, None, 0.0), load(errors, to, None, 0.0), v)
            store(sums, to, None, total)
            store(errors, to, None, error)

        loop(k, with_state, None)

    loop(k, with_column, None, 0, w)


@formula
def _add_near_pairs(every, at, rows, row, k, width, inverse, power, sums, errors):
    # As _add_pairs, where what is seen has one power: what is to meet the moves themselves yet.
    w = lanes(sums)
    scale = tuple(full(sums, part) for part in inverse)

    def with_column(column, _):
        few = select(k - column < w, k - column, w)
        high, _, own = product_of_numbers(get_some(every, at + column, few), scale)
        # Where it is so much no move is possible.
        own, most = own + full(sums, power), full(sums, _MOST_POWER)
        first = plain(high, select(own < most, own, most))

        def with_state(j, _):
            to = j * width + column
            p, e = exact_product(first, full(sums, number_at(rows[0], row + j)))
            total, error = carried(load(sums, to, None, 0.0), load(errors, to, None, 0.0), p)
            store(sums, to, None, total)
            store(errors, to, None, error + e)

        loop(k, with_state, None)

    loop(k, with_column, None, 0, w)


@inlined
def _give_pairs(sums, errors, near, near_errors, matrix, k, width, out, at):
    for i in range(k):
        for j in range(k):
            to = j * width + i
            value, move = sums[to] + errors[to], matrix[0][to]
            if move != 0.0 and near[to] != 0.0:
                high, low = sum_with_smaller(near[to], near_errors[to])
                high, low = product_of_pairs(high, low, move, matrix[1][to])
                value += high + low
            out[at + i * k + j] = value
    for part in (sums, errors, near, near_errors):
        part[:] = 0.0


@inlined
def inverse_of(total, low, power):
    """1 over the total of a chain, or the total itself where it is 0 or NaN."""
    if not total > 0.0:
        return total, 0.0, NOTHING
    high, low = quotient(1.0, 0.0, total, low)
    return normalised(high, low, -power)


@functools.cache
def backward():
    """The kernel of log p(y_t+1..T | z_t), of posterior marginals and of expected counts.

    `out` gets what `gives` says: LOGS of the backward pass, POSTERIORS as logarithms, or the
    COUNTS of states, where those of moves go to `pairs`: of each step `pairs_step` behind the
    last, or their sum where that is 0. `every` and `totals` are from the forward pass.
    """

    def backward(
        transition, transition_at, step, emission, lengths, steps, k,
        every, totals, out, gives, pairs, pairs_step, start, stop,
    ):  # fmt: skip
        width = _padded(k, emission)
        space, (b, seen, near) = space_for(k, width), rows_of_states(k, width)
        size = max(1, min(_BLOCK // k, steps))
        observed, kept = numbers(size * k + 2 * width), numbers(size * k + 2 * width)
        factors = pair(size * k + 2 * width)
        moves, matrix, rows, here, to = space[1], space[2], space[3], 0, 0
        (sums, errors), (near_sums, near_errors) = pair(k * width), pair(k * width)
        apart, top, before, power, up, scale = 0.0, 0.0, -1, 0.0, 0.0, 1.0
        inverse = 1.0, 0.0, 0.0
        for unit in range(start, stop):
            base, length, is_near = unit * steps * k, lengths[unit], False
            out[base + length * k : base + steps * k] = 0.0 if gives == COUNTS else -np.inf
            if gives != LOGS:
                inverse = inverse_of(totals[0][unit], totals[1][unit], totals[2][unit])
                if inverse[0] == 0.0:
                    out[base : base + length * k] = 0.0 if gives == COUNTS else np.nan
                    continue
            for i in range(width):
                b[0][i], b[1][i], b[2][i] = (1.0, 0.0, 0.0) if i < k else (0.0, 0.0, NOTHING)
            for block in range((length - 1) // size, -1, -1):
                first = block * size
                count = min(size, length - first)
                exponentials(emission, base + first * k, count * k, observed)
                may, base_power = _bring_to_one_power(observed, count * k, NEAR, factors)
                for t in range(count - 1, -1, -1):
                    if is_near and gives == LOGS:
                        keep_row_for_log(rows, here, power, k, kept, t * k)
                    elif is_near:
                        keep_row(rows, here, power, k, kept, t * k)
                    else:
                        keep_numbers(b, k, kept, t * k)
                    if first + t == 0:
                        continue
                    at = transition_at[unit] + step * (first + t - 1)
                    if at != before:
                        apart, top = prepare(transition, at, k, width, True, space)
                        before = at
                    may, was_near = may and apart < NEAR, is_near
                    if may and not was_near:
                        may, power = _begin_near(b, width, rows)
                        here, up, scale = 0, 0.0, 1.0
                    is_near = may
                    if may:
                        to = width - here
                        most = near_step_back(
                            rows, here, 2 * width, to, k, width, matrix, factors, t * k, scale
                        )
                        is_near = may = most >= 0.0
                    if is_near:
                        here = to
                        power += base_power + up
                        if gives == COUNTS and pairs_step > 0:
                            row_as_numbers(rows, 2 * width, power, width, seen)
                        power += top
                        if gives == COUNTS and pairs_step == 0:
                            _add_near_pairs(
                                every, base + (first + t - 1) * k, rows, 2 * width, k, width,
                                inverse, power, near_sums, near_errors,
                            )  # fmt: skip
                        up, scale = scale_of(most)
                    else:
                        if was_near:
                            row_as_numbers(rows, here, power, width, b)
                        times(b, observed, t * k, width, seen)
                    if gives == COUNTS and (pairs_step > 0 or not is_near):
                        last = base + (first + t - 1) * k
                        _add_pairs(every, last, seen, moves, k, width, inverse, sums, errors)
                        if pairs_step > 0:
                            place = (unit * (steps - 1) + first + t - 1) * pairs_step
                            _give_pairs(
                                sums, errors, near_sums, near_errors, matrix, k, width, pairs, place
                            )
                    if not is_near:
                        close = apart < CLOSE
                        _step(seen, k, width, space, close, top, near, observed, -width, b)
                if gives == LOGS:
                    logarithms(kept, count * k, out, base + first * k)
                else:
                    at = base + first * k
                    _posteriors(every, kept, count * k, inverse, out, at, gives)
            if gives == COUNTS and pairs_step == 0:
                place = unit * k * k
                _give_pairs(sums, errors, near_sums, near_errors, matrix, k, width, pairs, place)

    return kernel(backward)
