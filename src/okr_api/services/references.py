"""`Ref`: load what an input names by id or external id. Checks of external ids, versions and texts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from okr_api.okr.change_tracking import PlainEntity
from okr_api.okr.cycle import Cycle
from okr_api.okr.entities import BY_MODEL
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import (
    ExternalIdIsTaken,
    InvalidInput,
    NotFound,
    PersonIsRemoved,
    PriorityIsArchived,
    VersionConflict,
)
from okr_api.okr.key_result import KeyResult
from okr_api.okr.objective import MAX_TEXT_LENGTH, MAX_TITLE_LENGTH, Objective
from okr_api.okr.people import Person
from okr_api.okr.priority import Priority, PriorityState
from okr_api.store.entity_lookup import entities_by_id, ids_by_external_id, is_storable_text
from okr_api.store.tree_loader import load_tree
from okr_api.store.unit_of_work import Work

MAX_EXTERNAL_ID_LENGTH = 200
P = TypeVar("P", bound=PlainEntity)


@dataclass(frozen=True, slots=True)
class Ref:
    """Reference to an entity by id or external id; `path` is its place in the input.

    `node_type` tells an objective from a key result where an input takes both.
    """

    id: UUID | None = None
    external_id: str | None = None
    path: Sequence[str | int] = ("id",)
    node_type: NodeType | None = None

    def not_found(self, what: str) -> NotFound:
        """Return the error to raise; it is the same whether the entity is absent or hidden."""
        return NotFound(f"There is no such {what}", path=self.path)


async def id_of(work: Work, kind: str, ref: Ref) -> UUID | None:
    """Return the id that the reference names, None if unknown; a given id is not looked up."""
    if ref.id is not None or ref.external_id is None:
        return ref.id
    found = await ids_by_external_id(work.connection, work.organization.id, kind, [ref.external_id])
    return found.get(ref.external_id)


async def objective_at(work: Work, ref: Ref) -> Objective:
    """Return the objective; load it with all its ancestors and the parts of each."""
    id = await id_of(work, "objective", ref)
    if id is not None:
        await load_tree(work.connection, work.tree, objectives=[id])
    if id is None or id not in work.tree.objectives or not work.shows(id):
        raise ref.not_found("objective")
    return work.tree.objectives[id]


async def key_result_at(work: Work, ref: Ref) -> KeyResult:
    """Return the key result; load it with its objective, all ancestors and the parts of each."""
    id = await id_of(work, "key_result", ref)
    if id is not None:
        await load_tree(work.connection, work.tree, key_results=[id])
    if id is None or id not in work.tree.key_results or not work.shows(id):
        raise ref.not_found("key result")
    return work.tree.key_results[id]


def cycle_at(work: Work, ref: Ref) -> Cycle:
    """Return the cycle; the work has all cycles loaded."""
    for cycle in work.tree.cycles.values():
        if cycle.id == ref.id or (
            ref.id is None and ref.external_id and cycle.external_id == ref.external_id
        ):
            return cycle
    raise ref.not_found("cycle")


def editable_cycle_at(work: Work, ref: Ref) -> Cycle:
    """Return the cycle; raise `CycleIsInReview` or `CycleIsClosed` if its plan cannot be edited."""
    cycle = cycle_at(work, ref)
    cycle.takes_edits(ref.path)
    return cycle


async def load_entities(work: Work, model: type[P], refs: Sequence[Ref]) -> None:
    """Load all plain entities of a class that are referenced by id, with one statement."""
    known = work.plain.of(model)
    ids = [ref.id for ref in refs if ref.id is not None and ref.id not in known]
    for entity in await entities_by_id(work.connection, work.organization.id, model, ids):
        known.remember(entity.id, entity)


async def entity_at(work: Work, model: type[P], ref: Ref) -> P:
    """Return the plain entity; load it if the work does not have it."""
    known, declaration = work.plain.of(model), BY_MODEL[model]
    id = await id_of(work, declaration.table, ref)
    if id is None:
        raise ref.not_found(declaration.noun)
    await load_entities(work, model, [Ref(id)])
    if id not in known or declaration.is_removed(known[id]):
        raise ref.not_found(declaration.noun)
    return known[id]


async def person_at(
    work: Work, ref: Ref, *, taking_work: bool = False, already: Collection[UUID | None] = ()
) -> Person:
    """Return the person.

    `already` are people who have this work: sending one of them back is no new work.

    Raises:
        PersonIsRemoved: `taking_work` is set and the person has left.
    """
    person = await entity_at(work, Person, ref)
    if taking_work and not person.active and person.id not in already:
        raise PersonIsRemoved(f"{person.name} has left and takes no new work", path=ref.path)
    return person


async def priority_at(work: Work, ref: Ref, *, already: Collection[UUID | None] = ()) -> Priority:
    """Return a priority to serve; `already` are those that are served.

    Raises:
        PriorityIsArchived: it is archived, and not served already.
    """
    priority = await entity_at(work, Priority, ref)
    if priority.state is PriorityState.ARCHIVED and priority.id not in already:
        raise PriorityIsArchived(
            f"{priority.title!r} is archived; no other objective can serve it", path=ref.path
        )
    return priority


def whole_external_id(external_id: str) -> str:
    """Return the external id.

    Raises:
        InvalidInput: it is empty, too long or not storable.
    """
    if not 1 <= len(check_text(external_id, "externalId")) <= MAX_EXTERNAL_ID_LENGTH:
        raise InvalidInput(f"externalId has 1 to {MAX_EXTERNAL_ID_LENGTH} characters", path=["externalId"])
    return external_id


async def free_external_id(work: Work, kind: str, external_id: str | None, own_id: UUID) -> str | None:
    """Return the external id.

    Raises:
        ExternalIdIsTaken: another entity of the type has it.
        InvalidInput: it is empty, too long or not storable.
    """
    if external_id is None:
        return None
    whole_external_id(external_id)
    if kind == "cycle":
        taken = {
            c.external_id: c.id for c in work.tree.cycles.values() if c.external_id == external_id
        }.values()
    else:
        found = await ids_by_external_id(work.connection, work.organization.id, kind, [external_id])
        taken = found.values()
    if any(id != own_id for id in taken):
        raise ExternalIdIsTaken(f"Another {kind.replace('_', ' ')} is {external_id!r}", path=["externalId"])
    return external_id


def check_version(version: int, expected: int | None) -> None:
    """Raise `VersionConflict` if the entity was edited since the expected version."""
    if expected is not None and expected != version:
        raise VersionConflict(
            f"This is version {version}, not {expected}; read it again and decide anew",
            path=["expectedVersion"],
            current_version=version,
        )


def check_text(text: str, field: str) -> str:
    """Return the text.

    Raises:
        InvalidInput: it has NUL or a lone surrogate, which PostgreSQL cannot store.
    """
    if not is_storable_text(text):
        raise InvalidInput(
            f"{field} has a character that cannot be kept: NUL or a lone surrogate", path=[field]
        )
    return text


def title(text: str, field: str = "title", limit: int = MAX_TITLE_LENGTH) -> str:
    """Return the trimmed name or title.

    Raises:
        InvalidInput: it is empty, too long or not storable.
    """
    text = check_text(text.strip(), field)
    if not 1 <= len(text) <= limit:
        raise InvalidInput(f"{field} has 1 to {limit} characters", path=[field])
    return text


def short_text(text: str | None, field: str, limit: int) -> str | None:
    """Return the trimmed text, or None for an empty one.

    Raises:
        InvalidInput: it is too long or not storable.
    """
    text = check_text((text or "").strip(), field)
    if len(text) > limit:
        raise InvalidInput(f"{field} has at most {limit} characters", path=[field])
    return text or None


def long_text(text: str | None, field: str = "description", limit: int = MAX_TEXT_LENGTH) -> str | None:
    """Return a longer text, or None for an empty one.

    Raises:
        InvalidInput: it is too long or not storable.
    """
    if text is not None and len(check_text(text, field)) > limit:
        raise InvalidInput(f"{field} has at most {limit} characters", path=[field])
    return text or None
