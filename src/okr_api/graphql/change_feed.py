"""Root fields of the feed: the paged query `changes`, and the subscriptions."""

from collections.abc import AsyncIterator
from typing import Annotated

import strawberry

from okr_api.graphql.change_conditions import change_conditions
from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Info
from okr_api.graphql.filters import ChangeFilter
from okr_api.graphql.my_work_events import my_work_source
from okr_api.graphql.notification_source import notification_source
from okr_api.graphql.queries.my_work import PersonExternalId, PersonId
from okr_api.graphql.scalars import Seq
from okr_api.graphql.subscription_events import events_after, load_shared
from okr_api.graphql.subscription_sources import (
    changes_source,
    progress_source,
)
from okr_api.graphql.types.change import Change, ChangePage, ProgressChange
from okr_api.graphql.types.my_work import MyWorkChange
from okr_api.graphql.types.notification import Notification
from okr_api.okr.errors import InvalidInput
from okr_api.pubsub.change_stream import check_cursor
from okr_api.query_engine.change_pages import page_of_changes
from okr_api.query_engine.cursors import MAX_PAGE_SIZE

AfterSeq = Annotated[
    Seq | None,
    strawberry.argument(
        description="Send only changes after this position; by default, those from now on. To resume, pass "
        "the `seq` of the last event."
    ),
]
Which = Annotated[
    ChangeFilter | None,
    strawberry.argument(description="Only changes that match; all conditions are ANDed."),
]


@strawberry.type
class FeedQuery:
    """Query root fields of the change feed."""

    @strawberry.field(
        description="One page of changes after a position, in commit order. To read on, pass `endSeq` as "
        "`after`."
    )
    async def changes(
        self,
        info: Info,
        after: Annotated[
            Seq,
            strawberry.argument(
                description="Only changes after this position. 0 reads from the beginning; if that is no "
                "longer retained, the error is CURSOR_EXPIRED."
            ),
        ],
        first: Annotated[int, strawberry.argument(description="Page size, 1 to 100.")] = MAX_PAGE_SIZE,
        filter: Which = None,
    ) -> ChangePage | None:
        """Return one page of the feed."""
        if not 1 <= first <= MAX_PAGE_SIZE:
            raise InvalidInput(f"first must be 1 to {MAX_PAGE_SIZE}", path=["first"])
        conditions = change_conditions(filter)
        reader = await reader_for(info)
        snapshot = reader.snapshot
        oldest_seq = await snapshot.oldest_seq()
        check_cursor(after, head=snapshot.seq, oldest_seq=oldest_seq)
        page = await page_of_changes(snapshot, after, first, conditions)
        answer: ChangePage = await reader.given("ChangePage", page)
        return answer


@strawberry.type(
    description="Live updates over a WebSocket (graphql-transport-ws) or server-sent events. Begin with "
    "`changes`. To resume without a gap, pass the `seq` of the last event as `after`."
)
class Subscription:
    """Root type of subscriptions."""

    @strawberry.subscription(
        description="Progress updates: one event per change that moved numbers in the scope, or what you see "
        "of it, in commit order. Give exactly one of `objectiveId`, `objectiveExternalId`, `cycleId` and "
        "`cycleExternalId`."
    )
    async def progress_changed(
        self,
        info: Info,
        objective_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Scope: this objective and everything below it."),
        ] = None,
        objective_external_id: Annotated[
            str | None,
            strawberry.argument(
                description="Scope: the objective that has this external id now, and everything below it."
            ),
        ] = None,
        cycle_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Scope: the objectives of this cycle."),
        ] = None,
        cycle_external_id: Annotated[
            str | None,
            strawberry.argument(
                description="Scope: the objectives of the cycle that has this external id now."
            ),
        ] = None,
        after: AfterSeq = None,
    ) -> AsyncIterator[ProgressChange]:
        """Yield an event for each change that moved numbers in the scope."""
        source = await progress_source(
            info.context, objective_id, objective_external_id, cycle_id, cycle_external_id
        )
        async for row in events_after(info.context, source, after):
            event: ProgressChange = await load_shared(info, source.type_name, row)
            yield event

    @strawberry.subscription(description="Each change once, as it is committed, in commit order.")
    async def changes(
        self, info: Info, after: AfterSeq = None, filter: Which = None
    ) -> AsyncIterator[Change]:
        """Yield each change that matches the filter."""
        source = await changes_source(info.context, filter)
        async for row in events_after(info.context, source, after):
            event: Change = await load_shared(info, source.type_name, row)
            yield event

    @strawberry.subscription(
        description="Your notifications, as their changes are committed, in commit order: those whose "
        "delivery is IMMEDIATE, without what you cannot see. Read `viewer.notifications` first, and pass its "
        "`extensions.seq` as `after`. A service has none."
    )
    async def notification_received(self, info: Info, after: AfterSeq = None) -> AsyncIterator[Notification]:
        """Yield each notification of the viewer."""
        source = await notification_source(info.context)
        async for row in events_after(info.context, source, after):
            event: Notification = await load_shared(info, source.type_name, row)
            yield event

    @strawberry.subscription(
        description="Each change that may have moved what you owe, as far as you see it, in commit order; "
        "read `myWork` then. What moves with time alone is told where the clock records a change: when a "
        "check-in is due, late or missed."
    )
    async def my_work_changed(
        self,
        info: Info,
        person_id: PersonId = None,
        person_external_id: PersonExternalId = None,
        after: AfterSeq = None,
    ) -> AsyncIterator[MyWorkChange]:
        """Yield each change that may have moved what a person owes."""
        source = await my_work_source(info.context, person_id, person_external_id)
        async for row in events_after(info.context, source, after):
            event: MyWorkChange = await load_shared(info, source.type_name, row)
            yield event
