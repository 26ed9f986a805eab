"""Hidden Markov chains against their definition in ball arithmetic, on models that hurt."""

import functools

import numpy as np
import pytest
from budgets import BUDGETS
from error import Target
from flint import arb, ctx

import numba_logspace as nl

inf, nan = np.inf, np.nan
BITS = 500
ZERO = arb(0)
# The bound of each result; the gradient of a log-likelihood has several.
BOUNDS = {
    "hmm_forward": BUDGETS["hmm_forward"],
    "hmm_backward": BUDGETS["hmm_backward"],
    "hmm_loglikelihood": BUDGETS["hmm_loglikelihood"],
    "hmm_posterior": BUDGETS["hmm_posterior"],
    "hmm_viterbi": BUDGETS["hmm_viterbi"],
    "gradient": BUDGETS["hmm_loglikelihood_value_and_grad"],
}
# What the docstrings allow near zero, for each step.
NEAR_ZERO, NEAR_ZERO_OF_PATHS = 1e-25, 1e-31


# --- the definition ----------------------------------------------------------------------------


def _exp(x):
    return ZERO if x == -inf else arb(x).exp()


def _log(x):
    return arb.neg_inf() if x == 0 else x.log()


class Exact:
    """Everything about one chain, as balls."""

    def __init__(self, initial, transition, emission):
        self.steps, self.k = emission.shape
        self.varies = transition.ndim == 3
        matrices = transition if self.varies else transition[None]
        self._p = [[[_exp(v) for v in row] for row in m] for m in matrices.tolist()]
        start = [_exp(v) for v in initial.tolist()]
        self.seen = [[_exp(v) for v in row] for row in emission.tolist()]
        states = range(self.k)
        a = [s * e for s, e in zip(start, self.seen[0])]
        self.forward = [a]
        for t in range(1, self.steps):
            p, e = self.matrix(t - 1), self.seen[t]
            a = [sum((a[i] * p[i][j] for i in states), ZERO) * e[j] for j in states]
            self.forward.append(a)
        b = [arb(1)] * self.k
        self.backward = [b]
        for t in range(self.steps - 1, 0, -1):
            p, e = self.matrix(t - 1), self.seen[t]
            c = [e[j] * b[j] for j in states]
            b = [sum((p[i][j] * c[j] for j in states), ZERO) for i in states]
            self.backward.append(b)
        self.backward.reverse()
        self.total = sum(self.forward[-1], ZERO)

    def matrix(self, t):
        """The matrix from step t to the next."""
        return self._p[t if self.varies else 0]

    def marginals(self):
        """The probabilities of the states, given all that is seen."""
        return [
            a * b / self.total
            for row, other in zip(self.forward, self.backward)
            for a, b in zip(row, other)
        ]

    def pairs(self):
        """The expected moves, in the shape of the transitions."""
        found = []
        for t in range(self.steps - 1):
            a, p, e, b = self.forward[t], self.matrix(t), self.seen[t + 1], self.backward[t + 1]
            c = [x * y / self.total for x, y in zip(e, b)]
            found.append([a[i] * p[i][j] * c[j] for i in range(self.k) for j in range(self.k)])
        if self.varies:
            return [v for one in found for v in one]
        return [sum(column, ZERO) for column in zip(*found)]


def _flat(rows):
    return [_log(v) for row in rows for v in row]


def checked(name, results, exact, steps, near=NEAR_ZERO):
    """The worst error, in ulp of the result or of what is allowed near zero."""
    target = Target(exact, np.float64, [arb(near * steps * 2.0**53)] * len(exact))
    assert target.certain
    error = target.worst(np.ravel(results))
    assert error[0] <= BOUNDS[name], (name, *error)
    return error[0]


# --- models that hurt --------------------------------------------------------------------------


def _stochastic(rng, k, sharpness):
    x = rng.normal(size=(k, k)) * sharpness
    return nl.log_softmax(x)


def _sticky(k, rate):
    return np.where(np.eye(k, dtype=bool), np.log1p(-rate), np.log(rate / max(k - 1, 1)))


def _left_to_right(k):
    x = np.full((k, k), -inf)
    for i in range(k):
        x[i, i : i + 2] = np.log(0.5) if i < k - 1 else 0.0
    return x


def _noise(rng, steps, k, size, offset=0.0):
    return rng.normal(size=(steps, k)) * size + offset


