"""Mutations of dependencies, by those who may edit the needing objective; the giving side sets the state."""

from collections.abc import Mapping, Set
from dataclasses import replace
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.dependency import Dependency
from okr_api.okr.errors import DependencyLoops, NotFound, TeamNeedsItself
from okr_api.okr.key_result import KeyResult
from okr_api.okr.objective import Objective
from okr_api.okr.policy import Action
from okr_api.okr.relations import RecordPeople
from okr_api.store.database import new_id
from okr_api.store.dependency_lookup import objective_needs
from okr_api.store.unit_of_work import Work

from .edits import new_values, resolve_values
from .measured_references import holder_of, measured_at, takes_work
from .mutation_runner import MutationResult
from .permissions import Path, authorize
from .plain_entities import create, edit, remove
from .record_permissions import authorize_record
from .references import Ref, check_version, entity_at

OF_GIVING_SIDE = frozenset({"state", "owner_id"})  # fields that it may edit
LOOP = "A loop: what is to give this already needs the objective, directly or through others"


async def add_dependency(
    work: Work, actor: Actor, *, needing: Ref, giving: Ref | None = None, **values: Any
) -> MutationResult:
    """Add a dependency of an objective or a key result; `values` are by the field's name in inputs.

    Raises:
        StateDoesNotFit: the needing objective is dropped.
        TeamNeedsItself: the giving team is that of the needing objective.
        DependencyLoops: the giving objective needs the needing one, or is it.
        PersonIsRemoved: the owner has left.
        InvalidInput: the description is empty or too long, or the day is out of reach.
    """
    objective, ids = await measured_at(work, needing)
    await authorize(work, actor, Action.EDIT, objective, needing.path)
    takes_work(work, objective, needing)
    team: Ref = values["giving_team"]
    values = await new_values(work, Dependency, new_id(), values)
    _check_team(objective, values["giving_team_id"], team)
    given = await _giving(work, objective, giving)
    dependency = Dependency(**values, **{f"needing_{name}": id for name, id in ids.items()}, **given)
    return await create(work, actor, ChangeKind.DEPENDENCY_CREATED, dependency.checked())


async def edit_dependency(
    work: Work,
    actor: Actor,
    *,
    dependency: Ref,
    edits: Mapping[str, Any],
    expected_version: int | None = None,
) -> MutationResult:
    """Edit a dependency; `edits` is keyed by the field's name in inputs, `giving` is a reference or None.

    Raises:
        TeamNeedsItself: the new giving team is that of the needing objective.
        DependencyLoops: the new giving objective needs the needing one, or is it.
        PersonIsRemoved: the new owner has left.
        InvalidInput: the description is empty or too long, or the day is out of reach.
    """
    known, objective = await _known(work, dependency)
    values = {name: value for name, value in edits.items() if name != "giving"}
    values = await resolve_values(work, Dependency, known.id, values, known)
    if "giving" in edits and (edits["giving"] is not None or await _sees_giving(work, known)):
        values |= await _giving(work, objective, edits["giving"], without=known.id)
    edited = replace(known, **values)
    changed = {name for name in values if getattr(edited, name) != getattr(known, name)}
    await _authorize(work, actor, known, objective, changed, dependency.path)
    work.tree.cycle_of(objective.id).takes_edits(dependency.path)
    check_version(known.version, expected_version)
    if "giving_team_id" in changed:
        _check_team(objective, values["giving_team_id"], edits["giving_team"])
    edited.checked()
    return await edit(work, actor, ChangeKind.DEPENDENCY_UPDATED, known, values)


async def delete_dependency(
    work: Work, actor: Actor, *, dependency: Ref, expected_version: int | None = None
) -> MutationResult:
    """Delete a dependency softly."""
    known, objective = await _known(work, dependency)
    await authorize(work, actor, Action.EDIT, objective, dependency.path)
    work.tree.cycle_of(objective.id).takes_edits(dependency.path)
    return await remove(work, actor, ChangeKind.DEPENDENCY_DELETED, known, expected_version)


async def refuse_loop_of_move(work: Work, moved: KeyResult, path: Path) -> None:
    """Raise `DependencyLoops` if the objective needs itself once it has the key result."""
    to = moved.objective_id
    if await objective_needs(work.connection, work.organization.id, to, to, moved=(moved.id, to)):
        raise DependencyLoops("A loop: with the key result, the objective would need itself", path=path)


async def _known(work: Work, ref: Ref) -> tuple[Dependency, Objective]:
    """Return a dependency with its needing objective; raise `NotFound` if the actor does not see that."""
    known = await entity_at(work, Dependency, ref)
    unseen = ref.not_found("dependency")
    return known, await holder_of(work, known.needing_objective_id, known.needing_key_result_id, unseen)


async def _authorize(
    work: Work, actor: Actor, known: Dependency, objective: Objective, edited: Set[str], path: Path
) -> None:
    """Raise `Forbidden` unless the actor may edit the objective; the giving side may edit its fields."""
    people = RecordPeople(owner_id=known.owner_id, giving_team_id=known.giving_team_id)
    if edited <= OF_GIVING_SIDE:
        await authorize_record(work, actor, people, objective, path, "dependency")
    else:
        await authorize(work, actor, Action.EDIT, objective, path, "To edit more of it than state and owner")


def _check_team(objective: Objective, team_id: UUID, ref: Ref) -> None:
    if team_id == objective.team_id:
        raise TeamNeedsItself(
            "The giving team is that of the objective, which needs nothing of itself; name another team",
            path=ref.path,
        )


async def _sees_giving(work: Work, known: Dependency) -> bool:
    """Return whether the actor sees what gives; what they do not see stays, as it reads as null for them."""
    if known.giving_objective_id is None and known.giving_key_result_id is None:
        return True
    try:
        await holder_of(work, known.giving_objective_id, known.giving_key_result_id, NotFound("It is hidden"))
    except NotFound:
        return False
    return True


async def _giving(
    work: Work, needing: Objective, ref: Ref | None, *, without: UUID | None = None
) -> dict[str, Any]:
    """Return the ids of the giving objective and key result, of which one or both are None.

    Raises:
        DependencyLoops: the giving objective needs the needing one, or is it.
    """
    if ref is None:
        return {"giving_objective_id": None, "giving_key_result_id": None}
    objective, ids = await measured_at(work, ref)
    start, target = objective.id, needing.id
    if start == target or await objective_needs(
        work.connection, work.organization.id, start, target, without=without
    ):
        raise DependencyLoops(LOOP, path=ref.path)
    return {f"giving_{name}": id for name, id in ids.items()}
