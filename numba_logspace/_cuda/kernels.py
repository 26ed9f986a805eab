"""CUDA kernels: factories that put the formulas of one function over the memory of a GPU.

All functions are of one kind here (see `one_kind`). Arrays are flat and contiguous, in the normal
form (outer, n, inner). Nothing here knows what the formulas compute.
"""

import math

from numba import cuda, types
from numba.extending import overload

from .._compile.inline import inlined
from .._cpu.entries import number_of_row, of_row
from .._cpu.memory import full, load, put_number
from .._cpu.passes import (
    CHUNK,
    below_max_pass,
    below_sum_pass,
    carried,
    count_or_term,
    no_sums,
    one_less,
    shortfall_pass,
    sum_pass,
)
from .._cpu.weigh import finish_pass_of, refill_tile, weigh_pass_of
from .._formulas.simd import const, constant
from .._formulas.softsum import term_of_sum, told_apart
from .._formulas.sums import all_finite, zeros
from .._formulas.vectormath import larger
from .maximum import maximum


def number_for(g, n, number):
    """The number of a row, but NaN where its label is no class."""
    raise NotImplementedError("only inside compiled code")


@overload(number_for, jit_options={"error_model": "numpy", "forceinline": True})
def _overload_number_for(g, n, number):
    if not isinstance(g, types.Integer):
        return lambda g, n, number: number
    return lambda g, n, number: number if 0 <= g < n else const(number, math.nan)


# --- the row of a team ---------------------------------------------------------------------------
# A strip is (x, base, step, count): the share of a thread, in registers or where it lies.

# The steps of a row, after each of which its team exchanges something.
MAX, SUMS, SECOND_MAX, SECOND_SUMS, WEIGHED, AGAIN, FINISH = range(7)
_SECOND_STEPS = {
    "none": (),
    "without max": (SECOND_MAX, SECOND_SUMS),
    "shortfall": (SECOND_SUMS,),
}


def steps_of(formulas, second):
    """The steps that a row takes."""
    weighing = (WEIGHED, AGAIN) if formulas.weighs else ()
    return (MAX, SUMS, *_SECOND_STEPS[second], *weighing, FINISH)


@inlined
def largest_of(strip, m):
    """The largest of m and the entries; NaN is passed over (it shows up in the sum)."""
    x, base, step, count = strip
    for i in range(count):
        m = maximum(load(x, base + i * step, None, -math.inf), m)
    return m


def _max_of(team):
    largest, due = team.at(MAX).largest, team.at(MAX).due

    @inlined
    def max_of(room, strip):
        m = full(strip[0], -math.inf)
        if due(room):
            m = largest_of(strip, m)
        return largest(room, m)

    return max_of


def few_equal(at):
    """The sums of a team without one of the entries equal to the maximum, where these are few."""
    count, sum_of_pair = at.count, at.sum_of_pair

    @inlined
    def without_one(room, sums):
        ties = count(room, sums[0])
        rest, error = sum_of_pair(room, sums[1], sums[2])
        return ties - const(ties, 1.0), rest, error

    return without_one


def many_equal(at):
    """As few_equal, where a float may not hold the number of equal entries."""
    count_in_pair, sum_of_pair = at.count_in_pair, at.sum_of_pair

    @inlined
    def without_one(room, sums):
        ties, low = count_in_pair(room, sums[0], const(sums[0], 0.0))
        rest, error = sum_of_pair(room, sums[1], sums[2])
        return one_less((ties, rest, error + low * constant(low, "scale")))

    return without_one


def _summary_of(team, equal, sum_up):
    at = team.at(SUMS)
    without_one, due = equal(at), at.due

    @inlined
    def summary_of(room, strip, terms, m):
        sums = no_sums(m)
        if due(room):
            sums = sum_up(strip, terms, m)
        ties, rest, error = without_one(room, sums)
        return m, ties, rest, error

    return summary_of


def _without_max(team, equal):
    first, then = team.at(SECOND_MAX), team.at(SECOND_SUMS)
    largest, first_due = first.largest, first.due
    without_one, then_due, any_row = equal(then), then.due, team.any

    @inlined
    def without_max(room, strip, summary):
        x, base, step, count = strip
        m, ties, rest, error = summary
        zero = const(m, 0.0)
        tied = ties > zero
        if tied:
            ties, rest, error = one_less((ties, rest, error))
        left = m, ties, rest, error
        if any_row(not tied):
            m2 = full(x, -math.inf)
            if first_due(room):
                m2 = below_max_pass(x, base, step, count, None, m, m2)
            m2 = largest(room, m2)
            sums = no_sums(m2)
            if then_due(room):
                sums = below_sum_pass(x, base, step, count, None, m2, None, sums)
            ties, rest, error = without_one(room, sums)
            if not tied:
                # Where nothing is left, there is no second largest entry to leave out either.
                left = m2, larger(ties, zero), rest, error
        return left

    return without_max


