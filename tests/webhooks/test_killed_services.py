"""A receiver that fails, hangs, restarts and is slow gets each change, in order, while services are killed."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack

from tests.acme import Acme
from tests.serving import PATIENCE_S, Server, serving_apart
from tests.webhook_receiver import Answer, Received, Receiver, receiving
from tests.webhooks.conftest import check_in, create, in_order

CHANGES = 12
ALLOWED = {"OKR_WEBHOOK_NETWORKS": "127.0.0.0/8", "OKR_CLOCK_INTERVAL": "0", "OKR_LOG_LEVEL": "debug"}


class Unsteady:
    """Behaviour of a receiver: what it does with a change when it comes the first time."""

    def __init__(self) -> None:
        self.troubles: dict[int, str] = {}
        self.hanging = asyncio.Event()
        self.never = asyncio.Event()
        self.quick: Receiver | None = None

    async def __call__(self, request: Received) -> Answer:
        trouble = self.troubles.pop(request.seq, None)
        if trouble == "hang":
            self.hanging.set()
            await self.never.wait()
        if trouble == "slow":
            assert self.quick is not None
            await self.quick.until_accepted(max(self.troubles, default=request.seq))
        return {"fail": 503, "drop": None}.get(trouble or "", 200)


async def kill(server: Server) -> None:
    """End a service as `kill -9` does."""
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGKILL)
    await server.process.wait()


async def test_each_change_arrives_in_order_and_none_is_missing(acme: Acme, acme_url: str):
    behaviour = Unsteady()
    async with AsyncExitStack() as stack:
        unsteady = await stack.enter_async_context(receiving(behaviour))
        behaviour.quick = quick = await stack.enter_async_context(receiving())
        first = await stack.enter_async_context(serving_apart(acme_url, **ALLOWED))
        client = first.client(acme.token)
        start = await acme.seq()
        seqs = [start + 1 + place for place in range(CHANGES)]
        behaviour.troubles = {
            seqs[1]: "fail", seqs[2]: "hang", seqs[4]: "slow", seqs[6]: "hang", seqs[8]: "drop", seqs[10]: "slow"
        }  # fmt: skip
        secrets = [(await create(client, receiver, after=start))["secret"] for receiver in (unsteady, quick)]
        assert await check_in(client, *range(CHANGES)) == seqs

        async with asyncio.timeout(PATIENCE_S):
            await behaviour.hanging.wait()  # with seqs[2], which it may have accepted
        await kill(first)
        behaviour.hanging.clear()
        second = await stack.enter_async_context(serving_apart(acme_url, **ALLOWED))
        third = await stack.enter_async_context(serving_apart(acme_url, **ALLOWED))
        await unsteady.until_accepted(seqs[3])
        async with asyncio.timeout(PATIENCE_S):
            await behaviour.hanging.wait()  # with seqs[6]
        await kill(second)  # either of the two delivers, and the other one goes on
        await unsteady.stop()  # the receiver restarts, losing what it was sent
        await unsteady.start()
        await unsteady.until_accepted(seqs[7])
        await kill(third)
        fourth = await stack.enter_async_context(serving_apart(acme_url, **ALLOWED))
        await unsteady.until_accepted(seqs[-1])
        await quick.until_accepted(seqs[-1])
    assert in_order(unsteady.accepted) == seqs
    assert in_order(quick.accepted) == seqs
    assert in_order([one.seq for one in unsteady.received]) == seqs
    logged = "".join(line for server in (first, second, third, fourth) for line in server.log)
    assert not any(hidden in logged for hidden in (*secrets, "/hook"))
