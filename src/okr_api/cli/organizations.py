"""`okr-api organization`: create and list organisations, which the API cannot."""

import click

from okr_api.cli.open_database import with_database
from okr_api.cli.output import table
from okr_api.okr.people import Language
from okr_api.services.bootstrap import found_organization
from okr_api.store.database import Database
from okr_api.store.organizations import all_organizations


@click.group()
def organization() -> None:
    """Create and list organisations."""


@organization.command()
@click.argument("name")
@click.option(
    "--time-zone",
    default="UTC",
    show_default=True,
    help="IANA time zone of its calendar days, such as Europe/Berlin.",
)
@click.option(
    "--language",
    type=click.Choice(list(map(str, Language))),
    default=str(Language.ENGLISH),
    show_default=True,
    help="For texts that clients show.",
)
def create(*, name: str, time_zone: str, language: str) -> None:
    """Create an organisation and print its id.

    Nobody has access to it yet: create a token for a service next.
    """

    async def work(database: Database) -> None:
        made = await found_organization(database, name=name, zone=time_zone, language=Language(language))
        click.echo(made.id)
        click.echo(
            f"Created {made.name}. To create its first token: "
            f"okr-api token create --organization {made.id} --service NAME --scope admin",
            err=True,
        )

    with_database(work)


@organization.command("list")
def listed() -> None:
    """List all organisations, oldest first."""

    async def work(database: Database) -> None:
        rows = [(str(each.id), each.name, each.time_zone) for each in await all_organizations(database)]
        click.echo(table(("ID", "NAME", "TIME ZONE"), rows))

    with_database(work)
