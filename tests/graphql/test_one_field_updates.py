"""An update of one field changes that field only, and null never means the default value."""

from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from graphql import GraphQLInputObjectType

from okr_api.graphql.schema import schema
from tests.acme import Acme
from tests.graphql.cases import day
from tests.serving import Client, input_type, mutations, node_field

WEEKLY = {"weeks": 1, "weekday": "FRIDAY"}
NAMING = {"idempotencyKey", "expectedVersion", "reason"}
MEMBERS = "externalId name"
OBJECTIVE = f"""cadence {{ weeks }} title description kind progressSource externalId standsAloneReason visibility sharedWith {{ externalId }} priorities {{ externalId }} owner {{ {MEMBERS} }} team {{ {MEMBERS} }}
    cycle {{ {MEMBERS} }} contributors {{ {MEMBERS} }} parents {{ kind weight parent {{ ...on Node {{ id }} }} }}"""
KEY_RESULT = """cadence { weeks } title description measure unit startValue targetValue lowerBound upperBound commitValue stretchValue
    weight dueOn state externalId metric { externalId } formula { function keyResults { externalId } } checkInOwner { externalId } startConfidence labels role brokenBudget judgedBy owner { externalId } objective { externalId }
    milestones { key name weight dueOn }"""


@dataclass(frozen=True)
class Named:
    """Reference to an entity by its name, which is given once as its external id and once as its id."""

    name: str


@dataclass(frozen=True)
class Field:
    """A field's new value, the field of the node that it changes, and the entity (the update's if None)."""

    value: Any
    changes: str | None
    of: str | None = None
    null: Any = ()  # the value after null; () where null is rejected


@dataclass(frozen=True)
class Update:
    """The fields read from the node, the entity to edit, and each field of the input."""

    node: str
    of: str
    fields: dict[str, Field]
    naming: dict[str, Any] | None = None


