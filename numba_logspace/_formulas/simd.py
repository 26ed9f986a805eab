"""A SIMD vector as a Numba type, so that one formula serves one number or a whole register.

Numba's own vectoriser is an optimisation that may silently not happen; these vectors are LLVM
vectors from the start. Every function here also takes a plain float32 or float64 and then does
the same to one number, which is what users' jitted code needs. On CUDA a thread is a lane: there
what is loaded from memory is a single number, and all else is the same code.
"""

import functools
import operator

import llvmlite.binding
import numba.core.typing
from llvmlite import ir
from numba import config, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

from .._compile.trace import formula, primitive

INDEX = ir.IntType(32)


def _vector_bytes():
    # Two registers side by side: the second hides the latency of the first.
    if config.CPU_NAME:
        enabled = config.CPU_FEATURES or ""
    else:
        found = llvmlite.binding.get_host_cpu_features()
        enabled = config.CPU_FEATURES or ",".join("+" + k for k, on in found.items() if on)
    if "+avx512f" in enabled:
        return 128
    return 64 if "+avx2" in enabled else 32


VECTOR_BYTES = _vector_bytes()


class FloatFormat:
    """A binary floating-point format: what the tricks on its bits need to know."""

    def __init__(self, llvm_float, bits, mantissa_bits, exponent_bias, scale_bits):
        self.llvm_float = llvm_float
        self.llvm_int = ir.IntType(bits)
        self.mantissa_bits = mantissa_bits
        self.exponent_bias = exponent_bias
        # Exponentials are carried times 2^scale_bits, so that those which the format could
        # only hold as subnormals, or not at all, still count in full in a sum of many.
        self.scale_bits = scale_bits
        self.constants = {}  # filled by _vectormath: name -> value


FORMATS = {
    types.float32: FloatFormat(ir.FloatType(), 32, 23, 127, 64),
    types.float64: FloatFormat(ir.DoubleType(), 64, 52, 1023, 128),
}


class Vector(types.Type):
    """As many float32 or float64 as fill VECTOR_BYTES, or another number of bytes."""

    def __init__(self, dtype, size=VECTOR_BYTES):
        self.dtype = dtype
        self.lanes = size * 8 // dtype.bitwidth
        super().__init__(f"Vector({dtype} x {self.lanes})")

    @property
    def mask(self):
        """The type of a comparison."""
        return Mask(self.lanes)


class Mask(types.Type):
    """One truth value for each lane of a Vector."""

    def __init__(self, lanes):
        self.lanes = lanes
        super().__init__(f"Mask({lanes})")


def loaded_type(typing_context, array):
    """What one load from an array gives: a vector, but a single number on CUDA."""
    if not _on_cpu(typing_context):
        return array.dtype
    return Vector(array.dtype, getattr(array, "vector_bytes", VECTOR_BYTES))


def _on_cpu(typing_context):
    return isinstance(typing_context, numba.core.typing.Context)


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        llvm = ir.VectorType(FORMATS[kind.dtype].llvm_float, kind.lanes)
        super().__init__(manager, kind, llvm)


@register_model(Mask)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, ir.VectorType(ir.IntType(1), kind.lanes))


# --- LLVM values of a number or of a vector ---------------------------------------------------


def lane_type(kind):
    """The float type of a number or of a vector's lanes; None for anything else."""
    if isinstance(kind, Vector):
        return kind.dtype
    return kind if kind in FORMATS else None


def llvm_type(kind, lane=None):
    """The LLVM type of a number or vector, whose lanes may be of another type."""
    lane = lane or FORMATS[lane_type(kind)].llvm_float
    return ir.VectorType(lane, kind.lanes) if isinstance(kind, Vector) else lane


def int_type(kind):
    """The LLVM type of integers as wide as the lanes."""
    return llvm_type(kind, FORMATS[lane_type(kind)].llvm_int)


def _constant(llvm, value):
    if isinstance(llvm, ir.VectorType):
        return ir.Constant(llvm, [value] * llvm.count)
    return ir.Constant(llvm, value)


def splat(builder, value, llvm):
    """The number in every lane of a vector type; itself where the type is that of a number."""
    if not isinstance(llvm, ir.VectorType):
        return value
    undefined = ir.Constant(llvm, ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(INDEX, 0))
    zeros = ir.Constant(ir.VectorType(INDEX, llvm.count), [0] * llvm.count)
    return builder.shuffle_vector(first, undefined, zeros)


def suffix(kind):
    """How LLVM's intrinsics name the type."""
    name = f"f{lane_type(kind).bitwidth}"
    return f"v{kind.lanes}{name}" if isinstance(kind, Vector) else name


