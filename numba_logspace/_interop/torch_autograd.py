"""Calls on tensors that are recorded for their derivatives: by autograd and by torch.func."""

import torch
from torch.autograd import forward_ad

from .._arguments.layout import normalize_axes, result_shape
from . import PUBLIC, torch_elementwise, torch_losses, torch_mixtures, torch_rows
from .torch_calls import Made, compute

RULES = torch_rows.RULES | torch_losses.RULES | torch_elementwise.RULES | torch_mixtures.ONCE
# Of these kinds the results are needed for the derivatives.
_KEEPING = {"loss and gradient", "class weights and gradient"}
# The arguments of these broadcast together.
_BROADCAST = ("elementwise", "product")


def is_recorded(tensors):
    """Whether derivatives of a call on these tensors may be asked for."""
    return is_transformed() or (torch.is_grad_enabled() and any(t.requires_grad for t in tensors))


def is_transformed():
    """Whether a transform of torch.func or the forward mode is at work."""
    return torch._C._are_functorch_transforms_active() or forward_ad._current_level >= 0


def record(made, tensors):
    """The results of a call, a tuple, with their derivatives."""
    if is_transformed():
        results = _Transformed.apply(made, *tensors)
    else:
        results = _Recorded.apply(made, *tensors)
    return results if isinstance(results, tuple) else (results,)


def elementwise(function, tensors):
    """An elementwise function on tensors, with its derivatives."""
    made = Made(function, tuple(torch_elementwise.PARTIALS[function]), {}, 0)
    if not is_recorded(tensors):
        return compute(made, tensors)[0]
    return record(made, torch.broadcast_tensors(*tensors))[0]


class Point:
    """Where a call is differentiated: its arguments by name, and its results if they are kept."""

    def __init__(self, made, saved):
        self.made, count = made, len(made.names)
        self.arrays, self.results = saved[:count], saved[count:]
        self._given = dict(zip(made.names, self.arrays))
        self.x = self.arrays[0]

    def __getitem__(self, name):
        return self._given.get(name)

    def call(self, function, *arrays, **options):
        """A function over the same rows, with the same mask."""
        if self["where"] is not None:
            options["where"] = self["where"]
        return PUBLIC[function](*arrays, axis=self.made.axis, **options)

    def map(self, function, *tensors):
        """An elementwise function."""
        return elementwise(function, tensors)

    def spread(self, c):
        """What has a number for each row, with axes of length 1 for the entries."""
        if c.ndim == self.x.ndim:
            return c
        axes = normalize_axes(self.made.axes, self.x.ndim)
        return c.reshape(result_shape(self.x.shape, axes, keepdims=True))

    def counts(self):
        """Which entries take part."""
        finite = self.x > -torch.inf
        return finite if self["where"] is None else finite & self["where"]

    def total(self, g):
        """The sums over rows of the cotangents that count, the axes kept."""
        return torch.where(self.counts(), g, 0).sum(self.made.axis, keepdim=True)


# --- what autograd asks for ----------------------------------------------------------------------


class _Once(torch.autograd.Function):
    """A derivative that has none itself: to ask for it is an error, and not a silent 0."""

    generate_vmap_rule = True

    @staticmethod
    def forward(function, derivative, *sources):
        return derivative.view_as(derivative)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.function = inputs[0]

    @staticmethod
    def backward(ctx, *_):
        raise NotImplementedError(f"{ctx.function} has no second derivatives on tensors")

    jvp = backward


def _rules(made):
    if made.function == "logsumexp" and "b" in made.names:
        return torch_mixtures.WEIGHTED
    return RULES[made.function]


def _derivative(rule, point, *given):
    function = point.made.function
    if function not in torch_mixtures.ONCE:
        return rule(point, *given)
    with torch.no_grad():
        derivative = rule(point, *given)
    sources = (*point.arrays, *given)
    return _Once.apply(function, derivative, *sources) if is_recorded(sources) else derivative


def _compute(made, tensors):
    results = compute(made, tensors)
    return results if len(results) > 1 else results[0]


