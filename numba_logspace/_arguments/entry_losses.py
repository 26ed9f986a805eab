"""The arguments of a loss in which each entry is an observation, and how it runs."""

import numpy as np

from . import loss_options, targets
from . import small as short


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


def small(function, x, scores, reduction, out, workers):
    """Plain arrays the short way; None where there is more to do or to say."""
    form = short.form_of(x, None)
    if form is None or not short.is_one_thread(workers):
        return None
    if type(reduction) is not str or reduction not in targets.REDUCTIONS:
        return None
    shape, dtype = x.shape, x.dtype
    if not short.is_like(scores, shape, dtype):
        return None
    g = short.flat(scores)
    if not short.all_between(g, 0.0, 1.0):
        return None
    gradient, c = function.gives_gradient, None
    if out is None:
        out = np.empty(shape, dtype) if gradient else None
    elif not short.takes(out, shape, dtype, (scores,) if out is x else (x, scores)):
        return None
    if reduction == "mean":
        c = np.full(x.size, 1.0 / x.size, dtype)
    values = np.empty(shape, dtype)
    of_entries = short.flat(values)
    places = short.flat(out), None
    function.engine(short.flat(x), g, None, c, of_entries, places, x.size, 1, 1, 1)
    if reduction != "none":
        values = short.reduced(of_entries, None, c, reduction)
    return (values, out) if gradient else values
