"""Arguments to the normal form (outer, n, inner): axis, dtype, out, where, and their errors."""

import math
import numbers
import operator
from typing import TypeAlias

import numpy as np

Axis: TypeAlias = int | tuple[int, ...] | None

_FLOATS = {np.dtype(np.float32), np.dtype(np.float64)}
_COMPLEX = {np.dtype(np.complex64), np.dtype(np.complex128)}
# The numbers that DLPack has for the memory of CUDA: of a device, and managed.
_CUDA_DEVICES = (2, 13)
_INSTEAD = {
    "g": "convert it with {name}.astype(numpy.float64)",
    "c": "take the real part of it, or the logarithm of its modulus; complex arrays are for "
    "logsumexp, logmeanexp, logcumsumexp, softmax, log_softmax, log1m_softmax and the elementwise "
    "functions",
    "O": "convert it with {name}.astype(numpy.float64)",
    "M": "convert it to numbers first",
    "m": "convert it to numbers first",
}
# Targets that are names, as strings or objects.
_OF_LABELS = (
    "labels are ints, as pandas.factorize({name})[0], numpy.unique({name}, return_inverse=True)[1] "
    "or the .codes of a pandas.Categorical"
)


def is_on_cuda(x):
    """Whether x is an array in the memory of a GPU, of any library."""
    if type(x) is np.ndarray:
        return False
    if hasattr(x, "__dlpack_device__") and not isinstance(x, np.ndarray):
        return x.__dlpack_device__()[0] in _CUDA_DEVICES
    return hasattr(x, "__cuda_array_interface__")


def as_array(x, name="x", has_where=True, or_complex=False):
    """(array of x, its working dtype, the dtype of results).

    `has_where` says whether the function takes a mask, which then is what masked arrays need;
    `or_complex` whether it takes complex numbers.
    """
    if type(x) is not np.ndarray:
        x = _plain_array(x, name, has_where)
    native = x.dtype if x.dtype.isnative else x.dtype.newbyteorder("=")
    if native in _FLOATS:
        return x, native, native
    # bfloat16, which is not NumPy's own, is known by its name.
    if native == np.float16 or native.name == "bfloat16":
        return x, np.dtype(np.float32), native
    if native.kind in "biu":
        double = np.dtype(np.float64)
        return x, double, double
    if or_complex and native in _COMPLEX:
        return x, np.dtype(np.complex128), native
    key = native.char if native.char == "g" else native.kind
    advice = _INSTEAD.get(key, "convert it to float64 first")
    if name == "targets" and _has_names(x):
        advice = _OF_LABELS
    raise TypeError(
        f"{name} has dtype {x.dtype}; float16, bfloat16, float32, float64, integers "
        f"and bool are supported: {advice.format(name=name)}"
    )


def _has_names(x):
    return x.dtype.kind in "UST" or any(isinstance(u, (str, bytes)) for u in x.flat)


def common_dtype(a, b):
    """The dtype of results of two arrays, from those that each would have alone."""
    if a == b:
        return a
    single = np.dtype(np.float32)  # of float16 and bfloat16, of which neither holds the other
    wide = _FLOATS | _COMPLEX
    return np.result_type(*(dtype if dtype in wide else single for dtype in (a, b)))


def _plain_array(x, name, has_where, of="numbers"):
    # What is no plain array as one, or a TypeError that says how to make one of it.
    if is_on_cuda(x):
        raise TypeError(
            f"{name} is a CUDA array, a {type(x).__name__}; here NumPy arrays are wanted: all "
            "arguments have to be on one device, and the function has to be one for CUDA arrays"
        )
    if isinstance(x, np.ma.MaskedArray):
        mask = f"{name}.data and where=~{name}.mask" if has_where else f"{name}.filled(...)"
        raise TypeError(f"{name} is a masked array: pass {mask} instead")
    if hasattr(x, "nnz"):
        dense = "toarray" if hasattr(x, "toarray") else "todense"
        raise TypeError(f"{name} is a sparse {type(x).__name__}: pass {name}.{dense}() instead")
    if hasattr(x, "compute") and hasattr(x, "chunks"):
        raise TypeError(
            f"{name} is a lazy {type(x).__name__}: pass {name}.compute() instead, or map the "
            "function over its blocks"
        )
    try:
        array = np.asarray(_without_unit(x, name))
    except ValueError as error:  # of lists of unequal lengths, for one
        raise ValueError(f"{name} must be an array of {of}: {error}") from error
    if array.dtype.kind == "O" and not isinstance(x, np.ndarray) and not array.ndim:
        raise TypeError(f"{name} must be an array of {of}, got a {type(x).__name__}")
    return array


