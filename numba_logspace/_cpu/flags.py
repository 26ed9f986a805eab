"""The flags of floating-point exceptions, of which NumPy warns where code has left them.

Our formulas raise them on the way to right values, so code that NumPy calls leaves them as it
found them.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .memory import on_stack

_POINTER = ir.IntType(8).as_pointer()
_FENV_ROOM = 256  # bytes, more than any fenv_t


def _environment_of(builder):
    # (how to keep them, how to restore them, what both return); on x86 without a call.
    if builder.module.triple.startswith(("x86_64", "amd64", "i686", "i386")):
        return "llvm.x86.sse.stmxcsr", "llvm.x86.sse.ldmxcsr", ir.VoidType()
    return "fegetenv", "fesetenv", ir.IntType(32)


def _call_with(builder, name, result, address):
    kind = ir.FunctionType(result, [_POINTER])
    function = cgutils.get_or_insert_function(builder.module, kind, name)
    builder.call(function, [builder.inttoptr(address, _POINTER)])


@intrinsic
def keep_flags(typing_context):
    """The address of what restores the floating-point flags; on the stack of the caller."""

    def generate(context, builder, sig, args):
        address = on_stack(context, builder, _FENV_ROOM)
        name, _, result = _environment_of(builder)
        _call_with(builder, name, result, address)
        return address

    return types.intp(), generate


@intrinsic
def restore_flags(typing_context, kept):
    """Set the floating-point flags to what they were."""

    def generate(context, builder, sig, args):
        _, name, result = _environment_of(builder)
        _call_with(builder, name, result, args[0])
        return context.get_dummy_value()

    return types.none(types.intp), generate
