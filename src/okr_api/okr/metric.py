"""Metric: a number that outlives cycles, its readings, and whether a key result can be bound to it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from .author import Author
from .check_in import MAX_NOTE_LENGTH
from .entity_fields import InFile, MaxLength
from .errors import InvalidInput, MetricDoesNotFit, NothingToRecord, UnitDiffers
from .measure import MAX_UNIT_LENGTH, KeyResultMeasure, Measure
from .numbers import finite_or_none
from .objective import MAX_TEXT_LENGTH, MAX_TITLE_LENGTH

MAX_METRIC_READINGS = 1_000  # of one mutation
MAX_CHECK_INS_OF_READINGS = 5_000  # of one mutation
MAX_KEY_RESULTS_OF_A_METRIC = 100  # that are bound to it, in cycles that are not closed
WITHOUT_A_NUMBER = frozenset({KeyResultMeasure.BOOLEAN, KeyResultMeasure.MILESTONES})


class BetterDirection(StrEnum):
    """Direction in which a metric should go."""

    UP = "UP"
    DOWN = "DOWN"
    NEITHER = "NEITHER"


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that outlives cycles, such as the monthly revenue. Key results can be bound to it."""

    id: UUID
    external_id: str | None
    name: Annotated[str, MaxLength(MAX_TITLE_LENGTH)]
    unit: Annotated[str | None, MaxLength(MAX_UNIT_LENGTH)] = None
    description: Annotated[str | None, MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)] = None
    better_direction: BetterDirection = BetterDirection.UP
    owner_id: UUID | None = None
    team_id: UUID | None = None
    version: int = 1
    removed: bool = False

    def measures(self, measure: Measure, path: str) -> None:
        """Check that a key result with the measure can be bound; `path` is the input field to blame.

        Raises:
            MetricDoesNotFit: the measure takes no number.
            UnitDiffers: its unit is another one.
        """
        if measure.kind in WITHOUT_A_NUMBER:
            raise MetricDoesNotFit(
                f"A key result measured by {measure.kind} takes no number, so no metric either", path=[path]
            )
        if measure.unit != self.unit:
            raise UnitDiffers(
                f"The metric {self.name!r} is in {_unit(self.unit)}, the key result in {_unit(measure.unit)}",
                path=[path],
            )


def _unit(unit: str | None) -> str:
    return "no unit" if unit is None else repr(unit)


@dataclass(frozen=True, slots=True)
class MetricReading:
    """A reading of a metric. One that supersedes another corrects it, or retracts it with a reason."""

    id: UUID
    external_id: str | None
    metric_id: UUID
    effective_at: datetime
    recorded_at: datetime
    author: Annotated[Author, InFile(after="place")]
    seq: int = 0
    place: int = 0
    value: float | None = None
    note: str | None = None
    supersedes_id: UUID | None = None
    retraction_reason: str | None = None

    def checked(self) -> "MetricReading":
        """Return the reading with its value as a double.

        Raises:
            NothingToRecord: it has no value and is no retraction.
            InvalidInput: the value or the note is out of bounds.
        """
        value = finite_or_none(self.value, "value")
        if self.note is not None and len(self.note) > MAX_NOTE_LENGTH:
            raise InvalidInput(f"A note has at most {MAX_NOTE_LENGTH} characters", path=["note"])
        if value is None and self.retraction_reason is None:
            raise NothingToRecord("A reading of a metric has a value", path=["value"])
        return replace(self, value=value)
