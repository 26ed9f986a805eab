"""pandas: Series and DataFrames in, the same out with their labels; matched by labels."""

import numpy as np
import pandas as pd

from .._arguments.layout import normalize_axes
from .calls import CLASSES, ENTRIES, ROWS, is_foreign
from .likes import as_returned, flattened, likes_of

_NAMES = {"index": 0, "rows": 0, "columns": 1}
_LABELLED = pd.DataFrame, pd.Series
_HOLDERS = (*_LABELLED, pd.Index, pd.api.extensions.ExtensionArray)


def take(call):
    """The result of a call, labelled as its first argument is."""
    call.refuse("out", "stream")
    for name, u in call.arrays.items():
        if is_foreign(u) and not isinstance(u, _HOLDERS):
            raise TypeError(f"{name} is a {type(u).__name__}: pass a Series or a DataFrame")
    if call.kind == "product":
        return _product(call)
    if call.kind in ("gated", "gated vjp"):
        return _gated(call)
    if likes_of(call.name) or call.kind == "product jvp":
        return _with_parts(call)
    x = call.arrays[call.first]
    if not isinstance(x, _LABELLED):
        return call.call(**{name: _values(u) for name, u in call.arrays.items()})
    axis = call.axis if call.axis is None else _numbers(call.axis)
    axes = normalize_axes(axis, x.ndim)
    arrays = {call.first: _values(x)}
    for name, u in call.arrays.items():
        if name != call.first:
            arrays[name] = _values(_matched(u, name, x, axes, call))
    results = call.call(**arrays, axis=axis)
    if call.kind == "jacobian":
        return results
    several = isinstance(results, tuple)
    wrapped = [
        _entries_like(x, y) if role is ENTRIES else _rows_like(x, axes, y)
        for role, y in zip(call.results, results if several else (results,))
    ]
    return tuple(wrapped) if several else wrapped[0]


def _numbers(axis):
    # The numbers of axes that may be called by pandas' names.
    if isinstance(axis, (tuple, list)):
        return tuple(_NAMES.get(a, a) for a in axis)
    return _NAMES.get(axis, axis) if isinstance(axis, str) else axis


# --- from pandas ---------------------------------------------------------------------------------


def _numpy_dtype(dtype):
    return dtype if isinstance(dtype, np.dtype) else getattr(dtype, "numpy_dtype", np.dtype("O"))


def _dtypes(u):
    return list(u.dtypes) if isinstance(u, pd.DataFrame) else [u.dtype]


def _values(u):
    """The numbers of whatever pandas has, missing ones as NaN; other arrays as they are."""
    if not isinstance(u, _HOLDERS):
        return u
    dtypes = [_numpy_dtype(dtype) for dtype in _dtypes(u)]
    if not dtypes or any(dtype.kind not in "biuf" for dtype in dtypes):
        return u.to_numpy()
    dtype = np.result_type(*dtypes)
    if dtype.kind != "f" and np.any(pd.isna(u)):
        dtype = np.dtype(np.float64)
    if dtype.kind != "f" or all(isinstance(kind, np.dtype) for kind in _dtypes(u)):
        return u.to_numpy(dtype)
    return u.to_numpy(dtype, na_value=np.nan)


def _matched(u, name, x, axes, call):
    # Another argument with its labels in the order of those of x.
    if not isinstance(u, _LABELLED):
        return u
    is_integer = all(_numpy_dtype(dtype).kind in "iu" for dtype in _dtypes(u))
    if call.role(name) == CLASSES:
        return _in_order(u, name, 0, x.axes[axes[0]], call.first)
    role = call.role_beside(name, u.shape, is_integer, x.shape, axes)
    kept = [a for a in range(x.ndim) if a not in axes]
    if isinstance(u, pd.Series):
        # Beside a DataFrame a Series has a number for each column, as in its arithmetic.
        along = kept if role is ROWS else [x.ndim - 1]
        return _in_order(u, name, 0, x.axes[along[0]], call.first) if along else u
    for a in kept if role is ROWS else range(x.ndim):
        if x.ndim == 2 and u.shape[a] != 1:
            u = _in_order(u, name, a, x.axes[a], call.first)
    return u


def _in_order(u, name, axis, labels, first):
    own = u.axes[axis]
    if own.equals(labels):
        return u
    if len(own) == len(labels) and own.is_unique and own.isin(labels).all():
        return u.reindex(labels, axis=axis)
    raise ValueError(
        f"{name} and {first} have different labels; give {name} those of {first}, or pass its "
        f"numbers in the order of {first} as {name}.to_numpy()"
    )


# --- to pandas -----------------------------------------------------------------------------------


def _dtype_like(x, dtype):
    # A nullable or Arrow dtype where all of x has such.
    kinds = _dtypes(x)
    if kinds and all(isinstance(kind, pd.ArrowDtype) for kind in kinds):
        import pyarrow

        return pd.ArrowDtype(pyarrow.from_numpy_dtype(dtype))
    if kinds and not any(isinstance(kind, np.dtype) for kind in kinds):
        return f"Float{8 * dtype.itemsize}"
    return dtype


def _built(y, labels, dtype, name=None):
    # A Series or a DataFrame, of results that nobody else has.
    if len(labels) == 1:
        return pd.Series(y, labels[0], dtype, name, copy=False)
    frame = pd.DataFrame(y, *labels, copy=False)
    return frame if dtype is y.dtype else frame.astype(dtype)


def _entries_like(x, y):
    return _built(y, x.axes, _dtype_like(x, y.dtype), getattr(x, "name", None))