def _without_unit(x, name):
    # The numbers of a dimensionless quantity of astropy or pint; NumPy would drop any unit.
    if hasattr(x, "unit") and hasattr(x, "to_value"):
        unit, number = x.unit, lambda: x.to_value("")
    elif hasattr(x, "units") and hasattr(x, "m_as"):
        unit, number = x.units, lambda: x.m_as("")
    else:
        return x
    try:
        return number()
    except Exception:  # noqa: BLE001 - each library has an error of its own
        raise TypeError(
            f"{name} has the unit {unit}: logarithms are of numbers without one"
        ) from None


def normalize_axes(axis, ndim):
    """`axis` as a sorted tuple of different non-negative ints; a number is a row of itself."""
    if axis is None:
        return tuple(range(ndim))
    if type(axis) is int and -ndim <= axis < ndim:
        return (axis % ndim,)
    try:
        axes = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
        axes = tuple(index_of(a) for a in axes)
    except TypeError:
        raise TypeError(f"axis must be an int, a tuple of ints or None, got {axis!r}") from None
    most = max(ndim, 1)
    for a in axes:
        if not -most <= a < most:
            raise np.exceptions.AxisError(a, ndim)
    axes = tuple(a % most for a in axes)
    if len(set(axes)) < len(axes):
        raise ValueError(f"axis must not name an axis twice, got {axis!r}")
    return tuple(sorted(axes)) if ndim else ()


def index_of(number):
    """An int, of any kind but bool, which is one by accident."""
    if isinstance(number, (bool, np.bool_)):
        raise TypeError("a bool is not a number here")
    return operator.index(number)


def check_where(where, shape):
    """`where` as a boolean array of that shape; None for no mask."""
    if where is None or where is True:
        return None
    return broadcast_where(bool_array(where), shape, "x")


def bool_array(where):
    """`where` as a boolean array of its own shape."""
    if isinstance(where, np.ma.MaskedArray):
        raise TypeError("where is a masked array: pass where=where.filled(False) instead")
    mask = where if type(where) is np.ndarray else _plain_array(where, "where", False, "bool")
    if mask.dtype != np.bool_:
        raise TypeError(f"where must be boolean, got dtype {mask.dtype}")
    return mask


def int_array(x, name, otherwise=""):
    """An array of whole numbers, of any dtype for these.

    `otherwise` is what an error says of strings and objects.
    """
    array = x if type(x) is np.ndarray else _plain_array(x, name, False)
    if array.dtype.kind in "iu":
        return array
    if array.size == 0 and not isinstance(x, np.ndarray):
        return array.astype(np.int64)  # an empty list is one of ints too
    if array.dtype.kind == "f":
        bad = (array != np.floor(array)) | np.isinf(array)
        if bad.any():
            raise TypeError(f"{name} must hold ints, got {first_of(array, bad)}")
    are_ints = all(isinstance(u, numbers.Integral) for u in array.flat)
    raise no_ints(array.dtype, name, otherwise, are_ints)


def no_ints(dtype, name, otherwise="", can_be_ints=False):
    """The error of an array of a dtype that is not one of ints."""
    if dtype.kind in "bf" or can_be_ints:
        otherwise = f": convert it with {name}.astype(numpy.int64)"
    return TypeError(f"{name} must hold ints, got dtype {dtype}{otherwise}")


def first_of(array, bad):
    """The first number that is bad, and where it is, as errors say it."""
    number, where = array[bad][0], np.argwhere(bad)[0].tolist()
    if not where:
        return str(number)
    return f"{number} at {where[0] if len(where) == 1 else tuple(where)}"


def broadcast_where(mask, shape, of):
    """A mask in that shape, which is the shape of `of`."""
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(
            f"where of shape {mask.shape} cannot be broadcast to the shape of {of}, {shape}"
        ) from None


