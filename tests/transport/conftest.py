"""Servers that several files of tests at the edge share."""

from collections.abc import AsyncIterator

import pytest

from tests.acme import World
from tests.conftest import Server as Postgres
from tests.serving import Server, serving


@pytest.fixture(scope="module")
async def unlimited(server: Postgres, acme_template: tuple[str, World]) -> AsyncIterator[tuple[Server, str]]:
    """A server whose tokens have no limit, and a token."""
    async with (
        server.copy_of(acme_template[0]) as name,
        serving(server.url_of(name), rate_limit=0) as running,
    ):
        yield running, acme_template[1].token
