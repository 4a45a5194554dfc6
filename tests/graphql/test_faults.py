"""Unexpected errors are masked: clients get a reference, the log the details; documents have codes too."""

import logging
from typing import Any

import pytest

from tests.acme import Acme
from tests.graphql.conftest import Stage
from tests.serving import Client, Server


def told(problem: dict[str, Any], caplog: pytest.LogCaptureFixture) -> str:
    """Return what was logged under the reference of a masked error, whose message reveals nothing."""
    assert set(problem) == {"message", "code", "reference"}
    assert problem["code"] == "INTERNAL"
    assert problem["message"].endswith(problem["reference"])
    for word in ("select", "asyncpg", "column", "relation", "Error", "okr_api", "postgres"):
        assert word not in problem["message"]
    [record] = [one for one in caplog.records if problem["reference"] in one.getMessage()]
    assert record.levelno == logging.ERROR
    assert record.exc_info
    return f"{record.exc_info[1]}"


async def test_a_query_that_the_database_cannot_answer_is_masked(
    client: Client, acme: Acme, caplog: pytest.LogCaptureFixture
):
    await acme.fetch("alter table objective rename column description to secret")
    problem = await client.problem("{ objectives { nodes { description } } }")
    assert "description" in told(problem, caplog)
    assert await client.ask("{ objectives(first: 1) { nodes { title } } }")


async def test_a_mutation_that_the_database_refuses_is_masked_and_changes_nothing(
    client: Client, acme: Acme, caplog: pytest.LogCaptureFixture
):
    await acme.fetch("alter table person add constraint nobody_new check (name <> 'Dana')")
    before = await acme.tables()
    problem = await client.problem('mutation { personCreate(input: {name: "Dana"}) { seq } }')
    assert "nobody_new" in told(problem, caplog)
    assert await acme.tables() == before
    assert await client.do("personCreate", name="Eve")


async def test_a_subscription_that_the_database_fails_is_masked_and_ends(
    client: Client, served: Server, acme: Acme, caplog: pytest.LogCaptureFixture
):
    async with served.socket(acme.token) as socket:
        events = await socket.follow("subscription { changes { seq node { ... on KeyResult { unit } } } }")
        await acme.fetch("alter table key_result rename column unit to secret")
        await acme.fetch("alter table key_result add column unit text")
        await client.do("keyResultPause", keyResult={"externalId": "macros"}, reason="Later")
        await events.next()
        await acme.fetch("alter table key_result drop column unit")
        await acme.fetch("alter table key_result rename column secret to unit")
        await client.do("keyResultRestore", keyResult={"externalId": "macros"})
        assert (await events.next())["node"] == {"unit": None}
        await acme.fetch("alter table change rename column reason to secret")
        await acme.fetch("update feed_head set seq = seq + 1")
        await acme.fetch("alter table person rename column email to secret")
        lost = await socket.subscribe("{ people { nodes { email } } }")
        assert "email" in told(await lost.problem(), caplog)


async def test_connections_that_are_lost_are_replaced(client: Client, served: Server, acme: Acme):
    await client.ask("{ seq }")
    await acme.fetch(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )
    codes = set()
    for _ in range(25):  # each pooled connection may fail once after it was closed
        answer = await client.answer("{ seq }")
        codes.add(answer["errors"][0]["extensions"]["code"] if "errors" in answer else "")
    assert codes <= {"", "INTERNAL"}
    assert await client.ask("{ seq }")
    assert await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=5)


@pytest.mark.parametrize(
    ("query", "code"),
    (
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ seq seq: organization { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { seq } query B { seq }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($a: Nothing) { seq }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...F } fragment F on Query { ...F }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ seq @unknown }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ objective(id: 5.5) { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ objectiveTree(depth: 99999999999) { seq } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { changes { seq } progressChanged { seq } }", "GRAPHQL_VALIDATION_FAILED"),
        ("", "BAD_REQUEST"),
    ),
)
async def test_what_is_wrong_with_a_document_has_a_code(query: str, code: str, stage: Stage):
    answer = await stage.client.answer(query)
    assert "data" not in answer or answer["data"] is None
    assert {error["extensions"]["code"] for error in answer["errors"]} <= {code, "BAD_REQUEST"}
    assert all(error["message"] for error in answer["errors"])


async def test_which_of_several_operations_is_meant_has_to_be_said(stage: Stage):
    body = {
        "query": 'query A { seq } query B { viewer { name } } mutation C { personCreate(input: {name: "x"}) { seq } }'
    }
    for name, code in ((None, "GRAPHQL_VALIDATION_FAILED"), ("D", "BAD_REQUEST"), ("", None)):
        response = await stage.client.http.post("/graphql", json={**body, "operationName": name})
        answer = response.json()
        assert not answer.get("data")
        assert code in (None, answer["errors"][0]["extensions"]["code"])
    for name, data in (("A", {"seq": await stage.acme.seq()}), ("B", {"viewer": {"name": "Ann"}})):
        response = await stage.client.http.post("/graphql", json={**body, "operationName": name})
        assert response.json()["data"] == data


async def test_one_wrong_root_field_does_not_hide_the_others(stage: Stage):
    answer = await stage.client.answer("{ seq objective { id } viewer { name } }")
    assert answer["data"] == {"seq": await stage.acme.seq(), "objective": None, "viewer": {"name": "Ann"}}
    [error] = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["objective"], "INVALID_INPUT")


async def test_every_mutation_of_a_document_is_done_in_its_turn(stage: Stage):
    data = await stage.client.ask(
        'mutation { a: personCreate(input: {name: "A"}) { seq } b: personCreate(input: {name: " "}) { seq errors { code } } '
        'c: personCreate(input: {name: "C"}) { seq person { name } } }'
    )
    first = data["a"]["seq"]
    assert data == {
        "a": {"seq": first},
        "b": {"seq": first, "errors": [{"code": "INVALID_INPUT"}]},
        "c": {"seq": first + 1, "person": {"name": "C"}},
    }
