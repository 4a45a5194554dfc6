"""Key result scoring: its stored numbers (progress, expected, status, score, outcome) from its readings."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from okr_api.okr.computed_values import (
    PENDING,
    Curve,
    KeyResultStanding,
    Status,
    Timeline,
)
from okr_api.okr.cycle import Cycle
from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.key_result import KeyResult, KeyResultState, Reading
from okr_api.okr.measure import KeyResultMeasure
from okr_api.okr.objective import Objective, ObjectiveState

from .grading import outcome_of
from .pace import ZONES_EXPECTATION, key_result_curve
from .progress import Progress, progress_of
from .readings import Readings, in_their_order, latest_with, readings_that_count
from .status import (
    is_planned,
    kept,
    paced,
    pending_until,
    reported_by,
    shown,
    stale_between,
)


def standing_of_key_result(
    key_result: KeyResult, objective: Objective, cycle: Cycle, zone: ZoneInfo, check_ins: Iterable[Reading]
) -> KeyResultStanding:
    """Return all stored numbers of a key result, from its definition and its live check-ins."""
    begin, end = cycle.starts_at(zone), cycle.ends_at(zone)
    in_order = in_their_order(check_ins)
    readings = readings_that_count(in_order, definition=key_result.definition, before=end)
    progress = progress_of(key_result.measure, readings, since=begin)
    limit = key_result.measure.is_limit  # only limits depend on how long a reading has held
    final = progress_of(key_result.measure, readings, since=begin, until=end) if limit else progress
    original, original_at_end = _by_original_target(key_result, readings, begin=begin, end=end)
    current, sure = readings.current, latest_with(in_order, "confidence")
    first_at = readings.first.effective_at if readings.first else None
    expectation = objective.expectation
    curve = key_result_curve(key_result, cycle, zone, expectation=expectation, first_reading_at=first_at)
    outcome = _outcome(key_result, objective, final)
    derived = _derived(key_result, objective, cycle, zone, progress, curve)
    reported, reported_until, status = _shown(key_result, objective, cycle, zone, in_order, outcome, derived)
    return KeyResultStanding(
        current_value=current.value if current else None,
        start_value=progress.start,
        milestones_done=current.milestones_done if current else None,
        latest_check_in_id=current.check_in_id if current else None,
        raw_progress=progress.raw,
        progress=progress.clamped,
        progress_reason=progress.reason,
        coverage=0.0 if progress.raw is None else 1.0,
        holds=progress.holds,
        held_share=progress.held_share,
        held_share_at_end=final.held_share if key_result.role is KeyResultRole.GUARD_RAIL else None,
        original_progress=original,
        original_score_at_end=original_at_end,
        confidence=sure.confidence if sure else key_result.start_confidence,
        reported_status=reported,
        reported_until=reported_until,
        score_at_end=final.clamped,
        outcome=outcome,
        expected=curve,
        derived=derived,
        status=status,
    )


def _by_original_target(
    key_result: KeyResult, readings: Readings, *, begin: datetime, end: datetime
) -> tuple[float | None, float | None]:
    """Return progress and score of the same readings by the measure before the first revision of its target.

    Both are None if it was never revised, or if something else is measured now.
    """
    original = key_result.original
    if original is None or not original.same_quantity(key_result.measure):
        return None, None
    until = end if original.is_limit else None
    return (
        progress_of(original, readings, since=begin).clamped,
        progress_of(original, readings, since=begin, until=until).clamped,
    )


def _shown(
    key_result: KeyResult,
    objective: Objective,
    cycle: Cycle,
    zone: ZoneInfo,
    in_order: Sequence[Reading],
    outcome: Status | None,
    derived: Timeline,
) -> tuple[Status | None, datetime | None, Timeline]:
    """Return the reported status, until when it holds, and the status to show."""
    checked_in_at = in_order[-1].effective_at if in_order else None
    reported, reported_until = reported_by(in_order)
    status = shown(
        derived,
        settled=outcome or _settled(key_result, objective, cycle),
        stale_from=_stale_from(key_result, objective, cycle, zone, checked_in_at),
        stale_until=cycle.ends_at(zone),
        reported=reported,
        reported_until=reported_until,
    )
    return reported, reported_until, status


def _derived(
    key_result: KeyResult,
    objective: Objective,
    cycle: Cycle,
    zone: ZoneInfo,
    progress: Progress,
    curve: Curve,
) -> Timeline:
    """Return the status by pace, or for a limit by whether it holds."""
    if is_planned(objective, cycle):
        return PENDING
    judged_from = pending_until(cycle.starts_at(zone), key_result.due_at(cycle, zone))
    if key_result.measure.is_limit:
        return kept(progress.holds, judged_from=judged_from)
    return paced(progress.clamped, curve, judged_from=judged_from)


def _stale_from(
    key_result: KeyResult, objective: Objective, cycle: Cycle, zone: ZoneInfo, checked_in_at: datetime | None
) -> datetime | None:
    """Return when it becomes stale for lack of check-ins; None unless its objective is published."""
    if objective.state is not ObjectiveState.PUBLISHED:
        return None
    begin, end = cycle.starts_at(zone), cycle.ends_at(zone)
    latest_sign = max(begin, checked_in_at or key_result.created_at or begin)
    return stale_between(cycle, end, latest_sign=latest_sign)


def _settled(key_result: KeyResult, objective: Objective, cycle: Cycle) -> Status | None:
    """Return DROPPED or PAUSED, of itself or its objective; PENDING if still planned; otherwise None."""
    states = {str(key_result.state), str(objective.state)}
    if KeyResultState.DROPPED in states:
        return Status.DROPPED
    if KeyResultState.PAUSED in states:
        return Status.PAUSED
    return Status.PENDING if is_planned(objective, cycle) else None


def _outcome(key_result: KeyResult, objective: Objective, final: Progress) -> Status | None:
    """Return the outcome once the objective is closed; None before, and unless the key result is active."""
    if objective.state is not ObjectiveState.CLOSED or key_result.state is not KeyResultState.ACTIVE:
        return None
    zones = key_result.measure.kind is KeyResultMeasure.ZONES
    expectation = min(objective.expectation, ZONES_EXPECTATION) if zones else objective.expectation
    return outcome_of(final.clamped, expectation)
