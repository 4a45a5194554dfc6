"""Persisted and trusted documents: requests by id or hash, and which documents a server accepts."""

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from okr_api.transport.persisted_documents import (
    MAX_DOCUMENT_BYTES,
    MAX_DOCUMENT_LINES,
    MAX_OPERATION_NAME_CHARACTERS,
    MAX_PERSISTED,
    MAX_PERSISTED_BYTES,
    DocumentRejected,
    DocumentStore,
)
from okr_api.transport.trusted_documents import read_trusted, sha256_of
from tests import conftest
from tests.acme import World
from tests.serving import COMPILED, Server, serving

SEQ = "query Position { seq }"
WHO = "query Who { viewer { name } }"
MAKE = "mutation Make($input: PersonCreateInput!) { personCreate(input: $input) { person { name } } }"
FOLLOW = "subscription Follow { changes(after: 20) { seq } }"


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def by_hash(text: str, **more: Any) -> dict[str, Any]:
    """Return a persisted-query request as Apollo clients send it."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hashed(text)}}, **more}


@dataclass
class Way:
    """A transport: send a request and return its data or the code of its only error."""

    said: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]

    async def data(self, request: dict[str, Any]) -> Any:
        answer = await self.said(request)
        assert "errors" not in answer, answer
        return answer["data"]

    async def code(self, request: dict[str, Any]) -> str:
        answer = await self.said(request)
        assert "data" not in answer
        [error] = answer["errors"]
        assert error["message"]
        return str(error["extensions"]["code"])


def way_of(name: str, running: Server, token: str) -> Way:
    http = running.client(token).http

    async def post(request: dict[str, Any]) -> dict[str, Any]:
        return dict((await http.post("/graphql", json=request)).json())

    async def get(request: dict[str, Any]) -> dict[str, Any]:
        sent = {key: one if isinstance(one, str) else json.dumps(one) for key, one in request.items()}
        return dict((await http.get("/graphql", params=sent)).json())

    async def stream(request: dict[str, Any]) -> dict[str, Any]:
        response = await http.post("/graphql", json=request, headers={"Accept": "text/event-stream"})
        if response.headers["content-type"] == "application/json":
            return dict(response.json())
        [data] = [line for line in response.text.splitlines() if line.startswith("data: {")]
        return dict(json.loads(data.removeprefix("data: ")))

    async def over_socket(request: dict[str, Any]) -> dict[str, Any]:
        async with running.socket(token) as socket:
            message = await (await socket.ask(request)).message()
        payload = message["payload"]
        return {"errors": payload} if message["type"] == "error" else dict(payload)

    return Way({"post": post, "get": get, "stream": stream, "socket": over_socket}[name])


@pytest.fixture(scope="module", params=sorted({COMPILED, False}), ids="compiled={}".format)
async def compiled(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
async def url(server: conftest.Server, acme_template: tuple[str, World]) -> AsyncIterator[str]:
    async with server.copy_of(acme_template[0]) as name:
        yield server.url_of(name)


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a list of trusted documents, as client tools generate it; return its path."""
    path = tmp_path_factory.mktemp("trusted") / "persisted.json"
    path.write_text(json.dumps({"position": SEQ, hashed(FOLLOW): FOLLOW}))
    return path


@pytest.fixture(params=("post", "get", "stream", "socket"))
async def way(
    request: pytest.FixtureRequest, url: str, compiled: bool, listed: Path, acme_template: tuple[str, World]
) -> AsyncIterator[Way]:
    async with serving(url, compiled=compiled, trusted_documents=listed) as running:
        yield way_of(request.param, running, acme_template[1].token)


@pytest.fixture(params=("post", "get", "stream", "socket"))
async def strict(
    request: pytest.FixtureRequest, url: str, compiled: bool, listed: Path, acme_template: tuple[str, World]
) -> AsyncIterator[Way]:
    """Serve trusted documents only; yield a transport."""
    async with serving(url, compiled=compiled, trusted_documents=listed, trusted_only=True) as running:
        yield way_of(request.param, running, acme_template[1].token)


async def test_a_text_is_remembered_by_its_hash_once_both_were_sent(way: Way):
    assert await way.code(by_hash(WHO)) == "PERSISTED_QUERY_NOT_FOUND"
    assert await way.data(by_hash(WHO, query=WHO)) == {"viewer": {"name": "Ann"}}
    assert await way.data(by_hash(WHO)) == {"viewer": {"name": "Ann"}}
    assert await way.data({"query": WHO}) == {"viewer": {"name": "Ann"}}


async def test_a_hash_of_another_text_is_refused_and_not_remembered(way: Way):
    assert await way.code({**by_hash(WHO), "query": SEQ}) == "BAD_REQUEST"
    assert await way.code(by_hash(WHO)) == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_trusted_document_is_named_by_its_id_or_its_hash(way: Way):
    for request in ({"documentId": "position"}, {"documentId": f"sha256:{hashed(SEQ)}"}, by_hash(SEQ)):
        assert list(await way.data(request)) == ["seq"]
    assert await way.code({"documentId": "nobody's"}) == "DOCUMENT_NOT_FOUND"


