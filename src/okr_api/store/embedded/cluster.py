"""The database cluster on disk: how it is made, and what it is told at every start."""

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

# The same order and the same upper and lower case on every machine: by code point, never by language.
LOCALE = ("--encoding=UTF8", "--locale=C", "--lc-ctype=C.UTF-8")
BUILTIN_LOCALE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
BUILTIN_LOCALE_SINCE = 17

# Passed at every start, so that a change here reaches clusters made before it.
SETTINGS = {
    "listen_addresses": "",  # no network at all
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
    # Starts, stops and crashes. Refused statements are told to who sent them; here they would fill the disk.
    "log_min_messages": "log",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
}

# Asking for them is also how a server is found to be up: it runs when it does what it is for.
WHAT_THERE_IS = """
select format('create role %I login createdb nosuperuser nobypassrls', :'owner')
 where not exists (select from pg_roles where rolname = :'owner') \\gexec
select format('create database %I owner %I', :'database', :'owner')
 where not exists (select from pg_database where datname = :'database') \\gexec
"""


def check(cluster: Path, version: int) -> None:
    """Refuse a cluster that another major version made."""
    found = int((cluster / "PG_VERSION").read_text())
    if found != version:
        raise DataIsOfAnotherVersion(folder=cluster, found=found, version=version)


def make(cluster: Path, *, version: int, programs: Path, account: Account, turn: Lock) -> None:
    """Make a cluster; it appears whole or not at all, also after a loss of power.

    initdb inherits the lock on our turn: when we are killed, nobody else begins before it has ended.
    """
    partial = cluster.with_suffix(".partial")
    if partial.exists():
        shutil.rmtree(partial)  # what a killed process had begun
    partial.mkdir(mode=0o700)
    account.give(partial)
    done = account.run(
        [
            programs / "bin" / "initdb",
            f"--pgdata={account.name_for(partial)}",
            f"--username={ADMINISTRATOR}",
            "--auth-local=trust",  # whoever can enter the folder of the socket owns the data anyway
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
    """Start the server, which inherits its lock; `pg_ctl` cuts it loose from us, and complains in the log."""
    pg_ctl = programs / "bin" / "pg_ctl"
    settings = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in SETTINGS.items())
    account.run(
        [pg_ctl, "start", "--no-wait", "--silent", "-D", account.name_for(cluster), "-o", settings],
        folder=cluster,
        handing_down=[lock.descriptor],
        log=log,
    )


def forget_the_dead(cluster: Path) -> None:
    """Remove the pid files of a server known to be gone: whoever has its number now would pass for it."""
    for name in ("postmaster.pid", f".s.PGSQL.{PORT}.lock"):
        (cluster / name).unlink(missing_ok=True)
