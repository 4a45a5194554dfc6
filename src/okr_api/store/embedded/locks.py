"""File locks that the kernel frees when the last process that has them open is gone, however it went.

A `flock` belongs to the opened file, not to the process: a child that inherits the descriptor holds the lock
too. That is how a server holds its own lock, and how a killed starter's `initdb` still keeps others away.
"""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

POLL_S = 0.01  # how often a lock that is held, or a server that does not answer yet, is asked again


class Lock:
    """One lock file, opened; closing it gives the lock back."""

    def __init__(self, path: Path) -> None:
        # Opened for reading only, so that an account other than the one that made the file can lock it too.
        self.descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)

    def take(self, *, shared: bool = False, limit_s: float = 0.0) -> bool:
        """Whether we have the lock after at most `limit_s`; an exclusive one replaces a shared one."""
        until = time.monotonic() + limit_s
        while True:
            try:
                fcntl.flock(self.descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    return False
                time.sleep(POLL_S)
            else:
                return True

    def close(self) -> None:
        """Give the lock back, unless a child has inherited it."""
        os.close(self.descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def is_held(path: Path, *, limit_s: float = 0.0) -> bool:
    """Whether somebody alive holds this lock, and still holds it after `limit_s`."""
    with Lock(path) as lock:
        return not lock.take(limit_s=limit_s)
