"""Bulk writes: `Batch` writes rows of several tables in one statement, as JSON documents; types of rows.

PostgreSQL parses the document by the table's column types. Passed as one array for each column, the same
rows cost this process four times as much, and PostgreSQL no less.
"""

import re
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

import orjson
from asyncpg import Connection, Record
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy import Table

from .time_slicing import STEPS_BETWEEN_CHECKS, Batches

MAX_STATEMENT_ROWS = 3_000

Postgres = Connection | PoolConnectionProxy


class RowReader(Protocol):
    """What reads the rows of a statement: a connection, or a snapshot that reads for one."""

    def fetch(self, query: str, /, *parameters: Any) -> Awaitable[list[Any]]:
        """Return the rows of a statement."""


Row = Mapping[str, Any] | Record


def _written(value: object) -> str:
    """Return PostgreSQL's text form of a value that JSON has no type for."""
    return "\\x" + value.hex() if isinstance(value, bytes) else str(value)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _given(table: Table, names: Sequence[str]) -> str:
    """Return the query that turns the document `$1` into rows."""
    return f'select {_quoted(names)} from json_populate_recordset(null::"{table.name}", $1::json)'


def by_each(table: str, key: str, columns: str = "*", asked: str = "$2::uuid[]") -> str:
    """Return the statement that selects an organisation's rows by a list of keys, one index lookup per key.

    `offset 0` keeps PostgreSQL from reordering the join and reading the whole table: a plain list of keys may
    become a filter, in a plan that was made while the table was empty.
    """
    return f"""
        select found.* from unnest({asked}) asked(key) cross join lateral (
            select {columns} from {table} where organization_id = $1 and {key} = asked.key offset 0
        ) found
    """


@lru_cache
def written_columns(table: Table) -> tuple[str, ...]:
    """Return the columns of a table that are written: all but those that PostgreSQL computes."""
    return tuple(column.name for column in table.columns if column.computed is None)


@lru_cache
def _key(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key.columns)


@lru_cache
def insert_statement(table: Table, *, replacing: bool) -> str:
    """Return the statement that inserts rows; with `replacing`, it replaces rows with the same key.

    A derived column of a row that is there stays: what it follows from may have changed, and sets it then.
    """
    names, key = written_columns(table), _key(table)
    statement = f'insert into "{table.name}" ({_quoted(names)}) {_given(table, names)}'
    if replacing:
        derived = {column.name for column in table.columns if column.info.get("is_derived")}
        set_names = [name for name in names if name not in key and name not in derived]
        values = ", ".join(f'"{name}" = excluded."{name}"' for name in set_names)
        statement += f" on conflict ({_quoted(key)}) do update set {values}"
    return statement


@lru_cache
def delete_statement(table: Table) -> str:
    """Return the statement that deletes rows by their keys."""
    same = " and ".join(f'gone."{name}" = given."{name}"' for name in _key(table))
    return f'delete from "{table.name}" gone using ({_given(table, _key(table))}) given where {same}'


@lru_cache
def update_statement(table: Table, names: tuple[str, ...]) -> str:
    """Return the statement that sets the named columns of rows by their keys."""
    key = _key(table)
    values = ", ".join(f'"{name}" = given."{name}"' for name in names)
    same = " and ".join(f'kept."{name}" = given."{name}"' for name in key)
    return f'update "{table.name}" kept set {values} from ({_given(table, key + names)}) given where {same}'


@lru_cache(maxsize=2_000)
def _renumbered(statement: str, by: int) -> str:
    """Return the statement with its parameter numbers increased."""
    return re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + by}", statement)


class Batch:
    """Writes to several tables, sent as one statement, or in order as several large ones.

    Parts of one statement see each other's rows only through foreign keys, which are checked at its end, so
    referenced rows come first. Columns are given by name; `shared` ones once for all rows.
    """

    def __init__(self, connection: Postgres) -> None:
        self._connection = connection
        self._statements: list[str] = []
        self._parameters: list[Any] = []
        self._rows = 0

    def add(self, statement: str, *parameters: Any) -> None:
        """Add any statement that writes."""
        self._statements.append(_renumbered(statement, len(self._parameters)))
        self._parameters += parameters

    async def add_rows(self, rows: int, statement: str, *parameters: Any) -> None:
        """Add any statement that writes so many rows; execute the others first if it would be too many."""
        if self._rows + rows > MAX_STATEMENT_ROWS:
            await self.write()
        self.add(statement, *parameters)
        self._rows += rows

    async def append(self, table: Table, rows: Iterable[Row], shared: Row) -> None:
        """Add an insert of rows with all their columns."""
        await self._add_rows(insert_statement(table, replacing=False), rows, written_columns(table), shared)

    async def put(self, table: Table, rows: Iterable[Row], shared: Row) -> None:
        """Add an upsert of rows by their keys."""
        await self._add_rows(insert_statement(table, replacing=True), rows, written_columns(table), shared)

    async def delete(self, table: Table, rows: Iterable[Row], shared: Row) -> None:
        """Add a deletion of rows by their keys."""
        await self._add_rows(delete_statement(table), rows, _key(table), shared)

    async def update(self, table: Table, rows: Iterable[Row], names: tuple[str, ...], shared: Row) -> None:
        """Add an update of the named columns of rows by their keys."""
        await self._add_rows(update_statement(table, names), rows, _key(table) + names, shared)

    async def _add_rows(self, statement: str, rows: Iterable[Row], names: Sequence[str], shared: Row) -> None:
        if not rows:
            return
        own = [name for name in names if name not in shared]
        if isinstance(rows, list) and len(rows) <= STEPS_BETWEEN_CHECKS:
            batch = [{**shared, **{name: row[name] for name in own}} for row in rows]
            await self._add_batch(statement, batch)
            return
        async for batch in Batches({**shared, **{name: row[name] for name in own}} for row in rows):
            await self._add_batch(statement, batch)

    async def _add_batch(self, statement: str, rows: list[dict[str, Any]]) -> None:
        await self.add_rows(len(rows), statement, orjson.dumps(rows, default=_written).decode())

    async def write(self) -> None:
        """Execute everything that was added and not executed yet."""
        if not self._statements:
            return
        *first, last = self._statements
        parts = ", ".join(f"part_{place} as ({statement})" for place, statement in enumerate(first))
        await self._connection.execute(f"with {parts} {last}" if first else last, *self._parameters)
        self._statements, self._parameters, self._rows = [], [], 0


def referred_first(rows: Sequence[Row], column: str) -> list[Row]:
    """Return the rows in an order in which each follows the row that its `column` references, if present."""
    if len(rows) < 2:
        return list(rows)
    by_id = {row["id"]: row for row in rows}
    ordered: dict[Any, Row] = {}
    for row in rows:
        chain: list[Row] = []
        here: Row | None = row
        while here is not None and here["id"] not in ordered and len(chain) < len(rows):
            chain.append(here)
            here = by_id.get(here[column])
        ordered.update({each["id"]: each for each in reversed(chain)})
    return list(ordered.values())
