"""Objectives and their alignments."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from okr_api.graphql import time_derived_fields
from okr_api.graphql.fields import (
    column,
    derived,
    external_id,
    gathered,
    global_id,
    listed,
    many,
    one,
    one_of,
    version,
    view_of,
)
from okr_api.graphql.types.cycle import Cycle
from okr_api.graphql.types.key_result import KeyResult
from okr_api.graphql.types.node import Node
from okr_api.graphql.types.people import Person, Team
from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.change import NodeType
from okr_api.okr.computed_values import Band, ProgressReason, Status
from okr_api.okr.objective import ObjectiveKind, ObjectiveState, ProgressSource
from okr_api.query_engine.status_counts import parts_by_status, worst_part
from okr_api.store.unpublished import UNPUBLISHED_ALIGNMENT, UNPUBLISHED_OBJECTIVE

ENDS_AT = """
    (select cycle.ends_at from cycle
     where cycle.organization_id = {row}.organization_id and cycle.id = {row}.cycle_id)
"""
CHILDREN = """
    join (
        select edge.child_id, edge.parent_objective_id as serves
        from alignment edge
        where edge.organization_id = $1 and edge.parent_objective_id = any({parents}::uuid[])
        union
        select edge.child_id, through.objective_id
        from key_result through
        join alignment edge on edge.organization_id = $1 and edge.parent_key_result_id = through.id
        where through.organization_id = $1 and through.objective_id = any({parents}::uuid[])
    ) served on served.child_id = {row}.id
"""


def _parent(objective_id: Any, key_result_id: Any) -> tuple[str, Any]:
    return ("Objective", objective_id) if objective_id else ("KeyResult", key_result_id)


@view_of()
@strawberry.type(description="How many parts have a status.")
class StatusCount:
    """A count of parts."""

    status: Status = column("status", "The status.")
    count: int = column("count", "How many of the parts that count have it.")


@view_of("objective", hidden=UNPUBLISHED_OBJECTIVE, expressions={"cycle_ends_at": ENDS_AT})
@strawberry.type(description="What a team wants to achieve in a cycle, and why.")
class Objective(Node):
    """An objective."""

    id: strawberry.ID = global_id(NodeType.OBJECTIVE)
    external_id: str | None = external_id()
    title: str = column("title", "What is to be achieved.")
    description: str | None = column("description", "Why it matters.")
    kind: ObjectiveKind = column("kind", "What is expected of it.")
    state: ObjectiveState = column("state", "Whether it counts.")
    owner: Person | None = one("owner_id", "The one who answers for it.")
    contributors: list[Person] = listed("contributor_ids", "Those who work on it.")
    team: Team | None = one("team_id", "The team whose objective it is.")
    cycle: Cycle = one("cycle_id", "The cycle in which it is to be reached.")
    version: int = version()
    progress: float | None = column(
        "progress", "The weighted mean over its parts, 0 to 1; null with a reason."
    )
    progress_reason: ProgressReason | None = column("progress_reason", "Why there is no progress.")
    progress_source: ProgressSource = column("progress_source", "Which parts it is set to count.")
    progress_from: ProgressSource = column("progress_from", "Which parts are counted: never AUTO.")
    coverage: float | None = column(
        "coverage", "The share of the weight beneath it that is measured, 0 to 1."
    )
    confidence: float | None = column("confidence", "The weighted mean over the parts that have one, 0 to 1.")
    lowest_confidence: float | None = column("lowest_confidence", "The lowest confidence beneath it.")
    score: float | None = derived(
        time_derived_fields.score_at,
        "score_at_end",
        "cycle_ends_at",
        clock=True,
        description="The weighted mean of the scores of its parts, 0 to 1; null before the cycle's end.",
    )
    score_floor: float | None = derived(
        time_derived_fields.score_at,
        "score_floor",
        "cycle_ends_at",
        clock=True,
        description="The score with 0 for parts that have none, 0 to 1; `band` and ACHIEVED follow it. "
        "Null before the cycle's end.",
    )
    partial: bool = derived(
        time_derived_fields.ended,
        "partial",
        "cycle_ends_at",
        clock=True,
        description="Whether parts without a score were left out of it.",
    )
    imported_score: float | None = column("imported_score", "A score published elsewhere, kept as it was.")
    band: Band | None = derived(
        time_derived_fields.objective_band_at,
        "score_at_end",
        "score_floor",
        "cycle_ends_at",
        "kind",
        clock=True,
        description="The colour of `scoreFloor`, so that what was never measured does not help: RED below "
        "0.4, YELLOW below 0.7, else GREEN. Null before the cycle's end, without a score, and for LEARNING.",
    )
    expected_progress: float | None = derived(
        time_derived_fields.expected_at,
        "expected_at",
        "expected",
        clock=True,
        description="How far it should have come by now, from 0 to 1.",
    )
    gap: float | None = derived(
        time_derived_fields.objective_gap_at,
        "progress",
        "coverage",
        "expected_at",
        "expected",
        clock=True,
        description="`expectedProgress` less `progress`: above 0.10 at risk, above 0.25 off track; null "
        "while nothing has been measured.",
    )
    status: Status = derived(
        time_derived_fields.status_at,
        "statuses",
        "status_turns",
        clock=True,
        sql=time_derived_fields.STATUS,
        description="What to show beside its name.",
    )
    derived_status: Status = derived(
        time_derived_fields.status_at,
        "derived_statuses",
        "derived_turns",
        clock=True,
        sql=time_derived_fields.DERIVED_STATUS,
        description="What the pace says.",
    )
    next_status_change_at: datetime | None = derived(
        time_derived_fields.next_turn,
        "status_turns",
        clock=True,
        description="When `status` will next turn if nothing new is recorded: look again then.",
    )
    parts_by_status: list[StatusCount] = gathered(
        parts_by_status, "How the parts that count stand, worst first; codes are counted, never averaged.", []
    )
    worst_part: Status | None = gathered(worst_part, "The worst status among the parts that count.")
    parents: list["Alignment"] = many("{row}.child_id", "What it serves.")
    children: list["Objective"] = many(
        "served.serves", "The objectives that serve it or its key results.", joined=CHILDREN
    )
    key_results: list[KeyResult] = many("{row}.objective_id", "What it is measured by.", seen=True)


AlignmentParent = Annotated[
    Objective | KeyResult,
    strawberry.union(
        "AlignmentParent", description="What an objective can serve: an objective or a key result."
    ),
]


@view_of("alignment", hidden=UNPUBLISHED_ALIGNMENT, key="parent_id")
@strawberry.type(description="How an objective serves another objective or a key result.")
class Alignment:
    """An edge of the tree."""

    parent: AlignmentParent = one_of(
        _parent, "parent_objective_id", "parent_key_result_id", description="What is served."
    )
    child: Objective = one("child_id", "The objective that serves.", seen=True)
    kind: AlignmentKind = column("kind", "Whether it counts.")
    weight: float = column("weight", "Its weight in the parent's means: 0, or 0.000001 to 1000000.")
