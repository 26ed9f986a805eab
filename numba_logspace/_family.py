"""The table of the family: one entry for each public function; all else reads here what exists.

A kind says how a function is called and what it gives. The docstrings, the overloads in jitted
code, the device functions, the command line, the tables of the documentation, the tests and the
benchmarks go by the kinds and the names.
"""

import dataclasses
import functools
from typing import Any

from ._cpu import jacobian
from ._cpu.engines import Jacobian, Map, Reduction, Scan, Weighing, WeightedSum
from ._cpu.weigh import Formulas
from ._formulas import derivatives, elementwise, losses, softsum

# kind: (what has a number for each entry beside x, where else than on arrays of the CPU it runs)
KINDS = {
    "map": ((), {"jitted", "cuda", "device", "apply"}),
    "scan": ((), {"jitted", "cuda", "apply"}),
    "reduction": ((), {"jitted", "cuda", "device", "apply"}),
    "vjp": (("g",), {"jitted", "cuda", "device"}),
    "vjp of a reduction": ((), {"jitted", "cuda"}),
    "jvp": (("t",), {"jitted", "cuda"}),
    "jvp of a reduction": (("t",), {"jitted", "cuda"}),
    "value and vjp": (("g",), {"jitted", "cuda"}),
    "hvp": (("g", "t"), {"jitted", "cuda"}),
    "jacobian": ((), {"jitted"}),
    "loss": (("targets",), {"jitted", "cuda"}),
    "loss and gradient": (("targets",), {"jitted", "cuda"}),
    "class weights": (("weights",), {"jitted", "cuda"}),
    "class weights and gradient": (("weights",), {"jitted", "cuda"}),
    "elementwise": ((), {"jitted", "device"}),
    "product": ((), {"jitted"}),
    "gated": ((), set()),
    "gated vjp": ((), set()),
}


@dataclasses.dataclass(frozen=True, eq=False)
class Function:
    """A public function: its name and kind, what computes it, and the error it may have.

    `engine` is an engine of `_cpu`, from whose formulas those of CUDA and of jitted code are made;
    of an elementwise function the formula itself, of gates one for each set. `ulp` is the bound of
    the error, in the units that the docstring says. `masked` is what masked entries of each result
    become, None where the engine sees to it. `without_max` leaves the first maximum of each row
    out as if it were masked. `operands` are the names of the arguments that have a number for each
    entry beside x.
    """

    name: str
    kind: str
    engine: Any
    ulp: int
    masked: tuple = ()
    without_max: bool = False
    operands: tuple = dataclasses.field(init=False)

    def __post_init__(self):
        # A property would be a step of every call. A kind that is missing, a test tells of.
        object.__setattr__(self, "operands", KINDS.get(self.kind, ((),))[0])

    @functools.cached_property
    def parts(self):
        """A function for each of several engines."""
        return [dataclasses.replace(self, engine=engine) for engine in self.engine]

    @functools.cached_property
    def gives_gradient(self):
        """Whether a loss comes with its gradient."""
        return self.kind.endswith("gradient")

    def runs(self, place):
        """Whether it is there in jitted code, on CUDA arrays, as a device function, in apply."""
        return place in KINDS[self.kind][1]


def named(*kinds):
    """The names of all functions of these kinds."""
    return [f.name for f in FAMILY.values() if f.kind in kinds]


# --- engines that have several functions, or several parts ---------------------------------------

_BY_OTHERS = derivatives.where_others_are_small, "without max"

_SOFTMAX_VJP = Weighing(
    Formulas(
        derivatives.prepare_by_max,
        derivatives.settle_shares,
        weigh=derivatives.weigh_by_share,
        sums=(1, 1),
        element=derivatives.element_softmax_vjp,
    ),
    softsum.never,
)
_LOGSUMEXP_VJP = Weighing(
    Formulas(
        derivatives.prepare_by_max,
        derivatives.settle_with_number,
        element=derivatives.element_logsumexp_vjp,
    ),
    softsum.never,
)
_LOGSUMEXP_JVP = Weighing(
    Formulas(
        derivatives.prepare_by_max,
        derivatives.settle_logsumexp_jvp,
        weigh=derivatives.weigh_by_share,
        sums=(1, 1),
        result=derivatives.first_number,
    ),
    softsum.never,
)


def _loss(prepare, weigh, settle, admit, *condition):
    formulas = Formulas(
        prepare,
        settle,
        weigh=weigh,
        sums=(1, 0),
        result=derivatives.first_number,
        admit=admit,
    )
    return Weighing(formulas, *condition)


def _loss_and_gradient(prepare, weigh, settle, sums, element, admit, *condition):
    formulas = Formulas(
        prepare,
        settle,
        weigh=weigh,
        sums=sums,
        element=element,
        result=losses.last_number,
        admit=admit,
    )
    return Weighing(formulas, *condition)


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

# logsumexp with weights, which has a bound and an engine of its own.
WEIGHTED_LOGSUMEXP = Function("weighted_logsumexp", "reduction", WeightedSum(), ulp=4)

