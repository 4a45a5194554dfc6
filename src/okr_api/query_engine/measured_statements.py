"""Run the SQL statements of a query with a timeout, and add their time to the work of the operation."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from okr_api.okr.errors import Refused
from okr_api.store.read_limit import LimitedConnection, reads_refused
from okr_api.store.time_limits import QUERY_STATEMENT_TIMEOUT_S, timeouts_refused
from okr_api.store.work_meter import SharedClock, WorkMeter


class StatementOutOfTime(Refused):
    """Raised when a SQL statement of a query takes too long; it ends the query."""

    @classmethod
    def code(cls) -> str:
        """Return the code of an operation that ran out of time, which this is to clients."""
        return "OUT_OF_TIME"


def _out_of_time() -> StatementOutOfTime:
    return StatementOutOfTime(
        f"The database needed more than {QUERY_STATEMENT_TIMEOUT_S} seconds for a part of this. "
        "Ask for less: a shorter filter, no totalCount, no order"
    )


async def run_statement(
    connection: LimitedConnection,
    statement: str,
    arguments: Sequence[Any],
    clock: SharedClock,
    work: WorkMeter,
) -> list[Any]:
    """Return the rows of a statement; add its share of the elapsed time to the work.

    Raises:
        StatementOutOfTime: the statement takes more than five seconds.
        TooMany: the operation reads too much.
    """
    mark = clock.begin()
    try:
        rows: list[Any] = await connection.fetch(statement, *arguments)
    except asyncpg.QueryCanceledError as fault:
        raise _out_of_time() from fault
    except Exception:
        with timeouts_refused(), reads_refused(connection):
            raise
    finally:
        work.statements_s += clock.end(mark)
    return rows
