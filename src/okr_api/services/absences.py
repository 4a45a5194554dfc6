"""Mutations of absences: of oneself, or of anybody by those who may edit the structure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.absence import MAX_ABSENCES, Absence, check_others
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.errors import TooMany
from okr_api.store.absence_lookup import absences_of
from okr_api.store.database import new_id
from okr_api.store.unit_of_work import Work

from .edits import new_values, resolve_values
from .mutation_runner import MutationResult
from .permissions import Path, authorize_structure
from .plain_entities import create, edit, remove
from .references import Ref, check_version, entity_at


async def add_absence(work: Work, actor: Actor, **values: Any) -> MutationResult:
    """Add an absence; `values` are by the field's name in inputs.

    Raises:
        InvalidInput: it ends before it begins, or the delegate is the person.
        AbsenceOverlaps: the person is absent on one of its days already.
        DelegateIsAbsent: the delegate is absent on one of its days.
        PersonIsRemoved: the person, or the delegate, has left.
        TooMany: the person has as many as there can be.
    """
    absence = Absence(**await new_values(work, Absence, new_id(), values)).checked()
    _authorize(work, actor, absence, ["person"])
    await _check_others(work, absence, is_new=True)
    return await create(work, actor, ChangeKind.ABSENCE_CREATED, absence)


async def edit_absence(
    work: Work, actor: Actor, *, absence: Ref, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit an absence; `edits` is keyed by the field's name in inputs; raises the errors of `add_absence`.

    Other absences matter only to an edit of the days or of the delegate: a delegate may fall ill later.
    """
    known = await entity_at(work, Absence, absence)
    _authorize(work, actor, known, absence.path)
    check_version(known.version, expected_version)
    edits = await resolve_values(work, Absence, known.id, edits, known)
    edited = replace(known, **edits).checked()
    if _shared(edited) != _shared(known):
        await _check_others(work, edited)
    return await edit(work, actor, ChangeKind.ABSENCE_UPDATED, known, edits)


async def delete_absence(
    work: Work, actor: Actor, *, absence: Ref, expected_version: int | None = None
) -> MutationResult:
    """Delete an absence softly."""
    known = await entity_at(work, Absence, absence)
    _authorize(work, actor, known, absence.path)
    return await remove(work, actor, ChangeKind.ABSENCE_DELETED, known, expected_version)


def _authorize(work: Work, actor: Actor, absence: Absence, path: Path) -> None:
    """Raise `Forbidden` unless it is the actor's own absence, or they may edit the structure."""
    if absence.person_id != actor.author.person_id:
        authorize_structure(work, actor, path)


def _shared(absence: Absence) -> tuple[date, date, UUID | None]:
    """Return what other absences can be at odds with."""
    return absence.starts_on, absence.ends_on, absence.delegate_id


async def _check_others(work: Work, absence: Absence, *, is_new: bool = False) -> None:
    people = [id for id in (absence.person_id, absence.delegate_id) if id]
    others = await absences_of(work.connection, work.organization.id, people)
    check_others(absence, [other for found in others.values() for other in found])
    if is_new and len(others.get(absence.person_id, ())) >= MAX_ABSENCES:
        raise TooMany(f"A person has at most {MAX_ABSENCES} absences", path=["person"])
