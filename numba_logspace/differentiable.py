"""The elementwise functions on arrays of PyTorch, JAX and PyTensor, with their derivatives.

In the package itself they are ufuncs of NumPy, which ask an array of another library for its
numbers and nothing else: what is traced or requires a gradient has none to give. The functions here
have the same names, and give back what the ufuncs do where all arguments are NumPy's.

One module serves all libraries, so that code need not know which of them its arrays come from.
Import it by its name; `import numba_logspace` alone does not.
"""

from ._family import named
from ._interop.derivatives.elementwise import ARGUMENTS
from ._interop.register import elementwise

_TEMPLATE = """{name}({arguments})

`numba_logspace.{name}` of arrays of PyTorch, JAX or PyTensor, with its derivatives.

Parameters
----------
{arguments} : Tensor, jax.Array, TensorVariable or array_like
    Broadcast together; of one library, beside NumPy arrays and numbers. Tensors on the CPU.
    float16, bfloat16, float32, float64, integers or bool.

Returns
-------
Tensor, jax.Array, TensorVariable or ndarray
    Of the shape that the arguments broadcast to. Tensors in the dtype of the ufunc, arrays of JAX
    in that to which JAX promotes them; bfloat16, computed in float32, in bfloat16. What the ufunc
    gives, where no argument belongs to these libraries.

Raises
------
TypeError
    For tensors on other devices, for sparse ones, for arguments of several libraries.

Notes
-----
Special values and error bound are those of the ufunc. The derivatives can be differentiated again.
"""


def _function(name):
    names = ARGUMENTS[name]

    def function(*arguments):
        return elementwise(name, names, arguments)

    function.__name__ = function.__qualname__ = name
    function.__module__ = __name__
    function.__doc__ = _TEMPLATE.format(name=name, arguments=", ".join(names))
    return function


for _name in named("elementwise"):
    globals()[_name] = _function(_name)

__all__ = [*named("elementwise")]  # noqa: PLE0604
