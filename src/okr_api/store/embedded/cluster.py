"""Database cluster on disk: create it with initdb, check its version, launch its server with our settings."""

import os
import shlex
import shutil
from pathlib import Path

from okr_api.store.embedded.errors import (
    NO_SPACE,
    ClusterCannotBeMade,
    DataIsOfAnotherVersion,
    DiskIsFull,
)
from okr_api.store.embedded.locks import Lock
from okr_api.store.embedded.os_user import Account
from okr_api.store.embedded.socket_path import PORT

ADMINISTRATOR = "postgres"
OWNER = "okr"
DATABASE = "okr"

# Sort order and letter case are by code point, never by language, so they are the same on every machine.
LOCALE = ("--encoding=UTF8", "--locale=C", "--lc-ctype=C.UTF-8")
BUILTIN_LOCALE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
BUILTIN_LOCALE_SINCE = 17

# Passed at every start, so that changes here also apply to existing clusters.
SETTINGS = {
    "listen_addresses": "",  # no TCP
    "unix_socket_directories": ".",  # in the cluster's own folder, which only its owner can enter
    "port": str(PORT),
    "max_connections": "200",
    "shared_buffers": "64MB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "okr_api",  # shown in the list of processes
    # Logs starts, stops and crashes. Statement errors go to the client; here they would fill the disk.
    "log_min_messages": "log",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
}

# Creates the role and the database if they are missing; its success also shows that the server is up.
WHAT_THERE_IS = """
select format('create role %I login createdb nosuperuser nobypassrls', :'owner')
 where not exists (select from pg_roles where rolname = :'owner') \\gexec
select format('create database %I owner %I', :'database', :'owner')
 where not exists (select from pg_database where datname = :'database') \\gexec
"""


def check(cluster: Path, version: int) -> None:
    """Raise `DataIsOfAnotherVersion` if another major version made the cluster."""
    found = int((cluster / "PG_VERSION").read_text())
    if found != version:
        raise DataIsOfAnotherVersion(folder=cluster, found=found, version=version)


def make(cluster: Path, *, version: int, programs: Path, account: Account, turn: Lock) -> None:
    """Create a cluster atomically, also in case of a power loss.

    initdb inherits the lock `turn`: if this process is killed, no other begins before initdb has ended.
    """
    partial = cluster.with_suffix(".partial")
    if partial.exists():
        shutil.rmtree(partial)  # left by a killed process
    partial.mkdir(mode=0o700)
    account.give(partial)
    done = account.run(
        [
            programs / "bin" / "initdb",
            f"--pgdata={account.name_for(partial)}",
            f"--username={ADMINISTRATOR}",
            "--auth-local=trust",  # an account that can enter the socket's folder owns the data anyway
            "--auth-host=reject",
            *LOCALE,
            *(BUILTIN_LOCALE if version >= BUILTIN_LOCALE_SINCE else ()),
        ],
        folder=partial,
        handing_down=[turn.descriptor],
    )
    if NO_SPACE in done.stdout:
        raise DiskIsFull(folder=cluster.parent)
    if done.returncode != 0:
        raise ClusterCannotBeMade(folder=cluster, said=done.stdout)
    partial.rename(cluster)
    above = os.open(cluster.parent, os.O_RDONLY)
    os.fsync(above)
    os.close(above)


def launch(cluster: Path, *, programs: Path, account: Account, lock: Lock, log: int) -> None:
    """Start the server, which inherits its lock; `pg_ctl` detaches it and writes errors to the log."""
    pg_ctl = programs / "bin" / "pg_ctl"
    settings = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in SETTINGS.items())
    account.run(
        [pg_ctl, "start", "--no-wait", "--silent", "-D", account.name_for(cluster), "-o", settings],
        folder=cluster,
        handing_down=[lock.descriptor],
        log=log,
    )


def forget_the_dead(cluster: Path) -> None:
    """Remove the pid files of a server known to be gone: its pid may belong to another process by now."""
    for name in ("postmaster.pid", f".s.PGSQL.{PORT}.lock"):
        (cluster / name).unlink(missing_ok=True)
