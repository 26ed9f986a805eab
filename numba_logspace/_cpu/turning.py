"""Rows as lanes: blocks of numbers transposed in registers, from short rows to a tile and back."""

from llvmlite import ir
from numba import types

from .._compile.trace import loop, primitive
from .._formulas.simd import INDEX, VECTOR_BYTES, select
from .._formulas.vectormath import lesser
from .memory import halved, itemsize, lanes, load, store

# A row of a block fills half a vector: one register, where a vector has two.
_ROW_BYTES = VECTOR_BYTES // 2


@primitive
def _transposed(typing_context, vectors):
    """As many vectors as each of them has lanes, with lanes for vectors."""

    def generate(context, builder, sig, args):
        count = len(sig.args[0])
        turned = [builder.extract_value(args[0], r) for r in range(count)]
        step = 1
        while step < count:
            _exchange(builder, turned, step)
            step *= 2
        return context.make_tuple(builder, sig.return_type, turned)

    return vectors(vectors), generate


def _exchange(builder, vectors, step):
    # Squares of so many numbers change places across the diagonal.
    for i in range(len(vectors)):
        if not i & step:
            _exchange_pair(builder, vectors, i, i + step, step)


def _exchange_pair(builder, vectors, i, k, step):
    count = vectors[i].type.count
    lanes_of_two = ir.VectorType(INDEX, count)
    low = [j - step + count if j & step else j for j in range(count)]
    high = [j + count if j & step else j + step for j in range(count)]
    vectors[i], vectors[k] = (
        builder.shuffle_vector(vectors[i], vectors[k], ir.Constant(lanes_of_two, chosen))
        for chosen in (low, high)
    )


@primitive(prefer_literal=True)
def exchanged(typing_context, low, high, step):
    """Two vectors of which squares of so many lanes have changed places across the diagonal."""

    def generate(context, builder, sig, args):
        pair = list(args[:2])
        _exchange_pair(builder, pair, 0, 1, step.literal_value)
        return context.make_tuple(builder, sig.return_type, pair)

    return types.UniTuple(low, 2)(low, high, step), generate


def side(x):
    """How many rows and columns a block of numbers of x has, in formulas."""
    return _ROW_BYTES // itemsize(x)


def _each_block(x, rows, n, visit):
    # visit(lane, i) for the first lane and entry of each block.
    def some_rows(lane, _):
        loop(n, lambda i, _: visit(lane, i), None, step=side(x))

    loop(rows, some_rows, None, step=side(x))


# The functions place(r) give the first entry and the number of entries of row r of `count`, and
# `longest` is the largest of those numbers. A tile has room for whole blocks.


def rows_to_lanes(x, place, count, longest, absent, tile):
    """Make rows lanes of a tile: `absent` after their ends, the last row in lanes left over."""
    w, source, target = lanes(x), halved(x), halved(tile)

    def visit(lane, i):
        rows = []
        for r in range(side(x)):
            base, n = place(lesser(lane + r, count - 1))
            rows.append(load(source, base + i, n - i, absent))
        for r, column in enumerate(_transposed(tuple(rows))):
            store(target, (i + r) * w + lane, None, column)

    _each_block(x, w, longest, visit)


def lanes_to_rows(tile, place, count, longest, out):
    """Make lanes of a tile rows again."""
    w, source, target = lanes(out), halved(tile), halved(out)

    def visit(lane, i):
        columns = tuple(load(source, (i + r) * w + lane, None, 0.0) for r in range(side(out)))
        for r, row in enumerate(_transposed(columns)):
            base, n = place(lesser(lane + r, count - 1))
            store(target, base + i, select(lane + r < count, n - i, 0), row)

    _each_block(out, count, longest, visit)
