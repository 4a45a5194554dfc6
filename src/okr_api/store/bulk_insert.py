"""Bulk insert: many new rows of a table by COPY, some thousand of them in each statement."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Table

from .bulk_write import Postgres, Row

MAX_COPIED_ROWS = 5_000  # of a statement: their foreign keys are checked at its end
T = TypeVar("T")


def batches_of(items: Iterable[T], most: int = MAX_COPIED_ROWS) -> Iterator[list[T]]:
    """Yield what an iterable holds in lists of at most so many."""
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
    """Insert rows, all columns given by name; `shared` are the same in all of them.

    Rows that refer to others of the same table come after them. `on_copied` hears how many there are.
    """
    columns = [column.name for column in table.columns]
    own = [name for name in columns if name not in shared]
    done = 0
    for batch in batches_of(rows):
        records: Iterable[tuple[Any, ...]] = (
            (*shared.values(), *(row[name] for name in own)) for row in batch
        )
        await connection.copy_records_to_table(table.name, records=records, columns=[*shared, *own])
        done += len(batch)
        on_copied(done)
