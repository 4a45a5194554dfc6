"""Mutations of metrics (add, edit, delete), and `bound`, which validates the metric of a key result."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.errors import MetricIsBound, TooMany
from okr_api.okr.key_result import KeyResult
from okr_api.okr.metric import MAX_KEY_RESULTS_OF_A_METRIC, Metric
from okr_api.store.database import new_id
from okr_api.store.metric_lookup import count_bound
from okr_api.store.unit_of_work import Work

from .edits import new_values, resolve_values
from .mutation_runner import MutationResult
from .permissions import authorize_structure
from .plain_entities import create, edit, remove
from .references import Ref, check_version, entity_at, load_entities


async def add_metric(work: Work, actor: Actor, **values: Any) -> MutationResult:
    """Add a metric; `values` are by the field's name in inputs."""
    authorize_structure(work, actor)
    return await create(
        work,
        actor,
        ChangeKind.METRIC_CREATED,
        Metric(**await new_values(work, Metric, new_id(), values)),
    )


async def edit_metric(
    work: Work, actor: Actor, *, metric: Ref, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit a metric.

    Raises:
        MetricIsBound: the unit is to change, and key results are bound to it, also in closed cycles.
    """
    known = await entity_at(work, Metric, metric)
    authorize_structure(work, actor)
    check_version(known.version, expected_version)
    edits = await resolve_values(work, Metric, known.id, edits, known)
    if edits.get("unit", known.unit) != known.unit and await count_bound(
        work.connection, work.organization.id, known.id, closed=True
    ):
        raise MetricIsBound(f"Key results are bound to {known.name!r}, whose unit they have", path=["unit"])
    return await edit(work, actor, ChangeKind.METRIC_UPDATED, known, edits)


async def delete_metric(
    work: Work, actor: Actor, *, metric: Ref, expected_version: int | None = None
) -> MutationResult:
    """Delete a metric softly; its readings stay.

    Raises:
        MetricIsBound: a key result of a cycle that is not closed is bound to it.
    """
    known = await entity_at(work, Metric, metric)
    authorize_structure(work, actor)
    if await count_bound(work.connection, work.organization.id, known.id):
        raise MetricIsBound(
            f"Key results of cycles that are not closed are bound to {known.name!r}; unbind them first",
            path=metric.path,
        )
    return await remove(work, actor, ChangeKind.METRIC_DELETED, known, expected_version)


async def bound(work: Work, known: KeyResult | None, edited: KeyResult) -> KeyResult:
    """Return a new or edited key result with the day from which readings of its metric are its own.

    Raises:
        MetricDoesNotFit: the measure takes no number.
        UnitDiffers: the metric has another unit; the path is that of what was edited.
        TooMany: `MAX_KEY_RESULTS_OF_A_METRIC` key results are bound to the metric already.
    """
    before = known.metric_id if known else None
    if edited.metric_id is None:
        return replace(edited, metric_from=None)
    metric = await _metric(work, edited.metric_id)
    is_new = edited.metric_id != before
    if not metric.removed and (known is None or is_new or known.measure != edited.measure):
        blamed = "unit" if known and known.measure.unit != edited.measure.unit else "measure"
        metric.measures(edited.measure, "metric" if is_new else blamed)
    if not is_new:
        return edited
    if await count_bound(work.connection, work.organization.id, metric.id) >= MAX_KEY_RESULTS_OF_A_METRIC:
        raise TooMany(
            f"At most {MAX_KEY_RESULTS_OF_A_METRIC} key results are bound to a metric at a time",
            path=["metric"],
        )
    return replace(edited, metric_from=work.clock.astimezone(work.tree.zone).date())


async def _metric(work: Work, id: UUID) -> Metric:
    """Return a metric, also a deleted one that a key result of a closed cycle was bound to."""
    await load_entities(work, Metric, [Ref(id)])
    return work.plain.of(Metric)[id]
