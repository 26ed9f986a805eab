"""The losses, their gradients and their Hessians inside jitted code."""

from .derivatives import weigher
from .loss_arguments import Loss
from .typing import check_floats, is_none


def plan_loss(entry, call):
    """A loss for each row, or one number."""
    loss = Loss(entry, call)
    scores, result, weigh = loss.scores, loss.result, weigher(loss.frame, entry.engine, wanted=True)
    read, lengths = loss.frame.read, loss.frame.lengths

    def compute(logits, targets, weights, where, class_weights, smoothing):
        g, c = scores(logits, targets, weights, where, class_weights, smoothing)
        values = weigh(read(logits, None), g, None, c, None, None, lengths(logits))
        return result(logits, values, c)

    return compute, loss.names


def plan_loss_and_gradient(entry, call):
    """A loss for each row, or one number, and its gradient."""
    loss = Loss(entry, call)
    scores, result, weigh = loss.scores, loss.result, weigher(loss.frame, entry.engine, wanted=True)
    place, lengths, check_out = loss.frame.place, loss.frame.lengths, loss.apart

    def compute(logits, targets, weights, where, class_weights, smoothing, out):
        check_out(targets, weights, out)
        g, c = scores(logits, targets, weights, where, class_weights, smoothing)
        source, target, gradient = place(logits, out, None)
        values = weigh(source, g, None, c, target, None, lengths(logits))
        return result(logits, values, c), gradient

    return compute, (*loss.names, "out")


def plan_hessian(entry, call):
    """The Hessian of a loss, or of one number, times a vector."""
    loss = Loss(entry, call)
    if is_none(call.t):
        check_floats(entry.name, call.t, "t")
    loss.rows.check_entries(call.t, "t", or_spread=True)
    scores, weigh = loss.scores, weigher(loss.frame, entry.engine)
    place, lengths, check_out = loss.frame.place, loss.frame.lengths, loss.apart
    tangents = loss.frame.entries(call.t, "t")

    def compute(logits, targets, weights, where, class_weights, smoothing, t, out):
        check_out(targets, weights, out)
        g, c = scores(logits, targets, weights, where, class_weights, smoothing)
        along = tangents(logits, t, out, None)
        source, target, result = place(logits, out, None)
        weigh(source, g, along, c, target, None, lengths(logits))
        return result

    return compute, (*loss.names, "t", "out")
