"""Settings and value codecs of the connections that the service opens."""

import socket
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

IN_ARRAYS = ("text", "timestamptz", "float8", "uuid")  # what the tables' arrays are of
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
    """Return the options to connect with under these limits."""
    return {
        "connection_class": Connection,
        "statement_cache_size": MAX_STATEMENTS_PREPARED,
        "max_cacheable_statement_size": MAX_STATEMENT_PREPARED_BYTES,
        "command_timeout": limits.driver_s,
        "server_settings": SETTINGS | limits.settings(),
    }


def keep_alive(connection: Any) -> None:
    """Have the system notice a server that is gone, where the connection leads over a network."""
    transport = connection._transport  # noqa: SLF001  the driver offers no other way to the socket
    channel = transport.get_extra_info("socket")
    if channel is None or channel.family == socket.AF_UNIX:
        return
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE_OPTIONS.items():
        if hasattr(socket, name):
            channel.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


async def prepare(connection: asyncpg.Connection) -> None:
    """Documents come and go as Python objects; in binary, so that whole rows can be read as values."""
    keep_alive(connection)
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: JSONB_VERSION + orjson.dumps(value),
        decoder=lambda data: orjson.loads(data[len(JSONB_VERSION) :]),
    )


async def prepare_to_read(connection: asyncpg.Connection) -> None:
    """Ids come as their 32 digits, which is how they are written for clients; they go as either.

    Arrays are looked up once: the driver does so for columns, and not for what lies inside of records.
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


async def connect_to_read(dsn: str, **options: Any) -> LimitedConnection:
    """Return a new connection for readers, which is closed where preparing it fails or is cancelled."""
    connection: LimitedConnection = await asyncpg.connect(
        dsn, **options | {"connection_class": LimitedConnection}
    )
    try:
        await prepare_to_read(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def skip_reset(connection: object) -> None:
    """Nothing that is done here changes a connection's settings, so nothing needs to be reset."""
    del connection