UPDATES = {
    "personUpdate": Update(
        "name email externalId active role",
        "ben",
        {
            "name": Field("Benjamin", "name"),
            "email": Field("b@acme.example", "email", null=None),
            "role": Field("VIEWER", "role"),
        },
    ),
    "teamUpdate": Update(
        "name externalId parent { externalId } cadence { weeks day }",
        "night",
        {
            "cadence": Field(WEEKLY, "cadence", null=None),
            "name": Field("Night", "name"),
            "parent": Field(Named("platform"), "parent", null=None),
        },
    ),
    "teamMemberUpdate": Update(
        "role externalId team { externalId } person { externalId }",
        "ann_in_support",
        {"role": Field("LEAD", "role")},
    ),
    "absenceUpdate": Update(
        "startsOn endsOn note externalId person { externalId } delegate { externalId }",
        "away",
        {
            "startsOn": Field(day(2), "startsOn"),
            "endsOn": Field(day(9), "endsOn"),
            "note": Field("Other", "note", null=None),
            "delegate": Field(Named("cem"), "delegate", null=None),
        },
    ),
    "priorityUpdate": Update(
        "title description rank startsOn endsOn state externalId owner { externalId }",
        "loyalty",
        {
            "title": Field("Other", "title"),
            "description": Field("Other", "description", null=None),
            "owner": Field(Named("cem"), "owner", null=None),
            "rank": Field(1.5, "rank"),
            "startsOn": Field(day(2), "startsOn", null=None),
            "endsOn": Field(day(3), "endsOn", null=None),
        },
    ),
    "metricUpdate": Update(
        "name unit description betterDirection externalId owner { externalId } team { externalId }",
        "margin",
        {
            "name": Field("Other", "name"),
            "unit": Field("EUR", "unit", null=None),
            "description": Field("Other", "description", null=None),
            "betterDirection": Field("NEITHER", "betterDirection"),
            "owner": Field(Named("cem"), "owner", null=None),
            "team": Field(Named("platform"), "team", null=None),
        },
    ),
    "initiativeUpdate": Update(
        "title description dueOn state link externalId owner { externalId }",
        "rewrite",
        {
            "title": Field("Other", "title"),
            "description": Field("Other", "description", null=None),
            "owner": Field(Named("cem"), "owner", null=None),
            "dueOn": Field(day(3), "dueOn", null=None),
            "state": Field("DOING", "state"),
            "link": Field("http://other.example", "link", null=None),
        },
    ),
    "commentUpdate": Update(
        "text externalId",
        "remark",
        {"text": Field("Other", "text")},
    ),
    "dependencyUpdate": Update(
        "description neededBy state externalId owner { externalId } givingTeam { externalId } "
        "givingObjective { externalId } givingKeyResult { externalId }",
        "handover",
        {
            "description": Field("Other", "description"),
            "owner": Field(Named("cem"), "owner", null=None),
            "givingTeam": Field(Named("night"), "givingTeam"),
            "giving": Field({"objective": {"externalId": "clear_backlog"}}, "givingObjective", null=None),
            "neededBy": Field(day(3), "neededBy", null=None),
            "state": Field("AGREED", "state"),
        },
    ),
    "checkInDraftUpdate": Update(
        "value milestonesDone confidence status note effectiveAt externalId assignee { externalId }",
        "drafted",
        {
            "assignee": Field(Named("ben"), "assignee"),
            "value": Field(3, "value", null=None),
            "milestonesDone": Field(["plan"], "milestonesDone", null=None, of="steps_drafted"),
            "confidence": Field(0.25, "confidence", null=None),
            "status": Field("OFF_TRACK", "status", null=None),
            "note": Field("Other", "note", null=None, of="noted"),
            "effectiveAt": Field("2026-01-01T00:00:00Z", "effectiveAt", null=None),
        },
    ),
    "roadblockUpdate": Update(
        "title description type nextAction dueOn state resolution externalId owner { externalId } escalatedTo { externalId }",
        "no_budget",
        {
            "title": Field("Other", "title"),
            "description": Field("Other", "description", null=None),
            "type": Field("EXTERNAL", "type"),
            "owner": Field(Named("cem"), "owner", null=None),
            "nextAction": Field("Other", "nextAction", null=None),
            "dueOn": Field(day(3), "dueOn", null=None),
        },
    ),
    "roadblockEscalate": Update(
        "title type state externalId escalatedTo { externalId }",
        "no_budget",
        {"to": Field(Named("cem"), "escalatedTo", null=None)},
    ),
    "meetingUpdate": Update(
        "heldAt notes externalId team { externalId } cycle { externalId } attendees { externalId }",
        "weekly",
        {
            "cycle": Field(Named("month"), "cycle"),
            "heldAt": Field("2026-11-03T10:00:00Z", "heldAt"),
            "notes": Field("Other", "notes", null=None),
            "attendees": Field([Named("cem")], "attendees", null=[]),
        },
    ),
    "decisionUpdate": Update(
        "text dueOn state externalId owner { externalId } objective { externalId } meeting { externalId }",
        "ask_sales",
        {
            "text": Field("Other", "text"),
            "owner": Field(Named("cem"), "owner", null=None),
            "dueOn": Field(day(3), "dueOn", null=None),
            "state": Field("DROPPED", "state"),
        },
    ),
    "experimentUpdate": Update(
        "hypothesis whatChanges expectedValue expectedBy state startedOn endedOn outcome conclusion externalId owner { externalId } keyResult { externalId }",
        "trial",
        {
            "hypothesis": Field("Other", "hypothesis"),
            "whatChanges": Field("Other", "whatChanges", null=None),
            "expectedValue": Field(7.5, "expectedValue", null=None),
            "expectedBy": Field(day(3), "expectedBy", null=None),
            "owner": Field(Named("cem"), "owner", null=None),
            "startedOn": Field(day(-4), "startedOn"),
            "endedOn": Field(day(-2), "endedOn"),
            "outcome": Field("REFUTED", "outcome"),
            "conclusion": Field("Other", "conclusion", null=None),
        },
    ),
    "lessonUpdate": Update(
        "title text tags carryForward externalId owner { externalId } objective { externalId } keyResult { externalId }",
        "learned",
        {
            "title": Field("Other", "title"),
            "text": Field("Other", "text", null=None),
            "tags": Field(["other"], "tags", null=[]),
            "owner": Field(Named("cem"), "owner", null=None),
            "carryForward": Field(True, "carryForward"),
        },
    ),
    "reviewRecordUpdate": Update(
        "decision decisionReason wentWell didNot learned celebration rootCause externalId",
        "looked_back",
        {
            "decision": Field("ABANDON", "decision"),
            "decisionReason": Field("Other", "decisionReason"),
            "wentWell": Field("Other", "wentWell", null=None),
            "didNot": Field("Other", "didNot", null=None),
            "learned": Field("Other", "learned", null=None),
            "celebration": Field("Other", "celebration", null=None),
            "rootCause": Field("OTHER", "rootCause", null=None),
        },
    ),
    "pulseUpdate": Update(
        "questions externalId",
        "how_are_you",
        {"questions": Field(["Other?"], "questions")},
    ),
    "cycleUpdate": Update(
        "name startsOn endsOn externalId state parent { externalId }",
        "month",
        {
            "name": Field("Moon", "name"),
            "startsOn": Field(day(1), "startsOn"),
            "endsOn": Field(day(20), "endsOn"),
            "parent": Field(Named("quarter"), "parent", null=None),
        },
    ),
    "objectiveUpdate": Update(
        OBJECTIVE,
        "whole",
        {
            "title": Field("Other", "title"),
            "description": Field("Other", "description", null=None),
            "kind": Field("ASPIRATIONAL", "kind"),
            "progressSource": Field("OBJECTIVES", "progressSource"),
            "cadence": Field(WEEKLY, "cadence", null=None),
            "cycle": Field(Named("month"), "cycle"),
            "owner": Field(Named("cem"), "owner", null=None),
            "team": Field(Named("platform"), "team", null=None),
            "contributors": Field([Named("cem")], "contributors", null=[]),
            "priorities": Field([Named("loyalty")], "priorities", null=[]),
            "standsAloneReason": Field("Other", "standsAloneReason", null=None),
            "visibility": Field("TEAM", "visibility"),
            "sharedWith": Field([Named("cem")], "sharedWith", null=[]),
        },
    ),
    "keyResultUpdate": Update(
        KEY_RESULT,
        "travel",
        {
            "title": Field("Other", "title"),
            "description": Field("Other", "description", null=None),
            "measure": Field("INCREASE", None),
            "unit": Field("kg", "unit", null=None),
            "startValue": Field(2, "startValue", null=None),
            "targetValue": Field(20, "targetValue"),
            "cadence": Field(WEEKLY, "cadence", null=None),
            "weight": Field(3, "weight"),
            "dueOn": Field(day(20), "dueOn", null=None),
            "owner": Field(Named("cem"), "owner", null=None),
            "metric": Field(Named("kilometres"), "metric", null=None),
            "formula": Field(
                {"function": "SUM", "keyResults": [Named("uptime")]}, "formula", null=None, of="errors"
            ),
            "checkInOwner": Field(Named("cem"), "checkInOwner", null=None),
            "startConfidence": Field(0.25, "startConfidence", null=None),
            "labels": Field(["growth"], "labels", null=[]),
            "role": Field("GUARD_RAIL", "role", of="limit"),
            "brokenBudget": Field(0.5, "brokenBudget", of="guard", null=None),
            "judgedBy": Field("TIME_SHARE", "judgedBy", of="limit", null="LATEST"),
            "lowerBound": Field(41, "lowerBound", of="load"),
            "upperBound": Field(71, "upperBound", of="load"),
            "commitValue": Field(310, "commitValue", of="latency"),
            "stretchValue": Field(90, "stretchValue", of="latency"),
            "milestones": Field([{"key": "plan", "name": "Plan!"}], "milestones", of="rollout"),
        },
        {"reason": "As agreed"},
    ),
    "objectiveAlign": Update(
        OBJECTIVE,
        "whole",
        {"kind": Field("CONTRIBUTES", "parents"), "weight": Field(4, "parents")},
        {"parent": {"objective": {"externalId": "answer_fast"}}},
    ),
    "objectiveMove": Update(
        OBJECTIVE,
        "whole",
        {"kind": Field("CONTRIBUTES", "parents"), "weight": Field(4, "parents")},
        {"parent": {"objective": {"externalId": "answer_fast"}}},
    ),
}
EDITED = {
    name: set(made.fields) - NAMING - {node_field(name)}
    for name in mutations()
    if isinstance(made := schema._schema.type_map[input_type(name)], GraphQLInputObjectType)
    and "expectedVersion" in made.fields
    and set(made.fields) - NAMING - {node_field(name)}
}
WITHOUT_A_CASE = {  # inputs that name another entity and edit nothing
    "keyResultMove": {"objective"},
    "objectiveUnalign": {"parent"},
    "cycleClose": {"notMeasuredReason"},
    "objectiveReplace": EDITED["objectiveReplace"],  # it makes another: test_objective_replacement.py
    "checkInPublish": {  # it records a check-in: see tests/services/test_check_in_drafts.py
        "checkInDraft",
        "value",
        "milestonesDone",
        "confidence",
        "status",
        "note",
        "effectiveAt",
        "effectiveOn",
        "externalId",
    },
    "roadblockResolve": {"resolution"},
    "experimentStart": {"startedOn"},
    "experimentConclude": {"outcome", "conclusion", "endedOn"},
    "experimentAbandon": {"endedOn"},
    "notificationSettingsUpdate": {"settings"},  # see test_notifications.py
    "keyResultGrade": {"kind", "score", "replace"},  # see tests/services/test_grades.py
    "objectiveGrade": {"kind", "score", "replace"},
    # see test_organization_update.py
    "organizationUpdate": {
        "name",
        "timeZone",
        "language",
        "mission",
        "vision",
        "editing",
        "coachingRulesOff",
        "cadence",
        "holidayCalendar",
        "reviewRequired",
    },
}


