"""Acme, served: `served` over a database of the test's own, and a client for each kind of asker."""

from collections.abc import AsyncIterator

import pytest

from okr_api.identity.actor import Scope
from tests.acme import Acme
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
