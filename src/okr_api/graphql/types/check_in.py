"""Check-ins."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.fields import (
    column,
    derived,
    external_id,
    global_id,
    one,
    same,
    view_of,
)
from okr_api.graphql.scalars import Seq
from okr_api.graphql.types.node import Node
from okr_api.graphql.types.people import Actor
from okr_api.okr.change import NodeType
from okr_api.okr.check_in import ReportedStatus
from okr_api.store.unpublished import UNPUBLISHED_CHECK_IN

if TYPE_CHECKING:
    from okr_api.graphql.types.key_result import KeyResult

SUPERSEDED_BY = """
    (select later.id from check_in later
     where later.organization_id = {row}.organization_id and later.supersedes_id = {row}.id)
"""


@view_of("check_in", hidden=UNPUBLISHED_CHECK_IN, expressions={"superseded_by_id": SUPERSEDED_BY})
@strawberry.type(
    description="What somebody said of a key result at an instant. Never edited, only superseded."
)
class CheckIn(Node):
    """A check-in."""

    id: strawberry.ID = global_id(NodeType.CHECK_IN)
    external_id: str | None = external_id()
    key_result: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] = one(
        "key_result_id", "The key result that it speaks of.", seen=True
    )
    value: float | None = column("value", "The measured value, in the key result's unit; 0 or 1 for yes/no.")
    milestones_done: list[str] | None = column("milestones_done", "The keys of all milestones done by then.")
    confidence: float | None = column("confidence", "The confidence that it will be reached, from 0 to 1.")
    status: ReportedStatus | None = column("status", "How whoever checked in saw it.")
    note: str | None = column("note", "What there was to say.")
    effective_at: datetime = column("effective_at", "The instant from which it holds.")
    recorded_at: datetime = column("recorded_at", "The instant at which it was recorded.")
    author: Actor = same("Who checked in.")
    seq: Seq = column("seq", "The position in the feed at which it was recorded.")
    supersedes: "CheckIn | None" = one(
        "supersedes_id", "The check-in that this one corrects or takes back.", seen=True
    )
    superseded_by: "CheckIn | None" = one(
        "superseded_by_id", "The check-in that corrects this one or takes it back.", seen=True
    )
    retraction_reason: str | None = column(
        "retraction_reason",
        "Why the superseded check-in was taken back; null for one that says something itself.",
    )
    live: bool = derived(
        lambda superseded_by, retraction: superseded_by is None and retraction is None,
        "superseded_by_id",
        "retraction_reason",
        description="Whether it still stands: neither corrected nor taken back, nor a retraction itself.",
    )
