"""Queries of experiments."""

import strawberry

from okr_api.graphql.context import Info
from okr_api.graphql.lesson_filters import ExperimentFilterArgument, ExperimentOrderArgument
from okr_api.graphql.ordering import ordering
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.types.experiment import Experiment
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.okr.entity import NodeType


@strawberry.type
class ExperimentsQuery:
    @strawberry.field(
        description="The experiment with this `id` or `externalId`; give exactly one. Null if it does not "
        "exist, was deleted, or is not visible."
    )
    async def experiment(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Experiment | None:
        found: Experiment | None = await by_id_or_external_id(info, NodeType.EXPERIMENT, id, external_id)
        return found

    @strawberry.field(
        description="All experiments that you can see, also those that are over, in order of creation unless "
        "`orderBy` is given."
    )
    async def experiments(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ExperimentFilterArgument = None,
        order_by: ExperimentOrderArgument = None,
    ) -> Connection[Experiment] | None:
        page: Connection[Experiment] = await page_of(
            info,
            "ExperimentConnection",
            ordering(order_by),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page
