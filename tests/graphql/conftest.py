"""Acme, served.

served, client, reader     a server over a database of the test's own; Ann's client, and one that only reads
stage                      one server and one Acme for a whole module, for tests that change nothing
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from okr_api.auth.actor import Scope
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.store.database import Database
from tests import conftest
from tests.acme import Acme, World
from tests.graphql.cases import DRAFT, FIRST_READING, MEASURED
from tests.serving import Client, Server, serving


@pytest.fixture
async def served(acme: Acme, acme_url: str) -> AsyncIterator[Server]:
    """A server on Acme's database; what `acme` does beside it is done by another process, so to speak."""
    async with serving(acme_url) as running:
        yield running


@pytest.fixture
def client(served: Server, acme: Acme) -> Client:
    """Ann, who may do everything."""
    return served.client(acme.token)


@pytest.fixture
def reader(served: Server, acme: Acme) -> Client:
    """A service that only reads, and sees no drafts."""
    return served.client(acme.world.tokens[Scope.READ])


@dataclass(frozen=True)
class Stage:
    """Acme with a draft, `perhaps`, that has a key result, `tries`; and a first reading of `macros`, `first`."""

    acme: Acme
    served: Server
    client: Client
    reader: Client
    url: str


@asynccontextmanager
async def set_up(postgres: conftest.Server, template: tuple[str, World]) -> AsyncIterator[Stage]:
    """A stage for as long as the context lasts."""
    async with postgres.copy_of(template[0]) as name:
        url = postgres.url_of(name)
        async with (
            Database.open(url) as database,
            ChangeNotifier.running(database) as wakeups,
            serving(url) as served,
        ):
            acme = Acme(database, wakeups, template[1])
            client = served.client(acme.token)
            for mutation, input in (DRAFT, MEASURED, FIRST_READING):
                await client.do(mutation, **input)
            yield Stage(acme, served, client, served.client(acme.world.tokens[Scope.READ]), url)


@pytest.fixture(scope="module")
async def stage(server: conftest.Server, acme_template: tuple[str, World]) -> AsyncIterator[Stage]:
    """A stage for the module."""
    async with set_up(server, acme_template) as made:
        yield made
