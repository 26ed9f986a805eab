"""Models of PyMC: potentials, distributions of users, gradients, samplers, divergences."""

import numpy as np
import pytest
from scipy.special import log_softmax

import numba_logspace as nl

pm = pytest.importorskip("pymc")
import pytensor  # noqa: E402
import pytensor.tensor as pt  # noqa: E402


@pytest.fixture(autouse=True)
def interpreted():
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        yield


def data():
    rng = np.random.default_rng(0)
    return rng.standard_normal((20, 2)), np.eye(3)[rng.integers(0, 3, 20)]


def model(loss):
    features, targets = data()
    with pm.Model() as made:
        w = pm.Normal("w", 0, 1, shape=(2, 3))
        pm.Potential("loss", -loss(pt.as_tensor(features) @ w, targets))
    return made


def loss_of(logits, targets):
    return nl.softmax_binary_cross_entropy(logits, targets, reduction="sum")


def test_potentials():
    made = model(loss_of)
    w = np.random.default_rng(1).standard_normal((2, 3))
    features, targets = data()
    value, gradient = nl.softmax_binary_cross_entropy_value_and_grad(
        features @ w, targets, reduction="sum"
    )
    (potential,) = made.replace_rvs_by_values(made.potentials)
    found = made.compile_fn(potential, inputs=made.value_vars)({"w": w})
    np.testing.assert_allclose(found, -value, rtol=1e-14)
    found = made.compile_dlogp()({"w": w})
    np.testing.assert_allclose(found, (-w - features.T @ gradient).ravel(), rtol=1e-12)


def test_distributions_of_users():
    def logp(value, scores):
        return nl.log1m_softmax(scores)[value].sum()

    with pm.Model() as made:
        scores = pm.Normal("scores", 0, 1, shape=3)
        pm.CustomDist("not_chosen", scores, logp=logp, observed=np.array([0, 2]), dtype="int64")
    at = np.array([40.0, 0.0, -1.0])
    prior = -0.5 * (at**2).sum() - 1.5 * np.log(2 * np.pi)
    wanted = prior + nl.log1m_softmax(at)[[0, 2]].sum()
    found = made.compile_logp()({"scores": at})
    np.testing.assert_allclose(found, wanted, rtol=1e-14)
    assert np.isfinite(made.compile_dlogp()({"scores": 100 * at})).all()


def usual(logits, targets):
    p = pt.special.softmax(logits, axis=-1)
    return -(targets * pt.log(p) + (1 - targets) * pt.log(1 - p)).sum()


def wine():
    from sklearn.datasets import load_wine

    x, y = load_wine(return_X_y=True)
    return (x - x.mean(0)) / x.std(0), np.eye(3)[y]


def wide_model(loss):
    features, targets = wine()
    with pm.Model() as made:
        w = pm.Normal("w", 0, 300, shape=(13, 3))
        pm.Potential("loss", -loss(pt.as_tensor(features) @ w, targets))
    return made


def divergences(loss, draws):
    with wide_model(loss):
        trace = pm.sample(
            draws,
            tune=draws,
            chains=1,
            cores=1,
            random_seed=1,
            progressbar=False,
            compute_convergence_checks=False,
        )
    return int(trace.sample_stats.diverging.sum())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_no_divergences():
    with pytensor.config.change_flags(mode="FAST_RUN"):
        assert divergences(loss_of, 50) == 0
        assert divergences(usual, 50) > 25


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_nutpie():
    nutpie = pytest.importorskip("nutpie")
    compiled = nutpie.compile_pymc_model(model(loss_of))
    trace = nutpie.sample(
        compiled, draws=100, tune=100, chains=1, seed=1, progress_bar=False, cores=1
    )
    assert not trace.sample_stats.diverging.any()
    features, targets = data()
    means = trace.posterior.w.mean(("chain", "draw")).values
    correct = log_softmax(features @ means, axis=-1)[targets == 1].mean()
    assert np.isfinite(correct) and correct > -1.2


@pytest.mark.filterwarnings("ignore")
def test_compiled_for_nutpie_without_object_mode(recwarn):
    made = model(loss_of)
    function = made.logp_dlogp_function(mode="NUMBA", ravel_inputs=True)
    function.set_extra_values({})
    value, gradient = function(np.zeros(6))
    assert np.isfinite(value) and np.isfinite(gradient).all()
    assert not any("object mode" in str(w.message) for w in recwarn)
