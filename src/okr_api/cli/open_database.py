"""For commands: read settings, open the database, migrated or checked, and choose the organisation."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import click

from okr_api.cli.exit_codes import CommandFailed, NoDatabase, WrongUsage
from okr_api.okr.people import Organization
from okr_api.settings import Settings, unknown_variables
from okr_api.store.database import Database
from okr_api.store.organizations import all_organizations
from okr_api.store.schema_version import check_current, migrate
from okr_api.store.time_limits import COMMAND

ANSWER_LIMIT_S = 10
MAX_CLI_CONNECTIONS = 4  # a command does one step after another
T = TypeVar("T")


def settings_from_environment() -> Settings:
    """Return the settings; print a warning for each unknown variable."""
    for warning in unknown_variables(os.environ):
        click.echo(f"Warning: {warning}", err=True)
    return Settings.from_environment(os.environ)


def with_database(work: Callable[[Database], Awaitable[T]], settings: Settings | None = None) -> T:
    """Run the work with the database of the environment and return its result."""
    settings = settings or settings_from_environment()
    with settings.postgres() as dsn:
        return asyncio.run(_done(work, settings, dsn))


async def _done(work: Callable[[Database], Awaitable[T]], settings: Settings, dsn: str) -> T:
    await bring_current(settings, dsn)
    async with Database.open(dsn, most_connections=MAX_CLI_CONNECTIONS, limits=COMMAND) as database:
        return await work(database)


async def bring_current(settings: Settings, dsn: str) -> None:
    """Migrate the embedded database; check that the schema of any other is current.

    Raises:
        NoDatabase: the database cannot be reached.
        SchemaIsBehind: it is not embedded and has not been migrated.
    """
    await check_reachable(dsn)
    if settings.database_url is None:
        await migrate(dsn)
    else:
        await check_current(dsn)


async def check_reachable(dsn: str) -> None:
    """Raise `NoDatabase` if the database does not respond; the message contains no password."""
    try:
        connection = await asyncpg.connect(dsn, timeout=ANSWER_LIMIT_S)
    except TimeoutError:
        raise NoDatabase(f"{_place(dsn)} has not answered within {ANSWER_LIMIT_S} seconds") from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as problem:
        raise NoDatabase(f"{_place(dsn)} cannot be reached: {problem}") from problem
    await connection.close()


def _place(dsn: str) -> str:
    parts = urlsplit(dsn)
    where = f" at {parts.hostname}:{parts.port or 5432}" if parts.hostname else ""
    return f"The database {parts.path.lstrip('/') or 'of OKR_DATABASE_URL'}{where}"


async def choose_organization(database: Database, named: str | None) -> Organization:
    """Return the organisation with that name or id; without one, the only one there is.

    Raises:
        CommandFailed: there is none.
        WrongUsage: there is more than one.
    """
    there = await all_organizations(database)
    if not there:
        raise CommandFailed("There is no organisation yet; make one with: okr-api organization create NAME")
    if named is None and len(there) > 1:
        listed = ", ".join(organization.name for organization in there)
        raise WrongUsage(f"There are {len(there)} organisations; choose one with --organization: {listed}")
    fitting = [each for each in there if named is None or _is(each, named)]
    if not fitting:
        raise CommandFailed(f"There is no organisation {named!r}")
    if len(fitting) > 1:
        listed = ", ".join(str(organization.id) for organization in fitting)
        raise WrongUsage(f"{len(fitting)} organisations are named {named!r}; use the id: {listed}")
    return fitting[0]


def _is(organization: Organization, named: str) -> bool:
    if organization.name == named:
        return True
    try:
        return organization.id == UUID(named)
    except ValueError:
        return False
