"""Load forecasts of key results: read what the trends of all of them are made of, in a few statements."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from okr_api.okr.key_result import KeyResult
from okr_api.okr.tree import Tree
from okr_api.scoring.forecast import (
    Forecast,
    ForecastMethod,
    forecast_of,
    reason_without_readings,
)
from okr_api.scoring.formula import Series, computing_series
from okr_api.scoring.trend import INTERVAL_LEVEL, Projection
from okr_api.store.formula_loader import load_formula_parts
from okr_api.store.time_slicing import complete, mapped_one_by_one
from okr_api.store.tree_loader import load_cycles, load_key_results, load_objectives

from .forecast_readings import Asked, load_forecast_readings
from .snapshot import Snapshot
from .snapshot_rows import SnapshotRows, new_tree

Document = Mapping[str, Any]


async def load_forecasts(snapshot: Snapshot, keys: Sequence[Any]) -> Mapping[Any, Document]:
    """Return the forecasts of key results, by id."""
    named = {key: UUID(key) for key in keys}
    tree = await _load(snapshot, list(named.values()))
    series: dict[UUID, Series] = {}

    async def document(id: UUID) -> Document:
        return _document(await _forecast(tree, snapshot, tree.key_results[id], series))

    loaded = {key: id for key, id in named.items() if id in tree.key_results}
    return dict(zip(loaded, await mapped_one_by_one(document, loaded.values()), strict=True))


async def _load(snapshot: Snapshot, ids: Sequence[UUID]) -> Tree:
    """Return a tree with the key results, what their formulas are computed from, and what is read of it."""
    await snapshot.begin()
    rows = SnapshotRows(snapshot)
    tree = await new_tree(rows)
    await load_cycles(rows, tree)
    await load_key_results(rows, tree, ids)
    await load_objectives(rows, tree, {one.objective_id for one in tree.key_results.values()})
    read = [id for id in ids if id in tree.key_results and _reason(tree, snapshot, id) is None]
    await load_formula_parts(rows, tree, tree.formulas.parts_of(tree.formulas.among(read)))
    await load_forecast_readings(rows, tree, list({one: None for id in read for one in _asked(tree, id)}))
    return tree


def _reason(tree: Tree, snapshot: Snapshot, id: UUID) -> object:
    key_result = tree.key_results[id]
    objective = tree.objectives[key_result.objective_id]
    cycle = tree.cycle_of(objective.id)
    return reason_without_readings(key_result, objective, cycle, tree.zone, snapshot.now)


def _asked(tree: Tree, id: UUID) -> list[Asked]:
    """Return what is to be read for a key result: its own readings, or those that its formula rests on."""
    cycle = tree.cycle_of(tree.key_results[id].objective_id)
    begins_at, until = cycle.starts_at(tree.zone), cycle.ends_at(tree.zone)
    parts = [tree.key_results[part] for part in sorted(tree.formulas.beneath([id]) | {id})]
    return [
        Asked(
            part.id,
            part.definition,
            tree.cycle_of(part.objective_id).ends_at(tree.zone),
            begins_at,
            until,
        )
        for part in parts
        if not part.has_formula
    ]


async def _forecast(
    tree: Tree, snapshot: Snapshot, key_result: KeyResult, series: dict[UUID, Series]
) -> Forecast:
    if _reason(tree, snapshot, key_result.id) is None:
        await complete(computing_series(tree, key_result.id, series))
    objective = tree.objectives[key_result.objective_id]
    return forecast_of(
        key_result,
        objective,
        tree.cycle_of(objective.id),
        tree.zone,
        series.get(key_result.id, ()),
        start=tree.key_result_standings[key_result.id].start_value,
        now=snapshot.now,
    )


def _document(forecast: Forecast) -> Document:
    """Return a forecast as the mapping that its GraphQL type reads."""
    value, progress = forecast.value, forecast.progress
    return {
        "due_at": forecast.due_at,
        "reading_count": forecast.reading_count,
        "reason": forecast.reason,
        "method": None if value is None else ForecastMethod.LINEAR_TREND,
        "value": value and value.expected,
        "interval": _interval(value),
        "progress": progress and progress.expected,
        "progress_interval": _interval(progress),
        "current_rate": forecast.current_rate,
        "required_rate": forecast.required_rate,
        "reaches_target_on": forecast.reaches_target_on,
    }


def _interval(projection: Projection | None) -> Document | None:
    if projection is None:
        return None
    return {"low": projection.low, "high": projection.high, "level": INTERVAL_LEVEL}
