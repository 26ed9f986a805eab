"""Log-space numerics for NumPy arrays, exact to a few units in the last place."""

from ._workers import set_workers
from .elementwise import (
    log1m_sigmoid,
    log1mexp,
    log1pexp,
    log_mix,
    log_mix_dt,
    log_mix_dx,
    log_mix_dy,
    log_sigmoid,
    logaddexp,
    logistic,
    logit,
    logsubexp,
    xlog1py,
    xlogy,
)
from .gradients import log1m_softmax_jacobian, log1m_softmax_vjp, log_softmax_vjp
from .mixtures import logmatmulexp
from .rows import (
    log1m_softmax,
    log_softmax,
    logcumsumexp,
    logmeanexp,
    logsumexp,
    logsumexp_excluding_max,
    loo_logsumexp,
    softmax,
)

__all__ = [
    "log1m_sigmoid",
    "log1m_softmax",
    "log1m_softmax_jacobian",
    "log1m_softmax_vjp",
    "log1mexp",
    "log1pexp",
    "log_mix",
    "log_mix_dt",
    "log_mix_dx",
    "log_mix_dy",
    "log_sigmoid",
    "log_softmax",
    "log_softmax_vjp",
    "logaddexp",
    "logcumsumexp",
    "logistic",
    "logit",
    "logmatmulexp",
    "logmeanexp",
    "logsubexp",
    "logsumexp",
    "logsumexp_excluding_max",
    "loo_logsumexp",
    "set_workers",
    "softmax",
    "xlog1py",
    "xlogy",
]
