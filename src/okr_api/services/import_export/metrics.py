"""Import checks of metrics: unit and removal of a bound one; whether and from when a key result is bound."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from okr_api.okr.cycle import CycleState
from okr_api.okr.errors import MetricIsBound
from okr_api.okr.key_result import KeyResult
from okr_api.okr.metric import Metric

from .import_row import ImportRow
from .import_session import ImportSession


def metric_check(
    session: ImportSession, entries: Sequence[ImportRow[Metric]]
) -> Callable[[ImportRow[Metric], Metric], Metric]:
    """Return a function that rejects another unit, or the removal, of a metric with bound key results."""
    del entries
    tree = session.work.tree
    bound = {each.metric_id for each in tree.key_results.values()}
    in_use = {
        each.metric_id
        for each in tree.key_results.values()
        if tree.cycle_of(each.objective_id).state is not CycleState.CLOSED
    }

    def check(entry: ImportRow[Metric], metric: Metric) -> Metric:
        known = entry.known
        if known and metric.unit != known.unit and metric.id in bound:
            raise MetricIsBound(
                f"Key results are bound to {known.name!r}, whose unit they have", path=["unit"]
            )
        if known and metric.removed and metric.id in in_use:
            raise MetricIsBound(f"Key results of cycles that are not closed are bound to {known.name!r}")
        return metric

    return check


def bound_in_file(session: ImportSession, known: KeyResult | None, made: KeyResult) -> KeyResult:
    """Return a key result of a file with the day from which it is bound: that of the row, or today.

    Raises:
        MetricDoesNotFit: the measure takes no number.
        UnitDiffers: the metric has another unit.
    """
    if made.metric_id is None:
        return replace(made, metric_from=None)
    metric = session.work.plain.of(Metric)[made.metric_id]
    before = (known.metric_id, known.measure) if known else None
    if not metric.removed and (made.metric_id, made.measure) != before:
        metric.measures(made.measure, "metric_id")
    if made.metric_from is not None and not session.file.full and known and known.metric_id != made.metric_id:
        made = replace(made, metric_from=None)
    return replace(
        made, metric_from=made.metric_from or session.now.astimezone(session.work.tree.zone).date()
    )
