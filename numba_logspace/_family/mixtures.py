"""The table: products of matrices, derivatives of weighted sums, gates between sets of classes."""

from .._cpu.engines import Weighing
from .._cpu.weigh import Formulas
from .._formulas import derivatives, losses, softsum
from .kinds import Function

# Of each set of labels.
_GATED = tuple(
    Weighing(
        Formulas(losses.prepare_cross_entropy, settle, element=losses.element_of_set),
        softsum.never,
        keeps=False,
    )
    for settle in (losses.settle_first_set, losses.settle_second_set)
)
_GATED_VJP = tuple(
    Weighing(
        Formulas(
            derivatives.prepare_by_max,
            settle,
            weigh=derivatives.weigh_log_softmax_vjp,
            sums=(1, 1),
            element=losses.element_of_set_vjp,
            result=losses.slope_of_set,
        ),
        softsum.never,
    )
    for settle in (losses.settle_first_set_vjp, losses.settle_second_set_vjp)
)

TABLE = (
    Function("logmatmulexp", "product", None, ulp=2),
    Function("logmatmulexp_vjp", "product vjp", None, ulp=8),
    Function("logmatmulexp_jvp", "product jvp", None, ulp=8),
    Function("weighted_logsumexp_vjp", "weighted vjp", None, ulp=2),
    Function("weighted_logsumexp_jvp", "weighted jvp", None, ulp=2),
    Function("gated_log_softmax", "gated", _GATED, ulp=4),
    Function("gated_log_softmax_vjp", "gated vjp", _GATED_VJP, ulp=8),
)
