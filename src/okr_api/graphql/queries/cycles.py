"""Query fields `cycle`, `cycles` as a page, and `currentCycle`, the innermost one that contains a day."""

from datetime import date
from typing import Annotated

import strawberry

from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Info
from okr_api.graphql.list_arguments import CycleFilterArgument, CycleOrderArgument
from okr_api.graphql.ordering import ordering
from okr_api.graphql.past_reads import AsOf
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.types.cycle import Cycle
from okr_api.graphql.types.node import (
    After,
    Before,
    Connection,
    First,
    Last,
)
from okr_api.okr.entity import NodeType
from okr_api.query_engine.sql_builder import ROW, SelectStatement

# The shortest; of equally long ones an ACTIVE one, then REVIEW, DRAFT and CLOSED, then the one created last.
CURRENT_FIRST = (
    f"{ROW}.ends_on - {ROW}.starts_on",
    f"array_position(array['ACTIVE', 'REVIEW', 'DRAFT', 'CLOSED'], {ROW}.state)",
    f"{ROW}.id desc",
)


@strawberry.type
class CyclesQuery:
    @strawberry.field(
        description="The cycle with this `id` or `externalId`; give exactly one. Null if it does not exist."
    )
    async def cycle(
        self,
        info: Info,
        id: IdArgument = None,
        external_id: ExternalIdArgument = None,
        as_of: AsOf = None,
    ) -> Cycle | None:
        cycle: Cycle | None = await by_id_or_external_id(info, NodeType.CYCLE, id, external_id, as_of)
        return cycle

    @strawberry.field(
        description="Innermost cycle that contains a day, whatever its state: the one with the fewest days. "
        "Of several that are equally long an ACTIVE one comes first, then REVIEW, DRAFT and CLOSED, then the "
        "one created last. Null if no cycle contains the day."
    )
    async def current_cycle(
        self,
        info: Info,
        on: Annotated[
            date | None,
            strawberry.argument(description="The day; today in the organisation's time zone if omitted."),
        ] = None,
    ) -> Cycle | None:
        cycle: Cycle | None = await (await reader_for(info)).first(
            "Cycle", lambda statement: narrow_to_current(statement, on)
        )
        return cycle

    @strawberry.field(description="All cycles, in order of creation unless `orderBy` is given.")
    async def cycles(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: CycleFilterArgument = None,
        order_by: CycleOrderArgument = None,
    ) -> Connection[Cycle] | None:
        page: Connection[Cycle] = await page_of(
            info,
            "CycleConnection",
            ordering(order_by),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page


def narrow_to_current(statement: SelectStatement, on: date | None) -> None:
    """Select the cycle that contains the day; without one, the cycle that contains this instant."""
    if on is None:
        statement.where(f"{ROW}.starts_at <= {statement.now} and {statement.now} < {ROW}.ends_at")
    else:
        day = f"{statement.parameter(on)}::date"
        statement.where(f"{day} between {ROW}.starts_on and {ROW}.ends_on")
    statement.order += CURRENT_FIRST
    statement.limit = 1
