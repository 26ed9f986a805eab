"""Sweeps along a long row, several vectors at a time.

Most of these vectors hold nothing near the maximum. One comparison tells so, and then their
entries need no further ones, and shorter formulas do.
"""

import math

from .._compile.trace import branch, formula, loop
from .._formulas.simd import any_lane, const, constant, select
from .._formulas.softsum import term_of_sum, told_apart
from .._formulas.vectormath import larger
from .memory import lanes, load, prefetch, store, store_lines_past
from .passes import CHUNK, carried, count_or_term, in_blocks, merged, no_sums

# Vectors that are finished together.
_FINISHED = 2


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


def finish_along_of(element, light):
    """The sweep that writes `element` of each entry of `count` whole vectors.

    `light` is as in `engines.Map`, and `light_row` what its first formula has made of the row.
    """

    def result(v, term, m, row, light_row):
        full = element(v, term, m, *row)
        if not light:
            return full
        return select(term < light_row[0], light[1](v, term, m, *light_row[1:]), full)

    @formula
    def finish_vector(x, base, width, m, row, light_row, e, e_at, of_m, out, o_base):
        """One vector, of which `width` lanes count."""
        v = load(x, base, width, -math.inf)
        term = _term_of(v, e, e_at, width, m, of_m)
        store(out, o_base, width, result(v, term, m, row, light_row))

    @formula
    def finish_along(x, base, count, m, row, light_row, e, e_base, of_m, out, o_base, ahead, past):
        w = lanes(x)
        put = store_lines_past if past else (lambda out, at, y: store(out, at, None, y))

        def chunk(start, _):
            vectors, terms = [], []
            for i in range(_FINISHED):
                at = (start + i) * w
                vectors.append(load(x, base + at, None, 0.0))
                prefetch(x, base + at, ahead)
                terms.append(_term_of(vectors[-1], e, e_base + at, None, m, of_m))

            def each(of_entry):
                return tuple(of_entry(v, term) for v, term in zip(vectors, terms))

            def compared():
                return each(lambda v, term: result(v, term, m, row, light_row))

            def plain():
                return each(lambda v, term: light[1](v, term, m, *light_row[1:]))

            if light:
                ys = branch(any_lane(_largest(terms) >= light_row[0]), compared, plain)
            else:
                ys = compared()
            for i, y in enumerate(ys):
                put(out, o_base + (start + i) * w, y)

        def single(start, _):
            at = start * w
            place = e, e_base + at, of_m, out, o_base + at
            finish_vector(x, base + at, None, m, row, light_row, *place)

        whole = count // _FINISHED * _FINISHED
        loop(whole, chunk, None, 0, _FINISHED)
        loop(count, single, None, whole)

    return finish_along, finish_vector
