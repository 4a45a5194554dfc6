"""An organisation to import into, and a second database to bring an export to."""

from collections.abc import AsyncIterator

import pytest

from okr_api.live.wakeups import Wakeups
from okr_api.store.database import Database
from tests.acme import Workplace
from tests.conftest import Server


@pytest.fixture
async def place(database: Database, wakeups: Wakeups) -> Workplace:
    """An organisation in Philadelphia's time in which nothing has happened yet."""
    return await Workplace.found(database, wakeups, "Receiver", "America/New_York")


@pytest.fixture
async def elsewhere(server: Server, template: str) -> AsyncIterator[Workplace]:
    """Another organisation in a database of its own, in another time zone."""
    async with server.copy_of(template) as name, Database.open(server.url_of(name)) as database:
        async with Wakeups.running(database) as wakeups:
            yield await Workplace.found(database, wakeups, "Elsewhere", "Asia/Tokyo")
