"""Give every function of the family that runs in jitted code its overload."""

from functools import partial

from .._family import FAMILY
from . import (
    chains,
    derivatives,
    elementwise,
    entry_losses,
    losses,
    matrices,
    products,
    rows,
    segments,
)
from . import complex as of_complex

_REGISTER = {
    "map": partial(rows.register_map, of_complex=of_complex.complex_map),
    "scan": partial(rows.register_scan, of_complex=of_complex.complex_map),
    "reduction": partial(rows.register_reduction, of_complex=of_complex.complex_reduction),
    "vjp": derivatives.register_vjp,
    "vjp of a reduction": derivatives.register_vjp_of_reduction,
    "jvp": derivatives.register_jvp,
    "jvp of a reduction": derivatives.register_jvp_of_reduction,
    "vjp of a scan": derivatives.register_vjp_of_scan,
    "jvp of a scan": derivatives.register_jvp_of_scan,
    "value and vjp": derivatives.register_value_and_vjp,
    "hvp": derivatives.register_hvp,
    "hvp of a reduction": derivatives.register_hvp_of_reduction,
    "hvp of a loss": losses.register_hvp_of_loss,
    "hvp of class weights": losses.register_hvp_of_weights,
    "jacobian": matrices.register_jacobian,
    "loss": losses.register_loss,
    "loss and gradient": losses.register_loss_and_gradient,
    "class weights": losses.register_loss_of_weights,
    "class weights and gradient": losses.register_loss_of_weights_and_gradient,
    "entry loss": entry_losses.register_entry_loss,
    "entry loss and gradient": entry_losses.register_entry_loss_and_gradient,
    "product": matrices.register_product,
    "segment map": segments.register_segment_map,
    "segment reduction": segments.register_segment_reduction,
    "segment vjp": segments.register_segment_vjp,
    "segment vjp of a reduction": segments.register_segment_vjp,
    "product vjp": products.register_product_vjp,
    "product jvp": products.register_product_jvp,
    "chain": chains.register_chain,
    "elementwise": elementwise.register_ufunc,
}
# Their signatures are their own: they have weights besides.
_OWN = {
    "logsumexp": partial(rows.register_logsumexp, of_complex=of_complex.complex_reduction),
    "cross_entropy": losses.register_loss_with_classes,
    "cross_entropy_value_and_grad": losses.register_loss_with_classes_and_gradient,
}


def register(functions):
    """Register the overloads of public functions, {name: function}."""
    for entry in FAMILY.values():
        # An entry whose function is not written yet is no reason not to be imported.
        if entry.runs("jitted") and entry.name in functions:
            register_one = _OWN.get(entry.name) or _REGISTER[entry.kind]
            register_one(functions[entry.name], entry)