def call(builder, name, result, args, flags=()):
    """The LLVM code that calls a function by its name."""
    function = builder.module.globals.get(name)
    if function is None:
        kind = ir.FunctionType(result, [a.type for a in args])
        function = ir.Function(builder.module, kind, name)
    return builder.call(function, args, fastmath=flags)


@primitive
def always_inline(typing_context):
    """Have LLVM inline the function this stands in wherever it is called."""

    def generate(context, builder, sig, args):
        builder.function.attributes.add("alwaysinline")
        return context.get_dummy_value()

    return types.none(), generate


# --- operators ---------------------------------------------------------------------------------


def _define_operator(op, result, emit, arity=2):
    @infer_global(op)
    class _Operator(AbstractTemplate):
        def generic(self, args, kws):
            if isinstance(args[0], Vector) and args == (args[0],) * arity:
                return signature(result(args[0]), *args)
            return None

    @lower_builtin(op, *[Vector] * arity)
    def _lower(context, builder, sig, args):
        return emit(builder, *args)


def _define_operators():
    for op, name in (
        (operator.add, "fadd"),
        (operator.sub, "fsub"),
        (operator.mul, "fmul"),
        (operator.truediv, "fdiv"),
    ):
        _define_operator(op, lambda v: v, lambda b, x, y, n=name: getattr(b, n)(x, y))
    _define_operator(operator.neg, lambda v: v, lambda b, x: b.fneg(x), arity=1)
    for op, symbol in (
        (operator.lt, "<"),
        (operator.le, "<="),
        (operator.gt, ">"),
        (operator.ge, ">="),
        (operator.eq, "=="),
    ):
        _define_operator(
            op, lambda v: Mask(v.lanes), lambda b, x, y, s=symbol: b.fcmp_ordered(s, x, y)
        )


_define_operators()


# --- functions of numbers and vectors ----------------------------------------------------------


@primitive
def select(typing_context, condition, yes, no):
    """`yes` where `condition` holds, else `no`; both are computed."""
    if yes != no or not (lane_type(yes) or isinstance(yes, types.Integer)):
        return None

    def generate(context, builder, sig, args):
        return builder.select(*args)

    return yes(condition, yes, no), generate


@primitive
def const(typing_context, like, value):
    """The number `value` in the type of `like`."""
    if lane_type(like) is None:
        return None

    def generate(context, builder, sig, args):
        number = context.cast(builder, args[1], sig.args[1], lane_type(like))
        return splat(builder, number, llvm_type(like))

    return like(like, value), generate


@primitive
def fma(typing_context, a, b, c):
    """a * b + c, rounded once where the processor can."""
    if lane_type(a) is None:
        return None

    def generate(context, builder, sig, args):
        return call(builder, f"llvm.fmuladd.{suffix(a)}", args[0].type, args)

    return a(a, a, a), generate


@primitive
def polynomial(typing_context, z, coefficients):
    """The polynomial in z with these coefficients, the constant first.

    In Estrin's order, which waits less; on CUDA in Horner's, since other threads fill the time.
    """
    in_pairs = _on_cpu(typing_context)

    def generate(context, builder, sig, args):
        terms = []
        for i, kind in enumerate(sig.args[1]):
            number = builder.extract_value(args[1], i)
            number = context.cast(builder, number, kind, lane_type(z))
            terms.append(splat(builder, number, llvm_type(z)))
        power, name = args[0], f"llvm.fmuladd.{suffix(z)}"
        while not in_pairs and len(terms) > 1:
            last = terms.pop()
            terms[-1] = call(builder, name, power.type, [last, power, terms[-1]])
        while len(terms) > 1:
            pairs = list(zip(terms[::2], terms[1::2]))
            odd = terms[-1:] if len(terms) % 2 else []
            terms = [call(builder, name, power.type, [b, power, a]) for a, b in pairs] + odd
            power = builder.fmul(power, power) if len(terms) > 1 else power
        return terms[0]

    return z(z, coefficients), generate


@formula
def polynomial_by_horner(z, terms):
    """As polynomial, with the fewest products, for where there is other work while they wait."""
    *others, last = terms
    return functools.reduce(lambda y, term: fma(y, z, const(z, term)), others[::-1], const(z, last))


@primitive
def scaled_power_of_two(typing_context, shifted):
    """2^(k + scale_bits) where `shifted` is k + 1.5 * 2^mantissa_bits, whose low bits are k."""
    if lane_type(shifted) is None:
        return None
    form = FORMATS[lane_type(shifted)]

    def generate(context, builder, sig, args):
        integer = int_type(shifted)
        bits = builder.bitcast(args[0], integer)
        bits = builder.add(bits, _constant(integer, form.exponent_bias + form.scale_bits))
        bits = builder.shl(bits, _constant(integer, form.mantissa_bits))
        return builder.bitcast(bits, llvm_type(shifted))

    return shifted(shifted), generate


