"""
Hidden Markov models: the forward recursion in logarithms
=========================================================

The log-likelihood of a hidden Markov model comes from the forward recursion, which multiplies
probabilities until they underflow. The textbook remedy is to scale them to sum to 1 at every step.
Here are two recursions that keep logarithms, one for two states by ``nl.log_mix`` and one for any
number by ``nl.logmatmulexp``, beside ``nl.hmm_loglikelihood`` and its kin, which do all of it;
where the textbook is just as good; and where it is not.
"""

# %%
# Two states, one number
# ----------------------
#
# What is known about two states is one number, the log-odds t of the first. The likelihood of
# the next observation is a mixture of both densities, and the log-odds after a transition are a
# difference of two mixtures. ``log_mix(t, x, y)`` is log(s exp(x) + (1 - s) exp(y)) with s the
# probability that belongs to t; being a ufunc that Numba knows, it works in compiled loops.

from time import perf_counter

import matplotlib.pyplot as plt
import mpmath
import numpy as np
from numba import njit
from scipy.special import logsumexp

import numba_logspace as nl


@njit
def forward(t, log_p, log_f):
    """The log-likelihood, and the log-odds of the first state after every observation."""
    total = 0.0
    filtered = np.empty(len(log_f))
    for i in range(len(log_f)):
        f, g = log_f[i]
        total += nl.log_mix(t, f, g)
        t += f - g
        filtered[i] = t
        stays = nl.log_mix(t, log_p[0, 0], log_p[1, 0])
        t = stays - nl.log_mix(t, log_p[0, 1], log_p[1, 1])
    return total, filtered


def normal_logs(x, means):
    """Log-densities of every x under unit normals with these means."""
    return -0.5 * (x[:, None] - means) ** 2 - 0.5 * np.log(2 * np.pi)


def sticky(rate, k=2):
    """Logarithms of transitions that leave a state with this rate, for any other one."""
    return np.where(np.eye(k, dtype=bool), np.log1p(-rate), np.log(rate / max(k - 1, 1)))


# %%
# A series that switches rarely, with one observation that fits neither state, as a sensor gives
# when it fails. The peer is the scaled recursion, with the densities themselves (as it is often
# written) and with the densities divided by the larger of the two.


def scaled(start, log_p, log_f, *, divide):
    """The log-likelihood by probabilities that are scaled at every step."""
    total, a, p = 0.0, start, np.exp(log_p)
    for logs in log_f:
        shift = logs.max() if divide else 0.0
        a = a * np.exp(logs - shift)
        total += np.log(a.sum()) + shift
        a = a / a.sum() @ p
    return total


def exact(start, log_p, log_f):
    """The log-likelihood by mpmath, of the same logarithms, with exponents of any size."""
    with mpmath.workprec(400):
        k = range(len(start))
        p = [[mpmath.exp(mpmath.mpf(float(v))) for v in row] for row in log_p]
        a = [mpmath.mpf(float(v)) for v in start]
        for logs in log_f:
            a = [a[j] * mpmath.exp(mpmath.mpf(float(logs[j]))) for j in k]
            last, a = a, [mpmath.fsum(a[i] * p[i][j] for i in k) for j in k]
        return mpmath.log(mpmath.fsum(last))


def compare(truth, **results):
    """Print the relative error of every result."""
    for name, value in results.items():
        known = np.isfinite(value)
        error = f"{float(abs((float(value) - truth) / truth)):.1e}" if known else "-"
        print(f"{name.replace('_', ' '):28} {float(value):<20.16g} relative error {error}")


rng = np.random.default_rng(3)
state = np.cumsum(rng.random(400) < 0.01) % 2
x = rng.normal(np.where(state == 0, 1.0, -1.0), 1.0)
x[250] = 60.0
log_f = normal_logs(x, np.array([1.0, -1.0]))
log_p = sticky(0.01)
half = np.array([0.5, 0.5])

total, log_odds = forward(0.0, log_p, log_f)
with np.errstate(all="ignore"):
    plain = scaled(half, log_p, log_f, divide=False)
compare(
    exact(half, log_p, log_f),
    log_mix=total,
    scaled=plain,
    scaled_and_divided=scaled(half, log_p, log_f, divide=True),
    hmm_loglikelihood=nl.hmm_loglikelihood(np.log(half), log_p, log_f),
)
smoothed = np.exp(nl.hmm_posterior(np.log(half), log_p, log_f)[:, 0])
path, _ = nl.hmm_viterbi(np.log(half), log_p, log_f)
print(f"steps at which the best path is not the true one: {np.sum(path != state)} of {state.size}")

figure, panels = plt.subplots(3, 1, figsize=(9, 5.6), sharex=True, layout="constrained")
panels[0].plot(np.clip(x, -5, 5), ".", color="0.4", ms=4)
panels[0].plot(250, 5, "^", color="#D55E00", label=f"off the picture: {x[250]:g}")
panels[0].legend(frameon=False, loc="lower right")
panels[0].set(ylabel="observation")
panels[1].fill_between(np.arange(x.size), state == 0, step="mid", color="0.85", label="true state")
panels[1].plot(nl.logistic(log_odds), color="#009E73", label="filtered probability")
panels[1].plot(smoothed, color="#0072B2", label="posterior, of all observations")
panels[1].set(ylabel="first state")
panels[1].legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
panels[2].plot(log_odds, color="#009E73")
panels[2].set_yscale("symlog", linthresh=10)
panels[2].set(ylabel="its log-odds", xlabel="time")
plt.show()

