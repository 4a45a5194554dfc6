"""Connection attacks: a locked organisation, endless heads and bodies, unread responses, floods of frames."""

import asyncio
import itertools

import asyncpg

from attack.client import Attacker
from attack.table import attack
from attack.wire import CHUNK_BYTES, PING, Connection, Lost, Socket, dumped, frame, label, request

LOCK = "select from feed_head where organization_id = $1::text::uuid for no key update"
PERSON = "mutation($name: String!) { personCreate(input: {name: $name}) { seq errors { code } } }"
HEAD_BYTES = 100 * 2**20
MEBIBYTE = 2**20


@attack("1-locked", "Eight edits of an organisation whose head is locked from outside", seconds=16)
async def edits_of_a_locked_organization(attacker: Attacker) -> None:
    """Send edits while the head is locked."""
    known = attacker.organization("layers")
    holder = await asyncpg.connect(attacker.target.dsn)
    numbers = itertools.count()

    async def edit() -> None:
        while not attacker.is_over:
            name = f"Dana {next(numbers)}"
            await attacker.once({"query": PERSON, "variables": {"name": name}}, org="layers")

    async with asyncio.TaskGroup() as group, holder.transaction():
        await holder.execute(LOCK, known["organization"])
        for _ in range(8):
            group.create_task(edit())
        await attacker.rest()
    await holder.close()


