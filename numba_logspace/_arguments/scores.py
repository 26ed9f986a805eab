"""Scores of the classes made of targets where they are needed, a slab of rows at a time."""

from fractions import Fraction

import numpy as np

from .slabs import Labels, rows_last


class SparseRows:
    """A matrix of targets, most of them 0, in rows: what scipy.sparse calls CSR.

    `turned` says that the rows of x are the columns of what has been passed.
    """

    def __init__(self, matrix):
        self.matrix, self.shape, self.turned = matrix, matrix.shape, False

    def along(self, axis):
        """The same for rows of x along an axis."""
        if axis == 1:
            return self
        rows = SparseRows(self.matrix.T.tocsr())
        rows.turned = True
        return rows

    @property
    def values(self):
        """What is stored, and the number of the row of each."""
        counts = np.diff(self.matrix.indptr)
        return self.matrix.data, np.repeat(np.arange(counts.size), counts)

    def piece(self, index):
        """The rows of an index as an array."""
        return self.matrix[index[0] if index else slice(None)].toarray()


def smoothed(share, classes):
    """What a label of smoothed ones has, and what each other class has, both rounded once."""
    share, each = Fraction(share), Fraction(share) / classes
    return float(1 - share + each), float(each)


class Scores:
    """A number for each class, w_k ((1 - s) M_k + s / K), with M the targets.

    M is an array of the shape of x, Labels or SparseRows; w an array of a weight for each of the K
    classes, or None; s the share of smoothing.
    """

    def __init__(self, targets, rows, class_weights=None, smoothing=0.0):
        self._targets = rows_last(targets, rows.axes) if _is_array(targets) else targets
        self.memory = memory_of(targets)
        self._weights, self._classes = class_weights, rows.x.shape[rows.axes[0]]
        self._chosen, self._rest = smoothed(smoothing, self._classes)
        self._smoothing = smoothing

    def piece(self, index):
        """The numbers for the rows of an index, the classes last, as float64."""
        with np.errstate(all="ignore"):  # rows that do not count may hold anything
            scores = self._smoothed(index)
            return scores if self._weights is None else scores * self._weights

    def _smoothed(self, index):
        if isinstance(self._targets, Labels):
            labels = self._targets.classes[index][..., None]
            scores = np.full((*labels.shape[:-1], self._classes), self._rest)
            np.put_along_axis(scores, labels, self._chosen, -1)
            return scores
        if _is_array(self._targets):
            scores = np.array(self._targets[index], np.float64)
        else:
            scores = np.asarray(self._targets.piece(index), np.float64)
        if self._smoothing:
            scores *= 1.0 - self._smoothing
            scores += self._rest
        return scores


def _is_array(u):
    return isinstance(u, np.ndarray)


def memory_of(u):
    """The array in which targets lie, whose memory no result may share; None for several."""
    if isinstance(u, Labels):
        return u.classes
    if isinstance(u, Labels):
        return u.classes
    if isinstance(u, SparseRows):
        return None
    return u if _is_array(u) else u.memory
