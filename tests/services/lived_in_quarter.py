"""A quarter in which a lot has happened: every kind of measure, grade and cadence, then reviewed and closed.

It is the first one of 2026, in Berlin, within a year that goes on. Tests of what stays after closing use it, and
`tests/store/closed_quarter.sql` was made of it.
"""

from datetime import date, time
from typing import Any

from okr_api.auth.actor import Scope
from okr_api.okr.cadence import Cadence, Weekday
from okr_api.okr.grade import GradeKind
from okr_api.okr.holiday_calendar import HolidayCalendar
from okr_api.services import cycles
from okr_api.services.absences import add_absence
from okr_api.services.grades import grade_key_result
from okr_api.services.organization import edit_organization
from tests.acme import Workplace
from tests.services.import_export.files import bring

Document = dict[str, Any]
WEEKLY = {"weeks": 1, "weekday": "MONDAY", "time": "12:00"}


def _objective(id: str, **fields: Any) -> Document:
    return {"id": id, "title": f"Title of {id}", "cycle_id": "q1"} | fields


def _key_result(id: str, objective_id: str, kind: str, unit: str | None = None, **fields: Any) -> Document:
    measure = {name: fields.pop(name) for name in MEASURED if name in fields}
    return {
        "id": id,
        "objective_id": objective_id,
        "title": f"Title of {id}",
        "measure": {"kind": kind, "unit": unit, **measure},
    } | fields


