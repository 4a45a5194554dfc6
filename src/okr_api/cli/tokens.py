"""`okr-api token`: create, list and revoke API tokens of people and services, through `auth/tokens.py`."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import click

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import MAX_TOKEN_LIFETIME, TokenStore, TokenSummary
from okr_api.cli.open_database import choose_organization, with_database
from okr_api.cli.output import table
from okr_api.query_engine.global_ids import decode_token_id
from okr_api.store.database import Database

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
HEADS = ("ID", "NAME", "PERSON", "SCOPES", "PRIVATE", "CREATED", "EXPIRES", "STATE")

of_organization = click.option(
    "--organization", "named", metavar="NAME|ID", help="[default: the only organisation]"
)


class Span(click.ParamType[timedelta]):
    """Duration such as 90d, 12h or 30m, at most `MAX_TOKEN_LIFETIME`."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Convert a number and its unit."""
        found = re.fullmatch(r"([1-9]\d{0,6})([mhdw])", str(value))
        if not found:
            self.fail(f"{value!r} is not a span of time such as 90d, 12h or 30m", param, ctx)
        span = int(found[1]) * UNITS[found[2]]
        if span > MAX_TOKEN_LIFETIME:
            self.fail(f"{value} is more than ten years; leave --expires-in out", param, ctx)
        return span


@click.group()
def token() -> None:
    """Create, list and revoke tokens."""


@token.command()
@of_organization
@click.option("--person", metavar="EMAIL|ID", help="The owner, a person: e-mail address, external id or id.")
@click.option("--service", metavar="NAME", help="Or the owner, a service: its name, shown as author.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([str(scope) for scope in Scope]),
    help="What it allows; each includes those before it. May be given several times.",
)
@click.option("--sees-private", is_flag=True, help="Let a service see private objectives and those of teams.")
@click.option("--expires-in", type=Span(), metavar="SPAN", help="90d, 12h, 30m; by default never.")
def create(
    *,
    named: str | None,
    person: str | None,
    service: str | None,
    scopes: tuple[str, ...],
    sees_private: bool,
    expires_in: timedelta | None,
) -> None:
    """Create a token and print it; only its hash is stored, so it cannot be shown again."""
    if (person is None) == (service is None):
        raise click.UsageError("Give the owner of the token: either --person or --service.")
    if person is not None and sees_private:
        raise click.UsageError("--sees-private is for a service: a person sees what their role allows.")
    owner = person or service or ""

    async def work(database: Database) -> None:
        organization = await choose_organization(database, named)
        expires_at = datetime.now(UTC) + expires_in if expires_in else None
        tokens = TokenStore(database)
        made = await tokens.create(
            organization.id,
            name=owner,
            scopes=[Scope(scope) for scope in scopes],
            person=person,
            expires_at=expires_at,
            sees_private=sees_private,
        )
        click.echo(made)
        until = f"until {_minute(expires_at)}" if expires_at else "until it is revoked"
        click.echo(f"{owner} may {', '.join(scopes)} in {organization.name}, {until}.", err=True)
        actor = await tokens.actor(made)
        if actor and not all(actor.may(Scope(scope)) for scope in scopes):
            click.echo(f"But their role {actor.role} allows less, until an admin changes it.", err=True)

    with_database(work)


@token.command("list")
@of_organization
def listed(*, named: str | None) -> None:
    """List an organisation's tokens, oldest first, without their secrets."""

    async def work(database: Database) -> None:
        summaries = await TokenStore(database).all((await choose_organization(database, named)).id)
        click.echo(table(HEADS, [_row(each, datetime.now(UTC)) for each in summaries]))

    with_database(work)


def _id_of_token(context: click.Context, parameter: click.Parameter, value: str) -> UUID:
    """Return a token's id, which the API prefixes."""
    id: UUID = decode_token_id(value) or click.UUID.convert(value, parameter, context)
    return id


@token.command()
@click.argument("token_id", metavar="ID", callback=_id_of_token)
@of_organization
def revoke(*, token_id: UUID, named: str | None) -> None:
    """Revoke a token by its ID in the list or in the API; within two seconds every server rejects it."""

    async def work(database: Database) -> None:
        await TokenStore(database).revoke((await choose_organization(database, named)).id, token_id)
        click.echo(f"Revoked {token_id}.", err=True)

    with_database(work)


def _row(summary: TokenSummary, now: datetime) -> tuple[str, ...]:
    expired = summary.expires_at is not None and summary.expires_at <= now
    return (
        str(summary.id),
        summary.name,
        summary.person or "-",
        ",".join(summary.scopes),
        "yes" if summary.sees_private else "-",
        _minute(summary.created_at),
        _minute(summary.expires_at) if summary.expires_at else "-",
        "revoked" if summary.revoked_at else "expired" if expired else "live",
    )


def _minute(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
