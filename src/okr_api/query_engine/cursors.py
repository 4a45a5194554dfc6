"""Keyset pagination: page arguments, cursors, and SQL of pages and counts, which `connections.py` runs."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2s
from typing import Any
from uuid import UUID

import orjson

from okr_api.okr.errors import InvalidInput
from okr_api.okr.objective import MAX_TITLE_LENGTH
from okr_api.store.entity_lookup import is_storable_text

from .field_sources import Ordering, Page, View
from .global_ids import digits_of
from .row_sets import CHARACTER_BYTES, RowSet
from .snapshot import Snapshot
from .sql_builder import PARENT, ROW, SelectStatement

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 50
POSITION = "position_in_order"
LIST_ID_BYTES = 6
CURSOR_BYTES = (
    60,
    2 * CHARACTER_BYTES * MAX_TITLE_LENGTH,
)  # least and most, with the sort value
Narrow = Callable[[SelectStatement], None]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Requested page: the first `size` rows after a cursor, or the last `size` before one."""

    size: int = DEFAULT_PAGE_SIZE
    after: str | None = None
    before: str | None = None
    backwards: bool = False

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> "PageRequest":
        """Return the page that a field's arguments request.

        Raises:
            InvalidInput: the size is outside 1 to 100, or `first` and `last` are both given.
        """
        first, last = arguments.get("first"), arguments.get("last")
        if first is not None and last is not None:
            raise InvalidInput("Give first or last, not both", path=["last"])
        size = last if last is not None else first if first is not None else DEFAULT_PAGE_SIZE
        if not 1 <= size <= MAX_PAGE_SIZE:
            field = "last" if last is not None else "first"
            raise InvalidInput(f"{field} must be 1 to {MAX_PAGE_SIZE}", path=[field])
        return cls(size, arguments.get("after"), arguments.get("before"), last is not None)


@dataclass(frozen=True, slots=True)
class Bound:
    """Decoded cursor argument: its field, the position in the order, and the row's id."""

    field: str
    position: Any
    id: UUID


def list_id(connection: str, order: Ordering, parent: UUID | str | None = None) -> str:
    """Return the id of a list in its cursors: a hash of its connection type, its order and its parent."""
    direction = "DESC" if order.descending else "ASC"
    text = f"{connection} {order.name} {direction} {digits_of(parent) if parent else ''}"
    return blake2s(text.encode(), digest_size=LIST_ID_BYTES).hexdigest()


def encode_cursor(of: str, position: Any, id: UUID | str) -> str:
    """Return the cursor of a row: the id of its list, its position in the order, and its own id."""
    return urlsafe_b64encode(orjson.dumps([of, position, digits_of(id)])).decode().rstrip("=")


def read_cursors(
    wanted: PageRequest, connection: str, order: Ordering, parents: Sequence[UUID | str | None]
) -> list[Bound]:
    """Return the decoded cursors of a page request.

    Raises:
        InvalidInput: a cursor is malformed, or does not belong to the list of each parent.
    """
    if wanted.after is None and wanted.before is None:
        return []
    lists = {list_id(connection, order, parent) for parent in parents}
    given = (("after", wanted.after), ("before", wanted.before))
    return [_read_cursor(text, field, lists) for field, text in given if text is not None]


def _read_cursor(text: str, field: str, lists: Set[str]) -> Bound:
    try:
        of, position, id = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if lists == {of}:
            return Bound(field, position, UUID(id))
    except (ValueError, NotBase64, TypeError, AttributeError) as fault:
        raise _another_lists(field) from fault
    raise _another_lists(field)


def _another_lists(field: str) -> InvalidInput:
    return InvalidInput(f"{field} is not a cursor of this list", path=[field])


