"""Reads of the past: the argument `asOf`, and readers whose rows are rebuilt as of an instant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated

import strawberry

from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import AnyInfo
from okr_api.okr.errors import InvalidInput, Refused, TooMany
from okr_api.query_engine.connections import ConnectionLoader
from okr_api.query_engine.marked_ids import mark_id
from okr_api.query_engine.reader import Reader
from okr_api.query_engine.shadow_snapshot import PastSnapshot
from okr_api.services.past_organization import rebuild_past
from okr_api.store.past_positions import wait_for_writers

MAX_PAST_READS = 5  # of one operation: each rebuilds the organisation
AsOf = Annotated[
    datetime | None,
    strawberry.argument(
        description="Answer as the service would have at this instant, from what had been recorded by then; "
        "from the first change of the organisation up to now. What you may see is decided by your present "
        "rights. Ids in the answer name the instant as well; `currentId` is the living one. Omit it for the "
        "present."
    ),
]


@asynccontextmanager
async def reader_as_of(info: AnyInfo, as_of: datetime | None) -> AsyncIterator[Reader]:
    """Yield the reader of a query's root field: of the present, or of the past while the context lasts."""
    reader = await reader_for(info)
    if as_of is None:
        yield reader
        return
    async with past_reader(reader, as_of) as past:
        yield past


@asynccontextmanager
async def past_reader(reader: Reader, at: datetime, argument: str = "asOf") -> AsyncIterator[Reader]:
    """Yield a reader for the same field that reads the organisation as of an instant, from an argument.

    Raises:
        InvalidInput: the instant lies in the future, or before the organisation.
        TooMany: the organisation is too large, or the operation has read the past too often.
        Busy: too many other reads of the past are going on.
    """
    asking, loader = reader.snapshot, reader.loader
    asking.past_reads += 1
    if asking.past_reads > MAX_PAST_READS:
        raise TooMany(f"An operation reads the past at most {MAX_PAST_READS} times", path=[argument])
    viewer_id = None if asking.visibility.restricted else asking.visibility.person_id
    database, organization_id = asking.database, asking.organization_id
    try:
        await wait_for_writers(database, organization_id, at)
    except InvalidInput as refusal:
        raise refusal.under(argument) from None
    async with database.shadows.past.transaction(
        organization_id, asking.token_id or organization_id
    ) as connection:
        mark = database.statement_clock.begin()
        try:
            position = await rebuild_past(connection, organization_id, at, viewer_id)
        except Refused as refusal:
            raise refusal.under(argument) from None
        finally:
            asking.work.statements_s += database.statement_clock.end(mark)
        connection.are_read = True
        past = PastSnapshot(asking, connection, position)
        yield Reader(ConnectionLoader(past, loader.planner.marking(mark_id), loader.arguments), reader.nodes)