def _set_up(ctx, inputs, output):
    made, *tensors = inputs
    ctx.made = made
    ctx.set_materialize_grads(False)
    results = output if isinstance(output, tuple) else (output,)
    if made.others.get("return_sign"):
        ctx.mark_non_differentiable(results[1])
    kept = results if made.kind in _KEEPING else ()
    ctx.save_for_backward(*tensors, *kept)
    return tensors, results


def _backward(ctx, *cotangents):
    point = Point(ctx.made, ctx.saved_tensors)
    rules, _ = _rules(ctx.made)
    gradients = [None]
    for name, x, needed in zip(ctx.made.names, point.arrays, ctx.needs_input_grad[1:]):
        gradient = None
        if needed and any(u is not None for u in cotangents):
            if name not in rules:
                raise torch_rows.missing(ctx.made.function, name)
            gradient = _derivative(rules[name], point, *cotangents)
            if gradient is not None and gradient.dtype is not x.dtype:
                gradient = gradient.to(x.dtype)
        gradients.append(gradient)
    return tuple(gradients)


def _sum(a, b):
    return a if a is None else a + b


class _Recorded(torch.autograd.Function):
    """A call for autograd alone, in the form that costs a third of the other."""

    @staticmethod
    def forward(ctx, made, *tensors):
        output = _compute(made, tensors)
        _set_up(ctx, (made, *tensors), output)
        return output

    backward = staticmethod(_backward)


class _Transformed(torch.autograd.Function):
    """A call for the transforms of torch.func, and in forward mode."""

    @staticmethod
    def forward(made, *tensors):
        return _compute(made, tensors)

    @staticmethod
    def setup_context(ctx, inputs, output):
        tensors, results = _set_up(ctx, inputs, output)
        ctx.save_for_forward(*tensors, *results)

    backward = staticmethod(_backward)

    @staticmethod
    def jvp(ctx, _, *tangents):
        point = Point(ctx.made, ctx.saved_tensors)
        _, rules = _rules(ctx.made)
        totals = None  # as the results, None for a sign
        for name, t in zip(ctx.made.names, tangents):
            if t is None:
                continue
            if name not in rules:
                raise torch_rows.missing(ctx.made.function, f"{name} in forward mode")
            changes = _derivative(rules[name], point, t)
            changes = changes if isinstance(changes, tuple) else (changes,)
            totals = changes if totals is None else tuple(map(_sum, totals, changes))
        return totals if len(point.results) > 1 else totals[0]

    @staticmethod
    def vmap(info, in_dims, made, *tensors):
        return _batched(info.batch_size, in_dims[1:], made, tensors)


# --- torch.func.vmap -----------------------------------------------------------------------------


def _batched(size, dims, made, tensors):
    tensors = [t if d is None else t.movedim(d, 0) for t, d in zip(tensors, dims)]
    batched = [d is not None for d in dims]
    if _takes_one_more_axis(made, tensors, batched):
        ndim = max(t.ndim - is_batched for t, is_batched in zip(tensors, batched))
        tensors = [
            _with_batch(name, t, is_batched, size, made, ndim)
            for name, t, is_batched in zip(made.names, tensors, batched)
        ]
        results = record(made, tensors)
    else:
        each = [
            record(made, [t[i] if is_batched else t for t, is_batched in zip(tensors, batched)])
            for i in range(size)
        ]
        results = tuple(torch.stack(parts) for parts in zip(*each))
    return (results, (0,) * len(results)) if len(results) > 1 else (results[0], 0)


def _takes_one_more_axis(made, tensors, batched):
    # Of a call whose arguments broadcast, and whose rows stay as they are.
    if made.others.get("reduction", "none") != "none":
        return False
    return made.kind in _BROADCAST or tensors[0].ndim - batched[0] > 0


def _with_batch(name, t, is_batched, size, made, ndim):
    # All others than masks have as many axes as they need.
    if not is_batched:
        t = t.expand(size, *t.shape)
    missing = ndim + 1 - t.ndim if made.kind in _BROADCAST or name == "where" else 0
    return t.reshape(size, *[1] * missing, *t.shape[1:])
