"""The softmax family over the axes of an array."""

import numpy as np

from . import _call, _softsum
from ._cpu import Map, Reduction

_SOFTMAX = Map(_softsum.prepare_softmax, _softsum.element_softmax, _softsum.never)
_LOG_SOFTMAX = Map(
    _softsum.prepare_log_softmax, _softsum.element_log_softmax, _softsum.never, keeps=False
)
_LOG1M_SOFTMAX = Map(
    _softsum.prepare_log1m_softmax,
    _softsum.element_log1m_softmax,
    _softsum.where_sum_vanishes,
    "without max",
)
_LOO_LOGSUMEXP = Map(
    _softsum.prepare_loo_logsumexp,
    _softsum.element_loo_logsumexp,
    _softsum.always,
    "without max",
)
_LOGSUMEXP = Reduction(_softsum.reduce_logsumexp, _softsum.never)
_LOGSUMEXP_EXCLUDING_MAX = Reduction(
    _softsum.reduce_logsumexp_excluding_max, _softsum.always, "without max"
)
_LOGMEANEXP = Reduction(
    _softsum.reduce_logmeanexp, _softsum.where_mean_near_max, "shortfall"
)


def softmax(x, axis=-1, *, where=None, out=None, workers=None):
    return _call.map_rows(_SOFTMAX, x, axis, where, out, workers, fill=0.0)


def log_softmax(x, axis=-1, *, where=None, out=None, workers=None):
    return _call.map_rows(_LOG_SOFTMAX, x, axis, where, out, workers, fill=-np.inf)


def log1m_softmax(x, axis=-1, *, where=None, out=None, workers=None):
    return _call.map_rows(_LOG1M_SOFTMAX, x, axis, where, out, workers, fill=-0.0)


def loo_logsumexp(x, axis=-1, *, where=None, out=None, workers=None):
    return _call.map_rows(_LOO_LOGSUMEXP, x, axis, where, out, workers)


def logsumexp(x, axis=-1, *, keepdims=False, where=None, out=None, workers=None):
    return _call.reduce_rows(_LOGSUMEXP, x, axis, keepdims, where, out, workers)


def logsumexp_excluding_max(x, axis=-1, *, keepdims=False, where=None, out=None, workers=None):
    return _call.reduce_rows(_LOGSUMEXP_EXCLUDING_MAX, x, axis, keepdims, where, out, workers)


def logmeanexp(x, axis=-1, *, keepdims=False, where=None, out=None, workers=None):
    return _call.reduce_rows(_LOGMEANEXP, x, axis, keepdims, where, out, workers)
