"""The table of derivatives: the first and second ones of each elementwise function, by name.

It follows from that of the elementwise functions. Where a derivative is a function that exists, its
name stands for that very function.
"""

import inspect

from .._formulas import partials, partials_of_several
from .elementwise import TABLE
from .kinds import Function

# By the arguments of the function.
ORDERS = {
    "x": ("dx", "dxx"),
    "xy": ("dx", "dy", "dxx", "dxy", "dyy"),
    "txy": ("dt", "dx", "dy", "dtt", "dtx", "dty", "dxx", "dxy", "dyy"),
}
SAME = {
    "log1pexp_dx": "logistic",
    "log1pexp_dxx": "logistic_dx",
    "log1m_sigmoid_dxx": "log_sigmoid_dxx",
    "logaddexp_dyy": "logaddexp_dxx",
    "logsubexp_dyy": "logsubexp_dxx",
    "log_inv_logit_diff_dxy": "logsubexp_dxy",
    "kl_div_dxx": "rel_entr_dxx",
    "kl_div_dxy": "rel_entr_dxy",
    "kl_div_dyy": "rel_entr_dyy",
    "log_mix_dtx": "log_mix_dxx",
    "log_mix_dty": "log_mix_dxy",
    "log_mix_dyy": "log_mix_dxx",
}
# Those whose error is bounded by 2 ulp; of all others it is 4.
# fmt: off
EXACT_TO_2_ULP = {
    "logit_dx", "xlogy_dx", "xlogy_dy", "xlogy_dxx", "xlogy_dxy", "xlogy_dyy", "xlog1py_dx",
    "xlog1py_dy", "xlog1py_dxx", "xlog1py_dxy", "log1pmx_dx", "log1pmx_dxx", "logmxp1_dx",
    "logmxp1_dxx", "logcosh_dx", "xlogx_dx", "xlogx_dxx", "log1psq_dx", "entr_dx", "entr_dxx",
    "rel_entr_dy", "rel_entr_dxx", "rel_entr_dxy", "rel_entr_dyy", "kl_div_dx", "kl_div_dy",
    "logsubexp_dx", "logexpm1_dx", "logitexp_dx", "cloglog_dx",
}
# fmt: on

_FORMULAS = {**vars(partials_of_several), **vars(partials)}


def _functions():
    # {name of a derivative: its entry}
    known = {function.name: function for function in TABLE}
    functions = {}
    for parent in TABLE:
        arguments = "".join(inspect.signature(parent.engine).parameters)
        if parent.name.startswith("log_mix_"):
            continue  # a derivative itself
        for order in ORDERS.get(arguments.replace("p", "x"), ()):
            name = f"{parent.name}_{order}"
            same = SAME.get(name, name)
            # One that is not written yet, a test tells of.
            formula = _FORMULAS.get(same)
            if same not in known and formula:
                known[same] = Function(
                    same, "elementwise", formula, ulp=2 if same in EXACT_TO_2_ULP else 4
                )
            if same in known:
                functions[name] = known[same]
    return functions


PARTIALS = _functions()
