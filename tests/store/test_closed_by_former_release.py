"""Migration 0041: a cycle that the release before has closed keeps every number, bit for bit."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import TokenStore
from okr_api.okr.author import Author
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services.number_repair import recount_organization
from okr_api.services.organization import edit_organization
from okr_api.services.recompute import verify
from okr_api.store.database import Database
from okr_api.store.migrations import alembic_runner
from okr_api.store.organizations import all_organizations
from tests.acme import Workplace
from tests.conftest import Server
from tests.serving import serving

HERE = Path(__file__).parent
FORMER = "0039"
# Columns of `objective` and `key_result` that the release before knew.
COLUMNS = """
    select table_name, array_agg(column_name::text) as names from information_schema.columns
    where table_schema = current_schema and table_name in ('objective', 'key_result') group by table_name
"""


async def columns_of(database: Database) -> dict[str, list[str]]:
    """Return the columns of the tables of what is scored."""
    async with database.across() as connection:
        return {row["table_name"]: row["names"] for row in await connection.fetch(COLUMNS)}


async def rows_of(database: Database, columns: dict[str, list[str]]) -> dict[str, list[Any]]:
    """Return those columns of the rows of what is scored."""
    async with database.across() as connection:
        return {
            table: await connection.fetch(f"select {', '.join(names)} from {table} order by id")
            for table, names in columns.items()
        }


@pytest.fixture
async def former(server: Server) -> Any:
    """Restore the database of the release before; yield its URL."""
    async with server.copy_of() as name:
        url = server.url_of(name)

        def upgrade(connection: Connection) -> None:
            command.upgrade(alembic_runner.config(connection), FORMER)

        await alembic_runner._run(url, upgrade)
        async with Database.open(url) as database, database.across() as connection:
            await connection.execute((HERE / "closed_quarter.sql").read_text())
        yield url


async def test_what_a_former_release_closed_stays_as_it_was_told(former: str):
    async with Database.open(former) as database:
        columns = await columns_of(database)
        before = await rows_of(database, columns)
    await alembic_runner.upgrade(former, lock=1)
    async with Database.open(former) as database, ChangeNotifier.running(database) as wakeups:
        assert await rows_of(database, columns) == before
        [organization] = await all_organizations(database)
        assert await verify(database, organization) == []
        tokens = TokenStore(database)
        token = await tokens.create(organization.id, name="tests", scopes=[Scope.ADMIN])
        actor = await tokens.actor(token)
        assert actor is not None
        place = Workplace(database, wakeups, organization, actor)
        told = json.loads((HERE / "closed_quarter.json").read_text())
        async with serving(former) as running:
            client = running.client(token)
            assert await client.ask(told["query"], cycle="q:q1") == told["answer"]
            edits = {"time_zone": "Europe/Berlin", "cadence": None, "holiday_calendar": None}
            await place.done(edit_organization, edits=edits, scope=Scope.ADMIN)
            repaired = await recount_organization(database, organization.id, author=Author("tests"))
            assert repaired.differences == []
            assert await client.ask(told["query"], cycle="q:q1") == told["answer"]
            rules = await client.one('{ cycle(externalId: "q:q1") { rules { version timeZone frozenAt } } }')
        assert rules["rules"].pop("frozenAt") <= datetime.now(UTC).isoformat()
        assert rules["rules"] == {"version": 1, "timeZone": "America/New_York"}


async def test_cycles_that_are_not_closed_have_no_rules_after_the_upgrade(former: str):
    await alembic_runner.upgrade(former, lock=1)
    async with Database.open(former) as database, database.across() as connection:
        rows = await connection.fetch(
            "select external_id, rules is not null as has_rules from cycle order by external_id"
        )
        assert [tuple(row) for row in rows] == [("q:q1", True), ("q:y", False)]
        versions = await connection.fetch(
            "select version.state, version.rules = cycle.rules as same from cycle_version version"
            " join cycle using (organization_id, id) where cycle.external_id = 'q:q1' order by seq"
        )
        assert [tuple(row) for row in versions] == [("ACTIVE", None), ("REVIEW", None), ("CLOSED", True)]
