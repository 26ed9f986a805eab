"""Short rows as lanes: blocks of numbers transposed in registers, both ways."""

from llvmlite import ir
from numba import types

from .._compile.trace import formula, loop, primitive
from .._formulas.simd import FORMATS, INDEX, VECTOR_BYTES, call, splat
from .._formulas.vectormath import lesser
from .memory import itemsize, lanes, pointer_to

# A row of a block fills half a vector, one register where a vector has two.
_ROW_BYTES = max(VECTOR_BYTES // 2, 16)


def _side(x):
    # How many rows and columns a block has, in formulas.
    return _ROW_BYTES // itemsize(x)


def _transposed(builder, vectors):
    # Squares of 1, 2, 4, ... numbers change places across the diagonal.
    count, step = len(vectors), 1
    numbers = ir.VectorType(INDEX, count)
    while step < count:
        low = [j - step + count if j & step else j for j in range(count)]
        high = [j + count if j & step else j + step for j in range(count)]
        for i in range(count):
            if not i & step:
                pair = vectors[i], vectors[i + step]
                for k, chosen in ((i, low), (i + step, high)):
                    vectors[k] = builder.shuffle_vector(*pair, ir.Constant(numbers, chosen))
        step *= 2
    return vectors


class _Block:
    """The LLVM code for loads and stores of the rows of a block of an array."""

    def __init__(self, context, builder, kind, array):
        self.count = _ROW_BYTES * 8 // kind.dtype.bitwidth
        self._place = context, builder, kind, array
        self._builder, self._form = builder, FORMATS[kind.dtype]
        self._row = ir.VectorType(self._form.llvm_float, self.count)
        self._align = kind.dtype.bitwidth // 8

    def _pointer(self, index):
        return self._builder.bitcast(pointer_to(*self._place, index), self._row.as_pointer())

    def mask(self, width):
        """The first `width` numbers of a row."""
        integers = ir.VectorType(self._form.llvm_int, self.count)
        if integers.element.width < 64:
            width = self._builder.trunc(width, integers.element)
        numbers = ir.Constant(integers, list(range(self.count)))
        return self._builder.icmp_signed("<", numbers, splat(self._builder, width, integers))

    def _named(self, verb, result, args):
        kind = f"v{self.count}f{self._form.llvm_int.width}"
        return call(self._builder, f"llvm.masked.{verb}.{kind}.p0", result, args)

    def load(self, index, mask=None):
        if mask is None:
            return self._builder.load(self._pointer(index), align=self._align)
        zeros = ir.Constant(self._row, None)
        args = [self._pointer(index), ir.Constant(INDEX, self._align), mask, zeros]
        return self._named("load", self._row, args)

    def store(self, row, index, mask=None):
        if mask is None:
            self._builder.store(row, self._pointer(index), align=self._align)
        else:
            args = [row, self._pointer(index), ir.Constant(INDEX, self._align), mask]
            self._named("store", ir.VoidType(), args)


@primitive
def _turn(typing_context, x, at, n, rows, width, tile, tile_at, step):
    """Write the first `width` numbers of `rows` rows of x as columns of the tile.

    Rows beyond the last repeat it. As many rows of the tile are written as a block has, zeros
    beyond the width.
    """

    def generate(context, builder, sig, args):
        array, at, n, rows, width, tile_array, tile_at, step = args
        source = _Block(context, builder, x, array)
        target = _Block(context, builder, tile, tile_array)
        mask, one = source.mask(width), ir.Constant(rows.type, 1)
        last, vectors = builder.sub(rows, one), []
        for r in range(source.count):
            number = ir.Constant(rows.type, r)
            number = builder.select(builder.icmp_signed("<", number, last), number, last)
            vectors.append(source.load(builder.add(at, builder.mul(number, n)), mask))
        for r, vector in enumerate(_transposed(builder, vectors)):
            target.store(vector, builder.add(tile_at, builder.mul(step.type(r), step)))
        return context.get_dummy_value()

    index = types.intp
    return types.none(x, index, index, index, index, tile, index, index), generate


@primitive
def _turn_back(typing_context, tile, tile_at, step, x, at, n, rows, width):
    """Write columns of the tile as the first `width` numbers of `rows` rows of x."""

    def generate(context, builder, sig, args):
        tile_array, tile_at, step, array, at, n, rows, width = args
        source = _Block(context, builder, tile, tile_array)
        target = _Block(context, builder, x, array)
        places = (builder.mul(step.type(r), step) for r in range(source.count))
        vectors = [source.load(builder.add(tile_at, place)) for place in places]
        zero = ir.Constant(width.type, 0)
        for r, vector in enumerate(_transposed(builder, vectors)):
            there = builder.icmp_signed("<", ir.Constant(rows.type, r), rows)
            mask = target.mask(builder.select(there, width, zero))
            target.store(vector, builder.add(at, builder.mul(n.type(r), n)), mask)
        return context.get_dummy_value()

    index = types.intp
    return types.none(tile, index, index, x, index, index, index, index), generate


def _each_block(x, rows, n, visit):
    # visit(lane, i, width) for each block, the first of its lanes and entries, and its columns.
    side = _side(x)

    def some_rows(lane, _):
        loop(n, lambda i, _: visit(lane, i, lesser(n - i, side)), None, step=side)

    loop(rows, some_rows, None, step=side)


@formula
def room_for_rows(x, n):
    """The entries of a tile for rows of x of length n: whole blocks are written."""
    return (n + _side(x)) * lanes(x)


@formula
def rows_to_lanes(x, first, count, n, tile):
    """Copy `count` rows of length n to the lanes of a tile; the last one fills lanes left over."""
    w = lanes(x)

    def visit(lane, i, width):
        start = lesser(lane, count - 1)
        at = (first + start) * n + i
        _turn(x, at, n, count - start, width, tile, i * w + lane, w)

    _each_block(x, w, n, visit)


@formula
def lanes_to_rows(tile, first, count, n, out):
    """Copy the lanes of a tile to `count` rows of length n."""
    w = lanes(out)

    def visit(lane, i, width):
        at = (first + lane) * n + i
        _turn_back(tile, i * w + lane, w, out, at, n, count - lane, width)

    _each_block(out, count, n, visit)
