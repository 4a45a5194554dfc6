"""Restricted objectives: others see an organisation without them, but for numbers, which are everybody's.

Two organisations differ only in objectives that are private to Ben and what belongs to them; every query field
is sent to both by Cem.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.entity import NodeType
from okr_api.okr.mentions import mention_of
from okr_api.okr.review_record import ReviewDecision, RootCause
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.query_engine.global_ids import encode_id
from okr_api.query_engine.snapshot import Snapshot
from okr_api.services.comments import add_comment
from okr_api.services.decisions import add_decision
from okr_api.services.experiments import add_experiment
from okr_api.services.follows import choose_to_follow
from okr_api.services.lessons import add_lesson
from okr_api.services.reactions import add_reaction
from okr_api.services.references import Ref
from okr_api.services.reviews import record_review
from okr_api.services.roadblocks import add_roadblock
from okr_api.store.database import Database
from tests import conftest
from tests.acme import Acme, World, measured
from tests.graphql.cases import ids_of
from tests.graphql.hidden import Hidden
from tests.graphql.test_unpublished import REPLY, Twin, every_query
from tests.restricting import restrict
from tests.serving import Client, Server, serving

NUMBERS = {
    "hiddenCount",
    "descendantCount",
    "share",
    "objectiveCount",
    "alignedCount",
}  # which count what is hidden
MADE = "select id, external_id from {} where external_id like 'secret%'"
TABLES = {
    "objective": NodeType.OBJECTIVE,
    "key_result": NodeType.KEY_RESULT,
    "check_in": NodeType.CHECK_IN,
    "comment": NodeType.COMMENT,
    "roadblock": NodeType.ROADBLOCK,
    "decision": NodeType.DECISION,
    "experiment": NodeType.EXPERIMENT,
    "lesson": NodeType.LESSON,
    "review_record": NodeType.REVIEW_RECORD,
}


async def client_of(served: Server, acme: Acme, person: str, scope: Scope = Scope.WRITE) -> Client:
    token = await acme.tokens.create(acme.organization.id, name=person, scopes=[scope], person=person)
    return served.client(token)


async def say_something(acme: Acme) -> None:
    """Discuss the secrets as Ben, who mentions Cem; react to them and follow them."""
    ben = acme.as_person(acme.ben, "Ben")
    for name, node_type in (
        ("secret_one", NodeType.OBJECTIVE),
        ("secret_two_key_result", NodeType.KEY_RESULT),
        ("secret_three_right", NodeType.CHECK_IN),
    ):
        on = Ref(external_id=name, node_type=node_type)
        text = f"Title {mention_of('Cem', acme.cem)}"
        remark = await acme.done(add_comment, on=on, text=text, external_id=f"secret_on_{name}", by=ben)
        reply = {"reply_to": remark, "external_id": f"secret_reply_on_{name}"}
        await acme.done(add_comment, on=on, text="Title", by=ben, **reply)
        await acme.done(add_reaction, on=Ref(remark, node_type=NodeType.COMMENT), emoji="🎉", by=ben)
        if node_type is not NodeType.CHECK_IN:
            await acme.done(choose_to_follow, on=on, is_following=True, by=acme.as_person(acme.cem, "Cem"))


async def look_back(acme: Acme) -> None:
    """Review a secret as if the quarter, which stays active, were in review; no number follows from that."""
    state = "update cycle set state = $2 where id = $1 returning id"
    await acme.fetch(state, acme.quarter, "REVIEW")
    said: dict[str, Any] = {"decision": ReviewDecision.KEEP, "decision_reason": "Title"}
    said |= {"root_cause": RootCause.OTHER, "celebration": "Title", "external_id": "secret_review"}
    said["learned"] = "Title"
    await acme.done(record_review, objective="secret_one", **said, by=acme.seeing_all())
    await acme.fetch(state, acme.quarter, "ACTIVE")


async def keep_secrets(acme: Acme) -> list[Hidden]:
    """Add objectives that move no other, with key results and check-ins; let only Ben see them."""
    await acme.objective("Title of one", team="support", external_id="secret_one")
    await acme.objective("Title of two", external_id="secret_two")
    await acme.objective("Title of three", "secret_one", external_id="secret_three")
    await acme.supports("secret_one", "answer_fast")
    await acme.supports("secret_two", "macros")
    for name in ("secret_one", "secret_two", "secret_three"):
        await acme.key_result("Title", name, external_id=f"{name}_key_result")
        wrong = await acme.check_in(f"{name}_key_result", 5, external_id=f"{name}_wrong")
        await acme.check_in(f"{name}_key_result", 6, supersedes=wrong, external_id=f"{name}_right")
        part = measured(f"{name}_key_result")
        await acme.done(add_roadblock, on=part, title="Title", owner="cem", external_id=f"{name}_block")
        await acme.done(add_decision, about=part, text="Title", owner="cem", external_id=f"{name}_decision")
        trial = {"hypothesis": "Title", "owner": "cem", "external_id": f"{name}_trial"}
        await acme.done(add_experiment, key_result=f"{name}_key_result", **trial)
        learned = {"title": "Title", "owner": "cem", "external_id": f"{name}_lesson"}
        await acme.done(add_lesson, source=measured(f"{name}_trial", NodeType.EXPERIMENT), **learned)
        await restrict(acme, name, acme.ben)
    await look_back(acme)
    await say_something(acme)
    return [
        Hidden(node_type, encode_id(node_type, row["id"]), row["external_id"])
        for table, node_type in TABLES.items()
        for row in await acme.fetch(MADE.format(table))
    ]


@pytest.fixture(scope="module")
async def twins(
    server: conftest.Server, acme_template: tuple[str, World]
) -> AsyncIterator[tuple[Twin, Twin, list[Hidden]]]:
    """Yield two equal organisations, the second with secrets, and these."""
    template, world = acme_template
    async with AsyncExitStack() as stack:

        async def open_copy() -> Twin:
            url = server.url_of(await stack.enter_async_context(server.copy_of(template)))
            database = await stack.enter_async_context(Database.open(url))
            wakeups = await stack.enter_async_context(ChangeNotifier.running(database))
            served = await stack.enter_async_context(serving(url))
            return Twin(Acme(database, wakeups, world), served, served.client(world.tokens[Scope.READ]))

        bare, secretive = await open_copy(), await open_copy()
        yield bare, secretive, await keep_secrets(secretive.acme)


def without_numbers(answer: Any) -> Any:
    """Return an answer without the numbers that count what is hidden."""
    if isinstance(answer, dict):
        return {key: without_numbers(one) for key, one in answer.items() if key not in NUMBERS}
    return [without_numbers(one) for one in answer] if isinstance(answer, list) else answer


async def test_every_query_is_answered_as_if_it_were_not_there(twins: tuple[Twin, Twin, list[Hidden]]):
    bare, secretive, hidden = twins
    readers = [await client_of(twin.served, twin.acme, "cem") for twin in (bare, secretive)]
    asked = [*hidden[:3], *hidden[4:6], *hidden[-2:]]  # the objectives, two key results and a check-in
    for _, query, variables in every_query(ids_of(bare.acme), asked):
        answers = [await reader.answer(query, **variables) for reader in readers]
        for answer in answers:
            answer.pop("extensions", None)
        assert without_numbers(answers[0]) == without_numbers(answers[1]), (query, variables)
        refused = [error["extensions"]["code"] for error in answers[0].get("errors", ())]
        assert refused == (["NOT_FOUND"] if REPLY in query and "answer_fast" in query else []), query


@pytest.mark.parametrize("who", ("Ben", "an admin who only reads", "a service that sees what is private"))
async def test_who_is_in_the_audience_sees_all_of_it(twins: tuple[Twin, Twin, list[Hidden]], who: str):
    _, secretive, hidden = twins
    acme, served = secretive.acme, secretive.served
    match who:
        case "Ben":
            client = await client_of(served, acme, "ben", Scope.READ)
        case "an admin who only reads":
            client = await client_of(served, acme, "ann", Scope.READ)
        case _:
            organization = acme.organization.id
            token = await acme.tokens.create(organization, name=who, scopes=[Scope.READ], sees_private=True)
            client = served.client(token)
    ids = [one.id for one in hidden]
    found = await client.one("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)
    assert [one["id"] for one in found] == ids
    assert len(ids) == 31


NUMBERS_ABOVE = """
    { objective(externalId: "customers_stay") {
        progress coverage status partsByStatus { status count } worstPart
        explain { progress { value } }
    } cycle(externalId: "quarter") { alignment { share objectiveCount alignedCount } } }
