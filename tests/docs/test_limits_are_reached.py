"""The limits of the API, each reached once by a real client: accepted at the limit, rejected beyond it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import websockets

from okr_api.auth.tokens import MAX_TOKEN_LENGTH
from okr_api.graphql.document_cache import MAX_DOCUMENT_TOKENS
from okr_api.graphql.queries.objectives import MAX_NODES
from okr_api.okr.entity import NodeType
from okr_api.okr.key_result import MAX_LABEL_LENGTH, MAX_LABELS
from okr_api.okr.measure import MAX_MILESTONES, MAX_UNIT_LENGTH
from okr_api.okr.objective import MAX_CONTRIBUTORS, MAX_PRIORITIES, MAX_SHARED_WITH
from okr_api.okr.people import MAX_RULE_ID_LENGTH, MAX_RULES_OFF
from okr_api.query_engine.cursors import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from okr_api.query_engine.global_ids import encode_id
from okr_api.query_engine.sql_filters import MAX_COMPARISONS, MAX_FILTER_VALUES
from okr_api.query_engine.tree_query import MAX_TREE_NODES
from okr_api.transport import websocket_route
from okr_api.transport.body_limits import MAX_BODY_BYTES
from okr_api.transport.graphql_ws import MAX_OPERATIONS_PER_SOCKET
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
    fits = await client.http.post("/graphql", content=body(MAX_BODY_BYTES), headers=headers)
    assert (fits.status_code, list(fits.json())) == (200, ["data", "extensions"])
    refused = await client.http.post("/graphql", content=body(MAX_BODY_BYTES + 1), headers=headers)
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

    assert "seq" in await client.ask(of(MAX_DOCUMENT_TOKENS))
    problem = await client.problem(of(MAX_DOCUMENT_TOKENS + 1))
    assert f"{MAX_DOCUMENT_TOKENS} tokens" in problem["message"]


async def test_a_token_of_more_than_500_characters_is_nobodys(api: Server):
    for length in (MAX_TOKEN_LENGTH, MAX_TOKEN_LENGTH + 1):
        answer = await api.client("x" * length).answer("{ seq }")
        assert answer["errors"][0]["extensions"] == {"code": "NOT_AUTHENTICATED"}


async def test_a_page_has_50_rows_and_at_most_100(acme: Acme, client: Client):
    for place in range(MAX_PAGE_SIZE + 1):
        await acme.person(f"Person {place}")
    asked = "query ($first: Int) { people(first: $first) { nodes { id } } }"
    assert len((await client.one(asked))["nodes"]) == DEFAULT_PAGE_SIZE
    assert len((await client.one(asked, first=MAX_PAGE_SIZE))["nodes"]) == MAX_PAGE_SIZE
    for wrong in (0, MAX_PAGE_SIZE + 1):
        problem = await client.problem(asked, first=wrong)
        assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["first"])


async def test_nodes_takes_at_most_100_ids(acme: Acme, client: Client):
    asked = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ann = encode_id(NodeType.PERSON, acme.ann)
    assert len(await client.one(asked, ids=[ann] * MAX_NODES)) == MAX_NODES
    problem = await client.problem(asked, ids=[ann] * (MAX_NODES + 1))
    assert problem["code"] == "TOO_MANY"


async def test_a_list_in_a_filter_has_at_most_100_values(client: Client):
    asked = "query ($in: [String!]) { people(filter: { name: { in: $in } }) { totalCount } }"
    await client.ask(asked, **{"in": ["Ann"] * MAX_FILTER_VALUES})
    problem = await client.problem(asked, **{"in": ["Ann"] * (MAX_FILTER_VALUES + 1)})
    assert (problem["code"], problem["path"]) == ("TOO_MANY", ["filter"])


async def test_a_filter_has_at_most_200_comparisons(client: Client):
    asked = "query ($or: [ObjectiveFilter!]) { objectives(filter: { or: $or }) { totalCount } }"
    one = {"title": {"eq": "Answer fast"}}
    assert await client.one(asked, **{"or": [one] * MAX_COMPARISONS}) == {"totalCount": 1}
    problem = await client.problem(asked, **{"or": [one] * (MAX_COMPARISONS + 1)})
    assert (problem["code"], problem["path"]) == ("TOO_MANY", ["filter"])


async def test_a_unit_has_at_most_40_characters_and_a_key_result_at_most_100_milestones(
    acme: Acme, client: Client
):
    new = {"objective": {"externalId": "answer_fast"}, "title": "New"}
    unit = {**new, "measure": "BOOLEAN", "unit": "x" * MAX_UNIT_LENGTH}
    await client.make("keyResultCreate", **unit)
    assert await client.refused("keyResultCreate", **{**unit, "unit": "x" * (MAX_UNIT_LENGTH + 1)}) == [
        ("INVALID_INPUT", ["unit"])
    ]
    steps = {**new, "measure": "MILESTONES", "milestones": [{"name": "Step"}] * MAX_MILESTONES}
    await client.make("keyResultCreate", **steps)
    steps["milestones"] = [{"name": "Step"}] * (MAX_MILESTONES + 1)
    assert await client.refused("keyResultCreate", **steps) == [("INVALID_INPUT", ["milestones"])]


async def test_an_objective_has_at_most_100_contributors(acme: Acme, client: Client):
    ann = encode_id(NodeType.PERSON, acme.ann)
    named = {"objective": {"externalId": "answer_fast"}}
    await client.make(
        "objectiveUpdate", **named, contributors=[{"id": one} for one in [ann] * MAX_CONTRIBUTORS]
    )
    refused = await client.refused(
        "objectiveUpdate", **named, contributors=[{"id": one} for one in [ann] * (MAX_CONTRIBUTORS + 1)]
    )
    assert refused == [("INVALID_INPUT", ["contributors"])]


async def test_an_objective_is_shared_with_at_most_100_people(acme: Acme, client: Client):
    ann = encode_id(NodeType.PERSON, acme.ann)
    named = {"objective": {"externalId": "answer_fast"}}
    await client.make("objectiveUpdate", **named, sharedWith=[{"id": one} for one in [ann] * MAX_SHARED_WITH])
    refused = await client.refused(
        "objectiveUpdate", **named, sharedWith=[{"id": one} for one in [ann] * (MAX_SHARED_WITH + 1)]
    )
    assert refused == [("INVALID_INPUT", ["sharedWith"])]


async def test_at_most_100_coaching_rules_are_named_by_ids_of_at_most_60_characters(client: Client):
    await client.do("organizationUpdate", coachingRulesOff=["title-long"] * MAX_RULES_OFF)
    for ids, path in (
        (["title-long"] * (MAX_RULES_OFF + 1), ["coachingRulesOff"]),
        (["x" * (MAX_RULE_ID_LENGTH + 1)], ["coachingRulesOff", "0"]),
    ):
        assert await client.refused("organizationUpdate", coachingRulesOff=ids) == [("INVALID_INPUT", path)]


async def test_a_key_result_has_at_most_20_labels_of_50_characters(client: Client):
    named = {"keyResult": {"externalId": "macros"}}
    most = [f"{number:0{MAX_LABEL_LENGTH}}" for number in range(MAX_LABELS)]
    await client.make("keyResultUpdate", **named, labels=most)
    for labels, path in (([*most, "more"], ["labels"]), (["x" * (MAX_LABEL_LENGTH + 1)], ["labels", "0"])):
        assert await client.refused("keyResultUpdate", **named, labels=labels) == [("INVALID_INPUT", path)]


async def test_an_objective_names_at_most_20_priorities(acme: Acme, client: Client):
    ids = [await client.make("priorityCreate", title=f"P{number}") for number in range(MAX_PRIORITIES + 1)]
    named = {"objective": {"externalId": "answer_fast"}}
    done = await client.do(
        "objectiveUpdate",
        "objective { priorities { id } }",
        **named,
        priorities=[{"id": id} for id in ids[:MAX_PRIORITIES]],
    )
    assert [one["id"] for one in done["objective"]["priorities"]] == ids[:MAX_PRIORITIES]
    refused = await client.refused("objectiveUpdate", **named, priorities=[{"id": id} for id in ids])
    assert refused == [("INVALID_INPUT", ["priorities"])]


async def test_a_tree_has_at_most_20_000_objectives_and_an_operation_reads_at_most_200_000_rows(
    acme: Acme, client: Client
):
    cycle = await acme.cycle("Large")
    root = await acme.objective("One of many", cycle=cycle)
    await acme.fetch(MORE_OBJECTIVES, root, MAX_TREE_NODES - 1)
    tree = "objectiveTree(cycleId: $of) { rows { objective { id } } }"
    of = encode_id(NodeType.CYCLE, cycle)
    found = await client.one(f"query ($of: ID!) {{ {tree} }}", of=of)
    assert len(found["rows"]) == MAX_TREE_NODES
    six_times = " ".join(f"t{place}: {tree}" for place in range(6))  # each reads the tree and its objectives
    answer = await client.answer(f"query ($of: ID!) {{ {six_times} }}", of=of)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"TOO_MANY"}
    await acme.fetch(MORE_OBJECTIVES, root, 1)
    await acme.fetch("update feed_head set plan_seq = plan_seq + 1")  # the rows above are in no change
    problem = await client.problem(f"query ($of: ID!) {{ {tree} }}", of=of)
    assert problem["code"] == "TOO_MANY"


async def test_a_socket_holds_at_most_100_operations(api: Server, acme: Acme):
    async with api.socket(acme.token) as socket:
        for _ in range(MAX_OPERATIONS_PER_SOCKET):
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
