"""GraphQL type `KeyResultSnapshot`: a key result as it stood at a check-in on its objective."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.fields import column, one, view_of
from okr_api.okr.check_in import ReportedStatus

if TYPE_CHECKING:
    from okr_api.graphql.types.key_result import KeyResult

BEFORE = "The same at the check-in on the objective before this one; null if there was none."


@view_of()
@strawberry.type(
    description="What check-ins had said of a key result when its objective was checked in on, and what they "
    "had said when it was checked in on before."
)
class KeyResultSnapshot:
    key_result: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] = one(
        "key_result_id", "The key result; its own fields are those of now.", seen=True
    )
    value: float | None = column(
        "value",
        "Its value then, in its unit; null before the first reading, for MILESTONES and with a formula.",
    )
    value_before: float | None = column("value_before", BEFORE)
    milestones_done: list[str] | None = column(
        "milestones_done", "Keys of the milestones done by then, for MILESTONES; otherwise null."
    )
    milestones_done_before: list[str] | None = column("milestones_done_before", BEFORE)
    confidence: float | None = column(
        "confidence", "Confidence that was last reported of it then, 0 to 1; null if none was."
    )
    confidence_before: float | None = column("confidence_before", BEFORE)
    status: ReportedStatus | None = column(
        "status", "Status that was last reported of it then, whether it had lapsed or not; null if none was."
    )
    status_before: ReportedStatus | None = column("status_before", BEFORE)
