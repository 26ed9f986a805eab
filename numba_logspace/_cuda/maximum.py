"""The larger of two numbers by one instruction of the GPU, where a formula takes two."""

from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic
def maximum(typing_context, a, b):
    """The larger of two numbers of one type; a NaN is passed over."""

    def generate(context, builder, sig, args):
        kind = args[0].type
        suffix = {"float": "f32", "double": "f64"}[str(kind)]
        name = f"llvm.maxnum.{suffix}"
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(kind, [kind, kind]), name
        )
        return builder.call(function, args)

    return (a(a, a), generate) if a == b else None
