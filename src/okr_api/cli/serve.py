"""`okr-api serve`: open the socket, prepare the database, configure logging, run uvicorn processes."""

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

GRACEFUL_SHUTDOWN_S = 10  # for requests in progress; clients resume their subscriptions on another server
WORKER_ANSWERS_S = 30  # one that does not is replaced; long, as several import modules at once on start
MAX_WORKERS = 64
BACKLOG = 2_048
# libuv accepts one connection of a listening socket in an iteration of its loop.
MAX_ACCEPTS_PER_ITERATION = 16

log = logging.getLogger(__name__)


@click.command()
@click.option("--host", help="The address to listen on.  [default: OKR_HOST or 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, MAX_PORT), help="[default: OKR_PORT or 8000; 0: any free one]")
@click.option(
    "--workers",
    type=click.IntRange(1, MAX_WORKERS),
    default=1,
    show_default=True,
    help="Number of server processes.",
)
@click.option(
    "--graphiql/--no-graphiql", default=None, help="GraphiQL at /graphql.  [default: OKR_GRAPHIQL or off]"
)
def serve(*, host: str | None, port: int | None, workers: int, graphiql: bool | None) -> None:
    """Serve the API until stopped by a signal.

    The embedded database is migrated on start; for any other, run `okr-api migrate` before. If there is no
    organisation yet, OKR_BOOTSTRAP_TOKEN creates the first.
    """
    settings = override_settings(settings_from_environment(), host=host, port=port)
    settings = settings if graphiql is None else replace(settings, graphiql=graphiql)
    set_up_logging(settings.log_level)
    with listen(settings) as door, settings.postgres() as dsn:
        asyncio.run(_ready(settings, dsn))
        run(settings, door, said=f"Serving {local_url(door)}/graphql", workers=workers)


def override_settings(settings: Settings, *, host: str | None, port: int | None) -> Settings:
    """Return the settings with the options of the command line."""
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
            click.echo(f"Created {first.organization}; OKR_BOOTSTRAP_TOKEN is its admin token.", err=True)


def listen(settings: Settings) -> socket.socket:
    """Return a listening socket, opened before anything else so that a port in use is found at once."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as problem:
        raise WrongUsage(
            f"Cannot listen on {settings.host}:{settings.port}: {_reason(problem)}. "
            "Choose another with --port or OKR_PORT."
        ) from None


def _reason(problem: OSError) -> str:
    # getaddrinfo errors are negative and carry their own message.
    return os.strerror(problem.errno) if problem.errno and problem.errno > 0 else str(problem.strerror)


def local_url(door: socket.socket) -> str:
    """Return the URL by which a browser on this machine reaches the socket."""
    host, port = door.getsockname()[:2]
    local = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  compared, not listened on
    return f"http://{local.get(host, f'[{host}]' if ':' in host else host)}:{port}"


def duplicate_socket(door: socket.socket) -> list[socket.socket]:
    """Return the socket and duplicates of it, so that an event loop accepts several connections at a time.

    Otherwise a client that opens connections faster than a busy loop accepts them delays all others.
    """
    return [door, *(door.dup() for _ in range(MAX_ACCEPTS_PER_ITERATION - 1))]


def _write_address(path: Path, door: socket.socket) -> None:
    """Write the server's URL for health checks; on failure only log, as the server works without the file."""
    try:
        path.write_text(f"{local_url(door)}\n")
    except OSError as problem:
        log.warning("OKR_ADDRESS_FILE cannot be written: %s", problem)


class AnnouncingServer(uvicorn.Server):
    """Server that prints a message once it has started and answers requests."""

    def __init__(self, config: uvicorn.Config, said: str) -> None:
        super().__init__(config)
        self.said = said

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and print the message unless that failed."""
        await super().startup(sockets)
        if self.started:
            click.echo(self.said, err=True)


class AnnouncingSupervisor(Multiprocess):
    """Supervisor of workers that prints a message once all of them have started and answer requests."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], said: str) -> None:
        super().__init__(config, sockets)
        self.said: str | None = said

    def keep_subprocess_alive(self) -> None:
        """Replace workers that have died; print the message when all are ready for the first time."""
        super().keep_subprocess_alive()
        if self.said and all(each.is_ready(WORKER_ANSWERS_S) for each in self.processes):
            click.echo(self.said, err=True)
            self.said = None


def run(settings: Settings, door: socket.socket, *, said: str, workers: int = 1) -> None:
    """Serve on the socket until a signal.

    Prints `said` once it has started; with several workers, once all of them have.

    Raises:
        CommandFailed: the server or a worker could not start.
    """
    from okr_api.transport.http_protocol import PROTOCOLS  # imported here: no other command needs GraphQL

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
        access_log=False,  # one line for each request is too much to read
        server_header=False,
        proxy_headers=False,  # nothing depends on them
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_S,
        timeout_worker_healthcheck=WORKER_ANSWERS_S,
    )
    if workers > 1:
        _supervise(AnnouncingSupervisor(config, duplicate_socket(door), said))
        return
    server = AnnouncingServer(config, said)
    # The handlers do not raise: Python drops exceptions in finalizers and weak reference callbacks.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, server.handle_exit)
    try:
        server.run(sockets=duplicate_socket(door))
    except SystemExit as end:
        if end.code:
            raise CommandFailed("The server could not start; its log says why.") from None
        raise


def _supervise(supervisor: AnnouncingSupervisor) -> None:
    supervisor.run()
    if any(process.exitcode == uvicorn.config.STARTUP_FAILURE for process in supervisor.processes):
        raise CommandFailed("A worker could not start; its log says why.")


def application() -> "FastAPI":
    """Return the application of one server process; a worker ends when its parent process does."""
    from okr_api.app import create_app_from_environment

    parent = multiprocessing.parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=follow, daemon=True).start()
    return create_app_from_environment()


def set_up_logging(level: str) -> None:
    """Log to stderr, as every worker does."""
    logging.config.dictConfig(logging_config(level))


def logging_config(level: str) -> dict[str, Any]:
    """Return the logging configuration: one handler, and only warnings of libraries that log much.

    The MCP SDK would log a line for each message of a client that begins with a handshake, httpx2 the URL of
    each request.
    """
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
        "loggers": {name: {"level": "WARNING"} for name in ("alembic", "httpcore2", "httpx2", "mcp")},
    }
