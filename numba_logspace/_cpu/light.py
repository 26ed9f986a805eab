"""The two sweeps over entries that `_formulas/light.py` needs fewer operations for.

They take the terms and what goes with the entries as those of `weigh`, and `h` and `h_base` say
where the products of weights and odds are kept between both; an `h` of None is nowhere.
"""

import math

from .._compile.trace import branch, formula, loop
from .._formulas.light import top_of
from .._formulas.relative import reference
from .._formulas.simd import any_lane, const, select
from .._formulas.softsum import term_of_sum, told_apart
from .._formulas.sums import (
    add_plainly,
    add_terms,
    merge_sums,
    none_of,
    plain_sums_of_lanes,
    sums_of_lanes,
    zeros,
)
from .._formulas.vectormath import lesser
from .entries import entry, has_entries
from .kernels import reach
from .memory import full, itemsize, lanes, load, prefetch, spread, store
from .passes import CHUNK, carried, in_blocks, term_at
from .row import parts

_PAGE = 4096


def _term_at(e, index, width, v, m, of_m):
    if e is None:
        return told_apart(v, m, term_of_sum(v, m, of_m))
    return term_at(e, index, width, v, m)


def _held(hold, h, index, width, term, g, row):
    if hold is None:
        return None
    return hold(term, g, row) if h is None else load(h, index, width, 0.0)


def _carried_terms(near, parts):
    pairs = zip(near[::2], near[1::2], parts)
    return tuple(number for rest, error, part in pairs for number in carried(rest, error, part))


def _merge(before, sums):
    exact, near = merge_sums(before[0], sums[0]), merge_sums(before[1], sums[1])
    return exact, near, add_plainly(before[2], sums[2])


def weigh_pass_of(light, chunk=CHUNK):
    """The sweep of sums; `chunk` vectors are added plainly between those with compensation."""

    @formula
    def weigh_pass(x, base, step, count, width, terms, held, along, tops, row, sums, ahead=None):
        (e, e_base, e_step), (h, h_base), (g, number, stride) = terms, held, along
        m, top = tops
        zero, of_m = const(m, 0.0), None if e is not None else reference(m)

        def one_more(i, exact, sums, own):
            at = base + i * step
            v = load(x, at, width, -math.inf)
            term = _term_at(e, e_base + i * e_step, width, v, m, of_m)
            gi = entry(g, x, at, number + i * stride, width)
            if has_entries(g):
                prefetch(g, at, ahead)
            hi = None if light.hold is None else light.hold(term, gi, row)
            if hi is not None:
                store(h, h_base + i * e_step, width, hi)
            more, near, mine = light.weigh(v, term, hi, gi, m, row)
            at_k = v == top
            if sums is None:
                sums = tuple(select(at_k, zero, b) for b in near)
            else:
                sums = tuple(select(at_k, a, a + b) for a, b in zip(sums, near))
            own = tuple(select(at_k, b, a) for a, b in zip(own, mine))
            return add_terms(exact, more), sums, own

        def block(first, last, sums):
            def one(i, sums):
                exact, near, own = sums
                exact, more, own = one_more(i, exact, None, own)
                return exact, _carried_terms(near, more), own

            def some(start, sums):
                exact, near, own = sums
                state = exact, tuple(zero for _ in near[::2]), own
                end = lesser(start + chunk, last)
                exact, more, own = loop(end, lambda i, s: one_more(i, *s), state, start)
                return exact, _carried_terms(near, more), own

            if chunk == 1 or isinstance(last, int):
                return loop(last, one, sums, first)
            return loop(last, some, sums, first, chunk)

        return in_blocks(count, block, tuple(none_of(each) for each in sums), _merge)(sums)

    return weigh_pass


