"""xarray: DataArrays in and out, dimensions by name."""

import math

import numpy as np
import xarray as xr

from .._arguments.layout import normalize_axes
from .calls import CLASSES, ENTRIES, PAIRS, ROWS, is_foreign
from .likes import as_returned, flattened, likes_of


def take(call):
    """The result of a call, with the dimensions, coordinates and attributes xarray gives it."""
    call.refuse("out", "stream")
    for name, u in call.arrays.items():
        if is_foreign(u) and not isinstance(u, xr.DataArray):
            way = f", or map the function over all variables with {name}.map"
            raise TypeError(
                f"{name} is a {type(u).__name__}: pass a DataArray"
                + way * isinstance(u, xr.Dataset)
            )
    if call.kind == "product":
        return _product(call)
    if call.kind in ("product vjp", "product jvp"):
        raise TypeError(
            f"{call.name} takes no DataArrays, got {call.first} as one: pass its .data, in the "
            "order of numpy.matmul"
        )
    if call.kind.startswith("segment"):
        return _of_segments(call)
    if call.kind == "chain":
        return _of_chains(call)
    first = "a" if call.kind in ("gated", "gated vjp") else call.first
    if not isinstance(call.arrays[first], xr.DataArray):
        raise TypeError(
            f"{first} is a {type(call.arrays[first]).__name__} among DataArrays: make it one too, "
            "or pass the .data of the others"
        )
    if first == "a":
        return _gated(call)
    return _Applied(call).result()


def _dims_of(axis, x):
    """The names of the dimensions that an axis stands for, or several, by name or number."""
    if axis is None:
        return tuple(x.dims)
    several = isinstance(axis, (tuple, list)) and axis not in x.dims
    axes = axis if several else (axis,)
    if not any(isinstance(a, str) or a in x.dims for a in axes):
        return tuple(x.dims[i] for i in normalize_axes(axis, x.ndim))
    names = []
    for a in axes:
        if isinstance(a, str) and a not in x.dims:
            raise ValueError(f"axis must be among the dimensions {tuple(x.dims)}, got {a!r}")
        names += [a] if a in x.dims else [x.dims[i] for i in normalize_axes(a, x.ndim)]
    if len(set(names)) < len(names):
        raise ValueError(f"axis must not name an axis twice, got {axis!r}")
    return tuple(names)


def _one_dim(axis, x):
    """The name of the dimension that an axis stands for."""
    if axis is None or (isinstance(axis, (tuple, list)) and axis not in x.dims):
        raise TypeError(f"axis must be one dimension, by name or number, got {axis!r}")
    dims = _dims_of(axis, x)
    if not dims:
        raise np.exceptions.AxisError(axis, 0)
    return dims[0]


def _apply(function, arrays, inputs, outputs, **options):
    # xarray's own way, by its user's options of joining and of keeping attributes.
    return xr.apply_ufunc(
        function,
        *arrays,
        input_core_dims=inputs,
        output_core_dims=outputs,
        join=xr.get_options()["arithmetic_join"],
        dask="allowed",  # the public functions take arrays of Dask as they are
        **options,
    )


def _unnamed(name, u, x):
    return (
        f"{name} is a {type(u).__name__} with {np.ndim(u)} axes beside a DataArray with dimensions "
        f"{tuple(x.dims)}: make it a DataArray, so that its axes have names"
    )


def _placed(u, own, dims):
    # An array whose axes are some of `dims`, in their order, with axes of length 1 for the others.
    u = u if hasattr(u, "dtype") else np.asarray(u)
    return u[tuple(slice(None) if d in own else None for d in dims)]


