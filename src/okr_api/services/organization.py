"""Mutations of the organisation (texts, settings, time zone) and of its people (add, edit, remove)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from okr_api.auth.actor import Actor
from okr_api.coaching.coach import RULE_IDS
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import EmailIsTaken, InvalidInput, LastAdmin
from okr_api.okr.people import Organization, Person
from okr_api.okr.policy import Role, Scope
from okr_api.store.database import new_id
from okr_api.store.entity_lookup import active_ids_by_email, is_another_admin
from okr_api.store.organizations import save_organization
from okr_api.store.unit_of_work import Work

from .change_recorder import is_unchanged, record_change, unchanged
from .edits import new_values, resolve_values
from .mutation_runner import MutationResult
from .permissions import authorize_structure
from .plain_entities import create, edit
from .recompute import begin_as, touch_everything
from .references import Ref, check_version, person_at


async def edit_organization(
    work: Work, actor: Actor, *, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit the organisation's name, settings or texts; `edits` is keyed by field.

    Where its days move, every number is recomputed in the same change, except those of closed cycles.
    """
    known = work.organization
    check_version(known.version, expected_version)
    edits = await resolve_values(work, Organization, known.id, edits, known)
    if "coaching_rules_off" in edits:
        edits["coaching_rules_off"] = rules_off(edits["coaching_rules_off"], "coachingRulesOff")
    edited = replace(known, **edits, version=known.version + 1)
    if is_unchanged(known, edited):
        return unchanged(work, known.id)
    await save_organization(work.connection, edited, seq=work.next_seq, recorded_at=work.now)
    begin_as(work, edited)
    if _days(edited) != _days(known):
        work.tree.moves_all_cadences = True
        await touch_everything(work)
    fields = tuple(sorted(edits))
    return await record_change(
        work, actor, ChangeKind.ORGANIZATION_UPDATED, NodeType.ORGANIZATION, known.id, fields=fields
    )


def _days(organization: Organization) -> tuple[object, ...]:
    """Return what its days and due days follow from."""
    return (organization.time_zone, organization.cadence, organization.holiday_calendar)


def rules_off(ids: Sequence[str], field: str) -> tuple[str, ...]:
    """Return the ids of the rules of coaching to switch off, sorted and each once.

    Raises:
        InvalidInput: there is no rule with one of the ids.
    """
    for place, id in enumerate(ids):
        if id not in RULE_IDS:
            raise InvalidInput(f"There is no coaching rule {id!r:.60}", path=[field, place])
    return tuple(sorted(set(ids)))


async def add_person(work: Work, actor: Actor, **values: Any) -> MutationResult:
    """Add a person; `values` are by the field's name in inputs."""
    authorize_structure(work, actor)
    if values.get("role", Role.MEMBER) is not Role.MEMBER:
        actor.must(Scope.ADMIN, ["role"])
    person = Person(**await new_values(work, Person, new_id(), values))
    await _check_email(work, person.email)
    return await create(work, actor, ChangeKind.PERSON_CREATED, person)


async def edit_person(
    work: Work, actor: Actor, *, person: Ref, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit a person's name, email, external id or role; `edits` is keyed by field.

    Raises:
        Forbidden: the role changes, and the actor is no admin.
        LastAdmin: nobody would be left to administer the organisation.
    """
    authorize_structure(work, actor)
    known = await person_at(work, person)
    if edits.get("role", known.role) is not known.role:
        actor.must(Scope.ADMIN, ["role"])
        await _check_last_admin(work, actor, known, ["role"])
    check_version(known.version, expected_version)
    edits = await resolve_values(work, Person, known.id, edits, known)
    if "email" in edits:
        await _check_email(work, edits["email"], known)
    return await edit(work, actor, ChangeKind.PERSON_UPDATED, known, edits)


async def _check_last_admin(work: Work, actor: Actor, known: Person, path: Sequence[str | int]) -> None:
    """Check that an admin remains when the person is none any more.

    A service may take the role from the last one: it can give it to somebody else.

    Raises:
        LastAdmin: the person is the only admin, and the actor is not a service with the scope ADMIN.
    """
    if known.role is not Role.ADMIN or not known.active or (actor.is_service and actor.may(Scope.ADMIN)):
        return
    if not await is_another_admin(work.connection, work.organization.id, known.id):
        raise LastAdmin(f"{known.name} is the last admin; make another person an admin first", path=path)


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
        LastAdmin: nobody would be left to administer the organisation.
    """
    authorize_structure(work, actor)
    known = await person_at(work, person, taking_work=True)
    await _check_last_admin(work, actor, known, person.path)
    check_version(known.version, expected_version)
    return await edit(work, actor, ChangeKind.PERSON_REMOVED, known, {"active": False})
