"""JSON values of a file: reject repeated keys and what cannot be stored; quote values in messages."""

import math
import re
from collections.abc import Iterable
from typing import Any

import orjson

from okr_api.okr.errors import InvalidInput, Refused

from .errors import RowIsUnclear

SHOWN_CHARACTERS = 40
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class ObjectWithRepeatedKeys(dict[str, Any]):
    """JSON object with repeated keys; it has the last value of each."""

    repeated: list[str]


class UnreadableRow(dict[str, Any]):
    """Row of a foreign file that could not be read; the importer rejects it for that reason."""

    refusal: Refused

    @classmethod
    def of(cls, id: str | None, refusal: Refused) -> "UnreadableRow":
        """Return the row with its id, by which rows that depend on it name it."""
        row = cls() if id is None else cls(id=id)
        row.refusal = refusal
        return row


def refuse_unreadable(fields: dict[str, Any]) -> None:
    """Raise the reason why a row could not be read, if that is so."""
    if isinstance(fields, UnreadableRow):
        raise fields.refusal


def refuse_repeated_keys(fields: dict[str, Any], within: str = "") -> None:
    """Raise `RowIsUnclear` if an object has a repeated key."""
    if isinstance(fields, ObjectWithRepeatedKeys):
        name = within + fields.repeated[0]
        raise RowIsUnclear(f"{name} occurs more than once in the row", path=[name])


def storable(text: str, name: str) -> str:
    """Return the text unchanged.

    Raises:
        InvalidInput: it has a character that no database stores, such as NUL or half a surrogate.
    """
    if not is_storable(text):
        raise InvalidInput(f"{name} holds a character that cannot be stored", path=[name])
    return text


def is_storable(text: str) -> bool:
    """Return whether a database stores all characters of the text."""
    return UNSTORABLE.search(text) is None


def kept_as_it_is(fields: dict[str, Any]) -> dict[str, Any] | None:
    """Return unknown fields as plain JSON, or None if there are none.

    Raises:
        InvalidInput: a value cannot be stored as JSON.
        RowIsUnclear: an object in them has a repeated key.
    """
    if not fields:
        return None
    _all_storable(fields.items())
    try:
        plain: dict[str, Any] = orjson.loads(orjson.dumps(fields))
    except (orjson.JSONEncodeError, orjson.JSONDecodeError):
        raise InvalidInput("The row holds values that cannot be stored") from None
    return plain


def _all_storable(items: Iterable[tuple[object, object]]) -> None:
    waiting = list(items)
    while waiting:
        name, value = waiting.pop()
        storable(str(name), "A field's name")
        if isinstance(value, str):
            storable(value, str(name))
        elif isinstance(value, float) and not math.isfinite(value):
            raise InvalidInput(f"{name} must be a finite number", path=[str(name)])
        elif isinstance(value, dict):
            refuse_repeated_keys(value, f"{name}.")
            waiting.extend(value.items())
        elif isinstance(value, list):
            waiting.extend((name, each) for each in value)


def shown(value: object) -> str:
    """Return a value as quoted in a message: at most `SHOWN_CHARACTERS`."""
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