class _Applied:
    """A call over dimensions: all of them are handed to the function, in the order of x."""

    def __init__(self, call):
        self.call, x = call, call.arrays[call.first]
        self.dims = (_one_dim(call.axis, x),) if call.along_one else _dims_of(call.axis, x)
        self.rest = tuple(d for d in x.dims if d not in self.dims)
        self.arrays, own = {}, {}
        for name, u in call.arrays.items():
            own[name] = self._own_dims(name, u, x)
            self.arrays[name] = u
            if isinstance(u, xr.DataArray) and self._is_of_rows(name, own[name]):
                # Where the dimensions of the rows are kept with length 1.
                kept = [d for d in self.dims if u.sizes.get(d) == 1]
                self.arrays[name] = u.squeeze(kept, drop=True) if kept else u
                own[name] = tuple(d for d in own[name] if d not in kept)
        others = (d for dims in own.values() for d in dims if d not in x.dims)
        every = (*x.dims, *dict.fromkeys(others))
        self.kept = tuple(d for d in every if d not in self.dims)
        # The names of several axes say in which order their entries follow each other.
        self.every = (*self.kept, *self.dims) if call.kind == "scan" else every
        self.shown = every
        self.own = {n: tuple(d for d in self.every if d in dims) for n, dims in own.items()}

    def _is_of_rows(self, name, own):
        if name == "targets":
            return not self.dims or self.dims[0] not in own
        return self.call.role(name) == ROWS

    def _own_dims(self, name, u, x):
        # Its own, or those of x that an array without names must have.
        if isinstance(u, xr.DataArray):
            return tuple(u.dims)
        ndim = np.ndim(u)
        may_be = [x.dims, self.rest] if name == "targets" else [x.dims]
        if self.call.role(name) == CLASSES:
            may_be = [self.dims]
        if self.call.role(name) == ROWS:
            may_be = [self.rest]
        for own in ((), *may_be):
            if len(own) == ndim:
                return tuple(own)
        raise TypeError(_unnamed(name, u, x))

    def _run(self, *arrays):
        call, sizes, placed = self.call, {}, {}
        for (name, own), u in zip(self.own.items(), arrays):
            sizes.update(zip(own, np.shape(u)))
            if call.role(name) == CLASSES:
                placed[name] = u
                continue
            of_rows = self._is_of_rows(name, own)
            placed[name] = _placed(u, own, self.kept if of_rows else self.every)
        shape = tuple(sizes[d] for d in self.every)
        if placed[call.first].shape != shape:
            placed[call.first] = np.broadcast_to(placed[call.first], shape)
        axis = tuple(self.every.index(d) for d in self.dims)
        options = {"keepdims": False} if "keepdims" in call.options else {}  # see `_shown`
        if len(axis) < 2:
            # A number without axes is a row of itself.
            (axis,) = axis or ((() if shape else -1),)
        y = call.call(**placed, axis=axis, **options)
        if call.kind == "weighted vjp":
            return y[0], y[1].reshape([sizes[d] for d in self.own["b"]])
        return y if isinstance(y, tuple) or hasattr(y, "dtype") else np.asarray(y)

    def result(self):
        """The result, or the tuple of them, in the order of the dimensions of x."""
        call = self.call
        outputs = {ENTRIES: self.every, ROWS: () if call.summed else self.kept}
        outputs[PAIRS] = (*self.kept, *self.dims, *(f"{d}_j" for d in self.dims))
        roles = call.results
        if call.kind == "weighted vjp":
            if not {*self.own["b"]} <= {*call.arrays["x"].dims}:
                raise ValueError(f"b must have dimensions of x, got {self.own['b']}")
            roles, outputs["b"] = (ENTRIES, "b"), self.own["b"]
        y = _apply(
            self._run,
            self.arrays.values(),
            list(self.own.values()),
            [outputs[role] for role in roles],
        )
        several = isinstance(y, tuple)
        shown = [self._shown(one, role) for one, role in zip(y if several else (y,), roles)]
        return tuple(shown) if several else shown[0]

    def _shown(self, y, role):
        if role == ROWS and self.call.options.get("keepdims"):
            return y.expand_dims(dict.fromkeys(self.dims, 1)).transpose(*self.shown)
        return y.transpose(*self.shown) if role == ENTRIES else y


# --- segments, and chains ------------------------------------------------------------------------


def _of_segments(call):
    # Along the dimension of the ids, or the first; segments have one of their own.
    x, ids = call.arrays["x"], call.arrays.get("segment_ids")
    if not isinstance(x, xr.DataArray):
        raise TypeError("x must be a DataArray among others, so that its axes have names")
    named = isinstance(ids, xr.DataArray) and len(ids.dims) == 1 and ids.dims[0] in x.dims
    d = ids.dims[0] if named else x.dims[0] if x.dims else None
    rest = tuple(e for e in x.dims if e != d)
    own = {"x": (d, *rest) if x.dims else (), "segment_ids": (d,)}
    of_segments = "segment", *rest
    own["g"] = of_segments if call.kind.endswith("reduction") else own["x"]
    arrays, inputs = [], []
    for name, u in call.arrays.items():
        dims = own.get(name, ("offset",))
        if name == "offsets" and isinstance(u, xr.DataArray):
            u = u.data
        if isinstance(u, xr.DataArray):
            if set(u.dims) != set(dims):
                raise ValueError(f"{name} must have the dimensions {dims}, got {tuple(u.dims)}")
        elif np.ndim(u) == len(dims):
            u = xr.Variable(dims, u)
        else:
            raise TypeError(_unnamed(name, u, x))
        arrays.append(u)
        inputs.append(dims)

    def function(*given):
        return call.call(**dict(zip(call.arrays, given)))

    reduces = call.kind == "segment reduction"
    y = _apply(function, arrays, inputs, [of_segments if reduces else own["x"]])
    return y if reduces else y.transpose(*x.dims)


