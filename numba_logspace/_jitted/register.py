"""Give every function of the family that runs in jitted code its overload."""

from .._family import FAMILY
from . import (
    chains,
    derivatives,
    entry_losses,
    gated,
    losses,
    matrices,
    products,
    rows,
    segments,
    weighted,
    weighted_derivatives,
)
from .calls import register_call
from .elementwise import register_ufunc

_PLANS = {
    "map": rows.plan_map,
    "scan": rows.plan_map,
    "reduction": rows.plan_reduction,
    "vjp": derivatives.plan_entries,
    "vjp of a reduction": derivatives.plan_entries,
    "jvp": derivatives.plan_entries,
    "jvp of a reduction": derivatives.plan_rows,
    "vjp of a scan": derivatives.plan_scan,
    "jvp of a scan": derivatives.plan_scan,
    "value and vjp": derivatives.plan_both,
    "hvp": derivatives.plan_entries,
    "hvp of a reduction": derivatives.plan_entries,
    "hvp of a loss": losses.plan_hessian,
    "hvp of class weights": losses.plan_hessian,
    "hvp of an entry loss": entry_losses.plan_entry_hessian,
    "jacobian": matrices.plan_jacobian,
    "loss": losses.plan_loss,
    "loss and gradient": losses.plan_loss_and_gradient,
    "class weights": losses.plan_loss,
    "class weights and gradient": losses.plan_loss_and_gradient,
    "entry loss": entry_losses.plan_entry_loss,
    "entry loss and gradient": entry_losses.plan_entry_loss_and_gradient,
    "product": matrices.plan_product,
    "product vjp": products.plan_product_vjp,
    "product jvp": products.plan_product_jvp,
    "weighted vjp": weighted_derivatives.plan_vjp,
    "weighted jvp": weighted_derivatives.plan_jvp,
    "chain": chains.plan_chain,
    "segment map": segments.plan_segment_map,
    "segment reduction": segments.plan_segment_reduction,
    "segment vjp": segments.plan_segment_vjp,
    "segment vjp of a reduction": segments.plan_segment_vjp,
    "gated": gated.plan_values,
    "gated vjp": gated.plan_gradients,
}
# Functions that Numba knows by other means than a plan: register(function, entry).
_OVERLOADS = {"elementwise": register_ufunc}
# It has weights besides.
_OWN = {"logsumexp": weighted.plan_logsumexp}


def register(functions):
    """Register the overloads of public functions, {name: function}."""
    for entry in FAMILY.values():
        # An entry whose function is not written yet is no reason not to be imported.
        if not entry.runs("jitted") or entry.name not in functions:
            continue
        function = functions[entry.name]
        if entry.kind in _OVERLOADS:
            _OVERLOADS[entry.kind](function, entry)
        else:
            register_call(function, entry, _OWN.get(entry.name) or _PLANS[entry.kind])
