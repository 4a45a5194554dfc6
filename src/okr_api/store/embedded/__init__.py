"""A real PostgreSQL in the package: the first process to need it starts it, all share it, the last stops it.

    with EmbeddedPostgres.start(Path(".okr")) as server:
        connection = await asyncpg.connect(server.dsn)

What lies in the data folder:

    postgres/      the database cluster, with its socket; no other account can enter it
    postgres.log   what the server says, bounded
    start.lock     held while a process starts or stops the server, or makes the cluster
    users.lock     held, shared, by every process that uses the server
    server.lock    held by the server itself, and by each of its children

All three are `flock`s: the kernel frees them with the last process that has them open. So nothing has to be
cleaned up after a `kill -9`, and a number in a pid file is never taken for a living process.
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
