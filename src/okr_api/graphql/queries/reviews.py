"""Queries of a review and of a pulse."""

import strawberry

from okr_api.graphql.context import Info
from okr_api.graphql.queries.lookups import ExternalIdArgument, IdArgument, by_id_or_external_id
from okr_api.graphql.types.pulse import Pulse
from okr_api.graphql.types.review_record import ReviewRecord
from okr_api.okr.entity import NodeType


@strawberry.type
class ReviewsQuery:
    @strawberry.field(
        description="The review with this `id` or `externalId`; give exactly one. Null if it does not exist, "
        "was deleted, or is not visible. `Objective.review` has that of an objective."
    )
    async def review_record(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> ReviewRecord | None:
        found: ReviewRecord | None = await by_id_or_external_id(info, NodeType.REVIEW_RECORD, id, external_id)
        return found

    @strawberry.field(
        description="The pulse with this `id` or `externalId`; give exactly one. Null if it does not exist "
        "or was deleted. `Cycle.pulse` has that of a cycle."
    )
    async def pulse(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Pulse | None:
        found: Pulse | None = await by_id_or_external_id(info, NodeType.PULSE, id, external_id)
        return found