def select_pages(
    snapshot: Snapshot,
    row_set: RowSet,
    page: Page,
    wanted: PageRequest,
    bounds: Sequence[Bound],
    parents: Sequence[Any],
    narrow: Narrow | None,
) -> SelectStatement:
    """Return the statement of the pages of all parents; `narrow` adds a filter.

    It selects rows beyond the cursors, in order, and one more to see whether others follow; with each row its
    position in the order and its parent.
    """
    statement = _narrowed(SelectStatement(snapshot, row_set, seen=page.seen), page, parents, narrow)
    position = page.order.expression or f'{ROW}."{row_set.view.key}"'
    statement.columns.append(f'{position.format(row=ROW)} as "{POSITION}"')
    if page.by:
        statement.columns.append(f'{page.by.format(row=ROW)} as "{PARENT}"')
        statement.each_of = page.by
    for bound in bounds:
        statement.where(_beyond(statement, page.order, bound))
    statement.ordered(page.order, backwards=wanted.backwards)
    statement.limit = wanted.size + 1
    return statement


def count_rows(
    snapshot: Snapshot, view: View, page: Page, parents: Sequence[Any], narrow: Narrow | None
) -> tuple[str, list[Any]]:
    """Return the SQL, and its parameters, of the number of rows `counted`: of all, or by parent."""
    statement = _narrowed(SelectStatement(snapshot, view, seen=page.seen), page, parents, narrow)
    statement.columns.append("count(*) as counted")
    if not page.by:
        return statement.text(), statement.parameters
    statement.columns.append(f'{page.by.format(row=ROW)} as "{PARENT}"')
    return f"{statement.text()} group by 2", statement.parameters


def _narrowed(
    statement: SelectStatement, page: Page, parents: Sequence[Any], narrow: Narrow | None
) -> SelectStatement:
    if page.by:
        keys = f"{statement.parameter(list(parents))}::uuid[]"
        statement.join(page.joined, keys)
        if page.source:
            statement.source = page.source.format(parents=keys)
        statement.where(f"{page.by} = any({keys})")
    if narrow is not None:
        narrow(statement)
    return statement.where(page.where)


def _beyond(statement: SelectStatement, order: Ordering, bound: Bound) -> str:
    """Return the condition that a row comes after, or before, the position in the order."""
    position, forwards = bound.position, bound.field == "after"
    upwards = forwards if order.expression else forwards != order.descending
    key = f'{ROW}."{statement.view.key}" {">" if upwards else "<"} {statement.parameter(bound.id)}'
    if not order.expression:
        if position is not None:
            raise _another_lists(bound.field)
        return key
    expression = f"({order.expression.format(row=ROW)})"
    if position is None:
        tied = f"{expression} is null and {key}"
        return f"({tied})" if forwards else f"({expression} is not null or {tied})"
    try:
        value = statement.parameter(_typed(position, order.kind))
    except (ValueError, TypeError, OverflowError) as fault:
        raise _another_lists(bound.field) from fault
    further = ">" if forwards != order.descending else "<"
    nulls = f" or {expression} is null" if forwards else ""
    return f"({expression} {further} {value} or ({expression} = {value} and {key}){nulls})"


def _typed(position: Any, kind: type[Any]) -> Any:
    """Return a cursor's position as a query parameter; dates and instants are encoded as text.

    Raises:
        ValueError, TypeError: its type is not that of the order, or no row can have it.
        OverflowError: an instant is beyond the calendar.
    """
    if isinstance(position, dict):
        [(name, text)] = position.items()
        position = (date if name == "date" else datetime).fromisoformat(text)
    elif kind is float and type(position) is int:
        position = float(position)
    if type(position) is not kind:
        raise ValueError("a position of another kind")
    if (kind is str and not is_storable_text(position)) or (kind is datetime and position.tzinfo is None):
        raise ValueError("a position that no row has")
    return position.astimezone(UTC) if kind is datetime else position


def position_of(value: Any) -> Any:
    """Return a row's position in the order as cursors encode it."""
    if isinstance(value, datetime):
        return {"instant": value.isoformat()}
    return {"date": value.isoformat()} if isinstance(value, date) else value
