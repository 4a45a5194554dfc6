"""Mutations of an organisation and its people."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from okr_api.auth.actor import Actor
from okr_api.coaching.coach import RULE_IDS
from okr_api.okr.calendar import time_zone
from okr_api.okr.change import ChangeKind, NodeType
from okr_api.okr.errors import EmailIsTaken, InvalidInput
from okr_api.okr.people import Person, language_of
from okr_api.store.database import new_id
from okr_api.store.entity_lookup import active_ids_by_email
from okr_api.store.organizations import save_organization
from okr_api.store.unit_of_work import Work

from .change_recorder import record_change
from .mutation_runner import MutationResult
from .plain_entities import checked, create, edit
from .recompute import begin_as, touch_everything
from .references import Ref, check_version, person_at, title


async def edit_organization(
    work: Work, actor: Actor, *, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit the organisation's name, time zone, language or rules of coaching; `edits` is keyed by field.

    Where its days move, every number is recomputed in the same change.
    """
    known, edits = work.organization, dict(edits)
    check_version(known.version, expected_version)
    if "name" in edits:
        edits["name"] = title(edits["name"], "name")
    if "time_zone" in edits:
        edits["time_zone"] = time_zone(edits["time_zone"]).key
    if "language" in edits:
        edits["language"] = language_of(edits["language"])
    if "coaching_rules_off" in edits:
        edits["coaching_rules_off"] = rules_off(edits["coaching_rules_off"] or (), "coachingRulesOff")
    edited = replace(known, **edits, version=known.version + 1)
    await save_organization(work.connection, edited, seq=work.next_seq, recorded_at=work.now)
    begin_as(work, edited)
    if edited.time_zone != known.time_zone:
        await touch_everything(work)
    fields = tuple(sorted(edits))
    return await record_change(
        work, actor, ChangeKind.ORGANIZATION_UPDATED, NodeType.ORGANIZATION, known.id, fields=fields
    )


def rules_off(ids: Sequence[str], field: str) -> tuple[str, ...]:
    """Return the ids of the rules of coaching to switch off, sorted and each once.

    Raises:
        InvalidInput: there is no rule with one of the ids.
    """
    for place, id in enumerate(ids):
        if id not in RULE_IDS:
            raise InvalidInput(f"There is no coaching rule {id!r:.60}", path=[field, place])
    return tuple(sorted(set(ids)))


async def add_person(
    work: Work, actor: Actor, *, name: str, email: str | None = None, external_id: str | None = None
) -> MutationResult:
    """Add a person."""
    id = new_id()
    given = {"name": name, "email": email, "external_id": external_id}
    values = await checked(work, Person, id, given)
    await _check_email(work, values["email"])
    return await create(work, actor, ChangeKind.PERSON_CREATED, Person(id, **values))


async def edit_person(
    work: Work, actor: Actor, *, person: Ref, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit a person's name, email or external id; `edits` is keyed by field."""
    known = await person_at(work, person)
    check_version(known.version, expected_version)
    edits = await checked(work, Person, known.id, edits)
    if "email" in edits:
        await _check_email(work, edits["email"], known)
    return await edit(work, actor, ChangeKind.PERSON_UPDATED, known, edits)


async def _check_email(work: Work, email: str | None, known: Person | None = None) -> None:
    """Check that nobody else has the e-mail address.

    An unchanged address is not checked: people of former releases may share one.

    Raises:
        EmailIsTaken: another person who has not left has it.
    """
    if email is None or (known and (not known.active or email == known.email)):
        return
    for id in await active_ids_by_email(work.connection, work.organization.id, email):
        if known is None or id != known.id:
            raise EmailIsTaken(f"Another person has the e-mail address {email!r}", path=["email"])


async def remove_person(
    work: Work, actor: Actor, *, person: Ref, expected_version: int | None = None
) -> MutationResult:
    """Deactivate a person: tokens are revoked, they take no new work, and what they own still names them.

    Raises:
        PersonIsRemoved: the person has already left.
    """
    known = await person_at(work, person, taking_work=True)
    check_version(known.version, expected_version)
    return await edit(work, actor, ChangeKind.PERSON_REMOVED, known, {"active": False})
