"""Rows in sets: one statement writes many rows of a table, handed over as documents of up to a thousand.

PostgreSQL takes the document apart by the table's own types. Handed over as an array for each column, the
same rows cost this process four times as much, and PostgreSQL no less.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from asyncpg import Connection, Record
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy import Table

from .time_slicing import STEPS_BETWEEN_CHECKS, Batches

MAX_STATEMENT_ROWS = 3_000

Postgres = Connection | PoolConnectionProxy
Row = Mapping[str, Any] | Record


def _written(value: object) -> str:
    """What documents have no form for, as PostgreSQL reads it."""
    return "\\x" + value.hex() if isinstance(value, bytes) else str(value)


def _document(rows: Sequence[Row], names: Sequence[str], shared: Row) -> str:
    """The rows as a document, with those columns; `shared` are the same in all of them."""
    own = [name for name in names if name not in shared]
    chosen = [{**shared, **{name: row[name] for name in own}} for row in rows]
    return orjson.dumps(chosen, default=_written).decode()


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _given(table: Table, names: Sequence[str]) -> str:
    """The rows handed over as `$1`, as a relation."""
    return f'select {_quoted(names)} from json_populate_recordset(null::"{table.name}", $1::json)'


def by_each(table: str, key: str, columns: str = "*", asked: str = "$2::uuid[]") -> str:
    """The statement that finds an organisation's rows with those keys, looked up key by key.

    `offset 0` keeps PostgreSQL from turning it about, and from reading all rows for the few that are asked
    for: a list of keys it may take for a filter, in a plan that was made while the table was empty.
    """
    return f"""
        select found.* from unnest({asked}) asked(key) cross join lateral (
            select {columns} from {table} where organization_id = $1 and {key} = asked.key offset 0
        ) found
    """


@lru_cache
def _columns(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns)


@lru_cache
def _key(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key.columns)


@lru_cache
def insert_statement(table: Table, *, replacing: bool) -> str:
    """The statement that appends rows, or replaces those whose key is there already."""
    names, key = _columns(table), _key(table)
    statement = f'insert into "{table.name}" ({_quoted(names)}) {_given(table, names)}'
    if replacing:
        values = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in key)
        statement += f" on conflict ({_quoted(key)}) do update set {values}"
    return statement


@lru_cache
def delete_statement(table: Table) -> str:
    """The statement that takes rows away by their keys."""
    same = " and ".join(f'gone."{name}" = given."{name}"' for name in _key(table))
    return f'delete from "{table.name}" gone using ({_given(table, _key(table))}) given where {same}'


@lru_cache
def update_statement(table: Table, names: tuple[str, ...]) -> str:
    """The statement that sets some columns of the rows with the given keys."""
    key = _key(table)
    values = ", ".join(f'"{name}" = given."{name}"' for name in names)
    same = " and ".join(f'kept."{name}" = given."{name}"' for name in key)
    return f'update "{table.name}" kept set {values} from ({_given(table, key + names)}) given where {same}'


@lru_cache(maxsize=2_000)
def _renumbered(statement: str, by: int) -> str:
    """The statement with its parameters counted from further on."""
    return re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + by}", statement)


class Batch:
    """Writes to several tables that go to the database as one statement, or in order as several large ones.

    Parts of one statement see one another's rows only through foreign keys, which are checked at its end; so
    what is referred to comes first. Columns are given by name, those that all rows share once.
    """

    def __init__(self, connection: Postgres) -> None:
        self._connection = connection
        self._statements: list[str] = []
        self._parameters: list[Any] = []
        self._rows = 0

    def add(self, statement: str, *parameters: Any) -> None:
        """Adds any statement that writes."""
        self._statements.append(_renumbered(statement, len(self._parameters)))
        self._parameters += parameters

    async def append(self, table: Table, rows: Iterable[Row], shared: Row) -> None:
        """Appends rows with all their columns."""
        await self._add_rows(insert_statement(table, replacing=False), rows, _columns(table), shared)

    async def put(self, table: Table, rows: Iterable[Row], shared: Row) -> None:
        """Appends rows, or replaces those with the same key."""
        await self._add_rows(insert_statement(table, replacing=True), rows, _columns(table), shared)

    async def delete(self, table: Table, rows: Iterable[Row], shared: Row) -> None:
        """Takes the rows with the given keys away."""
        await self._add_rows(delete_statement(table), rows, _key(table), shared)

    async def update(self, table: Table, rows: Iterable[Row], names: tuple[str, ...], shared: Row) -> None:
        """Sets the named columns of the rows with the given keys."""
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
        if self._rows + len(rows) > MAX_STATEMENT_ROWS:
            await self.write()
        self.add(statement, orjson.dumps(rows, default=_written).decode())
        self._rows += len(rows)

    async def write(self) -> None:
        """Sends what has not been sent."""
        if not self._statements:
            return
        *first, last = self._statements
        parts = ", ".join(f"part_{place} as ({statement})" for place, statement in enumerate(first))
        await self._connection.execute(f"with {parts} {last}" if first else last, *self._parameters)
        self._statements, self._parameters, self._rows = [], [], 0


def referred_first(rows: Sequence[Row], column: str) -> list[Row]:
    """Return the rows so that each one comes after the one whose id it has in the column, if that is here."""
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
