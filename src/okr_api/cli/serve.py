"""`okr-api serve`: the service itself, in one process or several."""

import asyncio
import logging
import logging.config
import multiprocessing
import os
import signal
import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import uvicorn
from uvicorn.supervisors import Multiprocess

from okr_api.cli.exit_codes import CommandFailed, WrongUsage
from okr_api.cli.open_database import bring_current, settings_from_environment
from okr_api.env_parsers import MAX_PORT
from okr_api.services.bootstrap import found_first_organization
from okr_api.settings import Settings
from okr_api.store.database import Database

if TYPE_CHECKING:
    from fastapi import FastAPI

GRACEFUL_SHUTDOWN_S = 10  # for requests under way; clients resume their subscriptions elsewhere
WORKER_ANSWERS_S = 30  # a worker that has not is replaced; generous, as several import at once when starting
MAX_WORKERS = 64
BACKLOG = 2_048
MAX_ACCEPTS_PER_ITERATION = (
    16  # libuv accepts one connection of a listening socket in an iteration of its loop
)

log = logging.getLogger(__name__)


@click.command()
@click.option("--host", help="The address to listen on.  [default: OKR_HOST or 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, MAX_PORT), help="[default: OKR_PORT or 8000; 0: any free one]")
@click.option(
    "--workers", type=click.IntRange(1, MAX_WORKERS), default=1, show_default=True, help="Processes."
)
@click.option(
    "--graphiql/--no-graphiql", default=None, help="GraphiQL at /graphql.  [default: OKR_GRAPHIQL or off]"
)
def serve(*, host: str | None, port: int | None, workers: int, graphiql: bool | None) -> None:
    """Serve the API until told to stop.

    The embedded database is migrated first; one of your own wants `okr-api migrate` before. While there
    is no organisation, OKR_BOOTSTRAP_TOKEN makes the first.
    """
    settings = override_settings(settings_from_environment(), host=host, port=port)
    settings = settings if graphiql is None else replace(settings, graphiql=graphiql)
    set_up_logging(settings.log_level)
    with listen(settings) as door, settings.postgres() as dsn:
        asyncio.run(_ready(settings, dsn))
        run(settings, door, said=f"Serving {local_url(door)}/graphql", workers=workers)


def override_settings(settings: Settings, *, host: str | None, port: int | None) -> Settings:
    """The settings with what the command line says instead."""
    return replace(
        settings,
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
    )


async def _ready(settings: Settings, dsn: str) -> None:
    await bring_current(settings, dsn)
    first = settings.bootstrap
    if first:
        async with Database.open(dsn, most_connections=1) as database:
            made = await found_first_organization(
                database, token=first.token, name=first.organization, zone=first.time_zone
            )
        if made:
            click.echo(
                f"{first.organization} begins, with OKR_BOOTSTRAP_TOKEN as its admin's token.", err=True
            )


def listen(settings: Settings) -> socket.socket:
    """A socket that listens, taken before anything else so that a port in use is found at once."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as problem:
        raise WrongUsage(
            f"{settings.host}:{settings.port} cannot be listened on: {_reason(problem)}. "
            "Choose another with --port or OKR_PORT."
        ) from None


def _reason(problem: OSError) -> str:
    # A number of the resolver's own, which is below 0, brings its words along.
    return os.strerror(problem.errno) if problem.errno and problem.errno > 0 else str(problem.strerror)


def local_url(door: socket.socket) -> str:
    """How a browser on this machine reaches what listens there."""
    host, port = door.getsockname()[:2]
    local = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  compared, not listened on
    return f"http://{local.get(host, f'[{host}]' if ':' in host else host)}:{port}"


def duplicate_socket(door: socket.socket) -> list[socket.socket]:
    """Return the socket and duplicates of it, so that an event loop accepts several connections at a time.

    Otherwise a client that opens connections faster than a busy loop turns keeps those of all others waiting.
    """
    return [door, *(door.dup() for _ in range(MAX_ACCEPTS_PER_ITERATION - 1))]


def _write_address(path: Path, door: socket.socket) -> None:
    """Write where the server listens, for health checks; a server without the file serves as well."""
    try:
        path.write_text(f"{local_url(door)}\n")
    except OSError as problem:
        log.warning("OKR_ADDRESS_FILE cannot be written: %s", problem)


def run(settings: Settings, door: socket.socket, *, said: str, workers: int = 1) -> None:
    """Serves on the socket until a signal comes: 0 when it went well, 1 when a worker could not start.

    What is said comes once a signal is heeded: whoever reads it may send one at once.
    """
    from okr_api.transport.http_protocol import PROTOCOLS  # here, as no other command needs GraphQL

    os.environ.update(settings.to_environment())
    if settings.address_file:
        _write_address(settings.address_file, door)
    config = uvicorn.Config(
        "okr_api.cli.serve:application",
        factory=True,
        workers=workers,
        loop="uvloop",
        **PROTOCOLS,
        lifespan="on",
        log_config=logging_config(settings.log_level),
        access_log=False,  # a line for each request is more than anybody reads
        server_header=False,
        proxy_headers=False,  # nothing depends on them
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_S,
        timeout_worker_healthcheck=WORKER_ANSWERS_S,
    )
    if workers > 1:
        _supervise(Multiprocess(config, sockets=duplicate_socket(door)), said)
        return
    server = uvicorn.Server(config)
    # Noted, never raised: where the signal meets a finalizer or a weak reference, exceptions are dropped.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, server.handle_exit)
    click.echo(said, err=True)
    try:
        server.run(sockets=duplicate_socket(door))
    except SystemExit as end:
        if end.code:
            raise CommandFailed("The server could not start; its log says why.") from None
        raise


def _supervise(supervisor: Multiprocess, said: str) -> None:
    click.echo(said, err=True)  # the supervisor has noted signals since it was made
    supervisor.run()
    if any(process.exitcode == uvicorn.config.STARTUP_FAILURE for process in supervisor.processes):
        raise CommandFailed("A worker could not start; its log says why.")


def application() -> "FastAPI":
    """The application of one server process. A worker ends when the process that started it is gone."""
    from okr_api.app import create_app_from_environment

    parent = multiprocessing.parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=follow, daemon=True).start()
    return create_app_from_environment()


def set_up_logging(level: str) -> None:
    """Messages go to stderr, from here and from every worker alike."""
    logging.config.dictConfig(logging_config(level))


def logging_config(level: str) -> dict[str, Any]:
    """The logging configuration: one handler for all, Alembic's own steps left out."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "okr_api.cli.log_formatter.BoundedFormatter",
                "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
            }
        },
        "filters": {"alike": {"()": "okr_api.cli.log_formatter.AlikeFilter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["alike"]}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {"alembic": {"level": "WARNING"}},
    }
