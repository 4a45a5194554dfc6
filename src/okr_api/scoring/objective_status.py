"""Status of an objective to show: outcome, paused or dropped, reported, derived; its outcome."""

from collections.abc import Iterable

from okr_api.okr.computed_values import Band, Status, Timeline
from okr_api.okr.cycle import Cycle, CycleState
from okr_api.okr.objective import Objective, ObjectiveKind, ObjectiveState

from .grading import band_of, graded_by, outcome_of
from .objective_report import ObjectiveReport
from .status import is_planned, shown, stale_with

SET_ASIDE = {ObjectiveState.PAUSED: Status.PAUSED, ObjectiveState.DROPPED: Status.DROPPED}


def shown_status(
    objective: Objective,
    cycle: Cycle,
    parts: Iterable[Timeline],
    derived: Timeline,
    outcome: Status | None,
    coverage: float | None,
    report: ObjectiveReport,
) -> Timeline:
    """Return the status to show, from the derived one and the statuses of the parts.

    What a check-in on the objective reported stands until it lapses. An objective of which nothing has been
    measured is STALE with any of its parts, in a running cycle.
    """
    settled = outcome or SET_ASIDE.get(objective.state)
    running = cycle.state is CycleState.ACTIVE and objective.state is ObjectiveState.PUBLISHED
    if settled is None and coverage == 0 and running:
        derived = stale_with(parts)
    reported = None if is_planned(objective, cycle) else report.reported_status
    return shown(derived, settled=settled, reported=reported, reported_until=report.reported_until)


def outcome_of_objective(
    objective: Objective, score: float | None, floor: float | None, *, guard_rail_broken: bool
) -> Status | None:
    """Return the outcome by the floor of the score once closed; None for learning objectives."""
    if objective.state is not ObjectiveState.CLOSED or objective.kind is ObjectiveKind.LEARNING:
        return None
    graded = graded_by(score, floor)
    return outcome_of(graded, objective.expectation, guard_rail_broken=guard_rail_broken)


def band_of_objective(
    objective: Objective, cycle: Cycle, score: float | None, floor: float | None
) -> Band | None:
    """Return the band to keep once its cycle is closed; None before, when it follows from the score."""
    return band_of(graded_by(score, floor), objective.kind) if cycle.rules else None
