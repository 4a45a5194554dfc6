"""Subscription attacks: many, distinct, unread or abandoned, and a slow reader that may delay others."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import psutil

from attack.client import Attacker
from attack.table import SOCKET, STREAM, attack
from attack.wire import Body, Connection, Lost, Socket, dumped, request

CHECK_IN = "mutation($input: CheckInRecordInput!) { checkInRecord(input: $input) { seq errors { code } } }"
CHECK_INS = (
    "mutation($input: CheckInRecordManyInput!) { checkInRecordMany(input: $input) "
    "{ seq errors { code } deltas { nodeId progressBefore progressAfter node { title description } } } }"
)
NUMBERS = "deltas { nodeId progressBefore progressAfter statusBefore statusAfter }"
LARGE = f"subscription($a: Seq) {{ changes(after: $a) {{ seq {NUMBERS} }} }}"
LOSSES = (OSError, Lost, asyncio.IncompleteReadError)
MAX_DELAY_S = 1.0  # of an event, during an attack
MAX_FOLLOWING_CPU = 0.5  # share of a core, with subscribers to an organisation without changes


def follow(attacker: Attacker, after: int | None = None) -> Body:
    """Return a subscription to changes with all of their numbers."""
    return {"query": LARGE, "variables": {"a": after}}


async def check_in(attacker: Attacker, pause_s: float) -> None:
    """Record check-ins until the time is up."""
    ids = attacker.organization()["key_results"]
    for number in itertools.count():
        if attacker.is_over:
            return
        given = {"keyResult": {"id": ids[number % len(ids)]}, "value": number % 50}
        await attacker.once({"query": CHECK_IN, "variables": {"input": given}})
        await asyncio.sleep(pause_s)


async def _read(socket: Socket, attacker: Attacker) -> None:
    try:
        while True:
            await socket.message()
    except LOSSES as end:
        attacker.count(f"closed {end}")


@asynccontextmanager
async def subscribed(attacker: Attacker, bodies: list[Body], each: int) -> AsyncIterator[None]:
    """Open all subscriptions, so many on each socket, and discard their events."""
    async with asyncio.TaskGroup() as group:
        reading = []
        for some in (bodies[begin : begin + each] for begin in range(0, len(bodies), each)):
            socket = attacker.socket(attacker.token())
            try:
                await socket.open()
                for body in some:
                    socket.subscribe(body)
                attacker.count("subscribed", len(some))
            except LOSSES as end:
                attacker.count(f"refused {end}")
                continue
            reading.append(group.create_task(_read(socket, attacker)))
        yield
        for task in reading:
            task.cancel()


@attack("14a-distinct", "2,000 subscriptions that select differently, and ten check-ins a second", seconds=10)
async def distinct_subscriptions(attacker: Attacker) -> None:
    """Select differently in each, so that none shares its events."""
    bodies: list[Body] = [
        {
            "query": f"subscription {{ changes {{ s{number}: seq "
            "deltas { nodeId progressAfter node { id } } } }"
        }
        for number in range(500 if attacker.target.is_small else 2_000)
    ]
    async with subscribed(attacker, bodies, 50):
        await check_in(attacker, 0.1)


@attack("14b-unread", "200 subscriptions from the beginning that nobody reads", over=(STREAM, SOCKET))
async def unread_subscriptions(attacker: Attacker) -> None:
    """Subscribe to hundreds of large changes each."""
    before = attacker.organization()["feed"]["before"]
    body = follow(attacker, before)
    opened: list[Connection] = []
    for _ in range(200):
        if attacker.transport == SOCKET:
            socket = attacker.socket(attacker.token(), receive_buffer=4096)
            try:
                await socket.open()
                socket.subscribe(body)
                attacker.count("subscribed")
            except LOSSES as end:
                attacker.count(f"refused {end}")
            opened.append(socket)
        else:
            stream = attacker.connection(receive_buffer=4096)
            await stream.open()
            stream.write(request(dumped(body), attacker.token(), accept="text/event-stream"))
            attacker.count("asked")
            opened.append(stream)
    await attacker.rest()
    for one in opened:
        one.close()


@attack("14c-left", "Subscriptions from the beginning whose clients leave at once", over=(STREAM, SOCKET))
async def subscribers_that_leave(attacker: Attacker) -> None:
    """Disconnect after subscribing; nothing may remain."""
    body = follow(attacker, attacker.organization()["feed"]["before"])

    async def work() -> None:
        while not attacker.is_over:
            socket = attacker.socket(attacker.token(), receive_buffer=4096)
            try:
                if attacker.transport == SOCKET:
                    await socket.open()
                    socket.subscribe(body)
                else:
                    await super(Socket, socket).open()
                    socket.write(request(dumped(body), attacker.token(), accept="text/event-stream"))
                attacker.count("subscribed")
                await asyncio.sleep(0.1)
            except LOSSES as end:
                attacker.count(f"refused {end}")
                await asyncio.sleep(0.02)
            socket.close()

    await attacker.run_workers(work, 10)


@attack("14d-again", "Subscriptions from the beginning, read as fast as they come, by 20", over=(SOCKET,))
async def subscribers_that_read_everything(attacker: Attacker) -> None:
    """Catch up with thousands of changes for the cost of one operation."""
    body = follow(attacker, attacker.organization()["feed"]["before"])
    async with subscribed(attacker, [body] * 20, 1):
        await attacker.rest()


@attack("7a-slow", "A slow reader of mutations' answers; a subscriber of its organisation is timed")
async def a_slow_reader_of_answers(attacker: Attacker) -> None:
    """Read slowly, which must not delay events of other subscribers."""
    known = attacker.organization()
    slow = attacker.socket(attacker.token(), receive_buffer=4096)
    await slow.open()
    victim = Socket(attacker.target.port, known["tokens"]["honest"])
    await victim.open()
    victim.subscribe({"query": "subscription { changes { seq } }"})
    delays: list[float] = []
    sent: dict[int, float] = {}

    async def watch() -> None:
        while True:
            event = json.loads(await victim.message())
            at = time.monotonic()
            seq = int(event["payload"]["data"]["changes"]["seq"])
            delays.append(at - sent.pop(seq, at))

    watching = asyncio.create_task(watch())
    for number in itertools.count():
        if attacker.is_over:
            break
        items = [{"keyResult": {"id": id}, "value": number % 50} for id in known["key_results"][:200]]
        slow.subscribe({"query": CHECK_INS, "variables": {"input": {"items": items}}})
        attacker.count("sent, unread")
        given = {"keyResult": {"id": known["key_results"][-1]}, "value": number % 50}
        begun = time.monotonic()
        answer = json.loads(await attacker.once({"query": CHECK_IN, "variables": {"input": given}}) or "{}")
        done = (answer.get("data") or {}).get("checkInRecord") or {}
        if done.get("seq"):
            sent.setdefault(int(done["seq"]), begun)
        await asyncio.sleep(0.1)
    await asyncio.sleep(MAX_DELAY_S)
    watching.cancel()
    late = max([*delays, *(time.monotonic() - at for at in sent.values())], default=float("inf"))
    attacker.notes.append(
        f"{'HARM: ' if late > 2 * MAX_DELAY_S else ''}{len(delays)} events, at most {late:.2f} s late"
    )
    slow.close()
    victim.close()


@attack("7b-restored", "A database restored to an earlier state, with 50 followers")
async def followers_of_a_restored_database(attacker: Attacker) -> None:
    """Reset the feed; subscribers must neither spin nor wait for ever."""
    known = attacker.organization("layers")
    socket = attacker.socket(attacker.token("layers"))
    await socket.open()
    connection = await asyncpg.connect(attacker.target.dsn)
    set_back = "update feed_head set seq = seq - 20 where organization_id = $1::text::uuid"
    for _ in range(50):
        socket.subscribe({"query": "subscription { changes { seq } }"})
    reading = asyncio.create_task(_read(socket, attacker))
    await asyncio.sleep(1)
    await connection.execute(set_back, known["organization"])
    given = {"keyResult": {"id": known["key_results"][0]}, "value": 7}
    await attacker.once({"query": CHECK_IN, "variables": {"input": given}}, org="layers")
    server = psutil.Process(attacker.target.pid)
    before, begun = server.cpu_times(), time.monotonic()
    await attacker.rest()
    after = server.cpu_times()
    used = (after.user + after.system - before.user - before.system) / (time.monotonic() - begun)
    attacker.notes.append(f"{'HARM: ' if used > MAX_FOLLOWING_CPU else ''}{used:.0%} of a core")
    await connection.close()
    reading.cancel()
    socket.close()


@attack("6d-recent", "Changes with thousands of numbers each, kept for those who follow", seconds=10)
async def large_recent_changes(attacker: Attacker) -> None:
    """Subscribe, which makes the server cache recent changes, and record large ones."""
    ids = attacker.organization()["key_results"]
    bodies: list[Body] = [
        {
            "query": CHECK_INS,
            "variables": {"input": {"items": [{"keyResult": {"id": id}, "value": n} for id in ids]}},
        }
        for n in range(1, 50)
    ]
    async with subscribed(attacker, [follow(attacker)], 1):
        await attacker.flood(bodies, workers=2)
