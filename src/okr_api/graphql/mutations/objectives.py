"""Mutations that create and update objectives, with inputs; others are in `objective_lifecycle.py`."""

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.mutations.cadence_inputs import CADENCE, NEW_CADENCE, CadenceInput
from okr_api.graphql.mutations.entity_inputs import created_values, edited_values
from okr_api.graphql.mutations.inputs import (
    ADDED_SINCE,
    EntityRef,
    ParentRef,
    Retryable,
    given,
    parent_ref,
    perhaps,
    required_ref,
    unchanged,
)
from okr_api.graphql.mutations.objective_lifecycle import ObjectiveRefInput
from okr_api.graphql.mutations.payloads import ObjectivePayload, answer
from okr_api.graphql.policy_enums import ObjectiveVisibility
from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.entity import NodeType
from okr_api.okr.objective import Objective, ObjectiveKind, ProgressSource
from okr_api.services import objectives
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input(description="Input of `objectiveCreate`.")
class ObjectiveCreateInput(Retryable):
    title: str = given("Title, 1 to 500 characters.")
    description: str | None = perhaps("Why it matters, at most 10,000 characters.")
    cycle: EntityRef = given("Cycle that it is set for, in DRAFT or ACTIVE.")
    kind: ObjectiveKind = strawberry.field(
        default=ObjectiveKind.COMMITTED,
        description="How the objective is judged: COMMITTED expects a score of 1.0, ASPIRATIONAL 0.7, "
        "LEARNING is not judged.",
    )
    draft: bool = strawberry.field(
        default=False,
        description="true: create it as DRAFT, to be published later with `objectivePublish`. false: "
        "publish it at once.",
    )
    progress_source: ProgressSource = strawberry.field(
        default=ProgressSource.AUTO,
        description="Which parts its progress counts: its key results, the objectives that contribute to "
        "it, or both.",
    )
    owner: EntityRef | None = perhaps("Person accountable.")
    team: EntityRef | None = perhaps("Team that it belongs to.")
    contributors: list[EntityRef] | None = perhaps("People who work on it beside the owner, at most 100.")
    priorities: list[EntityRef] | None = perhaps(
        "Strategic priorities that it serves, at most 20; PRIORITY_IS_ARCHIVED if one is archived.",
        metadata=ADDED_SINCE,
    )
    stands_alone_reason: str | None = perhaps(
        "Why it serves no other objective and no priority on purpose, as CommonMark, at most 10,000 "
        "characters.",
        metadata=ADDED_SINCE,
    )
    visibility: ObjectiveVisibility = strawberry.field(
        default=ObjectiveVisibility.ORGANIZATION,
        description="Who sees it, with everything that belongs to it. You must see it afterwards: FORBIDDEN "
        "otherwise.",
        metadata=ADDED_SINCE,
    )
    shared_with: list[EntityRef] | None = perhaps(
        "People who see it while it is PRIVATE, beside its owner and contributors, at most 100; kept without "
        "effect otherwise.",
        metadata=ADDED_SINCE,
    )
    cadence: CadenceInput | None = perhaps(CADENCE, metadata=ADDED_SINCE)
    parent: ParentRef | None = perhaps("Objective or key result to align it to; omit for none.")
    alignment_kind: AlignmentKind = strawberry.field(
        default=AlignmentKind.CONTRIBUTES,
        description="With a parent: CONTRIBUTES counts in the parent's progress, SUPPORTS changes no number.",
    )
    weight: float = strawberry.field(
        default=1.0,
        description="With a parent: weight in the parent's means; 0 (does not count), or 0.000001 to "
        "1000000.",
    )
    external_id: str | None = perhaps(
        "Id of the objective in your own system, 1 to 200 characters; must be unique among objectives."
    )


@strawberry.input(description="Input of `objectiveUpdate`. Omitted fields stay unchanged.")
class ObjectiveUpdateInput(ObjectiveRefInput):
    title: str | None = unchanged("New title, 1 to 500 characters.")
    description: str | None = unchanged("New description, at most 10,000 characters; null removes it.")
    kind: ObjectiveKind | None = unchanged(
        "How the objective is judged: COMMITTED expects a score of 1.0, ASPIRATIONAL 0.7, "
        "LEARNING is not judged."
    )
    progress_source: ProgressSource | None = unchanged(
        "Which parts its progress counts: its key results, the objectives that contribute to it, or both."
    )
    cycle: EntityRef | None = unchanged(
        "Cycle to move it to, in DRAFT or ACTIVE, as its present cycle must be. It takes its key results and "
        "check-ins along. Its contributions, those to it, and the due days of its key results must fit: edit "
        "them first. Values from after the cycle's last day no longer count."
    )
    owner: EntityRef | None = unchanged("New person accountable; null for none.")
    team: EntityRef | None = unchanged("New team; null for none.")
    contributors: list[EntityRef] | None = unchanged(
        "All contributors from now on, at most 100; replaces the list, null empties it."
    )
    priorities: list[EntityRef] | None = unchanged(
        "All strategic priorities that it serves from now on, at most 20; replaces the list, null empties "
        "it. An archived one can stay but not be added."
    )
    stands_alone_reason: str | None = unchanged(
        "New reason why it serves nothing on purpose, at most 10,000 characters; null removes it."
    )
    cadence: CadenceInput | None = unchanged(NEW_CADENCE)
    visibility: ObjectiveVisibility | None = unchanged(
        "Who sees it from now on, with everything that belongs to it. Only its owner and admins may change "
        "it, and they must see it afterwards: FORBIDDEN otherwise."
    )
    shared_with: list[EntityRef] | None = unchanged(
        "All people who see it while it is PRIVATE, beside its owner and contributors, at most 100; replaces "
        "the list, null empties it. Only its owner and admins may change it."
    )
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.type
class ObjectivesMutation:
    @strawberry.mutation(description="Create an objective, published unless `draft` is true. Needs WRITE.")
    async def objective_create(self, info: Info, input: ObjectiveCreateInput) -> ObjectivePayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await objectives.draft_objective(
                work,
                actor,
                draft=input.draft,
                parent=parent_ref(input.parent) if input.parent else None,
                alignment_kind=input.alignment_kind,
                weight=input.weight,
                **created_values(input, Objective),
            )

        payload: ObjectivePayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Change an objective's text, kind, people, team, cycle or progress source. Needs WRITE."
    )
    async def objective_update(self, info: Info, input: ObjectiveUpdateInput) -> ObjectivePayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await objectives.edit_objective(
                work,
                actor,
                objective=required_ref(input, "objective", NodeType.OBJECTIVE),
                edits=edited_values(input, Objective),
                expected_version=input.expected_version,
            )

        payload: ObjectivePayload = await answer(info, Scope.WRITE, input, do)
        return payload
