"""`okr-api demo`: seed a demo company in the embedded database; serve it with GraphiQL and a kept token."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from okr_api.auth.actor import Scope
from okr_api.auth.tokens import TokenStore
from okr_api.cli.open_database import bring_current, settings_from_environment
from okr_api.cli.serve import (
    listen,
    local_url,
    override_settings,
    run,
    set_up_logging,
)
from okr_api.env_parsers import MAX_PORT
from okr_api.okr.people import Organization
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services.demo.company import DIRECTOR
from okr_api.services.demo.seed import demo_organization, seed
from okr_api.services.mutation_runner import MutationRunner
from okr_api.settings import Settings
from okr_api.store.database import Database
from okr_api.store.time_limits import COMMAND

KEPT_TOKEN = "demo.token"  # noqa: S105  a file's name
TOKEN_NAME = "okr-api demo"  # noqa: S105  what the list of tokens shows


@click.command()
@click.option("--host", help="The address to listen on.  [default: OKR_HOST or 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, MAX_PORT), help="[default: OKR_PORT or 8000; 0: any free one]")
def demo(*, host: str | None, port: int | None) -> None:
    """Serve a sample company in the middle of its quarter, with GraphiQL and a token.

    The data is in the embedded database of OKR_DATA_DIR; OKR_DATABASE_URL is ignored. The next run
    starts with the data as you left it.
    """
    asked = override_settings(settings_from_environment(), host=host, port=port)
    if asked.database_url is not None:
        click.echo("OKR_DATABASE_URL is ignored: the demo uses its own embedded database.", err=True)
    quiet = "warning" if asked.log_level == "info" else asked.log_level
    settings = replace(asked, database_url=None, bootstrap=None, graphiql=True, log_level=quiet)
    set_up_logging(settings.log_level)
    with listen(settings) as door, settings.postgres() as dsn:
        organization, token = asyncio.run(_ready(settings, dsn))
        page = f"{local_url(door)}/graphql"
        click.echo(f"{organization.name}, with its data in {settings.data_dir}\n")
        click.echo(f"  GraphiQL  {page}#token={token}")
        click.echo(f"  API       {page}")
        click.echo(f"  Token     {token}\n")
        run(settings, door, said="Press Ctrl-C to stop.")


async def _ready(settings: Settings, dsn: str) -> tuple[Organization, str]:
    await bring_current(settings, dsn)
    async with Database.open(dsn, limits=COMMAND) as database:
        organization = await demo_organization(database)
        async with ChangeNotifier.running(database) as notifier:
            with _progress() as on_step:
                today = datetime.now(organization.zone).date()
                await seed(MutationRunner(database, notifier), organization, today=today, on_step=on_step)
        return organization, await _token(database, organization, settings.data_dir / KEPT_TOKEN)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on a terminal, from the first step on; nothing elsewhere."""
    bar = click.progressbar(
        length=1, label="Making the demo quarter", file=sys.stderr, hidden=not sys.stderr.isatty()
    )

    def on_step(done: int, of: int) -> None:
        bar.length = of
        bar.update(done - bar.pos)

    try:
        yield on_step
    finally:
        if bar.pos:
            bar.update((bar.length or bar.pos) - bar.pos)
            bar.render_finish()


async def _token(database: Database, organization: Organization, kept: Path) -> str:
    """Return the stored token if it is still valid; else create and store a new one."""
    tokens, token = TokenStore(database), _kept(kept)
    actor = await tokens.actor(token) if token else None
    if token and actor and actor.organization_id == organization.id:
        return token
    token = await tokens.create(organization.id, name=TOKEN_NAME, scopes=[Scope.ADMIN], person=DIRECTOR)
    _keep(kept, token)
    return token


def _kept(path: Path) -> str | None:
    return path.read_text().strip() if path.exists() else None


def _keep(path: Path, token: str) -> None:
    path.touch(mode=0o600)
    path.write_text(f"{token}\n")
