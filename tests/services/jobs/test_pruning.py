"""What is too old is pruned: changes, with the beginning of the feed, and idempotency records."""

from dataclasses import replace
from datetime import timedelta

import pytest

from okr_api.okr.entity import NodeType
from okr_api.okr.policy import ObjectiveVisibility
from okr_api.pubsub.change_stream import ChangeStream, CursorExpired
from okr_api.query_engine.global_ids import encode_id
from okr_api.services import objectives
from okr_api.services.jobs import pruning
from okr_api.services.jobs.pruning import (
    MIN_FEED_DAYS,
    feed_pruning,
    prune_feeds,
    prune_idempotency_records,
)
from okr_api.services.mutation_runner import IdempotencyKey
from okr_api.store import retention
from okr_api.store.database import Database
from okr_api.store.delta_documents import STORED_BYTES
from okr_api.store.idempotency_records import IDEMPOTENCY_TTL
from okr_api.store.retention import MAX_DELETED_ROWS, NOTIFICATION_BYTES
from okr_api.store.time_limits import SERVICE
from tests.acme import Acme, Workplace, said
from tests.serving import serving

KEPT = timedelta(days=400)
AGE = "update change set recorded_at = recorded_at - interval '401 days' where organization_id = $1 and seq <= $2"
FEED = "select min(seq) as first, count(*) as count from change where organization_id = $1"
OLDEST = "select oldest_seq from feed_head where organization_id = $1"
# So many old changes like the last one, written past the service.
OLD_CHANGES = """
    with made as (
        insert into change
        select made.*
        from change last, generate_series(1, $2) number, jsonb_populate_record(last, jsonb_build_object(
            'seq', last.seq + number, 'recorded_at', last.recorded_at - interval '401 days'
        )) made
        where last.organization_id = $1 and last.seq = 1
        returning seq
    )
    update feed_head set seq = (select max(seq) from made) where organization_id = $1
"""


async def oldest(place: Workplace) -> int:
    [row] = await place.fetch(OLDEST, place.organization.id)
    return row["oldest_seq"]


async def age(place: Workplace, until: int) -> None:
    """Records the changes up to a position 401 days earlier."""
    await place.fetch(AGE, place.organization.id, until)


async def test_changes_that_are_too_old_go_and_the_feed_begins_after_them(acme: Acme):
    head = await acme.seq()
    await age(acme, 10)
    before = await acme.tables("change", "change_node", "notification", "feed_head")
    assert await prune_feeds(acme.database, KEPT) == (10, 0)
    [feed] = await acme.fetch(FEED, acme.organization.id)
    assert (feed["first"], feed["count"], await oldest(acme)) == (11, head - 10, 11)
    assert await acme.seq() == head
    assert await acme.tables("change", "change_node", "notification", "feed_head") == before
    assert await acme.fetch("select from change_node where seq <= 10") == []
    assert await acme.verify() == []
    assert await prune_feeds(acme.database, KEPT) == (0, 0)


async def test_a_subscriber_before_what_was_pruned_is_told_where_the_feed_begins(acme: Acme, acme_url: str):
    await age(acme, 10)
    feed = ChangeStream(acme.database, acme.notifier)
    await feed.begin(acme.organization.id, 9)
    await prune_feeds(acme.database, KEPT)
    with pytest.raises(CursorExpired) as expired:
        await feed.begin(acme.organization.id, 9)
    assert expired.value.oldest_seq == 11
    assert (await feed.begin(acme.organization.id, 10))[0] == 10
    following = ChangeStream(acme.database, acme.notifier).follow(acme.organization.id, 3)
    with pytest.raises(CursorExpired):
        await anext(following)
    async with serving(acme_url) as server:
        problem = await server.client(acme.token).problem("{ changes(after: 9) { endSeq } }")
        assert (problem["code"], problem["oldestSeq"]) == ("CURSOR_EXPIRED", 11)
        async with server.socket(acme.token) as socket:
            events = await socket.subscribe("subscription { changes(after: 9) { seq } }")
            problem = await events.problem()
            assert (problem["code"], problem["oldestSeq"]) == ("CURSOR_EXPIRED", 11)
            events = await socket.subscribe("subscription { changes(after: 10) { seq } }")
            assert (await events.next())["seq"] == 11


