"""Vectors from and to the memory of contiguous arrays: load, store, prefetch.

On CUDA a thread is a lane: there each of these moves a single number.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import models, register_model

from .._compile.inline import inlined
from .._compile.trace import Traced, formula, primitive
from .._formulas.simd import (
    INDEX,
    VECTOR_BYTES,
    Vector,
    call,
    int_type,
    llvm_type,
    loaded_type,
    splat,
    suffix,
)

CACHE_LINE = 64
# What has to divide the addresses of stores past the caches.
PAST_BYTES = 16


# A single register; VECTOR_BYTES may be two.
REGISTER_BYTES = min(VECTOR_BYTES, 64)


class _Narrow(types.Array):
    """An array that is loaded one register at a time."""

    vector_bytes = REGISTER_BYTES


class _Half(types.Array):
    """An array that is loaded half a vector at a time."""

    vector_bytes = VECTOR_BYTES // 2


for _kind in (_Narrow, _Half):
    register_model(_kind)(models.ArrayModel)


def _loaded_as(kind, array):
    narrow = kind(array.kind.dtype, array.kind.ndim, array.kind.layout, not array.kind.mutable)
    return Traced(array.tracer, narrow, array.value)


def narrowed(array):
    """A float array of formulas as one that is loaded one register at a time; else as it is."""
    kind = getattr(array, "kind", None)
    if not isinstance(kind, types.Array) or not isinstance(kind.dtype, types.Float):
        return array
    return _loaded_as(_Narrow, array)


def halved(array):
    """An array of formulas as one that is loaded half a vector at a time."""
    return _loaded_as(_Half, array)


def loaded_as(like, array):
    """An array of formulas as one of its dtype that is loaded as another one is."""
    return Traced(array.tracer, like.kind, array.value)


def pointer_to(context, builder, array_type, array, index):
    """The LLVM code for the address of array[index]."""
    array = context.make_array(array_type)(context, builder, array)
    if array_type.layout == "A":
        # On CUDA alone, where a load is of one number: the rows of users' kernels.
        return cgutils.get_item_pointer(context, builder, array_type, array, [index])
    return builder.gep(array.data, [index])


def _generate_nothing(context, builder, sig, args):
    return context.get_dummy_value()


def first_lanes(builder, count, kind):
    """A mask of the first `count` lanes."""
    integer = int_type(kind)
    count = builder.trunc(count, integer.element) if integer.element.width < 64 else count
    numbers = ir.Constant(integer, list(range(kind.lanes)))
    return builder.icmp_signed("<", numbers, splat(builder, count, integer))


def itemsize(array):
    """The bytes of an entry, in formulas."""
    return array.kind.dtype.bitwidth // 8


def lanes_of(array_type):
    """How many numbers of its dtype the CPU loads at once."""
    return Vector(array_type.dtype, getattr(array_type, "vector_bytes", VECTOR_BYTES)).lanes


@primitive
def lanes(typing_context, array):
    """How many numbers of the array's dtype are loaded at once."""
    count = getattr(loaded_type(typing_context, array), "lanes", 1)

    def generate(context, builder, sig, args):
        return context.get_constant(types.intp, count)

    return types.intp(array), generate


@primitive
def full(typing_context, array, value):
    """A vector of the array's dtype with `value` in each lane."""
    kind = loaded_type(typing_context, array)

    def generate(context, builder, sig, args):
        number = context.cast(builder, args[1], sig.args[1], array.dtype)
        return splat(builder, number, llvm_type(kind))

    return kind(array, value), generate


@formula
def spread(array, numbers):
    """Vectors of the array's dtype with each of these numbers in all lanes."""
    return tuple(full(array, number) for number in numbers)


@primitive
def load(typing_context, array, index, width, fill):
    """array[index : index + width] of a contiguous array; lanes from `width` on hold `fill`.

    A `width` of None says that the vector is full, which needs no mask.
    """
    kind = loaded_type(typing_context, array)
    align = array.dtype.bitwidth // 8

    def generate(context, builder, sig, args):
        pointer = pointer_to(context, builder, array, args[0], args[1])
        llvm = llvm_type(kind)
        if width == types.none:
            pointer = builder.bitcast(pointer, llvm.as_pointer())
            return builder.load(pointer, align=align)
        number = context.cast(builder, args[3], sig.args[3], array.dtype)
        mask = first_lanes(builder, args[2], kind)
        pointer = builder.bitcast(pointer, llvm.as_pointer())
        operands = [pointer, ir.Constant(INDEX, align), mask, splat(builder, number, llvm)]
        return call(builder, f"llvm.masked.load.{suffix(kind)}.p0", llvm, operands)

    width_type = width if width == types.none else types.intp
    return kind(array, types.intp, width_type, fill), generate


@primitive
def store(typing_context, array, index, width, value):
    """Write the first `width` lanes (all where None) to array[index : index + width].

    An `array` of None is nowhere: nothing is written.
    """
    if array == types.none:
        return types.none(array, index, width, value), _generate_nothing
    align = array.dtype.bitwidth // 8

    def generate(context, builder, sig, args):
        pointer = pointer_to(context, builder, array, args[0], args[1])
        pointer = builder.bitcast(pointer, args[3].type.as_pointer())
        if width == types.none:
            builder.store(args[3], pointer, align=align)
        else:
            mask = first_lanes(builder, args[2], value)
            operands = [args[3], pointer, ir.Constant(INDEX, align), mask]
            call(builder, f"llvm.masked.store.{suffix(value)}.p0", ir.VoidType(), operands)
        return context.get_dummy_value()

    width_type = width if width == types.none else types.intp
    return types.none(array, types.intp, width_type, value), generate


