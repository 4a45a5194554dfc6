"""An update of one field changes that field only, and null never means the default value."""

from dataclasses import dataclass
from typing import Any

import pytest
from graphql import GraphQLInputObjectType

from okr_api.graphql.schema import schema
from tests.acme import Acme
from tests.graphql.cases import day
from tests.serving import Client, input_type, mutations, node_field

NAMING = {"id", "externalId", "idempotencyKey", "expectedVersion", "reason", "parentId", "parentExternalId"}
MEMBERS = "externalId name"
OBJECTIVE = f"""title description kind progressSource externalId owner {{ {MEMBERS} }} team {{ {MEMBERS} }}
    cycle {{ {MEMBERS} }} contributors {{ {MEMBERS} }} parents {{ kind weight parent {{ ...on Node {{ id }} }} }}"""
KEY_RESULT = """title description measure unit startValue targetValue lowerBound upperBound commitValue stretchValue
    weight dueOn state externalId owner { externalId } objective { externalId }
    milestones { key name weight dueOn }"""


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
        "name email externalId active",
        "ben",
        {"name": Field("Benjamin", "name"), "email": Field("b@acme.example", "email", null=None)},
    ),
    "teamUpdate": Update(
        "name externalId parent { externalId }",
        "night",
        {
            "name": Field("Night", "name"),
            "parentExternalId": Field("platform", "parent", null=None),
            "parentId": Field("platform", "parent", null=None),
        },
    ),
    "cycleUpdate": Update(
        "name startsOn endsOn externalId state parent { externalId }",
        "month",
        {
            "name": Field("Moon", "name"),
            "startsOn": Field(day(1), "startsOn"),
            "endsOn": Field(day(20), "endsOn"),
            "parentExternalId": Field("quarter", "parent", null=None),
            "parentId": Field("quarter", "parent", null=None),
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
            "cycleId": Field("month", "cycle"),
            "cycleExternalId": Field("month", "cycle"),
            "ownerId": Field("cem", "owner", null=None),
            "ownerExternalId": Field("cem", "owner", null=None),
            "teamId": Field("platform", "team", null=None),
            "teamExternalId": Field("platform", "team", null=None),
            "contributorIds": Field(["cem"], "contributors", null=[]),
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
            "weight": Field(3, "weight"),
            "dueOn": Field(day(20), "dueOn", null=None),
            "ownerId": Field("cem", "owner", null=None),
            "ownerExternalId": Field("cem", "owner", null=None),
            "lowerBound": Field(41, "lowerBound", of="load"),
            "upperBound": Field(71, "upperBound", of="load"),
            "commitValue": Field(310, "commitValue", of="latency"),
            "stretchValue": Field(90, "stretchValue", of="latency"),
            "milestones": Field([{"key": "plan", "name": "Plan!"}], "milestones", of="rollout"),
        },
    ),
    "objectiveAlign": Update(
        OBJECTIVE,
        "whole",
        {"kind": Field("CONTRIBUTES", "parents"), "weight": Field(4, "parents")},
        {"parentExternalId": "answer_fast"},
    ),
    "objectiveMove": Update(
        OBJECTIVE,
        "whole",
        {"kind": Field("CONTRIBUTES", "parents"), "weight": Field(4, "parents")},
        {"parentExternalId": "answer_fast"},
    ),
}
EDITED = {
    name: set(made.fields) - NAMING
    for name in mutations()
    if isinstance(made := schema._schema.type_map[input_type(name)], GraphQLInputObjectType)
    and "expectedVersion" in made.fields
    and set(made.fields) - NAMING
}
WITHOUT_A_CASE = {  # inputs that name another entity or edit no field of the node
    "keyResultMove": {"objectiveId", "objectiveExternalId"},
    "cycleClose": {"notMeasuredReason"},
}


def test_every_field_of_every_update_has_a_case():
    parents = {"teamUpdate", "cycleUpdate"}
    assert (
        WITHOUT_A_CASE
        | {
            name: set(update.fields) - ({"parentId", "parentExternalId"} if name in parents else set())
            | ({"newExternalId"} if name.endswith("Update") else set())
            for name, update in UPDATES.items()
        }
        == EDITED
    )


async def set_up(client: Client) -> None:
    """Create entities with every field set."""
    for mutation, input in (
        ("teamCreate", {"name": "Night shift", "externalId": "night", "parentExternalId": "support"}),
        ("cycleCreate", {"name": "Month", "startsOn": day(0), "endsOn": day(25), "externalId": "month", "parentExternalId": "year"}),
        ("objectiveCreate", {"title": "Whole", "description": "Why", "cycleExternalId": "quarter", "kind": "LEARNING", "progressSource": "BOTH", "ownerExternalId": "ann", "teamExternalId": "support", "parentExternalId": "answer_fast", "alignmentKind": "SUPPORTS", "weight": 2, "externalId": "whole"}),
        ("keyResultCreate", {"objectiveExternalId": "whole", "title": "Travel", "description": "Far", "measure": "INCREASE", "unit": "km", "startValue": 1, "targetValue": 10, "weight": 2, "dueOn": day(10), "ownerExternalId": "ann", "externalId": "travel"}),
    ):  # fmt: skip
        await client.do(mutation, **input)


async def ids(client: Client) -> dict[str, str]:
    """Return the ids of the entities that the fields name."""
    found = await client.ask(
        '{ cem: person(externalId: "cem") { id } platform: team(externalId: "platform") { id } '
        'month: cycle(externalId: "month") { id } quarter: cycle(externalId: "quarter") { id } }'
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


def differing(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Return the names of the fields that differ."""
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize("mutation", UPDATES)
async def test_an_update_that_names_one_field_changes_only_that_field(
    mutation: str, client: Client, acme: Acme
):
    await set_up(client)
    known, update = await ids(client), UPDATES[mutation]
    for name, field in update.fields.items():
        of = field.of or update.of
        naming = {"externalId": of, **(update.naming or {})}
        before = await seen(client, mutation, of)
        value = field.value
        if name.endswith(("Id", "Ids")) and not name.endswith("ExternalId"):
            value = [known[one] for one in value] if isinstance(value, list) else known[value]
            await client.do(mutation, **naming, **({name: None} if field.null != () else {}))
            before = await seen(client, mutation, of)
        await client.do(mutation, **naming, **{name: value})
        after = await seen(client, mutation, of)
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
    moved = await client.do("objectiveMove", selected, externalId="whole", parentExternalId="never_down")
    assert moved["objective"]["parents"] == [{"kind": "SUPPORTS", "weight": 2.0}]
    again = await client.do(
        "objectiveMove", selected, externalId="whole", parentExternalId="answer_fast", weight=3
    )
    assert again["objective"]["parents"] == [{"kind": "SUPPORTS", "weight": 3.0}]
    await client.do("objectiveMove", externalId="whole")
    new = await client.do("objectiveAlign", selected, externalId="whole", parentExternalId="never_down")
    assert new["objective"]["parents"] == [{"kind": "CONTRIBUTES", "weight": 1.0}]
