"""How a command ends: with a number that scripts can rely on, and a plain sentence where it went wrong."""

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
    """The question was understood, and the answer is no."""

    exit_code = 1


class WrongUsage(click.ClickException):
    """What was asked, or the environment, makes no sense."""

    exit_code = 2  # the number that click itself uses


class NoDatabase(click.ClickException):
    """There is no database to work with: it cannot be reached, or is not ready for this release."""

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
    """Whether a full disk is the problem, or what led to it."""
    if problem is None:
        return False
    if isinstance(problem, BaseExceptionGroup):
        return any(map(is_disk_full, problem.exceptions))
    if isinstance(problem, asyncpg.DiskFullError) or getattr(problem, "errno", None) == errno.ENOSPC:
        return True
    return is_disk_full(problem.__cause__ or problem.__context__)


class PlainErrors(click.Group):
    """Commands whose expected problems end in a sentence and a number, never in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
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
    """Ends by way of every `finally`, so that the last one out stops the embedded server."""
    del frame
    raise SystemExit(128 + number)