def _with_shortfall(team, equal):
    sum_of_pair, due = team.at(SECOND_SUMS).sum_of_pair, team.at(SECOND_SUMS).due

    @inlined
    def with_shortfall(room, strip, summary):
        x, base, step, count = strip
        m, ties, rest, error = summary
        sums = no_sums(m)
        if due(room):
            sums = shortfall_pass(x, base, step, count, None, m, sums)
        return sum_of_pair(room, sums[1], sums[2])[0], ties, rest, error

    return with_shortfall


def _as_it_is(team, equal):
    @inlined
    def as_it_is(room, strip, summary):
        return summary

    return as_it_is


SECONDS = {"none": _as_it_is, "without max": _without_max, "shortfall": _with_shortfall}


def _weigh_once(at, formulas):
    weigh_pass = weigh_pass_of(formulas.weigh)
    terms_count, plain_count = 2 * formulas.sums[0], formulas.sums[1]
    sums_of, plain_sums_of, due = at.sums, at.plain_sums, at.due

    @inlined
    def once(room, strip, terms, along, tops, row, lift):
        x, base, step, count = strip
        sums, own = zeros(tops[0], terms_count), zeros(tops[0], plain_count)
        if due(room):
            none = sums, own
            sums, own = weigh_pass(x, base, step, count, None, terms, along, tops, row, lift, none)
        return sums_of(room, sums), plain_sums_of(room, own)

    return once


def _weigh(team, formulas):
    once = _weigh_once(team.at(WEIGHED), formulas)
    again, any_row = _weigh_once(team.at(AGAIN), formulas), team.any

    @inlined
    def weigh(room, strip, terms, along, tops, row):
        lift = constant(tops[0], "lift")
        sums, own = once(room, strip, terms, along, tops, row, lift)
        overflows = not all_finite(sums)
        if any_row(overflows):
            if overflows:
                # Lifted it is large, and needs no lift.
                lift = const(lift, 1.0)
            sums, own = again(room, strip, terms, along, tops, row, lift)
        return sums, own, lift

    @inlined
    def nothing(room, strip, terms, along, tops, row):
        return (), (), const(tops[0], 1.0)

    return weigh if formulas.weighs else nothing


@inlined
def sum_of_strip(strip, terms, m):
    """What `row_of` takes to sum up a strip in memory."""
    (x, base, step, count), (e, e_base, e_step) = strip, terms
    none = no_sums(m)
    return sum_pass(x, base, step, count, None, m, None, none, e, e_base, e_step, None)


@inlined
def sum_of_registers(strip, terms, m):
    """As sum_pass, in one loop, since the compiler would not unroll two."""
    (x, _, _, count), (e, _, _) = strip, terms
    ties, rest, error = no_sums(m)
    part = rest
    for i in range(count):
        term = term_of_sum(x[i], m, None)
        e[i] = told_apart(x[i], m, term)
        ties, term = count_or_term(x[i], term, m, ties)
        part = part + term if i % CHUNK > 0 else term
        if i == CHUNK - 1 or (i < CHUNK and i == count - 1):
            rest = part
        elif i % CHUNK == CHUNK - 1 or i == count - 1:
            rest, error = carried(rest, error, part)
    return ties, rest, error


def two_sweeps(team, equal, sum_up):
    """The summary of a row from a sweep for its maximum and one for the sum."""
    max_of, summary_of = _max_of(team), _summary_of(team, equal, sum_up)

    @inlined
    def sweeps(room, strip, terms):
        return summary_of(room, strip, terms, max_of(room, strip))

    return sweeps


def summaries_of(team, condition, second, equal, sum_up, sweeps=None):
    """The summary of a row, and what a second look makes of it where `condition` asks for one.

    `sweeps` are those of two_sweeps, or others for the same.
    """
    sweeps = sweeps or two_sweeps(team, equal, sum_up)
    second_look, any_row = SECONDS[second](team, equal), team.any

    @inlined
    def summaries(room, strip, again, n, terms):
        summary = sweeps(room, strip, terms)
        more = summary
        asks = condition(summary, n)
        if any_row(asks):
            looked = second_look(room, again, summary)
            if asks:
                more = looked
        return summary, more

    return summaries


def finish_of(formulas):
    """As finish_pass_of, with the lighter of the formulas of an element where that does."""
    whole = finish_pass_of(formulas.element)
    if not formulas.lighter:
        return whole
    is_light, element = formulas.lighter
    light = finish_pass_of(element)

    @inlined
    def finish_pass(x, base, step, count, width, terms, along, tops, row, out, out2):
        # The same in all threads of a team.
        if is_light(row):
            light(x, base, step, count, width, terms, along, tops, row, out, out2)
        else:
            whole(x, base, step, count, width, terms, along, tops, row, out, out2)

    return finish_pass


