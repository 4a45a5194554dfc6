"""Idempotency keys stay valid across new releases, a truncated feed and schema changes."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson
import pytest
import strawberry
from strawberry.types.unset import UnsetType

from okr_api.graphql.mutations.inputs import (
    ADDED_SINCE,
    Retryable,
    default_was,
    given,
    once_of,
    perhaps,
    unchanged,
)
from okr_api.graphql.schema import schema
from okr_api.okr.entity_fields import camel
from tests.acme import Acme
from tests.serving import Client

FORMER_INPUTS = Path(__file__).with_name("former_inputs.json")
DANA = {"name": "Dana", "idempotencyKey": "dana"}


@strawberry.input
class ItemBefore:
    value: float = given("The value.")


@strawberry.input
class Before(Retryable):
    name: str = given("The name.")
    note: str | None = perhaps("The note.")
    owner: str | None = unchanged("The owner.")
    items: list[ItemBefore] = given("The items.")


@strawberry.input
class ItemAfter(ItemBefore):
    unit: str | None = perhaps("New and optional.")


@strawberry.input
class After(Retryable):
    name: str = given("The name.")
    note: str | None = perhaps("The note.")
    owner: str | None = unchanged("The owner.")
    team: str | None = unchanged("New and optional.")
    atomic: bool = strawberry.field(default=True, description="New, with a default.")
    items: list[ItemAfter] = given("The items.")


def hash_of(input: Retryable) -> bytes:
    """Return the input hash that is stored with an idempotency key."""
    once = once_of("personCreate", input)
    assert once is not None
    return once.input_hash


def test_a_release_that_adds_an_optional_field_keeps_the_hash_of_an_input():
    given: dict[str, Any] = {"idempotency_key": "k", "name": "Dana"}
    before = hash_of(Before(**given, items=[ItemBefore(value=1)]))
    assert hash_of(After(**given, items=[ItemAfter(value=1)])) == before
    others = [
        After(**given, items=[ItemAfter(value=1, unit="%")]),
        After(**given, items=[ItemAfter(value=1)], team="t"),
        After(**given, items=[ItemAfter(value=1)], team=None),
        After(**given, items=[ItemAfter(value=1)], atomic=False),
        After(**given, items=[ItemAfter(value=2)]),
    ]
    assert len({before, *map(hash_of, others)}) == 1 + len(others)


async def test_null_for_what_may_be_left_out_is_the_same_as_leaving_it_out(client: Client, acme: Acme):
    first = await client.do("personCreate", **DANA)
    again = await client.do("personCreate", **DANA, email=None, externalId=None)
    assert again == {**first, "replayed": True}
    update = {"person": {"externalId": "ann"}, "idempotencyKey": "ann"}
    await client.do("personUpdate", **update, name="Anna")
    assert await client.refused("personUpdate", **update, name="Anna", email=None) == [
        ("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])
    ]


async def test_a_key_that_a_former_release_has_kept_is_answered(client: Client, acme: Acme):
    first = await client.do("personCreate", **DANA)
    whole = ["personCreate", {"name": "Dana", "email": None, "external_id": None}]
    hashed = hashlib.sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)).digest()
    await acme.fetch("update idempotency set input_hash = $1", hashed)
    assert await client.do("personCreate", **DANA) == {**first, "replayed": True}
    assert await client.refused("personCreate", **{**DANA, "name": "Eve"}) == [
        ("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])
    ]


# Inputs as the release before the fields of `former_inputs.json` were added to has hashed them, with defaults.
KEY_RESULT = {
    "objective": {"externalId": "answer_fast"},
    "title": "Calls",
    "measure": "DECREASE",
    "targetValue": 5,
}
KEY_RESULT_BEFORE = {
    "objective": {"external_id": "answer_fast"}, "title": "Calls", "description": None, "measure": "DECREASE",
    "unit": None, "start_value": None, "target_value": 5.0, "lower_bound": None, "upper_bound": None,
    "commit_value": None, "stretch_value": None, "milestones": None, "weight": 1.0, "due_on": None,
    "owner": None, "external_id": None,
}  # fmt: skip
OBJECTIVE = {"title": "Grow", "cycle": {"externalId": "quarter"}, "owner": {"externalId": "ann"}}
OBJECTIVE_BEFORE = {
    "title": "Grow", "description": None, "cycle": {"external_id": "quarter"}, "kind": "COMMITTED",
    "draft": False, "progress_source": "AUTO", "owner": {"external_id": "ann"}, "team": None,
    "contributors": None, "parent": None, "alignment_kind": "CONTRIBUTES", "weight": 1.0, "external_id": None,
}  # fmt: skip
HASHED_BEFORE = (
    ("keyResultCreate", KEY_RESULT, KEY_RESULT_BEFORE),
    ("keyResultCreate", KEY_RESULT | {"weight": 1}, KEY_RESULT_BEFORE),
    ("keyResultCreate", KEY_RESULT | {"weight": 2}, KEY_RESULT_BEFORE | {"weight": 2.0}),
    ("objectiveCreate", OBJECTIVE, OBJECTIVE_BEFORE),
    ("personCreate", {"name": "Dana"}, {"name": "Dana", "email": None, "external_id": None}),
)


@pytest.mark.parametrize("without_defaults", (False, True))
@pytest.mark.parametrize(("mutation", "input", "before"), HASHED_BEFORE)
async def test_a_key_from_before_a_field_was_added_is_of_the_same_input(
    mutation: str,
    input: dict[str, Any],
    before: dict[str, Any],
    without_defaults: bool,
    client: Client,
    acme: Acme,
):
    """Without defaults, an input was hashed by what it gave: here what is not null and not a default."""
    defaults = {"weight": 1.0, "kind": "COMMITTED", "draft": False, "progress_source": "AUTO", "alignment_kind": "CONTRIBUTES"}  # fmt: skip
    given = {
        name: value
        for name, value in before.items()
        if not without_defaults or (value is not None and (name, value) not in defaults.items())
    }
    first = await client.do(mutation, **input, idempotencyKey="once")
    hashed = hashlib.sha256(orjson.dumps([mutation, given], option=orjson.OPT_SORT_KEYS)).digest()
    await acme.fetch("update idempotency set input_hash = $1", hashed)
    assert await client.do(mutation, **input, idempotencyKey="once") == {**first, "replayed": True}
    assert await client.refused(mutation, **input, externalId="other", idempotencyKey="once") == [
        ("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])
    ]


def test_a_weight_that_was_the_default_is_hashed_as_none():
    @strawberry.input
    class Weighed(Retryable):
        weight: float | None = perhaps("The weight.", metadata=default_was(1.0))

    none, one, two = (hash_of(Weighed(idempotency_key="k", weight=weight)) for weight in (None, 1.0, 2.0))
    assert none == one != two


def test_what_was_added_to_an_input_is_not_hashed_as_one_of_before():
    """A field is unset by default, or marked `ADDED_SINCE`; those of `former_inputs.json` were there before."""
    before: dict[str, list[str]] = json.loads(FORMER_INPUTS.read_text("utf-8"))
    kinds = {kind.__name__: kind for kind in inputs_of_mutations()}
    assert before.keys() <= kinds.keys()
    unmarked = [
        f"{name}.{field.name}"
        for name, kind in kinds.items()
        if name in before
        for field in fields(kind)
        if camel(field.name) not in before[name]
        and not isinstance(field.default, UnsetType)
        and not ADDED_SINCE.items() <= field.metadata.items()
    ]
    assert unmarked == []


def inputs_of_mutations() -> Iterator[type[Any]]:
    """Yield the class of every input of the schema."""
    for definition in schema.schema_converter.type_map.values():
        origin = getattr(definition.definition, "origin", None)
        if getattr(definition.definition, "is_input", False) and origin is not None:
            yield origin


@pytest.mark.parametrize(
    ("mutation", "input"),
    (
        ("personCreate", {"name": "Dana"}),
        ("checkInRecord", {"keyResult": {"externalId": "macros"}, "value": 5}),
    ),
)
async def test_a_key_is_still_used_when_its_change_is_no_longer_kept(
    mutation: str, input: dict[str, Any], client: Client, acme: Acme
):
    first = await client.do(mutation, **input, idempotencyKey="once")
    await acme.fetch("delete from change where seq = $1", first["seq"])
    before = await acme.tables()
    again = await client.do(mutation, "deltas { nodeId }", **input, idempotencyKey="once")
    assert again == {**first, "replayed": True, "deltas": []}
    assert await acme.tables() == before


MILESTONES = {"milestones": [{"name": "Plan", "key": "plan"}, {"name": "All", "key": "everywhere"}]}
MOVING = (
    (
        "objective",
        "objectiveUpdate",
        {"objective": {"externalId": "never_down"}},
        {"contributors": [{"externalId": "ann"}, {"externalId": "ben"}]},
    ),
    (
        "key_result",
        "keyResultUpdate",
        {"keyResult": {"externalId": "rollout"}},
        {**MILESTONES, "owner": {"externalId": "ann"}, "reason": "As agreed"},
    ),
    (
        "cycle",
        "cycleUpdate",
        {"cycle": {"externalId": "quarter"}},
        {"name": "Q", "parent": {"externalId": "year"}},
    ),
    (
        "team",
        "teamUpdate",
        {"team": {"externalId": "platform"}},
        {"name": "P", "parent": {"externalId": "support"}},
    ),
)


@pytest.mark.parametrize(("table", "mutation", "named", "edits"), MOVING, ids=[row[1] for row in MOVING])
async def test_an_update_that_meets_a_moved_schema_is_applied_as_it_was_given(
    table: str, mutation: str, named: dict[str, Any], edits: dict[str, Any], client: Client, acme: Acme
):
    await client.do(mutation, **named, **edits)
    await acme.fetch(f"alter table {table} add column more text")
    done = await client.do(mutation, **named, **edits)
    assert done["seq"] == await acme.seq()