def _rows_like(x, axes, y):
    # A Series for the rows of a DataFrame, a DataFrame where the axis is kept, else numbers.
    kept = [a for a in range(x.ndim) if a not in axes]
    if np.ndim(y) == 2 or (isinstance(x, pd.Series) and np.ndim(y)):
        labels = [x.axes[a] if a in kept else pd.RangeIndex(1) for a in range(x.ndim)]
        return _built(y, labels, _dtype_like(x, y.dtype))
    return _built(y, [x.axes[a] for a in kept], _dtype_like(x, y.dtype)) if np.ndim(y) else y


# --- segments, chains, gradients in pairs --------------------------------------------------------

# {argument: (its axis, the argument whose labels it must have, the axis of that)}; of a Series
# beside a DataFrame the last one counts.
_BESIDE = {
    "segment_ids": ((0, "x", 0),),
    "log_initial": ((-1, "log_emission", -1),),
    "log_transition": ((-2, "log_emission", -1), (-1, "log_emission", -1)),
}
_OF_PRODUCT = {
    "b": ((0, "a", -1),),
    "g": ((0, "a", 0), (-1, "b", -1)),
    "ta": ((0, "a", 0), (-1, "a", -1)),
    "tb": ((0, "b", 0), (-1, "b", -1)),
}
_OF_ENTRIES = ((0, "x", 0), (-1, "x", -1))


def _pairs_of(call, name):
    if call.kind.startswith("product"):
        return _OF_PRODUCT.get(name, ())
    of_x = ("b",) if call.kind == "weighted vjp" else ("g",) if call.kind == "segment vjp" else ()
    return _OF_ENTRIES if name in of_x else _BESIDE.get(name, ())


def _with_parts(call):
    given = dict(call.arrays)
    for name, u in call.arrays.items():
        for axis, other, along in _pairs_of(call, name):
            like = given[other]
            if not (isinstance(u, _LABELLED) and isinstance(like, _LABELLED)):
                continue
            if u.ndim == 1 and axis == 0 and len(_pairs_of(call, name)) > 1 and like.ndim > 1:
                continue  # beside a DataFrame a Series has a number for each column
            u = given[name] = _in_order(u, name, axis % u.ndim, like.axes[along], other)
    options = {"axis": _numbers(call.axis)} if "axis" in call.options else {}
    results = call.call(**{name: _values(u) for name, u in given.items()}, **options)
    if call.kind == "product jvp":
        return _product_like(given["a"], given["b"], results)
    shown = [
        _shown_like(given[i.name], i, y) for i, y in zip(likes_of(call.name), flattened(results))
    ]
    return as_returned(call.name, shown)


def _shown_like(u, like, y):
    # A result with the labels that its axes have in an argument.
    if not isinstance(u, _LABELLED) or np.ndim(y) == 0:
        return y
    labels = list(u.axes)[like.axes]
    if like.of_segments:
        labels = [pd.RangeIndex(len(y)), *labels]
    name = None if like.is_integer else getattr(u, "name", None)
    dtype = y.dtype if like.is_integer else _dtype_like(u, y.dtype)
    return _built(y, labels, dtype, name)


# --- matrices, and two sets ----------------------------------------------------------------------


def _product(call):
    # As DataFrame.dot: what is summed over is matched by its labels.
    a, b = call.arrays["a"], call.arrays["b"]
    if isinstance(a, _LABELLED) and isinstance(b, _LABELLED):
        b = _in_order(b, "b", 0, a.axes[-1], "the columns of a")
    return _product_like(a, b, call.call(a=_values(a), b=_values(b)))


def _product_like(a, b, y):
    like = a if isinstance(a, _LABELLED) else b
    axes = [*_outer_labels(a, 0), *_outer_labels(b, -1)]
    if np.ndim(y) == 0 or len(axes) != np.ndim(y):
        return y
    return _built(y, axes, _dtype_like(like, y.dtype))


def _outer_labels(u, axis):
    # Those of the axis of a factor that stays, if it has one.
    if np.ndim(u) < 2:
        return []
    return [u.axes[axis] if isinstance(u, pd.DataFrame) else pd.RangeIndex(np.shape(u)[axis])]


def _gated(call):
    # The labels of both sets follow each other along the axis, as by pandas.concat.
    a, b, gate = (call.arrays[name] for name in ("a", "b", "gate"))
    if type(a) is not type(b) and (isinstance(a, _LABELLED) or isinstance(b, _LABELLED)):
        raise TypeError(
            f"a and b must both be DataFrames or both be Series, where one of them is, got "
            f"{type(a).__name__} and {type(b).__name__}"
        )
    if not isinstance(a, _LABELLED):
        return call.call(**{name: _values(u) for name, u in call.arrays.items()})
    (axis,) = normalize_axes(_numbers(call.axis), a.ndim)
    labels = list(a.axes)
    labels[axis] = a.axes[axis].append(b.axes[axis])
    matched = {"a": a, "b": b, "gate": gate}
    if a.ndim == 2:
        rows = a.axes[1 - axis]
        matched["b"] = _in_order(b, "b", 1 - axis, rows, "a")
        if isinstance(gate, pd.Series):
            matched["gate"] = _in_order(gate, "gate", 0, rows, "a")
    if "g" in call.arrays:
        matched["g"] = call.arrays["g"]
        for i in range(a.ndim) if type(matched["g"]) is type(a) else ():
            matched["g"] = _in_order(matched["g"], "g", i, labels[i], "the result")
    y = call.call(**{name: _values(u) for name, u in matched.items()}, axis=axis)
    if call.kind == "gated":
        return _built(y, labels, _dtype_like(a, y.dtype))
    slope = _entries_like(matched["gate"], y[0]) if isinstance(gate, pd.Series) else y[0]
    return slope, _entries_like(a, y[1]), _entries_like(matched["b"], y[2])
