"""Sweeps along a long row, several vectors at a time.

Most of these vectors hold nothing near the maximum. One comparison tells so, and then their
entries need no further ones, and shorter formulas do.
"""

import math

from .._compile.trace import branch, formula, loop
from .._formulas.relative import reference
from .._formulas.simd import any_lane, const, constant, select
from .._formulas.softsum import term_of_sum, told_apart
from .._formulas.vectormath import larger
from .memory import (
    full,
    lanes,
    lanes_of,
    load,
    prefetch,
    spread,
    store,
    store_lines_past,
    to_next_line,
)
from .passes import CHUNK, carried, count_or_term, in_blocks, merged, no_sums

# Rows of so many vectors are long: in shorter ones many chunks have something near the maximum.
_LONG = 32
# Vectors that are finished together.
_FINISHED = 2
# How far ahead to fetch in the last sweep, in vectors.
_AHEAD = 16


@formula
def is_long(x, n):
    """Whether these sweeps are for rows of n entries."""
    return n >= _LONG * lanes_of(x.kind)


def _largest(vectors):
    top = vectors[0]
    for vector in vectors[1:]:
        top = larger(vector, top)
    return top


@formula
def sum_along(x, base, count, m, of_m, sums, e, e_base, ahead):
    """As passes.sum_pass, of `count` whole vectors that follow each other."""
    w, near = lanes(x), m - constant(m, "near_max")

    def compared(start, stop, sums):
        # These vectors, each compared with the maximum.
        def one_more(i, state):
            ties, part = state
            v = load(x, base + i * w, None, 0.0)
            term = term_of_sum(v, m, of_m)
            store(e, e_base + i * w, None, told_apart(v, m, term))
            ties, term = count_or_term(v, term, m, ties)
            return ties, part + term

        ties, rest, error = sums
        ties, part = loop(stop, one_more, (ties, const(m, 0.0)), start)
        return ties, *carried(rest, error, part)

    def chunk(start, sums):
        places = [(start + i) * w for i in range(CHUNK)]
        vectors = [load(x, base + at, None, 0.0) for at in places]
        for at in places:
            prefetch(x, base + at, ahead)

        def below():
            part = None
            for at, v in zip(places, vectors):
                term = term_of_sum(v, m, of_m)
                store(e, e_base + at, None, term)
                part = term if part is None else part + term
            return sums[0], *carried(*sums[1:], part)

        return branch(
            any_lane(_largest(vectors) >= near),
            lambda: compared(start, start + CHUNK, sums),
            below,
        )

    def block(first, last, sums):
        whole = first + (last - first) // CHUNK * CHUNK
        sums = loop(whole, chunk, sums, first, CHUNK)
        return loop(last, lambda start, sums: compared(start, start + 1, sums), sums, whole)

    return in_blocks(count, block, no_sums(m), merged)(sums)


def _term_of(v, e, at, width, m, of_m):
    # The scaled term of v, from where it is kept, or made again.
    if e is None:
        return told_apart(v, m, term_of_sum(v, m, of_m))
    return load(e, at, width, 0.0)


def finish_long_of(element, light):
    """The sweep that writes `element` of each entry of a long row; `light` as in `engines.Map`."""

    def result(v, term, m, row, light_row):
        full = element(v, term, m, *row)
        if not light:
            return full
        return select(term < light_row[0], light[1](v, term, m, *light_row[1:]), full)

    def vector(x, base, width, m, row, light_row, e, e_at, of_m, out, o_base):
        v = load(x, base, width, -math.inf)
        term = _term_of(v, e, e_at, width, m, of_m)
        store(out, o_base, width, result(v, term, m, row, light_row))

    def body(x, base, count, m, row, light_row, e, e_base, of_m, out, o_base, past):
        w, ahead = lanes(x), _AHEAD * lanes(x) if e is None else None

        def chunk(start, _):
            places = [(start + i) * w for i in range(_FINISHED)]
            vectors = [load(x, base + at, None, 0.0) for at in places]
            terms = [_term_of(v, e, e_base + at, None, m, of_m) for v, at in zip(vectors, places)]
            for at in places:
                prefetch(x, base + at, ahead)

            def each(formula):
                return tuple(formula(v, term) for v, term in zip(vectors, terms))

            def compared():
                return each(lambda v, term: result(v, term, m, row, light_row))

            def plain():
                return each(lambda v, term: light[1](v, term, m, *light_row[1:]))

            if light:
                ys = branch(any_lane(_largest(terms) >= light_row[0]), compared, plain)
            else:
                ys = compared()
            for at, y in zip(places, ys):
                if past:
                    store_lines_past(out, o_base + at, y)
                else:
                    store(out, o_base + at, None, y)

        def single(start, _):
            at = start * w
            place = e, e_base + at, of_m, out, o_base + at
            vector(x, base + at, None, m, row, light_row, *place)

        whole = count // _FINISHED * _FINISHED
        loop(whole, chunk, None, 0, _FINISHED)
        loop(count, single, None, whole)

    @formula
    def finish_long(x, base, n, m, row, e, e_base, out, o_base, past):
        w = lanes(x)
        of_m = spread(x, reference(m)) if e is None else None
        light_row = spread(x, light[0](m, *row)) if light else None
        numbers = full(x, m), spread(x, row), light_row

        def finish_from(head, past):
            count = (n - head) // w
            done = head + count * w

            def some(at, width):
                vector(x, base + at, width, *numbers, e, e_base + at, of_m, out, o_base + at)

            branch(head > 0, lambda: some(0, head), None)
            place = e, e_base + head, of_m, out, o_base + head
            body(x, base + head, count, *numbers, *place, past)
            branch(done < n, lambda: some(done, n - done), None)

        none = n * 0
        if past is None:
            finish_from(none, False)
        else:
            head = to_next_line(out, o_base)
            branch(past, lambda: finish_from(head, True), lambda: finish_from(none, False))

    return finish_long
