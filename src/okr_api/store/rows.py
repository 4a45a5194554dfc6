"""Rows in sets: one statement writes many rows of a table, handed over as one document.

PostgreSQL takes the document apart by the table's own types. Handed over as an array for each column, the
same rows cost this process four times as much, and PostgreSQL no less.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from asyncpg import Connection, Record
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy import Table

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
    """Writes to several tables that go to the database as one statement.

    Its parts see one another's rows only through foreign keys, which are checked at its end. Columns are
    given by name, those that all rows share once.
    """

    def __init__(self) -> None:
        self._statements: list[str] = []
        self._parameters: list[Any] = []

    def add(self, statement: str, *parameters: Any) -> None:
        """Adds any statement that writes."""
        self._statements.append(_renumbered(statement, len(self._parameters)))
        self._parameters += parameters

    def append(self, table: Table, rows: Sequence[Row], shared: Row) -> None:
        """Appends rows with all their columns."""
        if rows:
            self.add(insert_statement(table, replacing=False), _document(rows, _columns(table), shared))

    def put(self, table: Table, rows: Sequence[Row], shared: Row) -> None:
        """Appends rows, or replaces those with the same key."""
        if rows:
            self.add(insert_statement(table, replacing=True), _document(rows, _columns(table), shared))

    def delete(self, table: Table, rows: Sequence[Row], shared: Row) -> None:
        """Takes the rows with the given keys away."""
        if rows:
            self.add(delete_statement(table), _document(rows, _key(table), shared))

    def update(self, table: Table, rows: Sequence[Row], names: tuple[str, ...], shared: Row) -> None:
        """Sets the named columns of the rows with the given keys."""
        if rows:
            self.add(update_statement(table, names), _document(rows, _key(table) + names, shared))

    async def write(self, connection: Postgres) -> None:
        """Sends all of it."""
        *first, last = self._statements
        parts = ", ".join(f"part_{place} as ({statement})" for place, statement in enumerate(first))
        await connection.execute(f"with {parts} {last}" if first else last, *self._parameters)


async def append_rows(connection: Postgres, table: Table, rows: Sequence[Row]) -> None:
    """Appends the rows, all columns given by name, in one statement; none for an empty list."""
    if rows:
        await connection.execute(
            insert_statement(table, replacing=False), _document(rows, _columns(table), {})
        )
