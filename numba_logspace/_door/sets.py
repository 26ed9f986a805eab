"""Functions of two sets of labels and a gate."""

from .._arguments import gated, targets
from .._arguments.foreign import handed_over
from .planned import planned
from .sides import rows_of


def of_sets(function, gate, a, b, axis, out, workers, stream):
    """A result for each label of two sets, one set after the other along the axis."""
    if stream is None:
        result = gated.small_values(function, gate, a, b, axis, out, workers)
        if result is not None:
            return result
    return _of_sets(function, gate, a, b, axis, out, workers, stream)


@handed_over
@planned
def _of_sets(function, gate, a, b, axis, out, workers, stream):
    targets.check_axis(axis)
    rows = rows_of(a, axis, None, workers, stream, "a")
    return gated.Sets(rows, gate, b, axis, workers).values(function, out)


def gradients_of_sets(function, gate, a, b, g, axis, workers, stream):
    """The gradients with respect to the gate, a and b."""
    if stream is None:
        results = gated.small_gradients(function, gate, a, b, g, axis, workers)
        if results is not None:
            return results
    return _gradients_of_sets(function, gate, a, b, g, axis, workers, stream)


@handed_over
@planned
def _gradients_of_sets(function, gate, a, b, g, axis, workers, stream):
    targets.check_axis(axis)
    rows = rows_of(a, axis, None, workers, stream, "a")
    return gated.Sets(rows, gate, b, axis, workers).gradients(function, g)
