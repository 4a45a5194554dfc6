"""Autocommit snapshots: several statements, consistent at one position of the feed or `InconsistentRead`."""

from typing import Any

import pytest

from okr_api.okr.visibility import EVERYTHING
from okr_api.query_engine.snapshot import AutocommitSnapshot, InconsistentRead
from okr_api.store.read_limit import LimitedConnection
from tests.acme import Acme

NAMED = """
    select id, (select seq from feed_head where organization_id = $1) as feed_position
    from objective where organization_id = $1 and external_id = $2
"""


class Interrupted(AutocommitSnapshot):
    """An autocommit snapshot during which an objective is created, just before the position is read."""

    acme: Acme
    interrupted = False

    async def _learn_absence(
        self, connection: LimitedConnection, statement: str, parameters: tuple[Any, ...]
    ) -> int:
        if not self.interrupted:
            self.interrupted = True
            await self.acme.objective("New", external_id="brand-new")
        return await super()._learn_absence(connection, statement, parameters)


async def test_nothing_found_is_not_claimed_for_a_position_at_which_there_is_something(acme: Acme) -> None:
    async with Interrupted(acme.database, acme.organization.id, visibility=EVERYTHING) as glance:
        glance.acme = acme
        with pytest.raises(InconsistentRead):
            await glance.fetch(NAMED, "brand-new", dated=True)
        assert len(await glance.fetch(NAMED, "brand-new", dated=True)) == 1
        assert glance.seq == await acme.seq()


async def test_an_answer_during_which_something_was_committed_is_torn(acme: Acme) -> None:
    async with AutocommitSnapshot(acme.database, acme.organization.id, visibility=EVERYTHING) as glance:
        await glance.begin()
        await acme.objective("New", external_id="brand-new")
        assert await glance.fetch(NAMED, "brand-new", dated=True)
        with pytest.raises(InconsistentRead):
            await glance.settle()


async def test_one_statement_is_never_torn(acme: Acme) -> None:
    await acme.objective("Old", external_id="brand-new")
    before = await acme.seq()
    async with AutocommitSnapshot(acme.database, acme.organization.id, visibility=EVERYTHING) as glance:
        assert await glance.fetch(NAMED, "brand-new", dated=True)
        await acme.objective("Newer")
        await glance.settle()
        assert glance.seq == before
