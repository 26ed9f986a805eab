"""The table: Hessians of logsumexp and of the losses, times a vector."""

from .._cpu.engines import Entries, Weighing
from .._cpu.weigh import Formulas
from .._formulas import bernoulli, curvature, derivatives, losses, softsum
from .derivatives import BY_OTHERS
from .kinds import Function

TABLE = (
    Function(
        "logsumexp_hvp",
        "hvp of a reduction",
        Weighing(
            Formulas(
                derivatives.prepare_by_max,
                curvature.settle_logsumexp_hvp,
                weigh=derivatives.weigh_by_share,
                sums=(1, 1),
                element=curvature.element_logsumexp_hvp,
            ),
            softsum.never,
        ),
        ulp=8,
        masked=(0.0,),
    ),
    Function(
        "cross_entropy_hvp",
        "hvp of a loss",
        Weighing(
            Formulas(
                derivatives.prepare_by_max,
                curvature.settle_cross_entropy_hvp,
                weigh=curvature.weigh_cross_entropy_hvp,
                sums=(2, 2),
                element=curvature.element_cross_entropy_hvp,
                admit=losses.probability_or_nan,
            ),
            softsum.never,
        ),
        ulp=8,
    ),
    Function(
        "softmax_binary_cross_entropy_hvp",
        "hvp of a loss",
        Weighing(
            Formulas(
                curvature.prepare_log1m_softmax_hvp,
                curvature.settle_binary_cross_entropy_hvp,
                weigh=curvature.weigh_binary_cross_entropy_hvp,
                sums=(6, 4),
                element=curvature.element_binary_cross_entropy_hvp,
                admit=losses.probability_or_nan,
            ),
            *BY_OTHERS,
        ),
        ulp=10,
    ),
    Function(
        "complement_cross_entropy_hvp",
        "hvp of class weights",
        Weighing(
            Formulas(
                curvature.prepare_log1m_softmax_hvp,
                curvature.settle_complement_cross_entropy_hvp,
                weigh=curvature.weigh_log1m_softmax_hvp,
                sums=(5, 3),
                element=curvature.element_complement_cross_entropy_hvp,
                admit=losses.weight_or_nan,
            ),
            *BY_OTHERS,
        ),
        ulp=10,
    ),
    Function(
        "sigmoid_binary_cross_entropy_hvp",
        "hvp of an entry loss",
        Entries(
            Formulas(
                bernoulli.prepare_entry,
                bernoulli.settle_entry_hvp,
                element=bernoulli.element_entry_hvp,
                admit=losses.weight_or_nan,
            ),
            softsum.never,
            keeps=False,
        ),
        ulp=8,
    ),
)
