"""The elementwise functions on tensors of PyTorch, with gradients.

In the package itself they are ufuncs of NumPy, which asks a tensor for its array and nothing else:
a tensor that requires a gradient has none to give. Import this module by its name; `import
numba_logspace` alone does not.
"""

import importlib.util

if importlib.util.find_spec("torch") is None:
    raise ImportError("numba_logspace.torch needs PyTorch: pip install 'numba_logspace[torch]'")

from ._family import named
from ._interop.derivatives.elementwise import PARTIALS
from ._interop.torch import on_tensors

_TEMPLATE = """{name}({arguments})

`numba_logspace.{name}` of tensors, with its derivatives.

Parameters
----------
{arguments} : Tensor
    Broadcast together; one of them at least a tensor, the others also numbers or NumPy arrays. On
    the CPU; float16, bfloat16, float32, float64, integers or bool.

Returns
-------
Tensor
    Of the shape that the arguments broadcast to, in the dtype of the ufunc; bfloat16, computed in
    float32, in bfloat16.

Raises
------
TypeError
    For tensors on other devices, for sparse ones, where nothing is a tensor.

Notes
-----
Special values and error bound are those of the ufunc. The derivatives can be differentiated again.
"""


def _function(name):
    function = on_tensors(name)
    function.__name__ = function.__qualname__ = name
    function.__module__ = __name__
    function.__doc__ = _TEMPLATE.format(name=name, arguments=", ".join(PARTIALS[name]))
    return function


for _name in named("elementwise"):
    globals()[_name] = _function(_name)

__all__ = [*named("elementwise")]  # noqa: PLE0604
