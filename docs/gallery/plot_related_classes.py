"""
Related classes: making chosen confusions costly
================================================

Cross-entropy looks at the probability of the right class only; how the rest is shared among the
wrong ones is all the same to it. Often it is not: some mistakes hurt more than others. Let
``R[a, b]`` be the cost of giving class b a probability where a is right. The loss of a row with
label y is then

``-log P[y]  -  sum over b of R[y, b] log(1 - P[b])``

with P the softmax of the logits. The second sum is ``nl.complement_cross_entropy(logits, R[y])``.
It needs log(1 - P) and its gradient, also in rows where one P is nearly 1: those are the rows that
were learned best, and there the naive form returns infinities.
"""

# %%
# The model
# ---------
#
# Softmax regression on the 8 x 8 pixels of the handwritten digits of scikit-learn, half of them
# held out. The optimiser gets the loss and its gradient from two calls.

from itertools import product

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize
from sklearn.datasets import load_digits

import numba_logspace as nl

PENALTY = 1e-3
CLASSES = range(10)

pixels, digit = load_digits(return_X_y=True)
features = np.column_stack([pixels / 16, np.ones(digit.size)])
held_out, fitted = np.split(np.random.default_rng(0).permutation(digit.size), [digit.size // 2])
x, y = features[fitted], digit[fitted]


def fit(relation: np.ndarray) -> np.ndarray:
    """The coefficients at the minimum of the penalised mean loss."""

    def penalised(flat: np.ndarray) -> tuple[float, np.ndarray]:
        b = flat.reshape(x.shape[1], -1)
        logits = x @ b
        right, slope = nl.cross_entropy_value_and_grad(logits, y, reduction="mean")
        wrong, other = nl.complement_cross_entropy_value_and_grad(
            logits, relation[y], reduction="mean"
        )
        gradient = x.T @ (slope + other) + 2 * PENALTY * b
        return right + wrong + PENALTY * np.sum(b**2), gradient.ravel()

    start = np.zeros(x.shape[1] * len(CLASSES))
    found = minimize(penalised, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000})
    assert found.success, found.message
    return found.x.reshape(x.shape[1], -1)


def judge(b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the rows held out: mean probabilities, and counts of guesses, by right class."""
    p = nl.softmax(features[held_out] @ b)
    right = digit[held_out]
    mass = np.array([p[right == k].mean(axis=0) for k in CLASSES])
    counts = np.zeros(mass.shape, int)
    np.add.at(counts, (right, p.argmax(axis=1)), 1)
    return mass, counts


# %%
# Without and with the relation
# -----------------------------
#
# Suppose that the mistakes that hurt are to take an 8 for a 1, 3 or 9, or one of these for an 8,
# and charge each of them 20 times.

PAIRS = [(1, 8), (3, 8), (9, 8)]


def relation(cost: float) -> np.ndarray:
    """R: `cost` for the chosen pairs, in both directions, and 0 for all others."""
    r = np.zeros((len(CLASSES), len(CLASSES)))
    for a, b in PAIRS:
        r[a, b] = r[b, a] = cost
    return r


CHOSEN = relation(1) > 0
COSTS = [0, 0.5, 1, 2, 5, 10, 20, 50, 100]
results = {cost: judge(fit(relation(cost))) for cost in COSTS}
(plain, plain_counts), (related, related_counts) = results[0], results[20]

figure, panels = plt.subplots(1, 3, figsize=(12, 4.2), layout="constrained")
difference = related - plain
titles = "plain cross-entropy", "with R, cost 20", "difference"
limit = np.abs(difference - np.diag(np.diag(difference))).max()
top = (plain - np.diag(np.diag(plain))).max()
for panel, table, title in zip(panels, (plain, related, difference), titles):
    signed = table is difference
    shown = np.where(np.eye(len(CLASSES), dtype=bool), np.nan, table)
    image = panel.imshow(
        shown,
        cmap="RdBu_r" if signed else "Greys",
        vmin=-limit if signed else 0,
        vmax=limit if signed else top,
    )
    for a, b in product(CLASSES, CLASSES):
        if CHOSEN[a, b]:
            box = plt.Rectangle((b - 0.5, a - 0.5), 1, 1, fill=False, ec="#009E73", lw=2)
            panel.add_patch(box)
    panel.set(title=title, xlabel="class given the probability", xticks=CLASSES, yticks=CLASSES)
    figure.colorbar(image, ax=panel, shrink=0.8)
panels[0].set_ylabel("right class")
figure.suptitle("Mean held-out probability of the wrong classes (framed: the pairs that R charges)")
plt.show()

# %%
# Blue in the third picture is probability that the relation has taken away, red what it has added.
# The pairs, both directions together:

for a, b in PAIRS:
    before, after = plain[a, b] + plain[b, a], related[a, b] + related[b, a]
    mistakes = [t[a, b] + t[b, a] for t in (plain_counts, related_counts)]
    print(
        f"{a} and {b}: probability {before:.3f} -> {after:.3f}, "
        f"mistakes among {held_out.size} rows {mistakes[0]} -> {mistakes[1]}"
    )

# %%
# What it costs
# -------------
#
# The probability has to go somewhere: to other wrong classes, and away from the right one. These
# wrong cells grow most:

growth = np.where(np.eye(len(CLASSES), dtype=bool), 0.0, difference)
for at in np.argsort(-growth, axis=None)[:5]:
    a, b = np.unravel_index(at, growth.shape)
    print(f"{b} where {a} is right: probability {plain[a, b]:.3f} -> {related[a, b]:.3f}")

# %%
# And this is the exchange as the cost grows: mistakes of the chosen kind against all others.

print("cost  chosen mistakes  other mistakes  accuracy  probability of the chosen pairs")
chosen, others = [], []
for cost, (mass, counts) in results.items():
    chosen.append(counts[CHOSEN].sum())
    others.append(counts.sum() - np.trace(counts) - chosen[-1])
    accuracy = np.trace(counts) / counts.sum()
    print(
        f"{cost:4}  {chosen[-1]:15}  {others[-1]:14}  {accuracy:8.3f}  {mass[CHOSEN].sum():12.3f}"
    )

figure, panel = plt.subplots(figsize=(6, 3.8), layout="constrained")
panel.plot(COSTS, chosen, "o-", color="#009E73", label="chosen pairs")
panel.plot(COSTS, others, "s-", color="#D55E00", label="all other pairs")
panel.set_xscale("symlog", linthresh=0.5)
panel.set(xlabel="cost of a chosen pair in R", ylabel=f"mistakes among {held_out.size} rows")
panel.set(ylim=(0, None), xticks=COSTS, xticklabels=[f"{cost:g}" for cost in COSTS])
panel.grid(alpha=0.3)
panel.legend(frameon=False)
plt.show()

# %%
# The relation does what it is told, and the bill is in the other column. Small costs move some
# probability but no decisions. The counts are small, so do not read much into one mistake more or
# less.
#
# A cheaper tool is to keep the plain model, and choose for each row the class of least expected
# cost:

COST = 1 - np.eye(len(CLASSES)) + relation(20)  # every mistake 1, the chosen ones 20 more
p = nl.softmax(features[held_out] @ fit(relation(0)))
cheapest = np.zeros_like(plain_counts)
np.add.at(cheapest, (digit[held_out], (p @ COST).argmin(axis=1)), 1)
tools = {
    "plain": plain_counts,
    "with R, cost 20": related_counts,
    "plain, least expected cost": cheapest,
}
for name, counts in tools.items():
    total = np.sum(counts * COST)
    accuracy = np.trace(counts) / counts.sum()
    print(f"{name:27} accuracy {accuracy:.3f}, cost of all mistakes {total:.0f}")

# %%
# On these data the fit with R is better than that rule on both counts; try both on yours. Where the
# probabilities themselves must keep away from those classes, because something further on uses
# them, only the fit with R will do.
