"""Notifications pushed to many sockets: only those who are told get an event, and as soon as others do.

OKR_TEST_SUBSCRIBERS=1000 runs it with so many sockets, and prints how long it took.
"""

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from statistics import median
from time import perf_counter
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.graphql import notification_source
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.acme import Acme
from tests.graphql.test_subscription_groups import groups, joined
from tests.serving import PATIENCE_S, Events, Server, serving

DEFAULT_SUBSCRIBERS = 200
SUBSCRIBERS = int(os.environ.get("OKR_TEST_SUBSCRIBERS", str(DEFAULT_SUBSCRIBERS)))
SUFFICIENT = 500  # of so many subscribers of progress the last hears no sooner than who is mentioned
MENTIONED = 10
ROUNDS = 7
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


def executions(served: Server) -> int:
    """Return how many events of notifications have been loaded."""
    return sum(one.question.executions for one in groups(served) if one.question.source.is_personal)


async def follow_all(acme: Acme, served: Server, sockets: AsyncExitStack, rows: list[Any]) -> Any:
    """Return for each of these people subscriptions of their notifications and of an objective's progress."""
    received: dict[Any, Events] = {}
    moved: list[Events] = []
    for row in rows:
        token = await acme.tokens.create(
            acme.organization.id, name=row["external_id"], scopes=[Scope.READ], person=row["external_id"]
        )
        socket = await sockets.enter_async_context(served.socket(token))
        received[row["id"]] = await socket.subscribe(RECEIVED)
        moved.append(await socket.subscribe(PROGRESS, id=encode_id(NodeType.OBJECTIVE, acme.answer_fast)))
    return received, moved


async def test_of_many_sockets_those_who_are_mentioned_are_told_as_soon_as_progress_and_no_others(
    acme: Acme, acme_url: str, capsys: pytest.CaptureFixture[str]
):
    rows = await acme.fetch(PEOPLE, acme.organization.id, SUBSCRIBERS)
    asked: list[str] = []
    found = notification_source.notifications_sent_to_each

    async def counted(snapshot: Any, people: Any, changes: Any) -> Any:
        asked.extend(people)
        return await found(snapshot, people, changes)

    async with serving(acme_url, compiled=True) as served, AsyncExitStack() as sockets:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(notification_source, "notifications_sent_to_each", counted)
            received, moved = await follow_all(acme, served, sockets, rows)
            first = await sockets.enter_async_context(served.socket(acme.token))
            feed = await first.subscribe(FEED)
            await joined(served, first, 2 * SUBSCRIBERS + 1)
            assert len(groups(served)) == 3, "all who are notified are one group"
            client = served.client(acme.token)
            on = {"keyResult": {"externalId": "macros"}}
            await client.do("commentCreate", on=on, text="To nobody")
            told = [row["id"] for row in rows[:: SUBSCRIBERS // MENTIONED]]
            text = " ".join(f"@[P]({encode_id(NodeType.PERSON, id)})" for id in told)
            progress_s: list[float] = []
            told_s: list[float] = []
            for number in range(ROUNDS):  # in turns, so that a machine that is busy is so for both
                begun = perf_counter()
                await client.do("checkInRecord", **on, value=number + 1)
                _, took = await delay(moved, begun)
                progress_s.append(took)
                if number:  # who was mentioned follows the key result
                    heard, _ = await delay([received[id] for id in told], begun)
                    assert {one["reason"] for one in heard} == {"FOLLOWED_CHANGE"}
                asked.clear()
                before = executions(served)
                begun = perf_counter()
                seq = (await client.do("commentCreate", on=on, text=text))["seq"]
                heard, took = await delay([received[id] for id in told], begun)
                told_s.append(took)
                assert {(one["seq"], one["reason"]) for one in heard} == {(seq, "MENTION")}
                assert len({one["change"]["node"]["id"] for one in heard}) == 1
                assert executions(served) == before + 1, "equal events are loaded once"
                assert len(asked) == len(set(asked)), "it is read once what anybody is sent"
                assert set(asked) & {id.hex for id in received} == {id.hex for id in told}
            async with asyncio.timeout(PATIENCE_S):
                while any(group.position < seq for group in groups(served)):
                    await first.ping()
            others = [events for id, events in received.items() if id not in told]
            assert len(others) == SUBSCRIBERS - len(told)
            assert all(events.waiting() == 0 for events in others)
            assert [one["seq"] for one in await feed.take(2 * ROUNDS + 1)][-3:] == [seq - 2, seq - 1, seq]
    if SUBSCRIBERS != DEFAULT_SUBSCRIBERS:
        with capsys.disabled():
            sys.stderr.write(
                f"\n{SUBSCRIBERS} sockets: {len(told)} are told after {in_ms(told_s)} ms, all hear of progress after "
                f"{in_ms(progress_s)} ms\n"
            )
    assert median(told_s) <= median(progress_s) * max(1, SUFFICIENT / SUBSCRIBERS)


def in_ms(seconds: list[float]) -> str:
    """Return durations as whole milliseconds."""
    return ", ".join(f"{one * 1000:.0f}" for one in seconds)
