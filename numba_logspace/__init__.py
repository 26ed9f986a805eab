"""Log-space numerics for NumPy arrays, exact to a few units in the last place."""

from ._cpu.workers import set_workers
from ._interop.register import register as _register_takers
from ._jitted.register import register as _register
from .chains import (
    hmm_backward,
    hmm_forward,
    hmm_loglikelihood,
    hmm_loglikelihood_value_and_grad,
    hmm_posterior,
    hmm_viterbi,
)
from .elementwise import (
    cexpexp,
    cloglog,
    entr,
    kl_div,
    log1m_sigmoid,
    log1mexp,
    log1pexp,
    log1pmx,
    log1psq,
    log2mexp,
    log_inv_logit_diff,
    log_mix,
    log_mix_dt,
    log_mix_dx,
    log_mix_dy,
    log_sigmoid,
    logaddexp,
    logcosh,
    logexpm1,
    logistic,
    logit,
    logitexp,
    logmxp1,
    logsubexp,
    rel_entr,
    xlog1py,
    xlogx,
    xlogy,
)
from .gated import gated_log_softmax, gated_log_softmax_vjp
from .gradients import (
    log1m_softmax_value_and_vjp,
    log1m_softmax_vjp,
    log_softmax_vjp,
    logcumsumexp_vjp,
    logmeanexp_vjp,
    logsumexp_excluding_max_vjp,
    logsumexp_vjp,
    loo_logsumexp_vjp,
    softmax_vjp,
    weighted_logsumexp_vjp,
)
from .jacobians import (
    complement_cross_entropy_hvp,
    cross_entropy_hvp,
    log1m_softmax_hvp,
    log1m_softmax_jacobian,
    log_softmax_jacobian,
    logsumexp_hvp,
    softmax_binary_cross_entropy_hvp,
)
from .losses import (
    complement_cross_entropy,
    complement_cross_entropy_value_and_grad,
    cross_entropy,
    cross_entropy_value_and_grad,
    sigmoid_binary_cross_entropy,
    sigmoid_binary_cross_entropy_value_and_grad,
    softmax_binary_cross_entropy,
    softmax_binary_cross_entropy_value_and_grad,
)
from .mixtures import logmatmulexp, logmatmulexp_jvp, logmatmulexp_vjp
from .rows import (
    log1m_softmax,
    log_softmax,
    logcumsumexp,
    logmeanexp,
    logsumexp,
    logsumexp_excluding_max,
    logvarexp,
    loo_logsumexp,
    softmax,
)
from .segments import (
    segment_log1m_softmax,
    segment_log1m_softmax_vjp,
    segment_log_softmax,
    segment_log_softmax_vjp,
    segment_logsumexp,
    segment_logsumexp_vjp,
    segment_softmax,
    segment_softmax_vjp,
)
from .tangents import (
    log1m_softmax_jvp,
    log_softmax_jvp,
    logcumsumexp_jvp,
    logmeanexp_jvp,
    logsumexp_excluding_max_jvp,
    logsumexp_jvp,
    loo_logsumexp_jvp,
    softmax_jvp,
    weighted_logsumexp_jvp,
)

__all__ = [
    "cexpexp",
    "cloglog",
    "complement_cross_entropy",
    "complement_cross_entropy_hvp",
    "complement_cross_entropy_value_and_grad",
    "cross_entropy",
    "cross_entropy_hvp",
    "cross_entropy_value_and_grad",
    "entr",
    "gated_log_softmax",
    "gated_log_softmax_vjp",
    "hmm_backward",
    "hmm_forward",
    "hmm_loglikelihood",
    "hmm_loglikelihood_value_and_grad",
    "hmm_posterior",
    "hmm_viterbi",
    "kl_div",
    "log1m_sigmoid",
    "log1m_softmax",
    "log1m_softmax_hvp",
    "log1m_softmax_jacobian",
    "log1m_softmax_jvp",
    "log1m_softmax_value_and_vjp",
    "log1m_softmax_vjp",
    "log1mexp",
    "log1pexp",
    "log1pmx",
    "log1psq",
    "log2mexp",
    "log_inv_logit_diff",
    "log_mix",
    "log_mix_dt",
    "log_mix_dx",
    "log_mix_dy",
    "log_sigmoid",
    "log_softmax",
    "log_softmax_jacobian",
    "log_softmax_jvp",
    "log_softmax_vjp",
    "logaddexp",
    "logcosh",
    "logcumsumexp",
    "logcumsumexp_jvp",
    "logcumsumexp_vjp",
    "logexpm1",
    "logistic",
    "logit",
    "logitexp",
    "logmatmulexp",
    "logmatmulexp_jvp",
    "logmatmulexp_vjp",
    "logmeanexp",
    "logmeanexp_jvp",
    "logmeanexp_vjp",
    "logmxp1",
    "logsubexp",
    "logsumexp",
    "logsumexp_excluding_max",
    "logsumexp_excluding_max_jvp",
    "logsumexp_excluding_max_vjp",
    "logsumexp_hvp",
    "logsumexp_jvp",
    "logsumexp_vjp",
    "logvarexp",
    "loo_logsumexp",
    "loo_logsumexp_jvp",
    "loo_logsumexp_vjp",
    "rel_entr",
    "segment_log1m_softmax",
    "segment_log1m_softmax_vjp",
    "segment_log_softmax",
    "segment_log_softmax_vjp",
    "segment_logsumexp",
    "segment_logsumexp_vjp",
    "segment_softmax",
    "segment_softmax_vjp",
    "set_workers",
    "sigmoid_binary_cross_entropy",
    "sigmoid_binary_cross_entropy_value_and_grad",
    "softmax",
    "softmax_binary_cross_entropy",
    "softmax_binary_cross_entropy_hvp",
    "softmax_binary_cross_entropy_value_and_grad",
    "softmax_jvp",
    "softmax_vjp",
    "weighted_logsumexp_jvp",
    "weighted_logsumexp_vjp",
    "xlog1py",
    "xlogx",
    "xlogy",
]

_register(globals())
_register_takers(globals())


def __getattr__(name: str) -> object:
    # What most programs never ask for, and takes time to import or to look up.
    if name == "partials":
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    if name == "__version__":
        globals()[name] = _version()
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version(__name__)
    except metadata.PackageNotFoundError:  # not installed, but found on the path
        return "unknown"
