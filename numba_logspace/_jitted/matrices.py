"""What makes or takes matrices inside jitted code: Jacobians and products in log space."""

import numpy as np

from .._compile.inline import inlined
from .._compile.stamp import check_sources
from .._cpu.logmatmul import one_product
from .frames import turn_of
from .memory import quiet
from .typing import Rows, check_floats, refuse


def plan_jacobian(entry, call):
    """A Jacobian, of the last axis."""
    name, engine = entry.name, entry.engine
    rows = Rows(name, call.x, call.axis)
    rows.one_axis()
    if rows.turned or not rows.last:
        raise TypeError(
            f"{name}: axis must be the last one, and x not Fortran-contiguous, in jitted code"
        )
    turn, kernel = turn_of(rows), quiet(engine.kernel)

    def jacobian(x):
        check_sources()
        n = x.shape[-1]
        out = np.empty((*x.shape, n), x.dtype)
        if out.size:
            kernel(turn(x), out.reshape(-1), n, 0, x.size // n)
        return out

    return jacobian, ("x",)


def as_matrix(u, first):
    """A function of u: a C-contiguous matrix, of one axis a row of a or a column of b."""
    if u.ndim == 2:
        return inlined((lambda u: u) if u.layout == "C" else (lambda u: np.ascontiguousarray(u)))
    if first:
        return inlined(lambda u: np.ascontiguousarray(u).reshape(1, u.size))
    return inlined(lambda u: np.ascontiguousarray(u).reshape(u.size, 1))


def shaped(a, b):
    """A function of the product of two matrices: it in the shape of that of a and b."""
    if a.ndim == 1 and b.ndim == 1:
        return inlined(lambda out: out[0, 0])
    if a.ndim == 1 or b.ndim == 1:
        return inlined(lambda out: out.reshape(-1))
    return inlined(lambda out: out)


def check_factors(name, a, b):
    """Refuse what are no factors of one dtype."""
    for u, of in ((a, "a"), (b, "b")):
        check_floats(name, u, of)
        if u.ndim > 2 or u.dtype != a.dtype:
            raise TypeError(
                f"{name}: {of} must have one axis or two, and the dtype of the other, in jitted "
                f"code, got {u}"
            )


@inlined
def check_lengths(left, right):
    """Refuse matrices that have no product."""
    if left.shape[1] != right.shape[0]:
        raise ValueError("the last axis of a must be as long as the first of b")


def plan_product(entry, call):
    """logmatmulexp, of matrices and vectors."""
    name, a, b = entry.name, call.a, call.b
    refuse(name, out=call.out)
    check_factors(name, a, b)
    kernel, shape = quiet(one_product()), shaped(a, b)
    first, second = as_matrix(a, True), as_matrix(b, False)

    def product(a, b):
        check_sources()
        left, right = first(a), second(b)
        check_lengths(left, right)
        result = np.empty((left.shape[0], right.shape[1]), left.dtype)
        if left.shape[1] == 0:
            result[...] = -np.inf
        elif result.size:
            kernel(left, right, result)
        return shape(result)

    return product, ("a", "b")
