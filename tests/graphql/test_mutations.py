"""Rules for every mutation: applied once, one change, specific errors, and no effect of a rejected call."""

import re
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, is_required_input_field

from okr_api.auth.actor import Scope
from okr_api.graphql.schema import schema
from tests.acme import Acme
from tests.graphql.cases import CASES, by_ids, ids_of, set_the_stage
from tests.graphql.conftest import Stage
from tests.serving import Client, input_type, mutations, node_field

every_mutation = pytest.mark.parametrize("mutation", mutations())
DELETING = (
    "teamMemberRemove",
    "priorityDelete",
    "metricDelete",
    "initiativeDelete",
    "dependencyDelete",
    "absenceDelete",
    "checkInDraftDelete",
    "commentDelete",
    "reactionRemove",
    "roadblockDelete",
    "meetingDelete",
    "decisionDelete",
    "experimentDelete",
    "lessonDelete",
    "reviewRecordDelete",
    "pulseDelete",
)
DELTA = "nodeId progressBefore progressAfter statusBefore statusAfter"


def fields_of(mutation: str) -> dict[str, Any]:
    """Return the fields of a mutation's input."""
    kind = schema._schema.type_map[input_type(mutation)]
    assert isinstance(kind, GraphQLInputObjectType)
    return kind.fields


def needed_scope(mutation: str) -> Scope:
    """Return the scope that the mutation's description names."""
    kind = schema._schema.mutation_type
    assert isinstance(kind, GraphQLObjectType)
    [name] = re.findall(r"Needs (\w+)\.", kind.fields[mutation].description or "")
    return Scope[name]


async def known_ids(client: Client, acme: Acme) -> dict[str, str]:
    """Return the ids of all entities that the cases name."""
    ids = ids_of(acme)
    found = await client.ask(
        '{ draft: objective(externalId: "perhaps") { id } next: cycle(externalId: "next") { id } '
        'read: keyResult(externalId: "macros") { latestCheckIn { id } } '
        'joined: teamMembership(externalId: "ann_in_support") { id } '
        'served: priority(externalId: "loyalty") { id } '
        'metric(externalId: "open_tickets") { id } metricReading(externalId: "first_read") { id } '
        'initiative(externalId: "rewrite") { id } dependency(externalId: "handover") { id } absence(externalId: "away") { id } checkInDraft(externalId: "drafted") { id } comment(externalId: "remark") { id } '
        'roadblock(externalId: "no_budget") { id } meeting(externalId: "weekly") { id } '
        'decision(externalId: "ask_sales") { id } '
        'experiment(externalId: "trial") { id } lesson(externalId: "learned") { id } reviewRecord(externalId: "looked_back") { id } pulse(externalId: "how_are_you") { id } }'
    )
    ids["first"] = found["read"]["latestCheckIn"]["id"]
    for name, field in (
        ("next", "next"),
        ("ann_in_support", "joined"),
        ("loyalty", "served"),
        ("open_tickets", "metric"),
        ("first_read", "metricReading"),
        ("rewrite", "initiative"),
        ("away", "absence"),
        ("handover", "dependency"),
        ("drafted", "checkInDraft"),
        ("remark", "comment"),
        ("no_budget", "roadblock"),
        ("weekly", "meeting"),
        ("ask_sales", "decision"),
        ("trial", "experiment"),
        ("learned", "lesson"),
        ("looked_back", "reviewRecord"),
        ("how_are_you", "pulse"),
    ):
        if found[field]:
            ids[name] = found[field]["id"]
    return ids | ({"perhaps": found["draft"]["id"]} if found["draft"] else {})


def test_every_mutation_has_a_case():
    assert sorted(CASES) == sorted(mutations())


