"""`okr-api sign-in`: link subjects of the identity provider to people, list and unlink them."""

import os
from uuid import UUID

import click

from okr_api.auth.sign_ins import SignInSummary, link_subject, list_sign_ins, unlink_subject
from okr_api.cli.open_database import choose_organization, with_database
from okr_api.cli.output import table
from okr_api.cli.tokens import of_organization
from okr_api.store.database import Database

HEADS = ("ID", "PERSON", "ISSUER", "SUBJECT", "CREATED", "STATE")


@click.group("sign-in")
def sign_in() -> None:
    """Link people to the subjects with which they sign in by OpenID Connect."""


@sign_in.command()
@of_organization
@click.option("--person", required=True, metavar="EMAIL|ID", help="E-mail address, external id or id.")
@click.option("--subject", required=True, metavar="SUB", help="The claim `sub` of the person's tokens.")
@click.option("--issuer", metavar="URL", help="The claim `iss`.  [default: OKR_OIDC_ISSUER]")
def link(*, named: str | None, person: str, subject: str, issuer: str | None) -> None:
    """Let a person sign in with a subject of the identity provider, and print the sign-in's ID."""
    at = issuer or os.environ.get("OKR_OIDC_ISSUER", "").strip()
    if not at:
        raise click.UsageError("Give --issuer, or set OKR_OIDC_ISSUER.")

    async def work(database: Database) -> None:
        organization = await choose_organization(database, named)
        id = await link_subject(database, organization.id, issuer=at, subject=subject, person=person)
        click.echo(str(id))
        click.echo(f"{person} signs in to {organization.name} by {at}.", err=True)

    with_database(work)


@sign_in.command("list")
@of_organization
def listed(*, named: str | None) -> None:
    """List an organisation's sign-ins, oldest first."""

    async def work(database: Database) -> None:
        summaries = await list_sign_ins(database, (await choose_organization(database, named)).id)
        click.echo(table(HEADS, [_row(each) for each in summaries]))

    with_database(work)


@sign_in.command()
@click.argument("sign_in_id", metavar="ID", type=click.UUID)
@of_organization
def unlink(*, sign_in_id: UUID, named: str | None) -> None:
    """Delete a sign-in by its ID; within two seconds every server rejects the subject's tokens."""

    async def work(database: Database) -> None:
        await unlink_subject(database, (await choose_organization(database, named)).id, sign_in_id)
        click.echo(f"Unlinked {sign_in_id}.", err=True)

    with_database(work)


def _row(summary: SignInSummary) -> tuple[str, ...]:
    created = summary.created_at.isoformat(timespec="minutes")
    state = "live" if summary.active else "has left"
    return (str(summary.id), summary.person, summary.issuer, summary.subject, created, state)
