"""The parts that the docstrings of the public functions share."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from .docs_of_chains import TEXTS as _TEXTS_OF_CHAINS
from .prose import filled

_F = TypeVar("_F", bound=Callable[..., Any])

_WORKERS = """workers : int, optional
    How many threads may share the work; -1 is all cores. By default all cores this process may
    run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
stream : CUDA stream or int, optional
    For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
    on which the library of the first array is working."""

_PARAMETERS = """Parameters
----------
x : array_like
    Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
    order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
    are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
    array of Dask: then it is lazy.
{before}axis : int, tuple of int or None, optional
{axis}
{more}where : array_like of bool, optional
    Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
    as absent.
{out}{workers}"""

_AXIS = """The axis, or axes taken together, that a row runs along; None is all of them.{order} Also
the names of dimensions of a DataArray."""

_OUT = """out : ndarray, optional
    Where to put the result, of its shape and dtype. {may_be}
"""

_OUT_OF_TWO = """out : tuple of two ndarrays, optional
    Where to put the value and the gradient, each of the shape and dtype of the result.
"""

_KEEPDIMS = """keepdims : bool, optional
    Keep the reduced axes in the result, with length one.
"""

_COTANGENT = """g : array_like{or_none}
    The cotangent, of a shape that broadcasts to that of `x`; None means ones: then it is the
    gradient of the sum.
"""

_COTANGENT_OF_ROWS = """g : array_like{or_none}
    The cotangent, of a shape that broadcasts to that of `x` without the axes, which may also be
    kept with length one; None means ones: then it is the gradient of the sum.
"""

_TANGENT = """t : array_like
    The tangent, of a shape that broadcasts to that of `{of}`.
"""

_RAISES = """Raises
------
TypeError
    For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
    for CUDA arrays among others.
ValueError
    For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
    input, or is read-only. Nothing has been written to it then.
numpy.exceptions.AxisError
    For an axis that `x` does not have."""

_RETURNS = """Returns
-------
{what}
    {shape}; float32 and float64 in the dtype of `{of}`, float16
    (computed in float32) in float16, int and bool in float64."""

_COMPLEX = """Complex numbers: complex64 (computed in complex128) and complex128 in their own type.
Logarithms are principal values, with an imaginary part in (-pi, pi]. The same bound then holds for
the modulus of the error, where terms of different phase leave the sum of their moduli: what cancels
counts relative to that. A tiny imaginary part h keeps its digits, to 1e-15: over h it is the
derivative by a complex step. Entries with a real part of -inf drop out."""

_DERIVATIVES = """Special values: 0 at entries of -inf and at masked entries, which are treated as
absent; NaN in a row with a NaN or with two or more of +inf. A single +inf is the limit of a
dominant entry."""

_JACOBIAN = """Parameters
----------
x : array_like
    Any shape; float16, float32, float64, int or bool. Or a CUDA array of Numba, CuPy or PyTorch,
    or with their interfaces: then the result is one, too.
axis : int, optional
    The axis that a row runs along.
stream : CUDA stream or int, optional
    For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
    on which the library of `x` is working."""

_JACOBIAN_RETURNS = """Returns
-------
ndarray
    Of shape (..., n, n), the axes of `x` without `axis`, then i and j: dy_i / dx_j. float32 and
    float64 in the dtype of `x`, float16 in float16, int and bool in float64."""

_JACOBIAN_RAISES = """Raises
------
TypeError
    For masked arrays, for other dtypes, for an `axis` that is not an int.
numpy.exceptions.AxisError
    For an axis that `x` does not have."""

_LOSS = """Parameters
----------
logits : array_like
    Of one axis or more; float16, float32, float64, int or bool, of any strides and byte order. An
    entry of -inf is a class that cannot be. Or a CUDA array of Numba, CuPy or PyTorch, or with
    their interfaces: then all arrays are, also the results, and what would raise for a target or a
    weight makes its row NaN. Or a DataFrame or DataArray: then the results have its labels; or an
    array of Dask: then they are lazy.
{targets}
{before}axis : int, optional
    The axis of the classes.
{weights}{of_classes}{where}reduction : {{"none", "sum", "mean"}}, optional
    The weighted losses themselves, their sum, or that over the sum of the weights.
{out}{workers}"""

_LOSS_OUT = """out : ndarray, optional
    Where to put the {what}, of its shape and dtype. It may be {may_be} itself.
