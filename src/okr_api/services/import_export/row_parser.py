"""Row parser: typed access to the fields of one row of a file; tracks which fields were read.

A field that is not in the row keeps the known value; one that is null means that there is none.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from okr_api.okr.calendar import day_within_reach
from okr_api.okr.numbers import finite

from .errors import RowIsUnclear
from .json_values import refuse_repeated_keys, refuse_unreadable, shown, storable

Word = TypeVar("Word", bound=StrEnum)
MAX_COUNT = 10**9  # versions are incremented from it, and end at 2**31
MAX_FILE_SEQ = 2**52  # the feed continues after it, and its `Seq` ends at 2**53
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
DAY_WITH_TIME = re.compile(DAY.pattern + r"[T ]\S+( ?[+-]\S+)?", re.IGNORECASE)
INDEX = re.compile(r"\[\d+\]")


class ParsedRow:
    """Row of a file: `place` is its location there, `taken` the names of the fields that were read."""

    def __init__(self, fields: object, place: str, within: str = "") -> None:
        if not isinstance(fields, dict):
            named = within.removesuffix(".") or "The row"
            raise RowIsUnclear(f"{named} is {shown(fields)}, not an object")
        refuse_unreadable(fields)
        refuse_repeated_keys(fields, within)
        self.fields: dict[str, Any] = fields
        self.place = place
        self.within = within
        self.taken: set[str] = set()
        self.inner: list[ParsedRow] = []

    def unclear(self, name: str, wanted: str) -> RowIsUnclear:
        """Return the error for a field's value; `wanted` says what was expected, such as "a number"."""
        named = self.within + name
        return RowIsUnclear(f"{named} is {shown(self.fields.get(name))}, not {wanted}", path=[named])

    def has(self, *names: str) -> bool:
        """Return whether any of the fields is in the row, even as null."""
        return any(name in self.fields for name in names)

    def gives(self, name: str) -> bool:
        """Return whether the field is in the row and not null."""
        return self.fields.get(name) is not None

    def take(self, name: str, known: Any = None) -> Any:
        """Return the raw value, or `known` if the row does not have the field."""
        self.taken.add(name)
        return self.fields.get(name, known)

    def text(self, name: str, known: str | None = None) -> str | None:
        """Return a text that can be stored."""
        value = self.take(name, known)
        if value is None or isinstance(value, str):
            return None if value is None else storable(value, name)
        raise self.unclear(name, "a text")

    def number(self, name: str, known: float | None = None) -> float | None:
        """Return a finite number."""
        value = self.take(name, known)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.unclear(name, "a number")
        return finite(value, name)

    def count(self, name: str, known: int = 0, *, least: int = 0, most: int = MAX_COUNT) -> int:
        """Return a whole number from `least` to `most`."""
        value = self.take(name, known)
        if value is None:
            return known
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.unclear(name, f"a whole number from {least} to {most}")
        return value

    def flag(self, name: str, known: bool) -> bool:
        """Return a boolean; `known` also for null."""
        value = self.take(name, known)
        if value is None:
            return known
        if not isinstance(value, bool):
            raise self.unclear(name, "true or false")
        return value

    def day(self, name: str, known: date | None = None) -> date | None:
        """Return a day such as 2026-01-31; a time after it is ignored."""
        value = self.take(name, known)
        if value is None or type(value) is date:
            return value
        try:
            if isinstance(value, str) and DAY.fullmatch(value):
                return day_within_reach(date.fromisoformat(value), name)
            if isinstance(value, str) and DAY_WITH_TIME.fullmatch(value):
                return day_within_reach(datetime.fromisoformat(value).date(), name)
        except ValueError:
            pass
        raise self.unclear(name, "a day such as 2026-01-31")

    def instant(self, name: str, zone: ZoneInfo | None = None) -> datetime | None:
        """Return an instant such as 2026-01-31T12:00:00Z; one without an offset is in `zone`, if given."""
        value = self.take(name)
        if value is None:
            return None
        try:
            if isinstance(value, str) and DAY_WITH_TIME.fullmatch(value):
                at = datetime.fromisoformat(value)
                day_within_reach(at.date(), name)
                if at.tzinfo is not None:
                    return at.astimezone(UTC)
                if zone is not None:
                    return self._local(name, at, zone)
        except (ValueError, OverflowError):
            pass
        raise self.unclear(name, "an instant such as 2026-01-31T12:00:00Z")

    def _local(self, name: str, at: datetime, zone: ZoneInfo) -> datetime:
        """Return the instant of a local time: the earlier one if clocks go back; raise if clocks skip it."""
        found = at.replace(tzinfo=zone).astimezone(UTC)
        if found.astimezone(zone).replace(tzinfo=None, fold=at.fold) != at:
            raise self.unclear(name, f"a time that exists in {zone.key}: clocks skip it")
        return found

    def gives_time(self, name: str) -> bool:
        """Return whether the field is a day with a time."""
        value = self.fields.get(name)
        return (
            isinstance(value, str) and DAY.fullmatch(value) is None and bool(DAY_WITH_TIME.fullmatch(value))
        )

    def word(self, name: str, words: type[Word], known: Word | None = None) -> Word | None:
        """Return an enum member; case, spaces and hyphens do not matter: `On track` is ON_TRACK."""
        value = self.take(name, known)
        if value is None or isinstance(value, words):
            return value
        if isinstance(value, str):
            written = value.strip().upper().replace(" ", "_").replace("-", "_")
            if written in words.__members__:
                return words[written]
        allowed = ", ".join(words)
        raise self.unclear(name, f"one of {allowed}")

    def reference(self, name: str) -> str | None:
        """Return the id of another row, which may be a text or a whole number."""
        return self._as_reference(self.take(name), name)

    def references(self, name: str) -> list[str]:
        """Return a list of ids of other rows; null is an empty list, but no valid item."""
        found = [self._as_reference(value, name) for value in self.items(name)]
        if None in found:
            raise RowIsUnclear(f"{self.within}{name}[{found.index(None)}] is null, not an id", path=[name])
        return [reference for reference in found if reference is not None]

    def _as_reference(self, value: object, name: str) -> str | None:
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value.strip():
            return storable(value, name)
        named = self.within + name
        raise RowIsUnclear(f"{named} is {shown(value)}, not an id", path=[named])

    def items(self, name: str) -> list[Any]:
        """Return a list; null is an empty one."""
        value = self.take(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.unclear(name, "a list")
        return value

    def counts(self, name: str) -> list[int]:
        """Return a list of whole numbers from 0; null is an empty one."""
        values = self.items(name)
        if all(isinstance(value, int) and not isinstance(value, bool) and value >= 0 for value in values):
            return values
        raise self.unclear(name, "a list of whole numbers from 0")

    def lines(self, name: str) -> list["ParsedRow"]:
        """Return the objects of a list in the row."""
        return [self.within_row(fields, f"{name}[{i}]") for i, fields in enumerate(self.items(name))]

    def line(self, name: str) -> "ParsedRow | None":
        """Return an object in the row, or None."""
        value = self.take(name)
        return None if value is None else self.within_row(value, name)

    def within_row(self, fields: object, name: str) -> "ParsedRow":
        """Return an object nested in the row under that name; its fields are tracked, too."""
        inner = ParsedRow(fields, f"{self.place}.{name}", f"{self.within}{name}.")
        self.inner.append(inner)
        return inner

    def texts(self, name: str) -> list[str]:
        """Return a list of texts; null is an empty one."""
        values = self.items(name)
        for index, value in enumerate(values):
            if not isinstance(value, str):
                named = f"{self.within}{name}[{index}]"
                raise RowIsUnclear(f"{named} is {shown(value)}, not a text", path=[named])
        return [storable(value, name) for value in values]

    def uuid(self, name: str = "uuid") -> UUID | None:
        """Return a UUID, by default the service's own id."""
        value = self.text(name)
        try:
            return None if value is None else UUID(value)
        except ValueError:
            raise self.unclear(name, "a UUID") from None

    def rest(self) -> dict[str, Any]:
        """Return the fields that were not read and are not null."""
        if self.fields.keys() <= self.taken:
            return {}
        return {n: v for n, v in self.fields.items() if n not in self.taken and v is not None}

    def unread(self) -> set[str]:
        """Return the names of nested fields that were not read, such as `parents.colour`."""
        if not self.inner:
            return set()
        names = {INDEX.sub("", inner.within) + name for inner in self.inner for name in inner.rest()}
        return names.union(*(inner.unread() for inner in self.inner))


def in_order(seqs: Sequence[int]) -> None:
    """Raise `RowIsUnclear` unless the `seq`s of versions increase."""
    if any(after <= before for before, after in pairwise(seqs)):
        raise RowIsUnclear("The seq of each version is greater than that of the one before", path=["history"])
