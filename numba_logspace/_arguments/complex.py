"""Calls on complex rows: pieces of x to the kernels of complex numbers, and results from them."""

import numpy as np

from .._cpu import complex as kernels
from .slabs import copy_of, for_slabs, rows_last

_COMPLEX = np.dtype(np.complex128)


def run(rows, function, outs):
    """Results for the entries into `outs`, or those of the rows: returned."""
    return _map(rows, function, *outs) if outs else _reduce(rows, function.of_complex)


def weighted(rows, return_sign, keepdims, out):
    """The logsumexp with weights, or as the logarithm of a modulus and a complex sign."""
    if not return_sign:
        return rows.returned(_reduce(rows, kernels.logsumexp), keepdims, out)
    values, signs = np.full(rows.shape, -np.inf), np.zeros(rows.shape, _COMPLEX)

    def one(x, b, _, index):
        part, sign = np.empty(len(x)), np.empty(len(x), _COMPLEX)
        kernels.logsumexp_with_sign(_flat(x), _flat(b), part, sign, *_work(x))
        values[index] = part.reshape(np.shape(values[index]))
        signs[index] = sign.reshape(np.shape(values[index]))

    _for_pieces(one, rows)
    return rows.returned(values, keepdims, out), rows.returned(signs, keepdims)


def _flat(u):
    return None if u is None else u.reshape(-1)


def _work(x):
    # (length of the rows, from the first, to the last).
    return x.shape[1], 0, x.shape[0]


def _for_pieces(one, rows):
    # Call one(x, b, mask, index) for pieces of x, of rows that follow each other.
    if not rows.x.size:
        return
    x, b = rows_last(rows.x, rows.axes), rows_last(rows.b, rows.axes)
    mask = rows_last(rows.mask, rows.axes)

    def piece(index, n):
        part = copy_of(x, index, _COMPLEX, mask).reshape(-1, n)
        weights = None if b is None else copy_of(b, index, _COMPLEX, mask, 0.0).reshape(-1, n)
        one(part, weights, None if mask is None else mask[index].reshape(-1, n), index)

    for_slabs(piece, x, rows.axes, rows.workers)


def _reduce(rows, kernel):
    values = np.full(rows.shape, -np.inf, _COMPLEX)

    def one(x, b, mask, index):
        beside = _flat(b)
        if kernel is kernels.logmeanexp:
            beside = np.zeros(len(x), np.int64) if mask is None else (~mask).sum(axis=1)
        part = np.empty(len(x), _COMPLEX)
        kernel(_flat(x), beside, part, *_work(x))
        values[index] = part.reshape(np.shape(values[index]))

    _for_pieces(one, rows)
    return values


def _map(rows, function, out):
    target = rows_last(out, rows.axes)

    def one(x, b, mask, index):
        results = np.empty_like(x)
        function.of_complex(_flat(x), _flat(results), *_work(x))
        if mask is not None and function.masked:
            np.copyto(results, function.masked[0], where=~mask)
        with np.errstate(all="ignore"):  # a complex64 may overflow to inf
            target[index] = results.reshape(target[index].shape)

    _for_pieces(one, rows)
