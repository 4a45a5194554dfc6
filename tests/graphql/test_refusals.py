"""Rejected mutations: error code and path of each, and no change to any table."""

from datetime import timedelta
from typing import Any

import pytest

from okr_api.okr.change import NodeType
from okr_api.okr.errors import Refused
from okr_api.query_engine.global_ids import encode_id
from tests.acme import days_ago
from tests.graphql.cases import day
from tests.graphql.conftest import Stage
from tests.graphql.test_schema import every_refusal

PREPARED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("cycleCreate", {"name": "Someday", "startsOn": day(-9), "endsOn": day(90), "externalId": "someday"}),
    ("objectiveCreate", {"title": "Some", "cycleExternalId": "someday", "externalId": "some"}),
    ("keyResultCreate", {"title": "Some", "measure": "BOOLEAN", "objectiveExternalId": "some", "externalId": "some"}),
    ("keyResultCreate", {"title": "Due", "measure": "BOOLEAN", "objectiveExternalId": "some", "externalId": "due", "dueOn": day(70)}),
    ("cycleCreate", {"name": "Early", "startsOn": day(-9), "endsOn": day(9), "externalId": "early"}),
    ("objectiveCreate", {"title": "Early", "cycleExternalId": "early", "externalId": "early"}),
    *(
        step
        for name in ("reviewed", "over", "read_early")
        for step in (
            ("cycleCreate", {"name": name, "startsOn": day(-60), "endsOn": day(-1), "externalId": name}),
            ("cycleActivate", {"externalId": name}),
            ("objectiveCreate", {"title": name, "cycleExternalId": name, "externalId": name}),
            ("keyResultCreate", {"title": name, "measure": "BOOLEAN", "objectiveExternalId": name, "externalId": name}),
        )
    ),
    ("checkInRecord", {"keyResultExternalId": "read_early", "value": 0, "effectiveOn": day(-80), "externalId": "before"}),
    *(("cycleReview", {"externalId": name}) for name in ("reviewed", "over", "read_early")),
    ("cycleClose", {"externalId": "over", "notMeasuredReason": "Nobody looked"}),
    ("personCreate", {"name": "Eve", "externalId": "eve"}),
    ("personRemove", {"externalId": "eve"}),
    ("objectiveCreate", {"title": "Resting", "cycleExternalId": "quarter", "externalId": "resting"}),
    ("objectivePause", {"externalId": "resting", "reason": "Later"}),
    ("objectiveCreate", {"title": "Yearly", "cycleExternalId": "year", "externalId": "yearly"}),
    ("objectiveCreate", {"title": "Given up", "cycleExternalId": "quarter", "externalId": "given_up"}),
    ("keyResultCreate", {"title": "Given up", "measure": "BOOLEAN", "objectiveExternalId": "given_up", "externalId": "given_up"}),
    ("objectiveDrop", {"externalId": "given_up", "reason": "Not ours"}),
    ("objectiveCreate", {"title": "Bare", "draft": True, "cycleExternalId": "quarter", "externalId": "bare"}),
    ("checkInRecord", {"keyResultExternalId": "macros", "value": 6, "externalId": "second", "supersedesExternalId": "first"}),
    ("teamCreate", {"name": "Night", "externalId": "night", "parentExternalId": "support"}),
)  # fmt: skip

PLAN = {"cycleExternalId": "quarter", "title": "New"}
KEY = {"objectiveExternalId": "clear_backlog", "title": "New"}
MACROS = {"keyResultExternalId": "macros"}
LONG = "x" * 501
UP = {"measure": "INCREASE", "startValue": 0, "targetValue": 1}
RANGE = {"measure": "WITHIN", "lowerBound": 1, "upperBound": 2}
STEPS = {"measure": "MILESTONES", "milestones": [{"name": "Plan"}]}
Row = tuple[str, dict[str, Any], str, list[str]]

