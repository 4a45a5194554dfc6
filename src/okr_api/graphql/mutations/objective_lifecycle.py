"""Mutations of the state of objectives and of their alignments."""

from typing import Any

import strawberry

from okr_api.auth.actor import Scope
from okr_api.graphql.context import Info
from okr_api.graphql.mutations.inputs import (
    Naming,
    demand,
    edits_of,
    given,
    needed,
    parent_ref,
    perhaps,
    unchanged,
)
from okr_api.graphql.mutations.payloads import ObjectivePayload, answer
from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.change import NodeType
from okr_api.okr.errors import InvalidInput
from okr_api.services import alignments, objectives
from okr_api.services.references import Ref


@strawberry.input(description="Input of `objectivePublish`.")
class ObjectivePublishInput(Naming):
    pass


@strawberry.input(description="Input of `objectivePause`.")
class ObjectivePauseInput(Naming):
    reason: str = given("Why; kept in the feed. Must not be empty, at most 10,000 characters.")


@strawberry.input(description="Input of `objectiveDrop`.")
class ObjectiveDropInput(Naming):
    reason: str = given("Why; kept in the feed. Must not be empty, at most 10,000 characters.")


@strawberry.input(description="Input of `objectiveRestore`.")
class ObjectiveRestoreInput(Naming):
    pass


@strawberry.input
class ServingInput(Naming):
    """Base of the inputs that name an objective and a parent."""

    parent_id: strawberry.ID | None = perhaps(
        "Parent: an objective or a key result. Required, except in `objectiveMove`, where "
        "omitting it leaves no parent."
    )
    parent_external_id: str | None = perhaps("External id of the parent; give either this or `parentId`.")


@strawberry.input(description="Input of `objectiveAlign`.")
class ObjectiveAlignInput(ServingInput):
    kind: AlignmentKind | None = unchanged(
        "CONTRIBUTES counts in the parent's progress, SUPPORTS changes no number. If omitted, "
        "an existing alignment keeps its kind, and a new one is CONTRIBUTES."
    )
    weight: float | None = unchanged(
        "Weight in the parent's means: 0 (does not count), or 0.000001 to 1000000. If omitted, "
        "an existing alignment keeps its weight, and a new one has 1."
    )


@strawberry.input(description="Input of `objectiveUnalign`.")
class ObjectiveUnalignInput(ServingInput):
    pass


@strawberry.input(
    description="Input of `objectiveMove`. A `kind` or `weight` that is omitted is taken from the "
    "existing alignment with the new parent, else from the objective's only alignment so "
    "far."
)
class ObjectiveMoveInput(ObjectiveAlignInput):
    pass


def named(input: Naming) -> Ref:
    """Return the reference to the objective."""
    return needed(input, "", NodeType.OBJECTIVE)


def alignment_edits(input: ObjectiveAlignInput) -> dict[str, Any]:
    """Return the `kind` and `weight` that were given.

    Raises:
        InvalidInput: one of them is null.
    """
    edits = edits_of(input, "kind", "weight")
    demand(edits, "kind", "weight")
    return edits


def served(input: ServingInput) -> Ref:
    """Return the reference to the parent.

    Raises:
        InvalidInput: none is given, or both `parentId` and `parentExternalId` are.
        NotFound: the id is of another type of entity.
    """
    parent = parent_ref(input)
    if parent is None:
        raise InvalidInput("parentId or parentExternalId is needed", path=["parentId"])
    return parent


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
                parent=served(input),
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
                parent=served(input),
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
                parent=parent_ref(input),
                **alignment_edits(input),
                expected_version=input.expected_version,
            ),
        )
        return payload
