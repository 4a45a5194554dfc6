"""Bootstrap: an organisation is founded, and the first one only once."""

import asyncio

import pytest

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import TokenStore, hash_token
from okr_api.okr.errors import InvalidInput
from okr_api.okr.people import Language
from okr_api.services.bootstrap import found_first_organization, found_organization
from okr_api.store.database import Database
from okr_api.store.organizations import all_organizations

TOKEN = "4c1f0be6a7d52983e0b94d7f6a1c8e35"


async def test_an_organisation_begins_with_an_empty_feed_and_nobody(database: Database):
    acme = await found_organization(database, name=" Acme ", zone="Europe/Berlin")
    beta = await found_organization(database, name="Beta", zone="UTC", language=Language.GERMAN)
    assert await all_organizations(database) == [acme, beta]
    assert [(each.name, each.time_zone, each.language, each.version) for each in (acme, beta)] == [
        ("Acme", "Europe/Berlin", "en", 1), ("Beta", "UTC", "de", 1),
    ]  # fmt: skip
    async with database.across() as connection:
        heads = await connection.fetch("select organization_id, seq, oldest_seq from feed_head order by 1")
        people = await connection.fetchval("select count(*) from person")
    assert [tuple(head) for head in heads] == [(acme.id, 0, 1), (beta.id, 0, 1)]
    assert people == 0


@pytest.mark.parametrize(
    ("name", "zone"),
    (("", "UTC"), ("Acme", "Berlin"), ("Acme", ""), ("Acme", "../etc/passwd"), ("NUL \0", "UTC")),
)
async def test_an_empty_name_or_an_unknown_zone_founds_nothing(database: Database, name: str, zone: str):
    with pytest.raises(InvalidInput):
        await found_organization(database, name=name, zone=zone)
    assert await all_organizations(database) == []


async def test_several_processes_that_start_at_once_found_the_first_organisation_once(
    database: Database, tokens: TokenStore
):
    founded = await asyncio.gather(
        *(found_first_organization(database, token=TOKEN, name="Acme", zone="UTC") for _ in range(6))
    )
    [organization] = await all_organizations(database)
    assert (founded.count(None), founded.count(organization.id)) == (5, 1)
    admin = await tokens.actor(TOKEN)
    assert admin is not None
    assert (admin.organization_id, admin.author.name, admin.scopes) == (
        organization.id, "Admin", frozenset({Scope.ADMIN}),
    )  # fmt: skip
    assert await found_first_organization(database, token=TOKEN[::-1], name="B", zone="UTC") is None
    assert await all_organizations(database) == [organization]


async def test_a_bootstrap_token_is_stored_only_as_its_hash(database: Database):
    await found_first_organization(database, token=TOKEN, name="Acme", zone="UTC")
    async with database.across() as connection:
        rows = await connection.fetch("select token::text as whole, token_hash from token")
    assert [row["token_hash"] for row in rows] == [hash_token(TOKEN)]
    assert TOKEN not in rows[0]["whole"]


async def test_a_bootstrap_token_of_31_characters_is_too_short(database: Database):
    with pytest.raises(InvalidInput, match="at least 32"):
        await found_first_organization(database, token="x" * 31, name="Acme", zone="UTC")
    assert await all_organizations(database) == []
