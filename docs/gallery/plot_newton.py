"""
Second derivatives: Newton methods on badly scaled data
=======================================================

L-BFGS-B guesses curvature from gradients. Where columns differ by orders of magnitude the guess
is poor, and the methods of scipy.optimize that take a Hessian times a vector, ``hessp``, need far
fewer steps. Here is that product for the loss that scores all classes,

``-sum over k of M[k] log P[k] + (1 - M[k]) log(1 - P[k])``

with P the softmax of the logits and M the one-hot label:
``nl.softmax_binary_cross_entropy_hvp``.
"""

# %%
# The loss, its gradient and its Hessian
# --------------------------------------
#
# Each is one call for all rows.

from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize
from sklearn.datasets import load_digits, load_wine

import numba_logspace as nl


class Model:
    """The penalised mean loss of a softmax regression, which counts its passes over the data."""

    def __init__(self, columns: np.ndarray, labels: np.ndarray, penalty: float) -> None:
        """Add the intercept."""
        self.x = np.column_stack([columns, np.ones(labels.size)])
        self.labels, self.penalty = labels, penalty
        self.shape = self.x.shape[1], labels.max() + 1
        self.passes = 0

    def loss(self, flat: np.ndarray) -> tuple[float, np.ndarray]:
        """The loss and its gradient."""
        self.passes += 1
        b = flat.reshape(self.shape)
        value, slope = nl.softmax_binary_cross_entropy_value_and_grad(
            self.x @ b, self.labels, reduction="mean"
        )
        gradient = self.x.T @ slope + 2 * self.penalty * b
        return value + self.penalty * np.sum(b**2), gradient.ravel()

    def hessp(self, flat: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """The Hessian times a direction."""
        self.passes += 1
        d = direction.reshape(self.shape)
        logits, t = self.x @ flat.reshape(self.shape), self.x @ d
        h = nl.softmax_binary_cross_entropy_hvp(logits, self.labels, t, reduction="mean")
        return (self.x.T @ h + 2 * self.penalty * d).ravel()


pixels, digit = load_digits(return_X_y=True)
columns, cultivar = load_wine(return_X_y=True)
scaled = (columns - columns.mean(axis=0)) / columns.std(axis=0)
MODELS = {
    "digits, pixels 0 to 1": Model(pixels / 16, digit, 1e-3),
    "wine, scaled columns": Model(scaled, cultivar, 1e-4),
    "wine, raw columns": Model(columns, cultivar, 1e-4),
}

# %%
# A check against differences of gradients, at random coefficients and in a random direction:

model = MODELS["digits, pixels 0 to 1"]
rng = np.random.default_rng(0)
at, direction = 0.1 * rng.standard_normal((2, np.prod(model.shape)))
step = 1e-5 * direction
difference = (model.loss(at + step)[1] - model.loss(at - step)[1]) / 2e-5
product = model.hessp(at, direction)
print(f"largest relative difference {np.abs(product / difference - 1).max():.1e}")

# %%
# Four methods
# ------------
#
# Each starts from zero and has to bring the gradient to about 1e-8. A pass is one evaluation of the
# loss with its gradient, or one product with the Hessian: either costs about two matrix products.

METHODS = {
    "L-BFGS-B": {"gtol": 1e-8, "ftol": 0, "maxiter": 20_000, "maxfun": 50_000},
    "Newton-CG": {"xtol": 1e-8, "maxiter": 500},
    "trust-ncg": {"gtol": 1e-8, "maxiter": 2000},
    "trust-krylov": {"gtol": 1e-8, "maxiter": 2000},
}
COLOURS = dict(zip(METHODS, ("#D55E00", "#CC79A7", "#009E73", "#0072B2")))


def run(model: Model, method: str) -> tuple[list[int], list[float]]:
    """Print how a fit ended; return passes and losses after every iteration."""
    model.passes = 0
    start = np.zeros(np.prod(model.shape))
    passes, losses = [1], [model.loss(start)[0]]

    def note(intermediate_result) -> None:
        passes.append(model.passes)
        losses.append(float(intermediate_result.fun))

    began = perf_counter()
    # trust-krylov multiplies by numbers that it has not set yet, and throws the products away.
    with np.errstate(invalid="ignore", over="ignore"):
        found = minimize(
            model.loss,
            start,
            jac=True,
            hessp=None if method == "L-BFGS-B" else model.hessp,
            method=method,
            callback=note,
            options=METHODS[method],
        )
    seconds = perf_counter() - began
    gradient = np.abs(model.loss(found.x)[1]).max()
    print(
        f"  {method:12} {found.nit:6} iterations {model.passes:6} passes {seconds:6.2f} s  "
        f"loss {found.fun:.9f}  gradient {gradient:.0e}"
    )
    return passes, losses


traces = {}
for name, model in MODELS.items():
    print(name)
    traces[name] = {method: run(model, method) for method in METHODS}

# %%
# The excess of the loss over the lowest that any method found:

figure, panels = plt.subplots(1, 3, figsize=(12, 4), sharey=True, layout="constrained")
for panel, (name, results) in zip(panels, traces.items()):
    lowest = min(min(losses) for _, losses in results.values())
    for method, (passes, losses) in results.items():
        excess = np.maximum(np.array(losses) - lowest, 1e-14)
        panel.loglog(passes, excess, color=COLOURS[method], label=method)
        panel.plot(passes[-1], excess[-1], "o", color=COLOURS[method], ms=5)
    panel.set(title=name, xlabel="passes over the data")
    panel.grid(alpha=0.3)
panels[0].set_ylabel("loss above the lowest")
handles, labels = panels[0].get_legend_handles_labels()
figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
plt.show()
