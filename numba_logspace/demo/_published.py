"""log(1 - softmax) over the last axis as it is usually written, in NumPy, with Jacobians."""

import numpy as np


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def naive(x: np.ndarray) -> np.ndarray:
    return np.log(1 - softmax(x))


def naive_jacobian(x: np.ndarray) -> np.ndarray:
    """d y_i / d x_j of one row by the chain rule through p = softmax(x)."""
    p = softmax(x)
    delta = np.eye(x.size, dtype=x.dtype)
    return -(p / (1 - p))[:, None] * (delta - p)


def log1mexp_of_log_softmax(x: np.ndarray) -> np.ndarray:
    """The usual advice: log1mexp, the more accurate branch of two, applied to log_softmax."""
    logp = x - _logsumexp(x)
    return np.where(logp > -np.log(2), np.log(-np.expm1(logp)), np.log1p(-np.exp(logp)))


def linear(x: np.ndarray) -> np.ndarray:
    """The linear-time form of the PyTorch forum thread on a stable log(1 - softmax).

    Every entry is the logarithm of the sum without its own term, which is subtracted; the
    maximum's entry is the logsumexp of the row with the maximum replaced by -inf.
    """
    shifted = x - x.max(axis=-1, keepdims=True)
    e = np.exp(shifted)
    sums = e.sum(axis=-1, keepdims=True) - e
    log_sums = np.where(_at_maximum(x), _logsumexp(_others(shifted)), np.log(sums))
    return log_sums - _logsumexp(shifted)


def linear_jacobian(x: np.ndarray) -> np.ndarray:
    """d y_i / d x_j of one row as reverse-mode differentiation of `linear` computes it."""
    shifted = x - x.max()
    e = np.exp(shifted)
    sums = e.sum() - e
    jacobian = e / sums[:, None]
    np.fill_diagonal(jacobian, 0)
    k = x.argmax()
    others = _others(shifted)
    jacobian[k] = np.exp(others - _logsumexp(others))
    jacobian -= np.exp(shifted - _logsumexp(shifted))
    # The shift subtracts x[k] from every element, so every derivative also flows into x[k].
    jacobian[:, k] -= jacobian.sum(axis=1)
    return jacobian


def _logsumexp(x: np.ndarray) -> np.ndarray:
    m = x.max(axis=-1, keepdims=True)
    return m + np.log(np.exp(x - m).sum(axis=-1, keepdims=True))


def _at_maximum(x: np.ndarray) -> np.ndarray:
    return np.arange(x.shape[-1]) == x.argmax(axis=-1, keepdims=True)


def _others(x: np.ndarray) -> np.ndarray:
    return np.where(_at_maximum(x), -np.inf, x).astype(x.dtype)
