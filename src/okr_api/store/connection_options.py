"""Options of asyncpg connections: settings, limits, keepalive, codecs (JSONB, UUID); open one for reads."""

import socket
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from .prepared_statements import MAX_STATEMENT_PREPARED_BYTES, MAX_STATEMENTS_PREPARED, Connection
from .read_limit import LimitedConnection
from .time_limits import (
    KEEPALIVE_IDLE_S,
    KEEPALIVE_INTERVAL_S,
    MAX_KEEPALIVE_PROBES,
    TimeLimits,
)

IN_ARRAYS = ("text", "timestamptz", "float8", "int8", "uuid")  # element types of the tables' arrays
StatementLogger = Callable[[Any], None]
JSONB_VERSION = b"\x01"
SETTINGS = {
    "application_name": "okr-api",
    "timezone": "UTC",
    "jit": "off",
}
KEEPALIVE_OPTIONS = {
    "TCP_KEEPIDLE": KEEPALIVE_IDLE_S,
    "TCP_KEEPINTVL": KEEPALIVE_INTERVAL_S,
    "TCP_KEEPCNT": MAX_KEEPALIVE_PROBES,
}


def options_of(limits: TimeLimits) -> dict[str, Any]:
    """Return asyncpg's connection options for the limits."""
    return {
        "connection_class": Connection,
        "statement_cache_size": MAX_STATEMENTS_PREPARED,
        "max_cacheable_statement_size": MAX_STATEMENT_PREPARED_BYTES,
        "command_timeout": limits.driver_s,
        "server_settings": SETTINGS | limits.settings(),
    }


def keep_alive(connection: Any) -> None:
    """Switch on TCP keepalive, so that a lost server is noticed; a Unix socket needs none."""
    transport = connection._transport  # noqa: SLF001  asyncpg has no public access to the socket
    channel = transport.get_extra_info("socket")
    if channel is None or channel.family == socket.AF_UNIX:
        return
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE_OPTIONS.items():
        if hasattr(socket, name):
            channel.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


async def prepare(connection: asyncpg.Connection, on_statement: StatementLogger | None = None) -> None:
    """Set up TCP keepalive and the JSONB codec, which is binary so that whole rows can be read as values.

    `on_statement` is called with each statement that has ended.
    """
    keep_alive(connection)
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: JSONB_VERSION + orjson.dumps(value),
        decoder=lambda data: orjson.loads(data[len(JSONB_VERSION) :]),
    )
    if on_statement is not None:
        connection.add_query_logger(on_statement)


async def prepare_to_read(
    connection: asyncpg.Connection, on_statement: StatementLogger | None = None
) -> None:
    """Set up a read connection as `prepare` does, with UUIDs read as the 32 hex digits of global ids.

    As parameters both forms are accepted. Array types are looked up once here, as asyncpg looks up those of
    columns only, not those inside records.
    """
    await prepare(connection)
    await connection.set_type_codec(
        "uuid",
        schema="pg_catalog",
        format="binary",
        encoder=lambda id: id.bytes if isinstance(id, UUID) else bytes.fromhex(id),
        decoder=bytes.hex,
    )
    await connection.fetchrow(f"select {', '.join(f'null::{kind}[]' for kind in IN_ARRAYS)}")
    if on_statement is not None:
        connection.add_query_logger(on_statement)


async def connect_to_read(
    dsn: str, *, on_statement: StatementLogger | None = None, **options: Any
) -> LimitedConnection:
    """Return a new read connection; close it if preparing it fails or is cancelled."""
    connection: LimitedConnection = await asyncpg.connect(
        dsn, **options | {"connection_class": LimitedConnection}
    )
    try:
        await prepare_to_read(connection, on_statement)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def skip_reset(connection: object) -> None:
    """Do nothing, as a pool's reset callback: the service never changes a connection's settings."""
    del connection
