"""People with JSON Web Tokens over HTTP and on sockets of a real server."""

import json
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import httpx2
import pytest
import websockets

from okr_api.auth.authenticator import Authenticator
from okr_api.auth.identity_provider import IdentityProvider
from okr_api.auth.openid_connect import CLOCK_LEEWAY_S
from okr_api.auth.sign_ins import list_sign_ins
from okr_api.transport import token_revalidation
from tests.acme import Acme
from tests.auth.identity_provider import AUDIENCE, TestProvider, provider_running
from tests.serving import Server, serving

WHO = "{ viewer { person { name } scopes } }"
RENAME = """
    mutation ($key: String!) {
      personUpdate(input: { person: { externalId: "ben" }, name: "Benedict", idempotencyKey: $key })
      { seq replayed errors { code } }
    }
"""


@pytest.fixture
def provider() -> Iterator[TestProvider]:
    with provider_running() as running:
        yield running


@pytest.fixture
async def served(acme: Acme, acme_url: str, provider: TestProvider) -> AsyncIterator[Server]:
    configured = IdentityProvider(provider.issuer, (AUDIENCE,), links_emails=True)
    async with serving(acme_url, identity_provider=configured) as running:
        yield running


def authenticator(served: Server) -> Authenticator:
    assert served.app_services
    assert isinstance(served.app_services.tokens, Authenticator)
    return served.app_services.tokens


async def post(served: Server, token: str) -> httpx2.Response:
    return await served.client(token).http.post("/graphql", json={"query": WHO})


async def test_a_person_asks_with_the_token_of_their_provider(served: Server, provider: TestProvider):
    client = served.client(await provider.sign_in("s-ben"))
    assert await client.ask(WHO) == {
        "viewer": {"person": {"name": "Ben"}, "scopes": ["READ", "CHECK_IN", "WRITE"]}
    }


async def test_a_rejected_token_is_401_and_somebody_who_may_not_sign_in_403(
    served: Server, provider: TestProvider
):
    wrong = await post(served, provider.signed(provider.claims(aud="mail")))
    assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
    assert wrong.json() == {
        "errors": [
            {
                "message": "The token is for another audience",
                "extensions": {"code": "NOT_AUTHENTICATED"},
            }
        ]
    }
    nobody = await post(served, provider.signed(provider.claims("s-dora", email="dora@acme.example")))
    assert (nobody.status_code, nobody.json()["errors"][0]["extensions"]) == (403, {"code": "FORBIDDEN"})


async def test_without_keys_a_provider_that_is_down_is_503(served: Server, provider: TestProvider):
    token = provider.signed()
    provider.stop()
    down = await post(served, token)
    assert (down.status_code, down.headers["retry-after"]) == (503, "1")
    assert down.json()["errors"][0]["extensions"] == {"code": "BUSY"}
    async with served.connect() as connection:
        introduced = {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}
        await connection.send(json.dumps(introduced))
        with pytest.raises(websockets.ConnectionClosed):
            await connection.recv()
    assert connection.close_code == 1013


async def test_a_socket_of_a_rejected_token_is_closed_with_the_reason(served: Server, provider: TestProvider):
    async with served.connect() as connection:
        token = provider.signed(provider.claims(aud="mail"))
        introduced = {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}
        await connection.send(json.dumps(introduced))
        with pytest.raises(websockets.ConnectionClosed):
            await connection.recv()
    assert connection.close_code == 4403
    assert connection.close_reason == "Forbidden: 'The token is for another audience'"


async def test_sockets_and_streams_are_closed_when_their_token_expires(
    served: Server, provider: TestProvider, monkeypatch: pytest.MonkeyPatch
):
    assert served.sockets
    claims = provider.claims()
    token, verifier = provider.signed(claims), authenticator(served).verifier
    async with served.connect() as connection:
        introduced = {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}
        await connection.send(json.dumps(introduced))
        assert json.loads(await connection.recv())["type"] == "connection_ack"
        monkeypatch.setattr(token_revalidation, "LOOKED_UP_AGAIN_S", 0.01)
        async with served.sockets.watch.running(authenticator(served)):
            verifier.clock = lambda: float(claims["exp"] + CLOCK_LEEWAY_S)
            with pytest.raises(websockets.ConnectionClosed):
                await connection.recv()
    assert connection.close_code == 4403


async def test_an_operation_on_a_socket_whose_token_has_expired_closes_it(
    served: Server, provider: TestProvider
):
    claims = provider.claims()
    async with served.socket(provider.signed(claims)) as socket:
        authenticator(served).verifier.clock = lambda: float(claims["exp"] + CLOCK_LEEWAY_S)
        events = await socket.subscribe(WHO)
        assert (await events.problem())["code"] == "NOT_AUTHENTICATED"
        await socket.connection.wait_closed()
        assert socket.connection.close_code == 4403


async def test_all_tokens_of_a_person_share_idempotency_keys_limits_and_the_audit_trail(
    acme: Acme, served: Server, provider: TestProvider
):
    key = str(uuid4())
    first, second = await provider.sign_in("s-ann"), provider.signed(provider.claims(jti="another"))
    assert first != second
    done = await served.client(first).one(RENAME, key=key)
    again = await served.client(second).one(RENAME, key=key)
    assert (done["errors"], done["replayed"], again["replayed"]) == ([], False, True)
    [sign_in] = await list_sign_ins(acme.database, acme.organization.id)
    async with acme.database.across() as connection:
        assert (
            await connection.fetchval("select token_id from change order by seq desc limit 1") == sign_in.id
        )
    assert served.app_services
    limiter = served.app_services.rate_limiter
    limiter.consume(sign_in.id, limiter.most + 1_000_000)
    assert [(await post(served, token)).status_code for token in (first, second)] == [429, 429]
