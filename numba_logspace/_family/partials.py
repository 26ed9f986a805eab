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


def _functions():
    # {name of a derivative: its entry}
    known = {function.name: function for function in TABLE}
    functions = {}
    for parent in TABLE:
        arguments = "".join(inspect.signature(parent.engine).parameters)
        if parent.name.startswith("log_mix_"):
            continue  # a derivative itself
        for order in ORDERS[arguments.replace("p", "x")]:
            name = f"{parent.name}_{order}"
            same = SAME.get(name, name)
            if same not in known:
                module = partials if hasattr(partials, same) else partials_of_several
                known[same] = Function(same, "elementwise", getattr(module, same), ulp=4)
            functions[name] = known[same]
    return functions


PARTIALS = _functions()