def check_operand(array, name, shape, of="x"):
    """Another array, broadcast to that shape, which is the shape of `of`."""
    if array.shape == shape:
        return array
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(
            f"{name} of shape {array.shape} cannot be broadcast to the shape of {of}, {shape}"
        ) from None


def broadcast_axes(shape, full):
    """The axes of the full shape along which an array of `shape` is broadcast to it."""
    new = len(full) - len(shape)
    own = (a for a, k in enumerate(shape, new) if k == 1 != full[a])
    return (*range(new), *own)


def check_two_outs(out, shapes, dtypes, inputs):
    """Refuse an `out` that is no pair of arrays, apart from each other and from the inputs."""
    if not isinstance(out, tuple) or len(out) != 2:
        raise TypeError(f"out must be a tuple of two arrays, got {type(out).__name__}")
    for i, others in enumerate((inputs, inputs | {"out[0]": out[0]})):
        check_out(out[i], shapes[i], dtypes[i], others, name=f"out[{i}]")


def check_out(out, shape, dtype, inputs, may_be=(), name="out"):
    """Refuse an `out` of another kind, or one that shares memory with an input.

    `may_be` are the inputs that `out` may be itself, element for element.
    """
    if not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray):
        raise TypeError(f"{name} must be a numpy array, got {type(out).__name__}")
    if out.shape != shape:
        raise ValueError(f"{name} must have the shape of the result, {shape}, got {out.shape}")
    if out.dtype != dtype:
        raise TypeError(f"{name} must have the dtype of the result, {dtype}, got {out.dtype}")
    if not out.flags.writeable:
        raise ValueError(f"{name} is read-only; it must be writeable")
    if has_internal_overlap(out):
        raise ValueError(f"{name} must not have several elements in one place of memory")
    for other, array in inputs.items():
        if shares_memory(out, array) and not (other in may_be and same_memory(out, array)):
            raise ValueError(
                f"{name} overlaps {other} in memory; it must be separate"
                + (f", or {other} itself" if other in may_be else "")
            )


def same_memory(a, b):
    """Whether two arrays are the same elements in the same order."""
    return (
        a.__array_interface__["data"][0] == b.__array_interface__["data"][0]
        and a.shape == b.shape
        and all(s == t for s, t, k in zip(a.strides, b.strides, a.shape) if k > 1)
        and a.dtype == b.dtype
    )


def shares_memory(a, b):
    """Whether two arrays share memory; yes where that is too hard to say."""
    try:
        return np.shares_memory(a, b, max_work=10_000)
    except np.exceptions.TooHardError:
        return True


def has_internal_overlap(a):
    """Whether two elements of `a` may lie in one place."""
    if a.flags.c_contiguous:
        return False
    steps = sorted((abs(s), k) for s, k in zip(a.strides, a.shape) if k > 1)
    reach = a.itemsize
    for step, count in steps:
        if step < reach:
            return a.size > 1
        reach = step * (count - 1) + reach
    return False


def memory_order(x):
    """The axes of x from the longest stride to the shortest, as its memory runs."""
    return tuple(sorted(range(x.ndim), key=lambda a: (-abs(x.strides[a]), a)))


def normal_form(x, axes):
    """(axes in memory order, outer, n, inner) of a contiguous x; None where it has none.

    Contiguous means that some order of its axes makes x C-contiguous, and that the reduced axes
    stand side by side in it.
    """
    order = memory_order(x)
    first = min(order.index(a) for a in axes)
    block = order[first : first + len(axes)]
    if set(block) != set(axes) or not x.transpose(order).flags.c_contiguous:
        return None
    # The reduction does not depend on the order of the reduced axes: only their block counts.
    lengths = [x.shape[a] for a in order]
    last = first + len(axes)
    parts = lengths[:first], lengths[first:last], lengths[last:]
    return order, *map(math.prod, parts)


def result_shape(shape, axes, keepdims):
    """The shape of a reduction."""
    if keepdims:
        return tuple(1 if a in axes else k for a, k in enumerate(shape))
    return tuple(k for a, k in enumerate(shape) if a not in axes)
