"""Mutations that grade key results and objectives in a review, with their inputs."""

import strawberry

from okr_api.auth.actor import Scope
from okr_api.graphql.context import Info
from okr_api.graphql.mutations.inputs import EntityRef, Versioned, given, perhaps, required_ref
from okr_api.graphql.mutations.payloads import KeyResultPayload, ObjectivePayload, answer
from okr_api.graphql.review_enums import GradeKind
from okr_api.okr.entity import NodeType
from okr_api.services import grades


@strawberry.input
class GradeInput(Versioned):
    """Base of the inputs that grade something."""

    kind: GradeKind = given("COMPUTED confirms the computed score, and takes back another grade.")
    score: float | None = perhaps("Score of an OVERRIDE, 0 to 1; only with it.")
    reason: str | None = perhaps(
        "Why, as CommonMark, at most 10,000 characters. Required with OVERRIDE and NOT_MEASURED."
    )
    replace: bool = strawberry.field(
        default=False,
        description="Whether to replace another grade that was given before. Without it that is "
        "ALREADY_GRADED; the same grade again changes nothing.",
    )


@strawberry.input(description="Input of `keyResultGrade`.")
class KeyResultGradeInput(GradeInput):
    key_result: EntityRef = given("The key result: active, and of a published objective.")


@strawberry.input(description="Input of `objectiveGrade`.")
class ObjectiveGradeInput(GradeInput):
    objective: EntityRef = given("The objective: published.")


@strawberry.type
class GradesMutation:
    @strawberry.mutation(
        description="Grade a key result while its cycle is in review: confirm its score, override it, or say "
        "that it was not measured. Needs WRITE."
    )
    async def key_result_grade(self, info: Info, input: KeyResultGradeInput) -> KeyResultPayload | None:
        payload: KeyResultPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: grades.grade_key_result(
                work,
                actor,
                key_result=required_ref(input, "key_result", NodeType.KEY_RESULT),
                kind=input.kind,
                score=input.score,
                reason=input.reason,
                replace_grade=input.replace,
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Grade an objective itself while its cycle is in review, instead of by its parts; see "
        "`keyResultGrade`. Needs WRITE."
    )
    async def objective_grade(self, info: Info, input: ObjectiveGradeInput) -> ObjectivePayload | None:
        payload: ObjectivePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: grades.grade_objective(
                work,
                actor,
                objective=required_ref(input, "objective", NodeType.OBJECTIVE),
                kind=input.kind,
                score=input.score,
                reason=input.reason,
                replace_grade=input.replace,
                expected_version=input.expected_version,
            ),
        )
        return payload
