"""Calls on tensors that are recorded for their derivatives: by autograd and by torch.func."""

import functools

import torch
from torch.autograd import forward_ad

from .derivatives.elementwise import ARGUMENTS
from .derivatives.point import Point as AnyPoint
from .derivatives.rows import missing
from .derivatives.table import has_second, rules_of
from .torch_calls import Made, compute

# Of these kinds the results are needed for the derivatives.
_KEEPING = {"loss and gradient", "class weights and gradient", "entry loss and gradient", "chain"}
# Of these the rules in forward mode are calls of the family and nothing else.
_CALLS_ALONE = {"map", "scan", "reduction", "product", "vjp of a scan", "jvp of a scan"}


def is_recorded(tensors):
    """Whether derivatives of a call on these tensors may be asked for."""
    return is_transformed() or (torch.is_grad_enabled() and any(t.requires_grad for t in tensors))


def is_transformed():
    """Whether a transform of torch.func or the forward mode is at work."""
    return torch._C._are_functorch_transforms_active() or forward_ad._current_level >= 0


def record(made, tensors):
    """The results of a call, a tuple, with their derivatives."""
    if is_transformed():
        _refuse_forward_twice(made)
        results = _Transformed.apply(made, *tensors)
    else:
        results = _Recorded.apply(made, *tensors)
    return results if isinstance(results, tuple) else (results,)


def _refuse_forward_twice(made):
    # PyTorch switches forward mode off where a function's own jvp is computed: of rules that are
    # more than calls of the family the outer of two would give 0, or lack a part.
    if made.kind in _CALLS_ALONE and "b" not in made.names:
        return
    stack = torch._C._functorch.get_interpreter_stack() or ()
    forward = torch._C._functorch.TransformType.Jvp
    # Within a rule one of the levels is being computed.
    done = not torch._C._is_fwd_grad_enabled()
    if sum(level.key() == forward for level in stack) - done > 1:
        raise NotImplementedError(
            f"{made.function} has no derivatives in forward mode within forward mode on tensors: "
            "take reverse mode for one of them, as torch.func.hessian does"
        )


def elementwise(function, tensors):
    """An elementwise function on tensors, with its derivatives."""
    made = Made(function, ARGUMENTS[function], {}, 0)
    if not is_recorded(tensors):
        return compute(made, tensors)[0]
    return record(made, torch.broadcast_tensors(*tensors))[0]


class _Functions:
    """PyTorch's functions under NumPy's names; `torch.moveaxis` itself cannot be batched."""

    moveaxis = staticmethod(torch.movedim)

    def __getattr__(self, name):
        return getattr(torch, name)


class Point(AnyPoint):
    """Where a call on tensors is differentiated."""

    xp = _Functions()

    def map(self, function, *tensors):
        """An elementwise function of the family, with its derivatives."""
        return elementwise(function, tensors)

    def constant(self, u):
        """A tensor whose derivatives do not count."""
        return u.detach()

    def eye(self, n):
        """The unit matrix, in the dtype of x."""
        return torch.eye(n, dtype=self.x.dtype, device=self.x.device)

    def one_hot(self, labels):
        """1 where an entry is the class that a label says."""
        units = torch.zeros_like(self.x)
        return units.scatter(self.made.axis, labels.to(torch.int64), 1.0)

    def summed_to(self, u, shape):
        """The sums over the axes along which a tensor of that shape was broadcast."""
        return u.sum_to_size(shape)

    def wide(self, u):
        """A tensor in float64."""
        return u.double()

    def narrow(self, u):
        """A tensor in the dtype of x."""
        return u.to(self.x.dtype)

    @functools.cached_property
    def segments(self):
        """(the segment of each entry along the first axis, how many there are)."""
        offsets, ids = self["offsets"], self["segment_ids"]
        if offsets is not None:
            entries = torch.arange(len(self.x), device=self.x.device)
            return torch.searchsorted(offsets, entries, right=True) - 1, len(offsets) - 1
        if self.made.kind == "segment reduction":
            return ids.long(), len(self.results[0])
        known, ids = torch.unique(ids, return_inverse=True)
        return ids, len(known)

    def added(self, u):
        """The sums over segments."""
        ids, count = self.segments
        return u.new_zeros((count, *u.shape[1:])).index_add(0, ids, u)

    def is_floating(self, u):
        """Whether a tensor has a dtype of floats."""
        return u.dtype.is_floating_point


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
        raise NotImplementedError(f"{ctx.function} has no second derivatives")

    jvp = backward


def _derivative(rule, point, *given):
    if has_second(point.made):
        return rule(point, *given)
    with torch.no_grad():
        derivative = rule(point, *given)
    sources = (*point.arrays, *given)
    if not is_recorded(sources):
        return derivative

    def once(u):
        return None if u is None else _Once.apply(point.made.function, u, *sources)

    return tuple(map(once, derivative)) if isinstance(derivative, tuple) else once(derivative)


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


def _point(ctx):
    count = len(ctx.made.names)
    return Point(ctx.made, ctx.saved_tensors[:count], ctx.saved_tensors[count:])


def _backward(ctx, *cotangents):
    point = _point(ctx)
    rules, _ = rules_of(ctx.made)
    gradients = [None]
    for name, x, needed in zip(ctx.made.names, point.arrays, ctx.needs_input_grad[1:]):
        gradient = None
        if needed and any(u is not None for u in cotangents):
            if name not in rules:
                raise missing(ctx.made.function, name)
            gradient = _derivative(rules[name], point, *cotangents)
            if gradient is not None and gradient.dtype is not x.dtype:
                gradient = gradient.to(x.dtype)
        gradients.append(gradient)
    return tuple(gradients)


def _sum(a, b):
    return a if a is None else a + b


def _forward_rule(made, name):
    vjp, jvp = rules_of(made)
    if name in jvp:
        return jvp[name]
    if name not in vjp:
        raise missing(made.function, f"{name} in forward mode")

    def along(point, t):
        # A rule for reverse mode is linear: its transpose is the other.
        zeros = [torch.zeros_like(y) for y in point.results]
        _, pull = torch.func.vjp(lambda *u: vjp[name](point, *u), *zeros)
        return pull(t)

    return along


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
        point = _point(ctx)
        totals = None  # as the results, None for a sign
        for name, t in zip(ctx.made.names, tangents):
            if t is None:
                continue
            changes = _derivative(_forward_rule(ctx.made, name), point, t)
            changes = changes if isinstance(changes, tuple) else (changes,)
            totals = changes if totals is None else tuple(map(_sum, totals, changes))
        if ctx.made.value_only:  # PyTorch wants a change of all the same
            pairs = zip(totals, point.results)
            totals = tuple(torch.zeros_like(y) if u is None else u for u, y in pairs)
        return totals if len(point.results) > 1 else totals[0]

    @staticmethod
    def vmap(info, in_dims, made, *tensors):
        return _batched(info.batch_size, in_dims[1:], made, tensors)


# --- torch.func.vmap -----------------------------------------------------------------------------


def _batched(size, dims, made, tensors):
    tensors = [t if d is None else t.movedim(d, 0) for t, d in zip(tensors, dims)]
    batched = [d is not None for d in dims]
    if made.takes_one_more_axis(tensors[0].ndim - batched[0]):
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


def _with_batch(name, t, is_batched, size, made, ndim):
    # All others than masks have as many axes as they need.
    if not is_batched:
        t = t.expand(size, *t.shape)
    more = ndim + 1 - t.ndim if made.needs_all_axes(name) else 0
    return t.reshape(size, *[1] * more, *t.shape[1:])