"""
PARTS = """
    { objective(externalId: "customers_stay") {
        hiddenCount children { externalId }
        explain { progress { value parts { node { id } contribution } hidden { count contribution } } }
    } }
"""


async def test_numbers_count_what_is_hidden(acme: Acme, served: Server):
    await acme.check_in("uptime", 99.95)
    await acme.check_in("macros", 5)
    ben, cem = await client_of(served, acme, "ben"), await client_of(served, acme, "cem")
    before = await ben.ask(NUMBERS_ABOVE)
    await restrict(acme, "never_down", acme.cem)
    assert await ben.ask(NUMBERS_ABOVE) == await cem.ask(NUMBERS_ABOVE) == before
    assert before["objective"]["progress"] > 0
    less, whole = await ben.one(PARTS), await cem.one(PARTS)
    assert [one["externalId"] for one in less["children"]] == ["answer_fast"]
    assert (less["hiddenCount"], whole["hiddenCount"]) == (1, 0)
    explained, all_of_it = less["explain"]["progress"], whole["explain"]["progress"]
    assert (len(explained["parts"]), len(all_of_it["parts"])) == (1, 2)
    assert explained["hidden"]["count"] == 1
    assert all_of_it["hidden"] is None
    told = explained["hidden"]["contribution"] + explained["parts"][0]["contribution"]
    assert told == pytest.approx(explained["value"])


MIDDLE = """
    { objective(externalId: "clear_backlog") { parents { kind } ancestors { externalId } }
      objectives(filter: { isOrphan: true }) { nodes { externalId } }
      objectiveTree(rootExternalId: "customers_stay") { rows { objective { externalId } depth parentIds } } }
