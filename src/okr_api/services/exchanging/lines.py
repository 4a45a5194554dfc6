"""Lines: one row of a file, its values taken out by name and by kind.

A field that is not in the row at all leaves what is known; one that is null says that there is none.
"""

import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

import orjson

from okr_api.okr.days import day_within_reach
from okr_api.okr.errors import InvalidInput
from okr_api.okr.numbers import finite

from .refusals import RowIsUnclear

Word = TypeVar("Word", bound=StrEnum)
LARGEST_COUNT = 2**31 - 1
LARGEST_SEQ = 2**53
SHOWN_CHARACTERS = 40
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
DAY_CHARACTERS = len("2026-01-31")


class Line:
    """A row: `place` says where it stands, `taken` which of its fields have been read."""

    def __init__(self, fields: object, place: str) -> None:
        if not isinstance(fields, dict):
            raise RowIsUnclear(f"The row is {shown(fields)}, not an object")
        self.fields: dict[str, Any] = fields
        self.place = place
        self.taken: set[str] = set()

    def has(self, *names: str) -> bool:
        """Whether any of the fields is in the row, be it as null."""
        return any(name in self.fields for name in names)

    def gives(self, name: str) -> bool:
        """Whether the field is in the row and not null."""
        return self.fields.get(name) is not None

    def take(self, name: str, known: Any = None) -> Any:
        """The value as it stands, or what is known where the row does not mention it."""
        self.taken.add(name)
        return self.fields.get(name, known)

    def text(self, name: str, known: str | None = None) -> str | None:
        """A text."""
        value = self.take(name, known)
        if value is None or isinstance(value, str):
            return None if value is None else storable(value, name)
        raise RowIsUnclear(f"{name} is {shown(value)}, not a text", path=[name])

    def number(self, name: str, known: float | None = None) -> float | None:
        """A finite number."""
        value = self.take(name, known)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RowIsUnclear(f"{name} is {shown(value)}, not a number", path=[name])
        return finite(value, name)

    def count(self, name: str, known: int = 0, *, least: int = 0, most: int = LARGEST_COUNT) -> int:
        """A whole number."""
        value = self.take(name, known)
        if value is None:
            return known
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise RowIsUnclear(f"{name} is {shown(value)}, not a whole number from {least}", path=[name])
        return value

    def flag(self, name: str, known: bool) -> bool:
        """True or false."""
        value = self.take(name, known)
        if value is None:
            return known
        if not isinstance(value, bool):
            raise RowIsUnclear(f"{name} is {shown(value)}, not true or false", path=[name])
        return value

    def day(self, name: str, known: date | None = None) -> date | None:
        """A day such as 2026-01-31."""
        value = self.take(name, known)
        if value is None or type(value) is date:
            return value
        try:
            if isinstance(value, str) and len(value) == DAY_CHARACTERS:
                return day_within_reach(date.fromisoformat(value), name)
        except ValueError:
            pass
        raise RowIsUnclear(f"{name} is {shown(value)}, not a day such as 2026-01-31", path=[name])

    def instant(self, name: str) -> datetime | None:
        """An instant such as 2026-01-31T12:00:00Z, which says its offset."""
        value = self.take(name)
        if value is None:
            return None
        try:
            if isinstance(value, str) and len(value) > DAY_CHARACTERS:
                at = datetime.fromisoformat(value)
                if at.tzinfo is not None:
                    day_within_reach(at.date(), name)
                    return at.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise RowIsUnclear(f"{name} is {shown(value)}, not an instant such as 2026-01-31T12:00:00Z")

    def word(self, name: str, words: type[Word], known: Word | None = None) -> Word | None:
        """One of the words, however it is written: `On track` is ON_TRACK."""
        value = self.take(name, known)
        if value is None or isinstance(value, words):
            return value
        if isinstance(value, str):
            written = value.strip().upper().replace(" ", "_").replace("-", "_")
            if written in words.__members__:
                return words[written]
        allowed = ", ".join(words)
        raise RowIsUnclear(f"{name} is {shown(value)}, not one of {allowed}", path=[name])

    def reference(self, name: str) -> str | None:
        """What names another row; a whole number does as well as a text."""
        return _as_reference(self.take(name), name)

    def references(self, name: str) -> list[str]:
        """A list of what names other rows; null is an empty one."""
        found = (_as_reference(value, name) for value in self.items(name))
        return [reference for reference in found if reference is not None]

    def items(self, name: str) -> list[Any]:
        """A list; null is an empty one."""
        value = self.take(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise RowIsUnclear(f"{name} is {shown(value)}, not a list", path=[name])
        return value

    def lines(self, name: str) -> list["Line"]:
        """The rows within the row."""
        return [Line(fields, f"{self.place}.{name}[{i}]") for i, fields in enumerate(self.items(name))]

    def line(self, name: str) -> "Line | None":
        """The object within the row."""
        value = self.take(name)
        return None if value is None else Line(value, f"{self.place}.{name}")

    def uuid(self, name: str = "uuid") -> UUID | None:
        """The service's own id."""
        value = self.text(name)
        try:
            return None if value is None else UUID(value)
        except ValueError:
            raise RowIsUnclear(f"{name} is {shown(value)}, not a UUID", path=[name]) from None

    def rest(self) -> dict[str, Any]:
        """The fields that nobody has asked for, without those that are null."""
        return {n: v for n, v in self.fields.items() if n not in self.taken and v is not None}


def _as_reference(value: object, name: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value.strip():
        return storable(value, name)
    raise RowIsUnclear(f"{name} is {shown(value)}, not an id", path=[name])


def storable(text: str, name: str) -> str:
    """The text itself.

    *Refuses*: characters that no database stores, such as NUL or half a surrogate (`InvalidInput`).
    """
    if not is_storable(text):
        raise InvalidInput(f"{name} holds a character that cannot be stored", path=[name])
    return text


def is_storable(text: str) -> bool:
    """Whether a database stores each of its characters."""
    return UNSTORABLE.search(text) is None


def kept_as_it_is(fields: dict[str, Any]) -> dict[str, Any] | None:
    """Fields that have no place in the service, as plain JSON; None where there are none.

    *Refuses*: what no JSON document can hold (`InvalidInput`).
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
            waiting.extend(value.items())
        elif isinstance(value, list):
            waiting.extend((name, each) for each in value)


def shown(value: object) -> str:
    """A value as a message quotes it."""
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
