"""Key result: definition, state, due day, whether it counts; its `Reading`, and whether it fits a measure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from .cadence import Cadence, EffectiveCadence, overridden
from .calendar import end_of
from .cycle import Cycle
from .entity import NodeType
from .entity_fields import Fixed, Fraction, InFile, MaxItems, MaxLength, Weight
from .errors import InvalidInput
from .formula import MAX_FORMULA_PARTS, FormulaFunction
from .grade import Grade
from .guard_rail import KeyResultRole
from .measure import KeyResultMeasure, Measure
from .objective import MAX_TEXT_LENGTH, MAX_TITLE_LENGTH, Objective
from .target_revision import TargetRevision

MAX_LABELS = 20
MAX_LABEL_LENGTH = 50


class KeyResultState(StrEnum):
    """Lifecycle of a key result; paused and dropped ones count in no mean."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    DROPPED = "DROPPED"


def counts(state: KeyResultState, weight: float) -> bool:
    """Return whether a key result counts in its objective's means; the weight of a guard-rail is 0."""
    return state is KeyResultState.ACTIVE and weight > 0


@dataclass(frozen=True, slots=True)
class KeyResult:
    """What is measured, for which objective, with which weight and by when.

    `definition` counts the changes of measure, start or unit after the first reading: readings stay under
    the definition that they were taken with. `metric_from` is the day on which it was bound to its metric:
    readings of the metric from that day on are its readings. `broken_budget` is the share of time for which a
    guard-rail may be broken. `check_in_owner_id` is who checks in, if not the owner; `start_confidence`
    applies until a check-in states one. With a `formula_function` its value is computed from those of the key
    results `formula_part_ids`, and values of its own do not count. `carried_from_id` is the key result of an
    earlier cycle that goes on in it, and `lineage_start_value` the value from which the first of these
    started. `imported_score` is a score published elsewhere, `imported_fields` holds fields of an imported
    file that have no equivalent here, and `created_at` is unknown for imported key results.
    """

    id: UUID
    external_id: str | None
    objective_id: Annotated[UUID, Fixed()]
    title: Annotated[str, MaxLength(MAX_TITLE_LENGTH)]
    measure: Annotated[Measure, InFile(after="description")]
    description: Annotated[str | None, MaxLength(MAX_TEXT_LENGTH, is_trimmed=False)] = None
    weight: Annotated[float, Weight()] = 1.0
    due_on: date | None = None
    owner_id: UUID | None = None
    metric_id: UUID | None = None
    metric_from: Annotated[date | None, Fixed()] = None
    state: Annotated[KeyResultState, Fixed()] = KeyResultState.ACTIVE
    role: Annotated[KeyResultRole, InFile(left_out=True)] = KeyResultRole.DRIVER
    broken_budget: Annotated[float | None, Fraction(), InFile(left_out=True)] = None
    check_in_owner_id: Annotated[UUID | None, InFile(left_out=True)] = None
    start_confidence: Annotated[float | None, Fraction(), InFile(left_out=True)] = None
    labels: Annotated[
        tuple[str, ...], MaxLength(MAX_LABEL_LENGTH), MaxItems(MAX_LABELS), InFile(left_out=True)
    ] = ()
    formula_function: Annotated[FormulaFunction | None, Fixed(), InFile(left_out=True)] = None
    formula_part_ids: Annotated[
        tuple[UUID, ...],
        MaxItems(MAX_FORMULA_PARTS),
        Fixed(),
        InFile("formula_key_result_ids", left_out=True),
    ] = ()
    cadence: Annotated[Cadence | None, InFile(left_out=True)] = None
    target_revisions: Annotated[tuple[TargetRevision, ...], Fixed(), InFile(left_out=True)] = ()
    grade: Annotated[Grade | None, Fixed(), InFile(left_out=True)] = None
    carried_from_id: Annotated[UUID | None, Fixed(), InFile(left_out=True)] = None
    lineage_start_value: Annotated[float | None, Fixed(), InFile(left_out=True)] = None
    definition: Annotated[int, Fixed()] = 1
    imported_score: Annotated[float | None, Fixed(), InFile("published_score")] = None
    imported_fields: Annotated[Mapping[str, Any] | None, Fixed()] = None
    created_at: Annotated[datetime | None, Fixed()] = None
    version: int = 1

    @property
    def counts(self) -> bool:
        """Return whether it counts in its objective's means."""
        return counts(self.state, self.weight)

    @property
    def has_formula(self) -> bool:
        """Return whether its value is computed from those of other key results."""
        return self.formula_function is not None

    @property
    def original(self) -> Measure | None:
        """Return the measure before the first revision of its target; None if it was never revised."""
        return self.target_revisions[0].before if self.target_revisions else None

    @property
    def guards(self) -> bool:
        """Return whether it is a guard-rail in force."""
        return self.role is KeyResultRole.GUARD_RAIL and self.state is KeyResultState.ACTIVE

    def effective_cadence(self, objective: Objective) -> EffectiveCadence | None:
        """Return the cadence that applies to it, which is by default that of its objective."""
        if self.cadence is None:
            return objective.effective_cadence
        return overridden(objective.effective_cadence, self.cadence, NodeType.KEY_RESULT, self.id)

    def due_at(self, cycle: Cycle, zone: ZoneInfo) -> datetime:
        """Return the due instant: the end of the due day, or of the cycle."""
        return end_of(self.due_on, cycle.zone(zone)) if self.due_on else cycle.ends_at(zone)

    def due_within(
        self, cycle: Cycle, *, days_from: tuple[Sequence[str | int], Sequence[str | int]] | None = None
    ) -> "KeyResult":
        """Return the key result.

        `days_from` are the input paths of the cycle's first and last day, if the cycle is the input; without
        it, errors point to the due days.

        Raises:
            InvalidInput: a due day, its own or a milestone's, is outside the cycle.
        """
        days: list[tuple[date | None, list[str | int]]] = [(self.due_on, ["dueOn"])]
        days += [(m.due_on, ["milestones", i, "dueOn"]) for i, m in enumerate(self.measure.milestones)]
        for day, path in days:
            if day is not None and not cycle.starts_on <= day <= cycle.ends_on:
                if days_from is not None:
                    path = list(days_from[0] if day < cycle.starts_on else days_from[1])
                raise InvalidInput(
                    f"{day} lies outside {cycle.name} ({cycle.starts_on} to {cycle.ends_on})", path=path
                )
        return self

    def remeasured(self, measure: Measure) -> "KeyResult":
        """Return the key result by another measure; the first start means nothing of another quantity."""
        start = self.lineage_start_value if self.measure.same_quantity(measure) else None
        return replace(self, measure=measure, lineage_start_value=start)

    def measured_alike(self, measure: Measure) -> bool:
        """Return whether existing readings keep their meaning under the other measure."""
        mine = self.measure
        return (mine.kind, mine.start_value, mine.unit) == (measure.kind, measure.start_value, measure.unit)


