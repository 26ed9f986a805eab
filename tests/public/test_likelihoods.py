"""The likelihoods of docs/likelihoods.md are those of scipy.stats and of statsmodels."""

import itertools

import numpy as np
import pytest
from scipy import stats

import numba_logspace as nl

RNG = np.random.default_rng(0)
X = np.column_stack([np.ones(200), RNG.normal(size=(200, 2))])
ETA = np.column_stack([np.zeros(200), X @ RNG.normal(size=(3, 2))])
Y = np.array([RNG.choice(3, p=p) for p in nl.softmax(ETA)])


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_counts_of_classes():
    counts = RNG.integers(0, 9, (200, 3)) + 1
    total = counts.sum(axis=-1)
    found = nl.cross_entropy(ETA, counts / total[:, None], weights=total)
    exact = stats.multinomial.logpmf(counts, total, nl.softmax(ETA))
    alone = stats.multinomial.logpmf(counts, total, counts / total[:, None])
    none = nl.cross_entropy(np.log(counts), counts / total[:, None], weights=total)
    close(none - found, exact - alone)  # without the coefficient


def test_binary_and_binomial():
    eta, t = ETA[:, 1], Y == 1
    p = nl.logistic(eta)
    close(nl.sigmoid_binary_cross_entropy(eta, t), -stats.bernoulli.logpmf(t, p))
    k = RNG.integers(0, 8, 200)
    constant = stats.binom.logpmf(k, 7, 0.5) - 7 * np.log(0.5)
    found = nl.sigmoid_binary_cross_entropy(eta, k / 7, weights=7)
    close(constant - found, stats.binom.logpmf(k, 7, p))


def test_censored_times():
    z = ETA[:, 1]
    close(nl.log1m_sigmoid(z), stats.logistic.logsf(z))
    close(nl.log_sigmoid(z) + nl.log1m_sigmoid(z), stats.logistic.logpdf(z))
    width = stats.logistic.cdf(z + 1) - stats.logistic.cdf(z)
    close(nl.log_inv_logit_diff(z + 1, z), np.log(width))


def test_complementary_log_log():
    # The log of times to an event has the left-skewed Gumbel distribution.
    z = ETA[:, 1]
    close(nl.log1mexp(-np.exp(z)), stats.gumbel_l.logcdf(z))
    close(nl.cexpexp(z), stats.gumbel_l.cdf(z))


def test_rankings():
    # The probabilities of all orders of four items sum to one.
    eta = np.array([1.5, 0.2, -0.7, 0.1])
    orders = (eta[list(order)] for order in itertools.permutations(range(4)))
    total = [np.sum(e - nl.logcumsumexp(e[::-1])[::-1]) for e in orders]
    assert abs(nl.logsumexp(total)) < 1e-14


def test_nested_logit():
    # With all scales 1 it is the multinomial one; the probabilities sum to one with any.
    for scale in (np.ones(2), np.array([0.5, 0.8])):
        nests = [ETA[0, :2], ETA[1]]
        inclusive = np.array([nl.logsumexp(e / s) for e, s in zip(nests, scale, strict=True)])
        of_nests = nl.log_softmax(scale * inclusive)
        parts = [nl.log_softmax(e / s) for e, s in zip(nests, scale, strict=True)]
        log_p = np.concatenate([p + q for p, q in zip(parts, of_nests, strict=True)])
        assert abs(nl.logsumexp(log_p)) < 1e-14
        if (scale == 1).all():
            close(log_p, nl.log_softmax(np.concatenate(nests)))


def test_mixtures():
    x = ETA[:, 1]
    parts = np.stack([stats.norm.logpdf(x, 0, 1), stats.norm.logpdf(x, 2, 3)])
    exact = np.log(0.25 * stats.norm.pdf(x, 0, 1) + 0.75 * stats.norm.pdf(x, 2, 3))
    close(nl.logsumexp(parts, 0, b=[[0.25], [0.75]]), exact)
    close(nl.log_mix(nl.logit(0.25), *parts), exact)


# statsmodels warns where it imports what others have deprecated.
@pytest.mark.filterwarnings("ignore")
def test_models_of_statsmodels():
    pytest.importorskip("statsmodels")
    from statsmodels.discrete.conditional_models import ConditionalLogit
    from statsmodels.discrete.discrete_model import Logit, MNLogit
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    b = np.array([[0.3, -0.5, 0.2], [0.1, 0.7, -0.4]]).T
    eta = np.column_stack([np.zeros(200), X @ b])
    loss, slope = nl.cross_entropy_value_and_grad(eta, Y, reduction="sum")
    model = MNLogit(Y, X)
    close(-loss, model.loglike(b.T.ravel()))
    close(-(X.T @ slope[:, 1:]), model.score(b.T.ravel()).reshape(2, 3).T)

    t, eta = (Y == 1).astype(float), X @ b[:, 0]
    loss, slope = nl.sigmoid_binary_cross_entropy_value_and_grad(eta, t, reduction="sum")
    close(-loss, Logit(t, X).loglike(b[:, 0]))
    close(-(X.T @ slope), Logit(t, X).score(b[:, 0]))

    of_class, cut = X[:, 1:], np.array([-np.inf, -0.5, 0.9, np.inf])
    eta = of_class @ b[1:, 0]
    found = nl.log_inv_logit_diff(cut[Y + 1] - eta, cut[Y] - eta)
    ordered = OrderedModel(Y, of_class, distr="logit")
    parameters = np.concatenate([b[1:, 0], [-0.5, np.log(0.9 + 0.5)]])
    np.testing.assert_allclose(found.sum(), ordered.loglike(parameters), rtol=1e-9)

    # Choice sets of four, one of which is chosen.
    chosen = RNG.integers(0, 4, 50)
    endog = np.eye(4)[chosen].ravel()
    choice = ConditionalLogit(endog, of_class, groups=np.repeat(np.arange(50), 4))
    eta = (of_class @ b[1:, 0]).reshape(50, 4)
    close(-nl.cross_entropy(eta, chosen, reduction="sum"), choice.loglike(b[1:, 0]))
