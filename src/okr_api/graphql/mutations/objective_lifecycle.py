"""Mutations of whether objectives count, and of what they serve."""

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


@strawberry.input(description="Publishes a draft.")
class ObjectivePublishInput(Naming):
    """Input."""


@strawberry.input(description="Pauses an objective.")
class ObjectivePauseInput(Naming):
    """Input."""

    reason: str = given("Why; it is kept in the feed.")


@strawberry.input(description="Drops an objective.")
class ObjectiveDropInput(Naming):
    """Input."""

    reason: str = given("Why; it is kept in the feed.")


@strawberry.input(description="Restores an objective.")
class ObjectiveRestoreInput(Naming):
    """Input."""


@strawberry.input
class ServingInput(Naming):
    """An objective and what it serves."""

    parent_id: strawberry.ID | None = perhaps("The objective or key result that it serves.")
    parent_external_id: str | None = perhaps("The same by its external id.")


@strawberry.input(description="Lets an objective serve another one or a key result.")
class ObjectiveAlignInput(ServingInput):
    """Input."""

    kind: AlignmentKind | None = unchanged(
        "Whether it counts in what it serves; left out it stays as it is, and a new one is CONTRIBUTES."
    )
    weight: float | None = unchanged(
        "Its weight there: 0, or 0.000001 to 1000000; left out it stays as it is, and a new one has 1."
    )


@strawberry.input(description="Ends an alignment.")
class ObjectiveUnalignInput(ServingInput):
    """Input."""


@strawberry.input(
    description="Moves an objective, with all beneath it. A kind or weight that is left out is that of its "
    "alignment with the new parent, else of its only alignment so far."
)
class ObjectiveMoveInput(ObjectiveAlignInput):
    """Input."""


def named(input: Naming) -> Ref:
    """The objective."""
    return needed(input, "", NodeType.OBJECTIVE)


def alignment_edits(input: ObjectiveAlignInput) -> dict[str, Any]:
    """Return what is said of kind and weight; reject null (`InvalidInput`)."""
    edits = edits_of(input, "kind", "weight")
    demand(edits, "kind", "weight")
    return edits


def served(input: ServingInput) -> Ref:
    """What it serves, which must be said."""
    parent = parent_ref(input)
    if parent is None:
        raise InvalidInput("parentId or parentExternalId is needed", path=["parentId"])
    return parent


@strawberry.type
class ObjectiveStatesMutation:
    """Mutations of states and alignments."""

    @strawberry.mutation(description="Publishes a draft, which may still be empty. Needs WRITE.")
    async def objective_publish(self, info: Info, input: ObjectivePublishInput) -> ObjectivePayload | None:
        """Publishes."""
        payload: ObjectivePayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: objectives.publish_objective(
                work, actor, objective=named(input), expected_version=input.expected_version
            ),
        )
        return payload

    @strawberry.mutation(description="Lets an objective rest: it counts nowhere. Needs WRITE.")
    async def objective_pause(self, info: Info, input: ObjectivePauseInput) -> ObjectivePayload | None:
        """Pauses."""
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
        description="Gives an objective up: it counts nowhere, its history stays. Needs WRITE."
    )
    async def objective_drop(self, info: Info, input: ObjectiveDropInput) -> ObjectivePayload | None:
        """Drops."""
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

    @strawberry.mutation(description="Takes a paused or dropped objective up again. Needs WRITE.")
    async def objective_restore(self, info: Info, input: ObjectiveRestoreInput) -> ObjectivePayload | None:
        """Restores."""
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
        description="Lets an objective serve one more parent, or the same with another weight. Needs WRITE."
    )
    async def objective_align(self, info: Info, input: ObjectiveAlignInput) -> ObjectivePayload | None:
        """Aligns."""
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

    @strawberry.mutation(description="Ends the alignment with one parent. Needs WRITE.")
    async def objective_unalign(self, info: Info, input: ObjectiveUnalignInput) -> ObjectivePayload | None:
        """Unaligns."""
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
        description="Moves an objective, with all beneath it, to one parent, or to none. Needs WRITE."
    )
    async def objective_move(self, info: Info, input: ObjectiveMoveInput) -> ObjectivePayload | None:
        """Moves."""
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
