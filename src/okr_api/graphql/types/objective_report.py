"""Fields of objectives on what check-ins on them report, and the pages of check-ins."""

import strawberry

from okr_api.graphql import values_at_time
from okr_api.graphql.fields import column, derived, one, paged
from okr_api.graphql.list_arguments import CheckInFilterArgument, CheckInOrderArgument
from okr_api.graphql.types.check_in import CheckIn, check_ins_page
from okr_api.graphql.types.node import After, Before, Connection, First, Last
from okr_api.okr.check_in import ReportedStatus
from okr_api.query_engine.column_expressions import CHECK_INS_OF_OBJECTIVES


@strawberry.type
class ReportOfObjective:
    """Base of the type of objectives: what is reported of it."""

    reported_status: ReportedStatus | None = derived(
        values_at_time.reported_at,
        "reported_status",
        "reported_until",
        clock=True,
        description="Status of the latest check-in on the objective itself that reported one. Null "
        "without one, and from 10 days after the latest one on it (7 until the next is due, 3 of grace).",
    )
    reported_confidence: float | None = column(
        "reported_confidence",
        "Confidence of the latest check-in on the objective itself that stated one, 0 to 1; null if none "
        "did. It stands beside `confidence`, which is the mean of the parts.",
    )
    divergent: bool = derived(
        values_at_time.divergent_at,
        "reported_status",
        "reported_until",
        "derived_statuses",
        "derived_turns",
        clock=True,
        description="True if `reportedStatus` is not null and differs from `derivedStatus`; show a hint.",
    )
    latest_check_in: CheckIn | None = one(
        "latest_check_in_id",
        "Latest check-in on the objective itself; null before the first one. Those on its key results are "
        "theirs.",
        seen=True,
    )

    @paged(
        check_ins_page("{row}.of_objective_id", source=CHECK_INS_OF_OBJECTIVES),
        "All check-ins on it and on its key results, also corrected and retracted ones; latest first unless "
        "`orderBy` is given. With `filter: { keyResult: { isNull: true } }` those on the objective itself.",
    )
    def check_ins(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: CheckInFilterArgument = None,
        order_by: CheckInOrderArgument = None,
    ) -> Connection[CheckIn]:
        raise AssertionError("It is read by its declaration")