def test_every_field_of_every_update_has_a_case():
    cases = {
        name: set(update.fields)
        | set(update.naming or {}) - NAMING
        | ({"externalId"} if name.endswith("Update") else set())  # its case is in test_updates.py
        for name, update in UPDATES.items()
    }
    assert WITHOUT_A_CASE | cases == EDITED


async def set_up(client: Client) -> None:
    """Create entities with every field set."""
    for mutation, input in (
        ("teamCreate", {"name": "Night shift", "externalId": "night", "parent": {"externalId": "support"}}),
        ("absenceCreate", {"person": {"externalId": "ann"}, "startsOn": day(3), "endsOn": day(5), "note": "At sea", "delegate": {"externalId": "ben"}, "externalId": "away"}),
        ("teamMemberAdd", {"team": {"externalId": "support"}, "person": {"externalId": "ann"}, "externalId": "ann_in_support"}),
        ("priorityCreate", {"title": "Calm", "externalId": "calm"}),
        ("priorityCreate", {"title": "Loyalty", "description": "Why", "owner": {"externalId": "ann"}, "rank": 3, "startsOn": day(0), "endsOn": day(9), "externalId": "loyalty"}),
        ("metricCreate", {"name": "Margin", "unit": "%", "description": "Of all", "betterDirection": "DOWN", "owner": {"externalId": "ann"}, "team": {"externalId": "support"}, "externalId": "margin"}),
        ("metricCreate", {"name": "Kilometres", "externalId": "kilometres"}),
        ("initiativeCreate", {"for": {"objective": {"externalId": "answer_fast"}}, "title": "Rewrite", "description": "Why", "owner": {"externalId": "ann"}, "dueOn": day(5), "state": "DONE", "link": "https://tracker.example/1", "externalId": "rewrite"}),
        ("dependencyCreate", {"needing": {"objective": {"externalId": "never_down"}}, "givingTeam": {"externalId": "support"}, "giving": {"objective": {"externalId": "answer_fast"}}, "description": "Ready", "owner": {"externalId": "ann"}, "neededBy": day(5), "state": "FAILED", "externalId": "handover"}),
        ("checkInDraftCreate", {"for": {"keyResult": {"externalId": "macros"}}, "assignee": {"externalId": "ann"}, "value": 7, "confidence": 0.5, "status": "AT_RISK", "note": "Counted", "effectiveAt": "2025-12-31T00:00:00Z", "externalId": "drafted"}),
        ("checkInDraftCreate", {"for": {"keyResult": {"externalId": "rollout"}}, "assignee": {"externalId": "ann"}, "note": "Counted", "externalId": "steps_drafted"}),
        ("checkInDraftCreate", {"for": {"keyResult": {"externalId": "uptime"}}, "assignee": {"externalId": "ann"}, "status": "AT_RISK", "note": "Counted", "externalId": "noted"}),
        ("commentCreate", {"on": {"objective": {"externalId": "answer_fast"}}, "text": "Hm", "externalId": "remark"}),
        ("roadblockCreate", {"on": {"objective": {"externalId": "answer_fast"}}, "title": "Budget", "description": "Why", "type": "RESOURCE", "owner": {"externalId": "ann"}, "nextAction": "Ask", "dueOn": day(5), "externalId": "no_budget"}),
        ("meetingRecord", {"team": {"externalId": "support"}, "cycle": {"externalId": "quarter"}, "heldAt": "2026-11-02T09:00:00Z", "notes": "All", "attendees": [{"externalId": "ann"}], "externalId": "weekly"}),
        ("decisionCreate", {"text": "Ask", "about": {"objective": {"externalId": "answer_fast"}}, "meeting": {"externalId": "weekly"}, "owner": {"externalId": "ann"}, "dueOn": day(5), "externalId": "ask_sales"}),
        ("experimentCreate", {"keyResult": {"externalId": "macros"}, "hypothesis": "Belief", "whatChanges": "All", "expectedValue": 5, "expectedBy": day(5), "startedOn": day(-5), "owner": {"externalId": "ann"}, "externalId": "trial"}),
        ("experimentConclude", {"experiment": {"externalId": "trial"}, "outcome": "CONFIRMED", "conclusion": "So", "endedOn": day(-3)}),
        ("lessonCreate", {"source": {"objective": {"externalId": "answer_fast"}}, "title": "So", "text": "Why", "tags": ["one", "two"], "owner": {"externalId": "ann"}, "externalId": "learned"}),
        ("cycleCreate", {"name": "Past", "startsOn": day(-60), "endsOn": day(-31), "externalId": "past"}),
        ("cycleActivate", {"cycle": {"externalId": "past"}}),
        ("objectiveCreate", {"title": "Past", "cycle": {"externalId": "past"}, "externalId": "past"}),
        ("cycleReview", {"cycle": {"externalId": "past"}}),
        ("reviewRecord", {"objective": {"externalId": "past"}, "decision": "KEEP", "decisionReason": "Why", "wentWell": "A", "didNot": "B", "learned": "C", "celebration": "D", "rootCause": "CAPACITY", "externalId": "looked_back"}),
        ("pulseCreate", {"cycle": {"externalId": "quarter"}, "questions": ["Clear?"], "externalId": "how_are_you"}),
        ("cycleCreate", {"name": "Month", "startsOn": day(0), "endsOn": day(25), "externalId": "month", "parent": {"externalId": "year"}}),
        ("objectiveCreate", {"title": "Whole", "description": "Why", "cycle": {"externalId": "quarter"}, "kind": "LEARNING", "progressSource": "BOTH", "owner": {"externalId": "ann"}, "team": {"externalId": "support"}, "parent": {"objective": {"externalId": "answer_fast"}}, "alignmentKind": "SUPPORTS", "weight": 2, "priorities": [{"externalId": "calm"}], "standsAloneReason": "Why not", "visibility": "PRIVATE", "sharedWith": [{"externalId": "ann"}], "externalId": "whole"}),
        ("keyResultCreate", {"objective": {"externalId": "whole"}, "title": "Travel", "description": "Far", "measure": "INCREASE", "unit": "km", "startValue": 1, "targetValue": 10, "weight": 2, "dueOn": day(10), "owner": {"externalId": "ann"}, "checkInOwner": {"externalId": "ann"}, "startConfidence": 0.5, "labels": ["far", "near"], "externalId": "travel"}),
        ("keyResultCreate", {"objective": {"externalId": "whole"}, "title": "Limit", "measure": "AT_MOST", "targetValue": 5, "weight": 0, "externalId": "limit"}),
        ("keyResultCreate", {"objective": {"externalId": "whole"}, "title": "Guard", "measure": "AT_MOST", "targetValue": 5, "role": "GUARD_RAIL", "brokenBudget": 0.1, "externalId": "guard"}),
    ):  # fmt: skip
        await client.do(mutation, **input)


