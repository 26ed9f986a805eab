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


def _odds(p, d):
    # exp(d) / (1 - exp(d)) for d <= 0: neither it nor its derivatives overflow or lose small ones.
    # Nor do they elsewhere, where the value is NaN: a mask is to be enough.
    d = p.xp.where(d > 0, -d, d)
    return p.xp.exp(d) / p.xp.abs(p.xp.expm1(d))


def _either(p, is_first, first, second, *arrays):
    # Each formula sees its own entries alone, and 1 for the others: a derivative that is not finite
    # would be NaN times 0.
    ours = (p.xp.where(is_first, u, 1) for u in arrays)
    others = (p.xp.where(is_first, 1, u) for u in arrays)
    return p.xp.where(is_first, first(*ours), second(*others))


def _if_near(p, near, far):
    # Two formulas of x and y; `near` where neither is more than twice the other.
    x, y = p.x, p["y"]
    return _either(p, (x <= 2 * y) & (y <= 2 * x), near, far, x, y)


def _log_ratio(p):
    # log(x / y), also where the quotient overflows.
    log = p.xp.log
    return _if_near(p, lambda x, y: p.xp.log1p((x - y) / y), lambda x, y: log(x) - log(y))


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


def _tanh(p):
    # Twice what logistic(2 x) is more than 1/2: the derivative of that is not lost where it is 1.
    zero = p.xp.zeros_like(p.x)
    return 2 * p.map("log_mix_dt", zero, p.x + p.x, zero)


def _of_cexpexp(p):
    # Past 8 it is 0, and nothing may overflow.
    x = p.xp.where(p.x > 8, 8, p.x)
    return p.xp.exp(x - p.xp.exp(x))


def _share(name):
    # Of equal weights; the difference is taken without rounding.
    return lambda p: p.map(name, p.xp.zeros_like(p.x), p.x, p["y"])


# {function: {argument: p -> the derivative by it}}, the arguments in their order
PARTIALS = {
    "log1mexp": {"x": lambda p: -_odds(p, p.x)},
    "log1pexp": {"x": lambda p: p.map("logistic", p.x)},
    "logaddexp": {"x": _share("log_mix_dx"), "y": _share("log_mix_dy")},
    "logsubexp": {
        "x": lambda p: 1 + _odds(p, p["y"] - p.x),
        "y": lambda p: -_odds(p, p["y"] - p.x),
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
    "logexpm1": {"x": lambda p: 1 + _odds(p, -p.x)},
    "log2mexp": {"x": lambda p: -p.xp.exp(p.x) / p.xp.exp(p.map("log2mexp", p.x))},
    "log1pmx": {
        "x": lambda p: _either(p, p.x > 1, lambda x: 1 / (1 + x) - 1, lambda x: -x / (1 + x), p.x)
    },
    "logmxp1": {
        "x": lambda p: _either(p, p.x > 2, lambda x: 1 / x - 1, lambda x: (1 - x) / x, p.x)
    },
    "logcosh": {"x": _tanh},
    "logitexp": {"x": lambda p: 1 + _odds(p, p.x)},
    "cloglog": {"x": lambda p: -1 / ((1 - p.x) * p.xp.log1p(-p.x))},
    "cexpexp": {"x": _of_cexpexp},
    "xlogx": {"x": lambda p: 1 + p.xp.log(p.x)},
    "log_inv_logit_diff": {
        "x": lambda p: _odds(p, p["y"] - p.x) + p.map("logistic", -p.x),
        "y": lambda p: -_odds(p, p["y"] - p.x) - p.map("logistic", p["y"]),
    },
    "log1psq": {
        "x": lambda p: _either(
            p,
            p.xp.abs(p.x) > 1,
            lambda x: 2 / (x + 1 / x),
            lambda x: 2 * x / (1 + x * x),
            p.x,
        )
    },
    "entr": {"x": lambda p: -1 - p.xp.log(p.x)},
    "rel_entr": {"x": lambda p: 1 + _log_ratio(p), "y": lambda p: -p.x / p["y"]},
    "kl_div": {
        "x": _log_ratio,
        "y": lambda p: _if_near(p, lambda x, y: (y - x) / y, lambda x, y: 1 - x / y),
    },
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
