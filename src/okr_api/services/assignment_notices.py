"""Notices of assignments: a person was given work of an objective that they do not see."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from okr_api.okr.belonging import belongs_to
from okr_api.okr.entities import ATTACHED
from okr_api.okr.notice import Notice, NoticeCode
from okr_api.okr.objective import Objective
from okr_api.okr.people import Person
from okr_api.okr.policy import Role
from okr_api.store.unit_of_work import Work

# Owners and contributors of an objective are not among them: they always see it.
ASSIGNEES = ("owner_id", "check_in_owner_id", "escalated_to_id")
Assignment = tuple[UUID, Objective]


def notices_of_assignments(work: Work, assigning: UUID | None) -> Iterator[Notice]:
    """Yield a notice for each person who was given work of an objective that they do not see.

    `assigning` is the person who acts, who needs none. Only what is loaded is looked at: the people whom an
    input names, and the objectives that a mutation is about.
    """
    people = work.plain.of(Person)
    for id, objective in dict.fromkeys(_assignments(work)):
        person = people.get(id)
        if person is None or id == assigning or _sees(person, objective) or not work.shows(objective.id):
            continue
        message = (
            f"{person.name} does not see {objective.title!r} and is not notified: "
            "make it visible to them, or choose somebody else"
        )
        yield Notice(NoticeCode.ASSIGNEE_CANNOT_SEE, message, about=(objective.id,))


def _sees(person: Person, objective: Objective) -> bool:
    """Return whether a person sees an objective, as `Visibility.shows` has it with their role."""
    viewers = objective.viewer_ids
    is_included = person.role is Role.ADMIN or viewers is None or person.id in viewers
    return is_included and (person.role is not Role.VIEWER or not objective.is_unpublished)


def _assignments(work: Work) -> Iterator[Assignment]:
    """Yield the people who were given work, with the objective that it belongs to."""
    tree = work.tree
    for model in (entity.model for entity in ATTACHED if entity.model in work.plain):
        entities = work.plain.of(model)
        for edited in entities.changed():
            for id in belongs_to(edited, tree.owner_of, work.parts):
                if id in tree.objectives:
                    yield from _given(edited, entities.before(edited.id), tree.objectives[id])
    for key_result in tree.key_results.changed():
        if key_result.carried_from_id is None:
            before = tree.key_results.before(key_result.id)
            yield from _given(key_result, before, tree.objectives[key_result.objective_id])


def _given(edited: Any, before: Any, objective: Objective) -> Iterator[Assignment]:
    """Yield those to whom an edit gives something that they did not have."""
    for name in ASSIGNEES:
        person: UUID | None = getattr(edited, name, None)
        if person is not None and person != getattr(before, name, None):
            yield person, objective
