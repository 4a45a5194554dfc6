"""Embedded PostgreSQL server: the first process to need it starts it, all share it, the last one stops it.

    with EmbeddedPostgres.start(Path(".okr")) as server:
        connection = await asyncpg.connect(server.dsn)

Contents of the data folder:

    postgres/      the database cluster, with its socket; no other account can enter it
    postgres.log   the server's log, bounded in size
    start.lock     held while a process starts or stops the server, or makes the cluster
    users.lock     held, shared, by every process that uses the server
    server.lock    held by the server itself, and by each of its children

All locks are `flock`s: the kernel frees them with the last process that has them open. So nothing has to be
cleaned up after a `kill -9`, and a stale pid file is never mistaken for a running process.
"""

from okr_api.store.embedded.errors import (
    AccountHasNoName,
    AnotherProcessIsStarting,
    ClusterCannotBeMade,
    DataFolderCannotBeUsed,
    DataIsOfAnotherVersion,
    DiskIsFull,
    EmbeddedRefusal,
    EmbeddedServerIsMissing,
    NoAccountForTheServer,
    ServerCannotBeReached,
    ServerDoesNotAnswer,
    ServerDoesNotStart,
    ServerDoesNotStop,
    SocketLinkIsTaken,
    VersionIsNotCarried,
)
from okr_api.store.embedded.server import EmbeddedPostgres
from okr_api.store.embedded.supervisor import supervised

__all__ = [
    "AccountHasNoName",
    "AnotherProcessIsStarting",
    "ClusterCannotBeMade",
    "DataFolderCannotBeUsed",
    "DataIsOfAnotherVersion",
    "DiskIsFull",
    "EmbeddedPostgres",
    "EmbeddedRefusal",
    "EmbeddedServerIsMissing",
    "NoAccountForTheServer",
    "ServerCannotBeReached",
    "ServerDoesNotAnswer",
    "ServerDoesNotStart",
    "ServerDoesNotStop",
    "SocketLinkIsTaken",
    "VersionIsNotCarried",
    "supervised",
]
