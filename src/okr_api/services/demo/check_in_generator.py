"""Generate the demo's check-ins as data from each key result's course, and two mistakes with their repair."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from okr_api.okr.measure import KeyResultMeasure
from okr_api.services.check_in_lookup import CheckInRequest
from okr_api.services.references import Ref

from .company import PEOPLE
from .dates import DAY, Calendar, Days
from .definitions import (
    Course,
    PlannedKeyResult,
    PlannedObjective,
    When,
)
from .key_results_booking import ON_SHORE
from .key_results_fleet import FIRST_AID, GUARD_RAILS, ON_THE_WATER
from .objectives import OBJECTIVES

KEY_RESULTS = ON_THE_WATER + ON_SHORE + FIRST_AID + GUARD_RAILS
PLANNED = {objective.key: objective for objective in OBJECTIVES}
WEEKDAYS = {someone.key: someone.weekday for someone in PEOPLE}
WIGGLES = (0.0, 0.02, -0.015, 0.03, -0.02, 0.01, -0.03, 0.015)  # deviations as a share of the span
NOTED_EVERY = 3
MISTYPED, MISPLACED = "calls-to-the-desk", "app-rating"


@dataclass(frozen=True, slots=True)
class GeneratedCheckIn:
    """Check-in `said` by a person (`by`, a key) on a day."""

    by: str
    on: date
    said: CheckInRequest


def owner_of(key_result: PlannedKeyResult) -> str:
    """Return the key of the person who checks in: the key result's owner, else the objective's."""
    return key_result.owner or PLANNED[key_result.objective].owner


def days_of(objective: PlannedObjective, calendar: Calendar) -> Days:
    """Return the days of the objective's cycle."""
    return {
        When.YEAR: calendar.year,
        When.QUARTER: calendar.quarter,
        When.NEXT_QUARTER: calendar.next_quarter,
    }[objective.when]


def tellings(calendar: Calendar) -> list[GeneratedCheckIn]:
    """Return every check-in up to yesterday, earliest first, with the baselines before each cycle."""
    everything = [
        telling
        for place, key_result in enumerate(KEY_RESULTS)
        if key_result.course
        for telling in _told(key_result, key_result.course, place, calendar)
    ]
    return sorted(everything, key=lambda telling: (telling.on, telling.by))


def _told(
    key_result: PlannedKeyResult, course: Course, place: int, calendar: Calendar
) -> Iterator[GeneratedCheckIn]:
    objective, by = PLANNED[key_result.objective], owner_of(key_result)
    days = days_of(objective, calendar)
    said = CheckInRequest(key_result=Ref(external_id=key_result.key))
    before = days.starts_on - DAY
    first = replace(
        said,
        value=_value(key_result, course, 0.0, 0),
        effective_at=calendar.at(before, place),
        external_id=f"{key_result.key}/baseline",
    )
    if first.value is not None:
        yield GeneratedCheckIn(by, before, first)
    months = calendar.months() if objective.when is When.YEAR else ()
    silent_from = calendar.today - timedelta(days=course.silent_days)
    heard = [day for day in (*months, *calendar.weeks(WEEKDAYS[by])) if day < silent_from]
    for week, day in enumerate(heard, start=1):
        elapsed = days.elapsed(day)
        yield GeneratedCheckIn(
            by,
            day,
            replace(
                said,
                value=_value(key_result, course, elapsed, week),
                milestones_done=_done(key_result, course, elapsed),
                confidence=_confidence(course, elapsed),
                status=course.status,
                note=_note(course, week),
                effective_at=calendar.at(day, place),
                external_id=f"{key_result.key}/{day}",
            ),
        )


def _value(key_result: PlannedKeyResult, course: Course, elapsed: float, week: int) -> float | None:
    """Return the value measured when a share of the cycle has elapsed; None for milestones."""
    measure = key_result.measure
    if measure.kind is KeyResultMeasure.MILESTONES:
        return None
    if measure.kind is KeyResultMeasure.BOOLEAN:
        return float(elapsed >= course.done_at)
    if measure.is_limit:
        return course.seen[week % len(course.seen)]
    assert measure.start_value is not None
    assert course.reaches is not None
    way = course.reaches - measure.start_value
    return round(measure.start_value + way * (elapsed + WIGGLES[week % len(WIGGLES)]), course.digits)


def _done(key_result: PlannedKeyResult, course: Course, elapsed: float) -> tuple[str, ...] | None:
    """Return the milestones done so far, in order; on plan, the last is done a little before the end."""
    milestones = key_result.measure.milestones
    if not milestones:
        return None
    each = 1 / (len(milestones) + 0.5)
    return tuple(
        milestone.key
        for place, milestone in enumerate(milestones, start=1)
        if elapsed * course.hurry >= place * each
    )


def _confidence(course: Course, elapsed: float) -> float:
    first, last = course.confidence
    return round(first + (last - first) * elapsed, 2)


def _note(course: Course, week: int) -> str | None:
    if not course.notes or week % NOTED_EVERY != 1:
        return None
    return course.notes[week // NOTED_EVERY % len(course.notes)]


def slips(calendar: Calendar) -> list[GeneratedCheckIn]:
    """Return the mistakes among the first check-ins: one mistyped and corrected, one retracted."""
    before = calendar.quarter.starts_on - DAY
    desk, app = Ref(external_id=MISTYPED), Ref(external_id=MISPLACED)
    mistyped = CheckInRequest(
        key_result=desk,
        value=402,
        effective_at=calendar.at(before, 90),
        external_id=f"{MISTYPED}/mistyped",
    )
    corrected = CheckInRequest(
        supersedes=Ref(external_id=mistyped.external_id),
        value=420,
        note="It was 420",
        external_id=f"{MISTYPED}/corrected",
    )
    misplaced = CheckInRequest(
        key_result=app, value=4.5, effective_at=calendar.at(before, 95), external_id=f"{MISPLACED}/misplaced"
    )
    taken_back = CheckInRequest(
        supersedes=Ref(external_id=misplaced.external_id),
        retraction_reason="That was the other shop's rating",
        external_id=f"{MISPLACED}/taken-back",
    )
    return [
        GeneratedCheckIn(by, before, said)
        for by, said in (("priya", mistyped), ("priya", corrected), ("mei", misplaced), ("mei", taken_back))
    ]
