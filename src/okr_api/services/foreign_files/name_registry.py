"""Registries of the people, teams and cycles that rows name: those in the organisation, or new rows."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from okr_api.services.import_export.errors import RowIsUnclear

from .cycle_names import Days, cycle_around, days_of_cycle
from .known_names import KnownNames
from .source_table import column_key

Row = dict[str, Any]


class NameRegistry:
    """People or teams: rows of their own, entities of the organisation, and names that only occur.

    `matched` are the entities of the organisation that rows named, by their ids in the file.
    """

    def __init__(self, section: str, known: KnownNames) -> None:
        self.section = section
        self.known = known.ids[section]
        self.several = known.several[section]
        self.own = known.own[section]
        self.rows: dict[str, Row] = {}
        self.matched: dict[str, UUID] = {}
        self.names: dict[str, str] = {}

    def declare(self, id: str, names: Iterable[str | None]) -> str:
        """Declare that the file has a row of its own with these names; return its id."""
        key = column_key(id)
        for name in filter(None, (id, *names)):
            self.names.setdefault(column_key(name), key)
        return key

    def is_there(self, id: str, *names: str | None) -> bool:
        """Return whether a declared row is an entity of the organisation, which then stays as it is."""
        for key in map(column_key, filter(None, names)):
            if key in self.known:
                self.matched[id] = self.known[key]
                return True
        return False

    def refer(self, name: str) -> str:
        """Return the id of what a cell names; make a row if neither file nor organisation has it.

        Raises:
            RowIsUnclear: several in the organisation have the name.
        """
        key = column_key(name)
        if key in self.names:
            return self.names[key]
        if key in self.several:
            raise RowIsUnclear(f"Several of the {self.section} are named {name!r}; say which by another id")
        if key in self.known:
            self.matched[key] = self.known[key]
        elif key not in self.own:
            self.rows[key] = self._row(key, name)
        self.names[key] = key
        return key

    def _row(self, key: str, name: str) -> Row:
        if self.section == "people" and "@" in name:
            return {"id": key, "name": name, "email": name}
        return {"id": key, "name": name}


class CycleRegistry:
    """Cycles that rows name, or that are the calendar period of their days."""

    def __init__(self, known: KnownNames, default: str | None) -> None:
        self.known = known
        self.default = default
        self.names: dict[str, str] = {}
        self.days: dict[str, list[Days]] = {}
        self.matched: dict[str, UUID] = {}

    def refer(self, name: str | None, first: date | None, last: date | None) -> str:
        """Return the id of the cycle of a row.

        Raises:
            RowIsUnclear: the row says none, or several cycles in the organisation have the name.
        """
        if first and last and first > last:
            raise RowIsUnclear(f"It begins on {first} and ends on {last}, before that")
        named = name or self.default or cycle_around(first, last)
        if named is None:
            raise RowIsUnclear("It has no period and no days; name one for such rows with --cycle")
        key = column_key(named)
        if key in self.known.several["cycles"]:
            raise RowIsUnclear(f"Several cycles are named {named!r}")
        if key in self.known.ids["cycles"]:
            self.matched[key] = self.known.ids["cycles"][key]
            return key
        self.names.setdefault(key, named)
        days = self.days.setdefault(key, [])
        if name and first and last and (first, last) not in days:
            days.append((first, last))
        if not days and not days_of_cycle(named):
            del self.names[key], self.days[key]
            raise RowIsUnclear(
                f"Period {named!r} names no quarter, half or year, and the row has not both days"
            )
        return key

    def rows(self) -> list[Row]:
        """Return the rows of the cycles, each under the shortest one that encloses it."""
        spans = {key: self._span(key) for key in self.names}
        return [
            {
                "id": key,
                "name": name,
                "start": spans[key][0].isoformat(),
                "end": spans[key][1].isoformat(),
                **self._parent(key, spans),
            }
            for key, name in self.names.items()
        ]

    def _span(self, key: str) -> Days:
        """Return the days that all rows agree on, those of the calendar, or all days of the rows."""
        days = self.days[key]
        if len(days) == 1:
            return days[0]
        by_name = days_of_cycle(self.names[key])
        return by_name or (min(first for first, _ in days), max(last for _, last in days))

    def _parent(self, key: str, spans: dict[str, Days]) -> Row:
        first, last = spans[key]
        around = [
            (end - begin, other)
            for other, (begin, end) in spans.items()
            if begin <= first and last <= end and (begin, end) != (first, last)
        ]
        return {"parent_id": min(around)[1]} if around else {}
