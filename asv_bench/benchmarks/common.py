"""What the benchmarks share: data, peers and the interleaved ratio of two calls."""

import statistics
import time

import numpy as np

SHAPES = {
    "10000 x 1000": ((10_000, 1_000), -1),
    "1000 x 10000": ((1_000, 10_000), -1),
    "1000000 x 10": ((1_000_000, 10), -1),
    "(1000, 10000), axis 0": ((1_000, 10_000), 0),
    "(10, 1000000), axis 0": ((10, 1_000_000), 0),
}


def normals(shape, dtype):
    """Standard normals, always the same."""
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def published_log1m_softmax(x, dim):
    """The form published for PyTorch: sum less own term, the maximum's entry by itself."""
    import torch

    lse = torch.logsumexp(x, dim, keepdim=True)
    m, k = x.max(dim, keepdim=True)
    e = torch.exp(x - m)
    others = torch.log(e.sum(dim, keepdim=True) - e) + m
    without_max = torch.logsumexp(x.scatter(dim, k, -torch.inf), dim, keepdim=True)
    return others.scatter(dim, k, without_max) - lse


def published_gradient(x, g, dim):
    """The gradient of sum(g * log1m_softmax) by PyTorch's autograd through the published form."""
    leaf = x.detach().requires_grad_()
    published_log1m_softmax(leaf, dim).backward(g)
    return leaf.grad


def published_loss_and_gradient(x, targets, dim):
    """-sum of [M log P + (1 - M) log(1 - P)] and its gradient, by PyTorch's autograd."""
    import torch

    leaf = x.detach().requires_grad_()
    chosen = targets * torch.log_softmax(leaf, dim)
    loss = -(chosen + (1 - targets) * published_log1m_softmax(leaf, dim)).sum()
    loss.backward()
    return loss.detach(), leaf.grad


def through_matmul(a, b):
    """log(exp(a) @ exp(b)) by matmul of exponentials relative to the largest; they underflow."""
    m, k = a.max(axis=-1, keepdims=True), b.max(axis=-2, keepdims=True)
    return m + k + np.log(np.exp(a - m) @ np.exp(b - k))


def torch_or_skip():
    """PyTorch with one thread; without it the benchmark shows n/a."""
    torch = one_thread()
    if torch is None:
        raise NotImplementedError("PyTorch is not installed")
    return torch


def one_thread():
    """Have PyTorch, if it is there, use one thread, as all others here do."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    return torch


def seconds(call):
    """The time of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def interleaved(calls, rounds=9):
    """The median time of each of {name: call}, in turn, so that drift of the machine cancels."""
    for call in calls.values():
        call()
    times = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(seconds(call))
    return {name: statistics.median(t) for name, t in times.items()}
