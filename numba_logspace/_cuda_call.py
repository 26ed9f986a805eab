"""From the CUDA arrays of a call to their engine: directly where memory allows, else by copies."""

import numpy as np

from . import _cuda, _cuda_arrays, _cuda_copy, _cuda_ordered, _cuda_totals, _derive, _layout
from ._cuda_arrays import Operand, empty_like, order
from ._derive import Labels
from ._slabs import rows_last, shared_form


class Call:
    """The CUDA arrays of one call, and the stream that everything is launched on."""

    def __init__(self, x, name, stream):
        self.stream = None if stream is None else _cuda_arrays.number_of_stream(stream)
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


class Rows(_derive.Rows):
    """As on the CPU, of CUDA arrays; what is checked are their headers."""

    on_cuda = True

    def __init__(self, x, axis, where=None, stream=None, name="x"):
        self.call = Call(x, name, stream)
        super().__init__(self.call.x, axis, name=name)
        if where is not None and where is not True:
            where = self.call.header(where, "where")
        self.mask = _layout.check_where(where, self.x.shape)

    def argument(self, array, name):
        """(header, working dtype, dtype of results) of an argument."""
        return _layout.as_array(self.call.header(array, name), name)

    def entries(self, array, name):
        """The header of an argument with a number for each entry; None for None."""
        return super().entries(self.call.header(array, name), name)

    def numbers(self, array, name):
        """The header of an argument with a number for each row; None for None."""
        return super().numbers(self.call.header(array, name), name)

    def out(self, out, inputs, separate=None):
        """The header of an array for results of the shape of x."""
        if out is None:
            return self.call.new(self.x.shape, self.result)
        return super().out(self.call.header(out, "out"), inputs, separate)

    def two_outs(self, out, inputs):
        """The headers of two arrays for results of the shape of x."""
        if isinstance(out, tuple):
            out = tuple(self.call.header(o, f"out[{i}]") for i, o in enumerate(out))
        return super().two_outs(out, inputs)

    def out_of_rows(self, out, keepdims, inputs):
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
            return self.call.handed_out(values).reshape(shape)
        if out is None:
            out = self.call.new(shape, self.result)
        if out.size:
            _cuda_copy.unpack(values.reshape(-1), out, self.call.stream)
        return self.call.handed_out(out)

    def total(self, values):
        """The sum of the values of all rows, in the dtype of results, without an axis."""
        out = self.call.new((), self.result)
        _cuda_totals.total(values, out, self.call.stream)
        return self.call.handed_out(out)

    def shares(self, weights):
        """The weight of each row, None for ones, over the sum of all."""
        out = self.call.new(self.shape, self.dtype)
        if weights is None:
            _cuda_copy.fill(out, 1.0 / max(1, out.size), self.call.stream)
        else:
            weights = self._flat(weights, self.shape, self.dtype)
            _cuda_totals.shares(weights, out, self.call.stream)
        return out

    def derive(self, engine, g=None, t=None, c=None, values=False, outs=(), **options):
        """As on the CPU, of headers; the values are in an array of the library of x.

        `fill` is what masked entries of the results become, `of_nothing` the value of an empty row,
        and `ordered` says that the entries of a row follow each other in C order.
        """
        result = self.call.new(self.shape, self.dtype) if values else None
        if self.x.size == 0:
            if values and result.size:
                _cuda_copy.fill(result, options.get("of_nothing", 0.0), self.call.stream)
            return result
        numbers = None if c is None else self._flat(c, self.shape, self.dtype)
        rows = None if result is None else result.reshape(-1)
        by_row = values or c is not None or any(isinstance(u, Labels) for u in (g, t))
        scattered = options.get("ordered") and len(self.axes) > 1
        copied = options.get("without_max") or scattered
        form = None if copied else self._form((g, t), outs, by_row)
        if form:
            order, *form = form
            arrays = [self._as_it_lies(u, order) for u in (self.x, g, t)]
            places = [self._as_it_lies(out, order) for out in outs]
            _cuda.run(engine, *arrays, numbers, rows, places, *form, self.call)
        else:
            self._run_on_copies(engine, (g, t), numbers, rows, outs, **options)
        return result

    def _form(self, entries, outs, by_row):
        # The normal form, if all arrays have the same; the rows have to be in order if anything
        # has a number for each.
        arrays = [a for a in (*entries, *outs) if isinstance(a, np.ndarray)]
        if self.mask is not None:
            return None
        form = shared_form(self.x, arrays, self.axes, self.dtype)
        kept = [a for a in form[0] if a not in self.axes] if form else []
        return None if by_row and kept != sorted(kept) else form

    def _as_it_lies(self, u, order):
        if isinstance(u, Labels):
            return self._flat(u.classes, self.shape, np.dtype(np.int64))
        return None if u is None else u.transpose(order)

    def _flat(self, header, shape, dtype):
        # In C order, copied only where it is not so already.
        if header.dtype == dtype and header.shape == shape and header.flags.c_contiguous:
            return header.reshape(-1)
        copy = self.call.new(header.size, dtype)
        _cuda_copy.pack(header, copy, self.call.stream)
        return copy

    def weighted(self, b, return_sign, keepdims, out):
        """log |sum b exp(x)| and the sign, or the first alone with NaN for a negative sum."""
        stream, double = self.call.stream, np.dtype(np.float64)
        values, signs = (self.call.new(self.shape, double) for _ in range(2))
        if self.x.size:
            x, mask, n = self._rows_last()
            copy, weights = (self.call.new(x.size, double) for _ in range(2))
            _cuda_copy.pack(x, copy, stream, mask)
            if b is None:
                _cuda_copy.fill(weights, 1.0, stream)
            else:
                _cuda_copy.pack(rows_last(b, self.axes), weights, stream, mask, 0.0)
            _cuda_ordered.weighted(copy, weights, values, signs, n, return_sign, stream)
        elif values.size:
            _cuda_copy.fill(values, -np.inf, stream)
            _cuda_copy.fill(signs, 0.0, stream)
        values = self.returned(values, keepdims, out)
        return (values, self.returned(signs, keepdims)) if return_sign else values

    def _rows_last(self):
        x, mask = rows_last(self.x, self.axes), rows_last(self.mask, self.axes)
        return x, mask, int(np.prod(x.shape[x.ndim - len(self.axes) :], dtype=np.intp))

    def _run_on_copies(self, engine, entries, c, values, outs, without_max=False, fill=None, **_):
        stream, size = self.call.stream, self.x.size
        x, mask, n = self._rows_last()
        copy = self.call.new(size, self.dtype)
        if mask is not None and getattr(engine, "counts", False):
            lengths = self.call.new(size // n, np.dtype(np.int64))
            _cuda_copy.pack(x, copy, stream)
            _cuda_copy.move_present(copy, mask, n, lengths, stream)
            _cuda.reduce_by_length(engine, copy, values, lengths, n, stream)
            return
        _cuda_copy.pack(x, copy, stream, mask)
        if without_max:
            _cuda_copy.leave_out_first_max(copy, n, stream)
        arrays = [
            self._as_it_lies(u, None)
            if u is None or isinstance(u, Labels)
            else self._flat(rows_last(u, self.axes), x.shape, self.dtype)
            for u in entries
        ]
        # The first results take the place of the copy.
        places = [copy, *(self.call.new(size, self.dtype) for _ in outs[1:])][: len(outs)]
        _cuda.run(engine, copy, *arrays, c, values, places, size // n, n, 1, self.call)
        for out, place in zip(outs, places):
            # A fill of -0.0 keeps its sign.
            masked = (None, 0.0) if fill is None else (mask, fill)
            _cuda_copy.unpack(place, rows_last(out, self.axes), stream, *masked)