# The elementwise functions, whose formulas have their names, by the bounds of their errors.
# fmt: off
_WITHIN_4_ULP = (
    "log1mexp", "log1pexp", "logistic", "logit", "log_sigmoid", "log1m_sigmoid", "xlogy",
    "xlog1py", "log2mexp", "log1pmx", "logmxp1", "logcosh", "cexpexp", "xlogx",
    "log_inv_logit_diff", "log1psq", "entr", "rel_entr", "kl_div", "log_mix_dx", "log_mix_dy",
    "log_mix_dt",
)
_WITHIN_2_ULP = (
    "logaddexp", "logsubexp", "logexpm1", "logitexp", "cloglog", "log_mix",
)
# fmt: on

# --- the table -----------------------------------------------------------------------------------

_TABLE = (
    Function(
        "softmax",
        "map",
        Map(softsum.prepare_softmax, softsum.element_softmax, softsum.never),
        ulp=4,
        masked=(0.0,),
    ),
    Function(
        "log_softmax",
        "map",
        Map(softsum.prepare_log_softmax, softsum.element_log_softmax, softsum.never, keeps=False),
        ulp=4,
        masked=(-float("inf"),),
    ),
    Function(
        "log1m_softmax",
        "map",
        Map(
            softsum.prepare_log1m_softmax,
            softsum.element_log1m_softmax,
            softsum.where_sum_vanishes,
            "without max",
        ),
        ulp=4,
        masked=(-0.0,),
    ),
    Function(
        "loo_logsumexp",
        "map",
        Map(
            softsum.prepare_loo_logsumexp,
            softsum.element_loo_logsumexp,
            softsum.always,
            "without max",
        ),
        ulp=4,
    ),
    Function("logcumsumexp", "scan", Scan(), ulp=4),
    Function("logsumexp", "reduction", Reduction(softsum.reduce_logsumexp, softsum.never), ulp=4),
    Function(
        "logsumexp_excluding_max",
        "reduction",
        Reduction(softsum.reduce_logsumexp_excluding_max, softsum.always, "without max"),
        ulp=4,
    ),
    Function(
        "logmeanexp",
        "reduction",
        Reduction(softsum.reduce_logmeanexp, softsum.where_mean_near_max, "shortfall", counts=True),
        ulp=4,
    ),
    # --- VJPs
    Function("softmax_vjp", "vjp", _SOFTMAX_VJP, ulp=8, masked=(0.0,)),
    Function(
        "log_softmax_vjp",
        "vjp",
        Weighing(
            Formulas(
                derivatives.prepare_by_max,
                derivatives.settle_log_softmax_vjp,
                weigh=derivatives.weigh_log_softmax_vjp,
                sums=(1, 1),
                element=derivatives.element_log_softmax_vjp,
            ),
            softsum.never,
        ),
        ulp=8,
        masked=(0.0,),
    ),
    Function(
        "log1m_softmax_vjp",
        "vjp",
        Weighing(
            Formulas(
                derivatives.prepare_by_odds,
                derivatives.settle_odds,
                weigh=derivatives.weigh_by_odds,
                sums=(1, 1),
                element=derivatives.element_log1m_softmax_vjp,
            ),
            *_BY_OTHERS,
        ),
        ulp=8,
        masked=(0.0,),
    ),
    Function(
        "loo_logsumexp_vjp",
        "vjp",
        Weighing(
            Formulas(
                derivatives.prepare_by_odds,
                derivatives.settle_with_error,
                weigh=derivatives.weigh_loo_logsumexp_vjp,
                sums=(1, 1),
                element=derivatives.element_loo_logsumexp_vjp,
            ),
            *_BY_OTHERS,
        ),
        ulp=8,
        masked=(0.0,),
    ),
    Function(
        "log1m_softmax_value_and_vjp",
        "value and vjp",
        Weighing(
            Formulas(
                derivatives.prepare_value_and_odds,
                derivatives.settle_value_and_odds,
                weigh=derivatives.weigh_by_odds,
                sums=(1, 1),
                element=derivatives.element_log1m_softmax_value_and_vjp,
            ),
            *_BY_OTHERS,
        ),
        ulp=8,
        masked=(-0.0, 0.0),
    ),
    Function("logsumexp_vjp", "vjp of a reduction", _LOGSUMEXP_VJP, ulp=4, masked=(0.0,)),
    Function(
        "logsumexp_excluding_max_vjp",
        "vjp of a reduction",
        _LOGSUMEXP_VJP,
        ulp=4,
        masked=(0.0,),
        without_max=True,
    ),
    Function("logmeanexp_vjp", "vjp of a reduction", _LOGSUMEXP_VJP, ulp=4, masked=(0.0,)),
    # --- JVPs; the Jacobian of softmax is symmetric
    Function("softmax_jvp", "jvp", _SOFTMAX_VJP, ulp=8, masked=(0.0,)),
    Function(
        "log_softmax_jvp",
        "jvp",
        Weighing(
            Formulas(
                derivatives.prepare_by_max,
                derivatives.settle_shares,
                weigh=derivatives.weigh_by_share,
                sums=(1, 1),
                element=derivatives.element_log_softmax_jvp,
            ),
            softsum.never,
        ),
        ulp=8,
        masked=(0.0,),
    ),
    Function(
        "log1m_softmax_jvp",
        "jvp",
        Weighing(
            Formulas(
                derivatives.prepare_by_odds,
                derivatives.settle_log1m_softmax_jvp,
                weigh=derivatives.weigh_by_reference,
                sums=(1, 1),
                element=derivatives.element_log1m_softmax_jvp,
            ),
            *_BY_OTHERS,
        ),
        ulp=8,
        masked=(0.0,),
    ),
    Function(
        "loo_logsumexp_jvp",
        "jvp",
        Weighing(
            Formulas(
                derivatives.prepare_by_odds,
                derivatives.settle_loo_logsumexp_jvp,
                weigh=derivatives.weigh_by_reference,
                sums=(1, 1),
                element=derivatives.element_loo_logsumexp_jvp,
            ),
            *_BY_OTHERS,
        ),
        ulp=8,
    ),
    Function("logsumexp_jvp", "jvp of a reduction", _LOGSUMEXP_JVP, ulp=8),
    Function(
        "logsumexp_excluding_max_jvp",
        "jvp of a reduction",
        _LOGSUMEXP_JVP,
        ulp=8,
        without_max=True,
    ),
    Function("logmeanexp_jvp", "jvp of a reduction", _LOGSUMEXP_JVP, ulp=8),
    # --- Jacobians and second derivatives
    Function(
        "log_softmax_jacobian",
        "jacobian",
        Jacobian(jacobian.log_softmax_rows, derivatives.prepare_by_max, softsum.never),
        ulp=4,
    ),
    Function(
        "log1m_softmax_jacobian",
        "jacobian",
        Jacobian(jacobian.log1m_softmax_rows, derivatives.prepare_by_odds, *_BY_OTHERS),
        ulp=4,
    ),
    Function(
        "log1m_softmax_hvp",
        "hvp",
        Weighing(
            Formulas(
                derivatives.prepare_by_odds,
                derivatives.settle_log1m_softmax_hvp,
                weigh=derivatives.weigh_log1m_softmax_hvp,
                sums=(4, 2),
                element=derivatives.element_log1m_softmax_hvp,
            ),
            *_BY_OTHERS,
        ),
        ulp=8,
        masked=(0.0,),
    ),
    # --- losses, each alone and with its gradient
    Function(
        "cross_entropy",
        "loss",
        _loss(
            losses.prepare_cross_entropy,
            losses.weigh_cross_entropy,
            losses.settle_loss,
            losses.probability_or_nan,
            softsum.never,
        ),
        ulp=4,
    ),
    Function(
        "cross_entropy_value_and_grad",
        "loss and gradient",
        _loss_and_gradient(
            losses.prepare_cross_entropy_gradient,
            losses.weigh_cross_entropy_gradient,
            losses.settle_cross_entropy_gradient,
            (2, 1),
            losses.element_cross_entropy_gradient,
            losses.probability_or_nan,
            softsum.never,
        ),
        ulp=8,
    ),
    Function(
        "softmax_binary_cross_entropy",
        "loss",
        _loss(
            losses.prepare_binary_cross_entropy,
            losses.weigh_binary_cross_entropy,
            losses.settle_loss_of_odds,
            losses.probability_or_nan,
            *_BY_OTHERS,
        ),
        ulp=4,
    ),
    Function(
        "softmax_binary_cross_entropy_value_and_grad",
        "loss and gradient",
        _loss_and_gradient(
            losses.prepare_binary_cross_entropy,
            losses.weigh_binary_cross_entropy_gradient,
            losses.settle_binary_cross_entropy_gradient,
            (3, 2),
            losses.element_binary_cross_entropy_gradient,
            losses.probability_or_nan,
            *_BY_OTHERS,
        ),
        ulp=8,
    ),
    Function(
        "complement_cross_entropy",
        "class weights",
        _loss(
            derivatives.prepare_value_and_odds,
            losses.weigh_complement_cross_entropy,
            losses.settle_loss_of_odds,
            losses.weight_or_nan,
            *_BY_OTHERS,
        ),
        ulp=4,
    ),
    Function(
        "complement_cross_entropy_value_and_grad",
        "class weights and gradient",
        _loss_and_gradient(
            derivatives.prepare_value_and_odds,
            losses.weigh_complement_cross_entropy_gradient,
            losses.settle_complement_cross_entropy_gradient,
            (2, 1),
            losses.element_complement_cross_entropy_gradient,
            losses.weight_or_nan,
            *_BY_OTHERS,
        ),
        ulp=8,
    ),
    # --- mixtures
    Function("logmatmulexp", "product", None, ulp=2),
    Function("gated_log_softmax", "gated", _GATED, ulp=4),
    Function("gated_log_softmax_vjp", "gated vjp", _GATED_VJP, ulp=8),
    # --- elementwise
    *(Function(name, "elementwise", getattr(elementwise, name), 4) for name in _WITHIN_4_ULP),
    *(Function(name, "elementwise", getattr(elementwise, name), 2) for name in _WITHIN_2_ULP),
)

FAMILY = {function.name: function for function in _TABLE}
