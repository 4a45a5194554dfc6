"""Query fields `objective(s)` and `keyResult(s)`, and for any entity by global id `node` and `nodes`."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import strawberry

from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Info
from okr_api.graphql.list_arguments import (
    KeyResultFilterArgument,
    KeyResultOrderArgument,
    ObjectiveFilterArgument,
    ObjectiveOrderArgument,
)
from okr_api.graphql.ordering import ordering
from okr_api.graphql.past_reads import AsOf, past_reader
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.types.key_result import KeyResult
from okr_api.graphql.types.node import (
    After,
    Before,
    Connection,
    First,
    Last,
    Node,
)
from okr_api.graphql.types.objective import Objective
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import TooMany
from okr_api.query_engine.global_ids import TYPE_NAMES, decode_id
from okr_api.query_engine.marked_ids import decode_marked_id, instants_of

MAX_NODES = 100
MAX_INSTANTS = 1  # of the past, in the ids of one field: each is rebuilt


@strawberry.type
class ObjectivesQuery:
    @strawberry.field(
        description="The objective with this `id` or `externalId`; give exactly one. Null if it does not "
        "exist or you cannot see it."
    )
    async def objective(
        self,
        info: Info,
        id: IdArgument = None,
        external_id: ExternalIdArgument = None,
        as_of: AsOf = None,
    ) -> Objective | None:
        objective: Objective | None = await by_id_or_external_id(
            info, NodeType.OBJECTIVE, id, external_id, as_of
        )
        return objective

    @strawberry.field(
        description="All objectives that you can see, in order of creation unless `orderBy` is given."
    )
    async def objectives(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ObjectiveFilterArgument = None,
        order_by: ObjectiveOrderArgument = None,
        as_of: AsOf = None,
    ) -> Connection[Objective] | None:
        page: Connection[Objective] = await page_of(
            info,
            "ObjectiveConnection",
            ordering(order_by),
            filter,
            as_of,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page

    @strawberry.field(
        description="The key result with this `id` or `externalId`; give exactly one. Null if it does not "
        "exist or you cannot see it."
    )
    async def key_result(
        self,
        info: Info,
        id: IdArgument = None,
        external_id: ExternalIdArgument = None,
        as_of: AsOf = None,
    ) -> KeyResult | None:
        found: KeyResult | None = await by_id_or_external_id(
            info, NodeType.KEY_RESULT, id, external_id, as_of
        )
        return found

    @strawberry.field(
        description="All key results that you can see, in order of creation unless `orderBy` is given."
    )
    async def key_results(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: KeyResultFilterArgument = None,
        order_by: KeyResultOrderArgument = None,
        as_of: AsOf = None,
    ) -> Connection[KeyResult] | None:
        page: Connection[KeyResult] = await page_of(
            info,
            "KeyResultConnection",
            ordering(order_by),
            filter,
            as_of,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page

    @strawberry.field(
        description="Any entity by its global id; null if it does not exist or you cannot see it. An id from "
        "a read `asOf` an instant gives the entity as of then."
    )
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global id of the entity.")],
    ) -> Node | None:
        node: Node | None = (await _nodes(info, [id], "id"))[0]
        return node

    @strawberry.field(
        description="Entities by their global ids, in the same order; null for each that does not exist or "
        "you cannot see."
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, at most 100.")],
    ) -> list[Node | None] | None:
        if len(ids) > MAX_NODES:
            raise TooMany(f"At most {MAX_NODES} ids at a time", path=["ids"])
        return await _nodes(info, ids, "ids")


async def _nodes(info: Info, ids: Sequence[str], argument: str) -> list[Any]:
    """Return entities by their ids, those of the past as of the instant in their ids.

    Raises:
        TooMany: the ids have different instants.
    """
    reader, instants = await reader_for(info), instants_of(ids)
    if len(instants) > MAX_INSTANTS:
        raise TooMany("Ids of one instant of the past at a time", path=[argument])
    found = await reader.named(_names(decode_id(id) for id in ids))
    for instant in instants:
        async with past_reader(reader, instant, argument) as past:
            then = await past.named(_names(decode_marked_id(id) for id in ids))
        found = [now if at is None else at for now, at in zip(found, then, strict=True)]
    return found


def _names(decoded: Iterable[Sequence[Any] | None]) -> list[tuple[str, Any] | None]:
    """Return the names of nodes: their types and ids."""
    return [(TYPE_NAMES[one[0]], one[1]) if one else None for one in decoded]
