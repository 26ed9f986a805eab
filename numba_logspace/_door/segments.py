"""Functions of segments, groups of unequal size."""

from .._arguments import segments
from .._arguments.foreign import handed_over
from .planned import planned
from .sides import goes_to_cuda, side

_SEGMENTS = ".._cuda.segments"


def _segments(x, *given, workers, stream):
    if goes_to_cuda(x, workers, stream, "x"):
        return side(_SEGMENTS, "Segments")(x, *given, stream)
    return segments.Segments(x, *given, workers)


@handed_over
@planned
def of_segments(function, x, segment_ids, offsets, num_segments, out, workers, stream):
    """A result for each entry, or for each segment where the function is a reduction."""
    given = x, segment_ids, offsets, num_segments
    return segments.values(function, _segments(*given, workers=workers, stream=stream), out)


@handed_over
@planned
def gradients_of_segments(function, x, g, segment_ids, offsets, num_segments, out, workers, stream):
    """A result for each entry, from x and the cotangent g of the values."""
    given = x, segment_ids, offsets, num_segments
    return segments.gradients(function, _segments(*given, workers=workers, stream=stream), g, out)