async def ids(client: Client) -> dict[str, str]:
    """Return the ids of the entities that the fields name."""
    found = await client.ask(
        '{ cem: person(externalId: "cem") { id } ben: person(externalId: "ben") { id } night: team(externalId: "night") { id } platform: team(externalId: "platform") { id } '
        'month: cycle(externalId: "month") { id } quarter: cycle(externalId: "quarter") { id } loyalty: priority(externalId: "loyalty") { id } kilometres: metric(externalId: "kilometres") { id } '
        'uptime: keyResult(externalId: "uptime") { id } }'
    )
    return {name: one["id"] for name, one in found.items()}


async def seen(client: Client, mutation: str, of: str) -> dict[str, Any]:
    """Return the current fields of the node."""
    field = node_field(mutation)
    whole = await client.one(
        f"query ($e: String) {{ {field}(externalId: $e) {{ {UPDATES[mutation].node} }} }}", e=of
    )
    assert isinstance(whole, dict)
    return whole


def written(value: Any, known: dict[str, str] | None) -> Any:
    """The value as it is sent, with its references by id if the ids are known, else by external id."""
    if isinstance(value, list):
        return [written(one, known) for one in value]
    if isinstance(value, dict):
        return {name: written(one, known) for name, one in value.items()}
    if isinstance(value, Named):
        return {"externalId": value.name} if known is None else {"id": known[value.name]}
    return value


