"""From the CUDA arrays of a call to their engine: directly where memory allows, else by copies."""

import numpy as np

from .._arguments import layout
from .._arguments.rows import Rows as RowsOfCpu
from .._arguments.slabs import Labels, rows_last, shared_form
from . import engines, losses, ordered, totals, weighted
from .arrays import Operand, empty_like, number_of_stream, order, reshaped
from .copy import (
    fill_with,
    leave_out_first_max,
    move_back,
    move_present,
    pack,
    pack_labels,
    unpack,
)


class Call:
    """The CUDA arrays of one call, and the stream that everything is launched on."""

    def __init__(self, x, name, stream):
        self.stream = None if stream is None else number_of_stream(stream)
        first = Operand(x, name, self.stream)
        if stream is None:
            self.stream = first.stream
        self._like, self._operands = x, []
        self.x = self._take(first)

    def _take(self, operand):
        order(operand.stream, self.stream)
        self._operands.append(operand)
        return operand.header

    def header(self, array, name):
        """The header of another argument; None for None."""
        return None if array is None else self._take(Operand(array, name, self.stream))

    def whole_numbers(self, given, name, otherwise=""):
        """The header of an argument that holds ints, which are not looked at."""
        header = self.header(given, name)
        if header.dtype.kind not in "iu":
            raise layout.no_ints(header.dtype, name, otherwise)
        return header

    def flat(self, header, dtype):
        """An array of a dtype, flat in C order, copied only where it is not so already."""
        if header.dtype == dtype and header.flags.c_contiguous:
            return header.reshape(-1)
        copy = self.new(header.size, dtype)
        if copy.size:
            pack(header, copy, self.stream)
        return copy

    def new(self, shape, dtype):
        """The header of a new array of the library of x, which lasts at least as long as the call.

        Working memory too is that of the library, which keeps what is freed for the next call.
        """
        self._operands.append(empty_like(self._like, shape, dtype, self.stream))
        return self._operands[-1].header

    def handed_out(self, header):
        """The array of an argument or a result, by its header.

        The streams of all arrays wait for what has been launched, which may still use them.
        """
        for operand in self._operands:
            order(self.stream, operand.stream)
        return next(o.owner for o in self._operands if o.header is header)


