"""`okr-api verify`: recompute numbers and the list of changes by node; exit 1 if stored ones differ."""

import sys

import click

from okr_api.cli.differences import noun_of, sentence_of
from okr_api.cli.exit_codes import CommandFailed
from okr_api.cli.open_database import choose_organization, with_database
from okr_api.services import recompute
from okr_api.services.import_export.plurals import quantity
from okr_api.services.number_differences import Difference
from okr_api.store.change_nodes import ListingDifference
from okr_api.store.database import Database
from okr_api.store.organizations import all_organizations


@click.command()
@click.option("--organization", "named", metavar="NAME|ID", help="[default: all organisations]")
def verify(*, named: str | None) -> None:
    """Recompute every number from the facts; exit 1 if a stored one differs (`recount` repairs it).

    The list of changes by node is compared as well. Reads one snapshot of each organisation and changes
    nothing: the service can run meanwhile.
    """

    async def work(database: Database) -> list[Difference | ListingDifference] | None:
        organizations = (
            [await choose_organization(database, named)] if named else await all_organizations(database)
        )
        if not organizations:
            return None
        with click.progressbar(
            organizations, label="Verifying", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:
            found = [(each, await recompute.verify(database, each)) for each in bar]
        for organization, differences in found:
            for difference in differences:
                click.echo(f"{organization.name}: {sentence_of(difference)}")
        return [difference for _, differences in found for difference in differences]

    differences = with_database(work)
    if differences is None:
        click.echo("There is no organisation in this database, and so nothing to verify.")
        return
    if differences:
        values = quantity(len(differences), f"stored {noun_of(differences)}")
        does = "does" if len(differences) == 1 else "do"
        raise CommandFailed(
            f"{values} {does} not follow from the facts. "
            "To repair: okr-api recount (with --dry-run it only shows what it would change)."
        )
    click.echo("Every stored number follows from the facts.")
