"""Which engine each public function has inside jitted code."""

from typing import Any

from . import _overload_losses as overload_losses
from . import _overload_matrices as overload_matrices
from . import _overloads as overloads
from . import gradients, jacobians, losses, mixtures, rows, tangents

_MAPS = {
    rows.softmax: rows.SOFTMAX,
    rows.log_softmax: rows.LOG_SOFTMAX,
    rows.log1m_softmax: rows.LOG1M_SOFTMAX,
    rows.loo_logsumexp: rows.LOO_LOGSUMEXP,
}
_REDUCTIONS = {
    rows.logsumexp_excluding_max: rows.LOGSUMEXP_EXCLUDING_MAX,
    rows.logmeanexp: rows.LOGMEANEXP,
}
_VJPS = {
    gradients.softmax_vjp: gradients.SOFTMAX,
    gradients.log_softmax_vjp: gradients.LOG_SOFTMAX,
    gradients.log1m_softmax_vjp: gradients.LOG1M_SOFTMAX,
    gradients.loo_logsumexp_vjp: gradients.LOO_LOGSUMEXP,
}
_JVPS = {
    tangents.softmax_jvp: gradients.SOFTMAX,
    tangents.log_softmax_jvp: tangents.LOG_SOFTMAX,
    tangents.log1m_softmax_jvp: tangents.LOG1M_SOFTMAX,
    tangents.loo_logsumexp_jvp: tangents.LOO_LOGSUMEXP,
}

function: Any
engine: Any
for function, engine in _MAPS.items():
    overloads.register_map(function, engine)
for function, engine in _REDUCTIONS.items():
    overloads.register_reduction(function, engine)
overloads.register_logsumexp(rows.logsumexp, rows.LOGSUMEXP)
overloads.register_scan(rows.logcumsumexp, rows.SCAN)

for function, engine in _VJPS.items():
    overloads.register_vjp(function, engine)
for function, engine in _JVPS.items():
    overloads.register_jvp(function, engine)
for function in (gradients.logsumexp_vjp, gradients.logmeanexp_vjp):
    overloads.register_vjp_of_reduction(function, gradients.LOGSUMEXP)
for function in (tangents.logsumexp_jvp, tangents.logmeanexp_jvp):
    overloads.register_jvp_of_reduction(function, tangents.LOGSUMEXP)
overloads.register_vjp_of_reduction(
    gradients.logsumexp_excluding_max_vjp, gradients.LOGSUMEXP, without_max=True
)
overloads.register_jvp_of_reduction(
    tangents.logsumexp_excluding_max_jvp, tangents.LOGSUMEXP, without_max=True
)
overloads.register_value_and_vjp(
    gradients.log1m_softmax_value_and_vjp, gradients.LOG1M_SOFTMAX_BOTH
)
overloads.register_hvp(jacobians.log1m_softmax_hvp, jacobians.LOG1M_SOFTMAX_HVP)

for value, both, engines in (
    (losses.cross_entropy, losses.cross_entropy_value_and_grad, losses.CROSS_ENTROPY),
    (
        losses.softmax_binary_cross_entropy,
        losses.softmax_binary_cross_entropy_value_and_grad,
        losses.BINARY_CROSS_ENTROPY,
    ),
):
    overload_losses.register_loss(value, both, engines)
overload_losses.register_loss_of_weights(
    losses.complement_cross_entropy,
    losses.complement_cross_entropy_value_and_grad,
    losses.COMPLEMENT_CROSS_ENTROPY,
)

overload_matrices.register_jacobian(jacobians.log_softmax_jacobian, jacobians.LOG_SOFTMAX)
overload_matrices.register_jacobian(jacobians.log1m_softmax_jacobian, jacobians.LOG1M_SOFTMAX)
overload_matrices.register_product(mixtures.logmatmulexp)
