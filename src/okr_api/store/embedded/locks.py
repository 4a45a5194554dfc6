"""File locks (`flock`) that the kernel frees when the last process that has them open has ended.

A `flock` belongs to the opened file, not to the process: a child that inherits the descriptor holds the lock
too. That is how a server holds its own lock, and how the `initdb` of a killed process still excludes others.
"""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

POLL_S = 0.01  # between two attempts to take a lock that is held, or to reach a server that is starting


class Lock:
    """Open lock file; closing it releases the lock."""

    def __init__(self, path: Path) -> None:
        # Opened for reading only, so that accounts other than the file's owner can lock it too.
        self.descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)

    def take(self, *, shared: bool = False, limit_s: float = 0.0) -> bool:
        """Take the lock within `limit_s` and return whether it is held; exclusive replaces shared."""
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
        """Release the lock, unless a child has inherited it."""
        os.close(self.descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def is_held(path: Path, *, limit_s: float = 0.0) -> bool:
    """Return whether a running process holds the lock, and still does after `limit_s`."""
    with Lock(path) as lock:
        return not lock.take(limit_s=limit_s)
