"""Load the readings of key results that a forecast may be made of: the latest, and those of each period.

Their number is bounded, however often a key result was read, and so are the index lookups for each.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from okr_api.okr.tree import Tree
from okr_api.scoring.forecast import MAX_FORECAST_READINGS, PERIODS_OF_CYCLE
from okr_api.store.mappers.check_in import reading_of
from okr_api.store.time_slicing import Batches, collect
from okr_api.store.tree_statements import COUNTS, LIVE, READING

from .snapshot_rows import SnapshotRows


def _latest(condition: str, most: int) -> str:
    return f"""
        (select {READING.format(of="key_result_id")} from check_in said
         where said.organization_id = $1 and said.key_result_id = asked.id and {LIVE.format("said")}
            and {COUNTS} and {condition}
         order by effective_at desc, seq desc, place desc limit {most})
    """


_OF_PERIOD = _latest(
    "effective_at >= asked.begins_at + of_cycle.number * asked.period"
    " and effective_at < asked.begins_at + (of_cycle.number + 1) * asked.period",
    1,
)
# `begins_at` and `period` are the first instant of a cycle, and the length of a period of it.
READINGS = f"""
    select distinct on (found.id) found.*
    from unnest($2::uuid[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::interval[])
        asked(id, definition, ends_at, begins_at, period)
    cross join lateral (
        {_latest("true", MAX_FORECAST_READINGS + 1)}
        union all
        {_latest("effective_at < asked.begins_at", 1)}
        union all
        select latest.* from generate_series(0, {PERIODS_OF_CYCLE - 1}) of_cycle(number)
        cross join lateral {_OF_PERIOD} latest
    ) found
"""


class Asked(NamedTuple):
    """Key result to read, for the periods of a cycle: its own one, or that of a formula over it."""

    id: UUID
    definition: int
    ends_at: datetime
    begins_at: datetime
    until: datetime


async def load_forecast_readings(rows: SnapshotRows, tree: Tree, asked: Sequence[Asked]) -> None:
    """Load readings of the key results that count before the end of their own cycle, and may be used.

    These are the last ones of each, one more than are used, the last one before `begins_at`, and the last one
    of each of the periods from then to `until`.
    """
    found = set[UUID | None]()
    for one in asked:
        tree.readings[one.id] = []
    async for batch in Batches(list(asked)):
        columns = [list(column) for column in zip(*map(_columns, batch), strict=True)]
        loaded = await rows.fetch(READINGS, tree.organization.id, *columns)

        def remember(loaded: Sequence[Any] = loaded) -> Iterator[None]:
            for row in loaded:
                reading = reading_of(row)
                if reading.check_in_id not in found:
                    found.add(reading.check_in_id)
                    tree.readings[row["key_result_id"]].append(reading)
                yield

        await collect(remember())


def _columns(one: Asked) -> tuple[object, ...]:
    period = (one.until - one.begins_at) / PERIODS_OF_CYCLE
    return one.id, one.definition, one.ends_at, one.begins_at, period
