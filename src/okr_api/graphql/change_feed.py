"""The feed: asked for a stretch at a time, or followed live; resumed from any position without a gap."""

from collections.abc import AsyncIterator
from typing import Annotated

import strawberry

from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Info
from okr_api.graphql.filters import ChangeFilter, validate_filter
from okr_api.graphql.scalars import Seq
from okr_api.graphql.shared_events import load_shared
from okr_api.graphql.subscription_sources import (
    candidates_of,
    changes_source,
    events_after,
    matches,
    progress_source,
)
from okr_api.graphql.types.change import Change, ChangePage, ProgressChange
from okr_api.okr.errors import InvalidInput
from okr_api.pubsub.change_stream import check_cursor
from okr_api.query_engine.change_queries import page_of_changes
from okr_api.query_engine.cursors import MAX_PAGE_SIZE

AfterSeq = Annotated[
    Seq | None, strawberry.argument(description="Those after this position; from now on by default.")
]
Which = Annotated[ChangeFilter | None, strawberry.argument(description="Which.")]


@strawberry.type
class FeedQuery:
    """The queries of the feed."""

    @strawberry.field(description="The changes after a position, in the order in which they were committed.")
    async def changes(
        self,
        info: Info,
        after: Annotated[
            Seq, strawberry.argument(description="Those after this position; 0 for all that is kept.")
        ],
        first: Annotated[int, strawberry.argument(description="At most so many, 1 to 100.")] = MAX_PAGE_SIZE,
        filter: Which = None,
    ) -> ChangePage | None:
        """A stretch of the feed."""
        if not 1 <= first <= MAX_PAGE_SIZE:
            raise InvalidInput(f"first must be 1 to {MAX_PAGE_SIZE}", path=["first"])
        validate_filter(filter)
        reader = await reader_for(info)
        snapshot = reader.snapshot
        oldest_seq = await snapshot.oldest_seq()
        check_cursor(after, head=snapshot.seq, oldest_seq=oldest_seq)
        page = await page_of_changes(
            snapshot, after, first, lambda change: matches(change, filter), candidates_of(filter)
        )
        answer: ChangePage = await reader.given("ChangePage", page)
        return answer


@strawberry.type(
    description="Follow live, over a websocket or as an event stream. Begin with `changes`. Both resume "
    "after a position: hand the `seq` of the last event in as `after`."
)
class Subscription:
    """The root of subscriptions."""

    @strawberry.subscription(
        description="Numbers as they move: an event for each mutation that moved any in the scope, in order."
    )
    async def progress_changed(
        self,
        info: Info,
        objective_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="This objective and all under it.")
        ] = None,
        cycle_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Or the objectives of this cycle.")
        ] = None,
        after: AfterSeq = None,
    ) -> AsyncIterator[ProgressChange]:
        """Events with what moved in the scope."""
        telling = await progress_source(info.context, objective_id, cycle_id)
        async for row in events_after(info.context, telling, after):
            event: ProgressChange = await load_shared(info, telling.type_name, row)
            yield event

    @strawberry.subscription(description="Changes as they are committed, each once, in order.")
    async def changes(
        self, info: Info, after: AfterSeq = None, filter: Which = None
    ) -> AsyncIterator[Change]:
        """Every change that the filter lets through."""
        telling = await changes_source(info.context, filter)
        async for row in events_after(info.context, telling, after):
            event: Change = await load_shared(info, telling.type_name, row)
            yield event