class Rows(RowsOfCpu):
    """As on the CPU, of CUDA arrays; what is checked are their headers."""

    on_cuda = True

    def __init__(self, x, axis, where=None, stream=None, name="x", beside=None, call=None):
        self.call = call or Call(x, name, stream)
        header = call.header(x, name) if call else self.call.x
        super().__init__(header, axis, name=name, beside=beside)
        if where is not None and where is not True:
            where = self.call.header(where, "where")
        self.mask = layout.check_where(where, self.x.shape)

    def beside_it(self, x, axis, workers, name):
        """The Rows of another argument of the same call."""
        return Rows(x, axis, name=name, call=self.call)

    def with_memory(self, u):
        """An argument that may be a number as one that has memory."""
        if not isinstance(u, (int, float, np.generic)):
            return u
        header = self.call.new((), self.dtype)
        fill_with(header, float(u), self.call.stream)
        return self.call.handed_out(header)

    def argument(self, array, name, or_complex=False):
        """(header, working dtype, dtype of results) of an argument."""
        return super().argument(self.call.header(array, name), name, or_complex)

    def labels(self, array, classes, present=None):
        """Class labels, without a look at them: the rows of those that are none become NaN."""
        if array.dtype.kind != "f" and present is None:
            return Labels(array)
        classes = self.call.new(array.shape, np.dtype(np.int64))
        if array.size:
            pack_labels(array, classes.reshape(-1), self.call.stream, present)
        return Labels(classes)

    def which(self, where, name="where"):
        """An argument with a bool for each row, before it is broadcast."""
        return layout.bool_array(self.call.header(where, name))

    def out(self, out, inputs, separate=None):
        """The header of an array for results of the shape of x."""
        if out is None:
            return self.call.new(self.x.shape, self.result)
        return super().out(self.call.header(out, "out"), inputs, separate)

    def out_of_shape(self, out, shape, inputs):
        """The header of an array for results of another shape, apart from the inputs."""
        if out is None:
            return self.call.new(shape, self.result)
        return super().out_of_shape(self.call.header(out, "out"), shape, inputs)

    def _headers_of(self, out):
        # Of a tuple of arrays.
        if not isinstance(out, tuple):
            return out
        return tuple(self.call.header(o, f"out[{i}]") for i, o in enumerate(out))

    def two_outs(self, out, inputs):
        """The headers of two arrays for results of the shape of x."""
        return super().two_outs(self._headers_of(out), inputs)

    def outs_alone(self, out, inputs):
        """The headers of two arrays for results that x and the weights have alone."""
        return super().outs_alone(self._headers_of(out), inputs)

    def out_of_rows(self, out, keepdims, inputs, of_moduli=False):
        """The header of an array for results with a number for each row; None for None."""
        return super().out_of_rows(self.call.header(out, "out"), keepdims, inputs)

    def handed_out(self, out):
        """What the caller gets for a header, or for two."""
        if isinstance(out, tuple):
            return tuple(self.call.handed_out(o) for o in out)
        return self.call.handed_out(out)

    def returned(self, values, keepdims=False, out=None):
        """Values of the working dtype as they are returned."""
        shape = self.row_shape(keepdims)
        if out is None and values.dtype == self.result:
            return reshaped(self.call.handed_out(values), shape, self.call.stream)
        if out is None:
            out = self.call.new(shape, self.result)
        if out.size:
            unpack(values.reshape(-1), out, self.call.stream)
        return self.call.handed_out(out)

    def total(self, values):
        """The sum of the values of all rows, in the dtype of results, without an axis."""
        out = self.call.new((), self.result)
        totals.total(values, out, self.call.stream)
        return self.call.handed_out(out)

    def added(self, numbers, shape, returned):
        """The sum of arrays with a number for each row, over the rows that share one of a shape."""
        out = self.call.new(returned, self.result)
        if out.size:
            totals.added(numbers, out.reshape(shape), self.call.stream)
        return self.call.handed_out(out)

    def row_weights(self, weights, of_mean, present=None):
        """The weight of each row, None for ones: 0 where it is not present, shares for a mean."""
        return losses.row_weights(self, weights, of_mean, present)

    def scores_and_weights(self, scores, *given):
        """What engines take of checked targets and the options, as on the CPU."""
        return losses.scores_and_weights(self, scores, *given)

    def run(self, function, g=None, t=None, c=None, values=False, outs=()):
        """As on the CPU, of headers; the values are in an array of the library of x."""
        if isinstance(g, losses.Scores):
            g, function = g.numbers, losses.of_scores(function)
        engine = function.engine
        result = self.call.new(self.shape, self.dtype) if values else None
        if self.x.size == 0:
            if values and result.size:
                fill_with(result, engine.of_nothing, self.call.stream)
            return result
        numbers = None if c is None else self.flat(c, self.shape, self.dtype)
        rows = None if result is None else result.reshape(-1)
        by_row = values or c is not None or any(isinstance(u, Labels) for u in (g, t))
        form = self._form((g, t), outs, by_row) if self._lies(function) else None
        if form:
            order, *form = form
            arrays = [self._as_it_lies(u, order) for u in (self.x, g, t)]
            places = [self._as_it_lies(out, order) for out in outs]
            engines.run(engine, *arrays, numbers, rows, places, *form, self.call)
        else:
            self._run_on_copies(function, (g, t), numbers, rows, outs)
        return result

    def both_terms(self, targets, pos_weight):
        """1 - t + q t, which multiplies the curvature of a single logit; NaN for what is wrong."""
        return losses.both_terms(self, targets, pos_weight)

    def _form(self, entries, outs, by_row):
        # The normal form, if all arrays have the same; the rows have to be in order if anything
        # has a number for each.
        arrays = [a for a in (*entries, *outs) if isinstance(a, np.ndarray)]
        form = shared_form(self.x, arrays, self.axes, self.dtype)
        kept = [a for a in form[0] if a not in self.axes] if form else []
        return None if by_row and kept != sorted(kept) else form

    def _as_it_lies(self, u, order):
        if isinstance(u, Labels):
            return self.flat(u.classes, self.shape, np.dtype(np.int64))
        return None if u is None else u.transpose(order)

    def flat(self, header, shape, dtype):
        """An array of a shape, flat in C order, copied only where it is not so already."""
        if header.dtype == dtype and header.shape == shape and header.flags.c_contiguous:
            return header.reshape(-1)
        copy = self.call.new(header.size, dtype)
        pack(header, copy, self.call.stream)
        return copy

    def _copied(self, u, mask):
        # As _as_it_lies, with the axes of the rows last, and 0 where it is masked.
        if u is None or isinstance(u, Labels):
            return self._as_it_lies(u, None)
        u = rows_last(u, self.axes)
        if mask is None:
            return self.flat(u, u.shape, self.dtype)
        copy = self.call.new(u.size, self.dtype)
        pack(u, copy, self.call.stream, mask, 0.0)
        return copy

    def weighted(self, function, return_sign, keepdims, out):
        """log |sum b exp(x)| and the sign, or the first alone with NaN for a negative sum."""
        stream, double = self.call.stream, np.dtype(np.float64)
        values, signs = (self.call.new(self.shape, double) for _ in range(2))
        if self.x.size:
            x, mask, n = self._rows_last()
            copy, weights = (self.call.new(x.size, double) for _ in range(2))
            pack(x, copy, stream, mask)
            if self.b is None:
                fill_with(weights, 1.0, stream)
            else:
                pack(rows_last(self.b, self.axes), weights, stream, mask, 0.0)
            weighted.run(copy, weights, values, signs, n, return_sign, stream)
        elif values.size:
            fill_with(values, -np.inf, stream)
            fill_with(signs, 0.0, stream)
        values = self.returned(values, keepdims, out)
        return (values, self.returned(signs, keepdims)) if return_sign else values

    def _doubles(self, *more):
        # (entries of a row; x, b and more as rows of doubles); what is masked has weight 0.
        x, mask, n = self._rows_last()
        arrays = (x, -np.inf, mask), (rows_last(self.b, self.axes), 0.0, mask)
        arrays += tuple((rows_last(u, self.axes), 0.0, None) for u in more)
        return n, [self._double(*u) for u in arrays]

    def _double(self, header, absent, mask):
        if header is None:
            return None
        copy = self.call.new(header.size, np.dtype(np.float64))
        pack(header, copy, self.call.stream, mask, absent)
        return copy

    def weighted_gradients(self, g):
        """The gradients in x and b of log |sum b exp(x)| times g, None for ones."""
        double, stream = np.dtype(np.float64), self.call.stream
        outs = [self.call.new(self.x.shape, double) for _ in range(2)]
        if self.x.size:
            n, arrays = self._doubles()
            if g is None:
                numbers = self.call.new(self.x.size // n, double)
                fill_with(numbers, 1.0, stream)
            else:
                numbers = self.flat(g, self.shape, double)
            parts = [self.call.new(self.x.size, double) for _ in outs]
            ordered.weighted_gradients(*arrays, numbers, *parts, n, stream)
            for out, part in zip(outs, parts):
                unpack(part, rows_last(out, self.axes), stream)
        return outs

    def weighted_slopes(self, tangents):
        """The derivatives of log |sum b exp(x)| along tangents of x and b, None for 0."""
        values = self.call.new(self.shape, np.dtype(np.float64))
        if self.x.size:
            n, (x, b, *along) = self._doubles(*tangents)
            flags = [u is not None for u in along]
            along = [x if u is None else u for u in along]
            ordered.weighted_slopes(x, b, *along, flags, values, n, self.call.stream)
        elif values.size:
            fill_with(values, 0.0, self.call.stream)
        return values

    def summed_to(self, values, shape, dtype, out=None):
        """The sum over what an argument of a shape is broadcast along, as it is returned."""
        total, stream = values, self.call.stream
        if shape != values.shape or dtype != values.dtype:
            total = self.call.new(shape, dtype)
            if total.size and values.size:
                totals.added((values,), total, stream)
            elif total.size:
                fill_with(total, 0.0, stream)
        if out is None:
            return self.call.handed_out(total)
        if out.size:
            unpack(total.reshape(-1), out, stream)
        return self.call.handed_out(out)

    def _rows_last(self):
        x, mask = rows_last(self.x, self.axes), rows_last(self.mask, self.axes)
        return x, mask, int(np.prod(x.shape[x.ndim - len(self.axes) :], dtype=np.intp))

    def _run_on_copies(self, function, entries, c, values, outs):
        engine, stream, size = function.engine, self.call.stream, self.x.size
        x, mask, n = self._rows_last()
        if mask is not None and engine.counts:
            self._run_by_count(function, entries[0], c, values, outs)
            return
        copy = self.call.new(size, self.dtype)
        pack(x, copy, stream, mask)
        if function.without_max:
            leave_out_first_max(copy, n, stream)
        if mask is not None and function.kind == "vjp" and entries[0] is None:
            ones = self.call.new(self.x.shape, self.dtype)  # what is absent has no cotangent
            fill_with(ones.reshape(-1), 1.0, stream)
            entries = ones, entries[1]
        # A running sum has a value at what is masked, too.
        counted = None if engine.ordered else mask
        arrays = [self._copied(u, counted) for u in entries]
        # The first results take the place of the copy.
        places = [copy, *(self.call.new(size, self.dtype) for _ in outs[1:])][: len(outs)]
        engines.run(engine, copy, *arrays, c, values, places, size // n, n, 1, self.call)
        for out, place, fill in zip(outs, places, (*function.masked, None, None)):
            # A fill of -0.0 keeps its sign.
            masked = (None, 0.0) if fill is None else (mask, fill)
            unpack(place, rows_last(out, self.axes), stream, *masked)

    def _run_by_count(self, function, g, c, values, outs):
        # Of a row only the entries that are present, next to each other.
        x, mask, n = self._rows_last()
        stream, lengths = self.call.stream, self.call.new(x.size // n, np.dtype(np.int64))
        moved = [None if u is None else self.call.new(x.size, self.dtype) for u in (x, g)]
        for u, copy in zip((x, rows_last(g, self.axes)), moved):
            if copy is not None:
                pack(u, copy, stream)
                move_present(copy, mask, n, lengths, stream)
        place = moved[0] if outs else None
        engines.run_by_length(function.engine, *moved, c, values, place, lengths, n, stream)
        for out in outs:
            move_back(place, mask, n, lengths, stream)
            unpack(place, rows_last(out, self.axes), stream, mask, function.masked[0])
