"""`extensions.seq`: the position in the feed at which all of a response is true, over every transport."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from okr_api.graphql.schema import schema
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from okr_api.services.objectives import edit_objective
from tests.acme import Acme
from tests.graphql.cases import ASKED, CASES, HOW_ARE_YOU, Case, set_the_stage
from tests.query_engine.test_concurrent_reads import roots
from tests.serving import (
    UNRECORDED,
    WEBHOOK_MUTATIONS,
    Client,
    Server,
    input_type,
    mutations,
    node_field,
    serving,
)
from tests.transport.test_event_streams import streaming

READERS = 8
ROUNDS = 30
IN_TIME_S = 20.0
READS_NOTHING = (
    "viewer { name scopes }",
    "__typename",
    '__type(name: "Cycle") { name }',
    "people(first: 0) { totalCount }",
    "objective { id }",
    'node(id: "x") { id }',
    'nodes(ids: ["x", ""]) { id }',
    "nodes(ids: []) { id }",
)
UNRECORDED_INPUTS: dict[str, dict[str, Any]] = {
    "tokenCreate": {"service": "nightly", "scopes": ["READ"]},
    "tokenRevoke": {"id": ""},
    "webhookCreate": {"url": "https://hooks.example/", "selection": "{ seq }"},
    "webhookUpdate": {"url": "https://hooks.example/"},
    "webhookDelete": {},
    "webhookRotateSecret": {},
    "webhookReplay": {"after": 0},
    "webhookEnable": {},
    "notificationsRead": {"upTo": 1},
    "pulseAnswer": {"pulse": {"externalId": "how_are_you"}, "answers": [3]},
}
CHANGES = "subscription ($after: Seq) { changes(after: $after) { seq node { id } } }"
PROGRESS = "subscription ($id: ID, $after: Seq) { progressChanged(objectiveId: $id, after: $after) { seq } }"
VERSION = "query ($id: ID!) { objective(id: $id) { version } }"
VERSION_AND_SEQ = "query ($id: ID!) { objective(id: $id) { version } seq }"


@pytest.fixture(params=(True, False), ids=("compiled", "graphql-core"))
async def served(acme: Acme, acme_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """A server with each of the two executors."""
    async with serving(acme_url, compiled=request.param) as running:
        yield running


def position(answer: dict[str, Any]) -> Any:
    """The position that a response has in its extensions; None without."""
    return answer.get("extensions", {}).get("seq")


async def over_all_transports(served: Server, acme: Acme, query: str) -> list[dict[str, Any]]:
    """The responses to an operation over HTTP, by GET, over a websocket and as an event stream."""
    client = served.client(acme.token)
    by_get = (await client.http.get("/graphql", params={"query": query})).json()
    async with served.socket(acme.token) as socket:
        over_socket = (await (await socket.subscribe(query)).message())["payload"]
    async with streaming(served, acme.token, query) as stream:
        streamed = (await stream.next()).data
    return [await client.answer(query), by_get, over_socket, streamed]


async def test_each_root_field_is_answered_at_the_position_that_seq_tells(served: Server, acme: Acme):
    client, seq = served.client(acme.token), await acme.seq()
    for name, field in roots(acme).items():
        for query in (f"{{ seq {field} }}", f"{{ {field} seq }}"):
            answer = await client.answer(query)
            assert (position(answer), answer["data"]["seq"]) == (seq, seq), (name, answer)
        assert position(await client.answer(f"{{ {field} }}")) == seq, name


async def test_it_is_the_same_over_every_transport(served: Server, acme: Acme):
    seq = await acme.seq()
    for query in (
        "{ seq }",
        "{ objectives(first: 2) { nodes { title } } }",
        "{ changes(after: 9000) { endSeq } }",
    ):
        assert [position(one) for one in await over_all_transports(served, acme, query)] == [seq] * 4, query


@pytest.mark.parametrize("query", READS_NOTHING)
async def test_what_reads_nothing_has_a_position_too(served: Server, acme: Acme, query: str):
    seq = await acme.seq()
    for answer in await over_all_transports(served, acme, f"{{ {query} }}"):
        assert "data" in answer
        assert (set(answer["extensions"]), position(answer)) == ({"cost", "seq"}, seq)


async def test_what_a_malformed_id_asks_for_is_absent_at_a_position(client: Client, acme: Acme):
    seq, fields = await acme.seq(), schema._schema.query_type.fields
    taking = [name for name, field in fields.items() if {"id", "externalId"} <= set(field.args)]
    assert len(taking) >= 7
    for name in taking:
        for id in ("x", "", "obj_", "per_" + "z" * 32, "no_" + "0" * 32):
            answer = await client.answer(f"query ($id: ID) {{ {name}(id: $id) {{ id }} }}", id=id)
            assert (answer["data"], position(answer)) == ({name: None}, seq)


async def test_a_mutation_that_is_refused_before_it_begins_has_a_position(client: Client, acme: Acme):
    for query in ("mutation { __typename }", 'mutation { tokenRevoke(input: {id: "x"}) { __typename } }'):
        assert position(await client.answer(query)) == await acme.seq()


@pytest.mark.parametrize("query", ("{", "{ nope }"))
async def test_what_is_not_executed_has_no_position(client: Client, query: str):
    answer = await client.answer(query)
    assert answer["errors"]
    assert position(answer) is None


async def test_an_answer_whose_position_cannot_be_read_goes_without(served: Server, acme: Acme):
    client = served.client(acme.token)
    assert await client.ask("{ viewer { name } }")
    await acme.fetch("alter table feed_head rename to elsewhere")
    answer = await client.answer("{ viewer { name } }")
    assert (answer["data"], position(answer)) == ({"viewer": {"name": "Ann"}}, None)


async def test_what_fails_after_reading_has_its_position(client: Client, acme: Acme):
    answer = await client.answer("{ wrong: people(first: 0) { totalCount } teams { totalCount } }")
    assert (len(answer["errors"]), position(answer)) == (1, await acme.seq())


@pytest.mark.parametrize("mutation", (*mutations(), *UNRECORDED))
async def test_a_mutation_is_answered_at_its_change(mutation: str, client: Client, acme: Acme):
    given: Any = UNRECORDED_INPUTS.get(mutation)
    if given is None:
        await set_the_stage(acme, client, CASES[mutation])
        given = CASES[mutation].input
    elif mutation == "tokenRevoke":
        made = await client.do("tokenCreate", "token { id }", **UNRECORDED_INPUTS["tokenCreate"])
        given = {"id": made["token"]["id"]}
    elif mutation in WEBHOOK_MUTATIONS[1:]:
        made = await client.do("webhookCreate", "webhook { id }", **UNRECORDED_INPUTS["webhookCreate"])
        given = {**given, "id": made["webhook"]["id"]}
    elif mutation == "pulseAnswer":
        await set_the_stage(acme, client, Case("", {}, (HOW_ARE_YOU, ASKED)))
    field = node_field(mutation)
    text = f"mutation ($input: {input_type(mutation)}!) {{ {mutation}(input: $input) {{ seq %s }} }}"
    key: dict[str, Any] = {} if mutation == "pulseAnswer" else {"idempotencyKey": ""}
    wrong = {**given, **key} if key else {**given, "answers": []}
    refused = await client.answer(text % "errors { code }", input=wrong)
    assert refused["data"][mutation]["errors"]
    assert position(refused) == refused["data"][mutation]["seq"] == await acme.seq()
    for selected in ("", f"{field} {{ __typename {'' if field == 'results' else 'id'} }}"):
        if key:
            key = {"idempotencyKey": "once"}  # the second is a replay, whose fields are read now
        answer = await client.answer(text % selected, input={**given, **key})
        assert position(answer) == answer["data"][mutation]["seq"] == await acme.seq(), answer


async def test_a_replay_has_the_position_at_which_it_is_read(client: Client, acme: Acme):
    text = 'mutation { teamCreate(input: {name: "New", idempotencyKey: "new"}) { seq team { name } } }'
    first = await client.answer(text)
    await acme.objective("Another")
    again = await client.answer(text)
    assert again["data"] == first["data"]
    assert (position(first), position(again)) == (first["data"]["teamCreate"]["seq"], await acme.seq())


async def test_several_mutations_have_the_position_of_the_first(client: Client, acme: Acme):
    before = await acme.seq()
    answer = await client.answer(
        'mutation { one: teamCreate(input: {name: "One"}) { team { name } } '
        'other: teamCreate(input: {name: "Other"}) { team { name } } }'
    )
    assert (position(answer), await acme.seq()) == (before + 1, before + 2)


async def test_following_from_a_position_begins_after_it(served: Server, acme: Acme):
    answer = await served.client(acme.token).answer("{ teams { totalCount } }")
    for value in (5, 6):
        await acme.check_in("macros", value)
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe(CHANGES, after=position(answer))
        assert [event["seq"] for event in await events.take(2)] == [
            position(answer) + 1,
            position(answer) + 2,
        ]


async def test_an_event_is_answered_at_its_seq(served: Server, acme: Acme):
    begun = await acme.seq()
    for value in (5, 6):
        await acme.check_in("macros", value)
    id = encode_id(NodeType.OBJECTIVE, acme.answer_fast)
    for query in (CHANGES, PROGRESS):
        variables = {"after": begun} | ({"id": id} if query == PROGRESS else {})
        async with served.socket(acme.token) as socket:
            events = await socket.subscribe(query, **variables)
            payloads = [(await events.message())["payload"] for _ in range(2)]
        async with streaming(served, acme.token, query, **variables) as stream:
            payloads += [(await stream.next()).data for _ in range(2)]
        seqs = [event["seq"] for payload in payloads for event in payload["data"].values()]
        assert [position(payload) for payload in payloads] == seqs == [begun + 1, begun + 2] * 2


async def test_an_event_with_an_error_has_its_position(served: Server, acme: Acme):
    """A null where the schema has none: an objective's cycle, which the database is made to lose."""
    begun = await acme.seq()
    await acme.done(edit_objective, objective=acme.answer_fast, edits={"title": "Another"})
    await acme.fetch("alter table objective drop constraint cycle_id_inside")
    await acme.fetch("update objective set cycle_id = $1 where id = $2", UUID(int=1), acme.answer_fast)
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe(
            "subscription ($after: Seq) { changes(after: $after) { node { ... on Objective { cycle { name } } } } }",
            after=begun,
        )
        payload = (await events.message())["payload"]
    assert [error["extensions"]["code"] for error in payload["errors"]] == ["INTERNAL"]
    assert position(payload) == begun + 1


