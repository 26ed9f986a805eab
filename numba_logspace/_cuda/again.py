"""Calls on CUDA arrays that have come before are done by a plan.

The host reads no device memory. So what a call does follows from what is said of its arguments:
their classes, shapes, strides and dtypes, how their addresses are aligned and which are equal, and
the options. The second call that is alike in all of that is noted while the general way does it;
later ones make the same arrays and launch the same kernels, with other addresses. Errors come from
the general way alone, since a call that raises one leaves nothing to be done again.
"""

import os

from . import tape
from .arrays import Operand
from .descriptions import Description, context_of_thread
from .plans import Memory, Range, plan_of

# {description of a call: _SEEN, its Plan, or None where there can be none}.
PLANS: dict = {}
_SEEN = object()
# So many descriptions are kept; then all are forgotten.
MOST = 4096

# A process that has been forked cannot use what its parent has loaded; Numba says so.
os.register_at_fork(after_in_child=PLANS.clear)


def call(verb, places, arguments):
    """The result of verb(*arguments), the first of which is the function.

    `places` says which argument is the stream, and which is `out`, None if there is no such one.
    """
    at, at_out = places
    described = Description()
    if tape.current() or not described.take(arguments[1:at]):
        return verb(*arguments)
    if not described.take(arguments[at + 1 :]):
        return verb(*arguments)
    stream, context = described.stream(arguments[at]), context_of_thread()
    if stream is None or not context:
        return verb(*arguments)
    key = described.whole_key(verb, arguments[0], context)
    plan = PLANS.get(key, key)
    if plan is key:
        if len(PLANS) >= MOST:
            PLANS.clear()
        PLANS[key] = _SEEN
    elif plan is _SEEN:
        return _noted(key, verb, arguments, described, stream, at_out)
    elif plan is not None:
        results = plan.run(described.arrays, described.addresses, stream)
        if results is not None:
            return results
    return verb(*arguments)


def _noted(key, verb, arguments, described, stream, at_out):
    with tape.noted() as done:
        results = verb(*arguments)
    given = [Operand(u, "", stream).header for u in described.arrays]
    out = None if at_out is None else arguments[at_out]
    outs = out if isinstance(out, tuple) else () if out is None else (out,)
    memory = Memory(described.arrays, [*map(Range, described.addresses, given)], done.made)
    if memory.is_apart():
        written = [i for i, u in enumerate(described.arrays) if any(u is v for v in outs)]
        PLANS[key] = plan_of(done, memory, written, results, stream)
    return results
