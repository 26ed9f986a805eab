"""The table: values of rows, that is maps, the running sum and reductions."""

from .._cpu import complex as of_complex
from .._cpu.engines import Map, Moment, Reduction, Scan, WeightedSum
from .._cpu.weigh import Formulas
from .._formulas import derivatives, small_shares, softsum, variance
from .kinds import Function

# logsumexp with weights, which has a bound and an engine of its own.
WEIGHTED_LOGSUMEXP = Function(
    "weighted_logsumexp",
    "reduction",
    WeightedSum(),
    ulp=4,
    of_complex=of_complex.logsumexp,
)

TABLE = (
    Function(
        "softmax",
        "map",
        Map(
            softsum.prepare_softmax,
            softsum.element_softmax,
            softsum.never,
            light=(small_shares.prepare_light_softmax, small_shares.light_softmax),
        ),
        ulp=4,
        masked=(0.0,),
        of_complex=of_complex.softmax,
    ),
    Function(
        "log_softmax",
        "map",
        Map(softsum.prepare_log_softmax, softsum.element_log_softmax, softsum.never, keeps=False),
        ulp=4,
        masked=(-float("inf"),),
        of_complex=of_complex.log_softmax,
    ),
    Function(
        "log1m_softmax",
        "map",
        Map(
            softsum.prepare_log1m_softmax,
            softsum.element_log1m_softmax,
            softsum.where_sum_vanishes,
            "without max",
            lighter=(softsum.where_shares_are_small, softsum.element_log1m_softmax_of_small),
            light=(small_shares.prepare_light_log1m_softmax, small_shares.light_log1m_softmax),
        ),
        ulp=4,
        masked=(-0.0,),
        of_complex=of_complex.log1m_softmax,
    ),
    Function(
        "loo_logsumexp",
        "map",
        Map(
            softsum.prepare_loo_logsumexp,
            softsum.element_loo_logsumexp,
            softsum.always,
            "without max",
            keeps=False,
            light=(small_shares.prepare_light_loo_logsumexp, small_shares.light_loo_logsumexp),
            beside=True,
        ),
        ulp=8,
    ),
    Function("logcumsumexp", "scan", Scan(), ulp=8, of_complex=of_complex.logcumsumexp),
    Function(
        "logsumexp",
        "reduction",
        Reduction(softsum.reduce_logsumexp, softsum.never),
        ulp=4,
        of_complex=of_complex.logsumexp,
    ),
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
        ulp=8,
        of_complex=of_complex.logmeanexp,
    ),
    Function(
        "logvarexp",
        "reduction",
        Moment(
            Formulas(
                variance.prepare_variance,
                variance.settle_variance,
                weigh=variance.weigh_variance,
                sums=(1, 0),
                result=derivatives.first_number,
            ),
            softsum.where_mean_near_max,
            "shortfall",
        ),
        ulp=4,
    ),
)
