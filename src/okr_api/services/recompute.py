"""Recompute stored numbers after a mutation, and verify that they and audiences follow from the facts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from okr_api.okr.change import Delta
from okr_api.okr.people import Organization
from okr_api.okr.tree import Tree
from okr_api.scoring.formula import is_graded
from okr_api.scoring.frozen_rules import has_former_rules, is_frozen
from okr_api.scoring.propagation import propagating, recomputing
from okr_api.store.bulk_write import Postgres
from okr_api.store.change_nodes import ListingDifference, listing_differences
from okr_api.store.database import Database
from okr_api.store.entity_lookup import ids_in_cycles
from okr_api.store.formula_loader import load_formula_parts
from okr_api.store.organizations import organization_by_id
from okr_api.store.time_slicing import Batches, complete
from okr_api.store.tree_loader import (
    days_of_cycles,
    load_all_readings,
    load_cycles,
    load_everything,
    load_parts,
    load_reports,
    load_tree,
)
from okr_api.store.unit_of_work import Work

from .effective_cadences import refresh_cadences
from .moved_nodes import load_moved
from .number_differences import (
    Difference,
    audience_differences,
    differences_of,
    differences_of_cadences,
    differences_of_cycles,
    differences_of_numbers,
)


def begin_as(work: Work, organization: Organization) -> None:
    """Replace the organisation, and the tree, which is bound to one; keep the cycles that are there."""
    tree = Tree(organization)
    tree.announced_until = work.tree.announced_until
    for cycle in work.tree.cycles.values():
        tree.cycles.remember(cycle.id, cycle)
    work.organization, work.tree = organization, tree


async def touch_everything(work: Work) -> None:
    """Load the whole organisation and mark all of it for recomputation, and cycles whose days have moved."""
    await load_everything(work.connection, work.tree)
    await load_readings_of_all(work.connection, work.tree)
    save_moved_days(work.tree, await days_of_cycles(work.connection, work.organization.id))
    work.touch(objectives=list(work.tree.objectives), key_results=list(work.tree.key_results))


def save_moved_days(tree: Tree, days: Mapping[UUID, tuple[datetime, datetime]]) -> None:
    """Mark the cycles to be saved whose first instant and end are not the stored ones."""
    for cycle in list(tree.cycles.values()):
        if days[cycle.id] != (cycle.starts_at(tree.zone), cycle.ends_at(tree.zone)):
            tree.cycles[cycle.id] = replace(cycle)


async def touch_cycle(work: Work, cycle_id: UUID) -> list[UUID]:
    """Load all objectives of a cycle, mark them for recomputation, and return their ids."""
    ids = await ids_in_cycles(work.connection, work.organization.id, [cycle_id])
    await load_tree(work.connection, work.tree, objectives=ids)
    work.touch(objectives=ids)
    async for batch in Batches(ids):
        work.touch(key_results=[key for id in batch for key in work.tree.key_result_ids_of(id)])
    return ids


async def recompute_touched(work: Work, *, by_check_in: bool) -> tuple[Delta, ...]:
    """Recompute what the work has touched and all above it, in time slices; return the deltas.

    What is in a cycle that was closed before keeps its numbers, and there are no check-ins there. For
    check-ins, `load_measured` has loaded what they move.
    """
    if not by_check_in:
        await refresh_cadences(work)
        _leave_frozen(work)
        await load_moved(work, work.touched_key_results)
        await _load_lapsing_reports(work)
    return await complete(
        propagating(
            work.tree,
            key_results=work.touched_key_results,
            objectives=work.touched_objectives,
            at=work.now,
            by_check_in=by_check_in,
        )
    )


def _leave_frozen(work: Work) -> None:
    """Take what keeps its numbers out of what the work has touched."""
    tree, named = work.tree, work.touched_objectives
    if any(cycle.rules for cycle in tree.cycles.values()):
        named -= {id for id in named if is_frozen(tree, id)}
        measured = work.touched_key_results
        measured -= {id for id in measured if is_frozen(tree, tree.owner_of(id))}


async def _load_lapsing_reports(work: Work) -> None:
    """Load the check-ins on touched objectives that report a status: until when it holds may have moved."""
    standings = work.tree.objective_standings
    async for batch in Batches(work.touched_objectives):
        reported = [id for id in batch if id in standings and standings[id].reported_status is not None]
        await load_reports(work.connection, work.tree, reported)


async def verify(database: Database, organization: Organization) -> list[Difference | ListingDifference]:
    """Recompute every number of an organisation, and the list of its changes by node, in one snapshot.

    Return one item for each field that differs and each node that is listed wrongly; empty if there is none.
    """
    async with database.snapshot(organization.id) as connection:
        tree = Tree(await organization_by_id(connection, organization.id))
        await load_cycles(connection, tree)
        await load_everything(connection, tree)
        await load_readings_of_all(connection, tree)
        stored = await days_of_cycles(connection, organization.id)
        now = await connection.fetchval("select clock_timestamp()")
        listing = await listing_differences(connection, organization.id)
        audiences = await audience_differences(connection, tree, tree.objectives)
        audiences += await differences_of_cadences(connection, tree, tree.objectives)
    await recompute_everything(tree, now)
    return [*differences_of(tree, stored), *audiences, *listing]


async def verify_objectives(
    database: Database, organization_id: UUID, ids: Sequence[UUID]
) -> list[Difference]:
    """Recompute some objectives and their key results from the facts and the stored numbers beneath.

    For background jobs: the work grows with the objectives, not with the organisation.
    """
    async with database.snapshot(organization_id, for_job=True) as connection:
        tree = Tree(await organization_by_id(connection, organization_id))
        await load_cycles(connection, tree)
        await load_parts(connection, tree, ids)
        here = [id for id in ids if id in tree.objectives]
        ids = [id for id in here if not has_former_rules(tree.cycle_of(id))]
        named = [key_result for id in ids for key_result in tree.key_result_ids_of(id)]
        await load_formula_parts(connection, tree, tree.formulas.parts_of(named))
        beneath = tree.formulas.beneath(named).difference(named)
        await load_all_readings(connection, tree, [*named, *beneath])
        await load_reports(connection, tree, ids)
        audiences = await audience_differences(connection, tree, here)
        audiences += await differences_of_cadences(connection, tree, here)
    await complete(recomputing(tree, ids))
    return [*differences_of_numbers(tree), *audiences]


async def verify_cycles(database: Database, organization_id: UUID) -> list[Difference]:
    """Compare the stored instants of an organisation's cycles with its time zone, for background jobs."""
    async with database.snapshot(organization_id, for_job=True) as connection:
        tree = Tree(await organization_by_id(connection, organization_id))
        await load_cycles(connection, tree)
        return differences_of_cycles(tree, await days_of_cycles(connection, organization_id))


async def recompute_everything(tree: Tree, at: datetime) -> tuple[Delta, ...]:
    """Recompute every key result and objective of a tree, in time slices; return the deltas.

    Formulas of closed cycles keep the numbers that they were graded with, and so does everything in cycles
    that were closed under other rules than the present ones.
    """
    objectives = [id for id in tree.objectives if not has_former_rules(tree.cycle_of(id))]
    recomputed = set(objectives)
    key_results = [
        one.id
        for one in tree.key_results.values()
        if one.objective_id in recomputed and not (one.has_formula and is_graded(tree, one))
    ]
    return await complete(propagating(tree, key_results=key_results, objectives=objectives, at=at))


async def load_readings_of_all(connection: Postgres, tree: Tree) -> None:
    """Load all readings of the key results of the tree, and what was reported of its objectives."""
    await load_all_readings(connection, tree, list(tree.key_results))
    await load_reports(connection, tree, tree.objectives)
