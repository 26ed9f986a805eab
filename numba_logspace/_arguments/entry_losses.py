"""The arguments of a loss in which each entry is an observation, and how it runs."""

import numpy as np

from . import layout, loss_options, small, targets
from .foreign import handed_over
from .rows import Rows


class _Loss:
    """The checked arguments of a call; each entry is a row of its own."""

    def __init__(self, logits, scores, pos_weight, weights, where, reduction, workers):
        targets.check_reduction(reduction)
        self.x, _, self.result = layout.as_array(logits, "logits")
        self.rows = Rows(self.x[..., None], -1, None, workers, "logits")
        self.rows.of_rows = "logits"
        self.present = loss_options.present_of(where, self.rows)
        options = self.rows, self.present
        self.g = targets.numbers_of_rows(scores, "targets", targets.probability, *options)
        self.q = None
        if pos_weight is not None:
            self.q = targets.numbers_of_rows(pos_weight, "pos_weight", targets.weight, *options)
        self.c = targets.row_weights_of(weights, self.rows, reduction, self.present)
        self.reduction = reduction

    def out(self, out):
        """Where the gradient goes."""
        if out is None:
            return np.empty_like(self.x, self.result, subok=False)
        inputs = {"logits": self.x, "targets": self.g, "pos_weight": self.q, "weights": self.c}
        inputs["where"] = self.present
        inputs = {name: u for name, u in inputs.items() if u is not None}
        layout.check_out(out, self.x.shape, self.result, inputs, may_be=("logits",))
        return out

    def run(self, function, out=None):
        """The losses as they are returned; the gradient goes to `out`."""
        g, q, out = (None if u is None else u[..., None] for u in (self.g, self.q, out))
        values = self.rows.run(function, g, q, self.c, values=True, outs=(out,))
        return self.rows.reduced(values, self.reduction, self.c)


def loss(function, logits, scores, pos_weight, weights, where, reduction, workers):
    """A loss for each entry, or one number."""
    if pos_weight is weights is where is None:
        result = _small(function, logits, scores, reduction, None, workers)
        if result is not None:
            return result
    return _loss(function, logits, scores, pos_weight, weights, where, reduction, workers)


@handed_over
def _loss(function, logits, scores, pos_weight, weights, where, reduction, workers):
    return _Loss(logits, scores, pos_weight, weights, where, reduction, workers).run(function)


def loss_and_gradient(
    function, logits, scores, pos_weight, weights, where, reduction, out, workers
):
    """A loss for each entry, or one number, and a gradient."""
    if pos_weight is weights is where is None:
        results = _small(function, logits, scores, reduction, out, workers)
        if results is not None:
            return results
    return _loss_and_gradient(
        function, logits, scores, pos_weight, weights, where, reduction, out, workers
    )


@handed_over
def _loss_and_gradient(
    function, logits, scores, pos_weight, weights, where, reduction, out, workers
):
    call = _Loss(logits, scores, pos_weight, weights, where, reduction, workers)
    out = call.out(out)
    return call.run(function, out), out if call.x.ndim else out[()]


def _small(function, x, scores, reduction, out, workers):
    # Plain arrays the short way; None where there is more to do or to say.
    form = small.form_of(x, None)
    if form is None or not small.is_one_thread(workers):
        return None
    if type(reduction) is not str or reduction not in targets.REDUCTIONS:
        return None
    shape, dtype = x.shape, x.dtype
    if not small.is_like(scores, shape, dtype):
        return None
    g = small.flat(scores)
    if not small.all_between(g, 0.0, 1.0):
        return None
    gradient, c = function.gives_gradient, None
    if out is None:
        out = np.empty(shape, dtype) if gradient else None
    elif not small.takes(out, shape, dtype, (scores,) if out is x else (x, scores)):
        return None
    if reduction == "mean":
        c = np.full(x.size, 1.0 / x.size, dtype)
    values = np.empty(shape, dtype)
    of_entries = small.flat(values)
    places = small.flat(out), None
    function.engine(small.flat(x), g, None, c, of_entries, places, x.size, 1, 1, 1)
    if reduction != "none":
        values = small.reduced(of_entries, None, c, reduction)
    return (values, out) if gradient else values
