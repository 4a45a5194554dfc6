"""The limits of the API, each reached once by a real client: at it all is well, beyond it a refusal."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import websockets

from okr_api.auth.tokens import LONGEST_TOKEN
from okr_api.graphql.document_cache import MOST_TOKENS
from okr_api.graphql.queries.objectives import MOST_NODES
from okr_api.okr.change import NodeType
from okr_api.okr.measure import LONGEST_UNIT, MOST_MILESTONES
from okr_api.okr.objective import MOST_CONTRIBUTORS
from okr_api.query_engine.cursors import LARGEST_PAGE, USUAL_PAGE
from okr_api.query_engine.global_ids import encode_id
from okr_api.query_engine.sql_filters import MOST_COMPARISONS, MOST_IN_LIST
from okr_api.query_engine.tree_query import MOST_TREE_NODES
from okr_api.transport import websocket_route
from okr_api.transport.auth_middleware import LARGEST_BODY_BYTES
from okr_api.transport.graphql_ws import MOST_OPERATIONS_ON_A_SOCKET
from tests.acme import MORE_OBJECTIVES, Acme
from tests.serving import Client, Server, serving

NOT_INTRODUCED = 4408


@pytest.fixture
async def api(acme_url: str) -> AsyncIterator[Server]:
    async with serving(acme_url) as running:
        yield running


@pytest.fixture
def client(api: Server, acme: Acme) -> Client:
    return api.client(acme.token)


async def test_a_body_has_at_most_a_mebibyte(client: Client):
    def body(size: int) -> bytes:
        return b'{"query": "{ seq }"}'.ljust(size)

    headers = {"Content-Type": "application/json"}
    fits = await client.http.post("/graphql", content=body(LARGEST_BODY_BYTES), headers=headers)
    assert (fits.status_code, list(fits.json())) == (200, ["data", "extensions"])
    refused = await client.http.post("/graphql", content=body(LARGEST_BODY_BYTES + 1), headers=headers)
    assert refused.status_code == 413
    assert refused.json()["errors"][0]["extensions"] == {"code": "TOO_LARGE"}


async def test_a_document_has_at_most_2_500_tokens(client: Client):
    def of(tokens: int) -> str:
        whole, rest = divmod(tokens - len("{}"), 100)
        each = len(("s0", ":", "viewer", "{", "}"))
        return (
            "{"
            + "".join(f"s{i}: viewer {{{' name' * (100 - each)}}}" for i in range(whole))
            + " seq" * rest
            + "}"
        )

    assert "seq" in await client.ask(of(MOST_TOKENS))
    problem = await client.problem(of(MOST_TOKENS + 1))
    assert f"{MOST_TOKENS} tokens" in problem["message"]


async def test_a_token_of_more_than_500_characters_is_nobodys(api: Server):
    for length in (LONGEST_TOKEN, LONGEST_TOKEN + 1):
        answer = await api.client("x" * length).answer("{ seq }")
        assert answer["errors"][0]["extensions"] == {"code": "NOT_AUTHENTICATED"}


async def test_a_page_has_50_rows_and_at_most_100(acme: Acme, client: Client):
    for place in range(LARGEST_PAGE + 1):
        await acme.person(f"Person {place}")
    asked = "query ($first: Int) { people(first: $first) { nodes { id } } }"
    assert len((await client.one(asked))["nodes"]) == USUAL_PAGE
    assert len((await client.one(asked, first=LARGEST_PAGE))["nodes"]) == LARGEST_PAGE
    for wrong in (0, LARGEST_PAGE + 1):
        problem = await client.problem(asked, first=wrong)
        assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["first"])


async def test_nodes_takes_at_most_100_ids(acme: Acme, client: Client):
    asked = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ann = encode_id(NodeType.PERSON, acme.ann)
    assert len(await client.one(asked, ids=[ann] * MOST_NODES)) == MOST_NODES
    problem = await client.problem(asked, ids=[ann] * (MOST_NODES + 1))
    assert problem["code"] == "TOO_MANY"


async def test_a_list_in_a_filter_has_at_most_100_values(client: Client):
    asked = "query ($in: [String!]) { people(filter: { name: { in: $in } }) { totalCount } }"
    await client.ask(asked, **{"in": ["Ann"] * MOST_IN_LIST})
    problem = await client.problem(asked, **{"in": ["Ann"] * (MOST_IN_LIST + 1)})
    assert (problem["code"], problem["path"]) == ("TOO_MANY", ["filter"])


async def test_a_filter_has_at_most_200_comparisons(client: Client):
    asked = "query ($or: [ObjectiveFilter!]) { objectives(filter: { or: $or }) { totalCount } }"
    one = {"title": {"eq": "Answer fast"}}
    assert await client.one(asked, **{"or": [one] * MOST_COMPARISONS}) == {"totalCount": 1}
    problem = await client.problem(asked, **{"or": [one] * (MOST_COMPARISONS + 1)})
    assert (problem["code"], problem["path"]) == ("TOO_MANY", ["filter"])


async def test_a_unit_has_at_most_40_characters_and_a_key_result_at_most_100_milestones(
    acme: Acme, client: Client
):
    new = {"objectiveExternalId": "answer_fast", "title": "New"}
    unit = {**new, "measure": "BOOLEAN", "unit": "x" * LONGEST_UNIT}
    await client.make("keyResultCreate", **unit)
    assert await client.refused("keyResultCreate", **{**unit, "unit": "x" * (LONGEST_UNIT + 1)}) == [
        ("INVALID_INPUT", ["unit"])
    ]
    steps = {**new, "measure": "MILESTONES", "milestones": [{"name": "Step"}] * MOST_MILESTONES}
    await client.make("keyResultCreate", **steps)
    steps["milestones"] = [{"name": "Step"}] * (MOST_MILESTONES + 1)
    assert await client.refused("keyResultCreate", **steps) == [("INVALID_INPUT", ["milestones"])]


async def test_an_objective_has_at_most_100_contributors(acme: Acme, client: Client):
    ann = encode_id(NodeType.PERSON, acme.ann)
    named = {"externalId": "answer_fast"}
    await client.make("objectiveUpdate", **named, contributorIds=[ann] * MOST_CONTRIBUTORS)
    refused = await client.refused("objectiveUpdate", **named, contributorIds=[ann] * (MOST_CONTRIBUTORS + 1))
    assert refused == [("INVALID_INPUT", ["contributorIds"])]


async def test_a_tree_has_at_most_20_000_objectives_and_an_operation_reads_at_most_200_000_rows(
    acme: Acme, client: Client
):
    cycle = await acme.cycle("Large")
    root = await acme.objective("One of many", cycle=cycle)
    await acme.fetch(MORE_OBJECTIVES, root, MOST_TREE_NODES - 1)
    tree = "objectiveTree(cycleId: $of) { rows { objective { id } } }"
    of = encode_id(NodeType.CYCLE, cycle)
    found = await client.one(f"query ($of: ID!) {{ {tree} }}", of=of)
    assert len(found["rows"]) == MOST_TREE_NODES
    six_times = " ".join(f"t{place}: {tree}" for place in range(6))  # each reads the tree and its objectives
    answer = await client.answer(f"query ($of: ID!) {{ {six_times} }}", of=of)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"TOO_MANY"}
    await acme.fetch(MORE_OBJECTIVES, root, 1)
    await acme.person("Somebody")  # the feed knows nothing of rows that were put there by hand
    problem = await client.problem(f"query ($of: ID!) {{ {tree} }}", of=of)
    assert problem["code"] == "TOO_MANY"


async def test_a_socket_holds_at_most_100_operations(api: Server, acme: Acme):
    async with api.socket(acme.token) as socket:
        for _ in range(MOST_OPERATIONS_ON_A_SOCKET):
            await socket.subscribe("subscription { changes { seq } }")
        events = await socket.subscribe("subscription { changes { seq } }")
        message = await events.message()
    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "TOO_MANY")


async def test_a_socket_that_does_not_say_who_asks_is_closed(acme_url: str, monkeypatch: pytest.MonkeyPatch):
    assert timedelta(seconds=10) == websocket_route.CONNECTION_INIT_WITHIN
    monkeypatch.setattr(websocket_route, "CONNECTION_INIT_WITHIN", timedelta(milliseconds=50))
    async with serving(acme_url) as hasty, hasty.connect() as connection:
        with pytest.raises(websockets.ConnectionClosed):
            await connection.recv()
        assert connection.close_code == NOT_INTRODUCED
