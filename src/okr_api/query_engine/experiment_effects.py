"""Load the measured effects of experiments: the readings of both times that each compares, at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from okr_api.okr.calendar import time_zone
from okr_api.okr.experiment import Experiment
from okr_api.okr.measure import KeyResultMeasure
from okr_api.scoring.experiment_effect import (
    EffectComparison,
    EffectReason,
    EffectTimes,
    ExperimentEffect,
    effect_of,
    effect_times,
    reason_without_readings,
)
from okr_api.store.entity_tables import PLAIN_TABLES
from okr_api.store.time_slicing import Batches, TimeSlice, collect
from okr_api.store.tree_statements import LIVE

from .global_ids import row_with_ids
from .snapshot import Snapshot

MAX_READINGS_COMPARED = 200  # of each time, the latest

EXPERIMENTS = """
    select made.*, asked.measure, asked.definition, asked.formula_function is not null as has_formula,
        coalesce(cycle.rules ->> 'time_zone', organization.time_zone) as time_zone,
        (cycle.rules ->> 'at')::timestamptz as frozen_at
    from unnest($2::uuid[]) wanted(id)
    join experiment made on made.organization_id = $1 and made.id = wanted.id
    join key_result asked on asked.organization_id = $1 and asked.id = made.key_result_id
    join objective holder on holder.organization_id = $1 and holder.id = asked.objective_id
    join cycle on cycle.organization_id = $1 and cycle.id = holder.cycle_id
    join organization on organization.id = $1
"""


def _values(since: str, until: str) -> str:
    """Return the values read in a time, oldest first."""
    return f"""
        array(select value from (
            select said.value, said.effective_at, said.seq, said.place from check_in said
            where said.organization_id = $1 and said.key_result_id = asked.key_result_id
                and said.value is not null and said.definition = asked.definition
                and said.effective_at >= {since} and said.effective_at < {until} and {LIVE.format("said")}
            order by said.effective_at desc, said.seq desc, said.place desc limit {MAX_READINGS_COMPARED}
        ) latest order by effective_at, seq, place)
    """


READINGS = f"""
    select asked.place, {_values("asked.before_at", "asked.begin_at")} as before,
        {_values("asked.begin_at", "asked.end_at")} as during
    from unnest($2::int[], $3::uuid[], $4::int[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[])
        asked(place, key_result_id, definition, before_at, begin_at, end_at)
"""
Document = Mapping[str, Any]


async def load_effects(snapshot: Snapshot, ids: Sequence[Any]) -> Mapping[Any, Document]:
    """Return what was measured of each experiment, by id, as `ExperimentEffect` reads it."""
    await snapshot.begin()
    rows = await snapshot.fetch(EXPERIMENTS, list(set(ids)))
    found: dict[Any, Document] = {}
    compared: list[tuple[Any, Experiment, EffectTimes, Any]] = []
    time_slice = TimeSlice()
    for row in rows:
        await time_slice.pause()
        experiment: Experiment = PLAIN_TABLES[Experiment].object_of(row_with_ids(row))
        zone = time_zone(row["time_zone"])
        now = min(snapshot.now, row["frozen_at"] or snapshot.now)
        times = effect_times(experiment, now.astimezone(zone).date(), zone)
        reason = reason_without_readings(
            experiment, KeyResultMeasure(row["measure"]), has_formula=row["has_formula"]
        )
        found[row["id"]] = _document(ExperimentEffect(reason), times)
        if reason is None and times is not None:
            compared.append((row["id"], experiment, times, (row["key_result_id"], row["definition"])))
    async for batch in Batches(compared):
        columns = await collect(_asked(batch))
        for read in await snapshot.fetch(READINGS, *map(list, zip(*columns, strict=True))):
            await time_slice.pause()
            id, experiment, times, _ = batch[read["place"]]
            found[id] = _document(effect_of(experiment, read["before"], read["during"]), times)
    return found


def _asked(batch: Sequence[tuple[Any, Experiment, EffectTimes, Any]]) -> Iterator[tuple[Any, ...]]:
    for place, (_, _, times, of) in enumerate(batch):
        yield place, *of, times.before, times.begin, times.end


def _document(effect: ExperimentEffect, times: EffectTimes | None) -> Document:
    has_effect = effect.difference is not None
    return {
        **asdict(effect),
        "reason": None if effect.reason is None else EffectReason(effect.reason),
        "comparison": EffectComparison.MEAN_DURING_MINUS_MEAN_BEFORE if has_effect else None,
        "compared_from": times and times.before,
        "compared_until": times and times.end,
    }
