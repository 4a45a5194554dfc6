"""How a command ends: with a number that scripts can rely on, and a plain sentence where it went wrong."""

import signal
from types import FrameType
from typing import Any, NoReturn

import asyncpg
import click

from okr_api.okr.errors import InvalidInput, Refused
from okr_api.settings import WrongEnvironment
from okr_api.store.database import ServerIsTooOld
from okr_api.store.embedded import EmbeddedRefusal
from okr_api.store.migrating import SchemaIsAhead, SchemaIsBehind


class No(click.ClickException):
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
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
)


class Plainly(click.Group):
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
            raise No(refusal.message) from refusal
        finally:
            signal.signal(signal.SIGTERM, before)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """Ends by way of every `finally`, so that the last one out stops the embedded server."""
    del frame
    raise SystemExit(128 + number)