# %%
# With the densities themselves one bad observation makes the result NaN: both underflow. Divided by
# the larger, the scaled recursion is as good as ours. The picture shows what is left to logarithms:
# the filtered probability is 1 to the last digit at the bad observation, while the log-odds still
# say how sure that is. ``nl.hmm_posterior`` knows what comes later too, and is less easily moved.
#
# Any number of states
# --------------------
#
# One step is a row of logarithms times a matrix of logarithms. ``nl.hmm_loglikelihood`` takes all
# steps in one call, and rounds once instead of at each step:


def forward_of_many(log_start, log_p, log_f):
    """The log-likelihood with any number of states."""
    a = log_start + log_f[0]
    for logs in log_f[1:]:
        a = nl.logmatmulexp(a, log_p) + logs
    return nl.logsumexp(a)


K = 5
means = np.arange(K) * 1.5
path = np.cumsum(rng.random(600) < 0.02) % K
log_f = normal_logs(rng.normal(means[path], 1.0), means)
log_p = sticky(0.02, K)
start = np.full(K, 1 / K)


def unscaled(start, p, f):
    """The log-likelihood by probabilities that nobody scales."""
    a = start * f[0]
    for densities in f[1:]:
        a = a @ p * densities
    return np.log(a.sum())


with np.errstate(divide="ignore"):
    lost = {n: unscaled(start, np.exp(log_p), np.exp(log_f[:n])) for n in (200, 400, 600)}
print("unscaled, by number of steps:", {n: round(float(v), 3) for n, v in lost.items()})
compare(
    exact(start, log_p, log_f),
    logmatmulexp=forward_of_many(np.log(start), log_p, log_f),
    hmm_loglikelihood=nl.hmm_loglikelihood(np.log(start), log_p, log_f),
    scaled_and_divided=scaled(start, log_p, log_f, divide=True),
)

# %%
# Again the scaled recursion, done with care, is as good: a log-likelihood that is a large sum does
# not show the digits that its small terms have lost.
#
# Where probabilities lose the digits
# -----------------------------------
#
# Take the transitions over 1024 steps, by squaring the matrix ten times, for a chain that hardly
# ever leaves its state: an error rate, a mutation rate, a failure rate. The logarithm of the
# probability to be where it was is minus a small number, which a probability near 1 cannot hold:


def power(log_p, multiply):
    """The matrix after 1024 steps."""
    for _ in range(10):
        log_p = multiply(log_p, log_p)
    return log_p


def through_probabilities(a, b):
    """log(exp(a) @ exp(b)), the product without log space."""
    return np.log(np.exp(a) @ np.exp(b))


def exact_power(log_p):
    """Log-probabilities of the same and of the other state, for a symmetric matrix of two."""
    with mpmath.workprec(2000):
        same, other = (mpmath.exp(mpmath.mpf(float(v))) for v in log_p[0])
        plus, minus = (same + other) ** 1024, (same - other) ** 1024
        return mpmath.log((plus + minus) / 2), mpmath.log((plus - minus) / 2)


print("rate    log P(same)  error, exp + matmul  error, logmatmulexp")
rates = [10.0**-e for e in range(1, 21)]
errors = {through_probabilities: [], nl.logmatmulexp: []}
for rate in rates:
    truth = exact_power(sticky(rate))[0]
    for multiply, found in errors.items():
        value = power(sticky(rate), multiply)[0, 0]
        found.append(float(abs((float(value) - truth) / truth)))
    if rate in rates[3::4]:
        lost, ours = (found[-1] for found in errors.values())
        print(f"{rate:.0e}  {float(truth):11.3e}  {lost:19.1e}  {ours:19.1e}")

figure, panel = plt.subplots(figsize=(6.5, 3.8), layout="constrained")
styles = (("exp + matmul", "#D55E00", "s-"), ("logmatmulexp", "#009E73", "o-"))
for found, (name, colour, style) in zip(errors.values(), styles):
    panel.loglog(rates, found, style, color=colour, ms=4, label=name)
panel.set(xlabel="rate of leaving the state", ylabel="relative error of log P(same), 1024 steps")
panel.grid(alpha=0.3)
panel.legend(frameon=False)
plt.show()

# %%
# An error of 1 means that the result is 0: from there on the model says that the chain cannot
# move.
#
# Speed
# -----
#
# The usual way to stay in log space is SciPy's logsumexp of a sum broadcast to three dimensions;
# the fast way is exp, matmul, log, with the largest entry of each row taken out first. Times as
# multiples of ours, the best of several runs, one product of a row or of a matrix with a matrix:


def by_scipy(a, b):
    """The product through a temporary of three dimensions."""
    return logsumexp(a[:, :, None] + b, axis=1)


def by_matmul(a, b):
    """The product through probabilities, each row scaled."""
    top = a.max(axis=1, keepdims=True)
    return top + np.log(np.exp(a - top) @ np.exp(b))


def best_time(function, *arguments):
    """Seconds for one call."""
    times = []
    for _ in range(9):
        began = perf_counter()
        function(*arguments)
        times.append(perf_counter() - began)
    return min(times)


print("product           SciPy / ours  exp + matmul / ours")
for k in (2, 8, 32, 128):
    b = np.log(rng.dirichlet(np.ones(k), k))
    for a in (b[:1], b):
        ours = best_time(nl.logmatmulexp, a, b)
        ratios = [best_time(other, a, b) / ours for other in (by_scipy, by_matmul)]
        print(f"{len(a):3} x {k:3} x {k:3}  {ratios[0]:12.1f}  {ratios[1]:19.2f}")

# %%
# Below 1 in the last column the matrix product is faster: for matrices of more than a few states it
# is the better choice wherever no transition is near 0 or 1 and the digits above do not matter. For
# one step of few states, the common case of a forward recursion, log space costs nothing.