def _storing_past(array, value, align):
    def generate(context, builder, sig, args):
        pointer = pointer_to(context, builder, array, args[0], args[1])
        pointer = builder.bitcast(pointer, args[2].type.as_pointer())
        stored = builder.store(args[2], pointer, align=align)
        stored.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(INDEX, 1)]))
        return context.get_dummy_value()

    return types.none(array, types.intp, value), generate


@primitive
def store_past(typing_context, array, index, value):
    """Write a whole vector to array[index:], past the caches; see PAST_BYTES."""
    return _storing_past(array, value, PAST_BYTES)


@primitive
def store_lines_past(typing_context, array, index, value):
    """As store_past, where the vector begins with a line of the cache."""
    return _storing_past(array, value, REGISTER_BYTES)


@formula
def to_next_line(array, index):
    """How many entries lie between array[index] and the next line of the cache."""
    number = CACHE_LINE // itemsize(array)
    return (0 - (address_of(array) // itemsize(array) + index)) & (number - 1)


@primitive
def address_of(typing_context, array):
    """The address of the first number of an array."""

    def generate(context, builder, sig, args):
        zero = ir.Constant(context.get_value_type(types.intp), 0)
        return builder.ptrtoint(pointer_to(context, builder, array, args[0], zero), zero.type)

    return types.intp(array), generate


@inlined
def empty(size):
    """An array of doubles that begins with a line of the cache."""
    room = np.empty(size + CACHE_LINE // 8)
    first = -(address_of(room) // 8) % (CACHE_LINE // 8)
    return room[first : first + size]


@inlined
def zeros(size):
    """As `empty`, of zeros."""
    array = empty(size)
    array[:] = 0.0
    return array


@inlined
def pair(size):
    """Two arrays of zeros in one piece, each of which begins with a line of the cache."""
    apart = (size + 7) // 8 * 8
    room = zeros(apart + size)
    return room[:size], room[apart:]


@inlined
def triple(size):
    """Three arrays as those of `pair`."""
    apart = (size + 7) // 8 * 8
    room = zeros(2 * apart + size)
    return room[:size], room[apart : apart + size], room[2 * apart :]


@primitive
def count_of(typing_context, array):
    """How many numbers an array has."""

    def generate(context, builder, sig, args):
        return context.make_array(array)(context, builder, args[0]).nitems

    return types.intp(array), generate


@primitive
def settle_stores(typing_context, array):
    """Have what was written past the caches be seen before what is written from now on."""

    def generate(context, builder, sig, args):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.none(array), generate


@primitive
def number_at(typing_context, array, index):
    """array[index]."""

    def generate(context, builder, sig, args):
        pointer = pointer_to(context, builder, array, args[0], args[1])
        return context.unpack_value(builder, array.dtype, pointer)

    return array.dtype(array, types.intp), generate


@primitive
def put_number(typing_context, array, index, value):
    """array[index] = value; an `array` of None is nowhere."""
    if array == types.none:
        return types.none(array, index, value), _generate_nothing

    def generate(context, builder, sig, args):
        pointer = pointer_to(context, builder, array, args[0], args[1])
        context.pack_value(builder, array.dtype, args[2], pointer)
        return context.get_dummy_value()

    return types.none(array, types.intp, array.dtype), generate


def _generate_prefetch(context, builder, array_type, array, index, write):
    # Every cache line of a vector, into the second level.
    flags = [ir.Constant(INDEX, flag) for flag in (write, 2, 1)]
    for line in range(0, VECTOR_BYTES, CACHE_LINE):
        offset = ir.Constant(index.type, line * 8 // array_type.dtype.bitwidth)
        pointer = pointer_to(context, builder, array_type, array, builder.add(index, offset))
        call(builder, "llvm.prefetch.p0", ir.VoidType(), [pointer, *flags])
    return context.get_dummy_value()


@primitive
def prefetch(typing_context, array, index, ahead):
    """Ask for a vector at array[index + ahead] to be brought near, even past the end.

    An `ahead` of None asks for nothing.
    """
    if ahead == types.none:
        return types.none(array, index, ahead), _generate_nothing

    def generate(context, builder, sig, args):
        index = builder.add(args[1], args[2])
        return _generate_prefetch(context, builder, array, args[0], index, write=0)

    return types.none(array, types.intp, types.intp), generate


@primitive
def prefetch_to_write(typing_context, array, index):
    """Ask for the place of a vector at array[index] to be made ready for writing."""

    def generate(context, builder, sig, args):
        return _generate_prefetch(context, builder, array, args[0], args[1], write=1)

    return types.none(array, types.intp), generate


def on_stack(context, builder, size):
    """The LLVM code for the address of so many bytes, until the function returns."""
    # Numba's own way would fill them with zeros.
    with builder.goto_entry_block():
        place = builder.alloca(ir.ArrayType(ir.IntType(8), size))
    place.align = CACHE_LINE
    return builder.ptrtoint(place, context.get_value_type(types.intp))
