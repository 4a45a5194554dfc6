"""Where a key result stands, by its readings."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from okr_api.okr.cycle import Cycle, CycleState
from okr_api.okr.key_result import KeyResult, KeyResultState, Reading
from okr_api.okr.measure import KeyResultMeasure
from okr_api.okr.objective import Objective, ObjectiveState
from okr_api.okr.standing import PENDING, KeyResultStanding, Status

from .grade import outcome_of
from .pace import ZONES_EXPECTATION, key_result_curve
from .progress import Progress, progress_of
from .readings import latest, latest_with, readings_that_count
from .status import kept, paced, pending_until, shown, silent_from, stale_between


def standing_of_key_result(
    key_result: KeyResult, objective: Objective, cycle: Cycle, zone: ZoneInfo, check_ins: list[Reading]
) -> KeyResultStanding:
    """All stored numbers of a key result, from its definition and its live check-ins."""
    begin, end = cycle.starts_at(zone), cycle.ends_at(zone)
    readings = readings_that_count(check_ins, definition=key_result.definition, before=end)
    progress = progress_of(key_result.measure, readings, since=begin)
    limit = key_result.measure.is_limit  # for others it does not matter how long a reading has held
    final = progress_of(key_result.measure, readings, since=begin, until=end) if limit else progress
    first, current = readings.first, readings.current
    sure = latest_with(check_ins, "confidence")
    curve = key_result_curve(
        key_result,
        cycle,
        zone,
        expectation=objective.expectation,
        first_reading_at=first.effective_at if first else None,
    )
    standing = KeyResultStanding(
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
        confidence=sure.confidence if sure else None,
        score_at_end=final.clamped,
        outcome=_outcome(key_result, objective, final),
        expected=curve,
    )
    return _with_status(standing, key_result, objective, cycle, zone, check_ins)


def _with_status(
    standing: KeyResultStanding,
    key_result: KeyResult,
    objective: Objective,
    cycle: Cycle,
    zone: ZoneInfo,
    check_ins: list[Reading],
) -> KeyResultStanding:
    """The standing with what was reported, what follows from the pace, and which of them to show."""
    begin, end = cycle.starts_at(zone), cycle.ends_at(zone)
    newest, said = latest(check_ins), latest_with(check_ins, "status")
    checked_in_at = newest.effective_at if newest else None
    reported = Status(said.status) if said and said.status else None
    reported_until = silent_from(checked_in_at) if reported and checked_in_at else None
    latest_sign = checked_in_at or key_result.created_at or begin
    stale_from = stale_between(cycle, end, latest_sign=max(begin, latest_sign))
    draft = cycle.state is CycleState.DRAFT or objective.state is ObjectiveState.DRAFT
    judged_from = pending_until(begin, key_result.due_at(cycle, zone))
    if draft:
        derived = PENDING
    elif key_result.measure.is_limit:
        derived = kept(standing.holds, judged_from=judged_from)
    else:
        derived = paced(standing.progress, standing.expected, judged_from=judged_from)
    status = shown(
        derived,
        settled=standing.outcome or _set_aside(key_result, objective) or (Status.PENDING if draft else None),
        stale_from=stale_from if objective.state is ObjectiveState.PUBLISHED else None,
        stale_until=end,
        reported=reported,
        reported_until=reported_until,
    )
    return replace(
        standing, reported_status=reported, reported_until=reported_until, derived=derived, status=status
    )


def _set_aside(key_result: KeyResult, objective: Objective) -> Status | None:
    """Paused or dropped, by itself or with its objective."""
    states = {str(key_result.state), str(objective.state)}
    if KeyResultState.DROPPED in states:
        return Status.DROPPED
    return Status.PAUSED if KeyResultState.PAUSED in states else None


def _outcome(key_result: KeyResult, objective: Objective, final: Progress) -> Status | None:
    """How it ended, once its objective is closed."""
    if objective.state is not ObjectiveState.CLOSED or key_result.state is not KeyResultState.ACTIVE:
        return None
    zones = key_result.measure.kind is KeyResultMeasure.ZONES
    expectation = min(objective.expectation, ZONES_EXPECTATION) if zones else objective.expectation
    return outcome_of(final.clamped, expectation)
