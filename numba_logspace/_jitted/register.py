"""Give every function of the family that runs in jitted code its overload."""

from .._family import FAMILY
from . import derivatives, elementwise, entry_losses, losses, matrices, rows

_REGISTER = {
    "map": rows.register_map,
    "scan": rows.register_scan,
    "reduction": rows.register_reduction,
    "vjp": derivatives.register_vjp,
    "vjp of a reduction": derivatives.register_vjp_of_reduction,
    "jvp": derivatives.register_jvp,
    "jvp of a reduction": derivatives.register_jvp_of_reduction,
    "value and vjp": derivatives.register_value_and_vjp,
    "hvp": derivatives.register_hvp,
    "jacobian": matrices.register_jacobian,
    "loss": losses.register_loss,
    "loss and gradient": losses.register_loss_and_gradient,
    "class weights": losses.register_loss_of_weights,
    "class weights and gradient": losses.register_loss_of_weights_and_gradient,
    "entry loss": entry_losses.register_entry_loss,
    "entry loss and gradient": entry_losses.register_entry_loss_and_gradient,
    "product": matrices.register_product,
    "elementwise": elementwise.register_ufunc,
}
# Their signatures are their own: they have weights besides.
_OWN = {
    "logsumexp": rows.register_logsumexp,
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
