"""No document within the limits, valid or not, blocks the event loop for more than 50 ms of CPU time."""

import pytest

from okr_api.graphql.document_cache import MAX_DOCUMENT_TOKENS
from okr_api.graphql.schema import schema
from tests.loop_blocks import MAX_BLOCK_S, loop_blocks
from tests.serving import Server
from tests.transport.document_shapes import INVALID, VALID

ATTEMPTS = 3
WAYS = {
    "HTTP": {"Accept": "application/json"},
    "event stream": {"Accept": "text/event-stream"},
}


@pytest.mark.parametrize("what", VALID)
def test_a_valid_document_is_valid(what: str):
    assert schema.documents.prepare(VALID[what]).errors == []


@pytest.mark.parametrize("what", INVALID)
def test_an_invalid_document_is_invalid(what: str):
    assert schema.documents.prepare(INVALID[what]).errors


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", (*VALID, *INVALID))
async def test_a_new_document_holds_the_loop_for_50_ms_at_most(
    what: str, way: str, unlimited: tuple[Server, str]
):
    """Each attempt sends a new document, because a known one is not prepared again."""
    text = VALID.get(what) or INVALID[what]
    client = unlimited[0].client(unlimited[1])
    for attempt in range(ATTEMPTS):
        with loop_blocks() as blocks:
            body = {"query": f"{text}#{way}{attempt}", "operationName": "Q0" if "query Q0" in text else None}
            response = await client.http.post("/graphql", json=body, headers=WAYS[way])
        assert response.status_code in (200, 400), response.text  # a subscription needs an event stream
        if blocks.longest.seconds < MAX_BLOCK_S:
            break
    assert blocks.longest.seconds < MAX_BLOCK_S, blocks.found


def test_the_shapes_are_as_large_as_may_be():
    assert MAX_DOCUMENT_TOKENS == 2_500
