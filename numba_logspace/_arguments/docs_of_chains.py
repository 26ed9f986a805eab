"""The arguments of hidden Markov chains, as their docstrings share them."""

_LOG_INITIAL = """log_initial : array_like
    The log-probabilities of the first state, of the shape (K,), or with the axes of the
    chains in front."""
_LOG_TRANSITION = """log_transition : array_like
    The log-probabilities of moves, from the state of a row to that of a column: (K, K), or
    (T - 1, K, K) with a matrix for each step, or with the axes of the chains in front of the
    latter, (..., T - 1, K, K) or (..., 1, K, K)."""
_LOG_EMISSION = """log_emission : array_like
    The log-likelihood of each observation under each state, (T, K), or (..., T, K) for many
    chains. T and K are at least 1. float16, float32, float64, int or bool, as the others;
    or all are CUDA arrays."""
_LENGTHS = """lengths : array_like of int, optional
    How many steps of each chain count, between 1 and T, in the shape of the axes in front of
    `log_emission`; by default all. hmmlearn's `lengths` cut one long array instead: pad its
    pieces to one length."""
_OUT = """out : ndarray, optional
    Where to put the result, of its shape and dtype. It must not overlap an input."""
_WORKERS = """workers : int, optional
    How many threads may share the chains; -1 is all cores. By default all cores this process
    may run on where there is much to do, but never more than ``NUMBA_NUM_THREADS``."""
_STREAM = """stream : CUDA stream or int, optional
    For CUDA arrays alone: the stream to work on, by default that of the first of them."""


def _parameters(*parts):
    return {"parameters": "\n".join(("Parameters", "----------", *parts, _WORKERS, _STREAM))}


_MOVING = _LOG_TRANSITION, _LOG_EMISSION, _LENGTHS
TEXTS = {
    "chain": _parameters(_LOG_INITIAL, *_MOVING),
    "chain with out": _parameters(_LOG_INITIAL, *_MOVING, _OUT),
    "moving chain": _parameters(*_MOVING, _OUT),
}