def row_of(team, formulas, condition, second, equal, sum_up, sweeps=None):
    """One row; `again` is the strip for a second look, `terms` and `along` as in weigh_pass_of."""
    summaries = summaries_of(team, condition, second, equal, sum_up, sweeps)
    weigh = _weigh(team, formulas)
    prepare, settle, result = formulas.prepare, formulas.settle, formulas.result
    finish_pass, due = finish_of(formulas), team.at(FINISH).due

    @inlined
    def one_row(room, strip, again, n, terms, along, c, out, out2):
        (x, base, step, count), (e, _, _) = strip, terms
        summary, more = summaries(room, strip, again, n, terms)
        m = summary[0]
        ref, row = prepare(summary, more, n)
        if ref < m:
            refill_tile(e, x, base, step, count, None, ref)
        tops = m, ref
        sums, own, lift = weigh(room, strip, terms, along, tops, row)
        row = settle(sums, own, row, c, lift)
        if due(room):
            finish_pass(x, base, step, count, None, terms, along, tops, row, out, out2)
        return result(row)

    return one_row


# --- kernels -------------------------------------------------------------------------------------


def given(array):
    """An argument of a kernel, None for `NOTHING`, since None cannot be one."""
    raise NotImplementedError("only inside compiled code")


@overload(given, jit_options={"error_model": "numpy", "forceinline": True})
def _overload_given(array):
    if isinstance(array, types.BaseTuple):
        return lambda array: None
    return lambda array: array


NOTHING = ()


def _length(lengths, r, n):
    raise NotImplementedError("only inside compiled code")


@overload(_length, jit_options={"error_model": "numpy", "forceinline": True})
def _overload_length(lengths, r, n):
    if isinstance(lengths, types.BaseTuple):
        return lambda lengths, r, n: n
    return lambda lengths, r, n: lengths[r]


def register_rows(team, share, formulas, condition, second, dtype):
    """Contiguous rows, each of which the registers of its team hold."""
    one_row = row_of(team, formulas, condition, second, few_equal, sum_of_registers)
    held, size, room_size = share.held, team.size, team.room
    row_of_team, index_in_team = team.row, team.index
    fetch, spread, put_back = share.fetch, share.spread, share.put_back

    def rows(x, g, t, c, values, out, out2, n, count):
        r = row_of_team()
        if r >= count:
            return
        room = cuda.shared.array(room_size, dtype)
        g, t, c, values = given(g), given(t), given(c), given(values)
        out, out2 = given(out), given(out2)
        index, base = index_in_team(), r * n
        mine, terms = cuda.local.array(held, dtype), cuda.local.array(held, dtype)
        g_mine, t_mine = cuda.local.array(held, dtype), cuda.local.array(held, dtype)
        second_mine = cuda.local.array(held, dtype)
        fetch(x, base, n, index, -math.inf, mine)
        spread(of_row(g, r), base, n, index, g_mine)
        spread(of_row(t, r), base, n, index, t_mine)
        again = x, base + index, size, (n - index + size - 1) // size
        along = g_mine, t_mine, 0, 1
        number = number_for(of_row(g, r), n, number_of_row(c, r, mine[0]))
        strip = mine, 0, 1, held
        result = one_row(room, strip, again, n, (terms, 0, 1), along, number, mine, second_mine)
        put_back(mine, out, base, n, index)
        put_back(second_mine, out2, base, n, index)
        if index == 0:
            put_number(values, r, result)

    return cuda.jit(rows)


def strip_rows(team, formulas, condition, second, dtype):
    """Rows of any stride, read again for every sweep, of `n` entries or of lengths up to it."""
    one_row = row_of(team, formulas, condition, second, many_equal, sum_of_strip)
    size, room_size, row_of_team, index_in_team = team.size, team.room, team.row, team.index

    def rows(x, g, t, c, values, out, out2, lengths, n, inner, count):
        r = row_of_team()
        if r >= count:
            return
        room = cuda.shared.array(room_size, dtype)
        g, t, c, values = given(g), given(t), given(c), given(values)
        out, out2 = given(out), given(out2)
        index, outer = index_in_team(), r // inner
        base = outer * n * inner + (r - outer * inner) + index * inner
        n = _length(lengths, r, n)
        strip = x, base, size * inner, max(0, (n - index + size - 1) // size)
        along = of_row(g, r), of_row(t, r), index, size
        number = number_for(of_row(g, r), n, number_of_row(c, r, x[0]))
        result = one_row(room, strip, strip, n, (None, 0, 0), along, number, out, out2)
        if index == 0:
            put_number(values, r, result)

    return cuda.jit(rows)
