"""Query field `checkInDraft` by id or external id."""

import strawberry

from okr_api.graphql.context import Info
from okr_api.graphql.queries.lookups import ExternalIdArgument, IdArgument, by_id_or_external_id
from okr_api.graphql.types.check_in_draft import CheckInDraft
from okr_api.okr.entity import NodeType


@strawberry.type
class CheckInDraftsQuery:
    @strawberry.field(
        description="The draft of a check-in with this `id` or `externalId`; give exactly one. Null if it "
        "does not exist, was published, or you cannot see it. `Person.checkInDrafts` lists them."
    )
    async def check_in_draft(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> CheckInDraft | None:
        found: CheckInDraft | None = await by_id_or_external_id(
            info, NodeType.CHECK_IN_DRAFT, id, external_id
        )
        return found
