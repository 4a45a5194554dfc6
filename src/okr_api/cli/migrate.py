"""`okr-api migrate`: bring the database to this release's schema, or with `--check` only report on it."""

import asyncio

import click

from okr_api.cli.exit_codes import CommandFailed
from okr_api.cli.open_database import check_reachable, settings_from_environment
from okr_api.store import schema_version


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if there are migrations to run.")
def migrate(*, check: bool) -> None:
    """Bring the database to this release's schema.

    Runs in one transaction, one process at a time; run it before the servers of a new release start.
    Every command that opens the embedded database migrates it.
    """
    with settings_from_environment().postgres() as dsn:
        asyncio.run(_checked(dsn) if check else _migrated(dsn))


async def _checked(dsn: str) -> None:
    await check_reachable(dsn)
    try:
        await schema_version.check_current(dsn)
    except (schema_version.SchemaIsBehind, schema_version.SchemaIsAhead) as other:
        raise CommandFailed(str(other)) from None
    click.echo("The database schema is up to date.")


async def _migrated(dsn: str) -> None:
    await check_reachable(dsn)
    await schema_version.migrate(dsn)
    click.echo("The database schema is up to date.")
