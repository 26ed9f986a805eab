"""Rows of a million entries on the GPU: the bounds hold whatever the length."""

import numpy as np
import pytest
from budgets import BUDGETS
from error import check
from levels import Runs
from on_device import on_cuda

import numba_logspace as nl

# name -> (values, counts): one entry above the others, and equal terms, whose errors add up.
SHAPES = {
    "one far above": ((0, 8, 0), (300_000, 1, 700_000)),
    "all equal": ((0.1,), (1_000_003,)),
}
each_shape = pytest.mark.parametrize("shape", SHAPES)
# A row shared by several blocks, and columns of a thread each.
each_way = pytest.mark.parametrize("axis", [-1, 0])


def laid(row, numbers, axis):
    """An array of rows, or of two columns."""
    array = row.spread(numbers)
    return array[None] if axis else np.repeat(array[:, None], 2, axis=1)


def at_runs(row, result, axis):
    """The last entry of each run, runs last."""
    return np.moveaxis(result, axis, -1)[..., row.at + row.counts - 1]


@each_shape
@each_way
@pytest.mark.parametrize("name", ["softmax", "logcumsumexp"])
def test_maps(name, axis, shape):
    row = Runs(*SHAPES[shape], np.float32)
    result = on_cuda(getattr(nl, name))(laid(row, row.values, axis), axis=axis)
    check(row.target(name), at_runs(row, result, axis), BUDGETS[name], shape)


@each_shape
@each_way
@pytest.mark.parametrize("name", ["logsumexp", "logsumexp_jvp", "cross_entropy"])
def test_numbers_of_rows(name, axis, shape):
    row = Runs(*SHAPES[shape], np.float32)
    weights = () if name == "logsumexp" else (np.linspace(0.25, 1, row.values.size),)
    if name == "cross_entropy":
        weights = (weights[0] / row.counts,)
    arrays = [laid(row, numbers, axis) for numbers in (row.values, *weights)]
    result = on_cuda(getattr(nl, name))(*arrays, axis=axis)
    check(row.target(name, *weights), np.asarray(result)[..., None], BUDGETS[name], shape)
