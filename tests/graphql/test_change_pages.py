"""Pages of the change feed: expired cursors beside other root fields, and filters that match few changes."""

from itertools import count
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.graphql import subscription_events
from okr_api.graphql.app_services import AppServices
from okr_api.okr.entity import NodeType
from okr_api.pubsub.change_stream import ChangeStream
from okr_api.pubsub.recent_changes import READ_BATCH_SIZE
from okr_api.query_engine import change_pages
from okr_api.query_engine.global_ids import encode_id
from okr_api.query_engine.snapshot import MAX_ROWS_READ
from okr_api.store.change_nodes import repair_listing
from tests.acme import Acme
from tests.query_engine.executors import EXECUTORS
from tests.serving import Client, Server

# Add $1 check-in changes to the feed, copied from its last change, without the service.
MORE_CHANGES = """
    with made as (
        insert into change
        select made.*
        from change last, generate_series(1, $1) number, jsonb_populate_record(last, jsonb_build_object(
            'seq', last.seq + number, 'kind', 'CHECK_IN_RECORDED', 'node_type', 'CHECK_IN', 'related_ids', '[]'::jsonb, 'deltas', '[]'::jsonb
        )) made
        where last.seq = (select max(seq) from change)
        returning seq
    )
    update feed_head set seq = (select max(seq) from made)
"""
# Replace the deltas of each change after position $1 by $3 copies of a delta, for other nodes.
MOVED_MUCH = """
    update change set deltas = (
        select jsonb_agg($2::jsonb || jsonb_build_object('node_id', md5(number::text || change.seq)::uuid))
        from generate_series(1, $3) number
    )
    where seq > $1
"""
PAGE = "query ($after: Seq!, $f: ChangeFilter) { changes(after: $after, filter: $f) { nodes { kind } endSeq hasMore } }"
NEIGHBOURS = (
    "seq",
    "viewer { name }",
    "organization { name }",
    'objective(externalId: "never_down") { title }',
    'objective(externalId: "nobody") { title }',
    "objectives(first: 1) { nodes { title } }",
    'node(id: "x") { id }',
    'objectiveTree(rootId: "x") { seq }',
    "changes(after: 9, first: 1) { endSeq }",
)


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
async def test_an_expired_cursor_is_refused_whatever_was_read_first(
    neighbour: str, client: Client, acme: Acme
):
    await acme.fetch("delete from change where seq < 10")
    await acme.fetch("update feed_head set oldest_seq = 10")
    answer = await client.answer(f"{{ before: {neighbour} changes(after: 2) {{ endSeq }} }}")
    assert [(error["extensions"]["code"], error["path"]) for error in answer["errors"]] == [
        ("CURSOR_EXPIRED", ["changes"])
    ]
    assert answer["errors"][0]["extensions"]["oldestSeq"] == 10


async def test_a_feed_that_lost_its_beginning_meanwhile_is_not_read_across_the_gap(
    client: Client, acme: Acme
):
    await acme.fetch("delete from change where seq < 10")  # as before the feed head is updated
    problem = await client.problem("{ changes(after: 2) { endSeq } }")
    assert (problem["code"], problem["oldestSeq"]) == ("CURSOR_EXPIRED", 10)


async def pages(client: Client, after: int, given: dict[str, object]) -> list[dict[str, Any]]:
    """Return all pages of the filtered feed, following `endSeq`."""
    found = []
    while True:
        page = await client.one(PAGE, after=after, f=given)
        found.append(page)
        if not page["hasMore"]:
            return found
        assert page["endSeq"] > after
        after = page["endSeq"]


async def test_more_changes_than_an_operation_may_read_are_scanned_a_stretch_at_a_time(
    client: Client, acme: Acme
):
    begun = await acme.seq()
    await acme.fetch(MORE_CHANGES, MAX_ROWS_READ + 1)
    await acme.person("Dana")
    found = await pages(client, begun, {"kinds": ["PERSON_CREATED"]})
    assert [page["nodes"] for page in found] == [[]] * (len(found) - 1) + [[{"kind": "PERSON_CREATED"}]]
    assert [page["endSeq"] for page in found] == [
        *range(begun + change_pages.MAX_CHANGES_SCANNED, await acme.seq(), change_pages.MAX_CHANGES_SCANNED),
        await acme.seq(),
    ]


async def test_changes_that_moved_much_are_read_a_few_at_a_time(client: Client, acme: Acme):
    begun = await acme.seq()
    await acme.check_in(acme.macros, 5)
    [delta] = (await acme.fetch("select (deltas -> 0)::jsonb as one from change order by seq desc limit 1"))[
        0
    ].values()
    wide, each = 100, 3_000  # about 400 characters each: more than an operation may read
    await acme.fetch(MORE_CHANGES, wide)
    await acme.fetch(MOVED_MUCH, await acme.seq() - wide, delta, each)
    found = await pages(client, begun, {})
    assert sum(len(page["nodes"]) for page in found) == wide + 1
    assert len(found) > 2
    asked = "query ($after: Seq!) { changes(after: $after, first: 1) { nodes { deltas { nodeId } } } }"
    [one] = (await client.one(asked, after=await acme.seq() - 1))["nodes"]
    assert len(one["deltas"]) == each


