"""Mutations that record metric readings, one or up to 1,000, and retract them; inputs and payloads."""

from datetime import date, datetime

import strawberry

from okr_api.auth.actor import Scope
from okr_api.graphql.context import Info
from okr_api.graphql.errors import UserError
from okr_api.graphql.fields import column, documents, one, view_of
from okr_api.graphql.mutations.check_ins import answered_as_one, bulk_documents
from okr_api.graphql.mutations.inputs import (
    EntityRef,
    Retryable,
    given,
    once_of,
    optional_ref,
    perhaps,
    required_ref,
)
from okr_api.graphql.mutations.payloads import MutationPayload, answered, done
from okr_api.graphql.types.metric import MetricReading
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import InvalidInput, Refused
from okr_api.services.metric_reading_lookup import MetricReadingRequest
from okr_api.services.metric_readings import record_readings
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.saved_rows import as_read

WHAT = "A reading of a metric."


@strawberry.input
class MetricReadingFields:
    """Fields of a reading, shared by the single and the bulk input."""

    metric: EntityRef | None = perhaps("The metric. Required unless it corrects another reading.")
    value: float = given("Value, in the metric's unit.")
    note: str | None = perhaps("Free text, at most 4,000 characters.")
    effective_at: datetime | None = perhaps(
        "Instant that the reading is for, at most five minutes ahead; by default now, or for a "
        "correction that of the corrected reading."
    )
    effective_on: date | None = perhaps(
        "Day of the reading, taken as 12:00 in the organisation's time zone (now, if today's "
        "noon is still to come); instead of `effectiveAt`."
    )
    supersedes: EntityRef | None = perhaps(
        "Reading that this one corrects; it must be of the same metric and not corrected yet. The "
        "check-ins that come from it are corrected too."
    )
    external_id: str | None = perhaps(
        "Id of the reading in your own system, 1 to 200 characters; must be unique among readings of metrics."
    )


@strawberry.input(description=WHAT)
class MetricReadingItemInput(MetricReadingFields):
    pass


@strawberry.input(description=WHAT)
class MetricReadingRecordInput(MetricReadingFields, Retryable):
    pass


@strawberry.input(description="Input of `metricReadingRecordMany`.")
class MetricReadingRecordManyInput(Retryable):
    items: list[MetricReadingItemInput] = given("Readings, 1 to 1,000, applied in order.")
    atomic: bool = strawberry.field(
        default=True,
        description="true: one invalid item rejects all. false: valid items apply, the others get "
        "`results[i].errors`.",
    )


@strawberry.input(description="Input of `metricReadingRetract`.")
class MetricReadingRetractInput(Retryable):
    metric_reading: EntityRef = given("Reading to retract.")
    reason: str = given(
        "Why; kept as `retractionReason` and in the feed. Must not be empty, at most 10,000 characters."
    )


@strawberry.type(description="Result of recording or retracting one reading of a metric.")
class MetricReadingPayload(MutationPayload):
    metric_reading: MetricReading | None = one(
        "node_id", "The new reading (for a retraction, the one that retracts); null if rejected."
    )


@view_of()
@strawberry.type(description="Result of one item of `metricReadingRecordMany`.")
class MetricReadingResult:
    index: int = column("index", "Index of the item in `items`, from 0.")
    metric_reading: MetricReading | None = one(
        "metric_reading_id", "The recorded reading; null if nothing was recorded for the item."
    )
    errors: list[UserError] = documents(
        lambda errors: errors,
        "errors",
        description="Why the item was rejected; each `path` is relative to the item. Empty if it has no "
        "error of its own.",
    )


@strawberry.type(description="Result of recording many readings of metrics.")
class MetricReadingManyPayload(MutationPayload):
    results: list[MetricReadingResult] = documents(
        lambda results: [as_read(result) for result in results],
        "results",
        description="One result for each item, in the order of `items`.",
    )


def said(item: MetricReadingFields) -> MetricReadingRequest:
    """Return an item as a request; an invalid reference becomes its `problem`."""
    try:
        supersedes = optional_ref(item, "supersedes", NodeType.METRIC_READING)
        metric = optional_ref(item, "metric", NodeType.METRIC)
        if not (metric or supersedes):  # a correction is of the same metric
            raise InvalidInput("metric is needed", path=["metric"])
    except Refused as problem:
        return MetricReadingRequest(problem=problem)
    return MetricReadingRequest(
        metric=metric,
        value=item.value,
        note=item.note,
        effective_at=item.effective_at,
        effective_on=item.effective_on,
        supersedes=supersedes,
        external_id=item.external_id,
    )


def taken_back(input: MetricReadingRetractInput) -> MetricReadingRequest:
    """Return a retraction as a request; an invalid reference becomes its `problem`."""
    try:
        return MetricReadingRequest(
            supersedes=required_ref(input, "metric_reading", NodeType.METRIC_READING),
            retraction_reason=input.reason,
        )
    except Refused as problem:
        return MetricReadingRequest(problem=problem)


async def recorded(
    info: Info, items: list[MetricReadingRequest], input: Retryable, *, atomic: bool = True
) -> MutationResult:
    """Record the items as one change."""
    context = info.context
    actor = context.actor
    return await done(
        info,
        lambda: context.app_services.mutation_runner.perform(
            actor,
            Scope.CHECK_IN,
            once_of(info.field_name, input),
            lambda work: record_readings(work, actor, items=items, atomic=atomic),
        ),
    )


@strawberry.type
class MetricReadingsMutation:
    """Mutations of readings of metrics."""

    @strawberry.mutation(
        description="Record a reading of a metric. It becomes a check-in on every key result that is bound "
        "to the metric and open, in the same change. Needs CHECK_IN."
    )
    async def metric_reading_record(
        self, info: Info, input: MetricReadingRecordInput
    ) -> MetricReadingPayload | None:
        outcome = await recorded(info, [said(input)], input)
        payload: MetricReadingPayload = await answered_as_one(info, outcome)
        return payload

    @strawberry.mutation(
        description="Retract a reading of a metric with a reason, so that it no longer counts, and with it "
        "the check-ins that come from it; all stay in the history. Needs CHECK_IN."
    )
    async def metric_reading_retract(
        self, info: Info, input: MetricReadingRetractInput
    ) -> MetricReadingPayload | None:
        outcome = await recorded(info, [taken_back(input)], input)
        payload: MetricReadingPayload = await answered_as_one(info, outcome)
        return payload

    @strawberry.mutation(
        description="Record up to 1,000 readings of metrics as one change, with all key results that they "
        "move. They may count for key results 5,000 times at most. Needs CHECK_IN."
    )
    async def metric_reading_record_many(
        self, info: Info, input: MetricReadingRecordManyInput
    ) -> MetricReadingManyPayload | None:
        items = [said(item) for item in input.items]
        outcome = await recorded(info, items, input, atomic=input.atomic)
        more = bulk_documents(outcome, "metric_reading_id", atomic=input.atomic)
        payload: MetricReadingManyPayload = await answered(info, outcome, **more)
        return payload
