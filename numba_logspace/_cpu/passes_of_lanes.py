"""Forward and backward passes of hidden Markov chains in lanes: what they give of each step.

Lanes hold stretches of chains, or chains (`_cpu/lanes_of_chains.py`). What each stretch does is a
matrix, and these tell, one after the other, with what the passes come to the ends of each
stretch. Both passes then go through all stretches side by side.
"""

import functools

import numpy as np

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._compile.trace import branch, formula, loop
from .._formulas.chains import (
    CLOSE,
    NOTHING,
    exact_product,
    into_three,
    inverse_of_pair,
    log_of_pair,
    log_of_product,
    log_with_sums,
    product_of_pairs,
    with_product,
)
from .._formulas.simd import any_lane, select
from .._formulas.vectormath import larger, sum_with_smaller, two_sum
from .chains import far_step, prepare, rows_of_states, space_for
from .lanes_of_chains import (
    CHUNK,
    as_numbers,
    begin_with,
    factors_of,
    gather,
    largest_of,
    moved,
    pair_at,
    put_pair,
    scatter,
    settled,
    times_factors,
)
from .memory import empty, full, lanes, load, pair, store, triple, zeros
from .numbers import exponentials, numbers, total

# What the passes give of each step.
FORWARD, BACKWARD, POSTERIORS, COUNTS = 1, 2, 3, 4


@inlined
def _pairs(size):
    room = empty(2 * size)
    return room[:size], room[size:]


@inlined
def _row_of_lanes(size, w):
    # A row in each lane, with its power, and the sums that it is relative to.
    return _pairs(size), zeros(w), triple(w)


@inlined
def _clear(of):
    # Anything finite for lanes without a chain.
    row, powers, sums = of
    row[0][:], row[1][:], powers[:] = 1.0, 0.0, 0.0
    for part in sums:
        part[:] = 0.0


@inlined
def _ones(row, k, width):
    for i in range(width):
        row[0][i], row[1][i], row[2][i] = (1.0, 0.0, 0.0) if i < k else (0.0, 0.0, NOTHING)


@inlined
def _store_sums(three, sums):
    for part, to in zip(three, sums):
        store(to, 0, None, part)


@inlined
def _place(lengths, steps, k, each, group, stop, w, counts, base, begins):
    # How far each lane goes, where it begins, and whether its chain begins with it.
    for lane in range(w):
        unit, piece = group + lane // each, lane % each
        counts[lane], base[lane], begins[lane] = 0.0, 0, 0.0
        if unit < stop:
            long = (lengths[unit] + each - 1) // each
            counts[lane] = max(0, min(long, lengths[unit] - piece * long))
            base[lane] = (unit * steps + piece * long) * k
            begins[lane] = 1.0 if piece == 0 else 0.0


@inlined
def _all_factors(emission, base, counts, longest, k, w, x, seen, bads):
    factors, bases = seen
    bad, zero = load(bads, 0, None, 0.0), full(x, 0.0)
    end = load(counts, 0, None, 0.0)
    for done in range(0, longest, CHUNK):
        gather(emission, base, counts, done, k, w, x)
        for t in range(min(CHUNK, longest - done)):
            at = done + t
            one_base, bad = factors_of(x, t * k * w, k, w, factors, at * k * w, bad)
            store(bases, at * w, None, select(end > full(x, at), one_base, zero))
    store(bads, 0, None, bad)


@formula
def _forward_step(a, a_at, rows, k, w, matrix, width, begins, t, factors, new):
    # The largest entry of rows after a step; chains that begin with it do not move.
    moved(a, a_at, rows, k, w, matrix, width, new)

    def back():
        here = load(begins, 0, None, 0.0) > full(begins, 0.0)

        def with_entry(i, _):
            pairs = zip(pair_at(a, a_at + i), pair_at(new, i))
            put_pair(new, i, *(select(here, old, moved) for old, moved in pairs))

        loop(rows * k * w, with_entry, None, 0, w)

    branch(t == 0, back, None)
    return times_factors(new, 0, rows, k, w, factors, t * k * w, new)


@formula
def _power_of_moves(begins, t, power):
    # The power of the matrix, where a step moves.
    zero, power = full(begins, 0.0), full(begins, power)
    stays = load(begins, 0, None, 0.0) > zero
    return branch(t > 0, lambda: power, lambda: select(stays, zero, power))


