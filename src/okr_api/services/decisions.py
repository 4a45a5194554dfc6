"""Mutations of decisions: about an objective, a key result or neither, in a meeting or outside of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.decision import Decision
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import ExternalIdIsTaken
from okr_api.okr.meeting import Meeting
from okr_api.okr.objective import Objective
from okr_api.okr.people import Person
from okr_api.okr.relations import RecordPeople
from okr_api.store.database import new_id
from okr_api.store.entity_lookup import ids_by_external_id
from okr_api.store.tree_loader import load_tree
from okr_api.store.unit_of_work import Work

from .edits import new_values, resolve_values
from .measured_references import holder_of, measured_at
from .mutation_runner import MutationResult
from .permissions import authorize_meetings
from .plain_entities import create, edit, remove
from .record_permissions import authorize_check_in, authorize_record
from .references import Ref, check_version, entity_at, load_entities


@dataclass(frozen=True, slots=True)
class NewDecision:
    """Decision to add; `values` are by the field's name in inputs, `about` names what it is about."""

    about: Ref | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


async def add_decision(
    work: Work, actor: Actor, *, about: Ref | None = None, meeting: Ref | None = None, **values: Any
) -> MutationResult:
    """Add a decision, of a meeting or not.

    Who may record the meeting may; without one, who may check in on what it is about; if it is about nothing,
    every member, whose it is unless it is given to somebody.

    Raises:
        PersonIsRemoved: the owner has left.
        InvalidInput: the text is empty or too long, or the due day is out of reach.
    """
    held = await entity_at(work, Meeting, meeting) if meeting else None
    person = actor.author.person_id
    if held is None and about is None and values.get("owner") is None and person is not None:
        values["owner"] = Ref(person, path=("owner",))
    decision, objective = await new_decision(work, NewDecision(about, values), held.id if held else None)
    if held is not None and meeting is not None:
        await authorize_meetings(work, actor, held.team_id, meeting.path)
    elif objective is not None and about is not None:
        part = work.tree.key_results[decision.key_result_id] if decision.key_result_id else None
        await authorize_check_in(work, actor, objective, part, about.path)
    return await create(work, actor, ChangeKind.DECISION_CREATED, decision)


async def new_decision(
    work: Work, new: NewDecision, meeting_id: UUID | None
) -> tuple[Decision, Objective | None]:
    """Return a new decision, which is not saved, with the objective that it is about, itself or in part.

    Raises:
        ExternalIdIsTaken: another decision has the external id, perhaps one of the same meeting.
        PersonIsRemoved: the owner has left.
        InvalidInput: the text is empty or too long, or the due day is out of reach.
    """
    objective, ids = await measured_at(work, new.about) if new.about else (None, {})
    values = await new_values(work, Decision, new_id(), new.values)
    external_id = values["external_id"]
    beside = (each.external_id for each in work.plain.of(Decision).values())
    if external_id is not None and external_id in beside:
        raise ExternalIdIsTaken(f"Another decision is {external_id!r}", path=["externalId"])
    return Decision(**values, **ids, meeting_id=meeting_id).checked(), objective


async def load_subjects(work: Work, decisions: Sequence[NewDecision]) -> None:
    """Load what decisions are about, and their owners, in a number of statements that does not grow."""
    owners = [decision.values.get("owner") for decision in decisions]
    await load_entities(work, Person, [ref for ref in owners if ref is not None])
    ids: dict[NodeType, list[UUID]] = {}
    for node_type in (NodeType.OBJECTIVE, NodeType.KEY_RESULT):
        refs = [each.about for each in decisions if each.about and each.about.node_type is node_type]
        names = [ref.external_id for ref in refs if ref.id is None and ref.external_id is not None]
        table, organization = node_type.value.lower(), work.organization.id
        found = await ids_by_external_id(work.connection, organization, table, names) if names else {}
        ids[node_type] = [*(ref.id for ref in refs if ref.id is not None), *found.values()]
    if any(ids.values()):
        await load_tree(
            work.connection,
            work.tree,
            objectives=ids[NodeType.OBJECTIVE],
            key_results=ids[NodeType.KEY_RESULT],
        )


async def edit_decision(
    work: Work, actor: Actor, *, decision: Ref, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit a decision; `edits` is keyed by the field's name in inputs.

    Raises:
        PersonIsRemoved: the new owner has left.
        InvalidInput: the text is empty or too long, or the due day is out of reach.
    """
    known = await _editable(work, actor, decision)
    check_version(known.version, expected_version)
    edits = await resolve_values(work, Decision, known.id, edits, known)
    replace(known, **edits).checked()
    return await edit(work, actor, ChangeKind.DECISION_UPDATED, known, edits)


async def delete_decision(
    work: Work, actor: Actor, *, decision: Ref, expected_version: int | None = None
) -> MutationResult:
    """Delete a decision softly, by those who may edit it."""
    known = await _editable(work, actor, decision)
    return await remove(work, actor, ChangeKind.DECISION_DELETED, known, expected_version)


async def _editable(work: Work, actor: Actor, ref: Ref) -> Decision:
    """Return a decision that the actor may edit; raise `NotFound` if they do not see what it is about."""
    known = await entity_at(work, Decision, ref)
    objective: Objective | None = None
    if known.is_about_a_node:
        unseen = ref.not_found("decision")
        objective = await holder_of(work, known.objective_id, known.key_result_id, unseen)
    team_id: UUID | None = None
    if known.meeting_id is not None:
        await load_entities(work, Meeting, [Ref(known.meeting_id)])  # it may have been deleted
        team_id = work.plain.of(Meeting)[known.meeting_id].team_id
    people = RecordPeople(owner_id=known.owner_id, meeting_team_id=team_id)
    await authorize_record(work, actor, people, objective, ref.path, "decision")
    return known
