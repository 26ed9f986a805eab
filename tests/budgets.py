"""The error that each public function may have, in units in the last place.

Where results near zero are ill-conditioned, the unit is the spacing at a larger magnitude: at the
largest entry that goes into the sum (`logsumexp` and its kin), or at the sum of the absolute
terms of a gradient.
"""

BUDGETS = {
    "softmax": 4,
    "log_softmax": 4,
    "log1m_softmax": 4,
    "loo_logsumexp": 2,
    "logcumsumexp": 2,
    "logsumexp": 2,
    "weighted_logsumexp": 2,
    "logsumexp_excluding_max": 2,
    "logmeanexp": 2,
    "logmatmulexp": 2,
    "log_softmax_vjp": 8,
    "log1m_softmax_vjp": 8,
    "log1m_softmax_jacobian": 4,
    "log1mexp": 4,
    "log1pexp": 4,
    "logaddexp": 2,
    "logsubexp": 2,
    "logistic": 4,
    "logit": 4,
    "log_sigmoid": 4,
    "log1m_sigmoid": 4,
    "xlogy": 4,
    "xlog1py": 4,
    "log_mix": 2,
    "log_mix_dt": 4,
    "log_mix_dx": 4,
    "log_mix_dy": 4,
}