@dataclass(frozen=True, slots=True)
class Reading:
    """A live check-in as input of scoring.

    `value` is in the key result's unit, 0 or 1 for yes/no, and None for milestones, whose completed keys
    are in `milestones_done`. A check-in with neither is no measurement. What a formula computes has no
    check-in of its own.
    """

    effective_at: datetime
    seq: int
    place: int
    check_in_id: UUID | None
    definition: int
    value: float | None = None
    milestones_done: tuple[str, ...] | None = None
    confidence: float | None = None
    status: str | None = None
    by_person: bool = True

    @property
    def order(self) -> tuple[datetime, int, int]:
        """Return the sort key (effective time, `seq`, place in the mutation); the greatest is current."""
        return (self.effective_at, self.seq, self.place)

    @property
    def measures(self) -> bool:
        """Return whether it carries a measurement."""
        return self.value is not None or self.milestones_done is not None

    @property
    def meets_slots(self) -> bool:
        """Return whether it is a check-in as a cadence means it: by a person, or with more than a value."""
        return self.by_person or self.status is not None or self.confidence is not None


def reading_fits(measure: Measure, value: float | None, done: tuple[str, ...] | None) -> None:
    """Raise `InvalidInput` if the measure cannot take the value."""
    if measure.kind is KeyResultMeasure.MILESTONES:
        if value is not None:
            raise InvalidInput("Milestones are checked in with milestonesDone, not a value", path=["value"])
        known = {milestone.key for milestone in measure.milestones}
        unknown = [key for key in done or () if key not in known]
        if unknown:
            raise InvalidInput(f"There is no milestone {unknown[0]!r}", path=["milestonesDone"])
    elif done is not None:
        raise InvalidInput(f"milestonesDone does not apply to {measure.kind}", path=["milestonesDone"])
    elif measure.kind is KeyResultMeasure.BOOLEAN and value not in (None, 0, 1):
        raise InvalidInput("A yes/no key result takes 0 or 1", path=["value"])
