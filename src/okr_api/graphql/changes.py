"""The feed: asked for a stretch at a time, or followed live; resumed from any position without a gap."""

from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated, Any
from uuid import UUID

import strawberry

from okr_api.graphql.context import Context, Info, load_shared, reader_of
from okr_api.graphql.filters import ChangeFilter
from okr_api.graphql.scalars import Seq
from okr_api.graphql.types.feed import Change, ChangePage, ProgressChange
from okr_api.live.feed import check_cursor
from okr_api.okr.change import NodeType
from okr_api.okr.errors import InvalidInput, NotFound
from okr_api.reading.feed import is_there, page_of_changes, scoped, seen
from okr_api.reading.ids import decode_id, digits_of, id_of_type
from okr_api.reading.pages import LARGEST_PAGE

AfterSeq = Annotated[
    Seq | None, strawberry.argument(description="Those after this position; from now on by default.")
]
Which = Annotated[ChangeFilter | None, strawberry.argument(description="Which.")]


def matches(change: Any, given: ChangeFilter | None) -> bool:
    """Whether the filter lets the change through."""
    if given is None:
        return True
    if given.kinds is not None and change["kind"] not in given.kinds:
        return False
    if given.node_types is not None and change["node_type"] not in given.node_types:
        return False
    if given.node_id is None:
        return True
    decoded = decode_id(given.node_id)
    moved = {digits_of(change["node_id"]), *(digits_of(delta["node_id"]) for delta in change["deltas"])}
    return decoded is not None and decoded[1].hex in moved


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
        first: Annotated[int, strawberry.argument(description="At most so many, 1 to 100.")] = LARGEST_PAGE,
        filter: Which = None,
    ) -> ChangePage:
        """A stretch of the feed."""
        if not 1 <= first <= LARGEST_PAGE:
            raise InvalidInput(f"first must be 1 to {LARGEST_PAGE}", path=["first"])
        reader = await reader_of(info)
        snapshot = reader.snapshot
        await snapshot.begin()
        check_cursor(after, head=snapshot.seq, oldest_seq=snapshot.oldest_seq)
        page = await page_of_changes(snapshot, after, first, lambda change: matches(change, filter))
        answer: ChangePage = await reader.given("ChangePage", page)
        return answer


@strawberry.type(description="What can be followed live.")
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
        scope = await _scope(info.context, objective_id, cycle_id)
        spoken = monotonic()
        async for change in followed(info.context, after):
            if change is None:
                continue
            deltas = await deltas_in_scope(info.context, change, scope)
            if deltas or monotonic() - spoken > info.context.house.feed.quiet_s:
                spoken = monotonic()
                event: ProgressChange = await load_shared(
                    info, "ProgressChange", {**change, "deltas": deltas}
                )
                yield event

    @strawberry.subscription(description="Changes as they are committed, each once, in order.")
    async def changes(
        self, info: Info, after: AfterSeq = None, filter: Which = None
    ) -> AsyncIterator[Change]:
        """Every change that the filter lets through."""
        async for change in followed(info.context, after):
            if change is not None and matches(change, filter):
                event: Change = await load_shared(info, "Change", change)
                yield event


Scope = tuple[UUID | None, UUID | None]


async def deltas_in_scope(context: Context, change: Any, scope: Scope) -> Any:
    """What a change moved in a scope, found once for all who follow the scope."""

    async def find() -> Any:
        async with context.fresh_snapshot() as snapshot:
            return await scoped(snapshot, change["deltas"], *scope)

    key = (context.actor.organization_id, context.actor.sees_drafts, scope, change["seq"])
    return await context.house.shared.get(key, find)


async def _scope(context: Context, objective_id: str | None, cycle_id: str | None) -> Scope:
    """What to follow; refuses (`NotFound`) what is not there or not visible."""
    if (objective_id is None) == (cycle_id is None):
        raise InvalidInput("Give either objectiveId or cycleId", path=["objectiveId"])
    objective = id_of_type(objective_id, NodeType.OBJECTIVE) if objective_id else None
    cycle = id_of_type(cycle_id, NodeType.CYCLE) if cycle_id else None
    async with context.fresh_snapshot() as snapshot:
        if not await is_there(snapshot, objective, cycle):
            path = "objectiveId" if objective_id else "cycleId"
            raise NotFound("There is nothing with this id to follow", path=[path])
    return objective, cycle


async def followed(context: Context, after: int | None) -> AsyncIterator[Any]:
    """The visible changes after the position, one at a time; None when nothing came for a while.

    Whoever asks is looked up again before each delivery.
    """
    organization_id = context.actor.organization_id
    feed = context.house.feed
    position = await feed.begin(organization_id, after)
    async for changes in feed.follow(organization_id, position):
        await context.still_there()
        async with context.fresh_snapshot() as snapshot:
            shown = await seen(snapshot, changes)
        for change in shown:
            yield change
        if not changes:
            yield None
