"""Webhooks end to end: real mutations, the real job, and a receiver on a real socket."""

from collections.abc import AsyncIterator
from ipaddress import ip_network
from typing import Any

import pytest

from tests.acme import Acme
from tests.serving import Client, Server, serving
from tests.webhook_receiver import Receiver, receiving

LOOPBACK = (ip_network("127.0.0.0/8"),)
SELECTION = "{ seq kind summary nodeId node { id } actor { name } }"
STATE = "webhook { id position state disabledReason failures failingSince nextAttemptAt attempts { seq outcome statusCode } }"


@pytest.fixture
async def served(acme_url: str) -> AsyncIterator[Server]:
    async with serving(acme_url, webhooks=True, webhook_networks=LOOPBACK) as running:
        yield running


@pytest.fixture
def client(served: Server, acme: Acme) -> Client:
    return served.client(acme.token)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running


async def create(client: Client, receiver: Receiver, **more: Any) -> dict[str, Any]:
    made = await client.do(
        "webhookCreate", f"secret {STATE}", url=receiver.url, **{"selection": SELECTION, **more}
    )
    return {**made["webhook"], "secret": made["secret"]}


async def test_each_change_is_delivered_in_order_signed_and_as_the_subscription_sends_it(
    client: Client, served: Server, acme: Acme, receiver: Receiver
):
    made = await create(client, receiver)
    async with served.socket(acme.token) as socket:
        events = await socket.follow(f"subscription {{ changes {SELECTION} }}")
        for value in (1, 2, 3):
            await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=value)
        await receiver.until_accepted(await acme.seq())
        pushed = [(await events.message())["payload"] for _ in range(3)]
    assert [one.payload for one in receiver.received] == pushed
    assert [one.verify(made["secret"]) for one in receiver.received] == pushed
    assert len({one.headers["webhook-id"] for one in receiver.received}) == 3
    assert {one.headers["content-type"] for one in receiver.received} == {"application/json"}
