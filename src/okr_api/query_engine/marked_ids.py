"""Marked ids: global ids of the past, which name an entity and an instant, so that caches keep both apart."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from okr_api.okr.entity import NodeType

from .global_ids import decode_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MAX_MARK_DIGITS = 18


def mark_id(value: Any, at: datetime) -> Any:
    """Return a global id, or a list of them, with the instant; None for None."""
    mark = f"_{(at - EPOCH) // MICROSECOND}"
    if isinstance(value, str):
        return value + mark
    return None if value is None else [one + mark for one in value]


def mark_simulated_id(value: Any, at: datetime) -> Any:
    """Return a global id, or a list of them, with the instant of a simulation: nothing can be read by it."""
    marked = mark_id(value, at)
    if isinstance(marked, str):
        return f"{marked}s"
    return None if marked is None else [f"{one}s" for one in marked]


def decode_marked_id(text: str) -> tuple[NodeType, UUID, datetime] | None:
    """Return the type, the id and the instant in an id of the past; None for any other text."""
    living, _, digits = text.rpartition("_")
    decoded = decode_id(living)
    if (
        decoded is None
        or not 1 <= len(digits) <= MAX_MARK_DIGITS
        or not (digits.isascii() and digits.isdigit())
    ):
        return None
    try:
        return (*decoded, EPOCH + int(digits) * MICROSECOND)
    except OverflowError:
        return None


def instants_of(ids: Sequence[str]) -> set[datetime]:
    """Return the instants that ids of the past have."""
    return {decoded[2] for id in ids if (decoded := decode_marked_id(id))}
