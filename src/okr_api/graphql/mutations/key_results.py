"""Mutations that create, update, move, pause, drop and restore key results, without their inputs."""

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.mutations.entity_inputs import created_values, edited_values
from okr_api.graphql.mutations.inputs import demand, edits_of, required_ref
from okr_api.graphql.mutations.key_result_inputs import (
    MEASURE_FIELDS,
    KeyResultCreateInput,
    KeyResultDropInput,
    KeyResultMoveInput,
    KeyResultPauseInput,
    KeyResultRestoreInput,
    KeyResultUpdateInput,
    formula_of,
    measure_of,
    milestones_of,
)
from okr_api.graphql.mutations.payloads import KeyResultPayload, answer
from okr_api.okr.entity import NodeType
from okr_api.okr.key_result import KeyResult
from okr_api.services import key_results
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.type
class KeyResultsMutation:
    @strawberry.mutation(description="Add a key result to an objective. Needs WRITE.")
    async def key_result_create(self, info: Info, input: KeyResultCreateInput) -> KeyResultPayload | None:
        payload: KeyResultPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: key_results.define_key_result(
                work,
                actor,
                measure=measure_of(input),
                formula=formula_of(input.formula),
                **created_values(input, KeyResult),
            ),
        )
        return payload

    @strawberry.mutation(
        description="Change a key result's text, measure, values, weight, due day or owner. Needs WRITE."
    )
    async def key_result_update(self, info: Info, input: KeyResultUpdateInput) -> KeyResultPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            edits = edited_values(input, KeyResult)
            measure = edits_of(input, *MEASURE_FIELDS, "milestones", measure="kind")
            demand({"measure": measure.get("kind", "")}, "measure")
            if "milestones" in measure:
                measure["milestones"] = milestones_of(measure["milestones"])
            edits |= {name: formula_of(one) for name, one in edits_of(input, "formula").items()}
            return await key_results.edit_key_result(
                work,
                actor,
                key_result=required_ref(input, "key_result", NodeType.KEY_RESULT),
                edits=edits,
                measure=measure,
                reason=input.reason,
                expected_version=input.expected_version,
            )

        payload: KeyResultPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Move a key result, with the objectives aligned to it, to another objective. Needs WRITE."
    )
    async def key_result_move(self, info: Info, input: KeyResultMoveInput) -> KeyResultPayload | None:
        payload: KeyResultPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: key_results.move_key_result(
                work,
                actor,
                key_result=required_ref(input, "key_result", NodeType.KEY_RESULT),
                objective=required_ref(input, "objective", NodeType.OBJECTIVE),
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Pause a key result: it counts in no mean until restored and keeps its history. Needs "
        "WRITE."
    )
    async def key_result_pause(self, info: Info, input: KeyResultPauseInput) -> KeyResultPayload | None:
        payload: KeyResultPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: key_results.pause_key_result(
                work,
                actor,
                key_result=required_ref(input, "key_result", NodeType.KEY_RESULT),
                reason=input.reason,
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Drop a key result: it counts in no mean and keeps its history. `keyResultRestore` "
        "undoes it. Needs WRITE."
    )
    async def key_result_drop(self, info: Info, input: KeyResultDropInput) -> KeyResultPayload | None:
        payload: KeyResultPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: key_results.drop_key_result(
                work,
                actor,
                key_result=required_ref(input, "key_result", NodeType.KEY_RESULT),
                reason=input.reason,
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Restore a paused or dropped key result, so that it counts again. Needs WRITE."
    )
    async def key_result_restore(self, info: Info, input: KeyResultRestoreInput) -> KeyResultPayload | None:
        payload: KeyResultPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: key_results.restore_key_result(
                work,
                actor,
                key_result=required_ref(input, "key_result", NodeType.KEY_RESULT),
                expected_version=input.expected_version,
            ),
        )
        return payload
