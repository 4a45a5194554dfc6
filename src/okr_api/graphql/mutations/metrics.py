"""Mutations that create, update and delete metrics; inputs and payload; readings: `metric_readings.py`."""

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.fields import one
from okr_api.graphql.mutations.entity_inputs import created_values, edited_values
from okr_api.graphql.mutations.inputs import (
    EntityRef,
    Retryable,
    Versioned,
    given,
    perhaps,
    required_ref,
    unchanged,
)
from okr_api.graphql.mutations.payloads import MutationPayload, answer
from okr_api.graphql.types.metric import Metric
from okr_api.okr import metric as okr_metric
from okr_api.okr.entity import NodeType
from okr_api.okr.metric import BetterDirection
from okr_api.services import metrics
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input(description="Input of `metricCreate`.")
class MetricCreateInput(Retryable):
    name: str = given("Name, 1 to 500 characters.")
    unit: str | None = perhaps("Unit of all its values, such as `%` or `EUR`; 1 to 40 characters.")
    description: str | None = perhaps("Details, at most 10,000 characters.")
    better_direction: BetterDirection = strawberry.field(
        default=BetterDirection.UP, description="Direction in which it should go."
    )
    owner: EntityRef | None = perhaps("Person accountable.")
    team: EntityRef | None = perhaps("Team that it belongs to.")
    external_id: str | None = perhaps(
        "Id of the metric in your own system, 1 to 200 characters; must be unique among metrics."
    )


@strawberry.input(description="Input of `metricUpdate`. Omitted fields stay unchanged.")
class MetricUpdateInput(Versioned):
    metric: EntityRef = given("The metric.")
    name: str | None = unchanged("New name, 1 to 500 characters.")
    unit: str | None = unchanged(
        "New unit, 1 to 40 characters; null removes it. Readings keep their values. Rejected with "
        "METRIC_IS_BOUND while key results are bound to it."
    )
    description: str | None = unchanged("New description, at most 10,000 characters; null removes it.")
    better_direction: BetterDirection | None = unchanged("New direction in which it should go.")
    owner: EntityRef | None = unchanged("New person accountable; null for none.")
    team: EntityRef | None = unchanged("New team; null for none.")
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `metricDelete`.")
class MetricDeleteInput(Versioned):
    metric: EntityRef = given("The metric.")


@strawberry.type(description="Result of a mutation of a metric.")
class MetricPayload(MutationPayload):
    metric: Metric | None = one(
        "node_id", "The metric after the change; null if rejected, and once it is deleted."
    )


@strawberry.type
class MetricsMutation:
    """Mutations of metrics."""

    @strawberry.mutation(description="Create a metric: a number that outlives cycles. Needs WRITE.")
    async def metric_create(self, info: Info, input: MetricCreateInput) -> MetricPayload | None:
        payload: MetricPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: metrics.add_metric(work, actor, **created_values(input, okr_metric.Metric)),
        )
        return payload

    @strawberry.mutation(description="Change a metric's texts, unit, direction, owner or team. Needs WRITE.")
    async def metric_update(self, info: Info, input: MetricUpdateInput) -> MetricPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await metrics.edit_metric(
                work,
                actor,
                metric=required_ref(input, "metric", NodeType.METRIC),
                edits=edited_values(input, okr_metric.Metric),
                expected_version=input.expected_version,
            )

        payload: MetricPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Delete a metric. Its readings and check-ins stay, also in the feed and in exports. "
        "Rejected with METRIC_IS_BOUND while a key result of a cycle that is not closed is bound to it. "
        "Needs WRITE."
    )
    async def metric_delete(self, info: Info, input: MetricDeleteInput) -> MetricPayload | None:
        payload: MetricPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: metrics.delete_metric(
                work,
                actor,
                metric=required_ref(input, "metric", NodeType.METRIC),
                expected_version=input.expected_version,
            ),
        )
        return payload
