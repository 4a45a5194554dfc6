"""Histories of numbers: load objectives and key results with all beneath them, and replay their check-ins.

The number of statements does not depend on how many nodes are asked for, nor on how many points.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from okr_api.okr.calendar import day_within_reach
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import InvalidInput, TooMany
from okr_api.okr.history import HistoryMetric, HistoryStep, instants_between
from okr_api.okr.tree import Tree
from okr_api.scoring.history import Numbers, replaying
from okr_api.scoring.pace import expected_progress
from okr_api.store.formula_loader import load_formula_parts
from okr_api.store.mappers.check_in import reading_of
from okr_api.store.time_slicing import Batches, complete, mapped
from okr_api.store.tree_edges import edges_beneath
from okr_api.store.tree_loader import load_cycles, load_key_results, load_objectives, load_parts
from okr_api.store.tree_statements import LIVE, READING

from .snapshot import Snapshot
from .snapshot_rows import SnapshotRows, new_tree

MAX_HISTORY_NODES = 200  # of one field
MAX_HISTORY_OBJECTIVES = 1_000  # these and all beneath them
MAX_HISTORY_NUMBERS = 60_000  # objectives times instants: what may have to be computed
MAX_HISTORY_READINGS = 20_000  # check-ins of all key results beneath

Document = Mapping[str, Any]
Instants = Mapping[UUID, Sequence[datetime]]

BENEATH = f"""
    with recursive beneath(id) as (
        select unnest($2::uuid[])
        union
        select edge.child_id
        from beneath cross join lateral ({edges_beneath("= beneath.id")} offset 0) edge
    )
    select id from beneath limit {MAX_HISTORY_OBJECTIVES + 1}
"""
CHECK_INS = f"""
    select found.* from unnest($2::uuid[]) asked(id) cross join lateral (
        select {READING.format(of="key_result_id")} from check_in said
        where organization_id = $1 and key_result_id = asked.id and {LIVE.format("said")} offset 0
    ) found
    limit {MAX_HISTORY_READINGS + 1}