def _of_chains(call):
    # By the order of the axes, with the dimensions and coordinates of what is seen.
    seen = call.arrays["log_emission"]
    if not isinstance(seen, xr.DataArray):
        raise TypeError(
            "log_emission must be a DataArray among others, so that its axes have names"
        )
    if seen.ndim < 2:
        raise ValueError(f"log_emission must have the axes (..., T, K), got {tuple(seen.dims)}")
    state = seen.dims[-1]
    for name, u in call.arrays.items():
        known = isinstance(u, xr.DataArray) and state in u.coords and state in seen.coords
        if known and not u[state].equals(seen[state]):
            raise ValueError(f"{name} and log_emission have different coordinates of {state!r}")
    data = {name: getattr(u, "data", u) for name, u in call.arrays.items()}
    shown = []
    for like, y in zip(likes_of(call.name), flattened(call.call(**data))):
        u = call.arrays[like.name]
        if not isinstance(u, xr.DataArray):
            shown.append(y)
            continue
        gone = [d for d in u.dims if d not in u.dims[like.axes]]
        first = u.isel(dict.fromkeys(gone, 0), drop=True) if gone else u
        shown.append(first.copy(data=y if hasattr(y, "shape") else np.asarray(y)))
    return as_returned(call.name, shown)


# --- matrices, and two sets ----------------------------------------------------------------------


def _product(call):
    # Over the one dimension that both have, or of several that which is last of a; the others
    # that both have are batches.
    a, b = call.arrays["a"], call.arrays["b"]
    if not (isinstance(a, xr.DataArray) and isinstance(b, xr.DataArray)):
        raise TypeError("a and b must both be DataArrays, so that all axes have names")
    shared = [d for d in a.dims if d in b.dims]
    if not shared or (len(shared) > 1 and a.dims[-1] not in shared):
        raise ValueError(
            f"a and b must share the dimension that is summed over, the last of a where they share "
            f"several, got {tuple(a.dims)} and {tuple(b.dims)}"
        )
    k = shared[-1]
    batch = [d for d in shared if d != k]
    rows, columns = ([d for d in u.dims if d not in shared] for u in (a, b))

    def function(a, b):
        lead = a.shape[: len(batch)]
        of_a, of_b = a.shape[len(batch) : -1], b.shape[len(batch) + 1 :]
        a = a.reshape((*lead, math.prod(of_a), a.shape[-1]))
        b = b.reshape((*lead, b.shape[len(batch)], math.prod(of_b)))
        return call.call(a=a, b=b).reshape((*lead, *of_a, *of_b))

    inputs = [[*batch, *rows, k], [*batch, k, *columns]]
    return _apply(function, (a, b), inputs, [[*batch, *rows, *columns]])


def _gated(call):
    # The dimension of the labels is longer in the result, with the coordinates of both.
    a, b = call.arrays["a"], call.arrays["b"]
    if not (isinstance(a, xr.DataArray) and isinstance(b, xr.DataArray)):
        raise TypeError("a and b must both be DataArrays, so that all axes have names")
    d = _one_dim(call.axis, a)
    rest = tuple(e for e in a.dims if e != d)
    own = {name: _dims_beside(name, u, a, rest) for name, u in call.arrays.items()}
    inner = {name: [e for e in (*rest, d) if e in dims] for name, dims in own.items()}

    def function(*arrays):
        placed = {
            name: _placed(u, dims, rest if name == "gate" else (*rest, d))
            for (name, dims), u in zip(inner.items(), arrays)
        }
        y = call.call(**placed, axis=-1)
        return y if call.kind == "gated" else (y[0].reshape(np.shape(arrays[0])), *y[1:])

    arrays = [
        u if isinstance(u, xr.DataArray) or not own[name] else xr.Variable(own[name], u)
        for name, u in call.arrays.items()
    ]
    outputs = [(*rest, d)] if call.kind == "gated" else [inner["gate"], (*rest, d), (*rest, d)]
    y = _apply(function, arrays, list(inner.values()), outputs, exclude_dims={d})
    if call.kind == "gated":
        y = y.transpose(*a.dims)
        if d in a.coords and d in b.coords:
            return y.assign_coords({d: np.concatenate([a[d].values, b[d].values])})
        return y
    return (y[0], *(_with_coordinate(v.transpose(*a.dims), u, d) for v, u in zip(y[1:], (a, b))))


def _dims_beside(name, u, a, rest):
    # The dimensions of an argument, which a must have too.
    may_be = rest if name == "gate" else a.dims
    if not isinstance(u, xr.DataArray):
        if np.ndim(u) not in (0, len(may_be)):
            raise TypeError(_unnamed(name, u, a))
        return may_be if np.ndim(u) else ()
    if not set(u.dims) <= set(may_be) or (name == "b" and len(u.dims) < len(a.dims)):
        some = "some of " * (name != "b")
        raise ValueError(
            f"{name} must have {some}the dimensions {tuple(may_be)}, got {tuple(u.dims)}"
        )
    return u.dims


def _with_coordinate(y, like, d):
    return y.assign_coords({d: like[d]}) if d in like.coords else y
