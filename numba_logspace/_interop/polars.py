"""polars: Series and DataFrames in, the same out with their names; rows by their position."""

import numpy as np
import polars as pl

from .._arguments.layout import normalize_axes
from .calls import CLASSES, ENTRIES, ROWS, is_foreign
from .likes import as_returned, flattened, likes_of

_HOLDERS = pl.DataFrame, pl.Series
_INSTEAD = {
    pl.LazyFrame: "pass {0}.collect()",
    pl.Expr: "pass a Series, as within polars.struct(...).map_batches",
}


def take(call):
    """The result of a call, with the names of its first argument."""
    call.refuse("out", "stream")
    for name, u in call.arrays.items():
        if is_foreign(u) and not isinstance(u, _HOLDERS):
            instead = _INSTEAD.get(type(u), "pass a Series or a DataFrame").format(name)
            raise TypeError(f"{name} is of the class {type(u).__name__}: {instead}")
    if call.kind == "product":
        return _product(call)
    if call.kind in ("gated", "gated vjp"):
        return _gated(call)
    if likes_of(call.name) or call.kind == "product jvp":
        return _with_parts(call)
    x = call.arrays[call.first]
    if not isinstance(x, _HOLDERS):
        return call.call(**_all_values(call))
    axes = normalize_axes(call.axis, len(x.shape))
    arrays = {call.first: _values(x, call.first)}
    for name, u in call.arrays.items():
        if name != call.first:
            arrays[name] = _beside(x, u, name, axes, call)
    results = call.call(**arrays)
    if call.kind == "jacobian":
        return results
    several = isinstance(results, tuple)
    wrapped = [
        _like(x, y) if role is ENTRIES else _rows_like(x, axes, y)
        for role, y in zip(call.results, results if several else (results,))
    ]
    return tuple(wrapped) if several else wrapped[0]


# --- from polars ---------------------------------------------------------------------------------


def _all_values(call):
    return {name: _values(u, name) for name, u in call.arrays.items()}


def _values(u, name):
    """The numbers of whatever polars has, missing ones as NaN; other arrays as they are."""
    if isinstance(u, pl.DataFrame):
        of = f"column {{!r}} of {name}"
        return u.with_columns(_numbers(c, of.format(c.name), name) for c in u).to_numpy()
    return _numbers(u, name, name).to_numpy() if isinstance(u, pl.Series) else u


def _numbers(series, which, name):
    dtype = series.dtype
    if not (dtype.is_float() or dtype.is_integer() or dtype in (pl.Boolean, pl.Null)):
        raise TypeError(
            f"{which} has dtype {dtype}; floats, integers and Boolean are supported: "
            "convert it with cast(polars.Float64) if it stands for numbers"
        )
    if not series.has_nulls() and dtype != pl.Null:
        return series
    if name == "where":
        raise TypeError(f"{which} has missing entries: pass where.fill_null(False)")
    # NumPy would have a bool that is missing as an object, a short integer as float32.
    return series if dtype.is_float() else series.cast(pl.Float64)


def _beside(x, u, name, axes, call):
    # Another argument; beside a DataFrame a Series is a column, as in its arithmetic.
    values = _values(u, name)
    if not (isinstance(u, pl.Series) and isinstance(x, pl.DataFrame)):
        return values
    role = call.role_beside(name, u.shape, values.dtype.kind in "iu", x.shape, axes)
    return values if role is ROWS or call.role(name) is CLASSES else values[:, None]


# --- segments, chains, gradients in pairs --------------------------------------------------------


def _with_parts(call):
    given = _all_values(call)
    if call.kind == "weighted vjp":
        for name in ("b", "g"):
            u = call.arrays.get(name)
            if name == "b" and isinstance(u, pl.Series) and np.ndim(given["x"]) == 2:
                given[name] = given[name][:, None]
    results = call.call(**given)
    if call.kind == "product jvp":
        return _product_like(call.arrays["b"], results)
    shown = [
        _shown_like(call.arrays[like.name], like, y)
        for like, y in zip(likes_of(call.name), flattened(results))
    ]
    return as_returned(call.name, shown)


def _shown_like(u, like, y):
    # A result with the names that its axes have in an argument.
    if not isinstance(u, _HOLDERS) or np.ndim(y) == 0:
        return y
    if isinstance(u, pl.Series):
        return pl.Series(u.name, np.reshape(y, -1))
    return _frame(y, u.columns) if np.ndim(y) == 2 else pl.Series(y)


# --- to polars -----------------------------------------------------------------------------------


def _frame(y, columns=None):
    return pl.DataFrame(y, columns, orient="row")


def _like(x, y):
    # For the entries of x.
    if isinstance(x, pl.DataFrame):
        return _frame(y, x.columns)
    return pl.Series(x.name, y) if isinstance(x, pl.Series) else y


def _rows_like(x, axes, y):
    # A Series for the rows of a DataFrame, a DataFrame of one row for its columns, else a number.
    if np.ndim(y) == 0:
        return y
    if isinstance(x, pl.DataFrame) and axes == (0,):
        return _frame(np.reshape(y, (1, -1)), x.columns if np.size(y) == x.width else None)
    return _frame(y) if np.ndim(y) == 2 else pl.Series(y)


# --- matrices, and two sets ----------------------------------------------------------------------


def _product(call):
    return _product_like(call.arrays["b"], call.call(**_all_values(call)))


def _product_like(b, y):
    if np.ndim(y) == 2:
        return _frame(y, b.columns if isinstance(b, pl.DataFrame) else None)
    return pl.Series(y) if np.ndim(y) == 1 else y


def _gated(call):
    # The columns of both sets follow each other, or their rows, as by polars.concat.
    a, b = call.arrays["a"], call.arrays["b"]
    if type(a) is not type(b) and (isinstance(a, _HOLDERS) or isinstance(b, _HOLDERS)):
        raise TypeError(
            f"a and b must both be DataFrames or both be Series, where one of them is, got "
            f"{type(a).__name__} and {type(b).__name__}"
        )
    y = call.call(**_all_values(call))
    if call.kind == "gated vjp":
        return tuple(_like(call.arrays[name], u) for name, u in zip(("gate", "a", "b"), y))
    if not isinstance(a, pl.DataFrame):
        return _like(a, y)
    (axis,) = normalize_axes(call.axis, 2)
    return _frame(y, a.columns + b.columns if axis else a.columns)