"""

_WHICH_ROWS = """where : array_like of bool, optional
    Which rows count, of a shape that broadcasts to that of the losses; the results of the others
    are 0, whatever they hold, and they count in no mean. Of labels that are -1 where they are
    missing it is ``labels >= 0``.
"""

_ROW_WEIGHTS = """weights : array_like, optional
    A weight >= 0 for each row, of a shape that broadcasts to that of the losses; None means ones.
    A row of weight 0 does not count: its results are 0, whatever its logits are. Its target is
    checked like that of any other.
"""

_OPTIONS_OF_CLASSES = """class_weights : array_like, optional
    A weight >= 0 for each class, which multiplies its target. That of a label counts as one of its
    row, also in the mean; beside numbers for the classes the mean is over the rows, and 0 where
    all classes have a weight of 0.
label_smoothing : float, optional
    A share s in [0, 1) of each target that is spread over all K classes: (1 - s) M + s / K.
"""

_WEIGHTS_OF_CLASSES = """weights : array_like
    A weight >= 0 for each class, in a shape that broadcasts to that of `logits`. A weight for a
    row is one for all of its classes."""

_LABELS = """targets : array_like
    Either the class of each row, whole numbers of any dtype in the shape of `logits` without the
    axis, which may also be kept with length one; or a number in [0, 1] for each class, with as many
    axes as `logits`, of which the others than that of the classes may have length one. Or a matrix
    or array of scipy.sparse beside logits of two axes, of their shape."""

_ENTRY_LOSS = """Parameters
----------
logits : array_like
    Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
    order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
    are, also the results, and what would raise for a target or a weight makes its loss NaN.
targets : array_like
    Numbers in [0, 1], of a shape that broadcasts to that of `logits`.
{before}pos_weight : array_like, optional
    What the targets are multiplied with, >= 0, of a shape that broadcasts to that of `logits`.
weights : array_like, optional
    A weight >= 0 for each entry, of a shape that broadcasts to that of `logits`; None means ones.
    An entry of weight 0 does not count: its results are 0, whatever its logit is. Its target is
    checked like that of any other.
where : array_like of bool, optional
    Which entries count, of a shape that broadcasts to that of `logits`; the results of the others
    are 0, whatever they hold, and they count in no mean.
reduction : {{"none", "sum", "mean"}}, optional
    The weighted losses themselves, their sum, or that over the sum of the weights.
{out}{workers}"""

_ENTRY_LOSS_RETURNS = """Returns
-------
ndarray or scalar
    The losses, in the shape of `logits`, or one number; float32 and float64 in the dtype of
    `logits`, float16 (computed in float32) in float16, int and bool in float64."""

_ENTRY_LOSS_RAISES = """Raises
------
TypeError
    For masked arrays, for other dtypes, for CUDA arrays among others, for tensors that ask for
    derivatives.
ValueError
    For targets outside [0, 1], for weights that are negative, infinite (also as float32, where the
    losses are computed in it) or NaN; for shapes that do not fit, for an unknown reduction, for a
    mean of nothing or of weights that are all 0{out}."""

_LOSS_RETURNS = """Returns
-------
ndarray or scalar
    The losses, in the shape of `logits` without the axis, or one number; float32 and float64 in
    the dtype of `logits`, float16 (computed in float32) in float16, int and bool in float64."""

_GRADIENT_RETURNS = """Returns
-------
loss : ndarray or scalar
    As of the loss alone.
gradient : ndarray
    The derivative of the sum of the losses returned with respect to `logits`, in their shape; for
    the mean that of the mean."""

_LOSS_RAISES = """Raises
------
TypeError
    For masked arrays, for other dtypes, for an `axis` that is not an int, for CUDA arrays among
    others.