"""


async def test_what_lies_beneath_a_hidden_one_hangs_on_the_nearest_visible_one(acme: Acme, served: Server):
    await restrict(acme, "answer_fast", acme.ben)
    cem = await client_of(served, acme, "cem")
    found = await cem.ask(MIDDLE)
    assert found["objective"] == {"parents": [], "ancestors": [{"externalId": "customers_stay"}]}
    orphans = [one["externalId"] for one in found["objectives"]["nodes"]]
    assert orphans == ["customers_stay", "clear_backlog"]
    top = encode_id(NodeType.OBJECTIVE, acme.customers_stay)
    rows = {row["objective"]["externalId"]: row for row in found["objectiveTree"]["rows"]}
    assert rows["clear_backlog"]["parentIds"] == [top]
    assert rows["clear_backlog"]["depth"] == 1
    assert sorted(rows) == ["clear_backlog", "customers_stay", "never_down"]


TREE = '{ objectiveTree(cycleExternalId: "quarter") { rows { objective { externalId } } } }'


async def test_what_its_owner_restricts_is_gone_for_others_with_the_next_query(acme: Acme, served: Server):
    ben, cem = await client_of(served, acme, "ben"), await client_of(served, acme, "cem")

    async def seen_by(client: Client) -> list[str]:
        return [row["objective"]["externalId"] for row in (await client.one(TREE))["rows"]]

    everything = await seen_by(cem)
    assert everything == await seen_by(ben) == ["answer_fast", "clear_backlog", "never_down"]
    answer_fast = {"objective": {"externalId": "answer_fast"}}
    await ben.do("objectiveUpdate", **answer_fast, visibility="PRIVATE")
    assert await seen_by(cem) == ["clear_backlog", "never_down"]
    assert await seen_by(ben) == everything
    await ben.do("objectiveUpdate", **answer_fast, sharedWith=[{"externalId": "cem"}])
    assert await seen_by(cem) == everything
    await ben.do("objectiveUpdate", **answer_fast, visibility="TEAM")
    assert await seen_by(cem) == ["clear_backlog", "never_down"]
    ann = served.client(acme.token)
    await ann.do("teamMemberAdd", team={"externalId": "support"}, person={"externalId": "cem"}, role="MEMBER")
    assert await seen_by(cem) == everything


# ── Nobody gets what was read for somebody else ──

ASKED_AT_ONCE = (
    '{ objective(externalId: "never_down") { title keyResults { title } } }',
    "query ($id: ID!) { node(id: $id) { id } }",
    "{ objectives(first: 50) { totalCount nodes { externalId } } }",
    '{ objectiveTree(cycleExternalId: "quarter") { rows { objective { externalId } } } }',
    '{ keyResult(externalId: "uptime") { title objective { title } } }',
)
CALLERS = 12


async def test_people_who_ask_at_once_get_what_each_of_them_sees(acme: Acme, served: Server):
    clients = [await client_of(served, acme, name) for name in ("ann", "ben", "cem")]
    clients.append(served.client(acme.world.tokens[Scope.READ]))
    id = encode_id(NodeType.OBJECTIVE, acme.never_down)

    async def answers(client: Client, query: str) -> Any:
        return await client.ask(query, **({"id": id} if "$id" in query else {}))

    async def of_all() -> Sequence[Any]:
        return [[await answers(client, query) for query in ASKED_AT_ONCE] for client in clients]

    everything = await of_all()
    await restrict(acme, "never_down", acme.cem)
    ann, ben, cem, service = alone = await of_all()
    assert ann == cem == everything[0]
    for less in (ben, service):
        assert [less[0], less[1], less[4]] == [{"objective": None}, {"node": None}, {"keyResult": None}]
        assert [len(less[2]["objectives"]["nodes"]), less[2]["objectives"]["totalCount"]] == [3, 3]
        assert len(less[3]["objectiveTree"]["rows"]) == 2
    for place, query in enumerate(ASKED_AT_ONCE):
        wanted = [of_client[place] for of_client in alone]
        asked = await asyncio.gather(*(answers(client, query) for _ in range(CALLERS) for client in clients))
        assert asked == wanted * CALLERS, query


async def test_people_share_statements_and_who_sees_everything_reads_without_a_condition(
    acme: Acme, served: Server, monkeypatch: pytest.MonkeyPatch
):
    """The viewer is a parameter: texts are cached by plans and by connections."""
    told: set[str] = set()
    fetch = Snapshot.fetch

    async def recorded(self: Snapshot, statement: str, *parameters: Any, **more: Any) -> Any:
        told.add(statement)
        return await fetch(self, statement, *parameters, **more)

    monkeypatch.setattr(Snapshot, "fetch", recorded)
    ann, ben, cem = [await client_of(served, acme, name) for name in ("ann", "ben", "cem")]
    id = encode_id(NodeType.OBJECTIVE, acme.never_down)

    async def statements(client: Client) -> set[str]:
        told.clear()
        for query in (*ASKED_AT_ONCE, MIDDLE, PARTS, NUMBERS_ABOVE):
            await client.ask(query, **({"id": id} if "$id" in query else {}))
        return set(told)

    first = await statements(ben)  # lays out the trees, which then serve everybody
    of_ben, of_cem, of_ann = await statements(ben), await statements(cem), await statements(ann)
    assert len(first) > len(of_ben)
    assert of_ben == of_cem
    assert any("viewer_ids" in one for one in of_ben)
    assert [one for one in of_ann if "= any(" in one and "viewer_ids" in one] == []
    assert not any(
        str(person) in one or person.hex in one for one in of_ben for person in (acme.ben, acme.cem)
    )


async def test_subscribers_get_what_each_of_them_sees(acme: Acme, served: Server):
    await restrict(acme, "never_down", acme.cem)
    never_down, uptime = (
        encode_id(NodeType.OBJECTIVE, acme.never_down),
        encode_id(NodeType.KEY_RESULT, acme.uptime),
    )
    begun = await acme.seq()
    told = {}
    async with AsyncExitStack() as stack:
        streams = {}
        for name in ("ann", "ben", "cem"):
            token = await acme.tokens.create(
                acme.organization.id, name=name, scopes=[Scope.READ], person=name
            )
            socket = await stack.enter_async_context(served.socket(token))
            text = f"subscription {{ changes(after: {begun}) {{ seq nodeId deltas {{ nodeId node {{ id }} }} }} }}"
            streams[name] = await socket.subscribe(text)
        cem = await client_of(served, acme, "cem")
        await cem.do("checkInRecord", keyResult={"externalId": "uptime"}, value=99.95)
        for name, events in streams.items():
            told[name] = await events.next()
    assert told["ann"] == told["cem"]
    moved = {name: {one["nodeId"] for one in event["deltas"]} for name, event in told.items()}
    assert {never_down, uptime} <= moved["cem"]
    assert moved["ben"] == moved["cem"] - {never_down, uptime}
    assert moved["ben"]
    assert told["ben"]["nodeId"] is None
    assert told["cem"]["nodeId"] is not None
