"""Migration 0005: a column tells what an import recorded; tokens of people who left are revoked."""

import pytest
from alembic import command
from sqlalchemy import Connection

from okr_api.auth.actor import Scope
from okr_api.store.migrations import alembic_runner
from tests.acme import Acme

BEFORE = "0003"
ROWS = {
    "small:I1": ("okr-api import", None),
    "small:I1~2": ("okr-api import", "small:I1"),
    "small:K1:current": ("okr-api import", ":current"),
    "small:K1:current~2": ("okr-api import", ":current"),
    "small:I9~2": ("okr-api import", None),  # a row of its own: small:I9 does not exist
    "mine~2": ("tests", None),
}


@pytest.fixture
async def former(acme: Acme, acme_url: str) -> str:
    """Downgrade Acme's database to that of a former release."""
    for external_id, (author, _) in ROWS.items():
        id = await acme.check_in(acme.macros, 5, external_id=external_id)
        await acme.fetch("update check_in set author_name = $2 where id = $1", id, author)
    await acme.tokens.create(acme.organization.id, name="gone", scopes=[Scope.READ], person="ben")
    await acme.fetch("update person set active = false where external_id = 'ben'")

    def downgrade(connection: Connection) -> None:
        command.downgrade(alembic_runner.config(connection), BEFORE)

    await alembic_runner._run(acme_url, downgrade)
    return acme_url


async def test_what_a_former_release_imported_is_known_by_the_column(former: str, acme: Acme):
    await alembic_runner.upgrade(former, lock=1)
    rows = await acme.fetch("select external_id, imported_as from check_in order by seq")
    assert [(row["external_id"], row["imported_as"]) for row in rows] == [
        (None if said_as else external_id, said_as) for external_id, (_, said_as) in ROWS.items()
    ]


async def test_tokens_of_people_who_had_left_are_revoked(former: str, acme: Acme):
    await alembic_runner.upgrade(former, lock=1)
    rows = await acme.fetch("select name from token where revoked_at is not null")
    assert [row["name"] for row in rows] == ["gone"]
