"""Keyset pagination: page arguments, and cursors that stay valid while rows are added and removed."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2s
from typing import Any
from uuid import UUID

import orjson

from okr_api.okr.errors import InvalidInput
from okr_api.store.entity_lookup import is_storable_text

from .field_sources import Ordering
from .global_ids import digits_of
from .sql_builder import ROW, SelectStatement

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 50
POSITION = "position_in_order"
LIST_ID_BYTES = 6


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


def read_cursors(wanted: PageRequest, lists: Set[str]) -> list[Bound]:
    """Return the decoded cursors of a page request.

    Raises:
        InvalidInput: a cursor is malformed, or does not belong to each list that is read.
    """
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


def slice_page(statement: SelectStatement, order: Ordering, wanted: PageRequest, bounds: list[Bound]) -> None:
    """Select the page: rows beyond the cursors, in order, and one more to see whether others follow."""
    for bound in bounds:
        statement.where(_beyond(statement, order, bound))
    statement.ordered(order, backwards=wanted.backwards)
    statement.limit = wanted.size + 1


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
