"""Idempotency keys stay valid across new releases, a truncated feed and schema changes."""

import hashlib
from typing import Any

import orjson
import pytest
import strawberry

from okr_api.graphql.mutations.inputs import (
    Retryable,
    given,
    once_of,
    perhaps,
    unchanged,
)
from tests.acme import Acme
from tests.serving import Client

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