MEASURED = ("start", "target", "lower", "upper", "commit", "stretch", "milestones", "judged_by")
STEPS = [
    {"key": "plan", "name": "Plan", "weight": 1, "due_on": "2026-01-31"},
    {"key": "pilot", "name": "Pilot", "weight": 1, "due_on": "2026-02-28"},
    {"key": "all", "name": "All", "weight": 2},
]
KEY_RESULTS = (
    _key_result("tickets", "o1", "DECREASE", "tickets", start=200, target=0, metric_id="open", metric_from="2026-01-01"),
    _key_result("macros", "o1", "INCREASE", "macros", start=0, target=10, weight=2),
    _key_result("load", "o1", "WITHIN", "%", lower=40, upper=70),
    _key_result("errors", "o1", "AT_MOST", "%", target=1, role="GUARD_RAIL", broken_budget=0.5, weight=0),
    _key_result("latency", "o2", "ZONES", "ms", start=400, commit=300, target=200, stretch=100),
    _key_result("rollout", "o2", "MILESTONES", milestones=STEPS),
    _key_result("failover", "o2", "BOOLEAN", due_on="2026-03-15"),
    _key_result(
        "all-macros", "o2", "INCREASE", "macros", start=0, target=40,
        formula_function="SUM", formula_key_result_ids=["macros", "year-macros"],
    ),
    _key_result("ideas", "o3", "INCREASE", target=8, owner_id="cem", cadence={**WEEKLY, "weekday": "FRIDAY"}),
    _key_result("paused", "o4", "INCREASE", start=0, target=100),
    _key_result("year-macros", "y1", "INCREASE", "macros", start=0, target=100),
)  # fmt: skip
CHECK_INS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("tickets", "2026-01-05T10:00:00Z", {"value": 180, "confidence": 0.7}),
    ("tickets", "2026-01-13T10:00:00Z", {"value": 150, "confidence": 0.6, "status": "ON_TRACK"}),
    ("tickets", "2026-01-20T10:00:00Z", {"value": 145}),
    ("tickets", "2026-01-30T10:00:00Z", {"value": 140}),
    ("tickets", "2026-02-10T10:00:00Z", {"value": 110}),
    ("tickets", "2026-02-16T10:00:00Z", {"value": 100}),
    ("tickets", "2026-03-31T21:30:00Z", {"value": 60, "status": "AT_RISK", "confidence": 0.5}),
    ("macros", "2026-01-06T10:00:00Z", {"value": 2}),
    ("macros", "2026-02-20T10:00:00Z", {"value": 5.3, "confidence": 0.9}),
    ("macros", "2026-03-31T22:30:00Z", {"value": 9}),  # in April, by the time of Berlin
    ("load", "2026-01-02T10:00:00Z", {"value": 50}),
    ("load", "2026-02-03T10:00:00Z", {"value": 90}),
    ("load", "2026-03-01T10:00:00Z", {"value": 60}),
    ("errors", "2026-01-02T10:00:00Z", {"value": 0.5}),
    ("errors", "2026-03-02T10:00:00Z", {"value": 3}),
    ("latency", "2026-02-02T10:00:00Z", {"value": 310}),
    ("latency", "2026-03-20T10:00:00Z", {"value": 230, "confidence": 0.4}),
    ("rollout", "2026-03-01T10:00:00Z", {"milestones_done": ["plan", "pilot"]}),
    ("ideas", "2026-01-09T10:00:00Z", {"value": 1}),
    ("ideas", "2026-01-23T10:00:00Z", {"value": 3, "status": "ON_TRACK"}),
    ("paused", "2026-01-09T10:00:00Z", {"value": 10}),
    ("year-macros", "2026-01-19T10:00:00Z", {"value": 4}),
    ("year-macros", "2026-02-19T10:00:00Z", {"value": 11}),
)
LIVED_IN: Document = {
    "people": [{"id": name, "name": name.capitalize()} for name in ("ann", "ben", "cem")],
    "teams": [
        {"id": "operations", "name": "Operations"},
        {"id": "support", "name": "Support", "parent_id": "operations"},
        {"id": "platform", "name": "Platform", "cadence": WEEKLY | {"weeks": 2}},
    ],
    "metrics": [{"id": "open", "name": "Open tickets", "unit": "tickets", "better_direction": "DOWN"}],
    "priorities": [{"id": "loyal", "title": "Loyal customers"}, {"id": "spare", "title": "Spare"}],
    "cycles": [
        {"id": "y", "name": "2026", "start": "2026-01-01", "end": "2026-12-31", "state": "ACTIVE"},
        {"id": "q1", "name": "2026-Q1", "start": "2026-01-01", "end": "2026-03-31", "parent_id": "y", "state": "ACTIVE"},
    ],
    "objectives": [
        _objective("y1", cycle_id="y", owner_ids=["ann"], priority_ids=["loyal"]),
        _objective("y2", cycle_id="y", state="DRAFT"),
        _objective("o1", owner_ids=["ben", "cem"], team_id="support", parent_objective_id="y1", weight=2),
        _objective("o2", owner_ids=["cem"], team_id="platform", parent_objective_id="o1", kind="ASPIRATIONAL", progress_source="KEY_RESULTS"),
        _objective("o3", owner_ids=["ann"], kind="LEARNING", parent_objective_id="y1", cadence=WEEKLY),
        _objective("o4", state="PAUSED", parent_objective_id="y1"),
        _objective("o5", state="DROPPED"),
        _objective("o6", parent_objective_id="y2"),
        _objective("o7", stands_alone_reason="It is an audit"),
    ],
    "key_results": list(KEY_RESULTS),
    "check_ins": [
        {"id": f"c{place}", "key_result_id": key_result, "effective_at": at, **said}
        for place, (key_result, at, said) in enumerate(CHECK_INS)
    ]
    + [{"id": "report", "objective_id": "o3", "effective_at": "2026-03-30T10:00:00Z", "status": "ON_TRACK"}],
    "experiments": [
        {
            "id": "trial",
            "hypothesis": "We believe that fewer fields bring fewer tickets",
            "key_result_id": "tickets",
            "state": "CONCLUDED",
            "started_on": "2026-01-30",
            "ended_on": "2026-02-20",
            "outcome": "CONFIRMED",
        }
    ],
}  # fmt: skip


async def live(place: Workplace) -> None:
    """Set up the organisation and import the quarter, which is running then."""
    edits = {
        "cadence": Cadence(weeks=1, weekday=Weekday.TUESDAY, at=time(9)),
        "holiday_calendar": HolidayCalendar("DE", "BE", (date(2026, 1, 12),)),
    }
    await place.done(edit_organization, edits=edits, scope=Scope.ADMIN)
    report = await bring(place, LIVED_IN | {"namespace": "q"})
    assert not report.errors, report.errors
    away = {"starts_on": date(2026, 2, 2), "ends_on": date(2026, 2, 20), "external_id": "away"}
    await place.done(add_absence, person="q:cem", **away)


async def close(place: Workplace, **inputs: Any) -> None:
    """Review, grade and close the quarter."""
    await place.done(cycles.begin_review, cycle="q:q1")
    override = {"kind": GradeKind.OVERRIDE, "score": 0.7, "reason": "Tried by hand"}
    await place.done(grade_key_result, key_result="q:failover", **override)
    unmeasured = {"kind": GradeKind.NOT_MEASURED, "reason": "Nobody counted"}
    await place.done(grade_key_result, key_result="q:ideas", **unmeasured)
    await place.done(cycles.close_cycle, cycle="q:q1", not_measured_reason="Nobody looked", **inputs)
