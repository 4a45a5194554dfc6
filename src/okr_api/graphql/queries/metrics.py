"""Query fields `metric` and `metricReading` by id or external id, and `metrics`, a page with a filter."""

import strawberry

from okr_api.graphql.context import Info
from okr_api.graphql.list_arguments import MetricFilterArgument, MetricOrderArgument
from okr_api.graphql.ordering import ordering
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.types.metric import Metric, MetricReading
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.okr.entity import NodeType


@strawberry.type
class MetricsQuery:
    @strawberry.field(
        description="The metric with this `id` or `externalId`; give exactly one. Null if it does not exist, "
        "also because it was deleted."
    )
    async def metric(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Metric | None:
        metric: Metric | None = await by_id_or_external_id(info, NodeType.METRIC, id, external_id)
        return metric

    @strawberry.field(
        description="The reading of a metric with this `id` or `externalId`; give exactly one. Null if it "
        "does not exist."
    )
    async def metric_reading(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> MetricReading | None:
        reading: MetricReading | None = await by_id_or_external_id(
            info, NodeType.METRIC_READING, id, external_id
        )
        return reading

    @strawberry.field(description="All metrics, in order of creation unless `orderBy` is given.")
    async def metrics(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: MetricFilterArgument = None,
        order_by: MetricOrderArgument = None,
    ) -> Connection[Metric] | None:
        page: Connection[Metric] = await page_of(
            info,
            "MetricConnection",
            ordering(order_by),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page
