"""What holds for every mutation: applied once, one change, refused in its own words and without a trace."""

import re
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, GraphQLObjectType

from okr_api.graphql.schema import schema
from okr_api.identity.actor import Scope
from tests.acme import Acme
from tests.graphql.cases import CASES, by_ids, ids_of, set_the_stage
from tests.serving import Client, Server, input_type, mutations, node_field

every_mutation = pytest.mark.parametrize("mutation", mutations())
DELTA = "nodeId before after statusBefore statusAfter"


def fields_of(mutation: str) -> dict[str, Any]:
    """The fields of a mutation's input."""
    kind = schema._schema.type_map[input_type(mutation)]
    assert isinstance(kind, GraphQLInputObjectType)
    return kind.fields


def needed_scope(mutation: str) -> Scope:
    """The scope that its description names."""
    kind = schema._schema.mutation_type
    assert isinstance(kind, GraphQLObjectType)
    [name] = re.findall(r"Needs (\w+)\.", kind.fields[mutation].description or "")
    return Scope[name]


def test_every_mutation_has_a_case():
    assert sorted(CASES) == sorted(mutations())


@every_mutation
async def test_it_is_one_change_and_a_retry_answers_it_again(
    mutation: str, client: Client, acme: Acme, served: Server
):
    case = CASES[mutation]
    await set_the_stage(acme, client, case)
    seq = await client.one("{ seq }")
    field = node_field(mutation)
    selected = "{ __typename }" if field == "results" else "{ __typename id }"
    key = {"idempotencyKey": "once"}
    first = await client.do(mutation, f"{field} {selected} deltas {{ {DELTA} }}", **case.input, **key)
    assert (first["seq"], first["replayed"]) == (seq + 1, False)
    assert first[field]
    page = await client.one(
        "query ($after: Seq!) { changes(after: $after) { nodes { seq kind deltas { %s } } endSeq hasMore } }"
        % DELTA,
        after=seq,
    )
    assert page == {
        "nodes": [{"seq": seq + 1, "kind": case.kind, "deltas": first["deltas"]}],
        "endSeq": seq + 1,
        "hasMore": False,
    }
    tables = await acme.tables()
    again = await client.do(mutation, f"{field} {selected} deltas {{ {DELTA} }}", **case.input, **key)
    assert again == {**first, "replayed": True}
    assert await client.refused(mutation, **{**case.input, **case.other}, **key) == [
        ("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])
    ]
    assert await acme.tables() == tables
    assert await acme.verify() == []


@every_mutation
async def test_it_is_refused_in_its_own_words_and_changes_nothing(
    mutation: str, client: Client, acme: Acme, served: Server
):
    case, fields = CASES[mutation], fields_of(mutation)
    await set_the_stage(acme, client, case)
    tables = await acme.tables()
    needed = needed_scope(mutation)
    for scope in list(Scope)[: list(Scope).index(needed)]:
        lesser = served.client(acme.world.tokens[scope])
        assert await lesser.refused(mutation, **case.input) == [("FORBIDDEN", [])]
    if "expectedVersion" in fields:
        stale = await client.try_(mutation, **case.input, expectedVersion=999)
        [error] = stale["errors"]
        assert (error["code"], error["path"]) == ("VERSION_CONFLICT", ["expectedVersion"])
        assert error["currentVersion"] in range(1, 9)
    if "externalId" in case.input and mutation not in ("personCreate", "teamCreate"):
        unnamed = {name: value for name, value in case.input.items() if name != "externalId"}
        assert await client.refused(mutation, **unnamed) == [("INVALID_INPUT", ["id"])]
        assert await client.refused(mutation, **case.input, id="x") == [("INVALID_INPUT", ["id"])]
        assert await client.refused(mutation, **unnamed, id="x") == [("NOT_FOUND", ["id"])]
        assert await client.refused(mutation, **unnamed, externalId="nobody") == [
            ("NOT_FOUND", ["externalId"])
        ]
        for bad in ("", "NUL \0", "x" * 201):
            said = await client.answer(
                f"mutation ($input: {input_type(mutation)}!) {{ {mutation}(input: $input) "
                "{ errors { code } } }",
                input={**unnamed, "externalId": bad},
            )
            assert "errors" in said or said["data"][mutation]["errors"], bad
    for key in ("", "x" * 201):
        assert await client.refused(mutation, **case.input, idempotencyKey=key) == [
            ("INVALID_INPUT", ["idempotencyKey"])
        ]
    assert await acme.tables() == tables


@every_mutation
async def test_ids_do_as_well_as_external_ids(mutation: str, client: Client, acme: Acme):
    case = CASES[mutation]
    ids = ids_of(acme)
    await set_the_stage(acme, client, case)
    for kind, name in (("checkIn", "first"), ("objective", "perhaps")):
        if kind == "objective":
            found = await client.one('query ($e: String) { objective(externalId: $e) { id } }', e=name)
            ids |= {name: found["id"]} if found else {}
        else:
            latest = await client.one('{ keyResult(externalId: "macros") { latestCheckIn { id } } }')
            ids["first"] = latest["latestCheckIn"]["id"]
    renamed = by_ids(case.input, ids)
    assert "xternalId" not in str(renamed)
    await client.do(mutation, **renamed)


@every_mutation
async def test_an_input_that_leaves_out_what_is_needed_is_not_run(mutation: str, client: Client):
    required = [name for name, one in fields_of(mutation).items() if isinstance(one.type, GraphQLNonNull) and one.default_value is None]  # fmt: skip
    whole = {**CASES[mutation].input}
    for name in required:
        if name in whole:
            lacking = {key: value for key, value in whole.items() if key != name}
            problem = await client.problem(
                f"mutation ($input: {input_type(mutation)}!) {{ {mutation}(input: $input) {{ seq }} }}",
                input=lacking,
            )
            assert problem["code"] in ("GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT")
