"""Acme with a clock that the tests move."""

from collections.abc import AsyncIterator

import pytest

from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.store.database import Database
from tests.acme import Acme, World
from tests.conftest import Server
from tests.moving_clock import with_moving_clock


@pytest.fixture
async def timed(server: Server, acme_template: tuple[str, World]) -> AsyncIterator[Acme]:
    """Open a copy of Acme whose clock stands at noon of tomorrow."""
    name, world = acme_template
    async with (
        with_moving_clock(server, name) as url,
        Database.open(url) as database,
        ChangeNotifier.running(database) as wakeups,
    ):
        yield Acme(database, wakeups, world)
