"""Key result scoring: its stored numbers (progress, expected, status, score, outcome) from its readings."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
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
from okr_api.okr.holiday_calendar import NO_HOLIDAYS, HolidayCalendar
from okr_api.okr.key_result import KeyResult, KeyResultState, Reading
from okr_api.okr.measure import KeyResultMeasure
from okr_api.okr.objective import Objective, ObjectiveState

from .frozen_rules import cut_curve, cut_timeline, lapses_at
from .grading import band_of, final_score, outcome_of
from .lineage import lineage_of_key_result
from .pace import ZONES_EXPECTATION, key_result_curve
from .progress import Progress, progress_of
from .readings import Readings, in_their_order, latest_with, readings_that_count
from .silence import Silence, silence_of
from .status import (
    is_planned,
    kept,
    paced,
    pending_until,
    shown,
    stale_between,
)


def standing_of_key_result(
    key_result: KeyResult,
    objective: Objective,
    cycle: Cycle,
    zone: ZoneInfo,
    check_ins: Iterable[Reading],
    holidays: HolidayCalendar = NO_HOLIDAYS,
    *,
    announced_at: datetime | None = None,
) -> KeyResultStanding:
    """Return all stored numbers of a key result by its live check-ins, for the change at `announced_at`."""
    zone = cycle.zone(zone)
    begin, end = cycle.starts_at(zone), cycle.ends_at(zone)
    in_order = in_their_order(check_ins)
    readings = readings_that_count(in_order, definition=key_result.definition, before=end)
    progress = progress_of(key_result.measure, readings, since=begin)
    limit = key_result.measure.is_limit  # only limits depend on how long a reading has held
    final = progress_of(key_result.measure, readings, since=begin, until=end) if limit else progress
    sure = latest_with(in_order, "confidence")
    curve = _curve(key_result, objective, cycle, zone, readings)
    scores = _scores(key_result, objective, cycle, final)
    derived = _derived(key_result, objective, cycle, zone, progress, curve)
    silence = silence_of(key_result.effective_cadence(objective), zone, holidays)
    return KeyResultStanding(
        start_value=progress.start,
        raw_progress=progress.raw,
        progress=progress.clamped,
        progress_reason=progress.reason,
        coverage=0.0 if progress.raw is None else 1.0,
        confidence=sure.confidence if sure else key_result.start_confidence,
        lineage=lineage_of_key_result(key_result, readings),
        expected=cut_curve(curve, cycle),
        derived=cut_timeline(derived, cycle),
        announced_at=announced_at,
        **scores,
        **_held(key_result, progress, final),
        **_current(readings),
        **_by_original_target(key_result, readings, begin=begin, end=end),
        **_shown(key_result, objective, cycle, silence, in_order, scores["outcome"], derived),
    )


def _held(key_result: KeyResult, progress: Progress, final: Progress) -> dict[str, Any]:
    """Return whether a limit holds and for what share of the time; at the end, that of a guard-rail."""
    at_end = final.held_share if key_result.role is KeyResultRole.GUARD_RAIL else None
    return {"holds": progress.holds, "held_share": progress.held_share, "held_share_at_end": at_end}


def _current(readings: Readings) -> dict[str, Any]:
    """Return the value and the milestones of the current reading; nothing if nothing was measured."""
    current = readings.current
    if current is None:
        return {}
    return {
        "current_value": current.value,
        "milestones_done": current.milestones_done,
        "latest_check_in_id": current.check_in_id,
    }


def _curve(
    key_result: KeyResult, objective: Objective, cycle: Cycle, zone: ZoneInfo, readings: Readings
) -> Curve:
    """Return the curve of expected progress, which for a limit begins with the first reading."""
    first_at = readings.first.effective_at if readings.first else None
    expectation = objective.expectation
    return key_result_curve(key_result, cycle, zone, expectation=expectation, first_reading_at=first_at)


def _by_original_target(
    key_result: KeyResult, readings: Readings, *, begin: datetime, end: datetime
) -> dict[str, Any]:
    """Return progress and score of the same readings by the measure before the first revision of its target.

    There are none if it was never revised, or if something else is measured now.
    """
    original = key_result.original
    if original is None or not original.same_quantity(key_result.measure):
        return {}
    until = end if original.is_limit else None
    return {
        "original_progress": progress_of(original, readings, since=begin).clamped,
        "original_score_at_end": progress_of(original, readings, since=begin, until=until).clamped,
    }


def _shown(
    key_result: KeyResult,
    objective: Objective,
    cycle: Cycle,
    silence: Silence,
    in_order: Sequence[Reading],
    outcome: Status | None,
    derived: Timeline,
) -> dict[str, Any]:
    """Return the reported status, until when it holds, and the status to show."""
    checked_in_at = silence.latest_check_in(in_order)
    reported, reported_until = silence.reported(in_order)
    status = shown(
        derived,
        settled=outcome or _settled(key_result, objective, cycle),
        stale_from=_stale_from(key_result, objective, cycle, silence, checked_in_at),
        stale_until=cycle.ends_at(silence.zone),
        reported=reported,
        reported_until=reported_until,
    )
    return {
        "reported_status": reported,
        "reported_until": lapses_at(reported_until, cycle),
        "status": cut_timeline(status, cycle),
    }


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
    key_result: KeyResult,
    objective: Objective,
    cycle: Cycle,
    silence: Silence,
    checked_in_at: datetime | None,
) -> datetime | None:
    """Return when it becomes stale for lack of check-ins; None unless its objective is published."""
    if objective.state is not ObjectiveState.PUBLISHED:
        return None
    begin, end = cycle.starts_at(silence.zone), cycle.ends_at(silence.zone)
    latest_sign = max(begin, checked_in_at or key_result.created_at or begin)
    is_check_in = checked_in_at is not None and checked_in_at >= begin
    return stale_between(cycle, end, since=silence.begins(latest_sign, is_check_in=is_check_in))


def _settled(key_result: KeyResult, objective: Objective, cycle: Cycle) -> Status | None:
    """Return DROPPED or PAUSED, of itself or its objective; PENDING if still planned; otherwise None."""
    states = {str(key_result.state), str(objective.state)}
    if KeyResultState.DROPPED in states:
        return Status.DROPPED
    if KeyResultState.PAUSED in states:
        return Status.PAUSED
    return Status.PENDING if is_planned(objective, cycle) else None


def _scores(key_result: KeyResult, objective: Objective, cycle: Cycle, final: Progress) -> dict[str, Any]:
    """Return the computed score, the one as it was graded, and the outcome and the band by that."""
    graded = final_score(final.clamped, key_result.grade)
    outcome = _outcome(key_result, objective, graded)
    band = band_of(graded, objective.kind) if cycle.rules else None
    return {"score_at_end": final.clamped, "final_score": graded, "outcome": outcome, "band": band}


def _outcome(key_result: KeyResult, objective: Objective, score: float | None) -> Status | None:
    """Return the outcome once the objective is closed; None before, and unless the key result is active."""
    if objective.state is not ObjectiveState.CLOSED or key_result.state is not KeyResultState.ACTIVE:
        return None
    zones = key_result.measure.kind is KeyResultMeasure.ZONES
    expectation = min(objective.expectation, ZONES_EXPECTATION) if zones else objective.expectation
    return outcome_of(score, expectation)
