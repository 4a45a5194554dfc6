"""Fixtures of the MCP tests: Acme served with its tools, for a test that changes it and for a module that may."""

from collections.abc import AsyncIterator

import pytest

from tests.acme import Acme, World
from tests.conftest import Server as Postgres
from tests.serving import Server, serving


@pytest.fixture
async def served(acme: Acme, acme_url: str) -> AsyncIterator[Server]:
    """Serve Acme with its MCP server."""
    async with serving(acme_url, mcp=True) as running:
        yield running


@pytest.fixture(scope="module")
async def tools(server: Postgres, acme_template: tuple[str, World]) -> AsyncIterator[tuple[Server, str]]:
    """Serve Acme with its MCP server and without a rate limit; yield the server and a token."""
    async with (
        server.copy_of(acme_template[0]) as name,
        serving(server.url_of(name), rate_limit=0, mcp=True) as running,
    ):
        yield running, acme_template[1].token
