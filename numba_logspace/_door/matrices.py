"""Functions whose arguments or results are matrices: Jacobians and products."""

from .._arguments import matrices, products
from .._arguments.foreign import handed_over
from .planned import planned
from .sides import goes_to_cuda, side

_MATRICES, _PRODUCTS = ".._cuda.matrices", ".._cuda.products"


def jacobian(function, x, axis, stream):
    """The Jacobian of each row, in the shape of x without the axis, then i and j."""
    if stream is None:
        result = matrices.small_jacobian(function, x, axis)
        if result is not None:
            return result
    return _jacobian(function, x, axis, stream)


@handed_over
@planned
def _jacobian(function, x, axis, stream):
    if goes_to_cuda(x, None, stream, "x"):
        return side(_MATRICES, "jacobian")(function, x, axis, stream)
    return matrices.jacobian(function, x, axis)


def product(function, a, b, out, workers, stream):
    """The product of matrices of logarithms, arguments as those of numpy.matmul."""
    # The step of a recursion: everything further down costs more than the work.
    if stream is None:
        result = matrices.small_product(a, b, out, workers)
        if result is not None:
            return result
    return _product(function, a, b, out, workers, stream)


@handed_over
@planned
def _product(function, a, b, out, workers, stream):
    if goes_to_cuda(a, workers, stream, "a"):
        return side(_MATRICES, "product")(function, a, b, out, stream)
    return matrices.product(a, b, out, workers)


@handed_over
@planned
def product_vjp(function, a, b, g, out, workers, stream):
    """The gradients of sum(g * product) in a and in b."""
    if goes_to_cuda(a, workers, stream, "a"):
        return side(_PRODUCTS, "vjp")(a, b, g, out, stream)
    return products.vjp(a, b, g, out, workers)


@handed_over
@planned
def product_jvp(function, a, b, ta, tb, out, workers, stream):
    """The derivative of the product along tangents, of which one may be None, for 0."""
    if goes_to_cuda(a, workers, stream, "a"):
        return side(_PRODUCTS, "jvp")(a, b, ta, tb, out, stream)
    return products.jvp(a, b, ta, tb, out, workers)
