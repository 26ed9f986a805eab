"""Losses with their gradients: their times, and ratios to PyTorch's forward and backward pass."""

import numpy as np

import numba_logspace as nl

from .common import interleaved, normals, published_loss_and_gradient, torch_or_skip

DTYPES = ("float32", "float64")
SHAPES = {"10000 x 1000": (10_000, 1_000), "1000000 x 10": (1_000_000, 10)}
LOSSES = ("cross_entropy", "softmax_binary_cross_entropy", "complement_cross_entropy")


class Losses:
    """One call, one thread; every kernel has been compiled before."""

    params = (LOSSES, ("labels", "targets"), list(SHAPES), DTYPES)
    param_names = ("loss", "targets", "shape", "dtype")

    def setup(self, loss, targets, shape, dtype):
        """Make the arguments, and compile."""
        rows, classes = SHAPES[shape]
        self.x = normals((rows, classes), dtype)
        if targets == "labels" and loss == "complement_cross_entropy":
            raise NotImplementedError("its weights are numbers")
        labels = np.random.default_rng(1).integers(0, classes, rows)
        self.targets = labels if targets == "labels" else np.abs(np.tanh(self.x))
        self.out = np.empty_like(self.x)
        self.loss, self.both = getattr(nl, loss), getattr(nl, f"{loss}_value_and_grad")
        self.time_loss(loss, targets, shape, dtype)
        self.time_loss_and_gradient(loss, targets, shape, dtype)

    def time_loss(self, loss, targets, shape, dtype):
        """The loss alone."""
        self.loss(self.x, self.targets, reduction="sum", workers=1)

    def time_loss_and_gradient(self, loss, targets, shape, dtype):
        """The loss and its gradient."""
        self.both(self.x, self.targets, reduction="sum", out=self.out, workers=1)


class AgainstPublished:
    """The binary cross entropy of a softmax against PyTorch's autograd."""

    params = (list(SHAPES), DTYPES)
    param_names = ("shape", "dtype")
    timeout = 300

    def setup(self, shape, dtype):
        """Make the arguments of both."""
        torch = torch_or_skip()
        self.x = normals(SHAPES[shape], dtype)
        self.targets = np.abs(np.tanh(self.x))
        self.tensors = torch.from_numpy(self.x), torch.from_numpy(self.targets)

    def track_ours_over_published(self, shape, dtype):
        """Its time over that of PyTorch's forward and backward pass."""
        ours = nl.softmax_binary_cross_entropy_value_and_grad
        t = interleaved(
            {
                "ours": lambda: ours(self.x, self.targets, reduction="sum", workers=1),
                "published": lambda: published_loss_and_gradient(*self.tensors, -1),
            },
            rounds=3,
        )
        return t["ours"] / t["published"]