ValueError
{values}
numpy.exceptions.AxisError
    For an axis that `logits` does not have."""

_WRONG_VALUES = """For {wrong}weights that are negative, infinite (also as float32, where the losses
are computed in it) or NaN: naming the first bad row; for shapes that do not fit, for an unknown
reduction, for a mean of nothing or of weights that are all 0{out}."""

_COST = """O(size) time, and no more memory than the result, in any layout that some order of the
axes makes contiguous; otherwise pieces of `x` are copied in turn."""


def _parameters(may_be="It may be `x` itself.", before="", more="", order="", out=_OUT):
    parts = {"before": before, "more": more, "workers": _WORKERS}
    parts["axis"] = filled(_AXIS.format(order=order), "    ")
    return _PARAMETERS.format(**parts, out=out.format(may_be=may_be))


def _returns(shape="In the shape of `x`", what="ndarray", of="x"):
    return _RETURNS.format(what=what, shape=shape, of=of)


def _cotangent(text=_COTANGENT, or_none=", optional"):
    return text.format(or_none=or_none)


_GRADIENT_OUT = _LOSS_OUT.format(what="gradient", may_be="`logits`")
_HVP_OUT = _LOSS_OUT.format(what="product", may_be="`logits` or `t`")
_TANGENT_OF_LOGITS = _TANGENT.format(of="logits")
_HVP_RETURNS = _returns("In the shape of `logits`", of="logits")


def _loss_texts(targets, weights, wrong, of_classes=""):
    # Those of a loss, of a loss with its gradient, and of its Hessian times a vector.
    parameters = {
        "targets": targets,
        "weights": weights,
        "of_classes": of_classes,
        "where": _WHICH_ROWS,
        "workers": _WORKERS,
    }
    and_out = ", for an `out` of another shape, or that overlaps an input in part"
    raises, raises_of_out = (
        _LOSS_RAISES.format(values=filled(_WRONG_VALUES.format(wrong=wrong, out=out), "    "))
        for out in ("", and_out)
    )
    return (
        {
            "parameters": _LOSS.format(**parameters, before="", out=""),
            "returns": _LOSS_RETURNS,
            "raises": raises,
        },
        {
            "parameters": _LOSS.format(**parameters, before="", out=_GRADIENT_OUT),
            "returns": _GRADIENT_RETURNS,
            "raises": raises_of_out,
        },
        {
            "parameters": _LOSS.format(**parameters, before=_TANGENT_OF_LOGITS, out=_HVP_OUT),
            "returns": _HVP_RETURNS,
            "raises": raises_of_out,
        },
    )


_WRONG_OUT = ", for an\n    `out` of another shape, or that overlaps an input in part"
_ENTRIES = tuple(
    {
        "parameters": _ENTRY_LOSS.format(before=before, out=out, workers=_WORKERS),
        "returns": returns,
        "raises": _ENTRY_LOSS_RAISES.format(out=_WRONG_OUT if out else ""),
    }
    for before, out, returns in (
        ("", "", _ENTRY_LOSS_RETURNS),
        ("", _GRADIENT_OUT, _GRADIENT_RETURNS),
        (_TANGENT_OF_LOGITS, _HVP_OUT, _HVP_RETURNS),
    )
)
_WRONG_TARGETS = "labels that are no class, targets outside [0, 1], "
_TARGETS = _loss_texts(_LABELS, _ROW_WEIGHTS, _WRONG_TARGETS)
_TARGETS_OF_CLASSES = _loss_texts(_LABELS, _ROW_WEIGHTS, _WRONG_TARGETS, _OPTIONS_OF_CLASSES)
_CLASS_WEIGHTS = _loss_texts(_WEIGHTS_OF_CLASSES, "", "")

_SEGMENTS = """Parameters
----------
x : array_like
    Of one axis or more, with the segments along the first; the columns of further axes are
    segments of their own. float16, float32, float64, int or bool, of any strides and byte order.
    Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, also
    the result, and ids or offsets that would raise for their numbers make it NaN.
{g}segment_ids : array_like of int, optional
    The segment of each entry of the first axis, from 0 on, in any order. There are as many
    segments as the largest id says, and memory for each of them.
