"""Two server processes on one database, as on two machines."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.store.database import Database
from tests import conftest
from tests.acme import Acme, World
from tests.serving import Server, serving_apart
from tests.storm import Size, storm


@pytest.fixture(scope="module")
async def both(
    server: conftest.Server, acme_template: tuple[str, World]
) -> AsyncIterator[tuple[Server, Server, str]]:
    """Start two servers on one database; yield both and the URL of the database."""
    async with server.copy_of(acme_template[0]) as name, AsyncExitStack() as stack:
        url = server.url_of(name)
        starting = [stack.enter_async_context(serving_apart(url)) for _ in range(2)]
        first, second = await asyncio.gather(*starting)
        yield first, second, url


async def test_each_pushes_every_change_of_either(
    both: tuple[Server, Server, str], acme_template: tuple[str, World]
):
    first, second, url = both
    token = acme_template[1].token
    async with Database.open(url) as database, first.socket(token) as here, second.socket(token) as there:
        acme = Acme(database, ChangeNotifier(database), acme_template[1])
        begun = await acme.seq()
        query = "subscription ($begun: Seq) { changes(after: $begun) { seq deltas { progressAfter } } }"
        events = [await one.subscribe(query, begun=begun) for one in (here, there)]
        for value in range(5):
            for server in (first, second):
                await server.client(token).do(
                    "checkInRecord", keyResult={"externalId": "macros"}, value=value
                )
        pushed = [await one.take(10) for one in events]
        assert [event["seq"] for event in pushed[0]] == list(range(begun + 1, begun + 11))
        assert pushed[0] == pushed[1]
        assert (events[0].waiting(), events[1].waiting()) == (0, 0)


async def test_a_key_used_at_one_is_known_to_the_other(
    both: tuple[Server, Server, str], acme_template: tuple[str, World]
):
    first, second, _ = both
    token = acme_template[1].token
    once = {"name": "Dana", "idempotencyKey": "dana"}
    made = await asyncio.gather(
        *(server.client(token).do("personCreate", "person { id }", **once) for server in (first, second) * 4)
    )
    assert len({one["person"]["id"] for one in made}) == len({one["seq"] for one in made}) == 1
    assert sorted(one["replayed"] for one in made) == [False] + [True] * 7


async def test_sixteen_clients_of_both_lose_nothing_and_leave_no_gap(database_url: str):
    report = await storm(database_url, Size(objectives=60, check_ins=400))
    assert report.problems == ()
    assert report.check_ins == 400
    assert report.edits > 0
