"""Items of metric readings: input type, bulk loading of metrics, readings and bound key results."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from okr_api.okr.check_in import CheckIn
from okr_api.okr.errors import Refused
from okr_api.okr.metric import Metric, MetricReading
from okr_api.store.entity_lookup import ids_by_external_id, superseded_among
from okr_api.store.metric_lookup import (
    check_ins_of_readings,
    key_results_bound_to,
    metric_readings_by_id,
    superseded_readings,
)
from okr_api.store.unit_of_work import Work

from .check_in_lookup import load_measured
from .references import Ref, load_entities


@dataclass(frozen=True, slots=True)
class MetricReadingRequest:
    """Input of one reading, correction or retraction; the fields are as in `CheckInRequest`."""

    metric: Ref | None = None
    value: float | None = None
    note: str | None = None
    effective_at: datetime | None = None
    effective_on: date | None = None
    supersedes: Ref | None = None
    external_id: str | None = None
    retraction_reason: str | None = None
    problem: Refused | None = None


@dataclass
class MetricReadingLookup:
    """What the readings of one mutation refer to.

    `bound` are the key results of open cycles by metric. `check_ins` are those that come from the corrected
    readings, by reading and key result: None where a later check-in has superseded it.
    """

    metrics: dict[UUID, Metric]
    metric_ids: dict[str, UUID]
    readings: dict[UUID, MetricReading]
    reading_ids: dict[str, UUID]
    superseded: set[UUID]
    bound: dict[UUID, list[UUID]]
    check_ins: defaultdict[UUID, dict[UUID, CheckIn | None]]

    def metric(self, ref: Ref) -> Metric:
        """Return the metric that a reference names; raise `NotFound` if there is none."""
        id = ref.id or self.metric_ids.get(ref.external_id or "")
        metric = self.metrics.get(id) if id else None
        if metric is None or metric.removed:
            raise ref.not_found("metric")
        return metric

    def reading(self, ref: Ref) -> MetricReading:
        """Return the reading that a reference names; raise `NotFound` if there is none."""
        id = ref.id or self.reading_ids.get(ref.external_id or "")
        reading = self.readings.get(id) if id else None
        if reading is None or self.metrics[reading.metric_id].removed:
            raise ref.not_found("metric reading")
        return reading

    def add(self, made: MetricReading) -> None:
        """Add a reading, so that later ones of the mutation can correct it."""
        self.readings[made.id] = made
        if made.external_id is not None:
            self.reading_ids[made.external_id] = made.id
        if made.supersedes_id is not None:
            self.superseded.add(made.supersedes_id)


async def load_lookup(work: Work, items: Sequence[MetricReadingRequest]) -> MetricReadingLookup:
    """Load all that the items refer to, with the key results that they move, in a few statements."""
    connection, organization = work.connection, work.organization.id
    named = [item.metric for item in items if item.metric]
    metric_names = [ref.external_id for ref in named if ref.external_id]
    metric_ids = await ids_by_external_id(connection, organization, "metric", metric_names)
    corrected = [item.supersedes for item in items if item.supersedes]
    names = [ref.external_id for ref in corrected if ref.external_id]
    names += [item.external_id for item in items if item.external_id]
    reading_ids = await ids_by_external_id(connection, organization, "metric_reading", names)
    found = {ref.id or reading_ids.get(ref.external_id or "") for ref in corrected} - {None}
    ids = [id for id in found if id is not None]
    readings = await metric_readings_by_id(connection, organization, ids)
    wanted = {ref.id or metric_ids.get(ref.external_id or "") for ref in named}
    wanted |= {reading.metric_id for reading in readings.values()}
    metrics = [id for id in wanted if id is not None]
    await load_entities(work, Metric, [Ref(id) for id in metrics])
    lookup = MetricReadingLookup(
        metrics=work.plain.of(Metric),
        metric_ids=metric_ids,
        readings=readings,
        reading_ids=reading_ids,
        superseded=await superseded_readings(connection, organization, ids),
        bound=await key_results_bound_to(connection, organization, metrics),
        check_ins=defaultdict(dict),
    )
    await _load_key_results(work, lookup, list(readings))
    return lookup


async def _load_key_results(work: Work, lookup: MetricReadingLookup, corrected: Sequence[UUID]) -> None:
    """Load the key results that readings of the metrics move, and their check-ins to be corrected."""
    connection, organization = work.connection, work.organization.id
    check_ins = await check_ins_of_readings(connection, organization, corrected)
    later = await superseded_among(connection, organization, [made.id for made in check_ins])
    for made in check_ins:
        assert made.metric_reading_id is not None
        live = made.id not in later and made.retraction_reason is None
        lookup.check_ins[made.metric_reading_id][made.about_id] = made if live else None
    moved = {id for ids in lookup.bound.values() for id in ids}
    again = {made.about_id for made in check_ins}
    await load_measured(work, moved | again, again, whole=True)
