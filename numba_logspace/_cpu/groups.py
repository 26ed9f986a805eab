"""Groups of rows, each along vectors: what sums up a row becomes a lane of a vector.

The formulas of a single row wait for each other; those of a group fill a vector. A group has as
many rows as half a vector has lanes. A sweep leaves a vector for each row, and these are merged so
that the lanes of one vector are the rows.
"""

import math

from numba.extending import register_jitable

from .._compile.trace import branch, formula, loop
from .._formulas.relative import reference
from .._formulas.simd import VECTOR_BYTES, any_lane, halves_of
from .._formulas.vectormath import larger, two_sum
from .memory import full, halved, lanes, load, loaded_as, number_at, put_number, store
from .passes import Register, finish_pass_of, max_pass, no_sums, one_less, sum_pass, term_at
from .turning import exchanged, side

# Longer rows go one by one: what is done once for each of them costs little then, and the results
# of a map are best written where its terms are kept.
MOST_OF_MAPS, MOST_OF_REDUCTIONS = 384, 2048
# And fewer rows, since what a group does takes its time.
_FEWEST = 8
# What a group knows of its rows, in vectors: their maxima, the numbers of the reference, what a
# second look has found, what `prepare` makes of them, and the vectors of single rows.
_MAXIMA, _SECOND, _PREPARED, _ROWS = 0, 6, 10, 14
# A row leaves three vectors at most.
_LEFT = 3


@register_jitable
def go_in_groups(x, n, most):
    """Whether the rows of x, of n entries, do: some are there, they fill a vector and end soon."""
    return VECTOR_BYTES // x.itemsize <= n <= most and x.size >= _FEWEST * n


@formula
def rows_of_group(x):
    """How many rows make a group."""
    return side(x)


@formula
def room_for_group(x):
    """The entries of the room in which a group is summed up."""
    return (_ROWS + _LEFT * side(x)) * side(x)


def _put(room, place, vectors):
    for i, vector in enumerate(vectors):
        store(room, (place + i) * side(room), None, vector)


def _take(room, place, count):
    return tuple(load(halved(room), (place + i) * side(room), None, 0.0) for i in range(count))


def _numbers(room, place, count, r):
    return tuple(number_at(room, (place + i) * side(room) + r) for i in range(count))


def _pieces(x, base, n):
    # The body of a row in vectors, its end, and what is left there.
    body = n // lanes(x)
    return body, base + body * lanes(x), n - body * lanes(x)


def _over_row(x, base, n, sweep, merge):
    # merge of sweep(x, at, vectors, width) over the pieces of a row, in halves of vectors.
    body, end, left = _pieces(x, base, n)

    def whole(at, count, width):
        pairs = [halves_of(vector) for vector in sweep(x, at, count, width)]
        return merge(tuple(low for low, _ in pairs), tuple(high for _, high in pairs))

    state = whole(base, body, None)

    def with_end():
        def narrow():
            return sweep(halved(x), end, 1, left)

        return merge(state, branch(left > side(x), lambda: whole(end, 1, left), narrow))

    return branch(left > 0, with_end, state)


def _together(room, count, size, sum_up, merge):
    # Merged over the lanes of what sum_up(r) gives of each row, `size` vectors, whose lanes are
    # the rows then. Lanes without a row repeat the last one, so that they ask for nothing.
    rows = side(room)

    def one_row(r, _):
        _put(room, _ROWS + r * size, sum_up(r))

    loop(count, one_row, None)
    last = _ROWS + (count - 1) * size

    def repeated(r, _):
        _put(room, _ROWS + r * size, _take(room, last, size))

    loop(rows, repeated, None, count)

    def merged_from(first, rows):
        if rows == 1:
            return _take(room, _ROWS + first * size, size)
        rows //= 2
        pairs = zip(merged_from(first, rows), merged_from(first + rows, rows))
        turned = [exchanged(low, high, rows) for low, high in pairs]
        return merge(tuple(low for low, _ in turned), tuple(high for _, high in turned))

    return merged_from(0, rows)


def _larger(one, other):
    return (larger(one[0], other[0]),)


def _added(sums, more):
    rest, lost = two_sum(sums[1], more[1])
    return sums[0] + more[0], rest, (sums[2] + more[2]) + lost


def _room_of_row(x, n):
    # The entries of a row in whole vectors.
    return (n + lanes(x) - 1) // lanes(x) * lanes(x)


