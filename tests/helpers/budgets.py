"""The error that each public function may have, in units in the last place.

Where results near zero are ill-conditioned, the unit is the spacing at a larger magnitude: at the
largest entry that goes into the sum (`logsumexp` and its kin), or at the sum of the absolute
terms of a gradient.
"""

from numba_logspace._family import FAMILY, WEIGHTED_LOGSUMEXP

_GRADIENT = "_value_and_grad"  # the gradient of a loss is held to the bound of both

BUDGETS = {name: function.ulp for name, function in FAMILY.items()}
BUDGETS[WEIGHTED_LOGSUMEXP.name] = WEIGHTED_LOGSUMEXP.ulp
BUDGETS |= {
    f"{name.removesuffix(_GRADIENT)}_gradient": function.ulp
    for name, function in FAMILY.items()
    if name.endswith(_GRADIENT) and not function.kind.startswith(("chain", "entry loss"))
}
