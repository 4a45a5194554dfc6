"""More than one connection is accepted in each iteration of the event loop."""

import asyncio
import socket

import uvloop

from okr_api.cli.serve import MAX_ACCEPTS_PER_ITERATION, duplicate_socket

CONNECTIONS = 100


async def iterations_until_all_are_accepted() -> int:
    loop = asyncio.get_running_loop()
    door = socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS)
    accepted: list[asyncio.BaseTransport] = []

    class Accepted(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            accepted.append(transport)

    waiting = [socket.create_connection(door.getsockname()) for _ in range(CONNECTIONS)]
    servers = [await loop.create_server(Accepted, sock=one) for one in duplicate_socket(door)]
    iterations = 0
    async with asyncio.timeout(30):
        while len(accepted) < CONNECTIONS:
            await asyncio.sleep(0)
            iterations += 1
    for one in (*servers, *accepted, *waiting):
        one.close()
    return iterations


def test_several_connections_are_accepted_in_an_iteration_of_the_loop():
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        iterations = runner.run(iterations_until_all_are_accepted())
    assert iterations <= 3 * CONNECTIONS / MAX_ACCEPTS_PER_ITERATION