def differing(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Return the names of the fields that differ."""
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize("mutation", UPDATES)
async def test_an_update_that_names_one_field_changes_only_that_field(
    mutation: str, client: Client, acme: Acme
):
    await set_up(client)
    known, update = await ids(client), UPDATES[mutation]
    for (name, field), by in product(update.fields.items(), ("externalId", "id")):
        if by == "id" and "Named" not in str(field.value):
            continue
        of = field.of or update.of
        naming = {node_field(mutation): {"externalId": of}, **(update.naming or {})}
        before = await seen(client, mutation, of)
        value = written(field.value, known if by == "id" else None)
        done = await client.do(mutation, **naming, **{name: value})
        after = await seen(client, mutation, of)
        again = await client.do(mutation, "deltas { nodeId }", **naming, **{name: value})
        assert again == {**done, "deltas": []}, (mutation, name)
        assert await acme.seq() == done["seq"], (mutation, name)
        assert differing(before, after) <= {field.changes}, (mutation, name)
        if mutation in ("objectiveAlign", "objectiveMove"):
            [was], [now] = before["parents"], after["parents"]
            assert differing(was, now) == {name}, (mutation, name)
        emptied = await client.try_(mutation, **naming, **{name: None})
        if field.null == ():
            [error] = emptied["errors"]
            assert name in error["path"] or error["code"] in ("NO_TARGET", "WRONG_DIRECTION"), (name, error)
            assert await seen(client, mutation, of) == after, (mutation, name)
        else:
            assert emptied["errors"] == [], (mutation, name)
            left = await seen(client, mutation, of)
            assert differing(after, left) <= {field.changes}, (mutation, name)
            assert field.changes is None or left[field.changes] == field.null, (mutation, name)


async def test_an_objective_that_moves_elsewhere_takes_kind_and_weight_of_its_only_alignment_along(
    client: Client,
):
    await set_up(client)
    selected = "objective { parents { kind weight } }"
    moved = await client.do(
        "objectiveMove",
        selected,
        objective={"externalId": "whole"},
        parent={"objective": {"externalId": "never_down"}},
    )
    assert moved["objective"]["parents"] == [{"kind": "SUPPORTS", "weight": 2.0}]
    again = await client.do(
        "objectiveMove",
        selected,
        objective={"externalId": "whole"},
        parent={"objective": {"externalId": "answer_fast"}},
        weight=3,
    )
    assert again["objective"]["parents"] == [{"kind": "SUPPORTS", "weight": 3.0}]
    await client.do("objectiveMove", objective={"externalId": "whole"})
    new = await client.do(
        "objectiveAlign",
        selected,
        objective={"externalId": "whole"},
        parent={"objective": {"externalId": "never_down"}},
    )
    assert new["objective"]["parents"] == [{"kind": "CONTRIBUTES", "weight": 1.0}]
