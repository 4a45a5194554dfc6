"""Effective cadences: keep the one that applies to each objective, which is stored with it; check overrides.

Every mutation goes through `refresh_cadences` before it recomputes numbers, as what it edits may move the
cadence of objectives: of the organisation, of a team or the team above it, or of the objective itself.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from okr_api.okr.cadence import Cadence, EffectiveCadence, effective_cadence, overridden
from okr_api.okr.cycle import Cycle
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import CadenceIsLocked
from okr_api.okr.objective import Objective
from okr_api.okr.people import Organization, Team
from okr_api.okr.tree import Tree
from okr_api.scoring.frozen_rules import is_frozen
from okr_api.store.bulk_write import Postgres
from okr_api.store.cadence_statements import TeamCadence, cadences_of_teams, objectives_below
from okr_api.store.relation_statements import MAX_TEAM_LEVELS
from okr_api.store.time_slicing import Batches
from okr_api.store.tree_loader import load_tree
from okr_api.store.unit_of_work import Work

Teams = Mapping[UUID, TeamCadence]


async def refresh_cadences(work: Work) -> None:
    """Give the objectives of a work the cadences that follow from its edits, and mark what moves.

    Objectives of teams whose cadence or place has moved are loaded. New objectives and those that were
    edited are looked at, and all of them where the organisation's cadence has moved.
    """
    teams = [] if work.tree.moves_all_cadences else _moved_teams(work)
    if teams:
        below = await objectives_below(work.connection, work.organization.id, teams)
        await load_tree(work.connection, work.tree, objectives=below)
    else:
        below = []
    objectives = work.tree.objectives
    if work.tree.moves_all_cadences:
        named: Iterable[UUID] = list(objectives)
    else:
        named = {*below, *(each.id for each in objectives.changed() if _may_move(work.tree, each))}
        named |= {each.id for each in objectives.values() if each.cycle_id in _reopened(work.tree)}
    async for batch in Batches(named):
        asked = [objectives[id] for id in batch]
        known = await load_teams(work, {each.team_id for each in asked if each.team_id})
        for each in asked:
            _place(work, each, known)


def _moved_teams(work: Work) -> list[UUID]:
    """Return the teams whose cadence or place among the teams has moved."""
    teams = work.plain.get(Team)
    if not teams:
        return []
    found = []
    for team in teams.changed():
        known = teams.before(team.id)
        if known is not None and (known.parent_id, known.cadence) != (team.parent_id, team.cadence):
            found.append(team.id)
    return found


def _reopened(tree: Tree) -> set[UUID]:
    """Return the cycles that are not closed any more, whose objectives kept their cadences meanwhile."""
    changed = tree.cycles.changed()
    return {each.id for each in changed if each.rules is None and _was_closed(tree, each)}


def _was_closed(tree: Tree, cycle: Cycle) -> bool:
    known = tree.cycles.before(cycle.id)
    return known is not None and known.rules is not None


def _may_move(tree: Tree, edited: Objective) -> bool:
    known = tree.objectives.before(edited.id)
    return known is None or (known.team_id, known.cadence) != (edited.team_id, edited.cadence)


async def load_teams(work: Work, ids: Iterable[UUID]) -> Teams:
    """Return the cadences of teams and of those above, by id, as they are after the edits of a work."""
    edited: Mapping[UUID, Team] = work.plain.get(Team) or {}
    found = {id: TeamCadence(team.parent_id, team.cadence) for id, team in edited.items()}
    named = {*ids, *(team.parent_id for team in found.values() if team.parent_id)}
    stored = await cadences_of_teams(work.connection, work.organization.id, named - found.keys())
    return stored | found


def cadence_above(organization: Organization, team_id: UUID | None, teams: Teams) -> EffectiveCadence | None:
    """Return the cadence that a team hands down, or the organisation where there is no team."""
    chain: list[tuple[NodeType, UUID, Cadence | None]] = []
    while team_id is not None and team_id in teams and len(chain) <= MAX_TEAM_LEVELS:
        chain.append((NodeType.TEAM, team_id, teams[team_id].cadence))
        team_id = teams[team_id].parent_id
    chain.append((NodeType.ORGANIZATION, organization.id, organization.cadence))
    return effective_cadence(reversed(chain))


def effective_for(organization: Organization, objective: Objective, teams: Teams) -> EffectiveCadence | None:
    """Return the cadence that applies to an objective."""
    above = cadence_above(organization, objective.team_id, teams)
    return overridden(above, objective.cadence, NodeType.OBJECTIVE, objective.id)


def _place(work: Work, objective: Objective, teams: Teams) -> None:
    """Give an objective its cadence, unless it is of a closed cycle; its key results are recomputed."""
    if is_frozen(work.tree, objective.id):
        return
    effective = effective_for(work.organization, objective, teams)
    if effective == objective.effective_cadence:
        return
    work.tree.move_cadence(objective.id, effective)
    work.touch(objectives=[objective.id], key_results=work.tree.key_result_ids_of(objective.id))


async def check_override(work: Work, cadence: Cadence | None, team_id: UUID | None) -> None:
    """Check that something under a team, or under the organisation, may have a cadence of its own.

    Raises:
        CadenceIsLocked: one above is locked.
    """
    if cadence is not None:
        teams = await load_teams(work, [team_id] if team_id else [])
        refuse_below(cadence_above(work.organization, team_id, teams), cadence)


def refuse_below(above: EffectiveCadence | None, own: Cadence | None, known: Cadence | None = None) -> None:
    """Raise `CadenceIsLocked` if what is above is locked and there is an own cadence, other than known."""
    if own not in (None, known) and above is not None and above.cadence.locked:
        where = str(above.source_type).replace("_", " ").lower()
        message = f"The cadence of the {where} above is locked: nothing below has its own"
        raise CadenceIsLocked(message, path=["cadence"])


async def cadence_differences(
    connection: Postgres, tree: Tree, ids: Iterable[UUID]
) -> list[tuple[Objective, EffectiveCadence | None]]:
    """Return the objectives of a tree whose stored cadence is not the right one, with that.

    Those of closed cycles keep the one that applied when they were closed.
    """
    found: list[tuple[Objective, EffectiveCadence | None]] = []
    async for batch in Batches(ids):
        objectives = [tree.objectives[id] for id in batch if not is_frozen(tree, id)]
        named = {each.team_id for each in objectives if each.team_id}
        teams = await cadences_of_teams(connection, tree.organization.id, named)
        for each in objectives:
            effective = effective_for(tree.organization, each, teams)
            if effective != each.effective_cadence:
                found.append((each, effective))
    return found