def models(steps, k, seed=0):
    """{name: (log_initial, log_transition, log_emission)}."""
    rng = np.random.default_rng(seed)
    start = nl.log_softmax(rng.normal(size=k))
    holes = _noise(rng, steps, k, 3.0)
    holes[rng.random((steps, k)) < 0.3] = -inf
    holes[:, 0] = rng.normal(size=steps)
    first = np.where(np.arange(k) == 0, 0.0, -inf)
    varying = np.stack([_stochastic(rng, k, 3.0) for _ in range(steps - 1)])
    wide = _noise(rng, steps, k, 1.0) * 10.0 ** rng.uniform(-3, 4, (steps, k))
    return {
        "plain": (start, _stochastic(rng, k, 1.0), _noise(rng, steps, k, 2.0)),
        "nearly certain": (start, _sticky(k, 1e-15), _noise(rng, steps, k, 1.0)),
        "silent": (first, _sticky(k, 1e-15), np.zeros((steps, k))),
        "long stays": (start, _sticky(k, 1e-6), _noise(rng, steps, k, 0.01)),
        "tiny densities": (start, _stochastic(rng, k, 1.0), _noise(rng, steps, k, 5.0, -700.0)),
        "far apart": (start, _stochastic(rng, k, 300.0), _noise(rng, steps, k, 400.0)),
        "wide": (start, _sticky(k, 1e-200), wide),
        "left to right": (first, _left_to_right(k), _noise(rng, steps, k, 30.0)),
        "holes": (start, _stochastic(rng, k, 2.0), holes),
        "varying": (start, varying, _noise(rng, steps, k, 2.0)),
        "cancelling": (start, _stochastic(rng, k, 1.0), _noise(rng, steps, k, 1e-3, 1.0)),
    }


def check_model(model):
    """Every function of one model; the worst errors by name."""
    exact, steps = Exact(*model), model[2].shape[0]
    worst = {}

    def check(name, results, values, key=None):
        worst[key or name] = checked(name, results, values, steps)

    check("hmm_forward", nl.hmm_forward(*model), _flat(exact.forward))
    check("hmm_backward", nl.hmm_backward(*model[1:]), _flat(exact.backward))
    total = [_log(exact.total)]
    check("hmm_loglikelihood", nl.hmm_loglikelihood(*model), total)
    marginals = exact.marginals()
    check("hmm_posterior", nl.hmm_posterior(*model), [_log(v) for v in marginals])
    value, (first, moves, states) = nl.hmm_loglikelihood_value_and_grad(*model)
    check("hmm_loglikelihood", value, total, "value")
    check("gradient", states, marginals, "of states")
    check("gradient", first, marginals[: exact.k], "of the first")
    check("gradient", moves, exact.pairs(), "of moves")
    return worst


def test_numbers_that_come_near_and_go():
    # Some blocks of rows have one power, some have not, and in some it ends.
    rng = np.random.default_rng(4)
    k, steps = 17, 150
    start, moves = nl.log_softmax(rng.normal(size=k)), _stochastic(rng, k, 1.0)
    moves[0, 1:] = -inf
    seen = _noise(rng, steps, k, 2.0, -300.0)
    seen[90:100] *= rng.uniform(0.0, 3.0, (10, k))
    seen[125] = np.where(np.arange(k) == 0, 0.0, -inf)
    with ctx.workprec(BITS):
        check_model((start, moves, seen))


# The long one goes by stretches, the others are too short for that or have too many states.
@pytest.mark.parametrize(
    ("k", "steps"),
    [(1, 20), (2, 30), (3, 30), (17, 40), pytest.param(3, 150, marks=pytest.mark.slow)],
)
def test_models(k, steps):
    with ctx.workprec(BITS):
        for model in models(steps, k, seed=k).values():
            check_model(model)


@pytest.mark.slow
@pytest.mark.parametrize(("k", "steps", "count"), [(2, 60, 20), (10, 30, 17), (4, 90, 3)])
def test_models_of_many_chains(k, steps, count):
    # In lanes that are chains, or stretches of several.
    rng = np.random.default_rng(k)
    lengths = rng.integers(1, steps + 1, count)
    with ctx.workprec(BITS):
        for name, (initial, transition, emission) in models(steps, k, seed=k).items():
            if name == "varying":
                continue
            seen = np.stack([np.roll(emission, i, axis=0) for i in range(count)])
            own = np.tile(initial, (count, 1))
            found = [
                nl.hmm_forward(initial, transition, seen, lengths=lengths),
                nl.hmm_backward(transition, seen, lengths=lengths),
                nl.hmm_posterior(initial, transition, seen, lengths=lengths),
            ]
            values, (first, moves, states) = nl.hmm_loglikelihood_value_and_grad(
                own, transition, seen, lengths=lengths
            )
            pairs = 0
            for i, n in enumerate(lengths):
                exact = Exact(initial, transition, seen[i, :n])
                if exact.total == 0:
                    assert values[i] == -inf
                    assert np.isnan(found[2][i, :n]).all()
                    continue
                marginals = exact.marginals()
                checked("hmm_forward", found[0][i, :n], _flat(exact.forward), n)
                checked("hmm_backward", found[1][i, :n], _flat(exact.backward), n)
                checked("hmm_posterior", found[2][i, :n], [_log(v) for v in marginals], n)
                checked("hmm_loglikelihood", values[i], [_log(exact.total)], n)
                checked("gradient", states[i, :n], marginals, n)
                checked("gradient", first[i], marginals[:k], n)
                pairs = [u + v for u, v in zip(exact.pairs(), pairs or [ZERO] * k**2)]
            if pairs:
                checked("gradient", moves, pairs, int(lengths.sum()))