"""


class Asked(NamedTuple):
    """Arguments of a history, without the metric."""

    since: datetime | None
    until: datetime | None
    step: HistoryStep


def history_loader(node_type: NodeType) -> Callable[..., Awaitable[Mapping[Any, list[Document]]]]:
    """Return the loader of the field `history` of objectives or of key results: the points by id."""
    return partial(_load_histories, node_type)


async def _load_histories(
    node_type: NodeType,
    snapshot: Snapshot,
    keys: Sequence[Any],
    metric: HistoryMetric,
    since: datetime | None = None,
    until: datetime | None = None,
    step: HistoryStep = HistoryStep.DAY,
) -> Mapping[Any, list[Document]]:
    """Return the points of each node.

    Raises:
        InvalidInput: it ends before it begins, or is out of reach.
        TooMany: there are too many nodes, points, or check-ins to be looked at.
    """
    asked = _checked(Asked(since, until, step))
    named = {key: UUID(key) for key in keys}
    if len(named) > MAX_HISTORY_NODES:
        raise TooMany(f"A history is computed of at most {MAX_HISTORY_NODES} nodes at a time")
    if metric is HistoryMetric.EXPECTED_PROGRESS:
        return await _expected(node_type, snapshot, named, asked)
    instants, numbers = await _shared_numbers(node_type, snapshot, named, asked)

    def points(key: Any) -> list[Document]:
        id = named[key]
        values = [getattr(one, metric.lower()) for one in numbers[id]]
        return [_point(at, value) for at, value in zip(instants[id], values, strict=True)]

    there = [key for key, id in named.items() if id in instants]
    return dict(zip(there, await mapped(points, there), strict=True))


def _checked(asked: Asked) -> Asked:
    """Return arguments that are within reach and in order.

    Raises:
        InvalidInput: they are not.
    """
    for name, at in (("from", asked.since), ("to", asked.until)):
        if at is not None:
            day_within_reach(at.date(), name)
    if asked.since is not None and asked.until is not None and asked.until < asked.since:
        raise InvalidInput("to lies before from", path=["to"])
    return asked


def _point(at: datetime, value: float | None) -> Document:
    return {"at": at, "value": value}


async def _expected(
    node_type: NodeType, snapshot: Snapshot, named: Mapping[Any, UUID], asked: Asked
) -> Mapping[Any, list[Document]]:
    """Return the expected progress of each node, by the curve that it has now; also of instants to come."""
    tree = await _load_alone(node_type, snapshot, list(named.values()))
    instants = _instants(tree, named.values(), asked, snapshot.now)
    standings: Mapping[UUID, Any] = (
        tree.key_result_standings if node_type is NodeType.KEY_RESULT else tree.objective_standings
    )

    def points(key: Any) -> list[Document]:
        id = named[key]
        curve = standings[id].expected
        return [_point(at, expected_progress(curve, at)) for at in instants[id]]

    there = [key for key, id in named.items() if id in instants]
    snapshot.count(sum(len(instants[named[key]]) for key in there))
    return dict(zip(there, await mapped(points, there), strict=True))


async def _load_alone(node_type: NodeType, snapshot: Snapshot, ids: Sequence[UUID]) -> Tree:
    """Return a tree with the nodes, of key results also the objectives."""
    await snapshot.begin()
    rows = SnapshotRows(snapshot)
    tree = await new_tree(rows)
    await load_cycles(rows, tree)
    if node_type is NodeType.KEY_RESULT:
        await load_key_results(rows, tree, ids)
        ids = [one.objective_id for one in tree.key_results.values()]
    await load_objectives(rows, tree, set(ids))
    return tree


def _instants(
    tree: Tree, ids: Any, asked: Asked, now: datetime, latest: datetime | None = None
) -> dict[UUID, list[datetime]]:
    """Return the instants of each node that is loaded: from the start of its cycle to its end, or to now."""
    found: dict[UUID, list[datetime]] = {}
    for id in ids:
        key_result = tree.key_results.get(id)
        objective_id = key_result.objective_id if key_result else id
        if objective_id not in tree.objectives:
            continue
        cycle = tree.cycle_of(objective_id)
        begin = asked.since or cycle.starts_at(tree.zone)
        end = asked.until or min(cycle.ends_at(tree.zone), now)
        end = end if latest is None else min(end, latest)
        found[id] = instants_between(begin, end, asked.step, cycle.zone(tree.zone))
    return found


async def _shared_numbers(
    node_type: NodeType, snapshot: Snapshot, named: Mapping[Any, UUID], asked: Asked
) -> tuple[Instants, Mapping[UUID, Sequence[Numbers]]]:
    """Return the instants and numbers of nodes; fields of the same nodes and instants share them."""
    ids = frozenset(named.values())
    async with snapshot.sharing:
        key = ("history", node_type, ids, asked)
        if key not in snapshot.shared:
            tree = await _load_alone(node_type, snapshot, list(ids))
            instants = _instants(tree, ids, asked, snapshot.now, latest=snapshot.now)
            objectives = await _load_beneath(node_type, snapshot, tree, instants)
            numbers = await complete(replaying(tree, objectives, instants, snapshot.now))
            snapshot.count(sum(map(len, instants.values())))
            snapshot.shared[key] = instants, numbers
        shared: tuple[Instants, Mapping[UUID, Sequence[Numbers]]] = snapshot.shared[key]
        return shared


async def _load_beneath(
    node_type: NodeType, snapshot: Snapshot, tree: Tree, instants: Instants
) -> frozenset[UUID]:
    """Load all that the numbers of nodes are computed from; return the objectives among it that are computed.

    Raises:
        TooMany: it is too much.
    """
    rows, objectives = SnapshotRows(snapshot), list[UUID]()
    if node_type is NodeType.OBJECTIVE:
        found = await rows.fetch(BENEATH, tree.organization.id, list(instants))
        objectives = [row["id"] for row in found]
        if len(objectives) > MAX_HISTORY_OBJECTIVES:
            raise TooMany(
                f"A history is computed of at most {MAX_HISTORY_OBJECTIVES} objectives, with all beneath them"
            )
        async for batch in Batches(objectives):
            await load_parts(rows, tree, batch)
    count = len({at for each in instants.values() for at in each})
    if max(1, len(objectives)) * count > MAX_HISTORY_NUMBERS:
        raise TooMany(
            f"A history is computed of at most {MAX_HISTORY_NUMBERS} numbers: of the {len(objectives)} "
            f"objectives beneath, at {count} instants. Ask for fewer nodes, a shorter time, or for weeks",
        )
    named = list(tree.key_results)
    await load_formula_parts(rows, tree, tree.formulas.parts_of(named))
    await _load_check_ins(rows, tree)
    return frozenset(objectives)


async def _load_check_ins(rows: SnapshotRows, tree: Tree) -> None:
    """Load all check-ins of the key results in a tree that stand now.

    Raises:
        TooMany: there are too many.
    """
    count = 0
    async for batch in Batches(list(tree.key_results)):
        for id in batch:
            tree.readings[id] = []
        loaded = await rows.fetch(CHECK_INS, tree.organization.id, batch)
        count += len(loaded)
        if count > MAX_HISTORY_READINGS:
            raise TooMany(
                f"A history is computed of at most {MAX_HISTORY_READINGS} check-ins; ask for fewer nodes"
            )
        for row, reading in zip(loaded, await mapped(reading_of, loaded), strict=True):
            tree.readings[row["key_result_id"]].append(reading)