async def test_a_feed_that_is_wholly_too_old_is_followed_from_its_end(acme: Acme):
    head = await acme.seq()
    await age(acme, head)
    assert await prune_feeds(acme.database, KEPT) == (head, 0)
    assert await oldest(acme) == head + 1
    feed = ChangeStream(acme.database, acme.notifier)
    assert await feed.begin(acme.organization.id, head) == (head, head)
    await acme.check_in("macros", 5)
    assert [change["seq"] for change in await anext(feed.follow(acme.organization.id, head))] == [head + 1]


async def test_only_the_beginning_of_a_feed_is_pruned(acme: Acme):
    await acme.fetch(
        "update change set recorded_at = recorded_at - interval '401 days' where seq in (1, 2, 4, 9)"
    )
    assert await prune_feeds(acme.database, KEPT) == (2, 0)
    assert await oldest(acme) == 3


async def test_a_long_feed_is_pruned_in_several_transactions(acme: Acme):
    await age(acme, await acme.seq())
    await acme.fetch("delete from change where seq > 1")
    await acme.fetch(OLD_CHANGES, acme.organization.id, MAX_DELETED_ROWS + 50)
    assert await prune_feeds(acme.database, KEPT) == (MAX_DELETED_ROWS + 51, 0)
    assert await acme.fetch("select seq from change") == []
    assert await oldest(acme) == MAX_DELETED_ROWS + 52 == await acme.seq() + 1


async def test_a_batch_is_bounded(acme: Acme, monkeypatch: pytest.MonkeyPatch):
    await age(acme, 20)
    monkeypatch.setattr(retention, "MAX_DELETED_ROWS", 3)
    assert await retention.delete_old_changes(acme.database, acme.organization.id, KEPT) == 3
    assert await oldest(acme) == 4
    monkeypatch.setattr(pruning, "MAX_DELETED_ROWS", 3)
    monkeypatch.setattr(pruning, "MAX_BATCHES_PRUNED", 2)
    assert await prune_feeds(acme.database, KEPT) == (6, 0)
    assert await oldest(acme) == 10


