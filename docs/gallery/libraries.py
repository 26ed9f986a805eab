"""
One model in four libraries
===========================

Softmax regression with a wide prior on the wines of scikit-learn, whose loss scores every class of
every wine: ``M log P + (1 - M) log(1 - P)``, M being 1 for the class of the wine and else 0. It is
fitted by scipy.optimize, statsmodels and JAX, and sampled by PyMC. The call that computes the
loss is the same in all four; what goes in and comes out belongs to the library.

The classes can be told apart here, so probabilities come as near to 1 as the prior lets them. That
is where ``log(1 - softmax(x))``, written down as it reads, gives -inf.

Run it where all of them are installed: ``pip install '.[demo,jax,pymc]' statsmodels``. It takes two
minutes; what it printed stands below each part.
"""

import numpy as np
from scipy.optimize import minimize
from sklearn.datasets import load_wine

import numba_logspace as nl

SD = 300.0  # of the prior of each coefficient

columns, cultivar = load_wine(return_X_y=True)
scaled = (columns - columns.mean(axis=0)) / columns.std(axis=0)
x = np.column_stack([scaled, np.ones(cultivar.size)])
shape = x.shape[1], 3

# %%
# scipy.optimize
# --------------
#
# The loss and its gradient come from one call.


def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
    """Minus the logarithm of the posterior, but for a constant, and its gradient."""
    loss, slope = nl.softmax_binary_cross_entropy_value_and_grad(
        x @ flat.reshape(shape), cultivar, reduction="sum"
    )
    return loss + flat @ flat / (2 * SD**2), (x.T @ slope).ravel() + flat / SD**2


start, options = np.zeros(shape[0] * shape[1]), {"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-9}
found = minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
print(f"scipy.optimize: {found.fun:.6f}")

# %%
# .. code-block:: text
#
#    scipy.optimize: 0.004081
#
# statsmodels
# -----------
#
# A likelihood of one's own has a method for the logarithm and one for its gradient, the score.

from statsmodels.base.model import GenericLikelihoodModel  # noqa: E402


class SoftmaxRegression(GenericLikelihoodModel):
    """The posterior, as statsmodels wants it."""

    def loglike(self, params: np.ndarray) -> float:
        """The logarithm of the posterior."""
        return -objective(params)[0]

    def score(self, params: np.ndarray) -> np.ndarray:
        """Its gradient."""
        return -objective(params)[1]


# It counts a coefficient for each column of x; the others have to be named.
others = [f"coefficient {i}" for i in range(x.shape[1], start.size)]
model = SoftmaxRegression(cultivar, x, extra_params_names=others)
fit = model.fit(
    start_params=start,
    method="lbfgs",
    maxiter=5000,
    factr=10,
    pgtol=1e-9,
    disp=False,
    skip_hessian=True,
)
print(f"statsmodels: {-fit.llf:.6f}")

# %%
# .. code-block:: text
#
#    statsmodels: 0.004081
#
# JAX
# ---
#
# ``value_and_grad`` of compiled code goes back through the gradient of the loss. Here
# scipy.optimize asks it.

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

jax.config.update("jax_enable_x64", True)


@jax.jit
@jax.value_and_grad
def posterior(flat: jax.Array) -> jax.Array:
    """Minus the logarithm of the posterior, but for a constant."""
    logits = jnp.asarray(x) @ flat.reshape(shape)
    loss = nl.softmax_binary_cross_entropy(logits, jnp.asarray(cultivar), reduction="sum")
    return loss + flat @ flat / (2 * SD**2)


found = minimize(posterior, start, jac=True, method="L-BFGS-B", options=options)
print(f"JAX: {found.fun:.6f}")

# %%
# .. code-block:: text
#
#    JAX: 0.004081
#
# PyMC
# ----
#
# The loss of symbolic logits is symbolic. Beside it stands the form that one would write without
# it; its logarithm of 1 - P is -inf where P rounds to 1, so NUTS can leave no point: each of
# its steps diverges.

import pymc as pm  # noqa: E402
import pytensor.tensor as pt  # noqa: E402


def divergences(log_likelihood) -> tuple[int, int]:
    """How many of the draws of NUTS diverged, and of how many."""
    with pm.Model():
        b = pm.Normal("b", 0, SD, shape=shape)
        pm.Potential("likelihood", log_likelihood(pt.dot(x, b)))
        draws = pm.sample(
            draws=400,
            tune=400,
            chains=2,
            cores=1,
            random_seed=1,
            progressbar=False,
            compute_convergence_checks=False,
        )
    diverged = draws.sample_stats.diverging.to_numpy()
    return int(diverged.sum()), diverged.size


def stable(logits: pt.TensorVariable) -> pt.TensorVariable:
    """The logarithm of the likelihood."""
    return -nl.softmax_binary_cross_entropy(logits, cultivar, reduction="sum")


def usual(logits: pt.TensorVariable) -> pt.TensorVariable:
    """The same, written down as it reads."""
    p, chosen = pm.math.softmax(logits, axis=-1), np.eye(3)[cultivar]
    return pt.sum(chosen * pt.log(p) + (1 - chosen) * pt.log(1 - p))


for form, log_likelihood in {"usual form": usual, "numba_logspace": stable}.items():
    diverged, count = divergences(log_likelihood)
    print(f"divergences, {form}: {diverged} of {count}")

# %%
# .. code-block:: text
#
#    divergences, usual form: 800 of 800
#    divergences, numba_logspace: 0 of 800
