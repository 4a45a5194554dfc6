"""Unit of work of a simulation: it works on the shadow tables of a transaction that commits nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from .feed_head import LOCK_HEAD
from .past_rows import check_sizes
from .shadow_pool import ShadowConnection
from .shadow_tables import copy_statement
from .unit_of_work import Work, begin_work, save_work


async def copy_organization(connection: ShadowConnection, organization_id: UUID) -> None:
    """Fill the shadow tables with an organisation as it is at present.

    Raises:
        TooMany: the organisation is too large.
    """
    await check_sizes(connection, organization_id)
    await connection.execute(copy_statement(connection.schema), organization_id)
    await connection.execute("analyze objective, key_result, alignment, check_in")


@asynccontextmanager
async def simulated_work(connection: ShadowConnection, organization_id: UUID) -> AsyncIterator[Work]:
    """Yield a `Work` on the shadow tables; save it there at the end, or leave them as they were."""
    async with connection.transaction():
        head = await connection.fetchrow(LOCK_HEAD, organization_id)
        work = await begin_work(connection, organization_id, head, (), None, checks_clock=True)
        yield work
        await save_work(work)
