"""
Whole algorithms in one jitted function
=======================================

Every function of the package works inside ``numba.njit``, with the formulas and the digits of the
array functions. So an algorithm that is a loop with logarithms in it can be one compiled function.
Two examples: the EM algorithm for a mixture, on real data, and the forward-backward recursion of a
hidden Markov model; each with its peer in NumPy and SciPy, timed in turn.
"""

# %%
# A mixture of Gaussians by EM
# ----------------------------
#
# The chemical analyses of 178 wines from three growers, 13 numbers each. The E-step is a softmax
# for every wine over the components, the log-likelihood a sum of logsumexp. Inside the function
# a row is taken as it comes: no array of all densities is made.

from statistics import median
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from numba import njit
from scipy.special import logsumexp, softmax
from sklearn.datasets import load_wine

import numba_logspace as nl

wine = load_wine()
x = (wine.data - wine.data.mean(axis=0)) / wine.data.std(axis=0)
FLOOR = 1e-3  # of the variances
K = 3


@njit
def em(x, means, steps):
    """Means, variances, log-shares, log-likelihood at each step and the last responsibilities."""
    (n, d), k = x.shape, len(means)
    means, variances, shares = means.copy(), np.ones((k, d)), np.full(k, -np.log(k))
    history, r, logs = np.empty(steps), np.empty((n, k)), np.empty(k)
    for step in range(steps):
        total = 0.0
        for i in range(n):
            for j in range(k):
                z = (x[i] - means[j]) ** 2 / variances[j] + np.log(2 * np.pi * variances[j])
                logs[j] = shares[j] - 0.5 * z.sum()
            total += nl.logsumexp(logs)
            nl.softmax(logs, out=r[i])
        history[step] = total
        for j in range(k):
            weight = r[:, j].sum()
            shares[j] = np.log(weight / n)
            means[j] = (r[:, j : j + 1] * x).sum(axis=0) / weight
            spread = (r[:, j : j + 1] * (x - means[j]) ** 2).sum(axis=0) / weight
            variances[j] = spread + FLOOR
    return means, variances, shares, history, r


def em_numpy(x, means, steps):
    """The same in NumPy and SciPy."""
    n, k = len(x), len(means)
    variances, shares = np.ones(means.shape), np.full(k, -np.log(k))
    history = np.empty(steps)
    for step in range(steps):
        z = (x[:, None] - means) ** 2 / variances + np.log(2 * np.pi * variances)
        logs = shares - 0.5 * z.sum(axis=-1)
        history[step] = logsumexp(logs, axis=1).sum()
        r = softmax(logs, axis=1)
        weight = r.sum(axis=0)
        shares = np.log(weight / n)
        means = r.T @ x / weight[:, None]
        spread = np.einsum("ik,ikd->kd", r, (x[:, None] - means) ** 2) / weight[:, None]
        variances = spread + FLOOR
    return means, variances, shares, history, r


def in_turn(*functions, rounds=9):
    """The median time of each function, called one after the other."""
    times = [[] for _ in functions]
    for function in functions:
        function()
    for _ in range(rounds):
        for function, seconds in zip(functions, times):
            start = perf_counter()
            function()
            seconds.append(perf_counter() - start)
    return [median(seconds) for seconds in times]


start = x[[10, 80, 150]]
means, variances, shares, history, r = em(x, start, 60)
peer = em_numpy(x, start, 60)
assert np.allclose(history, peer[3], rtol=1e-10)

ours, numpys = in_turn(lambda: em(x, start, 60), lambda: em_numpy(x, start, 60))
right = max(np.mean(np.choose(wine.target, p) == r.argmax(axis=1)) for p in np.ndindex(K, K, K))
print(f"log-likelihood {history[-1]:.6f}, by NumPy {peer[3][-1]:.6f}")
print(f"wines with their grower: {right:.0%}")
print(f"60 steps: {ours * 1e3:.1f} ms, by NumPy {numpys * 1e3:.1f} ms, {numpys / ours:.1f} times")

