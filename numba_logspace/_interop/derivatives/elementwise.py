"""The partial derivatives of the elementwise functions: those of `numba_logspace.partials`.

First and second ones are functions of the family, called by their names. Third ones are written in
these, so that they can be differentiated as often as anybody likes.
"""

import inspect

from ..._family import FAMILY, named
from ..._family.partials import PARTIALS

_ELEMENTWISE = named("elementwise")
# Of the derivatives by t, x and y that are public functions the name says so.
_PARENTS = [name for name in _ELEMENTWISE if not name.startswith("log_mix_")]
# These have derivatives at all numbers.
_EVERYWHERE = {
    *("log1pexp", "logaddexp", "logistic", "log_sigmoid", "log1m_sigmoid", "logcosh", "cexpexp"),
    *("log1psq", "log_mix"),
}


def _arguments(entry):
    count = len(inspect.signature(entry.engine).parameters)
    return tuple({1: "x", 2: "xy", 3: "txy"}[count])


# {function or derivative: its arguments}
ARGUMENTS = {name: _arguments(FAMILY[name]) for name in _ELEMENTWISE}
ARGUMENTS |= {entry.name: _arguments(entry) for entry in PARTIALS.values()}


def _exact(name, is_everywhere):
    # A derivative of the family, of the same arguments.
    def partial(p):
        u = p.map(name, *p.arrays)
        return u if is_everywhere else _masked(p, u)

    return partial


def _masked(p, u):
    # Where there is no derivative it is 0: times a cotangent of 0, as behind a mask, NaN would
    # stay NaN. That of NaN is NaN.
    nowhere = p.xp.isnan(p.constant(u))
    for v in p.arrays:
        nowhere = nowhere & ~p.xp.isnan(p.constant(v))
    return p.xp.where(nowhere, 0, u)


def _where_it_is(by):
    return lambda p: _masked(p, by(p))


def _by(parent, *letters):
    order = "".join(sorted(letters))
    return PARTIALS[f"{parent}_d{order}"].name


def _first_and_second():
    # {function: {argument: p -> the derivative by it}}
    found = {}
    for parent in _PARENTS:
        letters, is_everywhere = ARGUMENTS[parent], parent in _EVERYWHERE
        found[parent] = {a: _exact(_by(parent, a), is_everywhere) for a in letters}
        for a in letters:
            second = {b: _exact(_by(parent, a, b), is_everywhere) for b in letters}
            found.setdefault(_by(parent, a), second)
    return found


# --- third derivatives ----------------------------------------------------------------------------


def _self(p):
    return p.map(p.made.function, *p.arrays)


def _odds(first, sign=1):
    # Of functions whose second derivative is +-q (1 + q), with q the odds of two parts: it times
    # 1 + 2 q, by a first derivative of +-q or of 1 + q.
    def by(p):
        return sign * _self(p) * (1 + 2 * first(p))

    return by


def _of_x(name, sign=1, less=0):
    return lambda p: sign * p.map(name, p.x) - less


def _sum_of_odds(p):
    # 1 + 2 q of log(exp(x) - exp(y)).
    return p.map("logsubexp_dx", p.x, p["y"]) - p.map("logsubexp_dy", p.x, p["y"])


def _of_logsubexp(sign):
    return lambda p: sign * p.map("logsubexp_dxy", p.x, p["y"]) * _sum_of_odds(p)


def _bend_of_logistic(p, x):
    # The third derivative of logistic.
    slope = p.map("logistic_dx", x)
    return p.map("logistic_dxx", x) * (1 - 2 * p.map("logistic", x)) - 2 * slope * slope


def _of_shares(parent, sign):
    # That of the product of two shares, along what makes the first of them larger.
    def by(p):
        shares = (p.map(f"{parent}_d{a}", *p.arrays) for a in "xy")
        first, second = shares
        return sign * first * second * (second - first)

    return by


def _by_shares(parent, sign):
    letters = "txy" if parent == "log_mix" else "xy"
    return {a: _of_shares(parent, -sign if a == "y" else sign) for a in letters}


def _of_gate(p):
    return _of_shares("log_mix", 1)(p) - p.map("logistic_dxx", p["t"])


def _of_quotient(p, slope):
    # 2 f''^2 / f', a part of the third derivative of what has a derivative of 1 / u.
    bend = _self(p)
    return 2 * bend * (bend / slope)


def _of_logit(p):
    slope = p.map("logit_dx", p.x)
    return 2 * slope * slope + _of_quotient(p, slope)


