"""The table of docs/api.md that gives the HTTP status of each error code."""

import re
from typing import Any

import pytest
import websockets

from okr_api.graphql.error_codes import ErrorCode
from okr_api.transport.persisted_documents import MAX_DOCUMENT_BYTES
from tests.docs.conftest import Demo
from tests.docs.named import CODE, rows_of

SAID = {
    code: [int(status) for status in row[1].split(", ")]
    for row in rows_of("docs/api.md")
    for code in CODE.findall(row[0])
    if re.fullmatch(r"[245]\d\d(, [245]\d\d)*", row[1])
}
JSON = {"Content-Type": "application/json"}
ACCEPTED = ("application/json", "application/graphql-response+json")
PREVIEW = """{
    commentPreview(input: {
        on: { objective: { externalId: "booked-in-a-minute" } }
        replyTo: { externalId: "groups-call-for-now" }
        text: "Soon!"
    }) { notifiedCount }
}"""
REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "BAD_REQUEST": ("POST", {"content": b"{", "headers": JSON}),
    "GRAPHQL_PARSE_FAILED": ("POST", {"json": {"query": "{"}}),
    "GRAPHQL_VALIDATION_FAILED": ("POST", {"json": {"query": "{ nope }"}}),
    "BAD_USER_INPUT": (
        "POST",
        {"json": {"query": "query ($id: ID!) { node(id: $id) { id } }", "variables": {"id": None}}},
    ),
    "INVALID_INPUT": ("POST", {"json": {"query": "{ people(first: 0) { totalCount } }"}}),
    "NOT_FOUND": ("GET", {"path": "/nowhere"}),
    "REPLY_TO_REPLY": ("POST", {"json": {"query": PREVIEW}}),
    "TOO_MANY": ("POST", {"json": {"query": f"{{ nodes(ids: {['x'] * 101}) {{ id }} }}".replace("'", '"')}}),
    "CURSOR_AHEAD": ("POST", {"json": {"query": "{ changes(after: 9000) { endSeq } }"}}),
    "DOCUMENT_TOO_LARGE": ("POST", {"json": {"query": "{ seq }" + " " * MAX_DOCUMENT_BYTES}}),
    "DOCUMENT_NOT_FOUND": ("POST", {"json": {"documentId": "nobody's"}}),
    "PERSISTED_QUERY_NOT_FOUND": (
        "POST",
        {"json": {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}},
    ),
    "TOO_COMPLEX": ("POST", {"json": {"query": "{ " + "... @include(if: true) { seq } " * 101 + "}"}}),
    "TOO_LARGE": ("POST", {"content": b" " * (1024 * 1024 + 1), "headers": JSON}),
}
ELSEWHERE = {
    "CURSOR_EXPIRED": "test_examples.py",
    "INTERNAL": "a fault of ours has to be planted first",
    "NOT_AUTHENTICATED": "below",
    "FORBIDDEN": "below",
    "RATE_LIMITED": "transport/test_allowances.py",
    "DOCUMENT_NOT_TRUSTED": "transport/test_persisted_documents.py",
    "OUT_OF_TIME": "graphql/test_query_cost.py",
    "BUSY": "transport/test_busy_database.py",
}


# Statuses beside those of `REQUESTS`, which need a full server, a large head or a fault.
MORE_STATUSES = {"TOO_LARGE": [431], "TOO_MANY": [503]}


def test_the_table_has_every_code_of_the_schema():
    assert set(SAID) == set(ErrorCode)
    assert set(SAID) == REQUESTS.keys() | ELSEWHERE.keys()


async def test_each_code_comes_with_its_status(demo: Demo):
    came = {}
    for code, (method, request) in REQUESTS.items():
        statuses = []
        for accept in ACCEPTED:
            headers = {**request.get("headers", {}), "Accept": accept}
            given = {name: value for name, value in request.items() if name != "path"}
            path = request.get("path", "/graphql")
            response = await demo.client.http.request(method, path, **{**given, "headers": headers})
            [error] = response.json()["errors"]
            assert error["extensions"]["code"] == code
            statuses.append(response.status_code)
        came[code] = [*dict.fromkeys(statuses), *MORE_STATUSES.get(code, [])]
    assert came == {code: SAID[code] for code in REQUESTS}


async def test_a_field_beyond_the_scopes_of_a_token_is_forbidden(demo: Demo):
    made = await demo.client.do("tokenCreate", "secret", service="reads", scopes=["READ"])
    response = await demo.server.client(made["secret"]).http.post(
        "/graphql", json={"query": "{ tokens(first: 1) { totalCount } }"}
    )
    assert response.status_code == SAID["FORBIDDEN"][0]
    assert response.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_mutation_by_get_is_a_bad_request(demo: Demo):
    mutation = 'mutation { cycleActivate(input: { cycle: {externalId: "2027-q1"} }) { seq } }'
    response = await demo.client.http.get("/graphql", params={"query": mutation})
    assert response.status_code == SAID["BAD_REQUEST"][0]
    assert (await demo.client.one('{ cycle(externalId: "2027-q1") { state } }')) == {"state": "DRAFT"}


async def test_nobody_is_let_in_without_a_good_token(demo: Demo):
    for token in (None, "okr_nobody"):
        response = await demo.server.client(token).http.post("/graphql", json={"query": "{ seq }"})
        assert response.status_code == SAID["NOT_AUTHENTICATED"][0]
        assert response.json()["errors"][0]["extensions"] == {"code": "NOT_AUTHENTICATED"}
        with pytest.raises(websockets.ConnectionClosed) as closed:
            async with demo.server.socket(token):
                pass
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403
