"""Mutations of lessons."""

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.fields import one
from okr_api.graphql.mutations.discussed_refs import LessonSourceRef, node_ref
from okr_api.graphql.mutations.entity_inputs import created_values, edited_values
from okr_api.graphql.mutations.inputs import (
    EntityRef,
    Retryable,
    Versioned,
    given,
    perhaps,
    required_ref,
    unchanged,
)
from okr_api.graphql.mutations.payloads import MutationPayload, answer
from okr_api.graphql.types.lesson import Lesson
from okr_api.okr import lesson as okr_lesson
from okr_api.okr.entity import NodeType
from okr_api.services import lessons
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input(description="Input of `lessonCreate`.")
class LessonCreateInput(Retryable):
    source: LessonSourceRef = given("What it was learned from; also where that is closed, dropped or over.")
    title: str = given("The lesson in short, 1 to 500 characters.")
    text: str | None = perhaps("Details, as CommonMark, at most 10,000 characters.")
    tags: list[str] | None = perhaps(
        "Tags, each 1 to 60 characters, at most 20; kept in lower case, each once."
    )
    owner: EntityRef | None = perhaps(
        "Person to ask about it. Without one it is you, or nobody if your token is a service's."
    )
    carry_forward: bool = strawberry.field(
        default=False, description="Whether it is to be remembered in the next cycle."
    )
    external_id: str | None = perhaps(
        "Id of the lesson in your own system, 1 to 200 characters; must be unique among lessons."
    )


@strawberry.input(description="Input of `lessonUpdate`. Omitted fields stay unchanged.")
class LessonUpdateInput(Versioned):
    lesson: EntityRef = given("The lesson.")
    title: str | None = unchanged("New title, 1 to 500 characters.")
    text: str | None = unchanged("New text, at most 10,000 characters; null removes it.")
    tags: list[str] | None = unchanged("New tags, instead of all that it has; null for none.")
    owner: EntityRef | None = unchanged("New person to ask about it; null for none.")
    carry_forward: bool | None = unchanged("Whether it is to be remembered in the next cycle.")
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `lessonDelete`.")
class LessonDeleteInput(Versioned):
    lesson: EntityRef = given("The lesson.")


@strawberry.type(description="Result of a mutation of a lesson.")
class LessonPayload(MutationPayload):
    lesson: Lesson | None = one(
        "node_id", "The lesson after the change; null if rejected, and once it is deleted."
    )


@strawberry.type
class LessonsMutation:
    """Mutations of lessons."""

    @strawberry.mutation(
        description="Keep what was learned from an objective, a key result, an experiment, a check-in or a "
        "review, where you may check in. It changes no number. Needs CHECK_IN."
    )
    async def lesson_create(self, info: Info, input: LessonCreateInput) -> LessonPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            values = created_values(input, okr_lesson.Lesson)
            return await lessons.add_lesson(work, actor, source=node_ref(input.source, "source"), **values)

        payload: LessonPayload = await answer(info, Scope.CHECK_IN, input, do)
        return payload

    @strawberry.mutation(
        description="Change a lesson. Its owner may, and who may edit the objective. Needs WRITE."
    )
    async def lesson_update(self, info: Info, input: LessonUpdateInput) -> LessonPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await lessons.edit_lesson(
                work,
                actor,
                lesson=required_ref(input, "lesson", NodeType.LESSON),
                edits=edited_values(input, okr_lesson.Lesson),
                expected_version=input.expected_version,
            )

        payload: LessonPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Delete a lesson of which you may edit the objective. It stays in the feed and in "
        "exports. Needs WRITE."
    )
    async def lesson_delete(self, info: Info, input: LessonDeleteInput) -> LessonPayload | None:
        payload: LessonPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: lessons.delete_lesson(
                work,
                actor,
                lesson=required_ref(input, "lesson", NodeType.LESSON),
                expected_version=input.expected_version,
            ),
        )
        return payload
