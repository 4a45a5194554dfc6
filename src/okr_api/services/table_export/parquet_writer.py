"""Write a table as a Parquet file with typed columns, in groups of rows; needs the extra `parquet`."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from okr_api.okr.errors import InvalidInput

from .table_columns import Column, ColumnType, Row, typed

MAX_GROUP_ROWS = 10_000  # in memory at a time


class ParquetIsMissing(InvalidInput):
    """The extra `parquet` is not installed."""


class ParquetWriter:
    """Writer of one table; a context manager, whose end completes the file."""

    def __init__(self, file: Path, columns: Sequence[Column]) -> None:
        """Open the file.

        Raises:
            ParquetIsMissing: pyarrow is not installed.
        """
        try:
            import pyarrow as arrow  # an extra: 150 MB that no other part needs
            import pyarrow.parquet as parquet
        except ImportError:
            raise ParquetIsMissing("Parquet needs pyarrow: pip install 'okr-api[parquet]'") from None
        types = {
            ColumnType.TEXT: arrow.string(),
            ColumnType.NUMBER: arrow.float64(),
            ColumnType.INTEGER: arrow.int64(),
            ColumnType.BOOLEAN: arrow.bool_(),
            ColumnType.DAY: arrow.date32(),
            ColumnType.INSTANT: arrow.timestamp("us", tz="UTC"),
        }
        self.columns = columns
        self.arrow: Any = arrow
        self.schema = arrow.schema([(column.name, types[column.type]) for column in columns])
        self.writer = parquet.ParquetWriter(str(file), self.schema)
        self.waiting: list[Row] = []

    def __enter__(self) -> "ParquetWriter":
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Complete the file."""
        if kind is None:
            self._flush()
        self.writer.close()

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows, once there are enough for a group."""
        self.waiting.extend(rows)
        if len(self.waiting) >= MAX_GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if not self.waiting:
            return
        values = [
            [typed(row[place], column) for row in self.waiting] for place, column in enumerate(self.columns)
        ]
        arrays = [
            self.arrow.array(each, type=field.type) for each, field in zip(values, self.schema, strict=True)
        ]
        self.writer.write_table(self.arrow.Table.from_arrays(arrays, schema=self.schema))
        self.waiting = []
