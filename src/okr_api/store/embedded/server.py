"""Embedded PostgreSQL server shared between processes: the first one starts it, the last one stops it.

It is up if its lock is held and a connection succeeds. If the lock is held and no connection succeeds, it is
starting, recovering or stopping, or children of a killed server are still ending: that is waited for.
"""

import errno
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from okr_api.store.embedded import binaries, cluster, socket_path
from okr_api.store.embedded.errors import (
    NO_SPACE,
    AnotherProcessIsStarting,
    DataFolderCannotBeUsed,
    DiskIsFull,
    ServerDoesNotAnswer,
    ServerDoesNotStart,
    ServerDoesNotStop,
)
from okr_api.store.embedded.locks import POLL_S, Lock, is_held
from okr_api.store.embedded.os_user import ENVIRONMENT, Account

VERSION = 18
START_LIMIT_S = 60.0  # includes crash recovery
LAUNCHES = 3  # a server may be killed while it starts, too
ANSWER_LIMIT_S = 5  # for one attempt to connect
TURN_LIMIT_S = 90.0  # waiting for another process to finish starting or stopping
FAST_STOP_LIMIT_S = 30.0
IMMEDIATE_STOP_LIMIT_S = 5.0
LOG_LIMIT_BYTES = 1_000_000
LOG_TAIL_BYTES = 2_000
STARTING = "starting PostgreSQL"  # the first line of a start in the server's log
CONNECTION_FAILED = 2  # psql's exit code


