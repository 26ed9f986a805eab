"""The table: the elementwise functions, whose formulas have their names, complex ones too."""

from .._formulas import complex_elementwise, complex_sums, elementwise
from .kinds import Function

# By the bounds of their errors.
# fmt: off
WITHIN_4_ULP = (
    "log1mexp", "log1pexp", "logistic", "logit", "log_sigmoid", "log1m_sigmoid", "xlogy",
    "xlog1py", "log2mexp", "log1pmx", "logmxp1", "logcosh", "cexpexp", "xlogx",
    "log_inv_logit_diff", "log1psq", "entr", "rel_entr", "kl_div", "log_mix_dx", "log_mix_dy",
    "log_mix_dt",
)
WITHIN_2_ULP = (
    "logaddexp", "logsubexp", "logexpm1", "logitexp", "cloglog", "log_mix",
)
# fmt: on


def _entry(name, ulp):
    of_complex = getattr(complex_elementwise, name, None) or getattr(complex_sums, name, None)
    return Function(name, "elementwise", getattr(elementwise, name), ulp, of_complex=of_complex)


TABLE = tuple(
    _entry(name, ulp) for names, ulp in ((WITHIN_4_ULP, 4), (WITHIN_2_ULP, 2)) for name in names
)
