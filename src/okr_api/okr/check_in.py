"""Check-in: immutable report on a key result or an objective, corrected by superseding; its instant."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from .author import Author
from .entity_fields import InFile
from .errors import InvalidInput, NothingToRecord, ReadingInFuture
from .key_result import Reading
from .measure import MAX_MILESTONE_KEY_LENGTH, MAX_MILESTONES
from .numbers import finite_or_none, fraction

MAX_NOTE_LENGTH = 4_000
MAX_CHECK_INS = 1_000
CURRENT = ":current"  # never an external id of a file's row: those begin with their namespace
FURTHEST_AHEAD = timedelta(minutes=5)


class ReportedStatus(StrEnum):
    """Status that the author of a check-in reports."""

    ON_TRACK = "ON_TRACK"
    AT_RISK = "AT_RISK"
    OFF_TRACK = "OFF_TRACK"


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A check-in. One that supersedes another corrects it; one with a retraction reason retracts it.

    It is on one of a key result and an objective, the other is None; on an objective it has neither a value
    nor milestones.

    `imported_as` identifies the source in an imported file where no external id does: the external id of
    the row that the file stated differently before, or that it is a key result's current value.
    `metric_reading_id` is the reading of a metric that it comes from.
    """

    id: UUID
    external_id: str | None
    key_result_id: UUID | None
    definition: int
    effective_at: datetime
    recorded_at: datetime
    author: Annotated[Author, InFile(after="place")]
    seq: int = 0
    place: int = 0
    value: float | None = None
    milestones_done: tuple[str, ...] | None = None
    confidence: float | None = None
    status: ReportedStatus | None = None
    note: str | None = None
    supersedes_id: UUID | None = None
    retraction_reason: str | None = None
    metric_reading_id: Annotated[UUID | None, InFile(left_out=True)] = None
    imported_as: Annotated[str | None, InFile(left_out=True)] = None
    objective_id: Annotated[UUID | None, InFile(left_out=True)] = None

    @property
    def about_id(self) -> UUID:
        """Return the id of the key result or the objective that it is on."""
        found = self.key_result_id or self.objective_id
        assert found is not None, "a check-in is on one of them"
        return found

    @property
    def reading(self) -> Reading:
        """Return the check-in as a reading of what it is on."""
        return Reading(
            effective_at=self.effective_at,
            seq=self.seq,
            place=self.place,
            check_in_id=self.id,
            definition=self.definition,
            value=self.value,
            milestones_done=self.milestones_done,
            confidence=self.confidence,
            status=self.status,
            by_person=self.author.person_id is not None,
        )

    def checked(self) -> "CheckIn":
        """Return the check-in with its value as a double.

        Raises:
            NothingToRecord: the check-in is empty.
            InvalidInput: numbers or the note are out of bounds.
        """
        value = finite_or_none(self.value, "value")
        if self.confidence is not None:
            fraction(self.confidence, "confidence")
        if self.note is not None and len(self.note) > MAX_NOTE_LENGTH:
            raise InvalidInput(f"A note has at most {MAX_NOTE_LENGTH} characters", path=["note"])
        self._check_milestones()
        self._check_objective()
        said = (self.value, self.milestones_done, self.confidence, self.status, self.note or None)
        if self.retraction_reason is None and all(part is None for part in said):
            raise NothingToRecord("A check-in carries a value, milestones, a status, a confidence or a note")
        if value is None or (value != 0 and type(self.value) is float):
            return self
        return replace(self, value=value)  # as a double, and 0 without a sign

    def _check_objective(self) -> None:
        """Raise `InvalidInput` for a measured value of an objective."""
        if self.objective_id is None:
            return
        for name, given in (("value", self.value), ("milestonesDone", self.milestones_done)):
            if given is not None:
                message = f"An objective takes no {name}: check in on its key results"
                raise InvalidInput(message, path=[name])

    def _check_milestones(self) -> None:
        """Raise `InvalidInput` for more milestones, or longer keys, than a key result can have."""
        done = self.milestones_done or ()
        if len(done) > MAX_MILESTONES or any(len(key) > MAX_MILESTONE_KEY_LENGTH for key in done):
            raise InvalidInput(
                f"milestonesDone has at most {MAX_MILESTONES} keys of at most "
                f"{MAX_MILESTONE_KEY_LENGTH} characters",
                path=["milestonesDone"],
            )


def effective(at: datetime | None, now: datetime, field: str = "effectiveAt") -> datetime:
    """Return the effective instant of a check-in: now if none is given or if it is slightly ahead.

    Raises:
        ReadingInFuture: the instant is more than five minutes ahead.
    """
    if at is None:
        return now
    if at > now + FURTHEST_AHEAD:
        raise ReadingInFuture(f"{field} lies more than five minutes ahead", path=[field])
    return min(at, now)
