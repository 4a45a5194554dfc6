"""Absence: days on which a person checks in for nothing, and who does it for them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from .calendar import day_within_reach
from .entity_fields import Fixed, MaxLength
from .errors import AbsenceOverlaps, DelegateIsAbsent, InvalidInput
from .objective import MAX_TEXT_LENGTH

MAX_ABSENCES = 500  # of a person


@dataclass(frozen=True, slots=True)
class Absence:
    """Local days, inclusive at both ends, on which a person is away; the delegate owes their check-ins."""

    id: UUID
    external_id: str | None
    person_id: Annotated[UUID, Fixed()]
    starts_on: date
    ends_on: date
    delegate_id: UUID | None = None
    note: Annotated[str | None, MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)] = None
    version: int = 1
    removed: bool = False

    def checked(self) -> "Absence":
        """Return the absence.

        Raises:
            InvalidInput: it ends before it begins, a day is out of reach, or the delegate is the person.
        """
        day_within_reach(self.starts_on, "startsOn")
        day_within_reach(self.ends_on, "endsOn")
        if self.ends_on < self.starts_on:
            raise InvalidInput("An absence cannot end before it begins", path=["endsOn"])
        if self.delegate_id == self.person_id:
            raise InvalidInput("Somebody who is absent cannot be their own delegate", path=["delegate"])
        return self

    def overlaps(self, other: "Absence") -> bool:
        """Return whether the two share a day."""
        return self.starts_on <= other.ends_on and other.starts_on <= self.ends_on

    def covers(self, day: date) -> bool:
        """Return whether a day lies in it."""
        return self.starts_on <= day <= self.ends_on


def check_others(absence: Absence, others: Iterable[Absence]) -> None:
    """Check an absence against the others of the person and of the delegate.

    Raises:
        AbsenceOverlaps: another one of the person shares a day with it.
        DelegateIsAbsent: the delegate is absent on one of its days.
    """
    for other in others:
        if other.id == absence.id or other.removed or not absence.overlaps(other):
            continue
        days = f"{other.starts_on} to {other.ends_on}"
        if other.person_id == absence.person_id:
            message = f"The person is absent from {days} already"
            raise AbsenceOverlaps(message, path=["startsOn"])
        if other.person_id == absence.delegate_id:
            raise DelegateIsAbsent(f"The delegate is absent from {days}", path=["delegate"])


Absences = Mapping[UUID, Sequence[Absence]]


def absence_on(absences: Absences, person_id: UUID | None, day: date) -> Absence | None:
    """Return the absence of a person in which a day lies, if there is one; `absences` are by person."""
    if person_id is None:
        return None
    return next((one for one in absences.get(person_id, ()) if one.covers(day)), None)


def delegate_on(absences: Absences, person_id: UUID | None, day: date) -> UUID | None:
    """Return who checks in for a person on a day: the delegate of the absence in which it lies, if any.

    What permits checking in and what is listed as the delegate's work both follow from this, by the current
    day. A slot of the absence that is still open afterwards is nobody's, and excused.
    """
    away = absence_on(absences, person_id, day)
    return away.delegate_id if away else None
