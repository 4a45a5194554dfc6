"""Queries of the organisation, its people, teams and cycles, and of who asks."""

from typing import Annotated

import strawberry

from okr_api.auth.actor import Scope
from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Info
from okr_api.graphql.filters import CycleFilter, NameFilter
from okr_api.graphql.queries.lookups import (
    ExternalIdArgument,
    IdArgument,
    by_id_or_external_id,
    page_of,
)
from okr_api.graphql.scalars import Seq
from okr_api.graphql.types.cycle import Cycle
from okr_api.graphql.types.node import (
    After,
    Before,
    Connection,
    First,
    Last,
)
from okr_api.graphql.types.people import (
    Organization,
    Person,
    Team,
    Viewer,
)
from okr_api.okr.change import NodeType
from okr_api.query_engine.field_sources import Ordering


@strawberry.type
class OrganizationQuery:
    """Queries of the organisation."""

    @strawberry.field(description="The position of the feed at which all of this answer is true.")
    async def seq(self, info: Info) -> Seq | None:
        """The snapshot's position."""
        snapshot = (await reader_for(info)).snapshot
        await snapshot.begin()
        return Seq(snapshot.seq)

    @strawberry.field(description="Who asks, and what they may do.")
    async def viewer(self, info: Info) -> Viewer | None:
        """The asker."""
        actor = info.context.actor
        scopes = [scope.name for scope in Scope if actor.may(scope)]
        row = {
            "author_name": actor.author.name,
            "author_person_id": actor.author.person_id,
            "organization_id": actor.organization_id,
            "scopes": scopes,
            "sees_drafts": actor.sees_drafts,
        }
        viewer: Viewer = await (await reader_for(info)).given("Viewer", row)
        return viewer

    @strawberry.field(description="The organisation that the token belongs to.")
    async def organization(self, info: Info) -> Organization | None:
        """The asker's organisation."""
        reader = await reader_for(info)
        organization: Organization = await reader.by_key("Organization", info.context.actor.organization_id)
        return organization

    @strawberry.field(description="One person; null when there is no such one.")
    async def person(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Person | None:
        """A person."""
        person: Person | None = await by_id_or_external_id(info, NodeType.PERSON, id, external_id)
        return person

    @strawberry.field(description="The people, those who have left included; by joining.")
    async def people(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[NameFilter | None, strawberry.argument(description="Which.")] = None,
    ) -> Connection[Person] | None:
        """People."""
        page: Connection[Person] = await page_of(
            info, "PersonConnection", Ordering(), filter, first=first, after=after, last=last, before=before
        )
        return page

    @strawberry.field(description="One team; null when there is no such one.")
    async def team(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Team | None:
        """A team."""
        team: Team | None = await by_id_or_external_id(info, NodeType.TEAM, id, external_id)
        return team

    @strawberry.field(description="The teams, by forming.")
    async def teams(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[NameFilter | None, strawberry.argument(description="Which.")] = None,
    ) -> Connection[Team] | None:
        """Teams."""
        page: Connection[Team] = await page_of(
            info, "TeamConnection", Ordering(), filter, first=first, after=after, last=last, before=before
        )
        return page

    @strawberry.field(description="One cycle; null when there is no such one.")
    async def cycle(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Cycle | None:
        """A cycle."""
        cycle: Cycle | None = await by_id_or_external_id(info, NodeType.CYCLE, id, external_id)
        return cycle

    @strawberry.field(description="The cycles, by creation.")
    async def cycles(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[CycleFilter | None, strawberry.argument(description="Which.")] = None,
    ) -> Connection[Cycle] | None:
        """Cycles."""
        page: Connection[Cycle] = await page_of(
            info, "CycleConnection", Ordering(), filter, first=first, after=after, last=last, before=before
        )
        return page
