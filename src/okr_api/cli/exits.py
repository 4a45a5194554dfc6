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
from okr_api.store.migrating import SchemaIsBehind

NO = 1  # the question was understood, and the answer is no
WRONG_USAGE = 2  # click's own number for it
NO_DATABASE = 3


class NoDatabase(Exception):
    """The database cannot be reached."""


NOT_READY = (
    NoDatabase,
    EmbeddedRefusal,
    ServerIsTooOld,
    SchemaIsBehind,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
)


class Plainly(click.Group):
    """Commands whose expected problems end in a sentence and a number, never in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        signal.signal(signal.SIGTERM, _end)
        try:
            return super().invoke(ctx)
        except NOT_READY as problem:
            raise ended(str(problem), NO_DATABASE) from problem
        except (InvalidInput, WrongEnvironment) as problem:
            raise ended(str(problem), WRONG_USAGE) from problem
        except Refused as refusal:
            raise ended(refusal.message, NO) from refusal


def ended(sentence: str, code: int) -> click.ClickException:
    """The end of a command: what is told, and its exit code."""
    problem = click.ClickException(sentence)
    problem.exit_code = code
    return problem


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """Ends by way of every `finally`, so that the last one out stops the embedded server."""
    del frame
    raise SystemExit(128 + number)