figure, (left, plot) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
left.plot(history[:30], color="#009E73")
left.set(xlabel="step", ylabel="log-likelihood")
for j in range(K):
    chosen = r.argmax(axis=1) == j
    plot.scatter(x[chosen, 12], x[chosen, 6], s=14, label=f"component {j + 1}")
plot.set(xlabel="proline, in standard deviations", ylabel="flavanoids")
plot.legend(frameon=False)
plt.show()

# %%
# Forward and backward
# --------------------
#
# The smoothed probabilities of a hidden Markov model take a recursion in each direction. Each step
# is a logsumexp over states, which NumPy would call thousands of times with a few numbers each.


@njit
def forward_backward(log_start, log_p, log_f):
    """The log-likelihood, and log P(state at i | all observations)."""
    n, k = log_f.shape
    forward, backward = np.empty((n, k)), np.zeros((n, k))
    into = np.ascontiguousarray(log_p.T)
    forward[0] = log_start + log_f[0]
    for i in range(1, n):
        for j in range(k):
            forward[i, j] = nl.logsumexp(forward[i - 1] + into[j]) + log_f[i, j]
    for i in range(n - 2, -1, -1):
        ahead = log_f[i + 1] + backward[i + 1]
        for j in range(k):
            backward[i, j] = nl.logsumexp(log_p[j] + ahead)
    return nl.logsumexp(forward[-1]), nl.log_softmax(forward + backward)


def forward_backward_numpy(log_start, log_p, log_f):
    """The same in NumPy and SciPy."""
    forward, backward = np.empty_like(log_f), np.zeros_like(log_f)
    forward[0] = log_start + log_f[0]
    for i in range(1, len(log_f)):
        forward[i] = logsumexp(forward[i - 1][:, None] + log_p, axis=0) + log_f[i]
    for i in range(len(log_f) - 2, -1, -1):
        backward[i] = logsumexp(log_p + log_f[i + 1] + backward[i + 1], axis=1)
    both = forward + backward
    return logsumexp(forward[-1]), both - logsumexp(both, axis=1, keepdims=True)


rng = np.random.default_rng(3)
K = 4
levels = np.arange(K) * 2.0
path = np.cumsum(rng.random(1000) < 0.02) % K
y = rng.normal(levels[path], 1.0)
log_f = -0.5 * (y[:, None] - levels) ** 2 - 0.5 * np.log(2 * np.pi)
log_p = np.where(np.eye(K, dtype=bool), np.log(0.97), np.log(0.01))
log_start = np.full(K, -np.log(K))

total, smoothed = forward_backward(log_start, log_p, log_f)
total_numpy, smoothed_numpy = forward_backward_numpy(log_start, log_p, log_f)
assert np.isclose(total, total_numpy, rtol=1e-12)
assert np.allclose(np.exp(smoothed), np.exp(smoothed_numpy), atol=1e-9)

ours, numpys = in_turn(
    lambda: forward_backward(log_start, log_p, log_f),
    lambda: forward_backward_numpy(log_start, log_p, log_f),
)
print(f"log-likelihood {total:.9f}, by NumPy {total_numpy:.9f}")
print(f"1000 steps: {ours * 1e3:.2f} ms, by NumPy {numpys * 1e3:.0f} ms, {numpys / ours:.0f} times")
print(f"states found: {np.mean(smoothed.argmax(axis=1) == path):.0%}")

figure, panels = plt.subplots(2, 1, figsize=(9, 4.2), sharex=True, layout="constrained")
panels[0].plot(y[:400], ".", color="0.5", ms=3)
panels[0].step(np.arange(400), levels[path[:400]], color="black", lw=1, label="true state")
panels[0].legend(frameon=False, loc="upper left")
panels[0].set(ylabel="observation")
panels[1].imshow(
    np.exp(smoothed[:400].T), aspect="auto", origin="lower", cmap="Greys", interpolation="none"
)
panels[1].set(ylabel="state", xlabel="time", yticks=range(K))
plt.show()

# %%
# Both give what NumPy and SciPy give, so the time is the difference. It comes from the calls: in
# the jitted loop a logsumexp of four numbers costs about as much as its exponentials, while in
# NumPy it is a dozen passes over tiny arrays.
