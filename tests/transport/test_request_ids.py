"""Each request has an id: in its response, and with the change that it makes."""

import asyncio
from uuid import UUID

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.entity import NodeType
from okr_api.pubsub.change_stream import ChangeStream
from okr_api.query_engine.global_ids import encode_id
from okr_api.services.import_export.importer import import_document
from okr_api.transport.request_id import MAX_REQUEST_ID_LENGTH
from tests.acme import Acme, said
from tests.services.import_export.files import IMPORTER, quarter
from tests.serving import Client, Server, serving

SEQ = {"query": "{ seq }"}
WHO = "select id from token where name = $1"


async def id_of(
    client: Client, path: str = "/graphql", *, sent: str | bytes | None = None, **asked: object
) -> str:
    """The id in the response to a request."""
    headers = {} if sent is None else {b"X-Request-Id": sent if isinstance(sent, bytes) else sent.encode()}
    if asked:
        response = await client.http.post(path, json=asked, headers=headers)
    else:
        response = await client.http.get(path, headers=headers)
    [found] = response.headers.get_list("x-request-id")
    return found


@pytest.mark.parametrize("sent", ("a", "checkout 7/9 (retry)", "~" * MAX_REQUEST_ID_LENGTH))
async def test_a_request_keeps_the_id_that_it_has(unlimited: tuple[Server, str], sent: str):
    server, token = unlimited
    client = server.client(token)
    assert await id_of(client, sent=sent, **SEQ) == sent
    assert await id_of(client, sent=sent, query="{ seq }", variables=5) == sent
    assert await id_of(client, "/health/live", sent=sent) == sent
    assert await id_of(client, "/nowhere", sent=sent) == sent
    assert await id_of(server.client(None), sent=sent, **SEQ) == sent


@pytest.mark.parametrize("sent", (None, "", "~" * (MAX_REQUEST_ID_LENGTH + 1), "a\tb", "ä".encode()))
async def test_one_without_a_printable_id_gets_one(unlimited: tuple[Server, str], sent: str | bytes | None):
    server, token = unlimited
    client = server.client(token)
    first, second = [UUID(await id_of(client, sent=sent, **SEQ)) for _ in range(2)]
    assert (first.version, second.version) == (7, 7)
    assert first < second


async def test_pages_of_other_origins_may_read_it(acme: Acme, acme_url: str):
    async with serving(acme_url, allowed_origins=("https://okr.example",)) as server:
        headers = {"Origin": "https://okr.example", "X-Request-Id": "mine"}
        response = await server.client(acme.token).http.post("/graphql", json=SEQ, headers=headers)
    assert response.headers["x-request-id"] == "mine"
    assert "X-Request-Id" in response.headers["access-control-expose-headers"]


async def test_a_change_knows_its_token_and_its_request(acme: Acme, acme_url: str):
    async with serving(acme_url) as server:
        client = server.client(acme.token)
        mutation = 'mutation { personCreate(input: { name: "Eve" }) { seq } }'
        response = await client.http.post(
            "/graphql", json={"query": mutation}, headers={"X-Request-Id": "r-1"}
        )
        assert response.headers["x-request-id"] == "r-1"
        change = await acme.change()
        [token] = await acme.fetch(WHO, "Ann")
        assert (change["token_id"], change["request_id"]) == (token["id"], "r-1")
        response = await client.http.post("/graphql", json={"query": mutation})
        assert (await acme.change())["request_id"] == response.headers["x-request-id"]


async def test_check_ins_that_share_a_transaction_know_each_their_own(acme: Acme, acme_url: str):
    async with serving(acme_url) as server:
        node = encode_id(NodeType.KEY_RESULT, acme.macros)
        clients = {scope: server.client(acme.world.tokens[scope]) for scope in (Scope.CHECK_IN, Scope.WRITE)}

        async def check_in(scope: Scope, number: int) -> None:
            query = f'mutation {{ checkInRecord(input: {{ keyResult: {{ id: "{node}" }}, value: {number} }}) {{ seq }} }}'
            sent = {"X-Request-Id": f"{scope}-{number}"}
            await clients[scope].http.post("/graphql", json={"query": query}, headers=sent)

        before = await acme.seq()
        async with acme.work_elsewhere():
            first = [check_in(scope, number) for scope in clients for number in range(5)]
            tasks = [asyncio.create_task(one) for one in first]
            async with asyncio.timeout(60):
                while server.app_services.group_commit._waiting.get(acme.organization.id) is None:  # noqa: ASYNC110
                    await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        rows = await acme.fetch(
            "select token.name, change.request_id, check_in.value from change "
            "join token on token.id = change.token_id join check_in on check_in.seq = change.seq where change.seq > $1",
            before,
        )
    assert len(rows) == 10
    assert {row["request_id"] for row in rows} == {f"{row['name']}-{int(row['value'])}" for row in rows}


async def test_each_operation_of_a_socket_is_a_request(acme: Acme, acme_url: str):
    async with serving(acme_url) as server, server.socket(acme.token) as socket:
        found = []
        for _ in range(2):
            done = await socket.subscribe('mutation { personCreate(input: { name: "Eve" }) { seq } }')
            await done.next()
            found.append(UUID((await acme.change())["request_id"]))
    assert found[0] < found[1]


async def test_what_no_request_made_has_none(acme: Acme):
    await acme.check_in("macros", 1)
    change = await acme.change()
    assert (change["token_id"], change["request_id"]) == (acme.actor.token_id, None)
    report = await import_document(
        acme.database, acme.organization.id, quarter(), author=IMPORTER, namespace="n"
    )
    assert report.changed
    change = await acme.change()
    assert (change["token_id"], change["request_id"]) == (None, None)


async def test_nobody_who_follows_is_told(acme: Acme):
    await acme.say(said("macros", 1))
    [change] = await ChangeStream(acme.database, acme.notifier).changes(
        acme.organization.id, await acme.seq() - 1
    )
    assert not {"token_id", "request_id"} & set(change.keys())
