"""The demo company as `make run` serves it on 18 November 2026 at ten in the morning, behind a real server.

The clock is fixed: `now()` and `clock_timestamp()` of these databases return one instant, and so does the clock
of queries. Results in the documents can therefore be compared to the last digit.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import TokenStore
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services.bootstrap import found_organization
from okr_api.services.demo.company import DIRECTOR
from okr_api.services.demo.seed import demo_organization, seed
from okr_api.services.mutation_runner import MutationRunner
from okr_api.store.database import Database
from tests.conftest import Server
from tests.serving import Client, serving
from tests.serving import Server as Serving

TODAY = date(2026, 11, 18)
NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
STOP_THE_CLOCK = """
    create schema clock;
    create function clock.now() returns timestamptz language sql stable as $$ select '{now}'::timestamptz $$;
    create function clock.clock_timestamp() returns timestamptz language sql stable as
        $$ select '{now}'::timestamptz $$;
"""
# Named before pg_catalog, so that its functions are found first; must be set again on a copied database.
SEARCH = "alter database {name} set search_path = clock, pg_catalog, public"


@pytest.fixture(scope="session")
async def demo_template(server: Server, template: str) -> AsyncIterator[tuple[str, str]]:
    """Create a database with the demo; yield its name and its director's token."""
    async with server.copy_of(template) as name:
        async with Database.open(server.url_of(name)) as database, database.across() as connection:
            await connection.execute(STOP_THE_CLOCK.format(now=NOW))
        await server.execute(SEARCH.format(name=name))
        async with (
            Database.open(server.url_of(name)) as database,
            ChangeNotifier.running(database) as wakeups,
        ):
            organization = await demo_organization(database)
            await seed(MutationRunner(database, wakeups), organization, today=TODAY)
            token = await TokenStore(database).create(
                organization.id, name="okr-api demo", scopes=[Scope.ADMIN], person=DIRECTOR
            )
        yield name, token


class StoppedClock(datetime):
    """A clock that does not advance."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return NOW.astimezone(tz)


@dataclass(frozen=True)
class Demo:
    """The demo behind a server, for one test."""

    server: Serving
    client: Client
    token: str

    async def execute(self, statement: str, *values: object) -> None:
        """Run SQL that changes what no operation can."""
        assert self.server.app_services
        async with self.server.app_services.database.across() as connection:
            await connection.execute(statement, *values)

    async def first_event(self, operation: str, variables: Mapping[str, Any]) -> Any:
        """Return the first payload of a subscription."""
        async with self.server.socket(self.token) as socket:
            message = await (await socket.subscribe(operation, **variables)).message()
        return message["payload"] if message["type"] == "next" else {"errors": message["payload"]}


@pytest.fixture
async def empty(server: Server, template: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Demo]:
    """Serve an organisation without anything but its admin, on the same day."""
    monkeypatch.setattr("okr_api.query_engine.snapshot.datetime", StoppedClock)
    async with server.copy_of(template) as name:
        url = server.url_of(name)
        async with Database.open(url) as database, database.across() as connection:
            await connection.execute(STOP_THE_CLOCK.format(now=NOW))
        await server.execute(SEARCH.format(name=name))
        async with Database.open(url) as database:
            organization = await found_organization(database, name="Valley Doctors", zone="Europe/Vienna")
            token = await TokenStore(database).create(
                organization.id, name="coach", scopes=[Scope.ADMIN], sees_private=True
            )
        async with serving(url) as running:
            yield Demo(running, running.client(token), token)


@pytest.fixture
async def demo(
    server: Server, demo_template: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Demo]:
    """Serve a copy of the seeded demo."""
    monkeypatch.setattr("okr_api.query_engine.snapshot.datetime", StoppedClock)
    template, token = demo_template
    async with server.copy_of(template) as name:
        await server.execute(SEARCH.format(name=name))
        async with serving(server.url_of(name)) as running:
            yield Demo(running, running.client(token), token)
