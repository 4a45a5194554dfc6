"""Bulk insert: copy many new rows into a table with COPY, up to 5,000 in each statement."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Table

from .bulk_write import Postgres, Row, written_columns

MAX_COPIED_ROWS = 5_000  # in one statement: their foreign keys are checked at its end
T = TypeVar("T")


def batches_of(items: Iterable[T], most: int = MAX_COPIED_ROWS) -> Iterator[list[T]]:
    """Yield the items in lists of at most `most`."""
    remaining = iter(items)
    while batch := list(islice(remaining, most)):
        yield batch


async def copy_rows(
    connection: Postgres,
    table: Table,
    rows: Iterable[Row],
    shared: Row,
    *,
    on_copied: Callable[[int], None] = lambda done: None,
) -> None:
    """Insert rows with all columns by name; `shared` are equal in all rows.

    Rows that reference others of the same table come after them. `on_copied` gets the count so far.
    """
    columns = written_columns(table)
    own = [name for name in columns if name not in shared]
    done = 0
    for batch in batches_of(rows):
        records: Iterable[tuple[Any, ...]] = (
            (*shared.values(), *(row[name] for name in own)) for row in batch
        )
        await connection.copy_records_to_table(table.name, records=records, columns=[*shared, *own])
        done += len(batch)
        on_copied(done)
