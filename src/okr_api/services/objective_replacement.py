"""Mutation that replaces an objective: drop it and create its successor, which names it, in one change."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from okr_api.auth.actor import Actor
from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import StateDoesNotFit
from okr_api.okr.key_result import KeyResult, KeyResultState
from okr_api.okr.notice import Notice
from okr_api.okr.objective import Objective, ObjectiveState
from okr_api.okr.policy import Action
from okr_api.store.database import new_id
from okr_api.store.unit_of_work import Work

from .alignments import put_alignment
from .change_recorder import record_change
from .edits import resolve_values
from .mutation_runner import MutationResult
from .notices import notices_of_alignments
from .objective_visibility import authorize_visibility, check_still_seen
from .objectives import needed_reason
from .permissions import authorize, authorize_team, editable_objective_at
from .references import Ref, check_version, key_result_at


async def replace_objective(
    work: Work,
    actor: Actor,
    *,
    objective: Ref,
    reason: str,
    values: Mapping[str, Any],
    placement: Mapping[str, Any],
    key_results: Sequence[Ref] | None = None,
    draft: bool | None = None,
    expected_version: int | None = None,
) -> MutationResult:
    """Drop an objective and create its successor in the same cycle; the result names the successor.

    `values` are those of the successor by their names in inputs; those that are not given are taken over.
    `placement` may have its only `parent` (None for none), with the `kind` and `weight` of the alignment; it
    has all parents of the objective otherwise. `key_results` go on under the successor with their readings
    and with what is aligned to them: None for all that are not dropped. A draft has a draft as its successor,
    and anything else one that is published, unless `draft` says otherwise.

    Raises:
        StateDoesNotFit: it is dropped, a key result belongs to another objective, or it is to be the parent.
        Refused: the errors of `resolve_values` and `put_alignment`.
    """
    known = await editable_objective_at(work, actor, objective)
    tree, reason = work.tree, needed_reason(reason)
    tree.cycle_of(known.id).takes_edits(objective.path)
    check_version(known.version, expected_version)
    if known.state is ObjectiveState.DROPPED:  # closed ones are in closed cycles
        raise StateDoesNotFit(f"{known.title!r} is DROPPED; it cannot be replaced", path=objective.path)
    going_on = await _going_on(work, known, key_results)
    successor = await _successor(work, actor, known, values, draft=draft)
    tree.objectives[successor.id] = successor
    tree.whole.add(successor.id)
    for each in going_on:
        tree.put_key_result(replace(each, objective_id=successor.id, version=each.version + 1))
    notices = await _align(work, known, successor, objective, placement)
    tree.objectives[known.id] = known.restated(ObjectiveState.DROPPED)
    for id in (known.id, successor.id):
        work.touch(objectives=[id, *tree.parents_of(id)], key_results=tree.key_result_ids_of(id))
    result = await record_change(
        work,
        actor,
        ChangeKind.OBJECTIVE_REPLACED,
        NodeType.OBJECTIVE,
        known.id,
        fields=("state",),
        reason=reason,
        notices=notices,
    )
    return replace(result, ids={"node": successor.id})


async def _going_on(work: Work, known: Objective, named: Sequence[Ref] | None) -> list[KeyResult]:
    """Return the key results of an objective that its successor takes over."""
    if named is None:
        return [
            each for each in work.tree.key_results_of(known.id) if each.state is not KeyResultState.DROPPED
        ]
    found: dict[Any, KeyResult] = {}
    for ref in named:
        key_result = await key_result_at(work, ref)
        if key_result.objective_id != known.id:
            message = f"{key_result.title!r} belongs to another objective than {known.title!r}"
            raise StateDoesNotFit(message, path=ref.path)
        found[key_result.id] = key_result
    return list(found.values())


async def _successor(
    work: Work, actor: Actor, known: Objective, values: Mapping[str, Any], *, draft: bool | None
) -> Objective:
    """Return the successor of an objective, which the actor may create, see and edit."""
    id = new_id()
    given = await resolve_values(work, Objective, id, {"external_id": None, **values}, known)
    is_draft = known.state is ObjectiveState.DRAFT if draft is None else draft
    own = {
        "id": id,
        "version": 1,
        "state": ObjectiveState.DRAFT if is_draft else ObjectiveState.PUBLISHED,
        "is_dropped_draft": False,
        "imported_score": None,
        "replaces_id": known.id,
        "viewer_ids": None,
    }
    successor = replace(known, **{**given, **own})
    if successor.team_id is not None and successor.team_id != known.team_id:
        await authorize_team(work, actor, successor.team_id, values["team"].path)
    await authorize_visibility(work, actor, known, successor)
    await check_still_seen(work, actor, successor)
    await authorize(work, actor, Action.EDIT, successor, ["owner"])
    return successor


async def _align(
    work: Work, known: Objective, successor: Objective, ref: Ref, placement: Mapping[str, Any]
) -> tuple[Notice, ...]:
    """Align the successor with the given parent, or with the parents of the objective; return notices."""
    tree = work.tree
    edges = [replace(edge, child_id=successor.id) for edge in tree.alignments_of(known.id)]
    if "parent" in placement:
        parent, kind, weight = placement["parent"], placement.get("kind"), placement.get("weight")
        notices = await put_alignment(work, successor, parent, kind, weight, edges)
        if any(tree.owner_of(edge.parent_id) == known.id for edge in tree.alignments_of(successor.id)):
            message = f"{known.title!r} is dropped by this; its successor cannot be aligned to it"
            raise StateDoesNotFit(message, path=parent.path)
        return notices
    for edge in edges:
        if edge.kind is AlignmentKind.CONTRIBUTES:
            tree.cycle_of(tree.owner_of(edge.parent_id)).takes_edits(ref.path)
        tree.put_alignment(edge)
    return notices_of_alignments(tree, (edge for edge in edges if work.shows(edge.parent_id)))
