"""Mutations of meetings, by members and leads of the team; a meeting may be recorded with its decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entities import BY_MODEL
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import Refused, TooMany
from okr_api.okr.meeting import MAX_DECISIONS_AT_ONCE, Meeting
from okr_api.okr.people import Person, Team
from okr_api.store.database import new_id
from okr_api.store.unit_of_work import Work

from .change_recorder import record_change
from .decisions import NewDecision, load_subjects, new_decision
from .edits import limited, new_values, resolve_values
from .mutation_runner import MutationResult
from .permissions import authorize_meetings
from .plain_entities import edit, remove
from .references import Ref, check_version, entity_at, load_entities, person_at

ATTENDEES = BY_MODEL[Meeting].field("attendee_ids")


async def record_meeting(
    work: Work,
    actor: Actor,
    *,
    team: Ref,
    attendees: Sequence[Ref] = (),
    decisions: Sequence[NewDecision] = (),
    **values: Any,
) -> MutationResult:
    """Record a meeting, by default held now, with what was decided; all as one change.

    Raises:
        TooMany: there are more than `MAX_DECISIONS_AT_ONCE` decisions.
        PersonIsRemoved: the owner of a decision has left.
        InvalidInput: a text is too long or that of a decision empty, there are too many attendees, or the
            meeting lies ahead.
    """
    held_by = await entity_at(work, Team, team)
    await authorize_meetings(work, actor, held_by.id, team.path)
    if len(decisions) > MAX_DECISIONS_AT_ONCE:
        raise TooMany(
            f"A meeting is recorded with at most {MAX_DECISIONS_AT_ONCE} decisions; add others with "
            "decisionCreate",
            path=["decisions"],
        )
    values = {**values, "held_at": values.get("held_at") or work.clock}
    values = await new_values(work, Meeting, new_id(), values)
    meeting = Meeting(**values, team_id=held_by.id, attendee_ids=await _attendees(work, attendees))
    work.plain.put(meeting.checked(work.clock))
    await _decide(work, decisions, meeting.id)
    return await record_change(work, actor, ChangeKind.MEETING_RECORDED, NodeType.MEETING, meeting.id)


async def _decide(work: Work, decisions: Sequence[NewDecision], meeting_id: UUID) -> None:
    """Add the decisions of a new meeting; the path of an error leads to the one that is wrong."""
    await load_subjects(work, decisions)
    for place, decision in enumerate(decisions):
        try:
            made, _ = await new_decision(work, decision, meeting_id)
        except Refused as refused:
            raise refused.under("decisions", place) from None
        work.plain.put(made)


async def edit_meeting(
    work: Work, actor: Actor, *, meeting: Ref, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit a meeting; `edits` is keyed by the field's name in inputs.

    Raises:
        InvalidInput: the notes are too long, there are too many attendees, or the meeting lies ahead.
    """
    known = await entity_at(work, Meeting, meeting)
    await authorize_meetings(work, actor, known.team_id, meeting.path)
    check_version(known.version, expected_version)
    values = {name: value for name, value in edits.items() if name != "attendees"}
    values = await resolve_values(work, Meeting, known.id, values, known)
    if "attendees" in edits:
        values["attendee_ids"] = await _attendees(work, edits["attendees"])
    replace(known, **values).checked(work.clock)
    return await edit(work, actor, ChangeKind.MEETING_UPDATED, known, values)


async def delete_meeting(
    work: Work, actor: Actor, *, meeting: Ref, expected_version: int | None = None
) -> MutationResult:
    """Delete a meeting softly; what was decided in it stays, of its team."""
    known = await entity_at(work, Meeting, meeting)
    await authorize_meetings(work, actor, known.team_id, meeting.path)
    return await remove(work, actor, ChangeKind.MEETING_DELETED, known, expected_version)


async def _attendees(work: Work, refs: Sequence[Ref]) -> tuple[UUID, ...]:
    """Return the ids of the people who were there, each once; they may have left since."""
    limited(BY_MODEL[Meeting], ATTENDEES, refs, "attendees")
    await load_entities(work, Person, refs)
    return tuple(dict.fromkeys([(await person_at(work, ref)).id for ref in refs]))
