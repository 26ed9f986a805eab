"""Log-space numerics for NumPy arrays, exact to a few units in the last place."""

from ._workers import set_workers
from .rows import (
    log1m_softmax,
    log_softmax,
    logmeanexp,
    logsumexp,
    logsumexp_excluding_max,
    loo_logsumexp,
    softmax,
)
