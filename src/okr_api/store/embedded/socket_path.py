"""Unix socket of the embedded server: its folder, or a link where its path does not suit, and the DSN."""

import hashlib
import os
import re
import tempfile
from pathlib import Path
from urllib.parse import quote

from okr_api.store.embedded.errors import SocketLinkIsTaken

PORT = 5432  # only a part of the socket's name
SOCKET_PATH_LIMIT = 103  # of macOS; Linux allows 107
PLAIN_PATH = re.compile(r"[\w./-]+", re.ASCII)  # clients split a host at commas and colons


def reachable(cluster: Path) -> Path:
    """Return the socket's folder for clients: the cluster, or a link to it if its path does not suit.

    The link is in the shared temporary folder; it is trusted only if this account owns it and it leads to the
    cluster.

    Raises:
        SocketLinkIsTaken: the link is another account's or leads elsewhere.
    """
    if _suits(cluster):
        return cluster
    link = _link_to(cluster)
    try:
        link.symlink_to(cluster)
    except FileExistsError:
        ours = link.is_symlink() and link.lstat().st_uid == os.geteuid()
        if not ours or link.readlink() != cluster:
            raise SocketLinkIsTaken(link=link) from None
    return link


def forget(cluster: Path) -> None:
    """Remove the link of a stopped server, if there is one."""
    if not _suits(cluster):
        _link_to(cluster).unlink(missing_ok=True)


def dsn(folder: Path, *, role: str, database: str, scheme: str = "postgresql") -> str:
    """Return the DSN of a database with host and port, so that PGHOST and PGPORT have no effect."""
    return f"{scheme}://{quote(role)}@/{quote(database, safe='')}?host={quote(str(folder))}&port={PORT}"


def _suits(cluster: Path) -> bool:
    socket = f"{cluster}/.s.PGSQL.{PORT}"
    return len(socket) <= SOCKET_PATH_LIMIT and PLAIN_PATH.fullmatch(socket) is not None


def _link_to(cluster: Path) -> Path:
    name = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]
    return Path(tempfile.gettempdir(), f"okr-{os.geteuid()}-{name}")