@every_mutation
async def test_it_is_one_change_and_a_retry_answers_it_again(mutation: str, client: Client, acme: Acme):
    case = CASES[mutation]
    await set_the_stage(acme, client, case)
    input = by_ids(case.input, await known_ids(client, acme))
    assert "xternalId" not in str(input)
    seq = await client.one("{ seq }")
    field = node_field(mutation)
    selected = "{ __typename }" if field == "results" else "{ __typename id }"
    key = {"idempotencyKey": "once"}
    first = await client.do(mutation, f"{field} {selected} deltas {{ {DELTA} }}", **input, **key)
    assert (first["seq"], first["replayed"]) == (seq + 1, False)
    assert bool(first[field]) is (mutation not in DELETING)
    page = await client.one(
        "query ($after: Seq!) { changes(after: $after) "
        f"{{ nodes {{ seq kind deltas {{ {DELTA} }} }} endSeq hasMore }} }}",
        after=seq,
    )
    assert page == {
        "nodes": [{"seq": seq + 1, "kind": case.kind, "deltas": first["deltas"]}],
        "endSeq": seq + 1,
        "hasMore": False,
    }
    tables = await acme.tables()
    again = await client.do(mutation, f"{field} {selected} deltas {{ {DELTA} }}", **input, **key)
    assert again == {**first, "replayed": True}
    assert await client.refused(mutation, **{**input, **case.other}, **key) == [
        ("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])
    ]
    assert await acme.tables() == tables
    assert await acme.verify() == []


@every_mutation
async def test_it_is_refused_in_its_own_words_and_changes_nothing(mutation: str, stage: Stage):
    acme, client = stage.acme, stage.client
    case, fields = CASES[mutation], fields_of(mutation)
    tables = await acme.tables()
    needed = needed_scope(mutation)
    for scope in list(Scope)[: list(Scope).index(needed)]:
        lesser = stage.served.client(acme.world.tokens[scope])
        assert await lesser.refused(mutation, **case.input) == [("FORBIDDEN", [])]
    if "expectedVersion" in fields:
        stale = await client.try_(mutation, **case.input, expectedVersion=999)
        [error] = stale["errors"]
        assert (error["code"], error["path"]) == ("VERSION_CONFLICT", ["expectedVersion"])
        assert error["currentVersion"] in (1, 2)
    if "id" in fields:
        unnamed = {name: value for name, value in case.input.items() if name != "externalId"}
        assert await client.refused(mutation, **unnamed) == [("INVALID_INPUT", ["id"])]
        assert await client.refused(mutation, **case.input, id="x") == [("INVALID_INPUT", ["id"])]
        for id in ("x", "", "obj_", "per_" + "0" * 32, "obj_" + "0" * 32, "chk_" + "z" * 32):
            assert await client.refused(mutation, **unnamed, id=id) == [("NOT_FOUND", ["id"])]
        for external_id in ("nobody", "", "x" * 201, "lone"):
            assert await client.refused(mutation, **unnamed, externalId=external_id) == [
                ("NOT_FOUND", ["externalId"])
            ]
    for key in ("", "x" * 201):
        assert await client.refused(mutation, **case.input, idempotencyKey=key) == [
            ("INVALID_INPUT", ["idempotencyKey"])
        ]
    assert await acme.tables() == tables


@every_mutation
async def test_an_input_that_leaves_out_what_is_needed_is_not_run(mutation: str, stage: Stage):
    whole = CASES[mutation].input
    required = [name for name, one in fields_of(mutation).items() if is_required_input_field(one)]
    for name in required:
        lacking = {key: value for key, value in whole.items() if key != name}
        text = f"mutation ($input: {input_type(mutation)}!) {{ {mutation}(input: $input) {{ seq }} }}"
        problem = await stage.client.problem(text, input=lacking)
        assert problem["code"] == "BAD_USER_INPUT"
        assert name in problem["message"]


async def test_a_delta_has_confidence_coverage_and_value_before_and_after(client: Client):
    done = await client.do(
        "checkInRecord",
        "deltas { nodeType progressBefore progressAfter confidenceBefore confidenceAfter "
        "coverageBefore coverageAfter valueBefore valueAfter node { title } }",
        keyResult={"externalId": "macros"},
        value=5,
        confidence=0.8,
    )
    macros, objective = done["deltas"][:2]
    assert macros == {
        "nodeType": "KEY_RESULT",
        "progressBefore": None,
        "progressAfter": 0.5,
        "confidenceBefore": None,
        "confidenceAfter": 0.8,
        "coverageBefore": 0.0,
        "coverageAfter": 1.0,
        "valueBefore": None,
        "valueAfter": 5.0,
        "node": {"title": "Macros"},
    }
    assert (objective["nodeType"], objective["confidenceAfter"]) == ("OBJECTIVE", 0.8)
    assert (objective["valueBefore"], objective["valueAfter"]) == (None, None)
    assert objective["coverageBefore"] < objective["coverageAfter"]
