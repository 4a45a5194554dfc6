"""Server fixtures shared by several transport tests."""

from collections.abc import AsyncIterator

import pytest

from tests.acme import World
from tests.conftest import Server as Postgres
from tests.serving import Server, serving


@pytest.fixture(scope="module")
async def unlimited(server: Postgres, acme_template: tuple[str, World]) -> AsyncIterator[tuple[Server, str]]:
    """Serve Acme without a rate limit; yield the server and a token."""
    async with (
        server.copy_of(acme_template[0]) as name,
        serving(server.url_of(name), rate_limit=0) as running,
    ):
        yield running, acme_template[1].token