@attack("9a-head", "One header of 100 MB, without a token")
async def a_head_without_an_end(attacker: Attacker) -> None:
    """Send the header repeatedly, on one connection at a time."""
    chunk = b"a" * CHUNK_BYTES
    while not attacker.is_over:
        connection = attacker.connection()
        try:
            await connection.open()
            connection.write(b"GET / HTTP/1.1\r\nx: ")
            for _ in range(HEAD_BYTES // CHUNK_BYTES):
                connection.write(chunk)
                await connection.drain()
            connection.write(b"\r\n\r\n")
            attacker.count((await connection.answer())[0])
        except (OSError, asyncio.IncompleteReadError):
            attacker.count("closed")
        connection.close()


async def _hold(attacker: Attacker, connections: int, sent: bytes, trickle: bytes) -> None:
    """Open so many connections with an unfinished request and send `trickle` once a second."""
    opened = [attacker.connection(receive_buffer=4096) for _ in range(connections)]
    for one in opened:
        try:
            await one.open()
            one.write(sent)
            attacker.count("opened")
        except OSError:
            attacker.count("refused")
    while not attacker.is_over:
        for one in opened:
            if one.writer is not None and trickle:
                one.write(trickle)
        await asyncio.sleep(1)
    for one in opened:
        one.close()


@attack("9b-heads", "1,500 heads that arrive a byte a second, without a token")
async def heads_that_trickle(attacker: Attacker) -> None:
    """Send incomplete heads only."""
    await _hold(attacker, 1_500, b"POST /graphql HTTP/1.1\r\nx: a", b"a")


@attack("9c-bodies", "500 bodies that arrive a byte a second")
async def bodies_that_trickle(attacker: Attacker) -> None:
    """Use a valid token."""
    whole = request(b" " * 100_000, attacker.token())
    await _hold(attacker, 500, whole[:-90_000], b" ")


@attack("9d-unread", "100 trees that nobody reads")
async def answers_that_nobody_reads(attacker: Attacker) -> None:
    """Keep the system's buffers small, so that the responses remain in the server."""
    known = attacker.organization()
    query = f'{{ objectiveTree(cycleId: "{known["cycle"]}") {{ rows {{ objective {{ id title }} }} }} }}'
    await _hold(attacker, 100, request(dumped({"query": query}), attacker.token()), b"")


@attack("9e-many", "8,000 connections that say nothing")
async def many_connections(attacker: Attacker) -> None:
    """Connect from another address than the honest clients."""
    await _hold(attacker, 8_000, b"", b"")


async def _ping(attacker: Attacker, token: str | None) -> None:
    pings = frame(b"", PING) * 10_000
    messages = frame(b'{"type":"ping"}') * 2_000

    async def work() -> None:
        while not attacker.is_over:
            connection = attacker.socket(token)
            try:
                async with asyncio.timeout(attacker.target.seconds):
                    await connection.open()
                    reading = asyncio.create_task(_read(connection))
                    while not reading.done():
                        connection.write(pings + messages)
                        await connection.drain()
                        await asyncio.sleep(0)
                    attacker.count(f"closed {reading.result()}")
            except TimeoutError:
                attacker.count("served to the end")
            except (OSError, Lost, asyncio.IncompleteReadError):
                attacker.count("closed")
            connection.close()

    await attacker.run_workers(work, 4)


async def _read(connection: Socket) -> str:
    try:
        while True:
            await connection.message()
    except Lost as end:
        return str(end)
    except (OSError, asyncio.IncompleteReadError):
        return "cut"


@attack("15a-pings", "4 sockets that ping without a token")
async def pings_before_init(attacker: Attacker) -> None:
    """Send both ping frames and ping messages."""
    await _ping(attacker, None)


@attack("15b-pings", "4 sockets that ping with a token")
async def pings_after_init(attacker: Attacker) -> None:
    """Send the pings after `connection_init`."""
    await _ping(attacker, attacker.token())


async def _unfinished(attacker: Attacker, token: str | None) -> None:
    message = frame(b"x" * MEBIBYTE)[:-1]
    opened = [attacker.socket(token) for _ in range(300)]
    for one in opened:
        try:
            await one.open()
            one.write(message)
            attacker.count("opened")
        except (OSError, Lost, asyncio.IncompleteReadError) as end:
            attacker.count(f"refused {end}")
        await asyncio.sleep(0)
    await attacker.rest()
    for one in opened:
        one.close()


@attack("15c-unfinished", "300 unfinished messages of 1 MB, without a token", max_growth_mb=100)
async def unfinished_before_init(attacker: Attacker) -> None:
    """Send all but the last byte."""
    await _unfinished(attacker, None)


@attack("15d-unfinished", "300 unfinished messages of 1 MB, with a token")
async def unfinished_after_init(attacker: Attacker) -> None:
    """Send all but the last byte after `connection_init`."""
    await _unfinished(attacker, attacker.token())


@attack("15e-handshakes", "Handshakes and nothing else, 20 at a time, without a token")
async def handshakes(attacker: Attacker) -> None:
    """Open connections as fast as the server accepts them."""

    async def work() -> None:
        while not attacker.is_over:
            connection = attacker.socket(None)
            try:
                await connection.open()
                attacker.count("opened")
            except (OSError, Lost, asyncio.IncompleteReadError) as end:
                attacker.count(f"refused {end}")
            connection.close()
            await asyncio.sleep(0.01)

    await attacker.run_workers(work, 20)


@attack("13a-last-byte", "400 expensive operations whose last byte is held back, then sent at once")
async def operations_whose_last_byte_is_held_back(attacker: Attacker) -> None:
    """Complete all requests before any of them is charged."""
    known = attacker.organization()
    fields = "id title keyResults { id title latestCheckIn { id } }"
    pages = " ".join(f"p{n}: objectives(first: 100) {{ nodes {{ {fields} }} }}" for n in range(20))
    data = request(dumped({"query": f"{{ {pages} }}"}), known["tokens"]["attacker"])
    opened = [attacker.connection() for _ in range(400)]
    for one in opened:
        await one.open()
        one.write(data[:-1])

    async def rest(one: Connection) -> None:
        try:
            one.write(data[-1:])
            attacker.count(label(*await one.answer()))
        except (OSError, asyncio.IncompleteReadError):
            attacker.count("closed")

    await asyncio.gather(*(rest(one) for one in opened))
    for one in opened:
        one.close()
