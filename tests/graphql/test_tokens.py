"""Tokens through the API: admins create, list and revoke them; the secret is returned once and not stored."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import websockets

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import MAX_TOKEN_LIFETIME, MAX_TOKEN_NAME_LENGTH
from okr_api.graphql.types.token import scope_names
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import decode_token_id, encode_id
from okr_api.services import organization
from okr_api.transport import token_revalidation
from tests.acme import Acme, Workplace
from tests.graphql.conftest import Stage
from tests.serving import TOKEN_MUTATIONS, Client, Server

NIGHTLY = {"service": "nightly", "scopes": ["CHECK_IN"]}
CREATED = "deltas { nodeId } secret token { id name person { name } scopes createdAt expiresAt revokedAt }"
REVOKED = "deltas { nodeId } token { id revokedAt }"
LISTED = "{ tokens { totalCount nodes { id name person { name } scopes createdAt expiresAt revokedAt } } }"
WHO = "{ viewer { name scopes person { name } } }"


async def test_an_admin_creates_a_token_for_a_service(client: Client, served: Server, acme: Acme):
    seq = await client.one("{ seq }")
    done = await client.do("tokenCreate", CREATED, **NIGHTLY)
    token = done["token"]
    assert (done["seq"], done["deltas"], done["replayed"]) == (seq, [], False)
    assert {name: token[name] for name in ("name", "person", "scopes", "expiresAt", "revokedAt")} == {
        "name": "nightly", "person": None, "scopes": ["CHECK_IN"], "expiresAt": None, "revokedAt": None
    }  # fmt: skip
    who = await served.client(done["secret"]).ask(WHO)
    assert who["viewer"] == {"name": "nightly", "scopes": ["READ", "CHECK_IN"], "person": None}
    assert (await client.one(LISTED))["nodes"][-1] == token
    assert await acme.seq() == seq


@pytest.mark.parametrize("by_id", (True, False))
async def test_an_admin_creates_a_token_for_a_person(client: Client, served: Server, acme: Acme, by_id: bool):
    named = (
        {"person": {"id": encode_id(NodeType.PERSON, acme.ben)}}
        if by_id
        else {"person": {"externalId": "ben"}}
    )
    ends = (datetime.now(UTC) + timedelta(days=90)).replace(microsecond=0)
    done = await client.do(
        "tokenCreate", CREATED, **named, scopes=["ADMIN", "WRITE", "READ"], expiresAt=ends.isoformat()
    )
    token = done["token"]
    assert (token["name"], token["person"], token["scopes"]) == (
        "Ben",
        {"name": "Ben"},
        ["READ", "WRITE", "ADMIN"],
    )
    assert datetime.fromisoformat(token["expiresAt"]) == ends
    assert (await served.client(done["secret"]).ask(WHO))["viewer"]["person"] == {"name": "Ben"}


async def test_a_token_of_a_service_may_see_what_is_private(client: Client):
    done = await client.do("tokenCreate", "token { seesPrivate }", **NIGHTLY, seesPrivate=True)
    assert done["token"] == {"seesPrivate": True}
    assert (await client.one("{ tokens { nodes { seesPrivate } } }"))["nodes"][-2:] == [
        {"seesPrivate": False},
        {"seesPrivate": True},
    ]


async def test_the_secret_is_kept_nowhere_and_a_replay_says_so(client: Client, acme: Acme):
    await acme.person("Before")  # a change that is not about a token
    seq = await acme.seq()
    once = {**NIGHTLY, "idempotencyKey": "nightly"}
    first = await client.do("tokenCreate", CREATED, **once)
    tables = await acme.tables()
    again = await client.do("tokenCreate", CREATED, **once)
    assert again == {**first, "secret": None, "replayed": True}
    assert await acme.tables() == tables
    assert first["secret"] not in str(tables)
    assert first["secret"][4:47] not in str(tables)
    assert len(await acme.fetch("select from idempotency where key = 'nightly'")) == 1
    assert await client.refused("tokenCreate", **{**once, "scopes": ["ADMIN"]}) == [
        ("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])
    ]
    page = await client.one("query ($s: Seq!) { changes(after: $s) { nodes { seq } } }", s=seq)
    assert page == {"nodes": []}


async def test_a_revoked_token_is_nobodys_at_once_and_stays_in_the_list(
    client: Client, served: Server, acme: Acme
):
    made = await client.do("tokenCreate", CREATED, **NIGHTLY)
    bearer = served.client(made["secret"])
    await bearer.ask("{ seq }")
    once = {"id": made["token"]["id"], "idempotencyKey": "end"}
    done = await client.do("tokenRevoke", REVOKED, **once)
    assert (await bearer.answer("{ seq }"))["errors"][0]["extensions"]["code"] == "NOT_AUTHENTICATED"
    assert done["token"]["revokedAt"]
    assert await client.do("tokenRevoke", REVOKED, **once) == {**done, "replayed": True}
    assert (await client.do("tokenRevoke", REVOKED, id=once["id"]))["token"] == done["token"]
    [listed] = [one for one in (await client.one(LISTED))["nodes"] if one["id"] == once["id"]]
    assert listed["revokedAt"] == done["token"]["revokedAt"]


async def test_the_token_of_a_person_who_is_removed_is_nobodys_at_once(
    client: Client, served: Server, acme: Acme
):
    made = await client.do("tokenCreate", CREATED, person={"externalId": "cem"}, scopes=["READ"])
    bearer = served.client(made["secret"])
    await bearer.ask("{ seq }")
    await client.do("personRemove", person={"externalId": "cem"})
    assert (await bearer.answer("{ seq }"))["errors"][0]["extensions"]["code"] == "NOT_AUTHENTICATED"


async def test_ones_own_token_may_be_revoked(client: Client, served: Server, acme: Acme):
    made = await client.do("tokenCreate", CREATED, service="setup", scopes=["ADMIN"])
    own = served.client(made["secret"])
    done = await own.do("tokenRevoke", REVOKED, id=made["token"]["id"])
    assert done["token"]["revokedAt"]
    assert (await own.answer("{ seq }"))["errors"][0]["extensions"]["code"] == "NOT_AUTHENTICATED"


async def test_the_sockets_of_a_revoked_token_are_closed(
    client: Client, served: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    assert served.app_services
    assert served.sockets
    made = await client.do("tokenCreate", CREATED, **NIGHTLY)
    async with served.connect() as connection:
        introduced = {"type": "connection_init", "payload": {"Authorization": f"Bearer {made['secret']}"}}
        await connection.send(json.dumps(introduced))
        assert json.loads(await connection.recv())["type"] == "connection_ack"
        await client.do("tokenRevoke", id=made["token"]["id"])
        monkeypatch.setattr(token_revalidation, "LOOKED_UP_AGAIN_S", 0.01)
        async with served.sockets.watch.running(served.app_services.tokens):
            with pytest.raises(websockets.ConnectionClosed):
                await connection.recv()
        assert connection.close_code == 4403


async def test_tokens_are_listed_a_page_at_a_time_and_only_those_of_the_organisation(
    client: Client, served: Server, acme: Acme
):
    beta = await Workplace.found(acme.database, acme.notifier, "Beta")
    theirs = await acme.tokens.create(beta.organization.id, name="b", scopes=[Scope.ADMIN])
    whole = await client.one(LISTED)
    stored = await acme.tokens.all(acme.organization.id)
    assert [decode_token_id(one["id"]) for one in whole["nodes"]] == [one.id for one in stored]
    assert [one["scopes"] for one in whole["nodes"]] == [scope_names(one.scopes) for one in stored]
    assert whole["totalCount"] == len(stored)
    paged = "query ($a: String) { tokens(first: 2, after: $a) { nodes { id } pageInfo { endCursor hasNextPage } } }"
    seen: list[str] = []
    after = None
    while True:
        page = await client.one(paged, a=after)
        seen += [one["id"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == [one["id"] for one in whole["nodes"]]
    their_id = (await served.client(theirs).one(LISTED))["nodes"][-1]["id"]
    assert await client.refused("tokenRevoke", id=their_id) == [("NOT_FOUND", ["id"])]
    assert await client.one("query ($id: ID!) { node(id: $id) { id } }", id=seen[0]) is None


@pytest.mark.parametrize("scope", (Scope.READ, Scope.CHECK_IN, Scope.WRITE))
async def test_only_an_admin_may(stage: Stage, scope: Scope):
    lesser = stage.served.client(stage.acme.world.tokens[scope])
    tables = await stage.acme.tables()
    inputs: tuple[dict[str, Any], ...] = (NIGHTLY, {"id": "tok_" + "0" * 32})
    for mutation, input in zip(TOKEN_MUTATIONS, inputs, strict=True):
        assert await lesser.refused(mutation, **input) == [("FORBIDDEN", [])]
    answer = await lesser.answer(LISTED)
    assert answer["data"] == {"tokens": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await stage.acme.tables() == tables


def later(delta: timedelta) -> str:
    return (datetime.now(UTC) + delta).isoformat()


REFUSED: tuple[tuple[str, dict[str, Any], str, list[str]], ...] = (
    ("tokenCreate", {"scopes": ["READ"]}, "INVALID_INPUT", ["service"]),
    ("tokenCreate", {**NIGHTLY, "person": {"externalId": "ann"}}, "INVALID_INPUT", ["service"]),
    ("tokenCreate", {**NIGHTLY, "person": {"id": "x" * 100_001}}, "NOT_FOUND", ["person", "id"]),
    ("tokenCreate", {"person": {"externalId": "nobody"}, "scopes": ["READ"]}, "NOT_FOUND", ["person", "externalId"]),
    ("tokenCreate", {"person": {"externalId": "gone"}, "scopes": ["READ"]}, "PERSON_IS_REMOVED", ["person", "externalId"]),
    ("tokenCreate", {"service": "nightly", "scopes": []}, "INVALID_INPUT", ["scopes"]),
    ("tokenCreate", {**NIGHTLY, "service": " "}, "INVALID_INPUT", ["service"]),
    ("tokenCreate", {**NIGHTLY, "service": "x" * (MAX_TOKEN_NAME_LENGTH + 1)}, "INVALID_INPUT", ["service"]),
    ("tokenCreate", {**NIGHTLY, "expiresAt": later(-timedelta(minutes=1))}, "INVALID_INPUT", ["expiresAt"]),
    ("tokenCreate", {**NIGHTLY, "expiresAt": later(MAX_TOKEN_LIFETIME + timedelta(hours=2))}, "INVALID_INPUT", ["expiresAt"]),
    ("tokenCreate", {**NIGHTLY, "idempotencyKey": ""}, "INVALID_INPUT", ["idempotencyKey"]),
    ("tokenRevoke", {"id": "tok_" + "0" * 32}, "NOT_FOUND", ["id"]),
    ("tokenRevoke", {"id": "x" * 100_001}, "NOT_FOUND", ["id"]),
    ("tokenRevoke", {"id": "per_" + "0" * 32}, "NOT_FOUND", ["id"]),
)  # fmt: skip


@pytest.mark.parametrize(("mutation", "input", "code", "path"), REFUSED)
async def test_it_is_refused_and_nothing_is_made(
    mutation: str, input: dict[str, Any], code: str, path: list[str], client: Client, acme: Acme
):
    gone = await acme.person("Gone", external_id="gone")
    await acme.done(organization.remove_person, person=gone)
    tables = await acme.tables()
    done = await client.try_(
        mutation, "token { id }" + (" secret" if mutation == "tokenCreate" else ""), **input
    )
    assert [(error["code"], error["path"]) for error in done["errors"]] == [(code, path)]
    assert done["token"] is None
    assert not done.get("secret")
    assert await acme.tables() == tables
