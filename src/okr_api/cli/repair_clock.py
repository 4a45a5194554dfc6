"""`okr-api repair-clock`: set an organisation's instants after now to now, by `services/clock_repair.py`."""

import click

from okr_api.cli.open_database import choose_organization, with_database
from okr_api.okr.author import Author
from okr_api.services import clock_repair
from okr_api.store.database import Database

AUTHOR = Author("okr-api repair-clock")


@click.command("repair-clock")
@click.option("--organization", "named", metavar="NAME|ID", help="[default: the only organisation]")
def repair_clock(*, named: str | None) -> None:
    """Set to now what was recorded by a clock that ran ahead.

    Run it once the clock is right again, while mutations are rejected with CLOCK_IS_BEHIND. Everything
    recorded or effective after now becomes as of now, and all numbers are recomputed, as one change.
    """

    async def work(database: Database) -> None:
        organization = await choose_organization(database, named)
        repair = await clock_repair.repair_clock(database, organization.id, author=AUTHOR)
        if repair is None:
            click.echo(f"{organization.name} has nothing recorded after now.")
        else:
            click.echo(
                f"{organization.name} was {repair.ahead} ahead; it is repaired as change {repair.seq}."
            )

    with_database(work)
