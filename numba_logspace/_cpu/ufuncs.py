"""The loops of ufuncs: a formula over operands of any steps, by SIMD vectors.

NumPy calls a loop with the addresses of its operands, of which the result is the last, with the
number of entries, and with the bytes from each entry to the next. Operands that are not
contiguous go through rooms on the stack, so that a loop holds its formula once.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.compiler_lock import global_compiler_lock
from numba.extending import intrinsic

from .._compile.inline import inlined
from .._compile.jit import c_function
from .._formulas.simd import INDEX, Vector, call, llvm_type, suffix
from .flags import keep_flags, restore_flags
from .memory import first_lanes, on_stack

_WORDS = types.CPointer(types.intp)
_SIGNATURE = types.void(_WORDS, _WORDS, _WORDS, types.intp)
_POINTER = ir.IntType(8).as_pointer()

_MOST = 3  # inputs
_ROOM = 512  # bytes of an operand that are brought together at a time; few, for the stack
_WORD = np.dtype(np.intp).itemsize
# The words of a call of another loop: addresses, the length and steps.
_LENGTH, _STEPS, _CALL = _MOST + 1, _MOST + 2, 2 * _MOST + 3


# --- memory ------------------------------------------------------------------------------------
# Addresses are plain integers. All is LLVM code: each function of Numba would take its time to
# compile.


@intrinsic
def _read(typing_context, address, kind, computed):
    """The number at an address, as another type."""

    def generate(context, builder, sig, args):
        place = builder.inttoptr(args[0], context.get_data_type(kind.dtype).as_pointer())
        return context.cast(builder, builder.load(place, align=1), kind.dtype, computed.dtype)

    return computed.dtype(types.intp, kind, computed), generate


@intrinsic
def _write(typing_context, address, value):
    def generate(context, builder, sig, args):
        place = builder.inttoptr(args[0], args[1].type.as_pointer())
        builder.store(args[1], place, align=1)
        return context.get_dummy_value()

    return types.none(types.intp, value), generate


@intrinsic(prefer_literal=True)
def _room(typing_context, size):
    """The address of so many bytes on the stack, a literal number."""
    if not isinstance(size, types.IntegerLiteral):
        return None

    def generate(context, builder, sig, args):
        return on_stack(context, builder, size.literal_value)

    return types.intp(size), generate


@intrinsic
def _words(typing_context, address):
    """The integers at an address, to be indexed."""

    def generate(context, builder, sig, args):
        return builder.inttoptr(args[0], context.get_value_type(_WORDS))

    return _WORDS(types.intp), generate


@intrinsic
def _call(typing_context, loop, args, lengths, steps):
    def generate(context, builder, sig, args):
        kind = ir.FunctionType(ir.VoidType(), [_POINTER] * 4)
        pointers = [builder.inttoptr(a, _POINTER) for a in args[1:]]
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), [*pointers, pointers[0]])
        return context.get_dummy_value()

    return types.none(*[types.intp] * 4), generate


# --- vectors -----------------------------------------------------------------------------------


@intrinsic
def _lanes(typing_context, kind):
    def generate(context, builder, sig, args):
        return context.get_constant(types.intp, Vector(kind.dtype).lanes)

    return types.intp(kind), generate


def _if_full(builder, width, lanes):
    return builder.if_else(builder.icmp_signed(">=", width, width.type(lanes)), likely=True)


@intrinsic
def _take(typing_context, kind, places, advances, i, width):
    """The vectors of all inputs at entry i, of which `width` lanes count: a tuple.

    `places` are their addresses, `advances` the bytes to the next entry, or 0 for one vector.
    """
    vector = Vector(kind.dtype)
    count = places.count

    def generate(context, builder, sig, args):
        llvm = llvm_type(vector)
        pointers = []
        for k in range(count):
            place, advance = (builder.extract_value(a, k) for a in args[1:3])
            address = builder.add(place, builder.mul(advance, args[3]))
            pointers.append(builder.inttoptr(address, llvm.as_pointer()))
        align = kind.dtype.bitwidth // 8
        with _if_full(builder, args[4], vector.lanes) as (full, part):
            with full:
                whole = [builder.load(p, align=align) for p in pointers]
                from_full = builder.block
            with part:
                mask, rest = first_lanes(builder, args[4], vector), ir.Constant(llvm, None)
                name = f"llvm.masked.load.{suffix(vector)}.p0"
                operands = [ir.Constant(INDEX, align), mask, rest]
                partial = [call(builder, name, llvm, [p, *operands]) for p in pointers]
                from_part = builder.block
        vectors = []
        for a, b in zip(whole, partial):
            value = builder.phi(llvm)
            value.add_incoming(a, from_full)
            value.add_incoming(b, from_part)
            vectors.append(value)
        return context.make_tuple(builder, sig.return_type, vectors)

    sig = types.UniTuple(vector, count)(kind, places, advances, types.intp, types.intp)
    return sig, generate


@intrinsic
def _put(typing_context, address, width, value):
    """Write the first `width` lanes, or all of them."""

    def generate(context, builder, sig, args):
        pointer = builder.inttoptr(args[0], args[2].type.as_pointer())
        align = value.dtype.bitwidth // 8
        with _if_full(builder, args[1], value.lanes) as (full, part):
            with full:
                builder.store(args[2], pointer, align=align)
            with part:
                mask = first_lanes(builder, args[1], value)
                operands = [args[2], pointer, ir.Constant(INDEX, align), mask]
                name = f"llvm.masked.store.{suffix(value)}.p0"
                call(builder, name, ir.VoidType(), operands)
        return context.get_dummy_value()

    return types.none(types.intp, types.intp, value), generate


# --- loops -------------------------------------------------------------------------------------


@intrinsic(prefer_literal=True)
def _fixed(typing_context, words, count):
    """The first words as a tuple, of a literal count."""
    if not isinstance(count, types.IntegerLiteral):
        return None
    number = count.literal_value

    def generate(context, builder, sig, args):
        places = [builder.gep(args[0], [ir.Constant(INDEX, k)]) for k in range(number)]
        loaded = [builder.load(place) for place in places]
        return context.make_tuple(builder, sig.return_type, loaded)

    return types.UniTuple(types.intp, number)(words, count), generate


@inlined
def _together(args, steps, inputs, n, size):
    # How many entries may be computed at once: 1 where an entry of the result may be an input of
    # a later one. NumPy makes copies where the order would be wrong, except in its reductions.
    place, stride = args[inputs], steps[inputs]
    reach = (n - 1) * stride
    first, last = place + min(reach, 0), place + max(reach, 0)
    contiguous = stride == size
    for k in range(inputs):
        address, step = args[k], steps[k]
        contiguous = contiguous and (step == size or step == 0)
        if address == place and step == stride:
            depends = stride == 0
        else:
            reach = (n - 1) * step
            low, high = address + min(reach, 0), address + max(reach, 0)
            depends = low < last + size and first < high + size
        if depends:
            return 1
    return n if contiguous or n < 2 else _ROOM // size


def loop_of(of, inputs, kind):
    """The loop of a formula of so many numbers, in float32 or float64."""
    size = np.dtype(kind).itemsize
    rooms_size, words_size = (inputs + 1) * _ROOM, 2 * _MOST * _WORD

    def loop(args, lengths, steps, data):
        flags = keep_flags()
        n, stride = lengths[0], steps[inputs]
        lanes = _lanes(kind)
        together = _together(args, steps, inputs, n, size)
        rooms, words = _room(rooms_size), _room(words_size)
        places, advances = _words(words), _words(words + _MOST * _WORD)
        out_room = rooms + inputs * _ROOM
        in_place = stride == size or together == 1
        start = 0
        while start < n:
            count = min(together, n - start)
            for k in range(inputs):
                step = steps[k]
                address = args[k] + start * step
                places[k], advances[k] = address, size
                if step != size and together > 1:
                    places[k] = room = rooms + k * _ROOM
                    if step == 0:
                        advances[k] = 0
                    for i in range(count if step != 0 else lanes):
                        _write(room + i * size, _read(address + i * step, kind, kind))
            address = args[inputs] + start * stride
            out = address if in_place else out_room
            fixed, by = _fixed(places, inputs), _fixed(advances, inputs)
            i = 0
            while i < count:
                width = count - i
                _put(out + i * size, width, of(*_take(kind, fixed, by, i, width)))
                i += lanes
            if not in_place:
                for i in range(count):
                    _write(address + i * stride, _read(out + i * size, kind, kind))
            start += count
        restore_flags(flags)

    loop.__name__ = of.__name__
    return loop


# --- other dtypes ------------------------------------------------------------------------------

_SCALE, _UNSCALE = np.float32(2.0**112), np.float32(2.0**-110)


@intrinsic
def _reinterpret(typing_context, value, kind):
    def generate(context, builder, sig, args):
        return builder.bitcast(args[0], context.get_value_type(sig.return_type))

    return kind.dtype(value, kind), generate


@inlined
def _from_half(bits):
    # The float32 of the bits of a float16.
    moved = (np.int64(bits) & 0x7FFF) << 13
    number = _reinterpret(np.uint32(moved), np.float32) * _SCALE
    magnitude = np.int64(_reinterpret(number, np.uint32))
    if moved >= 0x0F800000:  # infinite or NaN
        magnitude = moved | 0x7F800000
    sign = (np.int64(bits) & 0x8000) << 16
    return _reinterpret(np.uint32(magnitude | sign), np.float32)


@inlined
def _to_half(number):
    # The bits of the nearest float16: the sum with a power of two rounds to its last digit.
    bits = np.int64(_reinterpret(number, np.uint32))
    magnitude = _reinterpret(np.uint32(bits & 0x7FFFFFFF), np.float32)
    exponent = max((bits << 1) & 0xFF000000, 0x71000000)
    power = _reinterpret(np.uint32((exponent >> 1) + 0x07800000), np.float32)
    rounded = np.int64(_reinterpret(power + magnitude * _SCALE * _UNSCALE, np.uint32))
    half = ((rounded >> 13) & 0x7C00) + (rounded & 0x0FFF)
    if number != number:
        half = 0x7E00
    return np.uint16(half | ((bits >> 16) & 0x8000))


def loop_of_integers(kind, inputs):
    """The loop of a small integer type, around that of float64, whose address `data` points to."""
    double = np.dtype(np.float64).itemsize
    rooms_size, words_size = inputs * _ROOM, _CALL * _WORD

    def loop(args, lengths, steps, data):
        n = lengths[0]
        rooms, inner = _room(rooms_size), _room(words_size)
        words = _words(inner)
        start = 0
        while start < n:
            count = min(_ROOM // double, n - start)
            for k in range(inputs):
                address, step = args[k] + start * steps[k], steps[k]
                words[k] = room = rooms + k * _ROOM
                words[_STEPS + k] = double
                for i in range(count):
                    _write(room + i * double, _read(address + i * step, kind, np.float64))
            words[inputs] = args[inputs] + start * steps[inputs]
            words[_STEPS + inputs] = steps[inputs]
            words[_LENGTH] = count
            _call(_words(data)[0], inner, inner + _LENGTH * _WORD, inner + _STEPS * _WORD)
            start += count

    loop.__name__ = f"of_{np.dtype(kind).name}"
    return loop


def loop_of_half(inputs):
    """The loop of float16, around that of float32, whose address `data` points to."""
    half, single = np.dtype(np.float16).itemsize, np.dtype(np.float32).itemsize
    rooms_size, words_size = (inputs + 1) * _ROOM, _CALL * _WORD

    def loop(args, lengths, steps, data):
        flags = keep_flags()
        n, stride = lengths[0], steps[inputs]
        together = min(_together(args, steps, inputs, n, half), _ROOM // single)
        rooms, inner = _room(rooms_size), _room(words_size)
        words = _words(inner)
        for k in range(inputs + 1):
            words[k], words[_STEPS + k] = rooms + k * _ROOM, single
        start = 0
        while start < n:
            count = min(together, n - start)
            for k in range(inputs):
                address, step, room = args[k] + start * steps[k], steps[k], words[k]
                for i in range(count):
                    number = _from_half(_read(address + i * step, np.uint16, np.uint16))
                    _write(room + i * single, number)
            words[_LENGTH] = count
            _call(_words(data)[0], inner, inner + _LENGTH * _WORD, inner + _STEPS * _WORD)
            address, room = args[inputs] + start * stride, words[inputs]
            for i in range(count):
                number = _read(room + i * single, np.float32, np.float32)
                _write(address + i * stride, _to_half(number))
            start += count
        restore_flags(flags)

    loop.__name__ = "of_float16"
    return loop


# --- complex numbers ---------------------------------------------------------------------------


@intrinsic
def _parts(typing_context, kind, places):
    """The real and imaginary parts at all addresses in turn, as float64."""

    def generate(context, builder, sig, args):
        llvm, align, values = context.get_data_type(kind.dtype), kind.dtype.bitwidth // 8, []
        for k in range(places.count):
            address = builder.inttoptr(builder.extract_value(args[1], k), llvm.as_pointer())
            for part in range(2):
                place = builder.gep(address, [ir.Constant(INDEX, part)])
                value = builder.load(place, align=align)
                values.append(context.cast(builder, value, kind.dtype, types.float64))
        return context.make_tuple(builder, sig.return_type, values)

    return types.UniTuple(types.float64, 2 * places.count)(kind, places), generate


def loop_of_complex(of, inputs, kind):
    """The loop of a formula of the parts of so many complex numbers, computed in float64."""
    size, words_size = np.dtype(kind).itemsize, _MOST * _WORD

    def loop(args, lengths, steps, data):
        flags = keep_flags()
        places = _words(_room(words_size))
        for i in range(lengths[0]):
            for k in range(inputs):
                places[k] = args[k] + i * steps[k]
            re, im = of(*_parts(kind, _fixed(places, inputs)))
            address = args[inputs] + i * steps[inputs]
            _write(address, kind(re))
            _write(address + size, kind(im))
        restore_flags(flags)

    loop.__name__ = of.__name__
    return loop


# --- machine code ------------------------------------------------------------------------------

_COMPILED: dict = {}  # (address, what keeps the code there)


def compile_loop(make, *arguments):
    """The address of the machine code of the loop make(*arguments), if possible from the cache."""
    key = make, *arguments
    with global_compiler_lock:
        if key not in _COMPILED:
            _COMPILED[key] = c_function(make(*arguments), _SIGNATURE)
        return _COMPILED[key][0]
