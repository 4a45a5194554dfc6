"""An organisation to import into, and a second database to bring an export to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.store.database import Database
from tests.acme import Workplace
from tests.conftest import Server


@asynccontextmanager
async def opened(server: Server, template: str) -> AsyncIterator[tuple[Database, ChangeNotifier]]:
    """A copy of the template, opened, with wake-ups that run."""
    async with (
        server.copy_of(template) as name,
        Database.open(server.url_of(name)) as database,
        ChangeNotifier.running(database) as wakeups,
    ):
        yield database, wakeups


@pytest.fixture
async def place(database: Database, wakeups: ChangeNotifier) -> Workplace:
    """An organisation in Philadelphia's time in which nothing has happened yet."""
    return await Workplace.found(database, wakeups, "Receiver", "America/New_York")


@pytest.fixture(scope="module")
async def many(server: Server, template: str) -> AsyncIterator[tuple[Database, ChangeNotifier]]:
    """One database for many organisations that only look at themselves."""
    async with opened(server, template) as (database, wakeups):
        yield database, wakeups


@pytest.fixture
async def tenant(many: tuple[Database, ChangeNotifier]) -> Workplace:
    """An organisation in which nothing has happened yet, in a database that others use, too."""
    return await Workplace.found(*many, "Tenant", "America/New_York")


@pytest.fixture
async def elsewhere(server: Server, template: str) -> AsyncIterator[Workplace]:
    """Another organisation in a database of its own, in another time zone."""
    async with opened(server, template) as (database, wakeups):
        yield await Workplace.found(database, wakeups, "Elsewhere", "Asia/Tokyo")
