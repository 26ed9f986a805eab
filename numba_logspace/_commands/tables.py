"""A function over the rows of tables in .parquet files, through pyarrow."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from .._arguments import layout
from .._interop.calls import CLASSES, ENTRIES
from . import outputs
from .calls import Call, located
from .progress import progress

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet as parquet

_Writer: TypeAlias = Callable[[np.ndarray], None]
# Bytes of the inputs and of the results that are held together, unless one row needs more. They are
# copied several times on the way through pyarrow.
_HELD = 16 << 20


@dataclasses.dataclass(frozen=True)
class _Table:
    """Columns of a table: a number for each row and column, of one column for each row."""

    name: str
    file: parquet.ParquetFile
    columns: list[str]
    dtype: np.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        count = self.file.metadata.num_rows
        return (count,) if len(self.columns) == 1 else (count, len(self.columns))

    def pieces(self, count: int) -> Iterator[np.ndarray]:
        """So many rows at a time, whatever the groups of rows in the file."""
        held = [np.empty((0, *self.shape[1:]), self.dtype)]
        for batch in self.file.iter_batches(count, columns=self.columns):
            # A number that is missing becomes NaN.
            if self.dtype == bool and any(column.null_count for column in batch.columns):
                raise ValueError(f"{self.name} must have a bool in each row, and one is missing")
            columns = [batch.column(c).cast(self.dtype.name) for c in self.columns]
            matrix = np.stack([c.to_numpy(zero_copy_only=False) for c in columns], axis=-1)
            held.append(matrix.reshape(len(matrix), *self.shape[1:]))
            if sum(map(len, held)) >= count:
                whole = np.concatenate(held)
                yield whole[:count]
                held = [whole[count:]]
        if sum(map(len, held)):
            yield np.concatenate(held)


def over_tables(
    call: Call,
    inputs: Sequence[str],
    places: Sequence[tuple[Path, str]],
    targets: Sequence[str],
    axis: int,
    workers: int | None,
) -> None:
    """Apply a function whose rows are the rows of tables."""
    with contextlib.ExitStack() as stack:
        tables = [
            _opened(stack, path, chosen, name, argument == "where")
            for argument, name, (path, chosen) in zip(call.names, inputs, places, strict=True)
        ]
        x = tables[0]
        if call.has_axis:
            (axis,) = layout.normalize_axes(axis, 2)
            if axis != 1:
                raise ValueError("the rows of a table are taken one by one: axis must be -1")
            if len(x.shape) == 1:
                raise ValueError(f"{x.name} has one column: a row needs several")
        roles = call.roles(tables, axis)
        dtype = call.dtype(tables)
        files = outputs.appearing([str(path) for path, _ in places], targets, (".parquet",))
        columns = [x.columns if role == ENTRIES else [call.function.name] for role in call.results]
        writers = [
            stack.enter_context(_writer(path, names, dtype))
            for path, names in zip(stack.enter_context(files), columns, strict=True)
        ]
        _stream(call, tables, roles, writers, axis, workers)


def _opened(
    stack: contextlib.ExitStack, path: Path, chosen: str, name: str, is_mask: bool
) -> _Table:
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        # Groups of rows, which may be all of a file, are not read ahead as a whole.
        file = parquet.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False)
        stack.enter_context(file)
    except pyarrow.ArrowException as error:
        raise ValueError(f"{name} is not a complete .parquet file: {error}") from error
    schema = file.schema_arrow
    columns = chosen.split(",") if chosen else schema.names
    for column in columns:
        if schema.names.count(column) != 1:
            known = ", ".join(schema.names)
            raise ValueError(f"{name} has no column {column!r}; it has {known}")
    dtypes = [
        _dtype_of(schema.field(column).type, f"column {column} of {name}", is_mask)
        for column in columns
    ]
    return _Table(name, file, columns, np.result_type(*dtypes))


def _dtype_of(kind: pyarrow.DataType, name: str, is_mask: bool) -> np.dtype:
    # Whole numbers as float64, in which they are computed anyway, since some may be missing.
    array = np.empty(0, kind.to_pandas_dtype())
    if is_mask and array.dtype == bool:
        return array.dtype
    if array.dtype == object:
        raise TypeError(f"{name} has the type {kind}; numbers and bool are supported")
    return layout.as_array(array, name)[2]


@contextlib.contextmanager
def _writer(path: Path, columns: list[str], dtype: np.dtype) -> Iterator[_Writer]:
    import pyarrow
    import pyarrow.parquet as parquet

    schema = pyarrow.schema([(column, pyarrow.from_numpy_dtype(dtype)) for column in columns])
    with parquet.ParquetWriter(path, schema, use_dictionary=False) as writer:

        def write(rows: np.ndarray) -> None:
            arrays = [pyarrow.array(column) for column in rows.reshape(len(rows), -1).T]
            writer.write_table(pyarrow.table(arrays, schema=schema))

        yield write


def _row(start: int, i: int, *column: int) -> int | tuple[int, ...]:
    # A row of a piece that begins at `start`, in the table; or an entry of it.
    return (start + i, *column) if column else start + i


def _pieces(table: _Table, role: str, step: int) -> Iterator[np.ndarray]:
    if role == CLASSES:
        return itertools.repeat(next(table.pieces(table.shape[0])))
    return table.pieces(step)


def _stream(
    call: Call,
    tables: Sequence[_Table],
    roles: Sequence[str],
    writers: Sequence[_Writer],
    axis: int,
    workers: int | None,
) -> None:
    count = tables[0].shape[0]
    bytes_of_a_row = sum(len(table.columns) * table.dtype.itemsize for table in tables)
    step = max(1, _HELD // (2 * bytes_of_a_row))  # results are as large as that
    pieces = zip(*(_pieces(table, role, step) for table, role in zip(tables, roles, strict=True)))
    with progress(count * bytes_of_a_row) as bar:
        for start, arrays in zip(range(0, count, step), pieces, strict=True):
            try:
                results = call.run(arrays, axis, workers)
            except ValueError as error:
                raise ValueError(located(str(error), functools.partial(_row, start))) from error
            for write, result in zip(writers, results, strict=True):
                write(result)
            bar.update(len(arrays[0]) * bytes_of_a_row)