offsets : array_like of int, optional
    Instead of `segment_ids`: where segments begin and end. Segment r is ``x[offsets[r] :
    offsets[r + 1]]``, which may be empty; the first is 0, the last ``len(x)``.
num_segments : int, optional
    Beside `segment_ids`: how many segments there are, by default the largest id and one. Of CUDA
    arrays it must be given.
out : ndarray, optional
    Where to put the result, of its shape and dtype. {out}
{workers}"""

_SEGMENTS_G = """The cotangent, of a shape that broadcasts to that of {of}; None means ones: then it
is the gradient of the sum."""

_SEGMENTS_RAISES = """Raises
------
TypeError
    Where both or neither of `segment_ids` and `offsets` are given, for ones that are no ints, for
    `num_segments` beside `offsets`, for masked arrays, for other dtypes, for an `out` of another
    dtype, for CUDA arrays among others.
ValueError
    For ids that are negative, not below `num_segments` or too large for memory, for offsets that
    do not begin with 0, decrease, or do not end with the length of `x`, for shapes that do not
    fit, for an `out` of another shape, or that overlaps an input, or is read-only. Nothing has been
    written then."""

_SEGMENTS_COST = """O(size) time. Where ids never decrease or offsets are given, and `x` is
contiguous with one axis, nothing is copied."""


def _segment_texts(returns, out, of=None):
    g = f"g : array_like, optional\n{filled(_SEGMENTS_G.format(of=of), '    ')}\n" if of else ""
    return {
        "parameters": _SEGMENTS.format(g=g, out=out, workers=_WORKERS),
        "returns": returns,
        "raises": _SEGMENTS_RAISES,
        "cost": _SEGMENTS_COST,
    }


_WEIGHTED = """Parameters
----------
x : array_like
    Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte order.
    Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, also
    the results.
b : array_like
    Weights of any sign, which broadcast together with `x`.
{more}axis : int, tuple of int or None, optional
    The axis, or axes taken together, that a row of `x` and `b` together runs along; None is all
    of them.
{keepdims}where : array_like of bool, optional
    Which entries take part, of a shape that broadcasts to that of `x` and `b` together; the
    others are treated as absent.
{out}{workers}"""

_WEIGHTED_OUTS = """out : tuple of two ndarrays, optional
    Where to put the gradients, each of its own shape and dtype.
"""

_WEIGHTED_G = """g : array_like, optional
    The cotangent, of a shape that broadcasts to that of the value, whose axes may also be kept
    with length one; None means ones: then they are the gradients of the sum.
"""

_WEIGHTED_TANGENTS = """t, s : array_like or None
    The tangents, of shapes that broadcast to those of `x` and of `b`; one of them may be None:
    then its argument does not change.
"""

_WEIGHTED_RAISES = """Raises
------
TypeError
    For masked and complex arrays, for other dtypes, for quantities with a unit, for an `out` of
    another dtype, for CUDA arrays among others{more}.
ValueError
    For shapes that do not fit, for an `out` of another shape, or that overlaps an argument, or is
    read-only. Nothing has been written to it then.
