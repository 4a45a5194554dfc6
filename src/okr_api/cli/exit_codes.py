"""Exit codes 1 to 3: click group that turns expected exceptions into messages; clean exit on SIGTERM."""

import errno
import signal
from types import FrameType
from typing import Any, NoReturn

import asyncpg
import click

from okr_api.okr.errors import InvalidInput, Refused
from okr_api.settings import WrongEnvironment
from okr_api.store.database import ServerIsTooOld
from okr_api.store.embedded import EmbeddedRefusal
from okr_api.store.schema_version import SchemaIsAhead, SchemaIsBehind, SchemaIsUnknown


class CommandFailed(click.ClickException):
    """The command was understood, but failed or found differences."""

    exit_code = 1


class WrongUsage(click.ClickException):
    """The arguments or the environment are invalid."""

    exit_code = 2  # as click itself uses


class NoDatabase(click.ClickException):
    """There is no usable database: unreachable, disk full, or of the wrong version or schema."""

    exit_code = 3


NOT_READY = (
    EmbeddedRefusal,
    ServerIsTooOld,
    SchemaIsBehind,
    SchemaIsAhead,
    SchemaIsUnknown,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
)


DISK_IS_FULL = "The disk is full. Make room on it and run the same command again: what was committed is kept."


def is_disk_full(problem: BaseException | None) -> bool:
    """Return whether a full disk is the exception or one of its causes."""
    if problem is None:
        return False
    if isinstance(problem, BaseExceptionGroup):
        return any(map(is_disk_full, problem.exceptions))
    if isinstance(problem, asyncpg.DiskFullError) or getattr(problem, "errno", None) == errno.ENOSPC:
        return True
    return is_disk_full(problem.__cause__ or problem.__context__)


class PlainErrors(click.Group):
    """Command group that ends expected exceptions with a message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; convert expected exceptions, and exit cleanly on SIGTERM."""
        before = signal.signal(signal.SIGTERM, _end)
        try:
            return super().invoke(ctx)
        except NOT_READY as problem:
            raise NoDatabase(str(problem)) from problem
        except (InvalidInput, WrongEnvironment) as problem:
            raise WrongUsage(str(problem)) from problem
        except Refused as refusal:
            raise CommandFailed(refusal.message) from refusal
        except Exception as problem:
            if is_disk_full(problem):
                raise NoDatabase(DISK_IS_FULL) from problem
            raise
        finally:
            signal.signal(signal.SIGTERM, before)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """Raise `SystemExit`, so that every `finally` runs and the last process stops the embedded server."""
    del frame
    raise SystemExit(128 + number)