class EmbeddedPostgres:
    """One process's share in the server of a data folder, from `start` (or `with`) to `stop`."""

    def __init__(self, data_dir: Path, version: int = VERSION) -> None:
        self.data_dir = Path(data_dir).resolve()
        self.version = version
        self._programs = binaries.installed(version)
        self._cluster = self.data_dir / "postgres"
        self._log = self.data_dir / "postgres.log"
        self._server_lock = self.data_dir / "server.lock"
        self._host = self._cluster
        self._share: Lock | None = None

    @classmethod
    def start(cls, data_dir: Path, version: int = VERSION) -> Self:
        """Start the server in this folder, or share the one that is running there."""
        return cls(data_dir, version).__enter__()

    @property
    def dsn(self) -> str:
        """Return the DSN of the database `okr`, for the ordinary role `okr` that owns it."""
        return self.dsn_of(cluster.DATABASE)

    @property
    def admin_dsn(self) -> str:
        """Return the DSN of the server's superuser."""
        return self.dsn_of(cluster.ADMINISTRATOR, role=cluster.ADMINISTRATOR)

    @property
    def sqlalchemy_url(self) -> str:
        """Return `dsn` as a SQLAlchemy URL."""
        return self.dsn_of(cluster.DATABASE, scheme="postgresql+asyncpg")

    def dsn_of(self, database: str, *, role: str = cluster.OWNER, scheme: str = "postgresql") -> str:
        """Return the DSN of a database on this server."""
        return socket_path.dsn(self._host, role=role, database=database, scheme=scheme)

    def __enter__(self) -> Self:
        if self._share is None:
            if not os.access(self._cluster / "PG_VERSION", os.R_OK):
                Account.check_name()  # first, as such an account can hardly create the folder either
            self._share = self._take_a_share()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def is_running(self) -> bool:
        """Return whether a server is running, or children of a killed one are still ending."""
        return is_held(self._server_lock)

    def ensure_running(self) -> None:
        """Start the server again if it was killed."""
        with self._turn() as turn:
            self._bring_up(turn)

    def stop(self) -> None:
        """Release this share; stop the server if it was the last one. A second call does nothing."""
        share, self._share = self._share, None
        if share is not None:
            with share, self._turn():
                if share.take():  # exclusively: no other process has a share
                    self._shut_down()

    def _take_a_share(self) -> Lock:
        with self._turn() as turn:
            share = Lock(self.data_dir / "users.lock")
            try:
                share.take(shared=True)
                self._bring_up(turn)
            except BaseException:
                share.close()
                raise
            return share

    @contextmanager
    def _turn(self) -> Iterator[Lock]:
        """Exclude all other processes from starting and stopping the server."""
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            with Lock(self.data_dir / "start.lock") as turn:
                if not turn.take(limit_s=TURN_LIMIT_S):
                    raise AnotherProcessIsStarting(folder=self.data_dir, limit_s=TURN_LIMIT_S)
                yield turn
        except OSError as problem:
            if problem.errno == errno.ENOSPC:
                raise DiskIsFull(folder=self.data_dir) from problem
            raise DataFolderCannotBeUsed(folder=self.data_dir, reason=problem) from problem

    def _bring_up(self, turn: Lock) -> None:
        if self._cluster.exists():
            cluster.check(self._cluster, self.version)
        self._host = socket_path.reachable(self._cluster)
        launches = 0
        until = time.monotonic() + START_LIMIT_S
        while (reason := self._what_is_missing()) is not None:
            if NO_SPACE in reason:
                if launches:
                    self._shut_down()
                raise DiskIsFull(folder=self.data_dir)
            if not is_held(self._server_lock):
                if launches == LAUNCHES:
                    log = self._end_of_the_log()
                    if NO_SPACE in log.rpartition(STARTING)[2]:
                        raise DiskIsFull(folder=self.data_dir)
                    raise ServerDoesNotStart(folder=self.data_dir, log=log)
                launches += self._launch(turn)
            if time.monotonic() > until:
                raise ServerDoesNotAnswer(
                    folder=self.data_dir, limit_s=START_LIMIT_S, reason=reason, log=self._end_of_the_log()
                )
            time.sleep(POLL_S)

    def _what_is_missing(self) -> str | None:
        """Return why the server is not usable, or None; create the role and the database if missing."""
        if not is_held(self._server_lock):
            return "it is not running"
        named = {"ON_ERROR_STOP": "1", "owner": cluster.OWNER, "database": cluster.DATABASE}
        settings = [f"--set={name}={value}" for name, value in named.items()]
        asked = subprocess.run(
            [self._programs / "bin" / "psql", self.admin_dsn, "--no-psqlrc", "--quiet", *settings],
            env=ENVIRONMENT | {"PGCONNECT_TIMEOUT": str(ANSWER_LIMIT_S)},
            input=cluster.WHAT_THERE_IS,
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.returncode not in (0, CONNECTION_FAILED) and NO_SPACE not in asked.stderr:
            raise ServerDoesNotStart(folder=self.data_dir, log=asked.stderr)
        return asked.stderr if asked.returncode else None

    def _launch(self, turn: Lock) -> bool:
        """Start a server that outlives this process, in its own session, holding its own lock.

        Return False if its lock is taken.
        """
        account = Account.for_data(self._cluster, self.data_dir)
        programs = binaries.runnable(self._programs, account)
        if not self._cluster.exists():
            cluster.make(self._cluster, version=self.version, programs=programs, account=account, turn=turn)
        with Lock(self._server_lock) as lock:
            if not lock.take():  # a fork of another thread may hold it until it executes its program
                return False
            cluster.forget_the_dead(self._cluster)
            log = self._open_log(account)
            try:
                cluster.launch(self._cluster, programs=programs, account=account, lock=lock, log=log)
            finally:
                os.close(log)
        return True

    def _shut_down(self) -> None:
        """Shut down in fast mode; if that takes too long, in immediate mode, and the next start recovers."""
        # The pid file is valid only while the server responds: a killed server's pid may have been reused.
        # A connection error because of a full disk is a response too.
        missing = self._what_is_missing()
        if missing is None or NO_SPACE in missing:
            postmaster = int((self._cluster / "postmaster.pid").read_text().split()[0])
            os.kill(postmaster, signal.SIGINT)
            if is_held(self._server_lock, limit_s=FAST_STOP_LIMIT_S):
                os.kill(postmaster, signal.SIGQUIT)
        if is_held(self._server_lock, limit_s=IMMEDIATE_STOP_LIMIT_S):
            raise ServerDoesNotStop(folder=self.data_dir, log=self._end_of_the_log())
        socket_path.forget(self._cluster)

    def _open_log(self, account: Account) -> int:
        """Open the log for appending; rotate it if it is large, keeping one earlier log."""
        if self._log.exists() and self._log.stat().st_size > LOG_LIMIT_BYTES:
            self._log.replace(self._log.with_suffix(".log.1"))
        log = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        account.give(self._log)
        return log

    def _end_of_the_log(self) -> str:
        return self._log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace") if self._log.exists() else ""