numpy.exceptions.AxisError
    For an axis that `x` and `b` together do not have."""

_ORDER = " Entries follow each other in C order."

_MAP_RETURNS = _returns()
_REDUCTION_RETURNS = _returns("In the shape of `x` without the axes", "ndarray or scalar")
_TANGENT_OF_X = _TANGENT.format(of="x")


def _of_entries(*arguments, **options):
    return {"parameters": _parameters(*arguments, **options), "returns": _MAP_RETURNS}


def _of_rows(*arguments, **options):
    return {"parameters": _parameters(*arguments, **options), "returns": _REDUCTION_RETURNS}


_TEXTS = {
    **_TEXTS_OF_CHAINS,
    "map": _of_entries(),
    "scan": _of_entries(order=_ORDER),
    "reduction": _of_rows("It must not overlap `x`.", more=_KEEPDIMS),
    "vjp": _of_entries("It may be `x` or `g` itself.", _cotangent()),
    "vjp of a reduction": _of_entries(before=_cotangent(_COTANGENT_OF_ROWS)),
    "vjp of a scan": _of_entries("It may be `x` or `g`.", _cotangent(), order=_ORDER),
    "jvp of a scan": _of_entries("It may be `x` or `t`.", _TANGENT_OF_X, order=_ORDER),
    "jvp": _of_entries("It may be `x` or `t` itself.", _TANGENT_OF_X),
    "jvp of a reduction": _of_rows("It must not overlap `x` or `t`.", _TANGENT_OF_X, _KEEPDIMS),
    "hvp": _of_entries(
        "It may be `x`, `g` or `t` itself.", _cotangent(or_none=" or None") + _TANGENT_OF_X
    ),
    "hvp of a reduction": _of_entries(
        "It may be `x` or `t`.", _cotangent(_COTANGENT_OF_ROWS, " or None") + _TANGENT_OF_X
    ),
    "value and vjp": {
        "parameters": _parameters(before=_cotangent(), out=_OUT_OF_TWO),
        "returns": _returns("Each in the shape of `x`", "value, gradient : ndarray"),
    },
    "weighted vjp": {
        "parameters": _WEIGHTED.format(
            more=_WEIGHTED_G, keepdims="", out=_WEIGHTED_OUTS, workers=_WORKERS
        ),
        "raises": _WEIGHTED_RAISES.format(more=""),
    },
    "weighted jvp": {
        "parameters": _WEIGHTED.format(
            more=_WEIGHTED_TANGENTS,
            keepdims=_KEEPDIMS,
            out=_OUT.format(may_be="It must not overlap an argument."),
            workers=_WORKERS,
        ),
        "raises": _WEIGHTED_RAISES.format(more=", where both tangents are None"),
    },
    "jacobian": {"parameters": _JACOBIAN, "returns": _JACOBIAN_RETURNS, "raises": _JACOBIAN_RAISES},
    "class weights": _CLASS_WEIGHTS[0],
    "hvp of class weights": _CLASS_WEIGHTS[2],
    "hvp of a loss": _TARGETS[2],
    "hvp of a loss with options of classes": _TARGETS_OF_CLASSES[2],
    "hvp of an entry loss": _ENTRIES[2],
    "class weights and gradient": _CLASS_WEIGHTS[1],
    "loss with options of classes": _TARGETS_OF_CLASSES[0],
    "loss with options of classes and gradient": _TARGETS_OF_CLASSES[1],
    "entry loss": _ENTRIES[0],
    "entry loss and gradient": _ENTRIES[1],
    "loss": _TARGETS[0],
    "loss and gradient": _TARGETS[1],
    "segment map": _segment_texts(_MAP_RETURNS, "It may be `x` itself."),
    "segment reduction": _segment_texts(
        _returns("A number for each segment, in the first axis"), "It must not overlap `x`."
    ),
    "segment vjp": _segment_texts(_MAP_RETURNS, "It may be `x` or `g` itself.", "`x`"),
    "segment vjp of a reduction": _segment_texts(
        _MAP_RETURNS, "It may be `x` itself.", "the result of `segment_logsumexp`"
    ),
}


_AMID_PROSE = "cost", "derivatives", "complex"


def shared_text(kind: str) -> Callable[[_F], _F]:
    """Decorate a function: put the shared parts into the {places} of its docstring."""

    def decorate(function: _F) -> _F:
        parts = {"raises": _RAISES, "cost": _COST, "derivatives": _DERIVATIVES}
        parts |= {"complex": _COMPLEX, **_TEXTS[kind]}
        paragraphs = inspect.cleandoc(function.__doc__ or "").split("\n\n")
        function.__doc__ = "\n\n".join(_completed(text, parts) for text in paragraphs)
        return function

    return decorate


def _completed(paragraph, parts):
    # Places amid prose move what stands behind them.
    is_prose = any("{" + name + "}" in paragraph for name in _AMID_PROSE)
    for name, part in parts.items():
        paragraph = paragraph.replace("{" + name + "}", part)
    if not is_prose:
        return paragraph
    head, rule, prose = paragraph.rpartition("---\n")  # a section may begin with it
    return head + rule + filled(prose)