@inlined
def _multiply(k, w, longest, model, seen, lanes_are, stretch, new):
    # The matrix, its power and the sums of each stretch.
    matrix, width, top_power = model
    factors, bases = seen
    counts, begins, bads = lanes_are
    a, powers, sums = stretch
    a[0][:] = 0.0
    a[1][:] = 0.0
    for i in range(k):
        a[0][(i * k + i) * w : (i * k + i + 1) * w] = 1.0
    zero, end, bad = full(bads, 0.0), load(counts, 0, None, 0.0), load(bads, 0, None, 0.0)
    power, three = zero, (zero, zero, zero)
    for t in range(longest):
        alive = end > full(bads, t)
        top = _forward_step(a, 0, k, k, w, matrix, width, begins, t, factors, new)
        up, _, too_small = settled(new, k * k, w, top, alive, a, 0, a, 0)
        bad = larger(too_small, bad)
        power = power + select(alive, up + _power_of_moves(begins, t, top_power), zero)
        three = into_three(three, load(bases, t * w, None, 0.0))
    store(powers, 0, None, power)
    store(bads, 0, None, bad)
    _store_sums(three, sums)


@inlined
def _put_sums(sums, lane, three):
    for part, to in zip(three, sums):
        to[lane] = part


@inlined
def _sums_with(three, sums, lane):
    for part in sums:
        three = into_three(three, part[lane])
    return three


@inlined
def _come_to(row, lane, k, w, place, three, bads):
    # A lane begins with a row of numbers.
    a, powers, sums = place
    if not begin_with(row, k, w, lane, a, powers):
        bads[lane] = 1.0
    _put_sums(sums, lane, three)


@inlined
def _starts(row, spare, k, width, w, first, each, counts, stretch, matrix, place, bads):
    # With what the forward pass comes to each stretch of a chain.
    a, powers, sums = stretch
    three = 0.0, 0.0, 0.0
    for lane in range(first, first + each):
        _come_to(row, lane, k, w, place, three, bads)
        if each > 1 and counts[lane] > 0.0:
            for i in range(k):
                as_numbers(a, i * k, k, w, lane, powers[lane], matrix, i * width, 1)
            far_step(row, k, width, matrix, spare, -width, spare)
            row, spare = spare, row
            three = _sums_with(three, sums, lane)


@inlined
def _ends(row, spare, k, width, w, first, each, counts, stretch, matrix, place, bads):
    # With what the backward pass comes to each stretch of a chain.
    a, powers, sums = stretch
    three = 0.0, 0.0, 0.0
    for lane in range(first + each - 1, first - 1, -1):
        _come_to(row, lane, k, w, place, three, bads)
        if lane > first and counts[lane] > 0.0:
            for i in range(k):
                as_numbers(a, i * k, k, w, lane, powers[lane], matrix, i, width)
            far_step(row, k, width, matrix, spare, -width, spare)
            row, spare = spare, row
            three = _sums_with(three, sums, lane)


@formula
def _logarithms(a, at, k, w, power, sums, to, to_at):
    def with_state(j, _):
        high, low = pair_at(a, at + j * w)
        value, cancelled = log_with_sums(high, low, power, sums)
        again = any_lane(cancelled > full(to, 0.0))
        value = branch(again, lambda: log_of_product(high, low, power, sums), value)
        store(to, to_at + j * w, None, value)

    loop(k, with_state, None)


@formula
def _sums_at(sums):
    return tuple(load(part, 0, None, 0.0) for part in sums)


@formula
def _inverse_of_total(a, a_at, b, k, w):
    # (1 over the sum of the products of two rows, the sum).
    def with_state(j, total):
        return with_product(*total, *pair_at(a, a_at + j * w), *pair_at(b, j * w))

    first = product_of_pairs(*pair_at(a, a_at), *pair_at(b, 0))
    high, low = sum_with_smaller(*loop(k, with_state, first, 1))
    return inverse_of_pair(high, low), high


@formula
def _marginals(a, a_at, b, k, w, inverse, logs, to, to_at):
    def with_state(j, _):
        high, low = product_of_pairs(*pair_at(a, a_at + j * w), *pair_at(b, j * w))
        high, low = product_of_pairs(high, low, *inverse)
        store(to, to_at + j * w, None, branch(logs, lambda: log_of_pair(high, low), high))

    loop(k, with_state, None)


@formula
def _add_moves(a, a_at, seen, k, w, inverse, scale, counted, moves):
    # What the probabilities of moves are to be divided by their factor in the matrix.
    zero = full(seen[0], 0.0)

    def from_state(i, _):
        first, _ = product_of_pairs(*pair_at(a, a_at + i * w), *inverse)
        first = select(counted, first * scale, zero)

        def to_state(j, _):
            at = (i * k + j) * w
            sum_, rest = pair_at(moves, at)
            p, e = exact_product(first, load(seen[0], j * w, None, 0.0))
            sum_, lost = two_sum(sum_, p)
            put_pair(moves, at, sum_, rest + (lost + e))

        loop(k, to_state, None)

    loop(k, from_state, None)


