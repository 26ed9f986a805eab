"""The loss in which each entry is an observation, and its gradient, inside jitted code."""

import math

import numpy as np
from numba import types
from numba.np.numpy_support import as_dtype

from .._compile.inline import inlined
from .._compile.stamp import check_sources
from .._cpu.engines import units_of
from .frames import Frame, turn_of
from .loss_arguments import apart, filled_shares, reduction_of, result_of
from .loss_options import check_any
from .memory import quiet, same_shape
from .typing import Rows, check_floats, is_none, is_number

_check_targets, _check_where = same_shape("targets", "logits"), same_shape("where", "logits")
_check_weights = same_shape("weights", "logits")
_check_pos_weight = same_shape("pos_weight", "logits")


@inlined
def _check_probability(number):
    if not 0.0 <= number <= 1.0:
        raise ValueError("targets must be in [0, 1]")


@inlined
def _check_pos_weight_of_one(number):
    if not 0.0 <= number < math.inf:
        raise ValueError("pos_weight must be finite and >= 0")


@inlined
def _check_weight(number):
    if not 0.0 <= number < math.inf:
        raise ValueError("weights must be finite and >= 0")


def _type_of(rows, as_doubles):
    return np.float64 if as_doubles else as_dtype(rows.dtype).type


def _filler(rows, u, name, check_shape, check, as_doubles=False):
    # A function of the logits and u: a number for each entry, flat; those that count are checked.
    turn = turn_of(rows)
    kind = _type_of(rows, as_doubles)

    @inlined
    def nothing(x, u, mask):
        return None

    @inlined
    def of_number(x, u, mask):
        number = kind(u)
        check(number)
        return np.full(x.size, number, kind)

    @inlined
    def of_array(x, u, mask):
        check_shape(x.shape, u)
        numbers = turn(u)
        for i in range(numbers.size):
            if mask is None or mask[i]:
                check(numbers[i])
        return numbers

    if is_none(u):
        return nothing
    if is_number(u):
        return of_number
    rows.check_entries(u, name)
    return of_array


def _mask_of(rows, where):
    turn = turn_of(rows)

    @inlined
    def nothing(x, where):
        return None

    @inlined
    def of_array(x, where):
        _check_where(x.shape, where)
        return turn(where)

    if is_none(where):
        return nothing
    if not isinstance(where, types.Array) or where.dtype != types.bool_ or where.ndim != rows.ndim:
        raise TypeError(
            f"{rows.function}: where must be a boolean array of the shape of {rows.name} in jitted "
            f"code, got {where}"
        )
    return of_array


def _weights_of(rows, weights, where, reduction):
    # A function of the logits, the weights and the mask: what each loss is multiplied with.
    mean = reduction == "mean"  # of which only the shares have to be in the range of the logits
    given = _filler(rows, weights, "weights", _check_weights, _check_weight, mean)
    masked, kind = not is_none(where), _type_of(rows, mean)

    @inlined
    def none(x, weights, mask):
        return None

    @inlined
    def present(x, weights, mask):
        c = np.ones(x.size, kind)
        if weights is not None:
            c[:] = given(x, weights, mask)
        for i in range(c.size):
            if not mask[i]:
                c[i] = 0.0
        return c

    @inlined
    def equal_shares(x, weights, mask):
        check_any(x.size, mask)
        return np.full(x.size, 1.0 / x.size, x.dtype)

    own = present if masked else given

    @inlined
    def shares(x, weights, mask):
        check_any(x.size, mask)
        return filled_shares(own(x, weights, mask), x.dtype)

    if is_none(weights) and not masked:
        return equal_shares if mean else none
    return shares if mean else own


def _shape_of(rows):
    # A function of the logits and flat values: these in the shape of the logits.
    if rows.turned:
        return inlined(lambda x, values: values.reshape(x.T.shape).T)
    return inlined(lambda x, values: values.reshape(x.shape))


class _Loss:
    """What a call is made of, found out when it is typed."""

    def __init__(self, entry, call):
        self.rows = rows = Rows(entry.name, call.logits, -1, "logits")
        targets, where, out = call.targets, call.where, getattr(call, "out", None)
        if is_none(targets) or is_number(targets):
            raise TypeError(f"{entry.name}: targets must be an array in jitted code, got {targets}")
        rows.check_out(out)
        reduction = reduction_of(entry.name, call.reduction)
        targets_of = _filler(rows, targets, "targets", _check_targets, _check_probability)
        pos_weights_of = _filler(
            rows, call.pos_weight, "pos_weight", _check_pos_weight, _check_pos_weight_of_one
        )
        weights_of = _weights_of(rows, call.weights, where, reduction)
        mask_of, self.result = _mask_of(rows, where), result_of(_shape_of(rows), reduction)
        self.frame, check_out = Frame(rows, out), apart(entry.name, out)
        self.run = run = quiet(entry.engine.entries)

        @inlined
        def arguments(x, targets, pos_weight, weights, where, out):
            check_out(targets, weights, out)
            check_out(pos_weight, None, out)
            mask = mask_of(x, where)
            g, q = targets_of(x, targets, mask), pos_weights_of(x, pos_weight, mask)
            return g, q, weights_of(x, weights, mask)

        @inlined
        def weigh(x, source, of_entries, target):
            g, q, c = of_entries
            values = np.empty(x.size, x.dtype)
            check_sources()
            run(source, g, q, c, values, target, 0, units_of(source))
            return values

        self.arguments, self.weigh = arguments, weigh


_NAMES = "logits", "targets", "pos_weight", "weights", "where"


def plan_entry_loss(entry, call):
    """Such a loss."""
    loss = _Loss(entry, call)
    arguments, weigh, result, read = loss.arguments, loss.weigh, loss.result, loss.frame.read

    def compute(logits, targets, pos_weight, weights, where):
        of_entries = arguments(logits, targets, pos_weight, weights, where, None)
        values = weigh(logits, read(logits, None), of_entries, None)
        return result(logits, values, of_entries[2])

    return compute, _NAMES


def plan_entry_loss_and_gradient(entry, call):
    """Such a loss with its gradient."""
    loss = _Loss(entry, call)
    arguments, weigh, result, place = loss.arguments, loss.weigh, loss.result, loss.frame.place

    def compute(logits, targets, pos_weight, weights, where, out):
        of_entries = arguments(logits, targets, pos_weight, weights, where, out)
        source, target, gradient = place(logits, out, None)
        values = weigh(logits, source, of_entries, target)
        return result(logits, values, of_entries[2]), gradient

    return compute, (*_NAMES, "out")


@inlined
def _both_terms(targets, pos_weight):
    both = np.empty_like(targets)
    for i in range(both.size):
        both[i] = (1.0 - targets[i]) + pos_weight[i] * targets[i]
    return both


def plan_entry_hessian(entry, call):
    """The Hessian of such losses, which is diagonal, times a vector."""
    loss = _Loss(entry, call)
    check_floats(entry.name, call.t, "t")
    loss.rows.check_entries(call.t, "t")
    arguments, place, run = loss.arguments, loss.frame.place, loss.run
    tangents = loss.frame.entries(call.t, "t")
    both_terms = inlined(lambda g, q: None) if is_none(call.pos_weight) else _both_terms

    def compute(logits, targets, pos_weight, weights, where, t, out):
        g, q, c = arguments(logits, targets, pos_weight, weights, where, out)
        both, along = both_terms(g, q), tangents(logits, t, out, None)
        source, target, result = place(logits, out, None)
        check_sources()
        run(source, both, along, c, None, target, 0, units_of(source))
        return result

    return compute, (*_NAMES, "t", "out")