async def test_a_batch_ends_with_the_change_that_reaches_so_many_stored_bytes(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    await age(acme, 20)
    [row] = await acme.fetch(f"select sum({STORED_BYTES}) as bytes from change where seq <= 4")
    monkeypatch.setattr(retention, "MAX_DELETED_STORED_BYTES", row["bytes"])
    assert await retention.delete_old_changes(acme.database, acme.organization.id, KEPT) == 4
    monkeypatch.setattr(retention, "MAX_DELETED_STORED_BYTES", 1)
    assert await retention.delete_old_changes(acme.database, acme.organization.id, KEPT) == 1
    assert await prune_feeds(acme.database, KEPT) == (15, 0)
    assert await acme.verify() == []


async def test_what_changes_showed_or_hid_goes_with_them_and_counts_as_stored_bytes(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    begun, ann = await acme.seq(), await acme.tokens.actor(acme.token)
    for visibility in ("PRIVATE", "ORGANIZATION", "TEAM"):
        edits = {"visibility": ObjectiveVisibility(visibility)}
        await acme.done(objectives.edit_objective, by=ann, objective="answer_fast", edits=edits)
    facts = "select seq from visibility_change order by seq"
    assert [row["seq"] for row in await acme.fetch(facts)] == [begun + 1, begun + 2, begun + 3]
    await age(acme, begun + 2)
    told = f"(select count(*) * {NOTIFICATION_BYTES} from notification where seq <= $1)"
    stored = f"select sum({STORED_BYTES}) + {told} as bytes from change where seq <= $1"
    [row] = await acme.fetch(stored, begun + 2)
    monkeypatch.setattr(retention, "MAX_DELETED_STORED_BYTES", row["bytes"])
    assert await retention.delete_old_changes(acme.database, acme.organization.id, KEPT) == begun + 1
    assert [row["seq"] for row in await acme.fetch(facts)] == [begun + 2, begun + 3]
    assert await prune_feeds(acme.database, KEPT) == (1, 0)
    assert [row["seq"] for row in await acme.fetch(facts)] == [begun + 3]


async def test_each_organisation_is_pruned_and_one_that_is_locked_the_next_time(
    acme: Acme, acme_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(retention, "MAX_FEEDS_LISTED", 1)
    others = [await Workplace.found(acme.database, acme.notifier, name) for name in ("Beta", "Gamma")]
    for place in others:
        await place.person("Eve")
    for place in (acme, *others):
        await age(place, 1)
    async with Database.open(acme_url, limits=replace(SERVICE, lock_s=0.05)) as impatient:
        async with others[0].work_elsewhere():
            assert await prune_feeds(impatient, KEPT) == (2, 0)
        assert [await oldest(place) for place in (acme, *others)] == [2, 1, 2]
        assert "is locked" in caplog.text
        assert await prune_feeds(impatient, KEPT) == (1, 0)
    assert [await oldest(place) for place in (acme, *others)] == [2, 2, 2]


async def test_nothing_else_depends_on_what_was_pruned(acme: Acme, acme_url: str):
    once = IdempotencyKey("k", b"h")
    first = await acme.say(said("macros", 5), once=once)
    assert first.deltas
    root = encode_id(NodeType.OBJECTIVE, acme.customers_stay)
    tree = f'{{ objectiveTree(rootId: "{root}") {{ rows {{ objective {{ title version }} depth }} }} }}'
    async with serving(acme_url) as server:
        client = server.client(acme.token)
        shown = await client.one(tree)
        await acme.fetch(
            "update change set recorded_at = recorded_at - make_interval(days => $1)", MIN_FEED_DAYS - 1
        )
        await acme.fetch(
            "update idempotency set recorded_at = recorded_at - make_interval(days => $1)", MIN_FEED_DAYS - 1
        )
        assert await prune_feeds(acme.database, timedelta(days=MIN_FEED_DAYS)) == (0, 0)
        again = await acme.say(said("macros", 5), once=once)
        assert (again.replayed, again.seq, len(again.deltas)) == (True, first.seq, len(first.deltas))
        await age(acme, await acme.seq())
        assert await prune_feeds(acme.database, KEPT) == (await acme.seq(), 0)
        assert await client.one(tree) == shown
        await acme.done(objectives.edit_objective, objective="answer_fast", edits={"title": "Faster"})
        titles = [row["objective"]["title"] for row in (await client.one(tree))["rows"]]
        assert "Faster" in titles
        page = await client.one(
            "query ($at: Seq!) { changes(after: $at) { nodes { kind } } }", at=await acme.seq() - 1
        )
        assert page == {"nodes": [{"kind": "OBJECTIVE_UPDATED"}]}
        node = encode_id(NodeType.KEY_RESULT, acme.macros)
        done = await client.do("checkInRecord", "deltas { nodeId }", keyResult={"id": node}, value=6)
        assert done["deltas"]
    assert await acme.verify() == []


def test_a_replay_finds_its_change_as_long_as_it_finds_its_record():
    assert timedelta(days=MIN_FEED_DAYS) >= IDEMPOTENCY_TTL


async def test_idempotency_records_go_when_no_retry_finds_them_any_more(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(retention, "MAX_DELETED_ROWS", 2)
    monkeypatch.setattr(pruning, "MAX_DELETED_ROWS", 2)
    for number in range(7):
        await acme.say(said("macros", number), once=IdempotencyKey(f"k{number}", b"h"))
    aged = "update idempotency set recorded_at = recorded_at - $2::interval where key < $1"
    await acme.fetch(aged, "k9", IDEMPOTENCY_TTL - timedelta(minutes=5))
    await acme.fetch(aged, "k5", timedelta(minutes=10))
    assert (await prune_idempotency_records(acme.database)).items == 5
    assert [row["key"] for row in await acme.fetch("select key from idempotency order by key")] == [
        "k5",
        "k6",
    ]
    assert (await acme.say(said("macros", 6), once=IdempotencyKey("k6", b"h"))).replayed
    assert not (await acme.say(said("macros", 0), once=IdempotencyKey("k0", b"h"))).replayed


async def test_the_job_keeps_as_many_days_as_it_is_told(acme: Acme):
    await age(acme, 5)
    assert (await feed_pruning(402).run(acme.database, None)).items == 0
    assert (await feed_pruning(400).run(acme.database, None)).items == 5