def finish_pass_of(light):
    """The sweep that writes the results."""

    @formula
    def finish_pass(x, base, step, count, width, terms, held, along, tops, row, numbers, outs):
        (e, e_base, e_step), (h, h_base), (g, number, stride) = terms, held, along
        m, top = tops
        of_m = None if e is not None else reference(m)

        def one_more(i, _):
            at = base + i * step
            v = load(x, at, width, -math.inf)
            term = _term_at(e, e_base + i * e_step, width, v, m, of_m)
            gi = entry(g, x, at, number + i * stride, width)
            hi = _held(light.hold, h, h_base + i * e_step, width, term, gi, row)
            results = light.element(v, term, hi, gi, v == top, numbers)
            for out, result in zip(outs, results):
                store(out, at, width, result)

        if light.element is not None:
            loop(count, one_more, None)

    return finish_pass


def no_sums(light, like):
    """The sums of no entries."""
    exact, near, own = light.sums
    return zeros(like, 2 * exact), zeros(like, 2 * near), zeros(like, own)


def _reach(x, n):
    # The processor itself fetches rows that are shorter than a page.
    return branch(n * itemsize(x) <= _PAGE, lambda: 0 * n, lambda: reach(x, n))


def row_of(light):
    """(x, base, n, e, h, g, m, row, c, outs, otherwise) of one row, whose number is returned.

    Where it does not fit, that is otherwise(), which does all.
    """
    weigh_pass, finish_pass = weigh_pass_of(light), finish_pass_of(light)

    def light_row(x, base, n, e, h, g, m, row, c, outs, otherwise):
        (body, width), (has_end, end, left) = parts(x, base, n)
        w, done = lanes(x), end - base
        tops, wide = (full(x, m), full(x, top_of(m, light.flag(row)))), spread(x, row)
        of_body = x, base, w, body, width, (e, 0, w), (h, 0), (g, 0, w), tops, wide
        of_end = x, end, w, 1, left, (e, done, w), (h, done), (g, done, w), tops, wide

        def settled():
            sums = no_sums(light, tops[0])
            if light.weighs:
                sums = branch(has_end, lambda: weigh_pass(*of_end, sums), sums)
                sums = weigh_pass(*of_body, sums, _reach(x, n))
            exact, near, own = sums
            sums = sums_of_lanes(exact), sums_of_lanes(near), plain_sums_of_lanes(own)
            return light.settle(*sums, m, row, c)

        def finished():
            spread_numbers = spread(x, numbers)
            finish_pass(*of_body, spread_numbers, outs)
            branch(has_end, lambda: finish_pass(*of_end, spread_numbers, outs), None)
            return result

        fits, numbers, result = branch(light.may(m, row), settled, _unsettled(light, m))
        return branch(fits, finished, otherwise)

    return light_row


def _unsettled(light, m):
    zero, one = const(m, 0.0), const(m, 1.0)
    return zero > one, zeros(m, light.size), zero


def tile_of(light):
    """As row_of, of rows side by side: (strip, e, h, g, m, row, c, outs, otherwise)."""
    weigh_pass, finish_pass = weigh_pass_of(light, 1), finish_pass_of(light)

    def light_tile(strip, e, h, g, m, row, c, outs, otherwise):
        w, zero, one = lanes(strip[0]), const(m, 0.0), const(m, 1.0)
        tops = m, top_of(m, light.flag(row))
        place = *strip, (e, 0, w), (h, 0), (g, 0, 1), tops, row

        def some_off(fits):
            return any_lane(select(fits, zero, one) > zero)

        def settled():
            sums = no_sums(light, m)
            fits, numbers, result = light.settle(
                *(weigh_pass(*place, sums) if light.weighs else sums), m, row, c
            )
            return some_off(fits), numbers, result

        def finished():
            finish_pass(*place, numbers, outs)
            return result

        off = some_off(light.may(m, row))
        unsettled = off, zeros(m, light.size), zero
        off, numbers, result = branch(off, lambda: unsettled, settled)
        return branch(off, otherwise, finished)

    return light_tile
