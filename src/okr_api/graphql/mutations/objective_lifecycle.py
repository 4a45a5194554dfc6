"""Mutations that publish, pause, drop, restore, align, unalign and move objectives, with their inputs."""

from typing import Any

import strawberry

from okr_api.auth.actor import Scope
from okr_api.graphql.context import Info
from okr_api.graphql.mutations.inputs import (
    EntityRef,
    ParentRef,
    Versioned,
    demand,
    edits_of,
    given,
    parent_ref,
    perhaps,
    required_ref,
    unchanged,
)
from okr_api.graphql.mutations.payloads import ObjectivePayload, answer
from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.entity import NodeType
from okr_api.services import alignments, objectives
from okr_api.services.references import Ref


@strawberry.input
class ObjectiveRefInput(Versioned):
    """Base of the inputs that change an existing objective."""

    objective: EntityRef = given("The objective.")


@strawberry.input(description="Input of `objectivePublish`.")
class ObjectivePublishInput(ObjectiveRefInput):
    pass


@strawberry.input(description="Input of `objectivePause`.")
class ObjectivePauseInput(ObjectiveRefInput):
    reason: str = given("Why; kept in the feed. Must not be empty, at most 10,000 characters.")


@strawberry.input(description="Input of `objectiveDrop`.")
class ObjectiveDropInput(ObjectiveRefInput):
    reason: str = given("Why; kept in the feed. Must not be empty, at most 10,000 characters.")


@strawberry.input(description="Input of `objectiveRestore`.")
class ObjectiveRestoreInput(ObjectiveRefInput):
    pass


@strawberry.input
class ParentInput(ObjectiveRefInput):
    """Base of the inputs that name an objective and its parent."""

    parent: ParentRef = given("Parent: an objective or a key result.")


@strawberry.input
class AlignmentEdit(ObjectiveRefInput):
    """Base of the inputs that set the kind and the weight of an alignment."""

    kind: AlignmentKind | None = unchanged(
        "CONTRIBUTES counts in the parent's progress, SUPPORTS changes no number. If omitted, "
        "an existing alignment keeps its kind, and a new one is CONTRIBUTES."
    )
    weight: float | None = unchanged(
        "Weight in the parent's means: 0 (does not count), or 0.000001 to 1000000. If omitted, "
        "an existing alignment keeps its weight, and a new one has 1."
    )


@strawberry.input(description="Input of `objectiveAlign`.")
class ObjectiveAlignInput(ParentInput, AlignmentEdit):
    pass


@strawberry.input(description="Input of `objectiveUnalign`.")
class ObjectiveUnalignInput(ParentInput):
    pass


@strawberry.input(
    description="Input of `objectiveMove`. A `kind` or `weight` that is omitted is taken from the "
    "existing alignment with the new parent, else from the objective's only alignment so "
    "far."
)
class ObjectiveMoveInput(AlignmentEdit):
    parent: ParentRef | None = perhaps("New parent: an objective or a key result; omit for none.")
    kind: AlignmentKind | None = unchanged(
        "CONTRIBUTES counts in the parent's progress, SUPPORTS changes no number. If omitted, see the input."
    )
    weight: float | None = unchanged(
        "Weight in the parent's means: 0 (does not count), or 0.000001 to 1000000. If omitted, see the input."
    )


def named(input: ObjectiveRefInput) -> Ref:
    """Return the reference to the objective."""
    return required_ref(input, "objective", NodeType.OBJECTIVE)


def alignment_edits(input: AlignmentEdit) -> dict[str, Any]:
    """Return the `kind` and `weight` that were given.

    Raises:
        InvalidInput: one of them is null.
    """
    edits = edits_of(input, "kind", "weight")
    demand(edits, "kind", "weight")
    return edits


@strawberry.type
class ObjectiveLifecycleMutation:
    @strawberry.mutation(description="Publish a draft, which may still be without key results. Needs WRITE.")
    async def objective_publish(self, info: Info, input: ObjectivePublishInput) -> ObjectivePayload | None:
        payload: ObjectivePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: objectives.publish_objective(
                work, actor, objective=named(input), expected_version=input.expected_version
            ),
        )
        return payload

    @strawberry.mutation(
        description="Pause a published objective: it counts nowhere until restored and keeps its history. "
        "Needs WRITE."
    )
    async def objective_pause(self, info: Info, input: ObjectivePauseInput) -> ObjectivePayload | None:
        payload: ObjectivePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: objectives.pause_objective(
                work,
                actor,
                objective=named(input),
                reason=input.reason,
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Drop an objective: it counts nowhere and keeps its history. `objectiveRestore` undoes "
        "it. Needs WRITE."
    )
    async def objective_drop(self, info: Info, input: ObjectiveDropInput) -> ObjectivePayload | None:
        payload: ObjectivePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: objectives.drop_objective(
                work,
                actor,
                objective=named(input),
                reason=input.reason,
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Restore a paused or dropped objective; a dropped draft becomes a draft again. Needs "
        "WRITE."
    )
    async def objective_restore(self, info: Info, input: ObjectiveRestoreInput) -> ObjectivePayload | None:
        payload: ObjectivePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: objectives.restore_objective(
                work, actor, objective=named(input), expected_version=input.expected_version
            ),
        )
        return payload

    @strawberry.mutation(
        description="Align an objective to one more parent, or change its alignment with that parent. Needs "
        "WRITE."
    )
    async def objective_align(self, info: Info, input: ObjectiveAlignInput) -> ObjectivePayload | None:
        payload: ObjectivePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: alignments.align(
                work,
                actor,
                objective=named(input),
                parent=parent_ref(input.parent),
                **alignment_edits(input),
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(description="Remove the alignment with one parent. Needs WRITE.")
    async def objective_unalign(self, info: Info, input: ObjectiveUnalignInput) -> ObjectivePayload | None:
        payload: ObjectivePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: alignments.unalign(
                work,
                actor,
                objective=named(input),
                parent=parent_ref(input.parent),
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Move an objective, with everything below it: align it to one parent, or none, and "
        "remove all other alignments. Needs WRITE."
    )
    async def objective_move(self, info: Info, input: ObjectiveMoveInput) -> ObjectivePayload | None:
        payload: ObjectivePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: alignments.move(
                work,
                actor,
                objective=named(input),
                parent=parent_ref(input.parent) if input.parent else None,
                **alignment_edits(input),
                expected_version=input.expected_version,
            ),
        )
        return payload