@pytest.mark.parametrize("sees_drafts", (True, False), ids=("drafts", "no drafts"))
async def test_changes_that_a_filter_does_not_let_through_are_not_read(acme: Acme, sees_drafts: bool):
    before = await acme.seq()
    await acme.check_in("macros", 3)
    await acme.fetch(MORE_CHANGES.replace(", 'deltas', '[]'::jsonb", ""), 5_000)
    await acme.check_in("uptime", 100)
    await acme.fetch(MORE_CHANGES, 700)
    async with acme.database.writing(acme.organization.id) as connection:
        await repair_listing(connection, acme.organization.id)
    house = AppServices(
        acme.database,
        acme.mutation_runner,
        acme.group_commit,
        ChangeStream(acme.database, acme.notifier),
        acme.tokens,
    )
    actor = await acme.tokens.actor(acme.token if sees_drafts else acme.world.tokens[Scope.READ])
    assert actor is not None
    assert actor.visibility.drafts == sees_drafts
    node = encode_id(NodeType.KEY_RESULT, acme.uptime)
    for given, found in (
        ({"kinds": ["IMPORTED"]}, 0),
        ({"nodeId": "nothing"}, 0),
        ({"nodeId": encode_id(NodeType.TEAM, acme.uptime)}, 1),
        ({"nodeId": node}, 1),
        ({"nodeId": node, "kinds": ["IMPORTED"]}, 0),
    ):
        for execute in EXECUTORS.values():
            data, snapshot = await execute(house, actor, PAGE, {"after": before + 1, "f": given})
            assert len(data["changes"]["nodes"]) == found, given
            assert snapshot.rows < 2.5 * change_pages.CHANGE_BATCH_SIZE, given


async def test_a_scan_ends_with_the_feed_or_at_its_limit(
    client: Client, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(change_pages, "MAX_CHANGES_SCANNED", 500)
    begun = await acme.seq()
    await acme.fetch(MORE_CHANGES, 500)
    none = {"kinds": ["IMPORTED"]}
    assert await client.one(PAGE, after=begun, f=none) == {
        "nodes": [],
        "endSeq": begun + 500,
        "hasMore": False,
    }
    await acme.fetch(MORE_CHANGES, 1)
    assert await client.one(PAGE, after=begun, f=none) == {
        "nodes": [],
        "endSeq": begun + 500,
        "hasMore": True,
    }


async def test_a_subscription_catches_up_over_what_its_filter_does_not_let_through(
    served: Server, acme: Acme
):
    begun = await acme.seq()
    await acme.fetch(MORE_CHANGES, 5_000)
    await acme.person("Dana")
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe(
            "subscription ($a: Seq, $f: ChangeFilter) { changes(after: $a, filter: $f) { seq } }",
            a=begun,
            f={"kinds": ["PERSON_CREATED"]},
        )
        assert await events.next() == {"seq": await acme.seq()}


async def test_catching_up_moves_the_cursor_while_nothing_in_the_scope_moves(
    served: Server, acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    assert served.app_services
    seconds = count()
    # One second per change.
    monkeypatch.setattr(subscription_events, "monotonic", lambda: float(next(seconds)))
    served.app_services.feed.quiet_s = 1.5 * READ_BATCH_SIZE
    begun = await acme.seq()
    await acme.fetch(MORE_CHANGES, 3 * READ_BATCH_SIZE)
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe(
            "subscription ($o: ID, $a: Seq) { progressChanged(objectiveId: $o, after: $a) { seq deltas { nodeId } } }",
            o=encode_id(NodeType.OBJECTIVE, acme.never_down),
            a=begun,
        )
        event = await events.next()
        assert event["deltas"] == []
        assert begun + READ_BATCH_SIZE < event["seq"] < begun + 2 * READ_BATCH_SIZE


async def test_catching_up_looks_for_a_hundred_changes_at_once_what_lies_in_the_scope(
    served: Server, acme: Acme
):
    assert served.app_services
    begun = await acme.seq()
    await acme.check_in("macros", 3)
    await acme.fetch(MORE_CHANGES.replace(", 'deltas', '[]'::jsonb", ""), 1_000)
    await acme.check_in("uptime", 100)
    async with served.socket(acme.token) as socket:
        before = served.app_services.shared.made
        events = await socket.subscribe(
            "subscription ($o: ID, $a: Seq) { progressChanged(objectiveId: $o, after: $a) { deltas { progressAfter } } }",
            o=encode_id(NodeType.OBJECTIVE, acme.never_down),
            a=begun,
        )
        assert len((await events.next())["deltas"]) == 2
        assert served.app_services.shared.made - before <= 1_002 / READ_BATCH_SIZE + 3
