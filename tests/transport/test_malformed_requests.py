"""Client errors are GraphQL errors, the same over every transport."""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import quote_from_bytes

import pytest
import websockets

from okr_api.transport.http_limits import MAX_HEAD_BYTES
from tests import conftest
from tests.acme import World
from tests.serving import COMPILED, Server, serving
from tests.transport.malformed_requests import AS_DEEP_AS_MAY_BE, MALFORMED, Malformed

JSON = {"Content-Type": "application/json"}
GRAPHQL_JSON = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
# Invalid protocol messages close the socket with a reason; other errors are sent under the operation's id.
CLOSES = {
    "no JSON", "nothing", "a list", "text", "a batch", "a number for a query",
    "text for variables", "a list for variables", "a number for a name", "text for extensions",
    "broken UTF-8 in variables", "broken UTF-8 in the query", "JSON nested 100,000 deep",
    "250,000 objects", "250,000 objects and no JSON",
}  # fmt: skip
Outcome = set[str]
LONGEST_URL = MAX_HEAD_BYTES - 1_000  # leaves room for the rest of the head


@pytest.fixture(scope="module", params=sorted({COMPILED, False}), ids="compiled={}".format)
async def house(
    request: pytest.FixtureRequest, server: conftest.Server, acme_template: tuple[str, World]
) -> AsyncIterator[tuple[Server, str]]:
    """Serve Acme with the compiled executor and with graphql-core only; yield the server and Ann's token."""
    async with (
        server.copy_of(acme_template[0]) as name,
        serving(server.url_of(name), compiled=request.param) as running,
    ):
        yield running, acme_template[1].token


def codes_of(text: str) -> Outcome:
    """Return the error codes of a response; each error must have a message, and there must be no data."""
    answer = json.loads(text)
    assert not answer.get("data")
    assert all(error["message"] for error in answer["errors"])
    return {error["extensions"]["code"] for error in answer["errors"]}


async def post(served: Server, token: str, malformed: Malformed) -> Outcome:
    response = await served.client(token).http.post("/graphql", content=malformed.body, headers=JSON)
    assert response.headers["content-type"] == "application/json"
    assert response.status_code in (200, 400)
    return codes_of(response.text)


async def newer_post(served: Server, token: str, malformed: Malformed) -> Outcome:
    headers = {**JSON, "Accept": GRAPHQL_JSON}
    response = await served.client(token).http.post("/graphql", content=malformed.body, headers=headers)
    assert response.headers["content-type"] == GRAPHQL_JSON
    assert response.status_code == 400
    return codes_of(response.text)


async def get(served: Server, token: str, malformed: Malformed) -> Outcome:
    if malformed.members is None:
        pytest.skip("no body can be sent")
    query = "&".join(f"{key}={_in_a_query(key, raw)}" for key, raw in malformed.members.items())
    if len(query) > LONGEST_URL:
        pytest.skip("longer than any URL")
    response = await served.client(token).http.get(f"/graphql?{query}", headers={"Accept": GRAPHQL_JSON})
    assert response.headers["content-type"] == GRAPHQL_JSON
    assert response.status_code in (400, 405)
    return codes_of(response.text)


def _in_a_query(key: str, raw: bytes) -> str:
    if key in ("variables", "extensions"):
        return quote_from_bytes(raw)
    if raw == b"null" or raw[:1] != b'"':
        pytest.skip("whatever a URL says of it is text")
    try:
        return quote_from_bytes(json.loads(raw).encode(errors="surrogatepass"))
    except UnicodeDecodeError:
        return quote_from_bytes(raw.strip(b'"'))


async def stream(served: Server, token: str, malformed: Malformed) -> Outcome:
    headers = {**JSON, "Accept": EVENT_STREAM}
    response = await served.client(token).http.post("/graphql", content=malformed.body, headers=headers)
    if response.headers["content-type"] == "application/json":
        assert response.status_code == 400
        return codes_of(response.text)
    assert response.headers["content-type"].partition(";")[0] == EVENT_STREAM
    event, data, *rest = response.text.split("\n")
    assert (event, rest) == ("event: next", ["", "event: complete", "data: ", "", ""])
    return codes_of(data.removeprefix("data: "))


async def socket(served: Server, token: str, malformed: Malformed) -> Outcome:
    message = b'{"id": "1", "type": "subscribe", "payload": ' + malformed.body + b"}"
    init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}
    async with served.connect() as connection:
        await connection.send(json.dumps(init))
        assert json.loads(await connection.recv()) == {"type": "connection_ack"}
        await connection.send(message, text=True)
        try:
            said = json.loads(await connection.recv())
        except websockets.ConnectionClosedError:
            assert connection.close_code in (4400, 1007)
            assert connection.close_reason
            return set()
        assert (said["id"], said["type"]) == ("1", "error")
        await connection.send('{"type": "ping"}')
        assert json.loads(await connection.recv()) == {"type": "pong"}  # no `complete` was sent as well
    return codes_of(json.dumps({"errors": said["payload"]}))


@pytest.mark.parametrize("accept", ("application/json", EVENT_STREAM))
@pytest.mark.parametrize("what", AS_DEEP_AS_MAY_BE)
async def test_what_is_as_deep_as_may_be_is_understood(
    what: str, accept: str, house: tuple[Server, str], caplog: pytest.LogCaptureFixture
):
    served, token = house
    headers, body = {**JSON, "Accept": accept}, AS_DEEP_AS_MAY_BE[what].body
    response = await served.client(token).http.post("/graphql", content=body, headers=headers)
    assert response.status_code == 200
    assert "INTERNAL" not in response.text
    assert "BAD_REQUEST" not in response.text
    assert [one for one in caplog.records if one.exc_info or one.levelno > logging.WARNING] == []


Way = Callable[[Server, str, Malformed], Awaitable[Outcome]]


@pytest.mark.parametrize("way", (post, newer_post, get, stream, socket), ids=lambda way: way.__name__)
@pytest.mark.parametrize("what", MALFORMED)
async def test_a_malformed_request_is_answered_with_its_code_over_every_transport(
    what: str, way: Way, house: tuple[Server, str], caplog: pytest.LogCaptureFixture
):
    served, token = house
    with caplog.at_level(logging.INFO):
        codes = await way(served, token, MALFORMED[what])
    if way is socket and what in CLOSES:
        assert codes == set()
    else:
        assert codes
        assert codes <= set(MALFORMED[what].codes)
    assert [one for one in caplog.records if one.exc_info or one.levelno > logging.WARNING] == []
    assert (await served.client(token).ask("{ seq }"))["seq"]
