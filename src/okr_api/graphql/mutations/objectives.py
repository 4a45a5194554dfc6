"""Mutations of objectives: what they say, whether they count, and what they serve."""

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


@strawberry.input(description="Creates an objective.")
class ObjectiveCreateInput(Retryable):
    """Input."""

    title: str = given("What is to be achieved, 1 to 500 characters.")
    description: str | None = perhaps("Why it matters, at most 10,000 characters.")
    cycle_id: strawberry.ID | None = perhaps("The cycle in which it is to be reached.")
    cycle_external_id: str | None = perhaps("The same by its external id.")
    kind: ObjectiveKind = strawberry.field(
        default=ObjectiveKind.COMMITTED, description="What is expected of it."
    )
    draft: bool = strawberry.field(
        default=False, description="Whether it stays a draft until it is published."
    )
    progress_source: ProgressSource = strawberry.field(
        default=ProgressSource.AUTO, description="Which parts its progress is counted from."
    )
    owner_id: strawberry.ID | None = perhaps("The one who answers for it.")
    owner_external_id: str | None = perhaps("The same by their external id.")
    team_id: strawberry.ID | None = perhaps("The team whose objective it is.")
    team_external_id: str | None = perhaps("The same by its external id.")
    contributor_ids: list[strawberry.ID] | None = perhaps("Those who work on it, at most 100.")
    parent_id: strawberry.ID | None = perhaps("The objective or key result that it serves.")
    parent_external_id: str | None = perhaps("The same by its external id.")
    alignment_kind: AlignmentKind = strawberry.field(
        default=AlignmentKind.CONTRIBUTES, description="Whether it counts in what it serves."
    )
    weight: float = strawberry.field(
        default=1.0, description="The weight of the alignment: 0, or 0.000001 to 1000000."
    )
    external_id: str | None = perhaps("The id that your systems know the objective by.")


@strawberry.input(description="Changes an objective.")
class ObjectiveUpdateInput(Naming):
    """Input."""

    title: str | None = unchanged("What is to be achieved.")
    description: str | None = unchanged("Why it matters; null takes it away.")
    kind: ObjectiveKind | None = unchanged("What is expected of it.")
    progress_source: ProgressSource | None = unchanged("Which parts its progress is counted from.")
    cycle_id: strawberry.ID | None = unchanged("The cycle that it moves to.")
    cycle_external_id: str | None = unchanged("The same by its external id.")
    owner_id: strawberry.ID | None = unchanged("The one who answers for it; null for nobody.")
    owner_external_id: str | None = unchanged("The same by their external id.")
    team_id: strawberry.ID | None = unchanged("The team whose objective it is; null for none.")
    team_external_id: str | None = unchanged("The same by its external id.")
    contributor_ids: list[strawberry.ID] | None = unchanged("All who work on it from now on, at most 100.")
    new_external_id: str | None = unchanged("The new external id; null takes it away.")


def contributors_of(ids: list[strawberry.ID] | None) -> list[Ref]:
    """The people that the ids name."""
    return [by_id(id, NodeType.PERSON, ("contributorIds", place)) for place, id in enumerate(ids or [])]


@strawberry.type
class ObjectivesMutation:
    """Mutations of what objectives say."""

    @strawberry.mutation(
        description="Creates an objective, published unless it is to be a draft. Needs WRITE."
    )
    async def objective_create(self, info: Info, input: ObjectiveCreateInput) -> ObjectivePayload | None:
        """Creates."""

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

    @strawberry.mutation(description="Changes what an objective says or belongs to. Needs WRITE.")
    async def objective_update(self, info: Info, input: ObjectiveUpdateInput) -> ObjectivePayload | None:
        """Changes."""

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
