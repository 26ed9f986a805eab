"""The partial derivatives of the elementwise functions."""


def _of_logistic(p):
    return p.map("logistic", p.x) * p.map("logistic", -p.x)


def _differ(p, x, number):
    # By the function, since not all libraries have the operator.
    return p.xp.not_equal(x, number)


def _log(p, y, x):
    # As PyTorch has it: where x log(y) is 0 by convention, so is this.
    return p.xp.where(_differ(p, x, 0) | _differ(p, y, 0), p.xp.log(y), 0)


def _over(p, y):
    # x / y, and 0 where both are; that it is 0 where x is must not make its derivative 0 too.
    return p.x / p.xp.where(_differ(p, p.x, 0) | _differ(p, y, 0), y, 1)


def _both_shares(p):
    return p.map("log_mix_dx", *p.arrays) * p.map("log_mix_dy", *p.arrays)


def _log_mix_dt_by_t(p):
    # With a the share of x: a (1 - a) - s (1 - s) = (a - s) (1 - a - s).
    rest = p.map("log_mix_dy", *p.arrays) - p.map("logistic", p["t"])
    return p.map("log_mix_dt", *p.arrays) * rest


def _of_shares(sign):
    return {
        "t": lambda p: sign * _both_shares(p),
        "x": lambda p: sign * _both_shares(p),
        "y": lambda p: -sign * _both_shares(p),
    }


def _share(name):
    # Of equal weights; the difference is taken without rounding.
    return lambda p: p.map(name, p.xp.zeros_like(p.x), p.x, p["y"])


# {function: {argument: p -> the derivative by it}}, the arguments in their order
PARTIALS = {
    "log1mexp": {"x": lambda p: -p.xp.exp(p.x) / p.xp.abs(p.xp.expm1(p.x))},
    "log1pexp": {"x": lambda p: p.map("logistic", p.x)},
    "logaddexp": {"x": _share("log_mix_dx"), "y": _share("log_mix_dy")},
    "logsubexp": {
        "x": lambda p: 1 / p.xp.abs(p.xp.expm1(p["y"] - p.x)),
        "y": lambda p: -1 / p.xp.expm1(p.x - p["y"]),
    },
    "logistic": {"x": _of_logistic},
    "logit": {"x": lambda p: 1 / (p.x * (1 - p.x))},
    "log_sigmoid": {"x": lambda p: p.map("logistic", -p.x)},
    "log1m_sigmoid": {"x": lambda p: -p.map("logistic", p.x)},
    "xlogy": {
        "x": lambda p: _log(p, p["y"], p.x),
        "y": lambda p: _over(p, p["y"]),
    },
    "xlog1py": {
        "x": lambda p: p.xp.where(
            _differ(p, p.x, 0) | _differ(p, p["y"], -1), p.xp.log1p(p["y"]), 0
        ),
        "y": lambda p: _over(p, 1 + p["y"]),
    },
    "logexpm1": {"x": lambda p: -1 / p.xp.expm1(-p.x)},
    "log2mexp": {"x": lambda p: -p.xp.exp(p.x) / (1 - p.xp.expm1(p.x))},
    "log1pmx": {"x": lambda p: -p.x / (1 + p.x)},
    "logmxp1": {"x": lambda p: (1 - p.x) / p.x},
    "logcosh": {"x": lambda p: p.xp.tanh(p.x)},
    "logitexp": {"x": lambda p: -1 / p.xp.expm1(p.x)},
    "cloglog": {"x": lambda p: -1 / ((1 - p.x) * p.xp.log1p(-p.x))},
    "cexpexp": {"x": lambda p: p.xp.exp(p.x - p.xp.exp(p.x))},
    "xlogx": {"x": lambda p: 1 + p.xp.log(p.x)},
    "log_inv_logit_diff": {
        "x": lambda p: 1 / p.xp.expm1(p.x - p["y"]) + p.map("logistic", -p.x),
        "y": lambda p: -1 / p.xp.expm1(p.x - p["y"]) - p.map("logistic", p["y"]),
    },
    "log1psq": {"x": lambda p: 2 * p.x / (1 + p.x * p.x)},
    "entr": {"x": lambda p: -1 - p.xp.log(p.x)},
    "rel_entr": {"x": lambda p: 1 + p.xp.log(p.x / p["y"]), "y": lambda p: -p.x / p["y"]},
    "kl_div": {"x": lambda p: p.xp.log(p.x / p["y"]), "y": lambda p: 1 - p.x / p["y"]},
    "log_mix": {
        "t": lambda p: p.map("log_mix_dt", *p.arrays),
        "x": lambda p: p.map("log_mix_dx", *p.arrays),
        "y": lambda p: p.map("log_mix_dy", *p.arrays),
    },
    "log_mix_dx": _of_shares(1),
    "log_mix_dy": _of_shares(-1),
    "log_mix_dt": {
        "t": _log_mix_dt_by_t,
        "x": _both_shares,
        "y": lambda p: -_both_shares(p),
    },
}


def _rule(partials):
    def times(partial):
        return lambda p, u: u * partial(p)

    rule = {name: times(partial) for name, partial in partials.items()}
    return rule, rule


RULES = {function: _rule(partials) for function, partials in PARTIALS.items()}
