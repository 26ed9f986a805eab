"""
Two sets of labels with a gate between them
===========================================

A label comes from one of two sets. A gate says from which: with probability s from the first, with
1 - s from the second; within each set a softmax says which label. The log-probabilities of all
labels are

``log s + log_softmax(a)``  and  ``log(1 - s) + log_softmax(b)``

one after the other. ``nl.gated_log_softmax(t, a, b)`` computes them from the *logit* t of the gate,
s = 1 / (1 + exp(-t)), and ``nl.gated_log_softmax_vjp`` their gradient in t, a and b.
"""

# %%
# The model
# ---------
#
# The digits of scikit-learn, half of them held out, in two sets: those with a round stroke that
# closes or nearly closes, and the angular ones. The gate and both sets of logits are linear in the
# pixels.

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize
from sklearn.datasets import load_digits

import numba_logspace as nl

ROUND, ANGULAR = (0, 3, 6, 8, 9), (1, 2, 4, 5, 7)
LABELS = np.array(ROUND + ANGULAR)
PENALTY = 1e-4

pixels, digit = load_digits(return_X_y=True)
column = np.argsort(LABELS)[digit]  # of the right label in the result
is_round = column < len(ROUND)
features = np.column_stack([pixels / 16, np.ones(digit.size)])
held_out, fitted = np.split(np.random.default_rng(0).permutation(digit.size), [digit.size // 2])


def parts(b: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gate's logits and those of both sets."""
    scores = x @ b
    return scores[:, 0], scores[:, 1 : 1 + len(ROUND)], scores[:, 1 + len(ROUND) :]


def fit(x: np.ndarray, start: np.ndarray, logs=nl.gated_log_softmax) -> np.ndarray:
    """The coefficients at the minimum of the penalised mean loss, from `start`."""
    rows = np.arange(len(x)), column[fitted]
    pick = -np.eye(LABELS.size)[column[fitted]]

    def penalised(flat: np.ndarray) -> tuple[float, np.ndarray]:
        b = flat.reshape(start.shape)
        scores = parts(b, x)
        loss = -np.mean(logs(*scores)[rows])
        slopes = np.column_stack(nl.gated_log_softmax_vjp(*scores, pick)) / len(x)
        return loss + PENALTY * np.sum(b**2), (x.T @ slopes + 2 * PENALTY * b).ravel()

    found = minimize(
        penalised, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 3000}
    )
    print(f"{found.nit} iterations, penalised loss {found.fun:.5f}: {found.message}")
    return found.x.reshape(start.shape)


b = fit(features[fitted], np.zeros((features.shape[1], 1 + LABELS.size)))

# %%
# Rows that the fit did not see
# ------------------------------

t, first, second = parts(b, features[held_out])
y = nl.gated_log_softmax(t, first, second)
right = column[held_out]


def likelihood(logs: np.ndarray) -> str:
    """The mean log-likelihood and the accuracy of log-probabilities of the rows held out."""
    mean = logs[np.arange(right.size), right].mean()
    return f"mean log-likelihood {mean:.3f}, accuracy {np.mean(logs.argmax(axis=1) == right):.3f}"


def fit_plain(x: np.ndarray) -> np.ndarray:
    """Softmax regression over all ten labels, with the same penalty."""

    def penalised(flat: np.ndarray) -> tuple[float, np.ndarray]:
        b = flat.reshape(x.shape[1], LABELS.size)
        loss, slope = nl.cross_entropy_value_and_grad(x @ b, column[fitted], reduction="mean")
        return loss + PENALTY * np.sum(b**2), (x.T @ slope + 2 * PENALTY * b).ravel()

    start = np.zeros(x.shape[1] * LABELS.size)
    found = minimize(penalised, start, jac=True, method="L-BFGS-B", options={"maxiter": 3000})
    return found.x.reshape(x.shape[1], LABELS.size)


print("gate and two sets  ", likelihood(y))
print(
    "plain softmax of 10",
    likelihood(nl.log_softmax(features[held_out] @ fit_plain(features[fitted]))),
)
print(f"gate alone          right in {np.mean((t > 0) == is_round[held_out]):.3f} of the rows")
print(f"largest |t|         {np.abs(t).max():.1f}")

figure, panels = plt.subplots(1, 2, figsize=(10, 3.9), layout="constrained")
bins = np.linspace(0, 1, 21)
s = nl.logistic(t)
for kind, colour, name in ((True, "#0072B2", "round"), (False, "#D55E00", "angular")):
    panels[0].hist(
        s[is_round[held_out] == kind], bins, color=colour, alpha=0.6, label=f"{name} digits"
    )
panels[0].set(xlabel="s, the gate's probability of a round digit", ylabel="rows held out")
panels[0].legend(frameon=False)
panels[1].boxplot(
    [s[digit[held_out] == label] for label in LABELS],
    tick_labels=[str(label) for label in LABELS],
    medianprops={"color": "black"},
    flierprops={"markersize": 3},
)
panels[1].axvline(len(ROUND) + 0.5, color="0.6", lw=0.8)
panels[1].set(xlabel="digit: round left, angular right of the line", ylabel="s")
plt.show()

# %%
# A plain softmax over the ten digits does better here: one linear gate has to tell the two sets
# apart, and shape is not that simple. A gate is for labels that really come from two sources, such
# as words of a vocabulary against words copied from a text.
#
# The wrong way to write 1 - s
# ----------------------------
#
# log s is ``log_sigmoid(t)`` and log(1 - s) is ``log_sigmoid(-t)``. It is easy to write
# ``log_sigmoid(1 - t)`` instead, which looks like one minus something. Nothing fails, but the
# probabilities no longer sum to 1:

right_way = [nl.log_sigmoid(t)[:, None] + nl.log_softmax(first)]
wrong_way = [*right_way, nl.log_sigmoid(1 - t)[:, None] + nl.log_softmax(second)]
right_way.append(nl.log_sigmoid(-t)[:, None] + nl.log_softmax(second))
for name, logs in (("log_sigmoid(-t)   ", right_way), ("log_sigmoid(1 - t)", wrong_way)):
    total = np.exp(nl.logsumexp(np.concatenate(logs, axis=1), axis=1))
    print(f"{name}: total probability between {total.min():.6f} and {total.max():.6f}")

# %%
# The wrong way through probabilities
# -----------------------------------
#
# Computing s first and then ``np.log(1 - s)`` is right as long as the gate is in doubt. When s
# rounds to 1, the logarithm is -inf:

gates = np.array([1.0, 20.0, 36.0, 37.0, 40.0, 800.0])
with np.errstate(divide="ignore", over="ignore"):
    naive = np.log(1 - 1 / (1 + np.exp(-gates)))
for gate, through_s, ours in zip(gates, naive, nl.log_sigmoid(-gates)):
    print(f"t = {gate:5.0f}   log(1 - s) = {through_s:<20.16g} log_sigmoid(-t) = {ours:.16g}")

# %%
# An optimiser gets there easily, for example from random coefficients with raw pixels, 0 to 16:


def through_s(t: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The log-probabilities from s instead of t."""
    s = nl.logistic(t)[:, None]
    with np.errstate(divide="ignore"):
        parts = np.log(s) + nl.log_softmax(first), np.log(1 - s) + nl.log_softmax(second)
    return np.concatenate(parts, axis=1)


raw = np.column_stack([pixels, np.ones(digit.size)])[fitted]
start = np.random.default_rng(0).standard_normal(b.shape)
scores = parts(start, raw)
rows = np.arange(len(raw)), column[fitted]
print(f"at the start s rounds to 1 in {np.sum(nl.logistic(scores[0]) == 1)} of {len(raw)} rows")
print(f"mean loss there, through s: {-through_s(*scores)[rows].mean()}")
print(f"mean loss there, gated_log_softmax: {-nl.gated_log_softmax(*scores)[rows].mean():.5f}")

print("\nthrough s:")
fit(raw, start, through_s)
print("\ngated_log_softmax:")
fit(raw, start)

# %%
# Through s the optimiser starts from infinity. It gets the right gradient here (one through s would
# be NaN), comes down to numbers, and still stops far above the minimum, reporting convergence. With
# scaled pixels and a start at zero both ways would do: the largest gate logit of that fit, printed
# above, is far from where s rounds to 1.
