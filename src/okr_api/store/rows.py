"""Rows in sets: one statement writes many rows of a table, its columns handed over as arrays."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from asyncpg import Connection, Record
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeEngine

Postgres = Connection | PoolConnectionProxy
Row = Mapping[str, Any] | Record

PLAIN: dict[type[TypeEngine[Any]], str] = {
    Uuid: "uuid",
    Text: "text",
    Double: "float8",
    DateTime: "timestamptz",
    Date: "date",
    Boolean: "boolean",
    BigInteger: "bigint",
    Integer: "integer",
    LargeBinary: "bytea",
}


def postgres_type(kind: TypeEngine[Any]) -> str:
    """The name of a column's type in SQL."""
    if isinstance(kind, ARRAY):
        return postgres_type(kind.item_type) + "[]"
    if isinstance(kind, JSONB):
        return "jsonb"
    return next(name for known, name in PLAIN.items() if isinstance(kind, known) or type(kind) is known)


def _handed_over(kind: TypeEngine[Any]) -> str:
    """The type as an element of an array: arrays and documents travel as text, which unnest leaves whole."""
    return "text" if isinstance(kind, ARRAY | JSONB) else postgres_type(kind)


def _as_array_text(values: Sequence[Any] | None) -> str | None:
    if values is None:
        return None
    texts = [str(value) for value in values]
    joined = "".join(texts)
    if "\\" in joined or '"' in joined:
        texts = [text.replace("\\", "\\\\").replace('"', '\\"') for text in texts]
    return '{"' + '","'.join(texts) + '"}' if texts else "{}"


def _as_document(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value, default=str).decode()


@lru_cache
def _columns(table: Table) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    """Each column with the way in which its values are handed over; None where they go as they are."""
    ways: list[tuple[str, Callable[[Any], Any] | None]] = []
    for column in table.columns:
        if isinstance(column.type, ARRAY):
            ways.append((column.name, _as_array_text))
        else:
            ways.append((column.name, _as_document if isinstance(column.type, JSONB) else None))
    return tuple(ways)


@lru_cache
def _given(table: Table, names: tuple[str, ...]) -> str:
    """`select … from unnest(…)`: the rows handed over, as a relation named `given`."""
    columns = [table.columns[name] for name in names]
    arrays = ", ".join(f"${i}::{_handed_over(c.type)}[]" for i, c in enumerate(columns, start=1))
    picked = ", ".join(f'"{c.name}"::{postgres_type(c.type)} as "{c.name}"' for c in columns)
    quoted = ", ".join(f'"{c.name}"' for c in columns)
    return f"select {picked} from unnest({arrays}) as handed({quoted})"


@lru_cache
def insert_statement(table: Table, *, replacing: bool) -> str:
    """The statement that appends rows, or replaces those whose key is there already."""
    names = tuple(column.name for column in table.columns)
    quoted = ", ".join(f'"{name}"' for name in names)
    statement = f'insert into "{table.name}" ({quoted}) {_given(table, names)}'
    if replacing:
        key = [column.name for column in table.primary_key.columns]
        values = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in key)
        statement += f" on conflict ({', '.join(key)}) do update set {values}"
    return statement


@lru_cache
def delete_statement(table: Table) -> str:
    """The statement that takes rows away by their keys."""
    key = tuple(column.name for column in table.primary_key.columns)
    same = " and ".join(f'gone."{name}" = given."{name}"' for name in key)
    return f'delete from "{table.name}" gone using ({_given(table, key)}) given where {same}'


def _arrays(
    rows: Sequence[Row], columns: Sequence[tuple[str, Callable[[Any], Any] | None]]
) -> list[list[Any]]:
    return [[way(row[name]) for row in rows] if way else [row[name] for row in rows] for name, way in columns]


@lru_cache
def update_statement(table: Table, names: tuple[str, ...]) -> str:
    """The statement that sets some columns of the rows with the given keys."""
    key = tuple(column.name for column in table.primary_key.columns)
    values = ", ".join(f'"{name}" = given."{name}"' for name in names)
    same = " and ".join(f'kept."{name}" = given."{name}"' for name in key)
    return f'update "{table.name}" kept set {values} from ({_given(table, key + names)}) given where {same}'


@lru_cache(maxsize=2_000)
def _renumbered(statement: str, by: int) -> str:
    """The statement with its parameters counted from further on."""
    return re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + by}", statement)


class Batch:
    """Writes to several tables that go to the database as one statement.

    Its parts see one another's rows only through foreign keys, which are checked at its end.
    """

    def __init__(self) -> None:
        self._statements: list[str] = []
        self._parameters: list[Any] = []

    def add(self, statement: str, *parameters: Any) -> None:
        """Adds any statement that writes."""
        self._statements.append(_renumbered(statement, len(self._parameters)))
        self._parameters += parameters

    def append(self, table: Table, rows: Sequence[Row]) -> None:
        """Appends rows, all columns given by name."""
        if rows:
            self.add(insert_statement(table, replacing=False), *_arrays(rows, _columns(table)))

    def put(self, table: Table, rows: Sequence[Row]) -> None:
        """Appends rows, or replaces those with the same key."""
        if rows:
            self.add(insert_statement(table, replacing=True), *_arrays(rows, _columns(table)))

    def delete(self, table: Table, rows: Sequence[Row]) -> None:
        """Takes the rows with the given keys away."""
        if rows:
            key = [(column.name, None) for column in table.primary_key.columns]
            self.add(delete_statement(table), *_arrays(rows, key))

    def update(self, table: Table, rows: Sequence[Row], names: tuple[str, ...]) -> None:
        """Sets the named columns of the rows with the given keys."""
        if rows:
            ways = dict(_columns(table))
            key = tuple(column.name for column in table.primary_key.columns)
            columns = [(name, ways[name]) for name in key + names]
            self.add(update_statement(table, names), *_arrays(rows, columns))

    async def write(self, connection: Postgres) -> None:
        """Sends all of it."""
        *first, last = self._statements
        parts = ", ".join(f"part_{place} as ({statement})" for place, statement in enumerate(first))
        await connection.execute(f"with {parts} {last}" if first else last, *self._parameters)


async def append_rows(connection: Postgres, table: Table, rows: Sequence[Row]) -> None:
    """Appends the rows, all columns given by name, in one statement; none for an empty list."""
    if rows:
        await connection.execute(insert_statement(table, replacing=False), *_arrays(rows, _columns(table)))


async def put_rows(connection: Postgres, table: Table, rows: Sequence[Row]) -> None:
    """Appends the rows or replaces those with the same key, in one statement."""
    if rows:
        await connection.execute(insert_statement(table, replacing=True), *_arrays(rows, _columns(table)))
