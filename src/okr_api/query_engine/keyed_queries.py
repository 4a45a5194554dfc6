"""Prepared statements: those with one parameter, whose texts are kept with the stream that they read."""

from collections.abc import Callable, Sequence
from typing import Any

from .row_sets import Stream
from .snapshot import Dated, Glance, Snapshot
from .sql_builder import ROW, Statement

IDS = "string_to_array({}, ',')::uuid[]"  # many ids travel as one text: arrays are looked at one by one


async def prepared(
    snapshot: Snapshot,
    stream: Stream,
    use: str,
    write: Callable[[Statement, str], None],
    given: Any,
    *,
    dated: bool,
    seen: bool = False,
) -> Sequence[Any]:
    """The rows that a statement with one parameter finds, as `write` has written it for that `use`.

    The instant comes before the parameter, where the stream reads anything that moves with it.
    """
    key = (use, snapshot.sees_drafts, dated)
    text = stream.texts.get(key)
    if text is None:
        statement = Statement(snapshot, stream, seen=seen)
        write(statement, statement.parameter(given))
        text = stream.texts[key] = statement.text(dated=dated)
    parameters = (snapshot.now, given) if stream.moves else (given,)
    return await snapshot.fetch(text, *parameters, dated=dated)


async def rows_with(snapshot: Snapshot, stream: Stream, column: str, value: Any) -> Sequence[Any]:
    """The rows that have the value in a column."""

    def write(statement: Statement, value: str) -> None:
        statement.where(f'{ROW}."{column}" = {value}')

    return await prepared(snapshot, stream, f"with {column}", write, value, dated=False)


async def rows_with_keys(
    snapshot: Snapshot, stream: Stream, keys: Sequence[str], *, dated: bool
) -> Sequence[Any]:
    """The rows with those keys; a glance that begins with one shares the statement with others like it."""
    if len(keys) > 1:
        return await prepared(snapshot, stream, "by key", _with_keys, ",".join(keys), dated=dated)
    [key] = keys
    if isinstance(snapshot, Glance) and snapshot.alike is not None and snapshot.is_untouched:
        kind = (snapshot.organization_id, snapshot.sees_drafts, id(stream))
        read = await snapshot.alike.row(kind, key, lambda keys: _alike(snapshot, stream, keys))
        assert read is not None
        row = snapshot.take(read)
        return [] if row is None else [row]
    # PostgreSQL keeps the plan of this one, and makes those for arrays anew.
    return await prepared(snapshot, stream, "by one key", _with_key, key, dated=dated)


async def _alike(asking: Glance, stream: Stream, keys: Sequence[str]) -> dict[str, Dated]:
    """The rows with those keys, or None, by a glance of their own, for all that ask."""
    async with asking.another() as glance:
        rows = await rows_with_keys(glance, stream, keys, dated=True)
    found = {row[0]: row for row in rows}
    return {key: (glance.now, found.get(key), glance.seq) for key in keys}


def _with_key(statement: Statement, key: str) -> None:
    statement.where(f'{ROW}."{statement.view.key}" = {key}')


def _with_keys(statement: Statement, keys: str) -> None:
    statement.where(f'{ROW}."{statement.view.key}" = any({IDS.format(keys)})')
