"""Lines: one row of a file, its values taken out by name and by kind.

A field that is not in the row at all leaves what is known; one that is null says that there is none.
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
from .json_values import refuse_repeated_keys, shown, storable

Word = TypeVar("Word", bound=StrEnum)
MAX_COUNT = 10**9  # versions are counted on from here, and end at 2**31
MAX_FILE_SEQ = 2**52  # the feed goes on after it, and its `Seq` ends at 2**53
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
DAY_WITH_TIME = re.compile(DAY.pattern + r"[T ]\S+( ?[+-]\S+)?", re.IGNORECASE)
INDEX = re.compile(r"\[\d+\]")


class ParsedRow:
    """A row: `place` says where it stands, `taken` which of its fields have been read."""

    def __init__(self, fields: object, place: str, within: str = "") -> None:
        if not isinstance(fields, dict):
            named = within.removesuffix(".") or "The row"
            raise RowIsUnclear(f"{named} is {shown(fields)}, not an object")
        refuse_repeated_keys(fields, within)
        self.fields: dict[str, Any] = fields
        self.place = place
        self.within = within
        self.taken: set[str] = set()
        self.inner: list[ParsedRow] = []

    def unclear(self, name: str, wanted: str) -> RowIsUnclear:
        """The refusal of a field's value, which says what was wanted: `a number`."""
        named = self.within + name
        return RowIsUnclear(f"{named} is {shown(self.fields.get(name))}, not {wanted}", path=[named])

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
        raise self.unclear(name, "a text")

    def number(self, name: str, known: float | None = None) -> float | None:
        """A finite number."""
        value = self.take(name, known)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.unclear(name, "a number")
        return finite(value, name)

    def count(self, name: str, known: int = 0, *, least: int = 0, most: int = MAX_COUNT) -> int:
        """A whole number."""
        value = self.take(name, known)
        if value is None:
            return known
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.unclear(name, f"a whole number from {least} to {most}")
        return value

    def flag(self, name: str, known: bool) -> bool:
        """True or false."""
        value = self.take(name, known)
        if value is None:
            return known
        if not isinstance(value, bool):
            raise self.unclear(name, "true or false")
        return value

    def day(self, name: str, known: date | None = None) -> date | None:
        """A day such as 2026-01-31; a time after it changes nothing."""
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
        """An instant such as 2026-01-31T12:00:00Z; one without an offset is of the zone, if that is given."""
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
        """The instant of a local time; the earlier one where clocks go back."""
        found = at.replace(tzinfo=zone).astimezone(UTC)
        if found.astimezone(zone).replace(tzinfo=None, fold=at.fold) != at:
            raise self.unclear(name, f"a time that there is in {zone.key}: clocks skip it")
        return found

    def gives_time(self, name: str) -> bool:
        """Whether the field is a day with a time."""
        value = self.fields.get(name)
        return (
            isinstance(value, str) and DAY.fullmatch(value) is None and bool(DAY_WITH_TIME.fullmatch(value))
        )

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
        raise self.unclear(name, f"one of {allowed}")

    def reference(self, name: str) -> str | None:
        """What names another row; a whole number does as well as a text."""
        return self._as_reference(self.take(name), name)

    def references(self, name: str) -> list[str]:
        """A list of what names other rows; null is an empty one, and stands for none of them."""
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
        """A list; null is an empty one."""
        value = self.take(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.unclear(name, "a list")
        return value

    def lines(self, name: str) -> list["ParsedRow"]:
        """The rows within the row."""
        return [self.within_row(fields, f"{name}[{i}]") for i, fields in enumerate(self.items(name))]

    def line(self, name: str) -> "ParsedRow | None":
        """The object within the row."""
        value = self.take(name)
        return None if value is None else self.within_row(value, name)

    def within_row(self, fields: object, name: str) -> "ParsedRow":
        """An object that stands in the row under that name."""
        inner = ParsedRow(fields, f"{self.place}.{name}", f"{self.within}{name}.")
        self.inner.append(inner)
        return inner

    def texts(self, name: str) -> list[str]:
        """A list of texts; null is an empty one."""
        values = self.items(name)
        for index, value in enumerate(values):
            if not isinstance(value, str):
                named = f"{self.within}{name}[{index}]"
                raise RowIsUnclear(f"{named} is {shown(value)}, not a text", path=[named])
        return [storable(value, name) for value in values]

    def uuid(self, name: str = "uuid") -> UUID | None:
        """The service's own id."""
        value = self.text(name)
        try:
            return None if value is None else UUID(value)
        except ValueError:
            raise self.unclear(name, "a UUID") from None

    def rest(self) -> dict[str, Any]:
        """The fields that nobody has asked for, without those that are null."""
        if self.fields.keys() <= self.taken:
            return {}
        return {n: v for n, v in self.fields.items() if n not in self.taken and v is not None}

    def unread(self) -> set[str]:
        """The names of fields within the row that nobody has asked for: `parents.colour`."""
        if not self.inner:
            return set()
        names = {INDEX.sub("", inner.within) + name for inner in self.inner for name in inner.rest()}
        return names.union(*(inner.unread() for inner in self.inner))


def in_order(seqs: Sequence[int]) -> None:
    """Refuses (`RowIsUnclear`) versions whose `seq`s do not grow."""
    if any(after <= before for before, after in pairwise(seqs)):
        raise RowIsUnclear("The seq of each version is greater than that of the one before", path=["history"])
