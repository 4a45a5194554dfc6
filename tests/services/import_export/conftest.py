"""Organisations to import into, and another database to restore an export into."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.store.database import Database
from tests.acme import Workplace
from tests.conftest import Server


@asynccontextmanager
async def opened(server: Server, template: str) -> AsyncIterator[tuple[Database, ChangeNotifier]]:
    """Open a copy of the template, with a running notifier."""
    async with (
        server.copy_of(template) as name,
        Database.open(server.url_of(name)) as database,
        ChangeNotifier.running(database) as wakeups,
    ):
        yield database, wakeups


@pytest.fixture
async def place(database: Database, wakeups: ChangeNotifier) -> Workplace:
    """Return an empty organisation in Philadelphia's time zone."""
    return await Workplace.found(database, wakeups, "Receiver", "America/New_York")


@pytest.fixture(scope="module")
async def many(server: Server, template: str) -> AsyncIterator[tuple[Database, ChangeNotifier]]:
    """Open one database for many organisations, for tests that read only their own."""
    async with opened(server, template) as (database, wakeups):
        yield database, wakeups


@pytest.fixture
async def tenant(many: tuple[Database, ChangeNotifier]) -> Workplace:
    """Return an empty organisation in a database that other tests use, too."""
    return await Workplace.found(*many, "Tenant", "America/New_York")


@pytest.fixture
async def elsewhere(server: Server, template: str) -> AsyncIterator[Workplace]:
    """Yield another organisation in a database of its own, in another time zone."""
    async with opened(server, template) as (database, wakeups):
        yield await Workplace.found(database, wakeups, "Elsewhere", "Asia/Tokyo")
