"""The table: derivatives of values, that is VJPs, JVPs, Jacobians and second derivatives."""

from .._cpu import jacobian, scan_derivatives
from .._cpu.engines import Jacobian, MomentDerivative, ScanDerivative, Weighing
from .._cpu.weigh import Formulas
from .._formulas import curvature, derivatives, jacobians, light, softsum, variance
from .kinds import Function

# When derivatives look at the row without its maximum: an engine's condition, and what to look at.
BY_OTHERS = derivatives.where_others_are_small, "without max"

_SOFTMAX_VJP = Weighing(
    Formulas(
        derivatives.prepare_by_max,
        derivatives.settle_shares,
        weigh=derivatives.weigh_by_share,
        sums=(1, 1),
        element=derivatives.element_softmax_vjp,
        light=light.SOFTMAX_VJP,
    ),
    softsum.never,
)
_LOGSUMEXP_VJP = Weighing(
    Formulas(
        derivatives.prepare_by_max,
        derivatives.settle_with_number,
        element=derivatives.element_logsumexp_vjp,
        light=light.LOGSUMEXP_VJP,
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
        light=light.LOGSUMEXP_JVP,
    ),
    softsum.never,
)

_OF_VARIANCE = softsum.where_mean_near_max, "shortfall"

TABLE = (
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
                light=light.LOG_SOFTMAX_VJP,
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
                light=light.LOG1M_SOFTMAX_VJP,
            ),
            *BY_OTHERS,
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
            *BY_OTHERS,
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
                light=light.LOG1M_SOFTMAX_VALUE_AND_VJP,
            ),
            *BY_OTHERS,
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
    Function(
        "logvarexp_vjp",
        "vjp of a reduction",
        MomentDerivative(
            Formulas(
                variance.prepare_variance,
                variance.settle_variance_vjp,
                weigh=variance.weigh_variance,
                sums=(1, 0),
                element=variance.element_variance_vjp,
            ),
            *_OF_VARIANCE,
        ),
        ulp=8,
        masked=(0.0,),
    ),
    Function(
        "logcumsumexp_vjp",
        "vjp of a scan",
        ScanDerivative(scan_derivatives.gradient_rows),
        ulp=8,
        masked=(0.0,),
    ),
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
                light=light.LOG_SOFTMAX_JVP,
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
                light=light.LOG1M_SOFTMAX_JVP,
            ),
            *BY_OTHERS,
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
            *BY_OTHERS,
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
    Function(
        "logvarexp_jvp",
        "jvp of a reduction",
        MomentDerivative(
            Formulas(
                variance.prepare_variance,
                variance.settle_variance_jvp,
                weigh=variance.weigh_variance_jvp,
                sums=(2, 0),
                result=derivatives.first_number,
            ),
            *_OF_VARIANCE,
        ),
        ulp=8,
    ),
    Function(
        "logcumsumexp_jvp", "jvp of a scan", ScanDerivative(scan_derivatives.tangent_rows), ulp=8
    ),
    # --- Jacobians and second derivatives
    Function(
        "log_softmax_jacobian",
        "jacobian",
        Jacobian(
            jacobian.log_softmax_rows,
            jacobians.OF_LOG_SOFTMAX,
            derivatives.prepare_by_max,
            softsum.never,
        ),
        ulp=4,
    ),
    Function(
        "log1m_softmax_jacobian",
        "jacobian",
        Jacobian(
            jacobian.log1m_softmax_rows,
            jacobians.OF_LOG1M_SOFTMAX,
            derivatives.prepare_by_odds,
            *BY_OTHERS,
        ),
        ulp=4,
    ),
    Function(
        "log1m_softmax_hvp",
        "hvp",
        Weighing(
            Formulas(
                curvature.prepare_log1m_softmax_hvp,
                curvature.settle_log1m_softmax_hvp,
                weigh=curvature.weigh_log1m_softmax_hvp,
                sums=(5, 3),
                element=curvature.element_log1m_softmax_hvp,
            ),
            *BY_OTHERS,
        ),
        ulp=10,
        masked=(0.0,),
    ),
)
