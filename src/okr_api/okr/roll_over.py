"""Roll-over: what goes on in a later cycle, and what an objective and its key results are like there."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from .alignment import AlignmentKind
from .computed_values import KeyResultStanding
from .cycle import Cycle
from .key_result import KeyResult
from .lineage import STARTING
from .measure import FIELDS_OF, KeyResultMeasure, Measure, zones_travel
from .numbers import reaches
from .objective import Objective, ObjectiveState
from .review_record import ReviewDecision
from .roll_over_errors import CycleIsNotLater

GOES_ON = frozenset({ReviewDecision.KEEP, ReviewDecision.MODIFY})
CARRIED_STATES = frozenset({ObjectiveState.PUBLISHED, ObjectiveState.CLOSED, ObjectiveState.PAUSED})


class RollOverOutcome(StrEnum):
    """What a roll-over does with an objective, or why it does nothing."""

    CARRIED = "CARRIED"
    ALREADY_CARRIED = "ALREADY_CARRIED"
    SKIPPED = "SKIPPED"
    NOT_REVIEWED = "NOT_REVIEWED"
    DECIDED_OTHERWISE = "DECIDED_OTHERWISE"
    NOT_PERMITTED = "NOT_PERMITTED"


class KeyResultRollOver(StrEnum):
    """What a roll-over does with a key result of an objective that goes on, or why it does nothing."""

    CARRIED = "CARRIED"
    SKIPPED = "SKIPPED"
    TARGET_REACHED = "TARGET_REACHED"
    NOT_MEASURABLE = "NOT_MEASURABLE"


class AlignmentRollOver(StrEnum):
    """Outcome of an alignment of an objective that goes on."""

    KEPT = "KEPT"
    REMAPPED = "REMAPPED"
    PARENT_NOT_CARRIED = "PARENT_NOT_CARRIED"
    PARENT_DROPPED = "PARENT_DROPPED"
    CYCLE_TAKES_NO_EDITS = "CYCLE_TAKES_NO_EDITS"
    CYCLE_DOES_NOT_ENCLOSE = "CYCLE_DOES_NOT_ENCLOSE"


class LeftOut(StrEnum):
    """Part of an objective or a key result that does not go on with it."""

    OWNER = "OWNER"
    CONTRIBUTORS = "CONTRIBUTORS"
    SHARED_WITH = "SHARED_WITH"
    PRIORITIES = "PRIORITIES"
    CHECK_IN_OWNER = "CHECK_IN_OWNER"
    METRIC = "METRIC"
    FORMULA = "FORMULA"


@dataclass(frozen=True, slots=True)
class CarriedKeyResult:
    """A key result of the plan: `successor` is what it is like in the later cycle, if it goes on."""

    known: KeyResult
    outcome: KeyResultRollOver
    successor: KeyResult | None = None
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class CarriedAlignment:
    """An alignment of the plan: `parent_id` is that of the successor; None if it is not carried."""

    known_parent_id: UUID
    kind: AlignmentKind
    weight: float
    outcome: AlignmentRollOver
    parent_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CarriedObjective:
    """An objective of the plan: `successor` is what it is like in the later cycle, if it goes on.

    Of what was carried before there is only `successor_id`.
    """

    known: Objective
    outcome: RollOverOutcome
    decision: ReviewDecision | None = None
    successor: Objective | None = None
    successor_id: UUID | None = None
    left_out: tuple[LeftOut, ...] = ()
    key_results: tuple[CarriedKeyResult, ...] = ()
    alignments: tuple[CarriedAlignment, ...] = field(default=())


def check_later(earlier: Cycle, later: Cycle, path: tuple[str | int, ...]) -> None:
    """Raise `CycleIsNotLater` unless the other cycle begins and ends after the first does."""
    if earlier.id == later.id:
        raise CycleIsNotLater(f"{earlier.name} cannot be rolled over into itself", path=path)
    if later.starts_on <= earlier.starts_on or later.ends_on <= earlier.ends_on:
        raise CycleIsNotLater(
            f"{later.name} ({later.starts_on} to {later.ends_on}) does not begin and end later than "
            f"{earlier.name} ({earlier.starts_on} to {earlier.ends_on})",
            path=path,
        )


def outcome_by_decision(decision: ReviewDecision | None) -> RollOverOutcome:
    """Return what a roll-over does with an objective that no item names."""
    if decision is None:
        return RollOverOutcome.NOT_REVIEWED
    return RollOverOutcome.CARRIED if decision in GOES_ON else RollOverOutcome.DECIDED_OTHERWISE


def successor_of(known: Objective, id: UUID, cycle_id: UUID) -> Objective:
    """Return the draft in which an objective goes on in another cycle."""
    return replace(
        known,
        id=id,
        external_id=None,
        cycle_id=cycle_id,
        state=ObjectiveState.DRAFT,
        imported_score=None,
        version=1,
        is_dropped_draft=False,
        replaces_id=None,
        grade=None,
        carried_from_id=known.id,
        lineage_id=known.lineage_root,
        effective_cadence=None,
    )


def has_reached_target(key_result: KeyResult, standing: KeyResultStanding) -> bool:
    """Return whether nothing is left to reach; a limit has to be kept on."""
    raw = standing.raw_progress
    return not key_result.measure.is_limit and raw is not None and reaches(raw, 1.0)


def successor_of_key_result(
    known: KeyResult,
    standing: KeyResultStanding,
    id: UUID,
    objective_id: UUID,
    *,
    at: datetime,
    values: Mapping[str, float],
    goes_on_counting: bool,
) -> KeyResult:
    """Return what a key result is like in the later cycle, without its metric and its formula.

    `values` may have another `start_value` and `target_value`. With `goes_on_counting` a parent in a longer
    cycle counts it from the first start of its lineage.

    Raises:
        Refused: the errors of `Measure.checked`.
    """
    measure = carried_measure(known.measure, standing, values).checked()
    first = standing.start_value if known.lineage_start_value is None else known.lineage_start_value
    return replace(
        known,
        id=id,
        external_id=None,
        objective_id=objective_id,
        measure=measure,
        due_on=None,
        metric_id=None,
        metric_from=None,
        start_confidence=None,
        formula_function=None,
        formula_part_ids=(),
        target_revisions=(),
        grade=None,
        carried_from_id=known.id,
        lineage_start_value=first if goes_on_counting and measure.kind in STARTING else None,
        definition=1,
        imported_score=None,
        imported_fields=None,
        created_at=at,
        version=1,
    )


def carried_measure(measure: Measure, standing: KeyResultStanding, values: Mapping[str, float]) -> Measure:
    """Return the measure that goes on: it starts at the last value, with the milestones that are left.

    Zones keep their start where the last value is beyond the first of them.
    """
    milestones = measure.milestones
    if milestones:
        done = set(standing.milestones_done or ())
        milestones = tuple(replace(one, due_on=None) for one in milestones if one.key not in done)
    carried = replace(measure, milestones=milestones)
    if "startValue" in FIELDS_OF[measure.kind] and standing.current_value is not None:
        moved = replace(carried, start_value=standing.current_value)
        if measure.kind is not KeyResultMeasure.ZONES or zones_travel(moved.zone_values):
            carried = moved
    given: dict[str, Any] = dict(values)
    return replace(carried, **given)
