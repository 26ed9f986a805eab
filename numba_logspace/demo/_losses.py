"""The loss -sum of [M log P + (1 - M) log(1 - P)], P = softmax(logits), computed three ways.

Each function takes logits and one-hot labels M, and returns the loss summed over all rows and its
gradient in the logits.
"""

import numpy as np

import numba_logspace as nl

from . import _published

CLIP = 1e-15


def naive(logits: np.ndarray, onehot: np.ndarray) -> tuple[float, np.ndarray]:
    p = _published.softmax(logits)
    loss = -np.sum(onehot * np.log(p) + (1 - onehot) * np.log(1 - p))
    return loss, _through_softmax(p, (1 - onehot) / (1 - p) - onehot / p)


def clipped(logits: np.ndarray, onehot: np.ndarray) -> tuple[float, np.ndarray]:
    p = _published.softmax(logits)
    inside = np.clip(p, CLIP, 1 - CLIP)
    loss = -np.sum(onehot * np.log(inside) + (1 - onehot) * np.log(1 - inside))
    gradient = (1 - onehot) / (1 - inside) - onehot / inside
    return loss, _through_softmax(p, np.where(p == inside, gradient, 0.0))


def stable(logits: np.ndarray, onehot: np.ndarray) -> tuple[float, np.ndarray]:
    return nl.softmax_binary_cross_entropy_value_and_grad(logits, onehot, reduction="sum")


METHODS = {
    "log(1 - P)": naive,
    f"clipped at {CLIP:g}": clipped,
    "numba_logspace": stable,
}


def _through_softmax(p: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    return p * (gradient - np.sum(p * gradient, axis=1, keepdims=True))