@inlined
def _give_moves(moves, k, w, first, each, matrix, width, pairs, to):
    for i in range(k):
        for j in range(k):
            high, low = 0.0, 0.0
            for lane in range(first, first + each):
                at = (i * k + j) * w + lane
                high, lost = two_sum(high, moves[0][at])
                low += lost + moves[1][at]
            at = i * width + j
            high, low = product_of_pairs(high, low, matrix[0][at], matrix[1][at])
            pairs[to + i * k + j] = high + low


# --- the passes ----------------------------------------------------------------------------------


@inlined
def _go_forward(gives, k, w, longest, model, seen, lanes_are, begin, rows, new, y, base, out):
    matrix, width, top_power = model
    factors, bases = seen
    counts, begins, bads = lanes_are
    keeps_rows, size = gives >= POSTERIORS, k * w
    rows[0][:size], rows[1][:size] = begin[0][0][:size], begin[0][1][:size]
    power, sums = load(begin[1], 0, None, 0.0), _sums_at(begin[2])
    zero, end, bad = full(y, 0.0), load(counts, 0, None, 0.0), load(bads, 0, None, 0.0)
    for t in range(longest):
        alive = end > full(y, t)
        at = (t if keeps_rows else t % 2) * size
        to = (t + 1 if keeps_rows else (t + 1) % 2) * size
        top = _forward_step(rows, at, 1, k, w, matrix, width, begins, t, factors, new)
        up, _, too_small = settled(new, k, w, top, alive, rows, at, rows, to)
        bad = larger(too_small, bad)
        if gives != POSTERIORS:
            up = up + _power_of_moves(begins, t, top_power)
            power = power + select(alive, up, zero)
            sums = into_three(sums, load(bases, t * w, None, 0.0))
        if gives == FORWARD:
            _logarithms(rows, to, k, w, power, sums, y, (t % CHUNK) * size)
            if (t + 1) % CHUNK == 0 or t + 1 == longest:
                scatter(y, base, counts, t // CHUNK * CHUNK, k, w, out)
    store(begin[1], 0, None, power)
    _store_sums(sums, begin[2])
    store(bads, 0, None, bad)


@inlined
def _go_back(
    gives, k, w, longest, model, seen, lanes_are, finish, rows, spare, y, base, out, moves
):
    turned, width, top_power = model
    factors, bases = seen
    counts, begins, bads = lanes_are
    b, new, met = finish[0], spare[0], spare[1]
    size, keeps_rows = k * w, gives >= POSTERIORS
    power, sums = load(finish[1], 0, None, 0.0), _sums_at(finish[2])
    zero, one, end = full(y, 0.0), full(y, 1.0), load(counts, 0, None, 0.0)
    bad, inverse = load(bads, 0, None, 0.0), (zero, zero)
    if keeps_rows:
        inverse, total_of_row = _inverse_of_total(rows, longest * size, b, k, w)
        bad = select(total_of_row > zero, bad, one)
    for t in range(longest - 1, -1, -1):
        alive, y_at = end > full(y, t), (t % CHUNK) * size
        if gives == BACKWARD:
            _logarithms(b, 0, k, w, power, sums, y, y_at)
        else:
            at = (t + 1) * size
            _marginals(rows, at, b, k, w, inverse, gives == POSTERIORS, y, y_at)
        if t % CHUNK == 0:
            scatter(y, base, counts, t, k, w, out)
        if t == 0 and gives != COUNTS:
            continue
        times_factors(b, 0, 1, k, w, factors, t * size, met)
        moved(met, 0, 1, k, w, turned, width, new)
        top = largest_of(new, k, w)
        up, scale, too_small = settled(new, k, w, top, alive, b, 0, b, 0)
        bad = larger(too_small, bad)
        if gives == BACKWARD:
            power = power + select(alive, up + full(y, top_power), zero)
            sums = into_three(sums, load(bases, t * w, None, 0.0))
        if keeps_rows:
            inverse, _ = _inverse_of_total(rows, t * size, b, k, w)
        if gives == COUNTS:
            counted = select(alive, one, zero)
            if t == 0:
                counted = counted - load(begins, 0, None, 0.0)
            _add_moves(rows, t * size, met, k, w, inverse, scale, counted > zero, moves)
    store(bads, 0, None, bad)


@inlined
def _final(rows, longest, k, w, lane, begin, row):
    # The log-likelihood, by the row that a chain ends with.
    _, powers, sums = begin
    as_numbers(rows, longest * k, k, w, lane, powers[lane], row, 0, 1)
    high, low, power = total(row, k)
    return log_of_product(high, low, power, _sums_with((0.0, 0.0, 0.0), sums, lane))


@functools.cache
def passes(gives, few):
    """The kernel of what `gives` says; a unit is a chain, and all have one matrix.

    `out` gets logarithms, or the probabilities of states, where the sums of those of moves go to
    `pairs` and log-likelihoods to `final`. Where numbers lie too far apart, `left` becomes 1 and
    the chain is for the kernels of `_cpu/chains.py`. `pieces` is of `pieces_for`, `few` of
    `few_states`.
    """

    def passes(
        initial, initial_at, transition, transition_at, emission, lengths, steps, states,
        pieces, out, pairs, final, left, start, stop,
    ):  # fmt: skip
        w, k = lanes(emission), few or states
        width, each, size = (k + w - 1) // w * w, max(1, pieces), k * w
        space, (row, other, _) = space_for(k, width), rows_of_states(k, width)
        apart, top_power = prepare(transition, transition_at[0], k, width, False, space)
        if not apart < CLOSE:
            left[start:stop] = 1
            return
        matrix, turned = space[2], pair(k * width)
        for i in range(k):
            for j in range(k):
                turned[0][j * width + i] = matrix[0][i * width + j]
                turned[1][j * width + i] = matrix[1][i * width + j]
        most = (steps + each - 1) // each
        seen = _pairs(most * size), empty(most * w)
        rows = _pairs((most + 1 if gives >= POSTERIORS else 2) * size)
        stretch, begin, finish = (
            _row_of_lanes(k * size, w),
            _row_of_lanes(size, w),
            _row_of_lanes(size, w),
        )
        new, met, moves = _pairs(k * size), _pairs(size), _pairs(k * size)
        x, y = _pairs(CHUNK * size)
        base, lanes_are = np.zeros(w, np.int64), triple(w)
        counts, begins, bads = lanes_are
        of_stretch = numbers(k * width)
        rest = 0.0 if gives == COUNTS else -np.inf
        for group in range(start, stop, w // each):
            # --- what each lane has, and with what the passes come to it
            _place(lengths, steps, k, each, group, stop, w, counts, base, begins)
            longest, last = int(counts.max()), min(stop, group + w // each)
            bads[:] = 0.0
            _clear(begin)
            _clear(finish)
            _all_factors(emission, base, counts, longest, k, w, x, seen, bads)
            if each > 1:
                model = matrix, width, top_power
                _multiply(k, w, longest, model, seen, lanes_are, stretch, new)
            for unit in range(group, last):
                lane = (unit - group) * each
                if gives != BACKWARD:
                    exponentials(initial, initial_at[unit], k, row)
                    _starts(
                        row,
                        other,
                        k,
                        width,
                        w,
                        lane,
                        each,
                        counts,
                        stretch,
                        of_stretch,
                        begin,
                        bads,
                    )
                if gives != FORWARD:
                    _ones(row, k, width)
                    _ends(
                        row,
                        other,
                        k,
                        width,
                        w,
                        lane,
                        each,
                        counts,
                        stretch,
                        of_stretch,
                        finish,
                        bads,
                    )
            # --- the passes
            if gives != BACKWARD:
                model = matrix, width, top_power
                _go_forward(
                    gives, k, w, longest, model, seen, lanes_are, begin, rows, new, y, base, out
                )
            if gives != FORWARD:
                moves[0][:] = 0.0
                moves[1][:] = 0.0
                model, spare = (turned, width, top_power), (new, met)
                _go_back(
                    gives, k, w, longest, model, seen, lanes_are, finish, rows, spare, y, base,
                    out, moves,
                )  # fmt: skip
            # --- what is of whole chains
            for unit in range(group, last):
                lane = (unit - group) * each
                for i in range(lane, lane + each):
                    if bads[i] > 0.0:
                        left[unit] = 1
                if gives == COUNTS:
                    final[unit] = _final(rows, longest, k, w, lane + each - 1, begin, row)
                    if left[unit] == 0:
                        _give_moves(moves, k, w, lane, each, matrix, width, pairs, unit * k * k)
                out[(unit * steps + lengths[unit]) * k : (unit + 1) * steps * k] = rest

    return kernel(passes)
