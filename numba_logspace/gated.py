"""Two disjoint sets of labels with a gate between them."""

import numpy as np
from numpy.typing import ArrayLike

from . import _derivatives, _layout, _lossterms, _softsum, _targets
from ._cpu import Weighing
from ._derive import Rows
from ._weigh import Formulas
from .elementwise import log1m_sigmoid, log_sigmoid, logistic

_VALUE = Weighing(
    Formulas(
        _lossterms.prepare_cross_entropy,
        _derivatives.settle_with_number,
        element=_lossterms.element_log_softmax_and_number,
    ),
    _softsum.never,
    keeps=False,
)
_VJP = Weighing(
    Formulas(
        _derivatives.prepare_by_max,
        _derivatives.settle_log_softmax_vjp,
        weigh=_derivatives.weigh_log_softmax_vjp,
        sums=(1, 1),
        element=_derivatives.element_log_softmax_vjp,
        result=_derivatives.sum_of_cotangents,
    ),
    _softsum.never,
)


class _Parts:
    """The arguments of a call: both sets as rows of one dtype, and the gate of each row."""

    def __init__(self, gate, a, b, axis, workers):
        _targets.check_axis(axis)
        arrays = {"a": a, "b": b}
        checked = {name: _layout.as_array(array, name) for name, array in arrays.items()}
        results = {result for _, _, result in checked.values()}
        # Where they differ both are taken in float64.
        same = results.pop() if len(results) == 1 else np.dtype(np.float64)
        a, b = (array.astype(same, copy=False) for array, _, _ in checked.values())
        self.rows = [Rows(x, axis, None, workers, name) for x, name in ((a, "a"), (b, "b"))]
        first, second = self.rows
        if len(first.x.shape) != len(second.x.shape) or first.shape != second.shape:
            raise ValueError(
                f"a and b must have the same shape but for axis {axis}, got {a.shape} and {b.shape}"
            )
        self.gate = _layout.as_array(gate, "gate")[0].astype(first.dtype, copy=False)
        self.gate_of_rows = first.numbers(self.gate, "gate")
        (self.axis,) = first.axes
        self.split = a.shape[self.axis]
        lengths = list(a.shape)
        lengths[self.axis] += b.shape[self.axis]
        self.shape, self.result = tuple(lengths), same

    def of(self, array):
        """The parts of an array of the shape of the result that belong to a and to b."""
        first, second = slice(None, self.split), slice(self.split, None)
        along = np.moveaxis(array, self.axis, 0)
        return [np.moveaxis(along[end], 0, self.axis) for end in (first, second)]


def gated_log_softmax(
    gate: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    axis: int = -1,
    *,
    out: np.ndarray | None = None,
    workers: int | None = None,
) -> np.ndarray:
    """Log-probabilities of two sets of labels: log s + log_softmax(a), log(1 - s) + log_softmax(b).

    Parameters
    ----------
    gate : array_like
        The log-odds of the first set, s = logistic(gate), of a shape that broadcasts to that of
        `a` without the axis.
    a, b : array_like
        The logits of each set, of the same shape but for the axis; float16, float32, float64,
        int or bool.
    axis : int, optional
        The axis of the labels.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap an input.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process
        may run on where the arrays are large, but never more than ``NUMBA_NUM_THREADS``.

    Returns
    -------
    ndarray
        In the shape of `a` and `b` one after the other along the axis, in their dtype (int and
        bool in float64; float64 where they differ). Its softmax is a distribution over both sets.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int.
    ValueError
        For shapes that do not fit, for an `out` of another shape or that overlaps an input.
    numpy.exceptions.AxisError
        For an axis that `a` has not.

    Notes
    -----
    log(1 - s) is log_sigmoid(-gate), not log_sigmoid(1 - gate), and never the logarithm of a
    probability that has rounded to 0.

    Special values: a gate of inf gives -inf for `b`, one of -inf for `a`; otherwise as
    `log_softmax` of each set.

    Error bound: 4 ulp. O(size) time; pieces of `a` and `b` are copied in turn where the result
    does not hold them in one piece.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> y = nl.gated_log_softmax(nl.logit(1 / 3), np.zeros(4), np.zeros(3))
    >>> np.exp(y)
    array([0.08333333, 0.08333333, 0.08333333, 0.08333333, 0.22222222,
           0.22222222, 0.22222222])
    >>> nl.gated_log_softmax(800.0, [0.0], [0.0])
    array([   0., -800.])
    """
    parts = _Parts(gate, a, b, axis, workers)
    first, second = parts.rows
    if out is None:
        out = np.empty(parts.shape, parts.result)
    else:
        inputs = {"gate": parts.gate, "a": first.x, "b": second.x}
        _layout.check_out(out, parts.shape, parts.result, inputs)
    shares = log_sigmoid(parts.gate_of_rows), log1m_sigmoid(parts.gate_of_rows)
    for rows, place, share in zip(parts.rows, parts.of(out), shares):
        rows.derive(_VALUE, c=np.asarray(share), outs=(place,))
    return out


def gated_log_softmax_vjp(
    gate: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    g: ArrayLike | None = None,
    axis: int = -1,
    *,
    workers: int | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients of sum(g * gated_log_softmax(gate, a, b)) with respect to gate, a and b.

    Parameters
    ----------
    gate, a, b : array_like
        As of `gated_log_softmax`.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of the result; None means ones.
    axis : int, optional
        The axis of the labels.
    workers : int, optional
        How many threads may share the work, as of `gated_log_softmax`.

    Returns
    -------
    gate, a, b : ndarray
        The gradients, each in the shape of its argument.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int.
    ValueError
        For shapes that do not fit.
    numpy.exceptions.AxisError
        For an axis that `a` has not.

    Notes
    -----
    With G the sum of g over a set the gradient of the gate is G_a (1 - s) - G_b s, summed over
    the rows that share the gate; those of `a` and `b` are as `log_softmax_vjp`.

    Special values: 0 at entries of -inf, whose g does not count; NaN in a set with a NaN or with
    two or more of +inf.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j. O(size) time.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> gate, a, b = nl.gated_log_softmax_vjp(0.0, np.zeros(2), np.zeros(2), [1.0, 0.0, 0.0, 0.0])
    >>> float(gate), a, b
    (0.5, array([ 0.5, -0.5]), array([0., 0.]))
    """
    parts = _Parts(gate, a, b, axis, workers)
    if g is None:
        cotangents = [None, None]
    else:
        whole = _layout.check_operand(g, "g", parts.shape, "the result")
        cotangents = parts.of(whole)
    gradients, sums = [], []
    for rows, g_part in zip(parts.rows, cotangents):
        out = rows.out(None, {})
        sums.append(rows.derive(_VJP, g_part, values=True, outs=(out,)))
        gradients.append(out)
    slope = sums[0] * logistic(-parts.gate_of_rows) - sums[1] * logistic(parts.gate_of_rows)
    return _sum_to(slope, parts.gate.shape).astype(parts.result), *gradients


def _sum_to(array, shape):
    # Over the axes along which an array of that shape has been repeated.
    lead = array.ndim - len(shape)
    repeated = [i for i, k in enumerate(shape, lead) if k == 1 and array.shape[i] != 1]
    total = array.sum(axis=(*range(lead), *repeated), keepdims=True)
    return np.asarray(total.reshape(shape))