@formula
def room_for_terms(x, n):
    """The entries of the room in which the exponentials of a group are kept."""
    return side(x) * _room_of_row(x, n)


def group_summaries(condition, second):
    """As row_summaries, of rows whose summaries are the lanes of vectors."""

    @formula
    def summaries(x, first, count, n, e, room):
        def max_of(r):
            def sweep(x, at, vectors, width):
                return (max_pass(x, at, lanes(x), vectors, width, full(x, -math.inf)),)

            return _over_row(x, (first + r) * n, n, sweep, _larger)

        (m,) = _together(room, count, 1, max_of, _larger)
        _put(room, _MAXIMA, (m, *reference(m)))

        def sums_of(r):
            top, *of_top = _numbers(room, _MAXIMA, 6, r)
            base = (first + r) * n
            e_base = r * _room_of_row(x, n)

            def sweep(x, at, vectors, width):
                w, m, of_m = lanes(x), full(x, top), tuple(full(x, number) for number in of_top)
                # A store of some lanes costs more than one of all.
                keep = e if e is None or width is None else Register()
                to = e_base + (at - base)
                ahead = side(x) * n
                sums = sum_pass(x, at, w, vectors, width, m, of_m, no_sums(m), keep, to, w, ahead)
                if keep is not e:
                    store(e, to, None, keep.term)
                return sums

            return _over_row(x, base, n, sweep, _added)

        summary = m, *one_less(_together(room, count, 3, sums_of, _added))

        def look_again():
            return _second_look(x, first, count, n, summary, room)

        return summary, branch(any_lane(condition(summary, n)), look_again, summary)

    def _second_look(x, first, count, n, summary, room):
        _put(room, _SECOND, summary)

        def one_row(r, _):
            of_row = _numbers(room, _SECOND, 4, r)

            def look():
                return second(x, (first + r) * n, n, of_row)

            for i, number in enumerate(branch(condition(of_row, n), look, of_row)):
                put_number(room, (_SECOND + i) * side(x) + r, number)

        loop(count, one_row, None)
        return _take(room, _SECOND, 4)

    return summaries


def _finish_row_of(element):
    # Writes the result of a row, of which a vector is full; its end goes with what is before it.
    finish_pass = finish_pass_of(element)

    def finish_row(x, base, n, m, row, e, e_base, out):
        w, (body, _, left) = lanes(x), _pieces(x, base, n)
        # Before `out`, which may be x, is written to.
        last = load(x, base + (n - w), None, 0.0)

        def by(x, *numbers):
            return tuple(full(x, number) for number in numbers)

        args = *by(x, m), by(x, *row), e, e_base, w, out, base, w, None
        finish_pass(x, base, w, body, None, *args)

        def finish_end(x, last):
            at, (m_, *row_) = n - lanes(x), by(x, m, *row)
            term = term_at(None if e is None else loaded_as(x, e), e_base + at, None, last, m_)
            store(out, base + at, None, element(last, term, m_, *row_))

        def narrow():
            branch(left > 0, lambda: finish_end(halved(x), halves_of(last)[1]), None)

        branch(left > side(x), lambda: finish_end(x, last), narrow)

    return finish_row


def map_group_of(prepare, element, condition, second, lighter):
    """(x, first, count, n, e, out, room) of a group; `lighter` is as in finish_row_of."""
    summaries = group_summaries(condition, second)
    finishes = [_finish_row_of(each) for each in (element, *lighter[1:])]

    @formula
    def map_group(x, first, count, n, e, out, room):
        summary, more = summaries(x, first, count, n, e, room)
        _put(room, _PREPARED, prepare(summary, more, n))

        def one_row(r, _):
            row = _numbers(room, _PREPARED, 4, r)
            args = x, (first + r) * n, n, number_at(room, r), row, e, r * _room_of_row(x, n), out
            ways = [lambda f=f: f(*args) for f in reversed(finishes)]
            if lighter:
                branch(lighter[0](*row), *ways)
            else:
                ways[0]()

        loop(count, one_row, None)

    return map_group


def reduce_group_of(reduce, condition, second):
    """(x, first, count, n, out, room) of a group."""
    summaries = group_summaries(condition, second)

    @formula
    def reduce_group(x, first, count, n, out, room):
        summary, more = summaries(x, first, count, n, None, room)
        store(out, first, count, reduce(summary, more, n))

    return reduce_group
