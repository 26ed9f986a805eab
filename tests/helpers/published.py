"""The two forms of log(1 - softmax(x)) published for PyTorch, in NumPy and in PyTorch."""

import numpy as np


def _logsumexp(x):
    m = x.max(axis=-1)
    m = np.where(np.isfinite(m), m, 0)
    return np.log(np.exp(x - m[..., None]).sum(axis=-1)) + m


def quadratic(x):
    """The logsumexp of a copy of x for every class, with -inf at that class, less logsumexp(x)."""
    copies = np.repeat(x[None], x.size, axis=0)
    np.fill_diagonal(copies, -np.inf)
    return _logsumexp(copies) - _logsumexp(x)


def linear(x):
    """The sum less the own term; at the largest entry the logsumexp without it."""
    k = np.argmax(x)
    total = _logsumexp(x)
    terms = np.exp(x - x[k])
    with np.errstate(divide="ignore"):  # where the largest entry leaves nothing: replaced below
        y = np.log(terms.sum() - terms) + x[k] - total
    y[k] = _logsumexp(np.delete(x, k)) - total
    return y


def quadratic_gradient(x, g):
    """The gradient of sum(g * quadratic(x)), that of logsumexp(x) being exp(x - logsumexp(x))."""
    copies = np.repeat(x[None], x.size, axis=0)
    np.fill_diagonal(copies, -np.inf)
    without_own = np.exp(copies - _logsumexp(copies)[:, None])
    return g @ without_own - g.sum() * np.exp(x - _logsumexp(x))


def linear_gradient(x, g):
    """The gradient of sum(g * linear(x)) as the chain rule over its steps forms it."""
    k = np.argmax(x)
    terms = np.exp(x - x[k])
    left = terms.sum() - terms
    p = terms / terms.sum()
    left[k], h = 1, g.copy()
    h[k] = 0
    h /= left
    rest = np.delete(x, k)
    at_max = np.insert(np.exp(rest - _logsumexp(rest)), k, 0)
    return terms * (h.sum() - h) + g[k] * at_max - p * g.sum()


def linear_gradient_by_autograd(torch, x, g):
    """The gradient of sum(g * linear(x)) by the autograd of PyTorch."""
    leaf = torch.tensor(x, requires_grad=True)
    k = torch.argmax(leaf, keepdim=True)
    total = torch.logsumexp(leaf, 0)
    terms = torch.exp(leaf - leaf[k])
    y = torch.log(terms.sum() - terms) + leaf[k] - total
    at_max = torch.logsumexp(leaf.scatter(0, k, -torch.inf), 0) - total
    y.scatter(0, k, at_max[None]).backward(torch.tensor(g))
    return leaf.grad.numpy()
