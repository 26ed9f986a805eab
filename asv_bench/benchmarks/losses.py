"""Losses with their gradients: their times, and ratios to PyTorch's forward and backward pass."""

import functools

import numpy as np

from .common import DTYPES, Timed, function, normals, ratio
from .peers import published_loss_and_gradient, torch_or_skip

LOSSES = ("cross_entropy", "softmax_binary_cross_entropy", "complement_cross_entropy")
SHAPE = (1_000, 1_000)


class Losses(Timed):
    """One call with the loss of every row; one thread."""

    params = (LOSSES, ("labels", "targets"))
    param_names = ("loss", "targets")

    def setup(self, loss, targets):
        """Make the arguments, and compile."""
        if targets == "labels" and loss == "complement_cross_entropy":
            raise NotImplementedError("its weights are numbers")
        x = normals(SHAPE, "float64")
        labels = np.random.default_rng(1).integers(0, SHAPE[1], SHAPE[0])
        scores = labels if targets == "labels" else np.abs(np.tanh(x))
        self.loss, self.both = (
            functools.partial(function(name), x, scores, workers=1)
            for name in (loss, f"{loss}_value_and_grad")
        )
        self.loss()
        self.both()

    def time_loss(self, loss, targets):
        """The loss alone."""
        self.loss()

    def time_loss_and_gradient(self, loss, targets):
        """The loss and its gradient."""
        self.both()

    def track_gradient_over_value(self, loss, targets):
        """The time of both over that of the loss alone."""
        return ratio(self.both, self.loss)


class AgainstPublished(Timed):
    """The binary cross entropy of a softmax against PyTorch's autograd."""

    params = ([10, 1_000], DTYPES)
    param_names = ("classes", "dtype")

    def setup(self, classes, dtype):
        """Make the calls of both."""
        torch = torch_or_skip()
        x = normals((1_000_000 // classes, classes), dtype)
        targets = np.abs(np.tanh(x))
        ours = function("softmax_binary_cross_entropy_value_and_grad")
        self.ours = functools.partial(ours, x, targets, reduction="sum", workers=1)
        tensors = torch.from_numpy(x), torch.from_numpy(targets)
        self.published = functools.partial(published_loss_and_gradient, *tensors, -1)

    def track_ours_over_published(self, classes, dtype):
        """Its time over that of PyTorch's forward and backward pass."""
        return ratio(self.ours, self.published, rounds=3)
