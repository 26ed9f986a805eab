"""The arguments of a loss in which each entry is an observation, and how it runs."""

import numpy as np

from .._cpu.totals import fill_shares
from . import loss_options, targets
from . import small as short

_BOOL = np.dtype(bool)


class EntryLoss:
    """The checked arguments of a call, from the Rows of the logits along no axis."""

    def __init__(self, rows, scores, pos_weight, weights, where, reduction):
        self.rows, self.x, self.reduction = rows, rows.x, reduction
        rows.of_rows = "logits"
        self.present = loss_options.present_of(where, rows)
        options = rows, self.present
        self.g = targets.numbers_of_rows(scores, "targets", targets.probability, *options)
        self.q = None
        if pos_weight is not None:
            self.q = targets.numbers_of_rows(pos_weight, "pos_weight", targets.weight, *options)
        self.c = targets.row_weights_of(weights, rows, reduction, self.present)

    def run(self, function, out=None):
        """The losses as they are returned; the gradient goes to `out`."""
        g, q = (None if u is None else u[..., None] for u in (self.g, self.q))
        outs = () if out is None else (out[..., None],)
        values = self.rows.each_alone().run(function, g, q, self.c, values=True, outs=outs)
        return self.rows.reduced(values, self.reduction, self.c)

    def _out(self, out, inputs):
        # Where results for the entries go, apart from the arguments; `inputs` may be the place.
        apart = {"targets": self.g, "pos_weight": self.q, "weights": self.c}
        apart["where"] = self.present
        return self.rows.out(out, inputs, separate=apart)

    def with_gradient(self, function, out):
        """The losses as they are returned, and the gradient."""
        out = self._out(out, {})
        return self.run(function, out), self.rows.handed_out(out)

    def hessian_times(self, function, t, out):
        """The Hessian, which is diagonal, times t."""
        t = self.rows.operand(t, "t")
        out = self._out(out, {"t": t})
        both = self.rows.both_terms(self.g, self.q)
        both, t, place = (None if u is None else u[..., None] for u in (both, t, out))
        self.rows.each_alone().run(function, both, t, self.c, outs=(place,))
        return self.rows.handed_out(out)


def small(function, x, scores, pos_weight, weights, where, reduction, out, workers, t=None):
    """Plain arrays the short way; None where there is more to do or to say.

    With a tangent t it is what the Hessian makes of that; then `pos_weight` has to be None.
    """
    form = short.form_of(x, None)
    if form is None or not short.is_one_thread(workers):
        return None
    if type(reduction) is not str or reduction not in targets.REDUCTIONS:
        return None
    shape, dtype = x.shape, x.dtype
    if not short.is_like(scores, shape, dtype):
        return None
    g, q, c = short.flat(scores), None, None
    if not short.all_between(g, 0.0, 1.0):
        return None
    if pos_weight is not None:
        q = _numbers(pos_weight, x, dtype)
        if q is None:
            return None
    if not (weights is where is None) or reduction == "mean":
        c = _weights(weights, where, x, reduction == "mean")
        if c is None:
            return None
    gradient = function.gives_gradient
    if out is None:
        out = np.empty(shape, dtype) if gradient or t is not None else None
    elif not short.takes(out, shape, dtype, (scores, q, c, where, *short.apart(out, x, t))):
        return None
    places = short.flat(out), None
    if t is not None:
        return _small_hessian(function, x, t, c, out)
    values = np.empty(shape, dtype)
    of_entries = short.flat(values)
    function.engine(short.flat(x), g, q, c, of_entries, places, x.size, 1, 1, 1)
    if reduction != "none":
        given = None if weights is where is None else c
        values = short.reduced(of_entries, given, c, reduction)
    return (values, out) if gradient else values


def _small_hessian(function, x, t, c, out):
    if not short.is_like(t, x.shape, x.dtype):
        return None
    places = short.flat(out), None
    function.engine(short.flat(x), None, short.flat(t), c, None, places, x.size, 1, 1, 1)
    return out


def _numbers(u, x, dtype):
    # Finite numbers >= 0 for the entries, flat, from such an array or one number; None for others.
    if type(u) is np.ndarray:
        u = short.flat(u) if short.is_like(u, x.shape, x.dtype) else None
    else:
        u = short.numbers_of(u, x, None, x.shape, dtype)
    right = u is not None and short.all_between(u, 0.0, short.LARGEST)
    return u if right else None


def _weights(weights, where, x, mean):
    # What each loss is multiplied with: 0 where it does not count, shares for a mean.
    c = None
    if weights is not None:
        # Their sum is that of what they were.
        c = _numbers(weights, x, short.DOUBLE if mean else x.dtype)
        if c is None:
            return None
    if where is not None:
        if not short.is_like(where, x.shape, _BOOL):
            return None
        where = short.flat(where)
        c = where.astype(x.dtype) if c is None else c * where
    if not mean:
        return c
    shares = np.empty(x.size, x.dtype)
    if c is None:
        shares.fill(1.0 / x.size)
    elif not fill_shares(c.astype(short.DOUBLE, copy=False), shares) > 0.0:
        return None
    return shares
