"""Rebuild an organisation as of an instant in shadow tables: facts as recorded by then, numbers recomputed.

What scoring counts is loaded into a `Tree`, recomputed as `verify` does it, and saved with its numbers. A
closed cycle keeps what it was closed with: the cadences that applied then, and numbers of former rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from okr_api.okr.cadence import EffectiveCadence
from okr_api.okr.computed_values import KeyResultStanding, ObjectiveStanding
from okr_api.okr.objective import Objective
from okr_api.okr.people import Organization
from okr_api.okr.tree import Tree
from okr_api.scoring.formula import is_graded
from okr_api.scoring.frozen_rules import has_former_rules
from okr_api.scoring.propagation import propagating
from okr_api.store import past_rows
from okr_api.store.cadence_statements import TeamCadence
from okr_api.store.mappers.alignment import alignment_of
from okr_api.store.mappers.cycle import cycle_of, cycle_row
from okr_api.store.mappers.key_result import key_result_of, key_result_row, key_result_standing_of
from okr_api.store.mappers.objective import objective_of, objective_row, objective_standing_of
from okr_api.store.organizations import organization_by_id
from okr_api.store.past_positions import PastPosition, find_position
from okr_api.store.past_readings import load_past_readings
from okr_api.store.shadow_pool import ShadowConnection
from okr_api.store.time_slicing import TimeSlice, complete, mapped

from .effective_cadences import effective_for

Standings = dict[UUID, Any]


@dataclass
class PastCadences:
    """What cadences follow from, as of an instant: the organisation and its teams."""

    organization: Organization
    teams: Mapping[UUID, TeamCadence]

    def of(self, objective: Objective) -> EffectiveCadence | None:
        """Return the cadence that applied to an objective."""
        return effective_for(self.organization, objective, self.teams)


@dataclass
class KeptNumbers:
    """Standings that are not recomputed: of closed cycles with former rules, of formulas in closed cycles."""

    objectives: Standings = field(default_factory=dict)
    key_results: Standings = field(default_factory=dict)


async def rebuild_past(
    connection: ShadowConnection, organization_id: UUID, at: datetime, viewer_id: UUID | None
) -> PastPosition:
    """Fill the shadow tables with the organisation as of an instant; return the position of its feed then.

    Drafts of check-ins are those by and for the viewer alone, as what has become of others may be hidden.

    Raises:
        InvalidInput: the instant lies in the future, or before the organisation.
        TooMany: the organisation is too large.
    """
    position = await find_position(connection, organization_id, at)
    await past_rows.check_sizes(connection, organization_id)
    await past_rows.begin_past(connection, organization_id, position)
    if viewer_id is not None:
        await past_rows.hide_drafts_of_others(connection, organization_id, viewer_id)
    tree = await load_past_tree(connection, organization_id, at)
    await load_past_readings(connection, tree)
    kept = await load_kept_numbers(connection, tree)
    await recompute_past(tree, kept, at)
    await save_past_tree(connection, tree)
    await complete(tree.dismantling())
    return position


async def load_past_tree(connection: ShadowConnection, organization_id: UUID, at: datetime) -> Tree:
    """Return the whole tree as of an instant, without numbers."""
    organization = await organization_by_id(connection, organization_id)
    tree = Tree(organization)
    for row in await past_rows.latest_versions(connection, organization_id, "cycle"):
        tree.cycles.remember(row["id"], cycle_of(row))
    cadences = await _cadences_by_cycle(connection, tree, at)
    audiences = await past_rows.present_audiences(connection, organization_id)
    time_slice = TimeSlice()
    for row in await past_rows.latest_versions(connection, organization_id, "objective"):
        present = audiences[row["id"]]
        objective = replace(
            objective_of(row), viewer_ids=_tuple(present["viewer_ids"]), lineage_id=present["lineage_id"]
        )
        effective = cadences[objective.cycle_id].of(objective)
        tree.remember_objective(replace(objective, effective_cadence=effective), ObjectiveStanding())
        await time_slice.pause()
    for row in await past_rows.latest_versions(connection, organization_id, "key_result"):
        tree.remember_key_result(key_result_of(row), KeyResultStanding())
        await time_slice.pause()
    for row in await past_rows.latest_edges(connection, organization_id):
        tree.remember_alignment(alignment_of(row))
    tree.whole.update(tree.objectives)
    tree.countable.update(tree.objectives)
    tree.formulas.complete_for.update(tree.key_results)
    return tree


def _tuple(ids: Sequence[UUID] | None) -> tuple[UUID, ...] | None:
    return None if ids is None else tuple(ids)


async def _cadences_by_cycle(
    connection: ShadowConnection, tree: Tree, at: datetime
) -> dict[UUID, PastCadences]:
    """Return what the cadences in each cycle follow from: as of the instant, or of its closing."""
    known: dict[datetime, PastCadences] = {}
    found = {}
    for cycle in tree.cycles.values():
        instant = min(cycle.rules.at, at) if cycle.rules else at
        if instant not in known:
            known[instant] = PastCadences(
                *await past_rows.cadences_at(connection, tree.organization.id, instant)
            )
        found[cycle.id] = known[instant]
    return found


async def load_kept_numbers(connection: ShadowConnection, tree: Tree) -> KeptNumbers:
    """Load the numbers that closed cycles keep, unless the cycle was opened again since then."""
    closed = [cycle for cycle in tree.cycles.values() if cycle.rules is not None]
    kept = KeptNumbers()
    if not closed:
        return kept
    present = await past_rows.present_rules(connection, tree.organization.id)
    same = {cycle.id for cycle in closed if present.get(cycle.id) == cycle.rules}
    former = {cycle.id for cycle in closed if has_former_rules(cycle)} & same
    rows = await past_rows.present_numbers(connection, tree.organization.id, sorted(same))
    for row in rows.objectives:
        if row["cycle_id"] in former and row["id"] in tree.objectives:
            kept.objectives[row["id"]] = objective_standing_of(row)
    for row in rows.key_results:
        key_result = tree.key_results.get(row["id"])
        if key_result is None or key_result.objective_id not in tree.objectives:
            continue
        cycle_id = tree.objectives[key_result.objective_id].cycle_id
        if cycle_id in former or (cycle_id in same and is_graded(tree, key_result)):
            kept.key_results[row["id"]] = key_result_standing_of(row)
    return kept


async def recompute_past(tree: Tree, kept: KeptNumbers, at: datetime) -> None:
    """Compute the numbers of a tree in time slices, and set those that are kept."""
    for id, standing in kept.objectives.items():
        tree.objective_standings[id] = standing
    for id, standing in kept.key_results.items():
        tree.key_result_standings[id] = standing
    await complete(
        propagating(
            tree,
            key_results=[id for id in tree.key_results if id not in kept.key_results],
            objectives=[id for id in tree.objectives if id not in kept.objectives],
            at=at,
        )
    )


async def save_past_tree(connection: ShadowConnection, tree: Tree) -> None:
    """Save the cycles, objectives, key results and alignments of a tree, with their numbers."""
    organization = tree.organization
    cycles = [cycle_row(cycle, organization) for cycle in tree.cycles.values()]
    objectives = await mapped(
        lambda each: objective_row(each, tree.objective_standings[each.id]), list(tree.objectives.values())
    )
    key_results = await mapped(
        lambda each: key_result_row(each, tree.key_result_standings[each.id]),
        list(tree.key_results.values()),
    )
    edges = await past_rows.latest_edges(connection, organization.id)
    for name, rows in (
        ("cycle", cycles),
        ("objective", objectives),
        ("key_result", key_results),
        ("alignment", edges),
    ):
        await past_rows.save_past(connection, organization.id, name, rows)