async def test_a_response_is_true_at_its_position_while_others_commit(served: Server, acme: Acme):
    id, version_at, told = encode_id(NodeType.OBJECTIVE, acme.never_down), dict[int, int](), []
    rename = "mutation ($input: ObjectiveUpdateInput!) { objectiveUpdate(input: $input) { objective { version } } }"
    writer, writing = served.client(acme.token), True

    async def note() -> None:
        [row] = await acme.fetch(
            "select head.seq, objective.version from feed_head head, objective where objective.id = $1",
            acme.never_down,
        )
        version_at[row["seq"]] = row["version"]

    async def read(query: str) -> None:
        client = served.client(acme.token)
        while writing:
            told.append(await client.answer(query, id=id))

    await note()
    async with asyncio.timeout(IN_TIME_S):
        reading = [asyncio.create_task(read((VERSION, VERSION_AND_SEQ)[i % 2])) for i in range(READERS)]
        for number in range(ROUNDS):
            told.append(
                await writer.answer(rename, input={"objective": {"id": id}, "title": f"Title {number}"})
            )
            await note()
        writing = False
        await asyncio.gather(*reading)
    assert len({position(answer) for answer in told}) >= ROUNDS
    for answer in told:
        data = answer["data"]
        found = data["objective"] if "objective" in data else data["objectiveUpdate"]["objective"]
        assert found["version"] == version_at[position(answer)], answer
        assert data.get("seq", position(answer)) == position(answer)


async def test_the_position_takes_a_statement_only_where_nothing_else_is_read(served: Server, acme: Acme):
    assert served.app_services is not None
    client, database, asked = served.client(acme.token), served.app_services.database, list[str]()
    await client.ask("{ viewer { name } }")  # looks up the token
    connection = await database.take_reader(acme.organization.id)
    connection.add_query_logger(lambda record: asked.append(record.query))
    database.give_back(connection)
    for text, statements in (
        ('mutation { teamCreate(input: {name: "New"}) { seq errors { code } } }', 0),
        ("{ viewer { name } }", 1),
    ):
        await client.ask(text)
        asked.clear()
        await client.ask(text)
        assert len(asked) == statements, (text, asked)
