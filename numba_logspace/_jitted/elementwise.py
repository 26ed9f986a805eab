"""The elementwise functions in jitted code, where Numba treats them as it does NumPy's ufuncs."""

import functools

from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.extending import lower_builtin

from .._compile.names import distinct
from .._formulas.simd import always_inline


def _body(formula, inputs):
    # Without always_inline LLVM may call the larger formulas from the loop instead of making
    # vector code of them.
    def of_one(x):
        always_inline()
        return formula(x)

    def of_two(x, y):
        always_inline()
        return formula(x, y)

    def of_three(t, x, y):
        always_inline()
        return formula(t, x, y)

    return distinct({1: of_one, 2: of_two, 3: of_three}[inputs])


# What is imported in the functions below is a part of Numba that an import of it does not bring.


@functools.cache
def _rules(ufunc):
    from numba.core.typing.npydecl import Numpy_rules_ufunc

    return type("Rules", (Numpy_rules_ufunc,), {"key": ufunc})


@functools.cache
def _kernel(ufunc, formula):
    from numba.np.npyimpl import _Kernel
    from numba.np.numpy_support import ufunc_find_matching_loop

    body = _body(formula, ufunc.nin)

    class Kernel(_Kernel):
        def generate(self, *args):
            given, result = self.outer_sig.args, self.outer_sig.return_type
            (computed,) = ufunc_find_matching_loop(ufunc, given).outputs
            cast = [self.cast(value, kind, computed) for value, kind in zip(args, given)]
            signature = computed(*[computed] * ufunc.nin)
            # The caller may be compiled with fastmath: the formula never is.
            exact = self.context.subtarget(fastmath=False)
            value = exact.compile_internal(self.builder, body, signature, cast)
            return self.cast(value, computed, result)

    return Kernel


def register_ufunc(ufunc, entry):
    """Have Numba take a ufunc of ours, where it takes one of NumPy's own."""
    formula = entry.engine

    class Typing(AbstractTemplate):
        key = ufunc

        def generic(self, args, kws):
            return _rules(ufunc)(self.context).generic(args, kws)

    def lower(context, builder, sig, args):
        from numba.np.npyimpl import numpy_ufunc_kernel

        return numpy_ufunc_kernel(context, builder, sig, args, ufunc, _kernel(ufunc, formula))

    infer_global(ufunc, types.Function(Typing))
    inputs = [types.Any] * ufunc.nin
    lower_builtin(ufunc, *inputs)(lower)
    lower_builtin(ufunc, *inputs, types.Array)(lower)
