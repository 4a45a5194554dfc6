"""Rejected mutations: error code and path of each, and no change to any table."""

from datetime import timedelta
from typing import Any

import pytest

from okr_api.graphql.errors import REFUSALS
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.acme import days_ago
from tests.graphql.cases import day
from tests.graphql.conftest import Stage

PREPARED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("cycleCreate", {"name": "Someday", "startsOn": day(-9), "endsOn": day(90), "externalId": "someday"}),
    ("objectiveCreate", {"title": "Some", "cycle": {"externalId": "someday"}, "externalId": "some"}),
    ("keyResultCreate", {"title": "Some", "measure": "BOOLEAN", "objective": {"externalId": "some"}, "externalId": "some"}),
    ("keyResultCreate", {"title": "Due", "measure": "BOOLEAN", "objective": {"externalId": "some"}, "externalId": "due", "dueOn": day(70)}),
    ("cycleCreate", {"name": "Early", "startsOn": day(-9), "endsOn": day(9), "externalId": "early"}),
    ("objectiveCreate", {"title": "Early", "cycle": {"externalId": "early"}, "externalId": "early"}),
    *(
        step
        for name in ("reviewed", "over", "read_early")
        for step in (
            ("cycleCreate", {"name": name, "startsOn": day(-60), "endsOn": day(-1), "externalId": name}),
            ("cycleActivate", {"cycle": {"externalId": name}}),
            ("objectiveCreate", {"title": name, "cycle": {"externalId": name}, "externalId": name}),
            ("keyResultCreate", {"title": name, "measure": "BOOLEAN", "objective": {"externalId": name}, "externalId": name}),
        )
    ),
    ("checkInRecord", {"keyResult": {"externalId": "read_early"}, "value": 0, "effectiveOn": day(-80), "externalId": "before"}),
    ("objectiveCreate", {"title": "Graded", "cycle": {"externalId": "reviewed"}, "externalId": "graded"}),
    *(("cycleReview", {"cycle": {"externalId": name}}) for name in ("reviewed", "over", "read_early")),
    ("objectiveGrade", {"objective": {"externalId": "graded"}, "kind": "OVERRIDE", "score": 0.5, "reason": "R"}),
    ("pulseCreate", {"cycle": {"externalId": "quarter"}, "questions": ["Clear?", "Done?"], "externalId": "asked"}),
    ("pulseOpen", {"pulse": {"externalId": "asked"}}),
    ("pulseCreate", {"cycle": {"externalId": "reviewed"}, "questions": ["Clear?"], "externalId": "answered"}),
    ("pulseOpen", {"pulse": {"externalId": "answered"}}),
    ("pulseAnswer", {"pulse": {"externalId": "answered"}, "answers": [4]}),
    ("pulseCreate", {"cycle": {"externalId": "over"}, "questions": ["Clear?"], "externalId": "late"}),
    ("reviewRecord", {"objective": {"externalId": "graded"}, "decision": "KEEP", "decisionReason": "R", "rootCause": "CAPACITY", "externalId": "graded"}),
    ("cycleClose", {"cycle": {"externalId": "over"}, "notMeasuredReason": "Nobody looked"}),
    ("personCreate", {"name": "Eve", "externalId": "eve"}),
    ("personRemove", {"person": {"externalId": "eve"}}),
    ("objectiveCreate", {"title": "Resting", "cycle": {"externalId": "quarter"}, "externalId": "resting"}),
    ("objectivePause", {"objective": {"externalId": "resting"}, "reason": "Later"}),
    ("objectiveCreate", {"title": "Yearly", "cycle": {"externalId": "year"}, "externalId": "yearly"}),
    ("objectiveCreate", {"title": "Given up", "cycle": {"externalId": "quarter"}, "externalId": "given_up"}),
    ("keyResultCreate", {"title": "Given up", "measure": "BOOLEAN", "objective": {"externalId": "given_up"}, "externalId": "given_up"}),
    ("objectiveDrop", {"objective": {"externalId": "given_up"}, "reason": "Not ours"}),
    ("roadblockCreate", {"on": {"keyResult": {"externalId": "macros"}}, "title": "Solved", "externalId": "solved"}),
    ("roadblockResolve", {"roadblock": {"externalId": "solved"}}),
    ("experimentCreate", {"keyResult": {"externalId": "macros"}, "hypothesis": "So", "startedOn": day(-5), "externalId": "running"}),
    ("experimentCreate", {"keyResult": {"externalId": "macros"}, "hypothesis": "So", "startedOn": day(-5), "externalId": "tried"}),
    ("experimentConclude", {"experiment": {"externalId": "tried"}, "outcome": "CONFIRMED"}),
    ("objectiveCreate", {"title": "Bare", "draft": True, "cycle": {"externalId": "quarter"}, "externalId": "bare"}),
    ("checkInRecord", {"keyResult": {"externalId": "macros"}, "value": 6, "externalId": "second", "supersedes": {"externalId": "first"}}),
    ("teamCreate", {"name": "Night", "externalId": "night", "parent": {"externalId": "support"}}),
    ("cyclesGenerate", {"year": 2140}),
    ("priorityCreate", {"title": "Past", "externalId": "past"}),
    ("objectiveCreate", {"title": "Serves", "cycle": {"externalId": "quarter"}, "priorities": [{"externalId": "past"}]}),
    ("priorityArchive", {"priority": {"externalId": "past"}}),
    ("keyResultCreate", {"title": "Summed", "measure": "INCREASE", "targetValue": 1, "objective": {"externalId": "resting"}, "formula": {"function": "SUM", "keyResults": [{"externalId": "macros"}]}, "externalId": "summed"}),
    ("checkInDraftCreate", {"for": {"keyResult": {"externalId": "macros"}}, "assignee": {"externalId": "ben"}, "value": 7, "externalId": "for_ben"}),
    ("metricCreate", {"name": "Held", "externalId": "held"}),
    ("absenceCreate", {"person": {"externalId": "ben"}, "startsOn": day(20), "endsOn": day(22), "externalId": "ben_away"}),
    ("teamUpdate", {"team": {"externalId": "platform"}, "cadence": {"weeks": 1, "weekday": "MONDAY", "time": "09:00", "locked": True}}),
    ("commentCreate", {"on": {"objective": {"externalId": "answer_fast"}}, "text": "Yes", "replyTo": {"externalId": "remark"}, "externalId": "answered"}),
    ("keyResultCreate", {"title": "Holding", "measure": "AT_LEAST", "targetValue": 1, "objective": {"externalId": "resting"}, "metric": {"externalId": "held"}, "externalId": "holding"}),
)  # fmt: skip

PLAN = {"cycle": {"externalId": "quarter"}, "title": "New"}
KEY = {"objective": {"externalId": "clear_backlog"}, "title": "New"}
MET = {"team": {"externalId": "support"}, "cycle": {"externalId": "quarter"}}
NEED = {"needing": {"keyResult": {"externalId": "uptime"}}, "givingTeam": {"externalId": "support"}, "description": "Help"}  # fmt: skip
WORK = {"for": {"keyResult": {"externalId": "macros"}}, "title": "New"}
ON_TO_SOMEDAY = {"fromCycle": {"externalId": "quarter"}, "toCycle": {"externalId": "someday"}}
MACROS = {"keyResult": {"externalId": "macros"}}
REMARK = {"on": MACROS, "text": "Hm"}
LONG = "x" * 501
UP = {"measure": "INCREASE", "startValue": 0, "targetValue": 1}
RANGE = {"measure": "WITHIN", "lowerBound": 1, "upperBound": 2}
STEPS = {"measure": "MILESTONES", "milestones": [{"name": "Plan"}]}
Row = tuple[str, dict[str, Any], str, list[str]]

