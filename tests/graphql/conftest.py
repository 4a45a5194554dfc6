"""Fixtures that serve Acme.

served, client, reader     a server on the test's own database, Ann's client, and one that only reads
stage                      one server and one Acme per module, for tests that change nothing
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.store.database import Database
from tests import conftest
from tests.acme import Acme, World
from tests.graphql.cases import (
    ASK_SALES,
    AWAY,
    CHEER,
    DRAFT,
    DRAFTED,
    FIRST_READING,
    HANDOVER,
    HOW_ARE_YOU,
    LEARNED,
    LOOKED_BACK,
    LOYALTY,
    MEASURED,
    METRIC_READ,
    NO_BUDGET,
    OPEN_TICKETS,
    REMARK,
    REWRITE,
    SUPPORT_ANN,
    TRIAL,
    WEEKLY,
)
from tests.serving import Client, Server, serving


@pytest.fixture
async def served(acme: Acme, acme_url: str) -> AsyncIterator[Server]:
    """Serve Acme's database; mutations through `acme` bypass the server, like those of another process."""
    async with serving(acme_url) as running:
        yield running


@pytest.fixture
def client(served: Server, acme: Acme) -> Client:
    """Return the client of Ann, who has all scopes."""
    return served.client(acme.token)


@pytest.fixture
def reader(served: Server, acme: Acme) -> Client:
    """Return the client of a service that only reads and sees no drafts."""
    return served.client(acme.world.tokens[Scope.READ])


# Mutations that make what Acme has not, in order: see `Stage`.
PREPARED: tuple[tuple[str, Mapping[str, Any]], ...] = (
    DRAFT,
    MEASURED,
    FIRST_READING,
    SUPPORT_ANN,
    LOYALTY,
    OPEN_TICKETS,
    METRIC_READ,
    REWRITE,
    DRAFTED,
    HANDOVER,
    AWAY,
    REMARK,
    CHEER,
    NO_BUDGET,
    WEEKLY,
    HOW_ARE_YOU,
    ASK_SALES,
    TRIAL,
    LEARNED,
    *LOOKED_BACK,
)


@dataclass(frozen=True)
class Stage:
    """Acme with a draft `perhaps`, its key result `tries`, `first`, a first reading of `macros`, the member
    `ann_in_support`, the priority `loyalty`, the metric `open_tickets` with its reading `first_read`, the initiative `rewrite`,
    the draft of a check-in `drafted`, the dependency `handover`, the absence `away`, the comment `remark` with Ann's reaction `cheer`,
    the roadblock `no_budget`, the meeting `weekly`, the decision `ask_sales`, the experiment `trial`, the lesson
    `learned`, the review `looked_back` of `be_there` in the cycle `last`, which is in review, and the pulse `how_are_you`.
    """

    acme: Acme
    served: Server
    client: Client
    reader: Client
    url: str


@asynccontextmanager
async def set_up(postgres: conftest.Server, template: tuple[str, World]) -> AsyncIterator[Stage]:
    """Create a stage for the duration of the context."""
    async with postgres.copy_of(template[0]) as name:
        url = postgres.url_of(name)
        async with (
            Database.open(url) as database,
            ChangeNotifier.running(database) as wakeups,
            serving(url) as served,
        ):
            acme = Acme(database, wakeups, template[1])
            client = served.client(acme.token)
            for mutation, input in PREPARED:
                await client.do(mutation, **input)
            yield Stage(acme, served, client, served.client(acme.world.tokens[Scope.READ]), url)


@pytest.fixture(scope="module")
async def stage(server: conftest.Server, acme_template: tuple[str, World]) -> AsyncIterator[Stage]:
    async with set_up(server, acme_template) as made:
        yield made
