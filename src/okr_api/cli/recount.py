"""`okr-api recount`: recompute numbers and the list of changes by node; store, or show, those that differ."""

import click

from okr_api.cli.differences import noun_of, sentence_of
from okr_api.cli.open_database import choose_organization, with_database
from okr_api.okr.author import Author
from okr_api.services.import_export.plurals import quantity
from okr_api.services.number_repair import recount_organization
from okr_api.store.database import Database
from okr_api.store.organizations import all_organizations

AUTHOR = Author("okr-api recount")


@click.command()
@click.option("--organization", "named", metavar="NAME|ID", help="[default: all organisations]")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
def recount(*, named: str | None, dry_run: bool) -> None:
    """Recompute every number from the facts, and store those that differ; so for the list of changes by node.

    Shows each number that it changes. Run it if `verify` found differences, for example after the rules
    of a time zone have changed. The organisation takes no other writes meanwhile.
    """

    async def work(database: Database) -> None:
        for organization in (
            [await choose_organization(database, named)] if named else await all_organizations(database)
        ):
            repair = await recount_organization(database, organization.id, author=AUTHOR, dry_run=dry_run)
            for difference in repair.differences:
                click.echo(f"{organization.name}: {sentence_of(difference)}")
            numbers = quantity(len(repair.differences), noun_of(repair.differences))
            if not repair.differences:
                click.echo(f"{organization.name}: every stored number follows from the facts.")
            elif dry_run:
                click.echo(f"{organization.name}: {numbers} would change. Dry run: nothing was saved.")
            else:
                change = f", as change {repair.seq}" if repair.seq else ""
                click.echo(f"{organization.name}: {numbers} stored anew{change}.")

    with_database(work)
