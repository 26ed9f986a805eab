"""Values beside NumPy, SciPy, PyTorch and JAX, where these are installed."""

import functools
import os

import numpy as np

from .common import DTYPES, Timed, function, normals, ratio

# As all others here do, it uses one thread.
os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

try:
    from scipy import special
except ImportError:
    special = None
try:
    import torch

    torch.set_num_threads(1)
except ImportError:
    torch = None
try:
    import jax

    jax.config.update("jax_enable_x64", True)
except ImportError:
    jax = None


def torch_or_skip():
    """PyTorch; without it the benchmark shows n/a."""
    if torch is None:
        raise NotImplementedError("PyTorch is not installed")
    return torch


def published_log1m_softmax(x, dim):
    """The form published for PyTorch: sum less own term, the maximum's entry by itself."""
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
    leaf = x.detach().requires_grad_()
    chosen = targets * torch.log_softmax(leaf, dim)
    loss = -(chosen + (1 - targets) * published_log1m_softmax(leaf, dim)).sum()
    loss.backward()
    return loss.detach(), leaf.grad


def _exponentials(x, axis):
    m = x.max(axis=axis, keepdims=True)
    e = np.exp(x - m)
    return m, e, e.sum(axis=axis, keepdims=True)


def _softmax(x, axis):
    _, e, total = _exponentials(x, axis)
    return e / total


def _log_softmax(x, axis):
    m, _, total = _exponentials(x, axis)
    return x - (m + np.log(total))


def _logsumexp(x, axis):
    m, _, total = _exponentials(x, axis)
    return (m + np.log(total)).squeeze(axis)


_NAIVE = {
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "logsumexp": _logsumexp,
    "log1m_softmax": lambda x, axis: np.log1p(-_softmax(x, axis)),
}
FUNCTIONS = tuple(_NAIVE)
PEERS = ("NumPy", "SciPy", "PyTorch", "PyTorch, published form", "JAX")


def _of_torch(name, x, axis):
    # PyTorch has no log1m_softmax: log_softmax does about as much work.
    call = getattr(torch, "log_softmax" if name == "log1m_softmax" else name)
    tensor = torch.from_numpy(x)
    calls = {"PyTorch": lambda: call(tensor, axis)}
    if name == "log1m_softmax":
        calls["PyTorch, published form"] = lambda: published_log1m_softmax(tensor, axis)
    return calls


def _of_jax(name, x, axis):
    on_device = jax.numpy.asarray(x)
    if name == "log1m_softmax":
        call = jax.jit(lambda a: jax.numpy.log1p(-jax.nn.softmax(a, axis=axis)))
    else:
        call = jax.jit(lambda a: getattr(jax.nn, name)(a, axis=axis))
    return lambda: call(on_device).block_until_ready()


def calls_of_peers(name, x, axis):
    """{peer: call} of those that are installed and have the function."""
    calls = {"NumPy": lambda: _NAIVE[name](x, axis)}
    if special and name != "log1m_softmax":
        calls["SciPy"] = lambda: getattr(special, name)(x, axis=axis)
    if torch:
        calls |= _of_torch(name, x, axis)
    if jax:
        calls["JAX"] = _of_jax(name, x, axis)
    return calls


class _Call(Timed):
    """A million entries in rows of ten or a thousand; one thread, everything compiled before."""

    param_names = ("function", "impl", "length", "dtype")

    def setup(self, name, impl, length, dtype):
        """Make the calls, and compile."""
        x = normals((1_000_000 // length, length), dtype)
        self.ours = functools.partial(function(name), x, -1, workers=1)
        calls = {"ours": self.ours} | calls_of_peers(name, x, -1)
        if impl not in calls:
            raise NotImplementedError(f"{impl} is not installed, or has no {name}")
        self.call = calls[impl]
        self.call()


class Peers(_Call):
    """Each beside us, both in turn."""

    params = (FUNCTIONS, PEERS, [10, 1_000], DTYPES)

    def track_ours_over_peer(self, name, impl, length, dtype):
        """Our time over that of the peer."""
        return ratio(self.ours, self.call)


class Times(_Call):
    """Each by itself."""

    params = (FUNCTIONS, ("ours", *PEERS), [10, 1_000], DTYPES)

    def time_value(self, name, impl, length, dtype):
        """One call."""
        self.call()