async def test_where_only_trusted_documents_are_taken_no_other_is(strict: Way):
    assert list(await strict.data({"documentId": "position"})) == ["seq"]
    assert list(await strict.data({"query": SEQ})) == ["seq"]
    assert await strict.code({"query": WHO}) == "DOCUMENT_NOT_TRUSTED"
    assert await strict.code(by_hash(WHO, query=WHO)) == "DOCUMENT_NOT_TRUSTED"
    assert await strict.code(by_hash(WHO)) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("way", ("post", "stream", "socket"), indirect=True)  # a URL cannot be that long
async def test_a_document_has_at_most_32_kib(way: Way):
    for fills in ("x", "é"):  # the limit is in bytes, not characters
        fits = SEQ + "#" + fills * ((MAX_DOCUMENT_BYTES - len(SEQ) - 1) // len(fills.encode()))
        assert MAX_DOCUMENT_BYTES - len(fits.encode()) < 2
        assert list(await way.data({"query": fits})) == ["seq"]
        assert await way.code({"query": fits + "xx"}) == "DOCUMENT_TOO_LARGE"


@pytest.mark.parametrize("way", ("post", "stream", "socket"), indirect=True)
async def test_a_document_has_at_most_5_000_lines(way: Way):
    for end in ("\n", "\r", "\r\n"):
        fits = SEQ + end * (MAX_DOCUMENT_LINES - 1)
        assert list(await way.data({"query": fits})) == ["seq"]
        assert await way.code({"query": fits + end}) == "TOO_COMPLEX"


async def test_mutations_and_subscriptions_are_named_as_well(
    url: str, compiled: bool, listed: Path, acme_template: tuple[str, World]
):
    async with serving(url, compiled=compiled, trusted_documents=listed) as running:
        post = way_of("post", running, acme_template[1].token)
        variables = {"input": {"name": "Dana"}}
        await post.data(by_hash(MAKE, query=MAKE, variables=variables))
        made = await post.data(by_hash(MAKE, variables=variables, operationName="Make"))
        assert made == {"personCreate": {"person": {"name": "Dana"}}}
        async with running.socket(acme_template[1].token) as socket:
            assert (await (await socket.ask({"documentId": hashed(FOLLOW)})).next())["seq"] == 21


async def test_a_newer_client_is_told_by_the_status_as_well(url: str, acme_template: tuple[str, World]):
    async with serving(url) as running:
        http: httpx2.AsyncClient = running.client(acme_template[1].token).http
        headers = {"Accept": "application/graphql-response+json"}
        response = await http.post("/graphql", json={"query": " " * 40_000 + SEQ}, headers=headers)
        assert response.status_code == 400
        assert response.headers["content-type"] == "application/graphql-response+json"


def test_five_hundred_texts_are_remembered():
    known = DocumentStore()
    for number in range(MAX_PERSISTED + 1):
        text = f"{{ n{number}: seq }}"
        known.resolve(by_hash(text, query=text))
        known.resolve(by_hash("{ n0: seq }"))  # a recently used entry is kept
    assert known.resolve(by_hash("{ n2: seq }")) == "{ n2: seq }"
    with pytest.raises(DocumentRejected):
        known.resolve(by_hash("{ n1: seq }"))


def test_remembered_texts_are_bounded_in_bytes():
    known = DocumentStore()
    texts = [
        f"#{number}".ljust(MAX_DOCUMENT_BYTES)
        for number in range(MAX_PERSISTED_BYTES // MAX_DOCUMENT_BYTES + 1)
    ]
    for text in texts:
        known.resolve(by_hash(text, query=text))
    assert known.resolve(by_hash(texts[1])) == texts[1]
    with pytest.raises(DocumentRejected):
        known.resolve(by_hash(texts[0]))


async def test_the_name_of_an_operation_has_at_most_200_characters(way: Way):
    name = "A" * MAX_OPERATION_NAME_CHARACTERS
    assert await way.data({"query": f"query {name} {{ seq }}", "operationName": name})
    assert await way.code({"query": f"query {name}A {{ seq }}", "operationName": f"{name}A"}) == "BAD_REQUEST"


def test_apollos_manifest_is_a_list_too(tmp_path: Path):
    path = tmp_path / "manifest.json"
    operation = {"id": "abc", "name": "Position", "type": "query", "body": SEQ}
    path.write_text(json.dumps({"format": "apollo-persisted-query-manifest", "operations": [operation]}))
    assert read_trusted(path) == {"abc": SEQ, sha256_of(SEQ): SEQ}


@pytest.mark.parametrize("text", ("", "[]", '{"a": 1}', '{"operations": [{"id": 1}, 2]}', "\ud800"))
def test_what_is_no_list_of_documents_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "list.json"
    path.write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(ValueError, match=r"cannot be read|is not a list"):
        read_trusted(path)