@pytest.mark.slow
@pytest.mark.parametrize(("k", "steps"), [(2, 10_000), (4, 2000), (10, 2000), (50, 300)])
def test_long_models(k, steps):
    with ctx.workprec(BITS):
        for name, model in models(steps, k, seed=k).items():
            if name != "varying" or k < 50:
                check_model(model)


@pytest.mark.slow
@pytest.mark.parametrize("k", [2, 5])
def test_a_very_long_chain(k):
    # Only the log-likelihood and the last row: the balls of the rest would fill the memory.
    states = range(k)
    with ctx.workprec(BITS):
        for name, (initial, transition, emission) in models(100, k).items():
            if name == "varying":
                continue
            seen = np.tile(emission, (1000, 1))
            p = [[_exp(v) for v in row] for row in transition.tolist()]
            rows = [[_exp(v) for v in row] for row in emission.tolist()]
            a = [_exp(v) for v in initial.tolist()]
            for t in range(len(seen)):
                if t:
                    a = [sum((a[i] * p[i][j] for i in states), ZERO) for j in states]
                a = [u * v for u, v in zip(a, rows[t % 100])]
            value = nl.hmm_loglikelihood(initial, transition, seen)
            checked("hmm_loglikelihood", value, [_log(sum(a, ZERO))], len(seen))
            last = nl.hmm_forward(initial, transition, seen)[-1]
            checked("hmm_forward", last, [_log(v) for v in a], len(seen))


# --- the best path -----------------------------------------------------------------------------


def _best(initial, transition, emission):
    # (path, value) in balls of integers: ties are exact.
    steps, k = emission.shape
    at = [arb(u) + arb(v) for u, v in zip(initial.tolist(), emission[0].tolist())]
    origins = []
    matrices = transition if transition.ndim == 3 else [transition] * (steps - 1)
    for t in range(1, steps):
        p, e, origin, new = matrices[t - 1].tolist(), emission[t].tolist(), [], []
        for j in range(k):
            sums = [a + arb(p[i][j]) for i, a in enumerate(at)]
            best = functools.reduce(lambda x, y: y if sums[y] > sums[x] else x, range(k))
            origin.append(best)
            new.append(sums[best] + arb(e[j]))
        at = new
        origins.append(origin)
    best = functools.reduce(lambda x, y: y if at[y] > at[x] else x, range(k))
    path = [best]
    for origin in reversed(origins):
        path.append(origin[path[-1]])
    return path[::-1], at[best]


@pytest.mark.one_in(2)
@pytest.mark.parametrize("k", [1, 2, 5, 17])
def test_best_paths(k):
    with ctx.workprec(BITS):
        for name, model in models(60, k, seed=k).items():
            path, value = nl.hmm_viterbi(*model)
            exact_path, exact = _best(*model)
            assert path.tolist() == exact_path, name
            size = float(np.abs(model[2][np.isfinite(model[2])]).sum()) + 1.0
            checked("hmm_viterbi", value, [exact], size, NEAR_ZERO_OF_PATHS)


def test_ties_go_to_the_lowest_state():
    rng = np.random.default_rng(5)
    with ctx.workprec(BITS):
        for k in (2, 3, 9):
            start, moves = -rng.integers(0, 3, k) * 1.0, -rng.integers(0, 3, (k, k)) * 1.0
            model = start, moves, -rng.integers(0, 3, (200, k)) * 1.0
            assert nl.hmm_viterbi(*model)[0].tolist() == _best(*model)[0]
    assert nl.hmm_viterbi(np.zeros(3), np.zeros((3, 3)), np.zeros((4, 3)))[0].tolist() == [0] * 4


