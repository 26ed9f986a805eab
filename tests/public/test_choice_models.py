"""Models of choice sets and risk sets beside statsmodels: log-likelihoods and scores."""

import numpy as np
import pytest

import numba_logspace as nl

# Peers, not exact values: they are held to their own rounding.
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def conditional_logit(beta, features, chosen, ids):
    """(log-likelihood, score) of one choice in each set."""
    utility = features @ beta
    value = nl.segment_log_softmax(utility, ids)[chosen].sum()
    return value, features.T @ nl.segment_log_softmax_vjp(utility, chosen.astype(float), ids)


def choices(sizes, rng):
    """(features, chosen, ids) of choice sets of these sizes."""
    ids = np.repeat(np.arange(len(sizes)), sizes)
    features = rng.normal(size=(ids.size, 3))
    noisy = features @ [0.7, -1.2, 0.3] + rng.gumbel(size=ids.size)
    first = np.append(0, np.cumsum(sizes))
    chosen = np.zeros(ids.size, bool)
    for a, b in zip(first, first[1:], strict=False):
        chosen[a + np.argmax(noisy[a:b])] = True
    return features, chosen, ids


@pytest.mark.parametrize("sizes", [[3] * 30, [2, 5, 3, 7, 2, 12, 45, 3, 2, 8]])
@pytest.mark.parametrize("in_order", [True, False])
def test_conditional_logit(sizes, in_order):
    models = pytest.importorskip("statsmodels.discrete.conditional_models")
    rng = np.random.default_rng(5)
    features, chosen, ids = choices(sizes, rng)
    if not in_order:
        order = rng.permutation(ids.size)
        features, chosen, ids = features[order], chosen[order], ids[order]
    model = models.ConditionalLogit(chosen.astype(int), features, groups=ids)
    for beta in np.zeros(3), np.array([0.7, -1.2, 0.3]), np.array([-3.0, 2.0, 0.5]):
        value, score = conditional_logit(beta, features, chosen, ids)
        np.testing.assert_allclose(value, model.loglike(beta), **CLOSE)
        np.testing.assert_allclose(score, model.score(beta), **CLOSE)


def test_conditional_logit_where_one_alternative_is_out_of_reach():
    # The recursion of statsmodels takes exponentials as they are; here they do not overflow.
    features = np.array([[800.0], [0.0], [-800.0]])
    value, score = conditional_logit(
        np.ones(1), features, np.array([False, True, False]), np.zeros(3, int)
    )
    assert value == -800
    assert score.tolist() == [-800]


def cox(beta, features, times, events):
    """(log-likelihood, score) by risk sets: that of a time are all that last as long."""
    order = np.argsort(-times)
    eta, died = features[order] @ beta, events[order]
    value = (eta - nl.logcumsumexp(eta))[died].sum()
    # The risk set of entry i are the entries 0 to i.
    sizes = np.flatnonzero(died) + 1
    at = np.concatenate([np.arange(k) for k in sizes])
    shares = nl.segment_softmax(eta[at], offsets=np.append(0, sizes.cumsum()))
    slope = died - np.bincount(at, shares, minlength=eta.size)
    return value, features[order].T @ slope


def test_cox_partial_likelihood():
    duration = pytest.importorskip("statsmodels.duration.hazard_regression")
    rng = np.random.default_rng(3)
    features, times = rng.normal(size=(60, 2)), rng.exponential(size=60)
    events = rng.random(60) < 0.7
    model = duration.PHReg(times, features, status=events.astype(int), ties="breslow")
    for beta in np.zeros(2), np.array([0.5, -1.0]):
        value, score = cox(beta, features, times, events)
        np.testing.assert_allclose(value, model.loglike(beta), **CLOSE)
        np.testing.assert_allclose(score, model.score(beta), **CLOSE)


def test_a_group_of_several_strata():
    duration = pytest.importorskip("statsmodels.duration.hazard_regression")
    rng = np.random.default_rng(4)
    features, times = rng.normal(size=(50, 2)), rng.exponential(size=50)
    events, strata = rng.random(50) < 0.8, np.sort(rng.integers(0, 4, 50))
    model = duration.PHReg(
        times, features, status=events.astype(int), strata=strata, ties="breslow"
    )
    beta = np.array([0.4, -0.6])
    # A risk set is a segment: those of the stratum that last as long.
    sets = [
        np.flatnonzero((strata == strata[i]) & (times >= times[i])) for i in np.flatnonzero(events)
    ]
    at, offsets = np.concatenate(sets), np.append(0, np.cumsum([len(s) for s in sets]))
    eta = features @ beta
    value = eta[events].sum() - nl.segment_logsumexp(eta[at], offsets=offsets).sum()
    np.testing.assert_allclose(value, model.loglike(beta), **CLOSE)
    shares = nl.segment_logsumexp_vjp(eta[at], offsets=offsets)
    slope = events - np.bincount(at, shares, minlength=50)
    np.testing.assert_allclose(features.T @ slope, model.score(beta), **CLOSE)
