"""Query fields `organization`, `person`, `people`, `team`, `teams`, `teamMembership`, `viewer` and `seq`."""

import strawberry

from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Info
from okr_api.graphql.list_arguments import (
    PersonFilterArgument,
    PersonOrderArgument,
    TeamFilterArgument,
    TeamOrderArgument,
)
from okr_api.graphql.ordering import ordering
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.scalars import Seq
from okr_api.graphql.types.node import (
    After,
    Before,
    Connection,
    First,
    Last,
)
from okr_api.graphql.types.people import Organization, Person, Team, TeamMembership
from okr_api.graphql.types.viewer import Viewer, viewer_row
from okr_api.okr.entity import NodeType


@strawberry.type
class OrganizationQuery:
    @strawberry.field(
        description="Feed position at which this whole response is true, also in its `extensions.seq`. "
        "Subscribe with it as `after` to miss no change. A normalised cache keeps one value "
        "for all queries: there, use `extensions.seq`."
    )
    async def seq(self, info: Info) -> Seq | None:
        snapshot = (await reader_for(info)).snapshot
        await snapshot.begin()
        return Seq(snapshot.seq)

    @strawberry.field(description="Owner of the token that sent this request, and what the token allows.")
    async def viewer(self, info: Info) -> Viewer | None:
        viewer: Viewer = await (await reader_for(info)).given("Viewer", viewer_row(info.context.actor))
        return viewer

    @strawberry.field(description="Organisation that the token belongs to.")
    async def organization(self, info: Info) -> Organization | None:
        reader = await reader_for(info)
        organization: Organization = await reader.by_key("Organization", info.context.actor.organization_id)
        return organization

    @strawberry.field(
        description="The person with this `id` or `externalId`; give exactly one. Null if it does not exist."
    )
    async def person(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Person | None:
        person: Person | None = await by_id_or_external_id(info, NodeType.PERSON, id, external_id)
        return person

    @strawberry.field(
        description="All people, also inactive ones, in order of creation unless `orderBy` is given."
    )
    async def people(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: PersonFilterArgument = None,
        order_by: PersonOrderArgument = None,
    ) -> Connection[Person] | None:
        page: Connection[Person] = await page_of(
            info,
            "PersonConnection",
            ordering(order_by),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page

    @strawberry.field(
        description="The team with this `id` or `externalId`; give exactly one. Null if it does not exist."
    )
    async def team(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Team | None:
        team: Team | None = await by_id_or_external_id(info, NodeType.TEAM, id, external_id)
        return team

    @strawberry.field(
        description="The team membership with this `id` or `externalId`; give exactly one. Null if it does "
        "not exist, also because it was removed."
    )
    async def team_membership(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> TeamMembership | None:
        membership: TeamMembership | None = await by_id_or_external_id(
            info, NodeType.TEAM_MEMBERSHIP, id, external_id
        )
        return membership

    @strawberry.field(description="All teams, in order of creation unless `orderBy` is given.")
    async def teams(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: TeamFilterArgument = None,
        order_by: TeamOrderArgument = None,
    ) -> Connection[Team] | None:
        page: Connection[Team] = await page_of(
            info,
            "TeamConnection",
            ordering(order_by),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page