@pytest.mark.parametrize("k", [2, 3, 10])
def test_sums_that_nearly_tie(k):
    # Of 0.1 + 0.2 and 0.3 plain sums cannot tell which is more; the first state is ruled out.
    rng = np.random.default_rng(k)
    start = rng.integers(-9, 0, k) * 0.1
    start[0] = -inf
    moves, seen = rng.integers(-4, 0, (k, k)) * 0.1, rng.integers(-4, 0, (300, k)) * 0.1
    moves[1, 0] = -inf
    seen[100:200] *= 1e-3
    seen[150, :] += 1e5
    with ctx.workprec(BITS):
        for model in ((start, moves, seen), (start, np.tile(moves, (299, 1, 1)), seen)):
            path, value = nl.hmm_viterbi(*model)
            exact_path, exact = _best(*model)
            assert path.tolist() == exact_path
            checked("hmm_viterbi", value, [exact], 1e5, NEAR_ZERO_OF_PATHS)


@pytest.mark.parametrize("k", [2, 5])
def test_paths_that_leave_the_range_of_doubles(k):
    huge = 1.7e308
    start, moves, seen = np.zeros(k), np.zeros((k, k)), np.full((6, k), -huge)
    assert nl.hmm_viterbi(start, moves, seen)[1] == -inf
    assert nl.hmm_viterbi(start, moves, -seen)[1] == inf
    # One state stays within it, and a path that left it is not the best by what comes later.
    seen[:, 1] = -1.0
    seen[4:] = 1.0
    path, value = nl.hmm_viterbi(start, moves, seen)
    assert path[:4].tolist() == [1] * 4
    assert value == -2.0
    seen[:, 1] = -inf
    assert nl.hmm_viterbi(start, moves, seen)[1] == -inf
    # After a sum above the largest double, nothing is possible any more.
    seen = np.full((3, k), huge)
    seen[2] = -inf
    assert nl.hmm_viterbi(start, moves, seen)[1] == -inf
    seen[1, 0] = nan
    assert np.isnan(nl.hmm_viterbi(start, moves, seen)[1])


# --- special values ----------------------------------------------------------------------------


def test_what_cannot_be_seen():
    start, moves = np.log([0.5, 0.5]), np.log([[0.9, 0.1], [0.2, 0.8]])
    seen = np.zeros((5, 2))
    seen[2] = -inf
    assert nl.hmm_loglikelihood(start, moves, seen) == -inf
    value, gradient = nl.hmm_loglikelihood_value_and_grad(start, moves, seen)
    assert value == -inf
    assert not any(g.any() for g in gradient)
    forward, backward = nl.hmm_forward(start, moves, seen), nl.hmm_backward(moves, seen)
    assert np.isfinite(forward[:2]).all() and (forward[2:] == -inf).all()
    assert np.isfinite(backward[2:]).all() and (backward[:2] == -inf).all()
    assert np.isnan(nl.hmm_posterior(start, moves, seen)).all()
    assert nl.hmm_viterbi(start, moves, seen)[1] == -inf


@pytest.mark.parametrize("bad", [nan, inf])
@pytest.mark.parametrize("of", range(3))
def test_what_is_no_probability(of, bad):
    model = [np.log([0.5, 0.5]), np.log([[0.9, 0.1], [0.2, 0.8]]), np.zeros((20, 2))]
    model[of][(0,) * model[of].ndim] = bad
    assert np.isnan(nl.hmm_loglikelihood(*model))
    assert np.isnan(nl.hmm_viterbi(*model)[1])
    assert np.isnan(nl.hmm_posterior(*model)).all()
    value, gradient = nl.hmm_loglikelihood_value_and_grad(*model)
    assert np.isnan(value)
    assert all(np.isnan(g).any() for g in gradient)


def test_huge_logarithms():
    # Beyond 2^50 only the size is right, and nothing overflows.
    for size in (1e14, 1e17, 1e100, 1e280):
        seen = np.array([[0.0, -size], [-size, -2 * size], [-size, 0.0]])
        value = nl.hmm_loglikelihood([0.0, 0.0], np.log([[0.5, 0.5], [0.5, 0.5]]), seen)
        assert abs(value / size + 1.0) <= 1e-13


def test_posteriors_are_normalised():
    rng = np.random.default_rng(1)
    model = np.log(np.full(10, 0.1)), _stochastic(rng, 10, 2.0), _noise(rng, 2000, 10, 5.0, -300.0)
    totals = nl.logsumexp(nl.hmm_posterior(*model), axis=-1)
    assert np.abs(totals).max() <= 4 * np.finfo(float).eps
