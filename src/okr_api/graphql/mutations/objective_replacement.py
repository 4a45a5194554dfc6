"""Mutation `objectiveReplace` with its input: drop an objective and create its successor in one change."""

from typing import Any

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.mutations.entity_inputs import edited_values
from okr_api.graphql.mutations.inputs import (
    EntityRef,
    ParentRef,
    demand,
    edits_of,
    entity_ref,
    given,
    parent_ref,
    perhaps,
    unchanged,
)
from okr_api.graphql.mutations.objective_lifecycle import ObjectiveRefInput, named
from okr_api.graphql.mutations.payloads import ObjectivePayload, answer
from okr_api.graphql.policy_enums import ObjectiveVisibility
from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.entity import NodeType
from okr_api.okr.objective import Objective, ObjectiveKind, ProgressSource
from okr_api.services.mutation_runner import MutationResult
from okr_api.services.objective_replacement import replace_objective
from okr_api.services.references import Ref
from okr_api.store.unit_of_work import Work


@strawberry.input(
    description="Input of `objectiveReplace`. What is omitted is taken over from the objective that is "
    "replaced; the successor is set for the same cycle."
)
class ObjectiveReplaceInput(ObjectiveRefInput):
    reason: str = given("Why; kept in the feed. Must not be empty, at most 10,000 characters.")
    title: str | None = unchanged("Title of the successor, 1 to 500 characters.")
    description: str | None = unchanged(
        "Description of the successor, at most 10,000 characters; null for none."
    )
    kind: ObjectiveKind | None = unchanged(
        "How the successor is judged: COMMITTED expects a score of 1.0, ASPIRATIONAL 0.7, LEARNING is not "
        "judged."
    )
    draft: bool | None = perhaps(
        "true: create the successor as DRAFT. false: publish it at once. If omitted, that of a draft is a "
        "draft, and any other is published."
    )
    progress_source: ProgressSource | None = unchanged(
        "Which parts the successor's progress counts: its key results, the objectives that contribute to "
        "it, or both."
    )
    owner: EntityRef | None = unchanged("Person accountable for the successor; null for none.")
    team: EntityRef | None = unchanged("Team that the successor belongs to; null for none.")
    contributors: list[EntityRef] | None = unchanged(
        "All contributors of the successor, at most 100; null for none."
    )
    priorities: list[EntityRef] | None = unchanged(
        "All strategic priorities that the successor serves, at most 20; null for none. An archived one can "
        "be taken over but not added."
    )
    stands_alone_reason: str | None = unchanged(
        "Why the successor serves nothing on purpose, at most 10,000 characters; null for none."
    )
    visibility: ObjectiveVisibility | None = unchanged(
        "Who sees the successor. Only the owner and admins may give another one, and must see it "
        "afterwards: FORBIDDEN otherwise."
    )
    shared_with: list[EntityRef] | None = unchanged(
        "All people who see the successor while it is PRIVATE, beside its owner and contributors, at most "
        "100; null for none. Only the owner and admins may give others."
    )
    parent: ParentRef | None = unchanged(
        "The only parent of the successor, an objective or a key result; null for none. If omitted, it has "
        "all parents of the objective, with the same kinds and weights, those that you cannot see as well."
    )
    alignment_kind: AlignmentKind | None = unchanged(
        "With a parent: CONTRIBUTES counts in the parent's progress, SUPPORTS changes no number. If "
        "omitted, that of the objective's alignment with the parent, else of its only alignment."
    )
    weight: float | None = unchanged(
        "With a parent: weight in the parent's means; 0 (does not count), or 0.000001 to 1000000. If "
        "omitted, as for `alignmentKind`."
    )
    key_results: list[EntityRef] | None = unchanged(
        "Key results of the objective that go on under the successor, with their check-ins and with what is "
        "aligned to them; the others stay with the dropped objective. Empty or null for none; if omitted, "
        "all that are not dropped."
    )
    external_id: str | None = perhaps(
        "Id of the successor in your own system, 1 to 200 characters; must be unique among objectives."
    )


def _placement(input: ObjectiveReplaceInput) -> dict[str, Any]:
    """Return the parent, kind and weight that were given."""
    edits = edits_of(input, "parent", "weight", alignment_kind="kind")
    demand(edits, "weight")
    if "kind" in edits and edits["kind"] is None:
        demand({"alignment_kind": None}, "alignment_kind")
    if "parent" in edits:
        edits["parent"] = parent_ref(edits["parent"]) if edits["parent"] else None
    return edits


def _key_results(input: ObjectiveReplaceInput) -> list[Ref] | None:
    """Return the references to the key results that go on; None if the field was omitted."""
    edits = edits_of(input, "key_results")
    if "key_results" not in edits:
        return None
    return [
        entity_ref(one, NodeType.KEY_RESULT, ("keyResults", place))
        for place, one in enumerate(edits["key_results"] or [])
    ]


@strawberry.type
class ObjectiveReplacementMutation:
    @strawberry.mutation(
        description="Drop an objective and create its successor, in one change; `objective` is the "
        "successor, and `objective.replaces` the dropped one. Objectives that are aligned to the objective "
        "itself stay so. Needs WRITE."
    )
    async def objective_replace(self, info: Info, input: ObjectiveReplaceInput) -> ObjectivePayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await replace_objective(
                work,
                actor,
                objective=named(input),
                reason=input.reason,
                values={
                    **edited_values(input, Objective, without=("cycle", "cadence")),
                    "external_id": input.external_id,
                },
                placement=_placement(input),
                key_results=_key_results(input),
                draft=input.draft,
                expected_version=input.expected_version,
            )

        payload: ObjectivePayload = await answer(info, Scope.WRITE, input, do)
        return payload