def _of_cloglog(p):
    slope = p.map("cloglog_dx", p.x)
    return slope * slope / (1 - p.x) + _of_quotient(p, slope)


def _of_cexpexp(p):
    # Past 8 it is 0, and nothing may overflow.
    rate = p.xp.exp(p.xp.where(p.x > 8, 8, p.x))
    return _self(p) * (1 - rate) - p.map("cexpexp_dx", p.x) * rate


def _of_log1psq(p):
    slope = p.map("log1psq_dx", p.x)
    return -slope * (3 * _self(p) + slope * slope)


def _over(power, base):
    # Of a power of one number: it falls by so many of itself over that number.
    return lambda p: -power * _self(p) / base(p)


def _at_one(name):
    # What is linear in x, by x.
    return lambda p: p.map(name, p.xp.ones_like(p.x), p["y"])


def _nothing(p):
    return p.xp.zeros_like(p.x)


def _x(p):
    return p.x


def _y(p):
    return p["y"]


def _1_plus_x(p):
    return 1 + p.x


def _1_plus_y(p):
    return 1 + p["y"]


_NONE = {"x": _nothing, "y": _nothing}
_THIRD = {
    "log1mexp_dxx": {"x": _odds(_of_x("log1mexp_dx", -1))},
    "log2mexp_dxx": {"x": _odds(_of_x("log2mexp_dx", -1))},
    "logexpm1_dxx": {"x": _odds(_of_x("logexpm1_dx", 1, 1), -1)},
    "logitexp_dxx": {"x": _odds(_of_x("logitexp_dx", 1, 1))},
    "logsubexp_dxx": {"x": _of_logsubexp(1), "y": _of_logsubexp(-1)},
    "logsubexp_dxy": {"x": _of_logsubexp(-1), "y": _of_logsubexp(1)},
    "log_inv_logit_diff_dxx": {
        "x": lambda p: _of_logsubexp(1)(p) - p.map("logistic_dxx", p.x),
        "y": _of_logsubexp(-1),
    },
    "log_inv_logit_diff_dyy": {
        "x": _of_logsubexp(1),
        "y": lambda p: _of_logsubexp(-1)(p) - p.map("logistic_dxx", p["y"]),
    },
    "logistic_dxx": {"x": lambda p: _bend_of_logistic(p, p.x)},
    "log_sigmoid_dxx": {"x": lambda p: -p.map("logistic_dxx", p.x)},
    "logaddexp_dxx": _by_shares("logaddexp", 1),
    "logaddexp_dxy": _by_shares("logaddexp", -1),
    "log_mix_dxx": _by_shares("log_mix", 1),
    "log_mix_dxy": _by_shares("log_mix", -1),
    "log_mix_dtt": _by_shares("log_mix", 1) | {"t": _of_gate},
    "logit_dxx": {"x": _of_logit},
    "cloglog_dxx": {"x": _of_cloglog},
    "cexpexp_dxx": {"x": _of_cexpexp},
    "logcosh_dxx": {"x": lambda p: -2 * p.map("logcosh_dx", p.x) * _self(p)},
    "log1psq_dxx": {"x": _of_log1psq},
    "log1pmx_dxx": {"x": _over(2, _1_plus_x)},
    "logmxp1_dxx": {"x": _over(2, _x)},
    "xlogx_dxx": {"x": _over(1, _x)},
    "entr_dxx": {"x": _over(1, _x)},
    "xlogy_dxx": _NONE,
    "xlogy_dxy": {"x": _nothing, "y": _over(1, _y)},
    "xlogy_dyy": {"x": _at_one("xlogy_dyy"), "y": _over(2, _y)},
    "xlog1py_dxx": _NONE,
    "xlog1py_dxy": {"x": _nothing, "y": _over(1, _1_plus_y)},
    "xlog1py_dyy": {"x": _at_one("xlog1py_dyy"), "y": _over(2, _1_plus_y)},
    "rel_entr_dxx": {"x": _over(1, _x), "y": _nothing},
    "rel_entr_dxy": {"x": _nothing, "y": _over(1, _y)},
    "rel_entr_dyy": {"x": _at_one("rel_entr_dyy"), "y": _over(2, _y)},
}


def _rule(partials):
    def times(partial):
        return lambda p, u: u * partial(p)

    rule = {name: times(partial) for name, partial in partials.items()}
    return rule, rule


_PARTIALS = {f: {a: _where_it_is(by) for a, by in third.items()} for f, third in _THIRD.items()}
_PARTIALS |= _first_and_second()
RULES = {function: _rule(partials) for function, partials in _PARTIALS.items()}
