"""Mutations that create and edit objectives."""

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.mutations.inputs import (
    Naming,
    Retryable,
    by_id,
    demand,
    edited_ref,
    edits_of,
    given,
    needed,
    perhaps,
    ref,
    unchanged,
)
from okr_api.graphql.mutations.inputs import parent_ref as parent_of
from okr_api.graphql.mutations.payloads import ObjectivePayload, answer
from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.change import NodeType
from okr_api.okr.objective import ObjectiveKind, ProgressSource
from okr_api.services import objectives
from okr_api.services.mutation_runner import MutationResult
from okr_api.services.references import Ref
from okr_api.store.unit_of_work import Work


@strawberry.input(description="Input of `objectiveCreate`.")
class ObjectiveCreateInput(Retryable):
    title: str = given("Title, 1 to 500 characters.")
    description: str | None = perhaps("Why it matters, at most 10,000 characters.")
    cycle_id: strawberry.ID | None = perhaps(
        "Cycle that it is set for, in DRAFT or ACTIVE. Required, by this or `cycleExternalId`."
    )
    cycle_external_id: str | None = perhaps("External id of the cycle; give either this or `cycleId`.")
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
    owner_id: strawberry.ID | None = perhaps("Person accountable.")
    owner_external_id: str | None = perhaps("External id of the owner; give either this or `ownerId`.")
    team_id: strawberry.ID | None = perhaps("Team that it belongs to.")
    team_external_id: str | None = perhaps("External id of the team; give either this or `teamId`.")
    contributor_ids: list[strawberry.ID] | None = perhaps(
        "Ids of the people who work on it beside the owner, at most 100."
    )
    parent_id: strawberry.ID | None = perhaps("Objective or key result to align it to; omit for none.")
    parent_external_id: str | None = perhaps("External id of the parent; give either this or `parentId`.")
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
class ObjectiveUpdateInput(Naming):
    title: str | None = unchanged("New title, 1 to 500 characters.")
    description: str | None = unchanged("New description, at most 10,000 characters; null removes it.")
    kind: ObjectiveKind | None = unchanged(
        "How the objective is judged: COMMITTED expects a score of 1.0, ASPIRATIONAL 0.7, "
        "LEARNING is not judged."
    )
    progress_source: ProgressSource | None = unchanged(
        "Which parts its progress counts: its key results, the objectives that contribute to it, or both."
    )
    cycle_id: strawberry.ID | None = unchanged(
        "Cycle to move it to, in DRAFT or ACTIVE. Its alignments and the due days of its key "
        "results must fit."
    )
    cycle_external_id: str | None = unchanged("External id of the new cycle; give either this or `cycleId`.")
    owner_id: strawberry.ID | None = unchanged("New person accountable; null for none.")
    owner_external_id: str | None = unchanged("External id of the new owner; give either this or `ownerId`.")
    team_id: strawberry.ID | None = unchanged("New team; null for none.")
    team_external_id: str | None = unchanged("External id of the new team; give either this or `teamId`.")
    contributor_ids: list[strawberry.ID] | None = unchanged(
        "Ids of all contributors from now on, at most 100; replaces the list, null empties it."
    )
    new_external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


def contributors_of(ids: list[strawberry.ID] | None) -> list[Ref]:
    """Return the references to the people with these ids."""
    return [by_id(id, NodeType.PERSON, ("contributorIds", place)) for place, id in enumerate(ids or [])]


@strawberry.type
class ObjectivesMutation:
    @strawberry.mutation(description="Create an objective, published unless `draft` is true. Needs WRITE.")
    async def objective_create(self, info: Info, input: ObjectiveCreateInput) -> ObjectivePayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await objectives.draft_objective(
                work,
                actor,
                cycle=needed(input, "cycle", NodeType.CYCLE),
                title_text=input.title,
                description=input.description,
                kind=input.kind,
                draft=input.draft,
                progress_source=input.progress_source,
                owner=ref(input, "owner", NodeType.PERSON),
                team=ref(input, "team", NodeType.TEAM),
                contributors=contributors_of(input.contributor_ids),
                parent=parent_of(input),
                alignment_kind=input.alignment_kind,
                weight=input.weight,
                external_id=input.external_id,
            )

        payload: ObjectivePayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Change an objective's text, kind, people, team, cycle or progress source. Needs WRITE."
    )
    async def objective_update(self, info: Info, input: ObjectiveUpdateInput) -> ObjectivePayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            edits = edits_of(
                input,
                "title",
                "description",
                "kind",
                "progress_source",
                contributor_ids="contributors",
                new_external_id="external_id",
            )
            demand(edits, "title", "kind", "progress_source")
            if "contributors" in edits:
                edits["contributors"] = contributors_of(edits["contributors"])
            for name, node_type in (
                ("owner", NodeType.PERSON),
                ("team", NodeType.TEAM),
                ("cycle", NodeType.CYCLE),
            ):
                edited_ref(edits, input, name, node_type)
            if edits.get("cycle", "") is None:
                demand(edits_of(input, "cycle_id", "cycle_external_id"), "cycle_id", "cycle_external_id")
            return await objectives.edit_objective(
                work,
                actor,
                objective=needed(input, "", NodeType.OBJECTIVE),
                edits=edits,
                expected_version=input.expected_version,
            )

        payload: ObjectivePayload = await answer(info, Scope.WRITE, input, do)
        return payload
