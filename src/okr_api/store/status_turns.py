"""Clock events of statuses: the transitions of stored timelines, with the delta of each node."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

from okr_api.okr.change import Delta
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.clock_event import ClockEvent, ClockWindow, DueEvents
from okr_api.okr.computed_values import Status
from okr_api.okr.entity import NodeType
from okr_api.okr.objective import ProgressSource

from .bulk_write import Postgres, Row
from .time_slicing import TimeSlice
from .tree_edges import PARENT_OBJECTIVE

# Up to the change that stored a timeline last, what it says is not what was shown then: no transition of it
# before that instant has happened. A transition at it is part of that change.
_SINCE = "greatest($2::timestamptz, node.announced_at)"
_TURNS = """
    select '{node_type}' as node_type, node.id, turned.at,
        node.statuses[turned.place] as status_before, node.statuses[turned.place + 1] as status_after,
        node.progress, node.confidence, node.coverage, {value} as value, {source} as source,
        {holder} as holder_id
    from {table} node cross join lateral unnest(node.status_turns) with ordinality turned(at, place)
    where node.organization_id = $1 {among}
        and width_bucket($4::timestamptz, node.status_turns) > width_bucket({since}, node.status_turns)
        and turned.at > {since} and turned.at <= $4 and (turned.at > $3 or turned.at = $3 and node.id > $5)
        and node.statuses[turned.place + 1] is not null
"""
_NEXT = """
    select min(node.status_turns[1 + width_bucket({since}, node.status_turns)]) as at
    from {table} node where node.organization_id = $1 {among}
"""
_TABLES = (
    {
        "node_type": "KEY_RESULT",
        "table": "key_result",
        "value": "node.current_value",
        "source": "null",
        "holder": "node.objective_id",
    },
    {
        "node_type": "OBJECTIVE",
        "table": "objective",
        "value": "null",
        "source": "node.progress_from",
        "holder": "null::uuid",
    },
)


def _over(template: str, among: str) -> str:
    """Return a statement over key results and objectives."""
    return " union all ".join(template.format(since=_SINCE, among=among, **table) for table in _TABLES)


EVENTS = f"select * from ({_over(_TURNS, '')}) turned order by at, id limit $6"
EVENTS_OF_NODES = (
    f"select * from ({_over(_TURNS, 'and node.id = any($7::uuid[])')}) turned order by at, id limit $6"
)
NEXT = f"select min(at) from ({_over(_NEXT, '')}) ahead"
EDGES = f"""
    with recursive above(id) as (
        select unnest($2::uuid[])
        union
        select {PARENT_OBJECTIVE.format(edge="edge")}
        from above join alignment edge on edge.organization_id = $1 and edge.child_id = above.id
    )
    select edge.child_id, {PARENT_OBJECTIVE.format(edge="edge")} as parent_id
    from above join alignment edge on edge.organization_id = $1 and edge.child_id = above.id
"""


async def status_events(connection: Postgres, organization_id: UUID, window: ClockWindow) -> DueEvents:
    """Return the next transitions of statuses within a window, as far as nothing has overtaken them."""
    after = window.after
    asked = (organization_id, after.told_before, after.until, window.until, after.node_id, window.limit)
    if window.node_ids is not None:
        rows = await connection.fetch(EVENTS_OF_NODES, *asked, window.node_ids)
        return DueEvents(tuple(_event(row, {}) for row in rows), window.until)
    next_at = await connection.fetchval(NEXT, organization_id, after.told_before)
    if next_at is None or next_at > window.until:
        return DueEvents((), next_at)
    rows = await connection.fetch(EVENTS, *asked)
    ranks = await _ranks(connection, organization_id, rows)
    return DueEvents(tuple(_event(row, ranks) for row in rows), window.until)


async def _ranks(connection: Postgres, organization_id: UUID, rows: Sequence[Row]) -> Mapping[UUID, int]:
    """Return the ranks of objectives that turn at one instant: from 1, children before their parents."""
    turns = [(row["at"], row["id"]) for row in rows if row["node_type"] == NodeType.OBJECTIVE]
    crowd = Counter(at for at, _ in turns)
    objectives = [id for at, id in turns if crowd[at] > 1]
    if not objectives:
        return {}
    children: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for edge in await connection.fetch(EDGES, organization_id, objectives):
        children[edge["parent_id"]].append(edge["child_id"])
    order = TopologicalSorter(children)
    order.prepare()
    ranks: dict[UUID, int] = {}
    wave, time_slice = 1, TimeSlice()
    while ready := order.get_ready():
        ranks.update(dict.fromkeys(ready, wave))
        order.done(*ready)
        wave += 1
        await time_slice.pause()
    return ranks


def _event(row: Any, ranks: Mapping[UUID, int]) -> ClockEvent:
    is_objective = row["node_type"] == NodeType.OBJECTIVE
    source = ProgressSource(row["source"]) if is_objective else None
    delta = Delta(
        NodeType(row["node_type"]),
        row["id"],
        before=row["progress"],
        after=row["progress"],
        status_before=Status(row["status_before"]),
        status_after=Status(row["status_after"]),
        source_before=source,
        source_after=source,
        confidence_before=row["confidence"],
        confidence_after=row["confidence"],
        coverage_before=row["coverage"],
        coverage_after=row["coverage"],
        value_before=row["value"],
        value_after=row["value"],
    )
    rank = ranks.get(row["id"], 1) if is_objective else 0
    related = () if is_objective else (row["holder_id"],)
    return ClockEvent(row["at"], row["id"], ChangeKind.STATUS_TURNED, delta.node_type, delta, rank, related)
