"""Fetch the rows of a row set by key, column or one parameter; SQL is cached, single keys are batched."""

from collections.abc import Callable, Sequence
from typing import Any

from .row_sets import RowSet
from .snapshot import AsOfValue, AutocommitSnapshot, Snapshot
from .sql_builder import ROW, SelectStatement

IDS = "string_to_array({}, ',')::uuid[]"  # ids are sent as one text: arrays are encoded element by element


async def fetch_by_parameter(
    snapshot: Snapshot,
    row_set: RowSet,
    use: str,
    write: Callable[[SelectStatement, str], None],
    given: Any,
    *,
    dated: bool,
    seen: bool = False,
) -> Sequence[Any]:
    """Return the rows of a statement with one parameter, which `write` writes once for each `use`.

    The instant precedes the parameter if the row set reads anything that depends on it.
    """
    key = (use, snapshot.visibility, dated)
    text = row_set.texts.get(key)
    if text is None:
        statement = SelectStatement(snapshot, row_set, seen=seen)
        write(statement, statement.parameter(given))
        text = row_set.texts[key] = statement.text(dated=dated)
    parameters = (snapshot.now, given) if row_set.moves else (given,)
    return await snapshot.fetch(text, *parameters, dated=dated)


async def fetch_by_column(snapshot: Snapshot, row_set: RowSet, column: str, value: Any) -> Sequence[Any]:
    """Return the rows that have the value in a column."""

    def write(statement: SelectStatement, value: str) -> None:
        statement.where(f'{ROW}."{column}" = {value}')

    return await fetch_by_parameter(snapshot, row_set, f"with {column}", write, value, dated=False)


async def fetch_by_keys(
    snapshot: Snapshot, row_set: RowSet, keys: Sequence[str], *, dated: bool
) -> Sequence[Any]:
    """Return the rows with those keys; batch one key if it is an autocommit snapshot's first read."""
    if len(keys) > 1:
        return await fetch_by_parameter(snapshot, row_set, "by key", _with_keys, ",".join(keys), dated=dated)
    [key] = keys
    if (
        isinstance(snapshot, AutocommitSnapshot)
        and snapshot.row_batcher is not None
        and snapshot.is_untouched
    ):
        kind = (snapshot.organization_id, snapshot.visibility, id(row_set))
        read = await snapshot.row_batcher.row(kind, key, lambda keys: _fetch_batch(snapshot, row_set, keys))
        assert read is not None
        row = snapshot.take(read)
        return [] if row is None else [row]
    # PostgreSQL caches the plan for a single key, but replans each time for an array.
    return await fetch_by_parameter(snapshot, row_set, "by one key", _with_key, key, dated=dated)


async def _fetch_batch(
    asking: AutocommitSnapshot, row_set: RowSet, keys: Sequence[str]
) -> dict[str, AsOfValue]:
    """Read the rows with those keys (None if missing) for a batch, in an autocommit snapshot of its own."""
    async with asking.another() as glance:
        rows = await fetch_by_keys(glance, row_set, keys, dated=True)
    found = {row[0]: row for row in rows}
    return {key: (glance.now, found.get(key), glance.seq) for key in keys}


def _with_key(statement: SelectStatement, key: str) -> None:
    statement.where(f'{ROW}."{statement.view.key}" = {key}')


def _with_keys(statement: SelectStatement, keys: str) -> None:
    statement.where(f'{ROW}."{statement.view.key}" = any({IDS.format(keys)})')
