"""Notifications pushed to many sockets: only those who are told get an event, and as soon as others do.

OKR_TEST_SUBSCRIBERS=1000 runs it with so many sockets, and prints how long it took.
"""

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from time import perf_counter, process_time
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.graphql import notification_source
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.acme import Acme
from tests.graphql.test_subscription_groups import groups, joined
from tests.serving import PATIENCE_S, Events, serving

SUBSCRIBERS = int(os.environ.get("OKR_TEST_SUBSCRIBERS", "200"))
MENTIONED = 10
PEOPLE = """
    insert into person (organization_id, id, external_id, name, active, role, version,
        notifications_daily, notifications_off)
    select $1, gen_random_uuid(), 'p' || number, 'Person ' || number, true, 'MEMBER', 1, '{}', '{}'
    from generate_series(1, $2) number returning id, external_id
"""
RECEIVED = "subscription { notificationReceived { seq reason change { summary node { id } } } }"
PROGRESS = "subscription ($id: ID!) { progressChanged(objectiveId: $id) { seq } }"
FEED = "subscription { changes { seq } }"


async def delay(events: list[Events], since: float) -> tuple[list[Any], float]:
    """Return the next event of each subscription, and the seconds until the last one came."""
    heard = await asyncio.gather(*(one.next() for one in events))
    return heard, perf_counter() - since


async def test_of_many_sockets_those_who_are_mentioned_are_told_and_no_others(
    acme: Acme, acme_url: str, capsys: pytest.CaptureFixture[str]
):
    rows = await acme.fetch(PEOPLE, acme.organization.id, SUBSCRIBERS)
    asked: list[str] = []
    found = notification_source.notifications_sent

    async def counted(snapshot: Any, person: str, changes: Any) -> Any:
        asked.append(person)
        return await found(snapshot, person, changes)

    async with serving(acme_url, compiled=True) as served, AsyncExitStack() as sockets:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(notification_source, "notifications_sent", counted)
            received: dict[Any, Events] = {}
            for row in rows:
                token = await acme.tokens.create(
                    acme.organization.id,
                    name=row["external_id"],
                    scopes=[Scope.READ],
                    person=row["external_id"],
                )
                socket = await sockets.enter_async_context(served.socket(token))
                received[row["id"]] = await socket.subscribe(RECEIVED)
            first = await sockets.enter_async_context(served.socket(acme.token))
            progress = await first.subscribe(PROGRESS, id=encode_id(NodeType.OBJECTIVE, acme.answer_fast))
            feed = await first.subscribe(FEED)
            await joined(served, first, SUBSCRIBERS + 2)
            assert len(groups(served)) == 3, "all who are notified are one group"
            client = served.client(acme.token)
            on = {"keyResult": {"externalId": "macros"}}
            for value in (1, 2):  # the first of each compiles what the second measures
                begun = perf_counter()
                await client.do("checkInRecord", **on, value=value)
                _, as_others = await delay([progress], begun)
            await client.do("commentCreate", on=on, text="To nobody")
            told = [row["id"] for row in rows[:: SUBSCRIBERS // MENTIONED]]
            text = " ".join(f"@[P]({encode_id(NodeType.PERSON, id)})" for id in told)
            begun, computing = perf_counter(), process_time()
            seq = (await client.do("commentCreate", on=on, text=text))["seq"]
            heard, took = await delay([received[id] for id in told], begun)
            computing = process_time() - computing
            assert {(one["seq"], one["reason"]) for one in heard} == {(seq, "MENTION")}
            assert len({one["change"]["node"]["id"] for one in heard}) == 1
            assert sorted(asked) == sorted(id.hex for id in told), "nothing is read for the others"
            async with asyncio.timeout(PATIENCE_S):
                while any(group.position < seq for group in groups(served)):
                    await first.ping()
            await client.do("commentCreate", on=on, text=text)  # others would have had theirs by then
            await delay([received[id] for id in told], begun)
            others = [events for id, events in received.items() if id not in told]
            assert len(others) == SUBSCRIBERS - len(told)
            assert all(events.waiting() == 0 for events in others)
            assert [one["seq"] for one in await feed.take(5)] == [*range(seq - 3, seq + 2)]
    if SUBSCRIBERS != 200:
        with capsys.disabled():
            sys.stderr.write(
                f"\n{SUBSCRIBERS} sockets: {len(told)} told in {took * 1000:.0f} ms, {computing * 1000:.0f} ms of "
                f"them computing; progressChanged in {as_others * 1000:.0f} ms\n"
            )
