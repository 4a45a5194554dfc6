"""Mutations of lessons: created by those who may check in on the source, edited by the owner and others."""

from collections.abc import Mapping
from typing import Any

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entity import NodeType
from okr_api.okr.lesson import Lesson, tag_of
from okr_api.okr.objective import Objective
from okr_api.okr.policy import Action
from okr_api.okr.relations import RecordPeople
from okr_api.okr.review_record import ReviewRecord
from okr_api.store.database import new_id
from okr_api.store.unit_of_work import Work

from .discussed_references import check_in_at
from .edits import new_values, resolve_values
from .experiments import experiment_at
from .measured_references import holder_of, measured_at
from .mutation_runner import MutationResult
from .permissions import authorize
from .plain_entities import create, edit, remove
from .record_permissions import authorize_check_in, authorize_record
from .references import Ref, check_version, entity_at

Ids = Mapping[str, Any]


async def add_lesson(work: Work, actor: Actor, *, source: Ref, **values: Any) -> MutationResult:
    """Add a lesson from a node of `LESSON_SOURCES`, also where that is over.

    Without an owner, it is the actor's.

    Raises:
        PersonIsRemoved: the owner has left.
        InvalidInput: a text or a tag is empty or too long, or there are too many tags.
    """
    objective, ids = await _source(work, source)
    part = ids.get("key_result_id")
    asked = work.tree.key_results[part] if part else None
    await authorize_check_in(work, actor, objective, asked, source.path)
    person = actor.author.person_id
    if values.get("owner") is None and person is not None:
        values = {**values, "owner": Ref(person, path=("owner",))}
    made = await new_values(work, Lesson, new_id(), values)
    return await create(work, actor, ChangeKind.LESSON_CREATED, Lesson(**_with_tags(made), **ids))


async def edit_lesson(
    work: Work, actor: Actor, *, lesson: Ref, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit a lesson; `edits` is keyed by the field's name in inputs.

    Raises:
        PersonIsRemoved: the new owner has left.
        InvalidInput: a text or a tag is empty or too long, or there are too many tags.
    """
    known, objective = await lesson_at(work, lesson)
    people = RecordPeople(owner_id=known.owner_id)
    await authorize_record(work, actor, people, objective, lesson.path, "lesson")
    check_version(known.version, expected_version)
    values = await resolve_values(work, Lesson, known.id, edits, known)
    return await edit(work, actor, ChangeKind.LESSON_UPDATED, known, _with_tags(values))


async def delete_lesson(
    work: Work, actor: Actor, *, lesson: Ref, expected_version: int | None = None
) -> MutationResult:
    """Delete a lesson softly, by those who may edit the objective."""
    known, objective = await lesson_at(work, lesson)
    await authorize(work, actor, Action.EDIT, objective, lesson.path)
    return await remove(work, actor, ChangeKind.LESSON_DELETED, known, expected_version)


async def lesson_at(work: Work, ref: Ref) -> tuple[Lesson, Objective]:
    """Return a lesson with its objective; raise `NotFound` if the actor does not see that."""
    known = await entity_at(work, Lesson, ref)
    return known, await holder_of(work, known.objective_id, known.key_result_id, ref.not_found("lesson"))


async def _source(work: Work, ref: Ref) -> tuple[Objective, Ids]:
    """Return the objective of what a lesson comes from, and the ids that the lesson has of it.

    Raises:
        NotFound: there is no such node, or the actor does not see it.
    """
    match ref.node_type:
        case NodeType.EXPERIMENT:
            experiment, objective = await experiment_at(work, ref)
            return objective, {
                "objective_id": None,
                "key_result_id": experiment.key_result_id,
                "experiment_id": experiment.id,
            }
        case NodeType.CHECK_IN:
            objective, row = await check_in_at(work, ref)
            return objective, {
                "objective_id": row["objective_id"],
                "key_result_id": row["key_result_id"],
                "check_in_id": row["id"],
            }
        case NodeType.REVIEW_RECORD:
            review = await entity_at(work, ReviewRecord, ref)
            objective = await holder_of(work, review.objective_id, None, ref.not_found("review record"))
            return objective, {"objective_id": objective.id, "review_record_id": review.id}
        case _:
            return await measured_at(work, ref)


def _with_tags(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with tags as they are stored, each once."""
    if "tags" not in values:
        return dict(values)
    return {**values, "tags": tuple(dict.fromkeys(map(tag_of, values["tags"])))}
