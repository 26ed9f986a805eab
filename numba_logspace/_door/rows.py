"""Results for the entries of rows, or for the rows."""

from .._arguments import small, weighted_derivatives
from .._arguments.foreign import handed_over
from .planned import planned
from .sides import rows_of


def of_entries(function, x, axis, where, out, workers, stream, *operands):
    """A result for each entry, from x and what has a number for each entry."""
    if where is stream is None:
        result = small.of_entries(function, x, axis, out, workers, operands)
        if result is not None:
            return result
    return _of_entries(function, x, axis, where, out, workers, stream, *operands)


def of_scan(function, x, axis, where, out, workers, stream, u):
    """A derivative of the running sum, from x and weights u."""
    if where is stream is None:
        result = small.of_entries(function, x, axis, out, workers, (u,))
        if result is not None:
            return result
    return _of_entries(function, x, axis, where, out, workers, stream, u)


@handed_over
@planned
def _of_entries(function, x, axis, where, out, workers, stream, *operands):
    rows = rows_of(x, axis, where, workers, stream, of=function)
    more = _checked(function, operands, rows)
    out = rows.out(out, more)
    rows.run(function, *more.values(), outs=(out,))
    return rows.handed_out(out)


def of_rows(function, x, axis, keepdims, where, out, workers, stream, *operands):
    """A result for each row, from x and what has a number for each entry."""
    if where is stream is None:
        result = small.of_rows(function, x, axis, keepdims, out, workers, operands)
        if result is not None:
            return result
    return _of_rows(function, x, axis, keepdims, where, out, workers, stream, *operands)


@handed_over
@planned
def _of_rows(function, x, axis, keepdims, where, out, workers, stream, *operands):
    rows = rows_of(x, axis, where, workers, stream, of=function)
    more = _checked(function, operands, rows)
    out = rows.out_of_rows(out, keepdims, more)
    values = rows.run(function, *more.values(), values=True)
    return rows.returned(values, keepdims, out)


def _checked(function, operands, rows):
    # What has a number for each entry beside x, by its name.
    return {name: rows.operand(u, name) for name, u in zip(function.operands, operands)}


def pair_of_entries(function, x, axis, where, out, workers, stream, g):
    """Two results for each entry: a value and a gradient."""
    if where is stream is None:
        results = small.pair_of_entries(function, x, axis, out, workers, g)
        if results is not None:
            return results
    return _pair_of_entries(function, x, axis, where, out, workers, stream, g)


@handed_over
@planned
def _pair_of_entries(function, x, axis, where, out, workers, stream, g):
    rows = rows_of(x, axis, where, workers, stream)
    g = rows.entries(g, "g")
    outs = rows.two_outs(out, {"g": g})
    rows.run(function, g, outs=outs)
    return rows.handed_out(outs)


def from_rows(function, x, axis, where, out, workers, stream, g):
    """A result for each entry, from x and a number for each row."""
    if where is stream is None:
        result = small.from_rows(function, x, axis, out, workers, g)
        if result is not None:
            return result
    return _from_rows(function, x, axis, where, out, workers, stream, g)


@handed_over
@planned
def _from_rows(function, x, axis, where, out, workers, stream, g):
    rows = rows_of(x, axis, where, workers, stream)
    c = rows.numbers(g, "g")
    out = rows.out(out, {}, separate={"g": c})
    rows.run(function, c=c, outs=(out,))
    return rows.handed_out(out)


def hessian_of_rows(function, x, axis, where, out, workers, stream, g, t):
    """The Hessian of a reduction times t, from a number for each row too."""
    if where is stream is None and t is not None:
        result = small.from_rows(function, x, axis, out, workers, g, t)
        if result is not None:
            return result
    return _hessian_of_rows(function, x, axis, where, out, workers, stream, g, t)


@handed_over
@planned
def _hessian_of_rows(function, x, axis, where, out, workers, stream, g, t):
    rows = rows_of(x, axis, where, workers, stream)
    c, t = rows.numbers(g, "g"), rows.operand(t, "t")
    out = rows.out(out, {"t": t}, separate={"g": c})
    rows.run(function, t, c=c, outs=(out,))
    return rows.handed_out(out)


def weighted(function, x, axis, b, return_sign, keepdims, where, out, workers, stream):
    """(log |sum b exp(x)|, sign) of each row, or the first alone with NaN for a negative sum."""
    if where is stream is None:
        result = small.weighted(function, x, axis, b, return_sign, keepdims, out, workers)
        if result is not None:
            return result
    return _weighted(function, x, axis, b, return_sign, keepdims, where, out, workers, stream)


@handed_over
@planned
def _weighted(function, x, axis, b, return_sign, keepdims, where, out, workers, stream):
    rows = rows_of(x, axis, where, workers, stream, beside=b, of=function)
    out = rows.out_of_rows(out, keepdims, {"b": rows.b}, return_sign)
    return rows.weighted(function, return_sign, keepdims, out)


def weighted_vjp(function, x, b, g, axis, where, out, workers, stream):
    """The gradients of sum(g * log |sum b exp(x)|) in x and in b."""
    if where is stream is out is None:
        results = weighted_derivatives.small_gradients(x, b, g, axis, workers)
        if results is not None:
            return results
    return _weighted_vjp(function, x, b, g, axis, where, out, workers, stream)


@handed_over
@planned
def _weighted_vjp(function, x, b, g, axis, where, out, workers, stream):
    rows = _weighted_rows(x, b, axis, where, workers, stream)
    return weighted_derivatives.gradients(rows, g, out)


def weighted_jvp(function, x, b, t, s, axis, keepdims, where, out, workers, stream):
    """The derivative along t in x and s in b, of which one may be None, for 0."""
    if where is stream is out is None and not keepdims:
        result = weighted_derivatives.small_slopes(x, b, t, s, axis, workers)
        if result is not None:
            return result
    return _weighted_jvp(function, x, b, t, s, axis, keepdims, where, out, workers, stream)


@handed_over
@planned
def _weighted_jvp(function, x, b, t, s, axis, keepdims, where, out, workers, stream):
    rows = _weighted_rows(x, b, axis, where, workers, stream)
    return weighted_derivatives.slopes(rows, t, s, keepdims, out)


def _weighted_rows(x, b, axis, where, workers, stream):
    if b is None:
        raise TypeError("b must be an array of weights, got None")
    return rows_of(x, axis, where, workers, stream, beside=b)
