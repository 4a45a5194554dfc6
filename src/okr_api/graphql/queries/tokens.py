"""Query field `tokens`: a page of the organisation's API tokens, oldest first, for admins."""

import strawberry

from okr_api.auth.actor import Scope
from okr_api.graphql.context import Info
from okr_api.graphql.queries.lookups import page_of
from okr_api.graphql.types.node import (
    After,
    Before,
    Connection,
    First,
    Last,
)
from okr_api.graphql.types.token import Token
from okr_api.query_engine.field_sources import Ordering


@strawberry.type
class TokensQuery:
    @strawberry.field(
        description="All tokens of the organisation, oldest first; includes revoked and expired ones. Needs "
        "ADMIN."
    )
    async def tokens(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Token] | None:
        info.context.actor.must(Scope.ADMIN)
        page: Connection[Token] = await page_of(
            info, "TokenConnection", Ordering(), None, first=first, after=after, last=last, before=before
        )
        return page