REFUSED: tuple[Row, ...] = (
    # Names and texts
    ("organizationUpdate", {"name": " "}, "INVALID_INPUT", ["name"]),
    ("personCreate", {"name": ""}, "INVALID_INPUT", ["name"]),
    ("personCreate", {"name": LONG}, "INVALID_INPUT", ["name"]),
    ("personCreate", {"name": "Ann", "externalId": "ann"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("personCreate", {"name": "Ann", "externalId": ""}, "INVALID_INPUT", ["externalId"]),
    ("personCreate", {"name": "Ann", "externalId": "x" * 201}, "INVALID_INPUT", ["externalId"]),
    ("personCreate", {"name": "Ann", "email": "ANN@acme.example "}, "EMAIL_IS_TAKEN", ["email"]),
    ("personUpdate", {"externalId": "ben", "email": "Ann@Acme.example"}, "EMAIL_IS_TAKEN", ["email"]),
    ("personUpdate", {"externalId": "ben", "name": None}, "INVALID_INPUT", ["name"]),
    ("personUpdate", {"externalId": "ben", "newExternalId": "ann"}, "EXTERNAL_ID_IS_TAKEN", ["newExternalId"]),
    ("personUpdate", {"externalId": "ben", "newExternalId": ""}, "INVALID_INPUT", ["newExternalId"]),
    ("teamCreate", {"name": "Day", "parentExternalId": "nobody"}, "NOT_FOUND", ["parentExternalId"]),
    ("teamUpdate", {"externalId": "support", "parentExternalId": "night"}, "TEAM_LOOPS", ["parentExternalId"]),
    ("teamUpdate", {"externalId": "support", "parentExternalId": "support"}, "TEAM_LOOPS", ["parentExternalId"]),
    ("teamUpdate", {"externalId": "support", "newExternalId": "platform"}, "EXTERNAL_ID_IS_TAKEN", ["newExternalId"]),
    ("objectiveCreate", {**PLAN, "title": LONG}, "INVALID_INPUT", ["title"]),
    ("objectiveCreate", {**PLAN, "description": "x" * 10_001}, "INVALID_INPUT", ["description"]),
    ("objectiveUpdate", {"externalId": "never_down", "title": None}, "INVALID_INPUT", ["title"]),
    ("objectiveUpdate", {"externalId": "never_down", "kind": None}, "INVALID_INPUT", ["kind"]),
    ("objectiveUpdate", {"externalId": "never_down", "progressSource": None}, "INVALID_INPUT", ["progressSource"]),
    ("keyResultUpdate", {"externalId": "macros", "weight": None}, "INVALID_INPUT", ["weight"]),
    ("keyResultUpdate", {"externalId": "macros", "measure": None}, "INVALID_INPUT", ["measure"]),
    # Cycles
    ("cycleCreate", {"name": "C", "startsOn": day(2), "endsOn": day(1)}, "INVALID_INPUT", ["endsOn"]),
    ("cycleCreate", {"name": "C", "startsOn": day(0), "endsOn": "2199-01-01"}, "INVALID_INPUT", ["endsOn"]),
    ("cycleCreate", {"name": "C", "startsOn": "1800-01-01", "endsOn": "1800-02-01"}, "INVALID_INPUT", ["startsOn"]),
    ("cycleCreate", {"name": "C", "startsOn": day(0), "endsOn": day(999), "parentExternalId": "year"}, "CYCLE_OUTSIDE_PARENT", ["endsOn"]),
    ("cycleCreate", {"name": "C", "startsOn": day(-200), "endsOn": day(9), "parentExternalId": "year"}, "CYCLE_OUTSIDE_PARENT", ["startsOn"]),
    ("cycleCreate", {"name": "C", "startsOn": day(0), "endsOn": day(1), "externalId": "year"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("cycleUpdate", {"externalId": "year", "parentExternalId": "quarter"}, "CYCLE_LOOPS", ["parentExternalId"]),
    ("cycleUpdate", {"externalId": "year", "endsOn": day(1)}, "CYCLE_OUTSIDE_PARENT", ["endsOn"]),
    ("cycleUpdate", {"externalId": "year", "startsOn": day(1)}, "CYCLE_OUTSIDE_PARENT", ["startsOn"]),
    ("cycleUpdate", {"externalId": "quarter", "parentExternalId": "someday"}, "CYCLE_OUTSIDE_PARENT", ["parentExternalId"]),
    ("cycleUpdate", {"externalId": "someday", "startsOn": day(99)}, "INVALID_INPUT", ["startsOn"]),
    ("cycleUpdate", {"externalId": "someday", "endsOn": day(50)}, "INVALID_INPUT", ["endsOn"]),
    ("cycleUpdate", {"externalId": "someday", "startsOn": day(75)}, "INVALID_INPUT", ["startsOn"]),
    ("cycleUpdate", {"externalId": "quarter", "endsOn": None}, "INVALID_INPUT", ["endsOn"]),
    ("cycleUpdate", {"externalId": "reviewed", "name": "R"}, "CYCLE_IS_IN_REVIEW", []),
    ("cycleUpdate", {"externalId": "over", "name": "R"}, "CYCLE_IS_CLOSED", []),
    ("cycleActivate", {"externalId": "quarter"}, "CYCLE_TRANSITION", []),
    ("cycleReview", {"externalId": "someday"}, "CYCLE_TRANSITION", []),
    ("cycleReview", {"externalId": "over"}, "CYCLE_TRANSITION", []),
    ("cycleClose", {"externalId": "quarter"}, "CYCLE_TRANSITION", []),
    ("cycleClose", {"externalId": "reviewed"}, "NOT_ALL_GRADED", ["notMeasuredReason"]),
    ("cycleClose", {"externalId": "reviewed", "notMeasuredReason": " "}, "NOT_ALL_GRADED", ["notMeasuredReason"]),
    ("cycleReopen", {"externalId": "reviewed", "reason": "Why not"}, "CYCLE_TRANSITION", []),
    ("cycleReopen", {"externalId": "over", "reason": " "}, "REASON_REQUIRED", ["reason"]),
    # Objectives
    ("objectiveCreate", {"title": "New"}, "INVALID_INPUT", ["cycleId"]),
    ("objectiveCreate", {**PLAN, "cycleId": "x"}, "INVALID_INPUT", ["cycleId"]),
    ("objectiveCreate", {"title": "New", "cycleId": "x"}, "NOT_FOUND", ["cycleId"]),
    ("objectiveCreate", {"title": "New", "cycleExternalId": "nobody"}, "NOT_FOUND", ["cycleExternalId"]),
    ("objectiveCreate", {"title": "New", "cycleExternalId": "reviewed"}, "CYCLE_IS_IN_REVIEW", []),
    ("objectiveCreate", {"title": "New", "cycleExternalId": "over"}, "CYCLE_IS_CLOSED", []),
    ("objectiveCreate", {**PLAN, "ownerExternalId": "eve"}, "PERSON_IS_REMOVED", ["ownerExternalId"]),
    ("objectiveCreate", {**PLAN, "teamExternalId": "nobody"}, "NOT_FOUND", ["teamExternalId"]),
    ("objectiveCreate", {**PLAN, "contributorIds": ["x"]}, "NOT_FOUND", ["contributorIds", "0"]),
    ("objectiveCreate", {**PLAN, "contributorIds": ["x"] * 101}, "NOT_FOUND", ["contributorIds", "0"]),
    ("objectiveCreate", {**PLAN, "parentExternalId": "nobody"}, "NOT_FOUND", ["parentExternalId"]),
    ("objectiveCreate", {**PLAN, "parentExternalId": "over"}, "CYCLE_IS_CLOSED", []),
    ("objectiveCreate", {**PLAN, "parentExternalId": "some"}, "CYCLE_DOES_NOT_ENCLOSE", ["parentExternalId"]),
    ("objectiveCreate", {"cycleExternalId": "year", "title": "New", "parentExternalId": "never_down"}, "CYCLE_DOES_NOT_ENCLOSE", ["parentExternalId"]),
    ("objectiveCreate", {**PLAN, "parentExternalId": "never_down", "weight": -1}, "INVALID_INPUT", ["weight"]),
    ("objectiveCreate", {**PLAN, "parentExternalId": "never_down", "weight": 1e7}, "INVALID_INPUT", ["weight"]),
    ("objectiveUpdate", {"externalId": "never_down", "cycleId": None}, "INVALID_INPUT", ["cycleId"]),
    ("objectiveUpdate", {"externalId": "customers_stay", "cycleExternalId": "quarter", "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("objectiveUpdate", {"externalId": "answer_fast", "cycleExternalId": "someday"}, "CYCLE_DOES_NOT_ENCLOSE", []),
    ("objectiveUpdate", {"externalId": "some", "cycleExternalId": "early"}, "INVALID_INPUT", ["cycleExternalId"]),
    ("objectiveUpdate", {"externalId": "over", "title": "New"}, "CYCLE_IS_CLOSED", []),
    ("objectivePublish", {"externalId": "never_down"}, "STATE_DOES_NOT_FIT", []),
    ("objectivePause", {"externalId": "resting", "reason": "Later"}, "STATE_DOES_NOT_FIT", []),
    ("objectivePause", {"externalId": "never_down", "reason": ""}, "REASON_REQUIRED", ["reason"]),
    ("objectiveDrop", {"externalId": "given_up", "reason": "Again"}, "STATE_DOES_NOT_FIT", []),
    ("objectiveDrop", {"externalId": "never_down", "reason": "x" * 10_001}, "INVALID_INPUT", ["reason"]),
    ("objectiveRestore", {"externalId": "never_down"}, "STATE_DOES_NOT_FIT", []),
    # Alignments
    ("objectiveAlign", {"externalId": "never_down"}, "INVALID_INPUT", ["parentId"]),
    ("objectiveAlign", {"externalId": "never_down", "parentId": "x", "parentExternalId": "y"}, "INVALID_INPUT", ["parentId"]),
    ("objectiveAlign", {"externalId": "never_down", "parentExternalId": "never_down"}, "ALIGNMENT_LOOPS", ["parentExternalId"]),
    ("objectiveAlign", {"externalId": "answer_fast", "parentExternalId": "macros"}, "ALIGNMENT_LOOPS", ["parentExternalId"]),
    ("objectiveAlign", {"externalId": "answer_fast", "parentExternalId": "clear_backlog", "kind": "SUPPORTS"}, "ALIGNMENT_LOOPS", ["parentExternalId"]),
    ("objectiveAlign", {"externalId": "yearly", "parentExternalId": "never_down"}, "CYCLE_DOES_NOT_ENCLOSE", ["parentExternalId"]),
    ("objectiveAlign", {"externalId": "clear_backlog", "parentExternalId": "never_down", "weight": 1e-7}, "INVALID_INPUT", ["weight"]),
    ("objectiveUnalign", {"externalId": "clear_backlog", "parentExternalId": "never_down"}, "NOT_FOUND", ["parentExternalId"]),
    ("objectiveMove", {"externalId": "answer_fast", "parentExternalId": "clear_backlog"}, "ALIGNMENT_LOOPS", ["parentExternalId"]),
    ("objectiveMove", {"externalId": "over", "parentExternalId": "never_down"}, "CYCLE_IS_CLOSED", []),
    # Key results
    ("keyResultCreate", {"title": "New", **UP}, "INVALID_INPUT", ["objectiveId"]),
    ("keyResultCreate", {**KEY, "measure": "INCREASE"}, "NO_TARGET", ["targetValue"]),
    ("keyResultCreate", {**KEY, **UP, "targetValue": 0}, "NO_SPAN", ["targetValue"]),
    ("keyResultCreate", {**KEY, **UP, "targetValue": -1}, "WRONG_DIRECTION", ["targetValue"]),
    ("keyResultCreate", {**KEY, **UP, "measure": "DECREASE"}, "WRONG_DIRECTION", ["targetValue"]),
    ("keyResultCreate", {**KEY, **UP, "targetValue": 1e16}, "INVALID_INPUT", ["targetValue"]),
    ("keyResultCreate", {**KEY, **UP, "lowerBound": 1}, "INVALID_INPUT", ["lowerBound"]),
    ("keyResultCreate", {**KEY, **UP, "unit": "x" * 41}, "INVALID_INPUT", ["unit"]),
    ("keyResultCreate", {**KEY, **UP, "weight": -1}, "INVALID_INPUT", ["weight"]),
    ("keyResultCreate", {**KEY, **UP, "dueOn": day(400)}, "INVALID_INPUT", ["dueOn"]),
    ("keyResultCreate", {**KEY, **UP, "externalId": "macros"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("keyResultCreate", {**KEY, **UP, "ownerExternalId": "eve"}, "PERSON_IS_REMOVED", ["ownerExternalId"]),
    ("keyResultCreate", {**KEY, **UP, "objectiveExternalId": "given_up"}, "STATE_DOES_NOT_FIT", ["objectiveExternalId"]),
    ("keyResultCreate", {**KEY, **UP, "objectiveExternalId": "reviewed"}, "CYCLE_IS_IN_REVIEW", []),
    ("keyResultCreate", {**KEY, "measure": "AT_MOST"}, "NO_TARGET", ["targetValue"]),
    ("keyResultCreate", {**KEY, **RANGE, "upperBound": 1}, "NO_SPAN", ["upperBound"]),
    ("keyResultCreate", {**KEY, "measure": "WITHIN", "lowerBound": 1}, "NO_TARGET", ["lowerBound"]),
    ("keyResultCreate", {**KEY, "measure": "MILESTONES"}, "NO_TARGET", ["milestones"]),
    ("keyResultCreate", {**KEY, "measure": "MILESTONES", "milestones": [{"name": " "}]}, "INVALID_INPUT", ["milestones", "0", "name"]),
    ("keyResultCreate", {**KEY, "measure": "MILESTONES", "milestones": [{"name": "A", "weight": -1}]}, "INVALID_INPUT", ["milestones", "0", "weight"]),
    ("keyResultCreate", {**KEY, "measure": "MILESTONES", "milestones": [{"name": "A", "weight": 0}]}, "INVALID_INPUT", ["milestones"]),
    ("keyResultCreate", {**KEY, "measure": "MILESTONES", "milestones": [{"name": "A", "key": "a"}] * 2}, "INVALID_INPUT", ["milestones"]),
    ("keyResultCreate", {**KEY, "measure": "MILESTONES", "milestones": [{"name": "A", "dueOn": day(400)}]}, "INVALID_INPUT", ["milestones", "0", "dueOn"]),
    ("keyResultCreate", {**KEY, "measure": "ZONES", "startValue": 0, "commitValue": 1, "targetValue": 2}, "NO_TARGET", ["stretchValue"]),
    ("keyResultCreate", {**KEY, "measure": "ZONES", "startValue": 0, "commitValue": 2, "targetValue": 1, "stretchValue": 3}, "WRONG_DIRECTION", ["targetValue"]),
    ("keyResultUpdate", {"externalId": "macros", "targetValue": None}, "NO_TARGET", ["targetValue"]),
    ("keyResultUpdate", {"externalId": "macros", "targetValue": 0}, "NO_SPAN", ["targetValue"]),
    ("keyResultUpdate", {"externalId": "macros", "measure": "BOOLEAN", "targetValue": 1}, "INVALID_INPUT", ["targetValue"]),
    ("keyResultUpdate", {"externalId": "macros", "ownerExternalId": "eve"}, "PERSON_IS_REMOVED", ["ownerExternalId"]),
    ("keyResultUpdate", {"externalId": "macros", "newExternalId": "backlog"}, "EXTERNAL_ID_IS_TAKEN", ["newExternalId"]),
    ("keyResultUpdate", {"externalId": "over", "title": "New"}, "CYCLE_IS_CLOSED", []),
    ("keyResultMove", {"externalId": "macros"}, "INVALID_INPUT", ["objectiveId"]),
    ("keyResultMove", {"externalId": "macros", "objectiveExternalId": "over"}, "CYCLE_IS_CLOSED", []),
    ("keyResultMove", {"externalId": "due", "objectiveExternalId": "early"}, "INVALID_INPUT", ["objectiveExternalId"]),
    ("keyResultPause", {"externalId": "macros", "reason": ""}, "REASON_REQUIRED", ["reason"]),
    ("keyResultDrop", {"externalId": "macros", "reason": ""}, "REASON_REQUIRED", ["reason"]),
    ("keyResultRestore", {"externalId": "macros"}, "STATE_DOES_NOT_FIT", []),
    # Check-ins
    ("checkInRecord", {"value": 1}, "INVALID_INPUT", ["keyResultId"]),
    ("checkInRecord", MACROS, "NOTHING_TO_RECORD", []),
    ("checkInRecord", {**MACROS, "keyResultId": "x", "value": 1}, "INVALID_INPUT", ["keyResultId"]),
    ("checkInRecord", {"keyResultId": "x", "value": 1}, "NOT_FOUND", ["keyResultId"]),
    ("checkInRecord", {"keyResultExternalId": "nobody", "value": 1}, "NOT_FOUND", ["keyResultExternalId"]),
    ("checkInRecord", {**MACROS, "value": 1e16}, "INVALID_INPUT", ["value"]),
    ("checkInRecord", {**MACROS, "milestonesDone": ["plan"]}, "INVALID_INPUT", ["milestonesDone"]),
    ("checkInRecord", {"keyResultExternalId": "rollout", "milestonesDone": ["other"]}, "INVALID_INPUT", ["milestonesDone"]),
    ("checkInRecord", {"keyResultExternalId": "rollout", "value": 1}, "INVALID_INPUT", ["value"]),
    ("checkInRecord", {"keyResultExternalId": "failover", "value": 0.5}, "INVALID_INPUT", ["value"]),
    ("checkInRecord", {**MACROS, "confidence": 1.5}, "INVALID_INPUT", ["confidence"]),
    ("checkInRecord", {**MACROS, "confidence": -0.1}, "INVALID_INPUT", ["confidence"]),
    ("checkInRecord", {**MACROS, "note": "x" * 4001}, "INVALID_INPUT", ["note"]),
    ("checkInRecord", {**MACROS, "value": 1, "effectiveAt": days_ago(-1).isoformat()}, "READING_IN_FUTURE", ["effectiveAt"]),
    ("checkInRecord", {**MACROS, "value": 1, "effectiveAt": "1850-01-01T00:00:00Z"}, "INVALID_INPUT", ["effectiveAt"]),
    ("checkInRecord", {**MACROS, "value": 1, "effectiveAt": days_ago(1).isoformat(), "effectiveOn": day(-1)}, "INVALID_INPUT", ["effectiveOn"]),
    ("checkInRecord", {**MACROS, "value": 1, "effectiveOn": day(2)}, "READING_IN_FUTURE", ["effectiveOn"]),
    ("checkInRecord", {**MACROS, "value": 1, "externalId": "first"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("checkInRecord", {**MACROS, "value": 1, "supersedesExternalId": "first"}, "ALREADY_SUPERSEDED", ["supersedesExternalId"]),
    ("checkInRecord", {**MACROS, "value": 1, "supersedesExternalId": "nobody"}, "NOT_FOUND", ["supersedesExternalId"]),
    ("checkInRecord", {"keyResultExternalId": "backlog", "value": 1, "supersedesExternalId": "second"}, "INVALID_INPUT", ["supersedesExternalId"]),
    ("checkInRecord", {"keyResultExternalId": "some", "value": 1}, "CYCLE_IS_DRAFT", []),
    ("checkInRecord", {"keyResultExternalId": "over", "value": 1}, "CYCLE_IS_CLOSED", []),
    ("checkInRecord", {"keyResultExternalId": "reviewed", "value": 1}, "READING_OUTSIDE_CYCLE", ["effectiveAt"]),
    ("checkInRecord", {"keyResultExternalId": "reviewed", "value": 1, "effectiveOn": day(-90)}, "READING_OUTSIDE_CYCLE", ["effectiveOn"]),
    ("checkInRecord", {"supersedesExternalId": "before", "value": 1}, "READING_OUTSIDE_CYCLE", ["supersedesExternalId"]),
    ("checkInRetract", {"externalId": "before", "reason": "Too early"}, "READING_OUTSIDE_CYCLE", ["externalId"]),
    ("checkInRecord", {"keyResultExternalId": "tries", "value": 1}, "STATE_DOES_NOT_FIT", []),
    ("checkInRecord", {"keyResultExternalId": "given_up", "value": 1}, "STATE_DOES_NOT_FIT", []),
    ("checkInRetract", {"externalId": "first", "reason": "Typing error"}, "ALREADY_SUPERSEDED", ["externalId"]),
    ("checkInRetract", {"externalId": "second", "reason": " "}, "REASON_REQUIRED", ["reason"]),
    ("checkInRecordMany", {"items": []}, "INVALID_INPUT", ["items"]),
    ("checkInRecordMany", {"items": [{**MACROS, "value": 1}] * 1001}, "TOO_MANY", ["items"]),
    ("checkInRecordMany", {"items": [{**MACROS, "value": 1}, {**MACROS, "value": 1e16}]}, "INVALID_INPUT", ["items", "1", "value"]),
)  # fmt: skip

# Codes tested elsewhere: locked organisation, clock, authentication, scopes, cursors and idempotency.
ELSEWHERE = {
    "BUSY", "CLOCK_IS_BEHIND", "NOT_AUTHENTICATED", "FORBIDDEN", "CURSOR_AHEAD", "CURSOR_EXPIRED", "IDEMPOTENCY_MISMATCH",
}  # fmt: skip


@pytest.fixture(scope="module")
async def world(stage: Stage) -> Stage:
    """Extend the stage with cycles in every state and with paused, dropped and removed entities."""
    for mutation, input in PREPARED:
        await stage.client.do(mutation, **input)
    return stage


@pytest.mark.parametrize(
    ("mutation", "input", "code", "path"),
    REFUSED,
    ids=[f"{row[0]}-{row[2]}-{i}" for i, row in enumerate(REFUSED)],
)
async def test_it_is_refused(mutation: str, input: dict[str, Any], code: str, path: list[str], world: Stage):
    tables = await world.acme.tables()
    assert await world.client.refused(mutation, **input) == [(code, path)]
    assert await world.acme.tables() == tables


def test_every_code_that_a_mutation_can_answer_is_tried():
    known = {kind.code() for kind in every_refusal() if kind.__module__ == Refused.__module__}
    assert known - {row[2] for row in REFUSED} - ELSEWHERE == set()


async def test_what_can_be_taken_of_many_is_taken_and_the_rest_told_line_by_line(world: Stage):
    items = [
        {**MACROS, "value": 7},
        {"keyResultId": "zz"},
        {"keyResultExternalId": "nobody", "value": 1},
        {"keyResultExternalId": "uptime", "value": 99.95, "externalId": "third"},
        {"keyResultExternalId": "uptime", "value": 99.96, "externalId": "third"},
    ]
    selected = "results { index checkIn { value } errors { code path message } }"
    done = await world.client.try_("checkInRecordMany", selected, items=items, atomic=False)
    assert done["errors"] == []
    assert [(one["index"], one["checkIn"], [(e["code"], e["path"]) for e in one["errors"]]) for one in done["results"]] == [
        (0, {"value": 7.0}, []),
        (1, None, [("NOT_FOUND", ["keyResultId"])]),
        (2, None, [("NOT_FOUND", ["keyResultExternalId"])]),
        (3, {"value": 99.95}, []),
        (4, None, [("EXTERNAL_ID_IS_TAKEN", ["externalId"])]),
    ]  # fmt: skip
    tables = await world.acme.tables()
    done = await world.client.try_("checkInRecordMany", selected, items=items[:3])
    assert [(e["code"], e["path"]) for e in done["errors"]] == [
        ("NOT_FOUND", ["items", "1", "keyResultId"]),
        ("NOT_FOUND", ["items", "2", "keyResultExternalId"]),
    ]
    assert [one["checkIn"] for one in done["results"]] == [None, None, None]
    assert await world.acme.tables() == tables


async def test_a_reading_minutes_ahead_counts_as_now(world: Stage):
    ahead = days_ago(0) + timedelta(minutes=4)
    done = await world.client.do(
        "checkInRecord",
        "checkIn { effectiveAt recordedAt }",
        **MACROS,
        value=8,
        effectiveAt=ahead.isoformat(),
    )
    assert done["checkIn"]["effectiveAt"] == done["checkIn"]["recordedAt"]


async def test_an_objective_may_support_what_it_may_not_contribute_to(world: Stage):
    made = await world.client.do(
        "objectiveCreate",
        "objective { parents { kind } }",
        **PLAN,
        parentExternalId="some",
        alignmentKind="SUPPORTS",
    )
    assert made["objective"]["parents"] == [{"kind": "SUPPORTS"}]


async def test_more_contributors_than_a_hundred_are_too_many(world: Stage):
    ann = encode_id(NodeType.PERSON, world.acme.ann)
    assert await world.client.refused("objectiveCreate", **PLAN, contributorIds=[ann] * 101) == [
        ("INVALID_INPUT", ["contributorIds"])
    ]
