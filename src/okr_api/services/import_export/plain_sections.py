"""Import a plain entity (people, teams, priorities, metrics …): read rows, check them and unique values."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from okr_api.okr.absence import Absence
from okr_api.okr.check_in_draft import CheckInDraft
from okr_api.okr.comment import Comment
from okr_api.okr.decision import Decision
from okr_api.okr.dependency import Dependency
from okr_api.okr.entity import Entity
from okr_api.okr.errors import AlreadyExists
from okr_api.okr.experiment import Experiment
from okr_api.okr.follow import Follow
from okr_api.okr.initiative import Initiative
from okr_api.okr.lesson import Lesson
from okr_api.okr.meeting import Meeting
from okr_api.okr.metric import Metric
from okr_api.okr.people import Person
from okr_api.okr.priority import Priority
from okr_api.okr.pulse import Pulse
from okr_api.okr.reaction import Reaction
from okr_api.okr.review_record import ReviewRecord
from okr_api.okr.roadblock import Roadblock

from .absences import absence_check
from .check_in_drafts import draft_check
from .dependencies import dependency_check
from .discussions import comment_check, follow_check, reaction_check
from .import_row import ImportRow
from .import_session import ImportSession
from .initiatives import initiative_check
from .lessons import experiment_check, lesson_check
from .metrics import metric_check
from .parents import parents_first, refuse_loop, take_history
from .people import email_check
from .pulses import check_pulse
from .records import check_decision, check_roadblock, meeting_check, review_check
from .row_fields import read_entity

Check = Callable[[ImportRow[Any], Any], Any]  # returns the entity to store
CHECKS: dict[type[Any], Callable[[ImportSession, Sequence[ImportRow[Any]]], Check]] = {
    Person: email_check,
    Absence: absence_check,
    Priority: lambda *_: lambda _, made: made.checked(),
    Metric: metric_check,
    CheckInDraft: draft_check,
    Initiative: initiative_check,
    Dependency: dependency_check,
    Comment: comment_check,
    Reaction: reaction_check,
    Follow: follow_check,
    Roadblock: lambda *_: check_roadblock,
    Meeting: meeting_check,
    Decision: lambda *_: check_decision,
    Experiment: experiment_check,
    Lesson: lesson_check,
    ReviewRecord: review_check,
    Pulse: lambda *_: check_pulse,
}


def take_entities(session: ImportSession, entity: Entity) -> None:
    """Import the section of a plain entity, parents first."""
    section, kept = entity.section, session.kept(entity.section)

    def read(entry: ImportRow[Any]) -> Any:
        return _read(session, entity, entry)

    if entity.loops:
        entries = parents_first(session, section, entity.loops)
    else:
        entries = session.entries(section)
    check = CHECKS[entity.model](session, entries) if entity.model in CHECKS else None
    holders = _holders(session, entity, entries) if entity.unique else {}
    for entry in entries:
        with session.row(section, entry.line.place):
            made = read(entry)
            if entity.is_removed(made) and entry.known is None and entry.external_id is not None:
                session.report.of(section).unchanged += 1  # what is gone has no external id any more
                continue
            made = check(entry, made) if check else made
            if entity.loops:
                refuse_loop(made.id, made.parent_id, lambda id: kept[id].parent_id, entity.loops)
            if entity.unique:
                _claim_values(entity, entry.known, made, holders)
            earlier = [] if entity.loops else session.history(entry, read)
            if put := session.settle(section, entry, made, earlier):
                kept[entry.id] = put
            session.leave_the_rest(section, entry.line)
    if entity.loops:
        take_history(session, section, entries, read)


def _values(entity: Entity, made: Any) -> tuple[Any, ...] | None:
    """Return the values of the unique fields; None for a removed entity, as those of it are free."""
    return None if entity.is_removed(made) else tuple(getattr(made, name) for name in entity.unique)


def _holders(session: ImportSession, entity: Entity, entries: Sequence[ImportRow[Any]]) -> dict[Any, UUID]:
    """Return who has which unique values, without entities that the file removes, wherever it does."""
    leaving = {entry.id for entry in entries if entry.line.take("removed", None) is True}
    kept = session.kept(entity.section).values()
    return {_values(entity, each): each.id for each in kept if each.id not in leaving}


def _claim_values(entity: Entity, known: Any, made: Any, holders: dict[Any, UUID]) -> None:
    """Note who has the unique values from this row on.

    Raises:
        AlreadyExists: another entity has them.
    """
    values, before = _values(entity, made), known and _values(entity, known)
    if values is not None and holders.setdefault(values, made.id) != made.id:
        fields = " and ".join(entity.unique)
        raise AlreadyExists(f"Another {entity.noun} has the same {fields}", path=entity.unique[:1])
    if before != values:
        holders.pop(before, None)


def _read(session: ImportSession, entity: Entity, entry: ImportRow[Any]) -> Any:
    """Return the entity of a row."""
    made = read_entity(session, entity.model, entry)
    if not entity.is_removable:
        return made
    known = entry.known
    removed = entry.line.flag("removed", known.removed if known else False)
    return replace(made, removed=removed, external_id=None if removed else made.external_id)