@primitive(prefer_literal=True)
def constant(typing_context, like, name):
    """The constant of that name (see FloatFormat.constants) in the type of `like`."""
    if lane_type(like) is None or not isinstance(name, types.StringLiteral):
        return None
    value = FORMATS[lane_type(like)].constants[name.literal_value]

    def generate(context, builder, sig, args):
        return _constant(llvm_type(like), value)

    return like(like, name), generate


@primitive
def split_exponent(typing_context, x):
    """(f, k, 2^-k) with x = f * 2^k and f in [sqrt(1/2), sqrt(2)), for positive normal x."""
    if lane_type(x) is None:
        return None
    form = FORMATS[lane_type(x)]
    # The bits of sqrt(1/2) and of 1.5 * 2^mantissa_bits, to which an integer may be added.
    bits_of_root, bits_of_magic, magic = {
        32: (0x3F3504F3, 0x4B400000, 12582912.0),
        64: (0x3FE6A09E667F3BCD, 0x4338000000000000, 6755399441055744.0),
    }[form.llvm_int.width]

    def generate(context, builder, sig, args):
        integer, float_ = int_type(x), llvm_type(x)
        shift = _constant(integer, form.mantissa_bits)
        bits = builder.bitcast(args[0], integer)
        k = builder.ashr(builder.sub(bits, _constant(integer, bits_of_root)), shift)
        f = builder.bitcast(builder.sub(bits, builder.shl(k, shift)), float_)
        shifted = builder.bitcast(builder.add(k, _constant(integer, bits_of_magic)), float_)
        number = builder.fsub(shifted, _constant(float_, magic))
        down = builder.sub(_constant(integer, form.exponent_bias), k)
        zero = _constant(integer, 0)
        down = builder.select(builder.icmp_signed(">", down, zero), down, zero)
        scale = builder.bitcast(builder.shl(down, shift), float_)
        return context.make_tuple(builder, sig.return_type, (f, number, scale))

    return types.UniTuple(x, 3)(x), generate


@primitive
def any_lane(typing_context, condition):
    """Whether the condition holds in any lane."""
    if isinstance(condition, types.Boolean):
        return condition(condition), lambda context, builder, sig, args: args[0]

    def generate(context, builder, sig, args):
        bits = builder.bitcast(args[0], ir.IntType(condition.lanes))
        return builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))

    return types.boolean(condition), generate


# --- across the lanes --------------------------------------------------------------------------


def halves(builder, vector):
    """The LLVM code for both halves of a vector."""
    count = vector.type.count // 2
    undefined = ir.Constant(vector.type, ir.Undefined)
    for first in (0, count):
        lanes_of_half = ir.VectorType(INDEX, count)
        numbers = ir.Constant(lanes_of_half, list(range(first, first + count)))
        yield builder.shuffle_vector(vector, undefined, numbers)


@primitive
def halves_of(typing_context, vector):
    """Both halves of a vector; of one of two lanes these are numbers."""
    count = vector.lanes // 2
    kind = Vector(vector.dtype, count * vector.dtype.bitwidth // 8) if count > 1 else vector.dtype

    def generate(context, builder, sig, args):
        parts = list(halves(builder, args[0]))
        if count == 1:
            parts = [builder.extract_element(part, ir.Constant(INDEX, 0)) for part in parts]
        return context.make_tuple(builder, sig.return_type, parts)

    return types.UniTuple(kind, 2)(vector), generate


def over_lanes(state, merge):
    """What merge(state, more) makes of the lanes of a state, a tuple of vectors or of numbers."""
    while isinstance(state[0].kind, Vector):
        pairs = [halves_of(vector) for vector in state]
        state = merge(tuple(low for low, _ in pairs), tuple(high for _, high in pairs))
    return state


def _reduce_by_halves(builder, vector, combine):
    while vector.type.count > 1:
        vector = combine(*halves(builder, vector))
    return builder.extract_element(vector, ir.Constant(INDEX, 0))


@primitive
def count_of_lanes(typing_context, vector):
    """The sum over the lanes, which hold small integers."""

    def generate(context, builder, sig, args):
        return _reduce_by_halves(builder, args[0], builder.fadd)

    return vector.dtype(vector), generate


@primitive
def largest_lane(typing_context, vector):
    """The largest lane; no lane may be NaN."""

    def generate(context, builder, sig, args):
        def larger(a, b):
            return builder.select(builder.fcmp_ordered(">", a, b), a, b)

        return _reduce_by_halves(builder, args[0], larger)

    return vector.dtype(vector), generate
