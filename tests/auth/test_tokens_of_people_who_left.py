"""Tokens of people who left: revoked by the removal, however it is made, and not restored afterwards."""

import asyncio

import pytest

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import TokenStore
from okr_api.okr.errors import PersonIsRemoved
from okr_api.services import organization
from tests.acme import Acme
from tests.services.import_export.files import bring

BEN = {"id": "ben", "name": "Ben"}


async def import_ben(acme: Acme, **fields: object) -> None:
    report = await bring(acme, {"ids": "full", "people": [BEN | fields]})
    assert report.errors == []


async def remove_by_mutation(acme: Acme) -> None:
    await acme.done(organization.remove_person, person="ben")


async def remove_by_import(acme: Acme) -> None:
    await import_ben(acme, active=False)


@pytest.mark.parametrize("remove", (remove_by_mutation, remove_by_import))
async def test_a_removal_revokes_tokens_and_a_return_does_not_revive_them(acme: Acme, remove):
    token = await acme.tokens.create(acme.organization.id, name="t", scopes=[Scope.ADMIN], person="ben")
    await remove(acme)
    [row] = await acme.fetch("select revoked_at from token where name = 't'")
    assert row["revoked_at"] is not None
    await import_ben(acme, active=True)
    assert await TokenStore(acme.database).actor(token) is None
    assert await TokenStore(acme.database).actor(acme.token) is not None
    again = await acme.tokens.create(acme.organization.id, name="t2", scopes=[Scope.READ], person="ben")
    assert await TokenStore(acme.database).actor(again) is not None


async def test_a_token_that_is_made_while_its_owner_leaves_is_refused(acme: Acme):
    async with acme.work_elsewhere() as work:
        creating = asyncio.create_task(
            acme.tokens.create(acme.organization.id, name="t", scopes=[Scope.ADMIN], person="ben")
        )
        await wait_for_lock(acme)
        await organization.remove_person(work, acme.actor, person=organization.Ref(external_id="ben"))
    with pytest.raises(PersonIsRemoved):
        await creating
    assert await acme.fetch("select from token where name = 't'") == []


async def wait_for_lock(acme: Acme) -> None:
    """Wait until a statement of this database waits for a lock."""
    async with asyncio.timeout(10):
        while not await acme.fetch(
            "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        ):
            pass