REVIEWED = {"objective": {"externalId": "reviewed"}, "decision": "ABANDON", "decisionReason": "R"}
REFUSED: tuple[Row, ...] = (
    # Names and texts
    ("organizationUpdate", {"name": " "}, "INVALID_INPUT", ["name"]),
    ("personCreate", {"name": ""}, "INVALID_INPUT", ["name"]),
    ("personCreate", {"name": LONG}, "INVALID_INPUT", ["name"]),
    ("personCreate", {"name": "Ann", "externalId": "ann"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("personCreate", {"name": "Ann", "externalId": ""}, "INVALID_INPUT", ["externalId"]),
    ("personCreate", {"name": "Ann", "externalId": "x" * 201}, "INVALID_INPUT", ["externalId"]),
    ("personCreate", {"name": "Ann", "email": "ANN@acme.example "}, "EMAIL_IS_TAKEN", ["email"]),
    ("personUpdate", {"person": {"externalId": "ben"}, "email": "Ann@Acme.example"}, "EMAIL_IS_TAKEN", ["email"]),
    ("personUpdate", {"person": {"externalId": "ben"}, "name": None}, "INVALID_INPUT", ["name"]),
    ("personUpdate", {"person": {"externalId": "ben"}, "externalId": "ann"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("personUpdate", {"person": {"externalId": "ben"}, "externalId": ""}, "INVALID_INPUT", ["externalId"]),
    ("personUpdate", {"person": {"externalId": "ben"}, "role": None}, "INVALID_INPUT", ["role"]),
    ("personUpdate", {"person": {"externalId": "ann"}, "role": "MEMBER"}, "LAST_ADMIN", ["role"]),
    ("personRemove", {"person": {"externalId": "ann"}}, "LAST_ADMIN", ["person", "externalId"]),
    ("tokenCreate", {"person": {"externalId": "ann"}, "scopes": ["READ"], "seesPrivate": True}, "INVALID_INPUT", ["seesPrivate"]),
    ("teamCreate", {"name": "Day", "parent": {"externalId": "nobody"}}, "NOT_FOUND", ["parent", "externalId"]),
    ("teamUpdate", {"team": {"externalId": "support"}, "parent": {"externalId": "night"}}, "TEAM_LOOPS", ["parent", "externalId"]),
    ("teamUpdate", {"team": {"externalId": "support"}, "parent": {"externalId": "support"}}, "TEAM_LOOPS", ["parent", "externalId"]),
    ("teamUpdate", {"team": {"externalId": "support"}, "externalId": "platform"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("teamMemberAdd", {"team": {"externalId": "nobody"}, "person": {"externalId": "ann"}}, "NOT_FOUND", ["team", "externalId"]),
    ("teamMemberAdd", {"team": {"externalId": "support"}, "person": {"id": "x"}}, "NOT_FOUND", ["person", "id"]),
    ("teamMemberAdd", {"team": {"externalId": "support"}, "person": {"externalId": "eve"}}, "PERSON_IS_REMOVED", ["person", "externalId"]),
    ("teamMemberAdd", {"team": {"externalId": "support"}, "person": {"externalId": "ann"}}, "ALREADY_EXISTS", ["person", "externalId"]),
    ("teamMemberAdd", {"team": {"externalId": "night"}, "person": {"externalId": "ann"}, "externalId": "ann_in_support"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("teamMemberUpdate", {"teamMembership": {"externalId": "ann_in_support"}, "role": None}, "INVALID_INPUT", ["role"]),
    ("teamMemberUpdate", {"teamMembership": {"externalId": "ann_in_support"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("teamMemberRemove", {"teamMembership": {"externalId": "nobody"}}, "NOT_FOUND", ["teamMembership", "externalId"]),
    ("teamMemberRemove", {"teamMembership": {"externalId": "ann_in_support"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("priorityCreate", {"title": LONG}, "INVALID_INPUT", ["title"]),
    ("priorityCreate", {"title": "P", "rank": 1e16}, "INVALID_INPUT", ["rank"]),
    ("priorityCreate", {"title": "P", "startsOn": day(2), "endsOn": day(1)}, "INVALID_INPUT", ["endsOn"]),
    ("priorityCreate", {"title": "P", "owner": {"externalId": "eve"}}, "PERSON_IS_REMOVED", ["owner", "externalId"]),
    ("priorityCreate", {"title": "P", "externalId": "loyalty"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("priorityUpdate", {"priority": {"externalId": "loyalty"}, "rank": None}, "INVALID_INPUT", ["rank"]),
    ("priorityUpdate", {"priority": {"externalId": "loyalty"}, "title": None}, "INVALID_INPUT", ["title"]),
    ("priorityUpdate", {"priority": {"externalId": "nobody"}, "rank": 1}, "NOT_FOUND", ["priority", "externalId"]),
    ("priorityArchive", {"priority": {"externalId": "loyalty"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("priorityRestore", {"priority": {"externalId": "loyalty"}}, "STATE_DOES_NOT_FIT", ["priority", "externalId"]),
    ("priorityDelete", {"priority": {"externalId": "loyalty"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("metricCreate", {"name": " "}, "INVALID_INPUT", ["name"]),
    ("metricCreate", {"name": "Cost", "unit": "x" * 41}, "INVALID_INPUT", ["unit"]),
    ("metricCreate", {"name": "Cost", "description": "x" * 10_001}, "INVALID_INPUT", ["description"]),
    ("metricCreate", {"name": "Cost", "owner": {"externalId": "eve"}}, "PERSON_IS_REMOVED", ["owner", "externalId"]),
    ("metricCreate", {"name": "Cost", "team": {"externalId": "nobody"}}, "NOT_FOUND", ["team", "externalId"]),
    ("metricCreate", {"name": "Cost", "externalId": "open_tickets"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("metricUpdate", {"metric": {"externalId": "open_tickets"}, "betterDirection": None}, "INVALID_INPUT", ["betterDirection"]),
    ("metricUpdate", {"metric": {"externalId": "open_tickets"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("metricUpdate", {"metric": {"externalId": "held"}, "unit": "EUR"}, "METRIC_IS_BOUND", ["unit"]),
    ("metricDelete", {"metric": {"externalId": "held"}}, "METRIC_IS_BOUND", ["metric", "externalId"]),
    ("metricDelete", {"metric": {"externalId": "nobody"}}, "NOT_FOUND", ["metric", "externalId"]),
    ("metricDelete", {"metric": {"externalId": "open_tickets"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("keyResultUpdate", {"keyResult": {"externalId": "macros"}, "metric": {"externalId": "open_tickets"}}, "UNIT_DIFFERS", ["metric"]),
    ("keyResultUpdate", {"keyResult": {"externalId": "due"}, "metric": {"externalId": "held"}}, "METRIC_DOES_NOT_FIT", ["metric"]),
    ("keyResultUpdate", {"keyResult": {"externalId": "holding"}, "unit": "EUR"}, "UNIT_DIFFERS", ["unit"]),
    ("keyResultUpdate", {**MACROS, "formula": {"function": "SUM", "keyResults": []}}, "INVALID_INPUT", ["formula", "keyResults"]),
    ("keyResultUpdate", {**MACROS, "formula": {"function": "SUM", "keyResults": [{"externalId": "nobody"}]}}, "NOT_FOUND", ["formula", "keyResults", "0", "externalId"]),
    ("keyResultUpdate", {**MACROS, "formula": {"function": "SUM", "keyResults": [{"externalId": "macros"}]}}, "FORMULA_LOOPS", ["formula", "keyResults", "0"]),
    ("keyResultUpdate", {**MACROS, "formula": {"function": "MEAN", "keyResults": [{"externalId": "backlog"}]}}, "UNIT_DIFFERS", ["formula", "keyResults", "0"]),
    ("keyResultUpdate", {**MACROS, "formula": {"function": "MEAN", "keyResults": [{"externalId": "failover"}]}}, "FORMULA_DOES_NOT_FIT", ["formula", "keyResults", "0"]),
    ("keyResultUpdate", {"keyResult": {"externalId": "rollout"}, "formula": {"function": "MEAN", "keyResults": [{"externalId": "macros"}]}}, "FORMULA_DOES_NOT_FIT", ["formula"]),
    ("keyResultUpdate", {"keyResult": {"externalId": "holding"}, "formula": {"function": "MEAN", "keyResults": [{"externalId": "macros"}]}}, "FORMULA_DOES_NOT_FIT", ["formula"]),
    ("keyResultCreate", {**KEY, **UP, "formula": {"function": "SUM", "keyResults": [{"externalId": "macros"}] * 51}}, "TOO_MANY", ["formula", "keyResults"]),
    ("checkInRecord", {"keyResult": {"externalId": "summed"}, "value": 1}, "FORMULA_DOES_NOT_FIT", ["value"]),
    ("roadblockCreate", {"on": {"objective": {"externalId": "nobody"}}, "title": "Wall"}, "NOT_FOUND", ["on", "objective", "externalId"]),
    ("roadblockCreate", {"on": {"objective": {"externalId": "given_up"}}, "title": "Wall"}, "STATE_DOES_NOT_FIT", ["on", "objective", "externalId"]),
    ("roadblockCreate", {"on": {"keyResult": {"externalId": "over"}}, "title": "Wall"}, "CYCLE_IS_CLOSED", ["on", "keyResult", "externalId"]),
    ("roadblockCreate", {"on": {"keyResult": {"externalId": "macros"}}, "title": " "}, "INVALID_INPUT", ["title"]),
    ("roadblockCreate", {"on": {"keyResult": {"externalId": "macros"}}, "title": "W", "owner": {"externalId": "eve"}}, "PERSON_IS_REMOVED", ["owner", "externalId"]),
    ("roadblockCreate", {"on": {"keyResult": {"externalId": "macros"}}, "title": "W", "externalId": "no_budget"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("roadblockUpdate", {"roadblock": {"externalId": "no_budget"}, "type": None}, "INVALID_INPUT", ["type"]),
    ("roadblockUpdate", {"roadblock": {"externalId": "nobody"}, "title": "W"}, "NOT_FOUND", ["roadblock", "externalId"]),
    ("roadblockResolve", {"roadblock": {"externalId": "no_budget"}, "resolution": "x" * 10_001}, "INVALID_INPUT", ["resolution"]),
    ("roadblockResolve", {"roadblock": {"externalId": "no_budget"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("roadblockResolve", {"roadblock": {"externalId": "solved"}}, "ROADBLOCK_IS_RESOLVED", ["roadblock", "externalId"]),
    ("roadblockEscalate", {"roadblock": {"externalId": "solved"}, "to": {"externalId": "ann"}}, "ROADBLOCK_IS_RESOLVED", ["roadblock", "externalId"]),
    ("roadblockReopen", {"roadblock": {"externalId": "no_budget"}}, "ROADBLOCK_IS_OPEN", ["roadblock", "externalId"]),
    ("roadblockEscalate", {"roadblock": {"externalId": "no_budget"}, "to": {"externalId": "eve"}}, "PERSON_IS_REMOVED", ["to", "externalId"]),
    ("roadblockDelete", {"roadblock": {"externalId": "no_budget"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("meetingRecord", {**MET, "team": {"externalId": "nobody"}}, "NOT_FOUND", ["team", "externalId"]),
    ("meetingRecord", {**MET, "cycle": {"id": "x"}}, "NOT_FOUND", ["cycle", "id"]),
    ("meetingRecord", {**MET, "attendees": [{"externalId": "ann"}, {"externalId": "nobody"}]}, "NOT_FOUND", ["attendees", "1", "externalId"]),
    ("meetingRecord", {**MET, "heldAt": "2199-01-01T00:00:00Z"}, "INVALID_INPUT", ["heldAt"]),
    ("meetingRecord", {**MET, "externalId": "weekly"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("meetingRecord", {**MET, "decisions": [{"text": "Go"}, {"text": "Go", "about": {"keyResult": {"externalId": "nobody"}}}]}, "NOT_FOUND", ["decisions", "1", "about", "keyResult", "externalId"]),
    ("meetingRecord", {**MET, "decisions": [{"text": "Go", "owner": {"id": "x"}}]}, "NOT_FOUND", ["decisions", "0", "owner", "id"]),
    ("meetingUpdate", {"meeting": {"externalId": "weekly"}, "heldAt": None}, "INVALID_INPUT", ["heldAt"]),
    ("meetingUpdate", {"meeting": {"externalId": "weekly"}, "cycle": None}, "INVALID_INPUT", ["cycle"]),
    ("meetingDelete", {"meeting": {"externalId": "weekly"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("decisionCreate", {"text": "Go", "meeting": {"externalId": "nobody"}}, "NOT_FOUND", ["meeting", "externalId"]),
    ("decisionCreate", {"text": "Go", "about": {"objective": {"id": "x"}}}, "NOT_FOUND", ["about", "objective", "id"]),
    ("decisionCreate", {"text": "Go", "dueOn": "2201-01-01"}, "INVALID_INPUT", ["dueOn"]),
    ("decisionUpdate", {"decision": {"externalId": "ask_sales"}, "text": None}, "INVALID_INPUT", ["text"]),
    ("decisionUpdate", {"decision": {"externalId": "ask_sales"}, "state": None}, "INVALID_INPUT", ["state"]),
    ("decisionDelete", {"decision": {"externalId": "ask_sales"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("checkInRecord", {"keyResult": {"externalId": "macros"}, "value": 1, "roadblocks": [{"title": " "}]}, "INVALID_INPUT", ["roadblocks", "0", "title"]),
    ("checkInRecord", {"keyResult": {"externalId": "nobody"}, "value": 1, "decisions": [{"text": "Go"}]}, "NOT_FOUND", ["keyResult", "externalId"]),
    ("checkInRecord", {"keyResult": {"externalId": "macros"}, "decisions": [{"text": "Go"}]}, "NOTHING_TO_RECORD", []),
    ("experimentCreate", {"keyResult": {"externalId": "nobody"}, "hypothesis": "So"}, "NOT_FOUND", ["keyResult", "externalId"]),
    ("experimentCreate", {"keyResult": {"externalId": "over"}, "hypothesis": "So"}, "CYCLE_IS_CLOSED", ["keyResult", "externalId"]),
    ("experimentCreate", {"keyResult": {"externalId": "macros"}, "hypothesis": " "}, "INVALID_INPUT", ["hypothesis"]),
    ("experimentCreate", {"keyResult": {"externalId": "macros"}, "hypothesis": "So", "startedOn": day(3)}, "INVALID_INPUT", ["startedOn"]),
    ("experimentCreate", {"keyResult": {"externalId": "macros"}, "hypothesis": "So", "owner": {"externalId": "eve"}}, "PERSON_IS_REMOVED", ["owner", "externalId"]),
    ("experimentCreate", {"keyResult": {"externalId": "macros"}, "hypothesis": "So", "externalId": "trial"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("experimentUpdate", {"experiment": {"externalId": "trial"}, "hypothesis": None}, "INVALID_INPUT", ["hypothesis"]),
    ("experimentUpdate", {"experiment": {"externalId": "trial"}, "outcome": "REFUTED"}, "STATE_DOES_NOT_FIT", ["outcome"]),
    ("experimentUpdate", {"experiment": {"externalId": "tried"}, "outcome": None}, "OUTCOME_REQUIRED", ["outcome"]),
    ("experimentCreate", {"keyResult": {"externalId": "macros"}, "hypothesis": "So", "startedOn": day(-1), "expectedBy": day(-2)}, "EXPERIMENT_ENDS_BEFORE_IT_STARTS", ["expectedBy"]),
    ("experimentUpdate", {"experiment": {"externalId": "running"}, "expectedBy": day(-99)}, "EXPERIMENT_ENDS_BEFORE_IT_STARTS", ["expectedBy"]),
    ("experimentUpdate", {"experiment": {"externalId": "tried"}, "endedOn": day(-9)}, "EXPERIMENT_ENDS_BEFORE_IT_STARTS", ["endedOn"]),
    ("experimentStart", {"experiment": {"externalId": "running"}}, "STATE_DOES_NOT_FIT", ["experiment", "externalId"]),
    ("experimentStart", {"experiment": {"externalId": "trial"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("experimentConclude", {"experiment": {"externalId": "running"}}, "OUTCOME_REQUIRED", ["outcome"]),
    ("experimentConclude", {"experiment": {"externalId": "trial"}, "outcome": "REFUTED"}, "STATE_DOES_NOT_FIT", ["experiment", "externalId"]),
    ("experimentConclude", {"experiment": {"externalId": "running"}, "outcome": "REFUTED", "endedOn": day(-9)}, "EXPERIMENT_ENDS_BEFORE_IT_STARTS", ["endedOn"]),
    ("experimentConclude", {"experiment": {"externalId": "tried"}, "outcome": "REFUTED"}, "EXPERIMENT_IS_OVER", ["experiment", "externalId"]),
    ("experimentAbandon", {"experiment": {"externalId": "tried"}}, "EXPERIMENT_IS_OVER", ["experiment", "externalId"]),
    ("experimentAbandon", {"experiment": {"externalId": "running"}, "reason": "x" * 10_001}, "INVALID_INPUT", ["reason"]),
    ("experimentDelete", {"experiment": {"externalId": "trial"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("lessonCreate", {"source": {"experiment": {"externalId": "nobody"}}, "title": "So"}, "NOT_FOUND", ["source", "experiment", "externalId"]),
    ("lessonCreate", {"source": {"checkIn": {"id": "x"}}, "title": "So"}, "NOT_FOUND", ["source", "checkIn", "id"]),
    ("lessonCreate", {"source": {"keyResult": {"externalId": "macros"}}, "title": " "}, "INVALID_INPUT", ["title"]),
    ("lessonCreate", {"source": {"keyResult": {"externalId": "macros"}}, "title": "So", "tags": ["a", " "]}, "INVALID_INPUT", ["tags", "1"]),
    ("lessonUpdate", {"lesson": {"externalId": "learned"}, "carryForward": None}, "INVALID_INPUT", ["carryForward"]),
    ("lessonUpdate", {"lesson": {"externalId": "learned"}, "tags": [str(n) for n in range(21)]}, "INVALID_INPUT", ["tags"]),
    ("lessonDelete", {"lesson": {"externalId": "learned"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("metricReadingRecord", {"value": 1}, "INVALID_INPUT", ["metric"]),
    ("metricReadingRecord", {"metric": {"externalId": "nobody"}, "value": 1}, "NOT_FOUND", ["metric", "externalId"]),
    ("metricReadingRecord", {"metric": {"externalId": "held"}, "value": 1e16}, "INVALID_INPUT", ["value"]),
    ("metricReadingRecord", {"metric": {"externalId": "held"}, "value": 1, "note": "x" * 4_001}, "INVALID_INPUT", ["note"]),
    ("metricReadingRecord", {"metric": {"externalId": "held"}, "value": 1, "effectiveOn": day(1)}, "READING_IN_FUTURE", ["effectiveOn"]),
    ("metricReadingRecord", {"metric": {"externalId": "held"}, "value": 1, "externalId": "first_read"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("metricReadingRecord", {"metric": {"externalId": "held"}, "value": 1, "supersedes": {"externalId": "first_read"}}, "INVALID_INPUT", ["supersedes", "externalId"]),
    ("metricReadingRecordMany", {"items": []}, "INVALID_INPUT", ["items"]),
    ("metricReadingRecordMany", {"items": [{"metric": {"externalId": "held"}, "value": 1}, {"metric": {"id": "x"}, "value": 1}]}, "NOT_FOUND", ["items", "1", "metric", "id"]),
    ("metricReadingRetract", {"metricReading": {"externalId": "first_read"}, "reason": " "}, "REASON_REQUIRED", ["reason"]),
    ("metricReadingRetract", {"metricReading": {"externalId": "nobody"}, "reason": "Wrong"}, "NOT_FOUND", ["metricReading", "externalId"]),
    ("checkInPublish", {"checkInDraft": {"externalId": "for_ben"}}, "DRAFT_IS_FOR_ANOTHER", ["checkInDraft", "externalId"]),
    ("checkInDraftCreate", {"for": {"keyResult": {"externalId": "macros"}}, "assignee": {"externalId": "ben"}, "value": 1}, "ALREADY_EXISTS", ["assignee", "externalId"]),
    ("absenceCreate", {"person": {"externalId": "ben"}, "startsOn": day(5), "endsOn": day(4)}, "INVALID_INPUT", ["endsOn"]),
    ("absenceCreate", {"person": {"externalId": "ben"}, "startsOn": day(22), "endsOn": day(25)}, "ABSENCE_OVERLAPS", ["startsOn"]),
    ("absenceCreate", {"person": {"externalId": "ann"}, "startsOn": day(19), "endsOn": day(21), "delegate": {"externalId": "ben"}}, "DELEGATE_IS_ABSENT", ["delegate"]),
    ("absenceCreate", {"person": {"externalId": "ann"}, "startsOn": day(1), "endsOn": day(2), "delegate": {"externalId": "ann"}}, "INVALID_INPUT", ["delegate"]),
    ("absenceUpdate", {"absence": {"externalId": "ben_away"}, "endsOn": day(19)}, "INVALID_INPUT", ["endsOn"]),
    ("absenceUpdate", {"absence": {"externalId": "nobody"}, "endsOn": day(30)}, "NOT_FOUND", ["absence", "externalId"]),
    ("organizationUpdate", {"cadence": {"weeks": 0, "weekday": "MONDAY"}}, "INVALID_INPUT", ["cadence", "weeks"]),
    ("teamUpdate", {"team": {"externalId": "support"}, "cadence": {"weeks": 60, "weekday": "MONDAY"}}, "INVALID_INPUT", ["cadence", "weeks"]),
    ("objectiveUpdate", {"objective": {"externalId": "answer_fast"}, "cadence": {"months": 1, "day": 1, "weekday": "MONDAY"}}, "INVALID_INPUT", ["cadence", "weekday"]),
    ("keyResultUpdate", {"keyResult": {"externalId": "macros"}, "cadence": {"weeks": 1, "day": 1, "weekday": "MONDAY"}}, "INVALID_INPUT", ["cadence", "day"]),
    ("keyResultUpdate", {"keyResult": {"externalId": "macros"}, "cadence": {"weeks": 1, "weekday": "MONDAY", "time": "24:00"}}, "INVALID_INPUT", ["cadence", "time"]),
    ("teamUpdate", {"team": {"externalId": "support"}, "cadence": {"weeks": 1, "weekday": "MONDAY", "graceDays": 7}}, "INVALID_INPUT", ["cadence", "graceDays"]),
    ("objectiveCreate", {"title": "P", "cycle": {"externalId": "quarter"}, "team": {"externalId": "platform"}, "cadence": {"weeks": 2, "weekday": "MONDAY", "time": "09:00"}}, "CADENCE_IS_LOCKED", ["cadence"]),
    ("initiativeCreate", {**WORK, "title": " "}, "INVALID_INPUT", ["title"]),
    ("initiativeCreate", {**WORK, "title": LONG}, "INVALID_INPUT", ["title"]),
    ("initiativeCreate", {**WORK, "description": "x" * 10_001}, "INVALID_INPUT", ["description"]),
    ("initiativeCreate", {**WORK, "link": "javascript:alert(1)"}, "INVALID_INPUT", ["link"]),
    ("initiativeCreate", {**WORK, "link": "https://x.example/" + "x" * 2_000}, "INVALID_INPUT", ["link"]),
    ("initiativeCreate", {**WORK, "dueOn": "2201-01-01"}, "INVALID_INPUT", ["dueOn"]),
    ("initiativeCreate", {**WORK, "owner": {"externalId": "eve"}}, "PERSON_IS_REMOVED", ["owner", "externalId"]),
    ("initiativeCreate", {**WORK, "externalId": "rewrite"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("initiativeCreate", {**WORK, "for": {"objective": {"externalId": "nobody"}}}, "NOT_FOUND", ["for", "objective", "externalId"]),
    ("initiativeCreate", {**WORK, "for": {"keyResult": {"id": "x"}}}, "NOT_FOUND", ["for", "keyResult", "id"]),
    ("initiativeCreate", {**WORK, "for": {"objective": {"externalId": "given_up"}}}, "STATE_DOES_NOT_FIT", ["for", "objective", "externalId"]),
    ("initiativeCreate", {**WORK, "for": {"keyResult": {"externalId": "over"}}}, "CYCLE_IS_CLOSED", ["for", "keyResult", "externalId"]),
    ("initiativeCreate", {**WORK, "for": {"keyResult": {"externalId": "reviewed"}}}, "CYCLE_IS_IN_REVIEW", ["for", "keyResult", "externalId"]),
    ("initiativeUpdate", {"initiative": {"externalId": "nobody"}, "state": "DONE"}, "NOT_FOUND", ["initiative", "externalId"]),
    ("initiativeUpdate", {"initiative": {"externalId": "rewrite"}, "title": None}, "INVALID_INPUT", ["title"]),
    ("initiativeUpdate", {"initiative": {"externalId": "rewrite"}, "state": None}, "INVALID_INPUT", ["state"]),
    ("initiativeUpdate", {"initiative": {"externalId": "rewrite"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("initiativeDelete", {"initiative": {"externalId": "rewrite"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("dependencyCreate", {**NEED, "description": " "}, "INVALID_INPUT", ["description"]),
    ("dependencyCreate", {**NEED, "description": "x" * 10_001}, "INVALID_INPUT", ["description"]),
    ("dependencyCreate", {**NEED, "neededBy": "1899-12-31"}, "INVALID_INPUT", ["neededBy"]),
    ("dependencyCreate", {**NEED, "owner": {"externalId": "eve"}}, "PERSON_IS_REMOVED", ["owner", "externalId"]),
    ("dependencyCreate", {**NEED, "externalId": "handover"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("dependencyCreate", {**NEED, "givingTeam": {"externalId": "nobody"}}, "NOT_FOUND", ["givingTeam", "externalId"]),
    ("dependencyCreate", {**NEED, "needing": {"objective": {"externalId": "nobody"}}}, "NOT_FOUND", ["needing", "objective", "externalId"]),
    ("dependencyCreate", {**NEED, "giving": {"keyResult": {"externalId": "nobody"}}}, "NOT_FOUND", ["giving", "keyResult", "externalId"]),
    ("dependencyCreate", {**NEED, "needing": {"objective": {"externalId": "given_up"}}}, "STATE_DOES_NOT_FIT", ["needing", "objective", "externalId"]),
    ("dependencyCreate", {**NEED, "needing": {"keyResult": {"externalId": "over"}}}, "CYCLE_IS_CLOSED", ["needing", "keyResult", "externalId"]),
    ("dependencyCreate", {**NEED, "givingTeam": {"externalId": "platform"}}, "TEAM_NEEDS_ITSELF", ["givingTeam", "externalId"]),
    ("dependencyCreate", {**NEED, "giving": {"keyResult": {"externalId": "load"}}}, "DEPENDENCY_LOOPS", ["giving", "keyResult", "externalId"]),
    ("dependencyUpdate", {"dependency": {"externalId": "handover"}, "giving": {"objective": {"externalId": "never_down"}}}, "DEPENDENCY_LOOPS", ["giving", "objective", "externalId"]),
    ("dependencyUpdate", {"dependency": {"externalId": "handover"}, "givingTeam": {"externalId": "platform"}}, "TEAM_NEEDS_ITSELF", ["givingTeam", "externalId"]),
    ("dependencyUpdate", {"dependency": {"externalId": "handover"}, "givingTeam": None}, "INVALID_INPUT", ["givingTeam"]),
    ("dependencyUpdate", {"dependency": {"externalId": "handover"}, "description": None}, "INVALID_INPUT", ["description"]),
    ("dependencyUpdate", {"dependency": {"externalId": "handover"}, "state": None}, "INVALID_INPUT", ["state"]),
    ("dependencyUpdate", {"dependency": {"externalId": "nobody"}, "state": "AGREED"}, "NOT_FOUND", ["dependency", "externalId"]),
    ("dependencyUpdate", {"dependency": {"externalId": "handover"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("dependencyDelete", {"dependency": {"externalId": "handover"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("commentCreate", {**REMARK, "text": " "}, "INVALID_INPUT", ["text"]),
    ("commentCreate", {**REMARK, "text": "x" * 10_001}, "INVALID_INPUT", ["text"]),
    ("commentCreate", {**REMARK, "text": "@[Ann](ann)"}, "UNKNOWN_MENTION", ["text"]),
    ("commentCreate", {**REMARK, "externalId": "remark"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("commentCreate", {**REMARK, "on": {"objective": {"externalId": "nobody"}}}, "NOT_FOUND", ["on", "objective", "externalId"]),
    ("commentCreate", {**REMARK, "on": {"keyResult": {"id": "x"}}}, "NOT_FOUND", ["on", "keyResult", "id"]),
    ("commentCreate", {**REMARK, "on": {"checkIn": {"externalId": "nobody"}}}, "NOT_FOUND", ["on", "checkIn", "externalId"]),
    ("commentCreate", {**REMARK, "replyTo": {"externalId": "nobody"}}, "NOT_FOUND", ["replyTo", "externalId"]),
    ("commentCreate", {**REMARK, "replyTo": {"externalId": "remark"}}, "INVALID_INPUT", ["replyTo", "externalId"]),
    ("commentCreate", {"on": {"objective": {"externalId": "answer_fast"}}, "text": "Hm", "replyTo": {"externalId": "answered"}}, "REPLY_TO_REPLY", ["replyTo", "externalId"]),
    ("commentUpdate", {"comment": {"externalId": "remark"}, "text": None}, "INVALID_INPUT", ["text"]),
    ("commentUpdate", {"comment": {"externalId": "remark"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("commentUpdate", {"comment": {"externalId": "nobody"}, "text": "Hm"}, "NOT_FOUND", ["comment", "externalId"]),
    ("commentDelete", {"comment": {"externalId": "remark"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("reactionAdd", {"on": {"comment": {"externalId": "remark"}}, "emoji": "great"}, "NOT_AN_EMOJI", ["emoji"]),
    ("reactionAdd", {"on": {"comment": {"externalId": "remark"}}, "emoji": "👍"}, "ALREADY_EXISTS", ["emoji"]),
    ("reactionAdd", {"on": {"comment": {"externalId": "nobody"}}, "emoji": "👍"}, "NOT_FOUND", ["on", "comment", "externalId"]),
    ("reactionAdd", {"on": {"comment": {"externalId": "remark"}}, "emoji": "🎉", "externalId": "cheer"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("reactionRemove", {"on": {"comment": {"externalId": "remark"}}, "emoji": "🎉"}, "NOT_FOUND", ["emoji"]),
    ("follow", {"on": {"team": {"externalId": "nobody"}}}, "NOT_FOUND", ["on", "team", "externalId"]),
    ("unfollow", {"on": {"keyResult": {"externalId": "nobody"}}}, "NOT_FOUND", ["on", "keyResult", "externalId"]),
    ("objectiveCreate", {**PLAN, "title": LONG}, "INVALID_INPUT", ["title"]),
    ("objectiveCreate", {**PLAN, "description": "x" * 10_001}, "INVALID_INPUT", ["description"]),
    ("objectiveUpdate", {"objective": {"externalId": "never_down"}, "title": None}, "INVALID_INPUT", ["title"]),
    ("objectiveUpdate", {"objective": {"externalId": "never_down"}, "kind": None}, "INVALID_INPUT", ["kind"]),
    ("objectiveUpdate", {"objective": {"externalId": "never_down"}, "progressSource": None}, "INVALID_INPUT", ["progressSource"]),
    ("keyResultUpdate", {"keyResult": {"externalId": "macros"}, "weight": None}, "INVALID_INPUT", ["weight"]),
    ("keyResultUpdate", {"keyResult": {"externalId": "macros"}, "measure": None}, "INVALID_INPUT", ["measure"]),
    # Cycles
    ("cycleCreate", {"name": "C", "startsOn": day(2), "endsOn": day(1)}, "INVALID_INPUT", ["endsOn"]),
    ("cycleRollOver", {"fromCycle": {"externalId": "quarter"}, "toCycle": {"externalId": "quarter"}}, "CYCLE_IS_NOT_LATER", ["toCycle", "externalId"]),
    ("cycleRollOver", {**ON_TO_SOMEDAY, "items": [{"objective": {"externalId": "customers_stay"}}]}, "NOT_IN_CYCLE", ["items", "0", "objective", "externalId"]),
    ("cycleRollOver", {**ON_TO_SOMEDAY, "items": [{"objective": {"externalId": "never_down"}}] * 2}, "NAMED_TWICE", ["items", "1", "objective", "externalId"]),
    ("cycleCreate", {"name": "C", "startsOn": day(0), "endsOn": "2199-01-01"}, "INVALID_INPUT", ["endsOn"]),
    ("cycleCreate", {"name": "C", "startsOn": "1800-01-01", "endsOn": "1800-02-01"}, "INVALID_INPUT", ["startsOn"]),
    ("cycleCreate", {"name": "C", "startsOn": day(0), "endsOn": day(999), "parent": {"externalId": "year"}}, "CYCLE_OUTSIDE_PARENT", ["endsOn"]),
    ("cycleCreate", {"name": "C", "startsOn": day(-200), "endsOn": day(9), "parent": {"externalId": "year"}}, "CYCLE_OUTSIDE_PARENT", ["startsOn"]),
    ("cycleCreate", {"name": "C", "startsOn": day(0), "endsOn": day(1), "externalId": "year"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("cyclesGenerate", {"year": 2140}, "ALREADY_EXISTS", ["year"]),
    ("cyclesGenerate", {"year": 2140, "fiscalStartMonth": 2}, "CYCLES_OVERLAP", ["year"]),
    ("cyclesGenerate", {"year": 2201}, "INVALID_INPUT", ["year"]),
    ("cyclesGenerate", {"year": 2150, "fiscalStartMonth": 13}, "INVALID_INPUT", ["fiscalStartMonth"]),
    ("cyclesGenerate", {"year": 2150, "name": "x" * 498}, "INVALID_INPUT", ["name"]),
    ("cyclesGenerate", {"year": 2150, "externalId": "x" * 198}, "INVALID_INPUT", ["externalId"]),
    ("cyclesGenerate", {"year": 2150, "parent": {"externalId": "year"}}, "CYCLE_OUTSIDE_PARENT", ["parent", "externalId"]),
    ("cyclesGenerate", {"year": 2150, "parent": {"externalId": "over"}}, "CYCLE_IS_CLOSED", ["parent", "externalId"]),
    ("cycleUpdate", {"cycle": {"externalId": "year"}, "parent": {"externalId": "quarter"}}, "CYCLE_LOOPS", ["parent", "externalId"]),
    ("cycleUpdate", {"cycle": {"externalId": "year"}, "endsOn": day(1)}, "CYCLE_OUTSIDE_PARENT", ["endsOn"]),
    ("cycleUpdate", {"cycle": {"externalId": "year"}, "startsOn": day(1)}, "CYCLE_OUTSIDE_PARENT", ["startsOn"]),
    ("cycleUpdate", {"cycle": {"externalId": "quarter"}, "parent": {"externalId": "someday"}}, "CYCLE_OUTSIDE_PARENT", ["parent", "externalId"]),
    ("cycleUpdate", {"cycle": {"externalId": "someday"}, "startsOn": day(99)}, "INVALID_INPUT", ["startsOn"]),
    ("cycleUpdate", {"cycle": {"externalId": "someday"}, "endsOn": day(50)}, "INVALID_INPUT", ["endsOn"]),
    ("cycleUpdate", {"cycle": {"externalId": "someday"}, "startsOn": day(75)}, "INVALID_INPUT", ["startsOn"]),
    ("cycleUpdate", {"cycle": {"externalId": "quarter"}, "endsOn": None}, "INVALID_INPUT", ["endsOn"]),
    ("cycleUpdate", {"cycle": {"externalId": "reviewed"}, "name": "R"}, "CYCLE_IS_IN_REVIEW", ["cycle", "externalId"]),
    ("cycleUpdate", {"cycle": {"externalId": "over"}, "name": "R"}, "CYCLE_IS_CLOSED", ["cycle", "externalId"]),
    ("cycleActivate", {"cycle": {"externalId": "quarter"}}, "CYCLE_TRANSITION", ["cycle", "externalId"]),
    ("cycleReview", {"cycle": {"externalId": "someday"}}, "CYCLE_TRANSITION", ["cycle", "externalId"]),
    ("cycleReview", {"cycle": {"externalId": "over"}}, "CYCLE_TRANSITION", ["cycle", "externalId"]),
    ("cycleClose", {"cycle": {"externalId": "quarter"}}, "CYCLE_TRANSITION", ["cycle", "externalId"]),
    ("cycleClose", {"cycle": {"externalId": "reviewed"}}, "NOT_ALL_GRADED", ["notMeasuredReason"]),
    ("cycleClose", {"cycle": {"externalId": "reviewed"}, "notMeasuredReason": " "}, "NOT_ALL_GRADED", ["notMeasuredReason"]),
    ("cycleReopen", {"cycle": {"externalId": "reviewed"}, "reason": "Why not"}, "CYCLE_TRANSITION", ["cycle", "externalId"]),
    ("cycleReopen", {"cycle": {"externalId": "over"}, "reason": " "}, "REASON_REQUIRED", ["reason"]),
    # Objectives
    ("objectiveCreate", {"title": "New", "cycle": {"id": "x"}}, "NOT_FOUND", ["cycle", "id"]),
    ("objectiveCreate", {"title": "New", "cycle": {"externalId": "nobody"}}, "NOT_FOUND", ["cycle", "externalId"]),
    ("objectiveCreate", {"title": "New", "cycle": {"externalId": "reviewed"}}, "CYCLE_IS_IN_REVIEW", ["cycle", "externalId"]),
    ("objectiveCreate", {"title": "New", "cycle": {"externalId": "over"}}, "CYCLE_IS_CLOSED", ["cycle", "externalId"]),
    ("objectiveCreate", {**PLAN, "owner": {"externalId": "eve"}}, "PERSON_IS_REMOVED", ["owner", "externalId"]),
    ("objectiveCreate", {**PLAN, "team": {"externalId": "nobody"}}, "NOT_FOUND", ["team", "externalId"]),
    ("objectiveCreate", {**PLAN, "contributors": [{"id": "x"}]}, "NOT_FOUND", ["contributors", "0", "id"]),
    ("objectiveCreate", {**PLAN, "contributors": [{"id": one} for one in ["x"] * 101]}, "NOT_FOUND", ["contributors", "0", "id"]),
    ("objectiveCreate", {**PLAN, "parent": {"objective": {"externalId": "nobody"}}}, "NOT_FOUND", ["parent", "objective", "externalId"]),
    ("objectiveCreate", {**PLAN, "parent": {"objective": {"externalId": "over"}}}, "CYCLE_IS_CLOSED", ["parent", "objective", "externalId"]),
    ("objectiveCreate", {**PLAN, "parent": {"objective": {"externalId": "some"}}}, "CYCLE_DOES_NOT_ENCLOSE", ["parent", "objective", "externalId"]),
    ("objectiveCreate", {"cycle": {"externalId": "year"}, "title": "New", "parent": {"objective": {"externalId": "never_down"}}}, "CYCLE_DOES_NOT_ENCLOSE", ["parent", "objective", "externalId"]),
    ("objectiveCreate", {**PLAN, "parent": {"objective": {"externalId": "never_down"}}, "weight": -1}, "INVALID_INPUT", ["weight"]),
    ("objectiveCreate", {**PLAN, "parent": {"objective": {"externalId": "never_down"}}, "weight": 1e7}, "INVALID_INPUT", ["weight"]),
    ("objectiveCreate", {**PLAN, "priorities": [{"externalId": "nobody"}]}, "NOT_FOUND", ["priorities", "0", "externalId"]),
    ("objectiveCreate", {**PLAN, "priorities": [{"externalId": "loyalty"}, {"externalId": "past"}]}, "PRIORITY_IS_ARCHIVED", ["priorities", "1", "externalId"]),
    ("objectiveCreate", {**PLAN, "priorities": [{"externalId": "loyalty"}] * 21}, "INVALID_INPUT", ["priorities"]),
    ("objectiveCreate", {**PLAN, "standsAloneReason": "x" * 10_001}, "INVALID_INPUT", ["standsAloneReason"]),
    ("objectiveUpdate", {"objective": {"externalId": "never_down"}, "priorities": [{"externalId": "past"}]}, "PRIORITY_IS_ARCHIVED", ["priorities", "0", "externalId"]),
    ("priorityDelete", {"priority": {"externalId": "past"}}, "PRIORITY_IS_SERVED", ["priority", "externalId"]),
    ("objectiveUpdate", {"objective": {"externalId": "never_down"}, "cycle": None}, "INVALID_INPUT", ["cycle"]),
    ("objectiveUpdate", {"objective": {"externalId": "customers_stay"}, "cycle": {"externalId": "quarter"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("objectiveUpdate", {"objective": {"externalId": "answer_fast"}, "cycle": {"externalId": "someday"}}, "CYCLE_DOES_NOT_ENCLOSE", ["cycle", "externalId"]),
    ("objectiveUpdate", {"objective": {"externalId": "some"}, "cycle": {"externalId": "early"}}, "INVALID_INPUT", ["cycle", "externalId"]),
    ("objectiveUpdate", {"objective": {"externalId": "over"}, "title": "New"}, "CYCLE_IS_CLOSED", ["objective", "externalId"]),
    ("objectivePublish", {"objective": {"externalId": "never_down"}}, "STATE_DOES_NOT_FIT", ["objective", "externalId"]),
    ("objectivePause", {"objective": {"externalId": "resting"}, "reason": "Later"}, "STATE_DOES_NOT_FIT", ["objective", "externalId"]),
    ("objectivePause", {"objective": {"externalId": "never_down"}, "reason": ""}, "REASON_REQUIRED", ["reason"]),
    ("objectiveDrop", {"objective": {"externalId": "given_up"}, "reason": "Again"}, "STATE_DOES_NOT_FIT", ["objective", "externalId"]),
    ("objectiveDrop", {"objective": {"externalId": "never_down"}, "reason": "x" * 10_001}, "INVALID_INPUT", ["reason"]),
    ("objectiveRestore", {"objective": {"externalId": "never_down"}}, "STATE_DOES_NOT_FIT", ["objective", "externalId"]),
    # Alignments
    ("objectiveAlign", {"objective": {"externalId": "never_down"}, "parent": {"objective": {"externalId": "never_down"}}}, "ALIGNMENT_LOOPS", ["parent", "objective", "externalId"]),
    ("objectiveAlign", {"objective": {"externalId": "answer_fast"}, "parent": {"keyResult": {"externalId": "macros"}}}, "ALIGNMENT_LOOPS", ["parent", "keyResult", "externalId"]),
    ("objectiveAlign", {"objective": {"externalId": "answer_fast"}, "parent": {"objective": {"externalId": "clear_backlog"}}, "kind": "SUPPORTS"}, "ALIGNMENT_LOOPS", ["parent", "objective", "externalId"]),
    ("objectiveAlign", {"objective": {"externalId": "yearly"}, "parent": {"objective": {"externalId": "never_down"}}}, "CYCLE_DOES_NOT_ENCLOSE", ["parent", "objective", "externalId"]),
    ("objectiveAlign", {"objective": {"externalId": "clear_backlog"}, "parent": {"objective": {"externalId": "never_down"}}, "weight": 1e-7}, "INVALID_INPUT", ["weight"]),
    ("objectiveUnalign", {"objective": {"externalId": "clear_backlog"}, "parent": {"objective": {"externalId": "never_down"}}}, "NOT_FOUND", ["parent", "objective", "externalId"]),
    ("objectiveMove", {"objective": {"externalId": "answer_fast"}, "parent": {"objective": {"externalId": "clear_backlog"}}}, "ALIGNMENT_LOOPS", ["parent", "objective", "externalId"]),
    ("objectiveMove", {"objective": {"externalId": "over"}, "parent": {"objective": {"externalId": "never_down"}}}, "CYCLE_IS_CLOSED", ["objective", "externalId"]),
    # Key results
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
    ("keyResultCreate", {**KEY, **UP, "owner": {"externalId": "eve"}}, "PERSON_IS_REMOVED", ["owner", "externalId"]),
    ("keyResultCreate", {**KEY, **UP, "objective": {"externalId": "given_up"}}, "STATE_DOES_NOT_FIT", ["objective", "externalId"]),
    ("keyResultCreate", {**KEY, **UP, "objective": {"externalId": "reviewed"}}, "CYCLE_IS_IN_REVIEW", ["objective", "externalId"]),
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
    ("keyResultUpdate", {"keyResult": {"externalId": "macros"}, "targetValue": None}, "NO_TARGET", ["targetValue"]),
    ("keyResultUpdate", {"keyResult": {"externalId": "macros"}, "targetValue": 0}, "NO_SPAN", ["targetValue"]),
    ("keyResultUpdate", {"keyResult": {"externalId": "macros"}, "measure": "BOOLEAN", "targetValue": 1}, "INVALID_INPUT", ["targetValue"]),
    ("keyResultUpdate", {"keyResult": {"externalId": "macros"}, "owner": {"externalId": "eve"}}, "PERSON_IS_REMOVED", ["owner", "externalId"]),
    ("keyResultUpdate", {"keyResult": {"externalId": "macros"}, "externalId": "backlog"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("keyResultUpdate", {"keyResult": {"externalId": "over"}, "title": "New"}, "CYCLE_IS_CLOSED", ["keyResult", "externalId"]),
    ("keyResultMove", {"keyResult": {"externalId": "macros"}, "objective": {"externalId": "over"}}, "CYCLE_IS_CLOSED", ["objective", "externalId"]),
    ("keyResultMove", {"keyResult": {"externalId": "due"}, "objective": {"externalId": "early"}}, "INVALID_INPUT", ["objective", "externalId"]),
    ("keyResultPause", {"keyResult": {"externalId": "macros"}, "reason": ""}, "REASON_REQUIRED", ["reason"]),
    ("keyResultDrop", {"keyResult": {"externalId": "macros"}, "reason": ""}, "REASON_REQUIRED", ["reason"]),
    ("keyResultRestore", {"keyResult": {"externalId": "macros"}}, "STATE_DOES_NOT_FIT", ["keyResult", "externalId"]),
    ("keyResultGrade", {"keyResult": {"externalId": "macros"}, "kind": "OVERRIDE", "score": 1, "reason": "R"}, "CYCLE_IS_NOT_IN_REVIEW", ["keyResult", "externalId"]),
    ("keyResultGrade", {"keyResult": {"externalId": "reviewed"}, "kind": "COMPUTED"}, "NOTHING_TO_CONFIRM", ["kind"]),
    ("keyResultGrade", {"keyResult": {"externalId": "reviewed"}, "kind": "OVERRIDE", "score": 2, "reason": "R"}, "INVALID_INPUT", ["score"]),
    ("objectiveGrade", {"objective": {"externalId": "reviewed"}, "kind": "NOT_MEASURED"}, "REASON_REQUIRED", ["reason"]),
    ("objectiveGrade", {"objective": {"externalId": "graded"}, "kind": "OVERRIDE", "score": 1, "reason": "R"}, "ALREADY_GRADED", ["objective", "externalId"]),
    ("objectiveGrade", {"objective": {"externalId": "over"}, "kind": "COMPUTED"}, "CYCLE_IS_CLOSED", ["objective", "externalId"]),
    ("reviewRecord", {**REVIEWED, "objective": {"externalId": "never_down"}}, "CYCLE_IS_NOT_IN_REVIEW", ["objective", "externalId"]),
    ("reviewRecord", {**REVIEWED, "objective": {"externalId": "graded"}}, "ALREADY_REVIEWED", ["objective", "externalId"]),
    ("reviewRecord", {**REVIEWED, "decisionReason": " "}, "REASON_REQUIRED", ["decisionReason"]),
    ("reviewRecord", {**REVIEWED, "learned": "x" * 10_001}, "INVALID_INPUT", ["learned"]),
    ("reviewRecord", {**REVIEWED, "externalId": "graded"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("reviewRecordUpdate", {"reviewRecord": {"externalId": "graded"}, "rootCause": None}, "ROOT_CAUSE_REQUIRED", ["rootCause"]),
    ("reviewRecordUpdate", {"reviewRecord": {"externalId": "graded"}, "decisionReason": None}, "INVALID_INPUT", ["decisionReason"]),
    ("reviewRecordUpdate", {"reviewRecord": {"externalId": "graded"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("reviewRecordDelete", {"reviewRecord": {"externalId": "nobody"}}, "NOT_FOUND", ["reviewRecord", "externalId"]),
    ("pulseCreate", {"cycle": {"externalId": "quarter"}, "questions": ["Clear?"]}, "ALREADY_EXISTS", ["cycle", "externalId"]),
    ("pulseCreate", {"cycle": {"externalId": "over"}, "questions": ["Clear?"]}, "CYCLE_IS_CLOSED", ["cycle", "externalId"]),
    ("pulseCreate", {"cycle": {"externalId": "nobody"}, "questions": ["Clear?"]}, "NOT_FOUND", ["cycle", "externalId"]),
    ("pulseCreate", {"cycle": {"externalId": "early"}, "questions": []}, "INVALID_INPUT", ["questions"]),
    ("pulseCreate", {"cycle": {"externalId": "year"}, "questions": ["1", "2", "3", "4", "5", "6"]}, "INVALID_INPUT", ["questions"]),
    ("pulseCreate", {"cycle": {"externalId": "year"}, "questions": ["Clear?", " "]}, "INVALID_INPUT", ["questions", "1"]),
    ("pulseCreate", {"cycle": {"externalId": "year"}, "questions": ["x" * 501]}, "INVALID_INPUT", ["questions", "0"]),
    ("pulseCreate", {"cycle": {"externalId": "year"}, "questions": ["Clear?", "Clear? "]}, "INVALID_INPUT", ["questions", "1"]),
    ("pulseCreate", {"cycle": {"externalId": "year"}, "questions": ["Clear?"], "externalId": "asked"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("pulseUpdate", {"pulse": {"externalId": "asked"}, "questions": ["Clear?"]}, "PULSE_HAS_BEGUN", ["questions"]),
    ("pulseUpdate", {"pulse": {"externalId": "late"}, "questions": None}, "INVALID_INPUT", ["questions"]),
    ("pulseUpdate", {"pulse": {"externalId": "late"}, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("pulseOpen", {"pulse": {"externalId": "asked"}}, "PULSE_HAS_BEGUN", ["pulse", "externalId"]),
    ("pulseOpen", {"pulse": {"externalId": "late"}}, "CYCLE_IS_CLOSED", ["pulse", "externalId"]),
    ("pulseClose", {"pulse": {"externalId": "late"}}, "PULSE_IS_NOT_OPEN", ["pulse", "externalId"]),
    ("pulseDelete", {"pulse": {"externalId": "nobody"}}, "NOT_FOUND", ["pulse", "externalId"]),
    ("pulseAnswer", {"pulse": {"externalId": "late"}, "answers": [1]}, "PULSE_IS_NOT_OPEN", ["pulse", "externalId"]),
    ("pulseAnswer", {"pulse": {"externalId": "nobody"}, "answers": [1]}, "NOT_FOUND", ["pulse", "externalId"]),
    ("pulseAnswer", {"pulse": {"externalId": "asked"}, "answers": [1]}, "ANSWERS_MISSING", ["answers"]),
    ("pulseAnswer", {"pulse": {"externalId": "asked"}, "answers": [1, 2, 3]}, "ANSWERS_MISSING", ["answers"]),
    ("pulseAnswer", {"pulse": {"externalId": "asked"}, "answers": [1, 6]}, "INVALID_INPUT", ["answers", "1"]),
    ("pulseAnswer", {"pulse": {"externalId": "asked"}, "answers": [0, 5]}, "INVALID_INPUT", ["answers", "0"]),
    ("pulseAnswer", {"pulse": {"externalId": "answered"}, "answers": [4]}, "ALREADY_ANSWERED", ["pulse", "externalId"]),
    # Check-ins
    ("checkInRecord", {"value": 1}, "INVALID_INPUT", ["keyResult"]),
    ("checkInRecord", MACROS, "NOTHING_TO_RECORD", []),
    ("checkInRecord", {"keyResult": {"id": "x"}, "value": 1}, "NOT_FOUND", ["keyResult", "id"]),
    ("checkInRecord", {"keyResult": {"externalId": "nobody"}, "value": 1}, "NOT_FOUND", ["keyResult", "externalId"]),
    ("checkInRecord", {**MACROS, "value": 1e16}, "INVALID_INPUT", ["value"]),
    ("checkInRecord", {**MACROS, "milestonesDone": ["plan"]}, "INVALID_INPUT", ["milestonesDone"]),
    ("checkInRecord", {"keyResult": {"externalId": "rollout"}, "milestonesDone": ["other"]}, "INVALID_INPUT", ["milestonesDone"]),
    ("checkInRecord", {"keyResult": {"externalId": "rollout"}, "value": 1}, "INVALID_INPUT", ["value"]),
    ("checkInRecord", {"keyResult": {"externalId": "failover"}, "value": 0.5}, "INVALID_INPUT", ["value"]),
    ("checkInRecord", {**MACROS, "confidence": 1.5}, "INVALID_INPUT", ["confidence"]),
    ("checkInRecord", {**MACROS, "confidence": -0.1}, "INVALID_INPUT", ["confidence"]),
    ("checkInRecord", {**MACROS, "note": "x" * 4001}, "INVALID_INPUT", ["note"]),
    ("checkInRecord", {**MACROS, "value": 1, "effectiveAt": days_ago(-1).isoformat()}, "READING_IN_FUTURE", ["effectiveAt"]),
    ("checkInRecord", {**MACROS, "value": 1, "effectiveAt": "1850-01-01T00:00:00Z"}, "INVALID_INPUT", ["effectiveAt"]),
    ("checkInRecord", {**MACROS, "value": 1, "effectiveAt": days_ago(1).isoformat(), "effectiveOn": day(-1)}, "INVALID_INPUT", ["effectiveOn"]),
    ("checkInRecord", {**MACROS, "value": 1, "effectiveOn": day(2)}, "READING_IN_FUTURE", ["effectiveOn"]),
    ("checkInRecord", {**MACROS, "value": 1, "externalId": "first"}, "EXTERNAL_ID_IS_TAKEN", ["externalId"]),
    ("checkInRecord", {**MACROS, "value": 1, "supersedes": {"externalId": "first"}}, "ALREADY_SUPERSEDED", ["supersedes", "externalId"]),
    ("checkInRecord", {**MACROS, "value": 1, "supersedes": {"externalId": "nobody"}}, "NOT_FOUND", ["supersedes", "externalId"]),
    ("checkInRecord", {"keyResult": {"externalId": "backlog"}, "value": 1, "supersedes": {"externalId": "second"}}, "INVALID_INPUT", ["supersedes", "externalId"]),
    ("checkInRecord", {"keyResult": {"externalId": "some"}, "value": 1}, "CYCLE_IS_DRAFT", ["keyResult", "externalId"]),
    ("checkInRecord", {"keyResult": {"externalId": "over"}, "value": 1}, "CYCLE_IS_CLOSED", ["keyResult", "externalId"]),
    ("checkInRecord", {"keyResult": {"externalId": "reviewed"}, "value": 1}, "READING_OUTSIDE_CYCLE", ["effectiveAt"]),
    ("checkInRecord", {"keyResult": {"externalId": "reviewed"}, "value": 1, "effectiveOn": day(-90)}, "READING_OUTSIDE_CYCLE", ["effectiveOn"]),
    ("checkInRecord", {"supersedes": {"externalId": "before"}, "value": 1}, "READING_OUTSIDE_CYCLE", ["supersedes", "externalId"]),
    ("checkInRetract", {"checkIn": {"externalId": "before"}, "reason": "Too early"}, "READING_OUTSIDE_CYCLE", ["checkIn", "externalId"]),
    ("checkInRecord", {"keyResult": {"externalId": "tries"}, "value": 1}, "STATE_DOES_NOT_FIT", ["keyResult", "externalId"]),
    ("checkInRecord", {"keyResult": {"externalId": "given_up"}, "value": 1}, "STATE_DOES_NOT_FIT", ["keyResult", "externalId"]),
    ("checkInRetract", {"checkIn": {"externalId": "first"}, "reason": "Typing error"}, "ALREADY_SUPERSEDED", ["checkIn", "externalId"]),
    ("checkInRetract", {"checkIn": {"externalId": "second"}, "reason": " "}, "REASON_REQUIRED", ["reason"]),
    ("checkInRecordMany", {"items": []}, "INVALID_INPUT", ["items"]),
    ("checkInRecordMany", {"items": [{**MACROS, "value": 1}] * 1001}, "TOO_MANY", ["items"]),
    ("checkInRecordMany", {"items": [{**MACROS, "value": 1}, {**MACROS, "value": 1e16}]}, "INVALID_INPUT", ["items", "1", "value"]),
)  # fmt: skip

# Codes tested elsewhere: required reviews, locked organisation, clock, authentication, scopes, cursors, idempotency and webhooks.
ELSEWHERE = {
    "BUSY", "CLOCK_IS_BEHIND", "NOT_AUTHENTICATED", "FORBIDDEN", "CURSOR_AHEAD", "CURSOR_EXPIRED", "IDEMPOTENCY_MISMATCH",
    "PEOPLE_ONLY", "NOT_ALL_REVIEWED", "OWNER_HAS_LEFT",
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
    known = set(REFUSALS)
    assert known - {row[2] for row in REFUSED} - ELSEWHERE == set()


async def test_what_can_be_taken_of_many_is_taken_and_the_rest_told_line_by_line(world: Stage):
    items = [
        {**MACROS, "value": 7},
        {"keyResult": {"id": "zz"}},
        {"keyResult": {"externalId": "nobody"}, "value": 1},
        {"keyResult": {"externalId": "uptime"}, "value": 99.95, "externalId": "third"},
        {"keyResult": {"externalId": "uptime"}, "value": 99.96, "externalId": "third"},
    ]
    selected = "results { index checkIn { value } errors { code path message } }"
    done = await world.client.try_("checkInRecordMany", selected, items=items, atomic=False)
    assert done["errors"] == []
    assert [(one["index"], one["checkIn"], [(e["code"], e["path"]) for e in one["errors"]]) for one in done["results"]] == [
        (0, {"value": 7.0}, []),
        (1, None, [("NOT_FOUND", ["keyResult", "id"])]),
        (2, None, [("NOT_FOUND", ["keyResult", "externalId"])]),
        (3, {"value": 99.95}, []),
        (4, None, [("EXTERNAL_ID_IS_TAKEN", ["externalId"])]),
    ]  # fmt: skip
    tables = await world.acme.tables()
    done = await world.client.try_("checkInRecordMany", selected, items=items[:3])
    assert [(e["code"], e["path"]) for e in done["errors"]] == [
        ("NOT_FOUND", ["items", "1", "keyResult", "id"]),
        ("NOT_FOUND", ["items", "2", "keyResult", "externalId"]),
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
        parent={"objective": {"externalId": "some"}},
        alignmentKind="SUPPORTS",
    )
    assert made["objective"]["parents"] == [{"kind": "SUPPORTS"}]


async def test_more_contributors_than_a_hundred_are_too_many(world: Stage):
    ann = encode_id(NodeType.PERSON, world.acme.ann)
    assert await world.client.refused(
        "objectiveCreate", **PLAN, contributors=[{"id": one} for one in [ann] * 101]
    ) == [("INVALID_INPUT", ["contributors"])]


async def test_what_cannot_be_discussed_is_not_found(world: Stage):
    tables = await world.acme.tables()
    person, team = (
        encode_id(kind, id)
        for kind, id in ((NodeType.PERSON, world.acme.ann), (NodeType.TEAM, world.acme.support))
    )
    for kind in ("objective", "keyResult", "checkIn", "roadblock", "decision"):
        for id in (person, team):
            refused = await world.client.refused("commentCreate", on={kind: {"id": id}}, text="Hm")
            assert refused == [("NOT_FOUND", ["on", kind, "id"])]
    nobody = encode_id(NodeType.PERSON, world.acme.support)
    refused = await world.client.refused("commentCreate", on=MACROS, text=f"@[Sue]({nobody})")
    assert refused == [("UNKNOWN_MENTION", ["text"])]
    assert await world.acme.tables() == tables
