"""Restored databases: subscribers get an error, few reads are made, and no change is skipped."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from okr_api.pubsub.notifier import ChangeNotifier
from tests.acme import Acme
from tests.serving import PATIENCE_S, Server, serving

FOLLOW = "subscription ($a: Seq) { changes(after: $a) { seq node { ... on CheckIn { note } } } }"
# Sets the feed back to the position $1, as restoring a backup would.
BACK = """
    with restored as (update feed_head set seq = $1 returning 1),
        listed as (delete from change_node where seq > $1),
        told as (delete from notification where seq > $1)
    delete from change where seq > $1
"""


@pytest.fixture
async def served(acme_url: str) -> AsyncIterator[Server]:
    async with serving(acme_url) as running:
        yield running


async def record(acme: Acme, note: str, count: int = 1) -> None:
    for _ in range(count):
        await acme.check_in("macros", 1, note=note)


async def test_who_follows_beyond_the_restored_end_is_told(served: Server, acme: Acme):
    await record(acme, "before", 3)
    seq = await acme.seq()
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe(FOLLOW, a=seq - 1)
        assert (await events.next())["seq"] == seq
        await acme.fetch(BACK, seq - 2)
        assert (await events.problem())["code"] == "CURSOR_AHEAD"
        again = await socket.subscribe(FOLLOW, a=seq - 2)
        await record(acme, "after")
        assert await again.next() == {"seq": seq - 1, "node": {"note": "after"}}


async def test_what_the_restored_feed_says_instead_is_not_skipped(served: Server, acme: Acme):
    await record(acme, "before", 3)
    seq = await acme.seq()
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe(FOLLOW, a=seq - 1)
        assert (await events.next())["node"] == {"note": "before"}
        # Between two reads of its head, the feed has reached the same position again, by other changes.
        await acme.fetch(
            "update change set recorded_at = recorded_at + interval '1 ms' where seq >= $1", seq - 1
        )
        await record(acme, "after")
        assert (await events.problem())["code"] == "CURSOR_AHEAD"
        again = await socket.subscribe(FOLLOW, a=seq - 1)
        assert [event["node"]["note"] for event in await again.take(2)] == ["before", "after"]


async def test_what_was_kept_of_the_lost_feed_is_told_to_nobody(served: Server, acme: Acme):
    await record(acme, "before", 3)
    seq = await acme.seq()
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe(FOLLOW, a=seq - 3)
        assert [event["node"]["note"] for event in await events.take(3)] == ["before"] * 3
        await socket.complete(events)
        await socket.ping()
        await acme.fetch(BACK, seq - 3)
        # The server receives no hint of its changes.
        away = Acme(acme.database, ChangeNotifier(acme.database), acme.world)
        await record(away, "after", 4)
        again = await socket.subscribe(FOLLOW, a=seq - 3)
        assert [event["node"]["note"] for event in await again.take(4)] == ["after"] * 4


async def test_who_follows_at_the_restored_end_reads_little_and_hears_what_comes(served: Server, acme: Acme):
    await record(acme, "before", 3)
    seq = await acme.seq()
    assert served.app_services
    feed = served.app_services.feed
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe(FOLLOW, a=seq)
        await acme.fetch(BACK, seq - 2)
        assert (await events.problem())["code"] == "CURSOR_AHEAD"
        feed.notifier._heads[acme.organization.id] = seq  # a late hint from before the restore
        again = await socket.subscribe(FOLLOW, a=seq - 2)
        await socket.ping()
        async with asyncio.timeout(PATIENCE_S):
            while feed.notifier.known_head(acme.organization.id) == seq:
                await socket.ping()
        reads = feed.reads
        for _ in range(200):
            await socket.ping()
        assert feed.reads - reads < 10
        third = await socket.subscribe(FOLLOW, a=seq - 2)
        await record(acme, "after")
        assert (await third.next())["node"] == {"note": "after"}
        del again
