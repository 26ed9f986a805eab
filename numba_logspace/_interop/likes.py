"""Which axes of which argument the results of segments, chains and gradients in pairs have."""

from typing import Any, NamedTuple

from .calls import kind_of

_WHOLE = slice(None)


class Like(NamedTuple):
    """A result with some of the axes of an argument, and one for the segments before them."""

    name: str
    axes: slice = _WHOLE
    of_segments: bool = False
    is_integer: bool = False


_X, _A, _B = Like("x"), Like("a"), Like("b")
_SEEN = "log_emission"
_STATES, _OF_CHAINS = Like(_SEEN), Like(_SEEN, slice(None, -2))
_GRADIENTS = _OF_CHAINS, Like("log_initial"), Like("log_transition"), _STATES
_OF_KINDS = {
    "segment map": (_X,),
    "segment reduction": (Like("x", slice(1, None), of_segments=True),),
    "segment vjp": (_X,),
    "segment vjp of a reduction": (_X,),
    "weighted vjp": (_X, _B),
    "product vjp": (_A, _B),
}
_OF_CHAIN: dict[str, Any] = {
    "hmm_forward": (_STATES,),
    "hmm_backward": (_STATES,),
    "hmm_posterior": (_STATES,),
    "hmm_loglikelihood": (_OF_CHAINS,),
    "hmm_loglikelihood_value_and_grad": _GRADIENTS,
    "hmm_viterbi": (Like(_SEEN, slice(None, -1), is_integer=True), _OF_CHAINS),
}


def likes_of(name):
    """What the results of a function are like, in a flat tuple; () of all other functions."""
    return _OF_CHAIN.get(name) or _OF_KINDS.get(kind_of(name), ())


def shape_like(like, shapes, options):
    """The shape of a result, from those of the arguments by name."""
    shape = tuple(shapes[like.name])[like.axes]
    return (_count_of(shapes, options), *shape) if like.of_segments else shape


def _count_of(shapes, options):
    # The number of segments.
    if "offsets" in shapes:
        return shapes["offsets"][0] - 1
    count = options.get("num_segments")
    if count is None:
        raise TypeError(
            "num_segments must be given, where the numbers in segment_ids are not known yet"
        )
    return count


def flattened(results):
    """The results of a call as a flat tuple."""
    if not isinstance(results, tuple):
        return (results,)
    return tuple(v for u in results for v in flattened(u))


def as_returned(name, results):
    """Results in a flat tuple or list as the public function returns them."""
    if name == "hmm_loglikelihood_value_and_grad":
        return results[0], tuple(results[1:])
    return tuple(results) if len(results) > 1 else results[0]
