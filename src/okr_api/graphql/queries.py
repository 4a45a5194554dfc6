"""The queries: where reading begins. Each names rows; what is selected of them is loaded as declared."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from okr_api.graphql.context import Info, load_given, loader_of, raw
from okr_api.graphql.filters import CycleFilter, KeyResultFilter, NameFilter, ObjectiveFilter
from okr_api.graphql.orders import KeyResultOrder, ObjectiveOrder, ordering
from okr_api.graphql.scalars import Seq
from okr_api.graphql.types.cycle import Cycle
from okr_api.graphql.types.feed import TYPE_NAMES
from okr_api.graphql.types.key_result import KeyResult
from okr_api.graphql.types.node import Connection, Node
from okr_api.graphql.types.objective import Objective
from okr_api.graphql.types.people import Organization, Person, Team, Viewer
from okr_api.graphql.types.tree import ObjectiveTree
from okr_api.identity.actor import Scope
from okr_api.okr.change import NodeType
from okr_api.okr.errors import InvalidInput, TooMany
from okr_api.reading.declarations import Ordering, Page
from okr_api.reading.filters import narrow
from okr_api.reading.ids import decode_id, id_of_type
from okr_api.reading.pages import Wanted
from okr_api.reading.paging import ALL, load_pages
from okr_api.reading.statements import ROW
from okr_api.reading.tree import tree_of

MOST_NODES = 100

IdArgument = Annotated[strawberry.ID | None, strawberry.argument(description="The id.")]
ExternalIdArgument = Annotated[str | None, strawberry.argument(description="Or the external id.")]
First = Annotated[int | None, strawberry.argument(description="The first so many, 1 to 100; 50 by default.")]
After = Annotated[str | None, strawberry.argument(description="Those after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="The last so many, 1 to 100.")]
Before = Annotated[str | None, strawberry.argument(description="Those before this cursor.")]


async def by_id_or_external_id(
    info: Info, node_type: NodeType, id: str | None, external_id: str | None
) -> Any:
    """The one entity that an id or an external id names, or None."""
    if (id is None) == (external_id is None):
        raise InvalidInput("Give either id or externalId", path=["id"])
    loader = await loader_of(info)
    name, nodes = TYPE_NAMES[node_type], raw(info).field_nodes
    if id is not None:
        decoded = id_of_type(id, node_type)
        return (await loader.by_key(name, nodes, [decoded])).get(decoded) if decoded else None
    statement = loader.select(name, nodes)
    statement.where(f"{ROW}.external_id = {statement.parameter(external_id)}")
    rows = await statement.fetch(loader.snapshot)
    return (await loader.complete(name, nodes, rows) or [None])[0]


async def page_of(info: Info, connection: str, order: Ordering, given: Any, **arguments: Any) -> Any:
    """A page of all rows of a type that the filter lets through."""
    loader = await loader_of(info)
    now = loader.snapshot.now
    pages = await load_pages(
        loader,
        connection,
        raw(info).field_nodes,
        Page(order=order),
        Wanted.of(arguments),
        narrow=lambda statement: narrow(statement, given, now),
    )
    return pages[ALL]


@strawberry.type(description="What can be asked.")
class Query:
    """The root of queries."""

    @strawberry.field(description="The position of the feed at which all of this answer is true.")
    async def seq(self, info: Info) -> Seq:
        """The snapshot's position."""
        await info.context.snapshot.begin()
        return Seq(info.context.snapshot.seq)

    @strawberry.field(description="Who asks, and what they may do.")
    async def viewer(self, info: Info) -> Viewer:
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
        viewer: Viewer = await load_given(info, "Viewer", row)
        return viewer

    @strawberry.field(description="The organisation that the token belongs to.")
    async def organization(self, info: Info) -> Organization:
        """The asker's organisation."""
        loader = await loader_of(info)
        id = info.context.actor.organization_id
        organization: Organization = (await loader.by_key("Organization", raw(info).field_nodes, [id]))[id]  # type: ignore[assignment]
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
    ) -> Connection[Person]:
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
    ) -> Connection[Team]:
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
    ) -> Connection[Cycle]:
        """Cycles."""
        page: Connection[Cycle] = await page_of(
            info, "CycleConnection", Ordering(), filter, first=first, after=after, last=last, before=before
        )
        return page

    @strawberry.field(description="One objective; null when there is no such one, or you do not see it.")
    async def objective(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Objective | None:
        """An objective."""
        objective: Objective | None = await by_id_or_external_id(info, NodeType.OBJECTIVE, id, external_id)
        return objective

    @strawberry.field(description="The objectives, by creation unless ordered otherwise.")
    async def objectives(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[ObjectiveFilter | None, strawberry.argument(description="Which.")] = None,
        order_by: Annotated[ObjectiveOrder | None, strawberry.argument(description="In which order.")] = None,
    ) -> Connection[Objective]:
        """Objectives."""
        page: Connection[Objective] = await page_of(
            info,
            "ObjectiveConnection",
            ordering(order_by),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page

    @strawberry.field(description="One key result; null when there is no such one, or you do not see it.")
    async def key_result(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> KeyResult | None:
        """A key result."""
        found: KeyResult | None = await by_id_or_external_id(info, NodeType.KEY_RESULT, id, external_id)
        return found

    @strawberry.field(description="The key results, by creation unless ordered otherwise.")
    async def key_results(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[KeyResultFilter | None, strawberry.argument(description="Which.")] = None,
        order_by: Annotated[KeyResultOrder | None, strawberry.argument(description="In which order.")] = None,
    ) -> Connection[KeyResult]:
        """Key results."""
        page: Connection[KeyResult] = await page_of(
            info,
            "KeyResultConnection",
            ordering(order_by),
            filter,
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return page

    @strawberry.field(
        description="The tree of a cycle, or of what lies beneath an objective: nested, or flat for any depth."
    )
    async def objective_tree(
        self,
        info: Info,
        cycle_id: Annotated[strawberry.ID | None, strawberry.argument(description="Of this cycle.")] = None,
        root_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Or beneath this objective.")
        ] = None,
        depth: Annotated[
            int | None, strawberry.argument(description="Down to this depth; roots have 0.")
        ] = None,
    ) -> ObjectiveTree:
        """The tree."""
        if (cycle_id is None) == (root_id is None):
            raise InvalidInput("Give either cycleId or rootId", path=["cycleId"])
        if depth is not None and depth < 0:
            raise InvalidInput("depth begins at 0", path=["depth"])
        await info.context.snapshot.begin()
        found = await tree_of(
            info.context.snapshot,
            cycle_id=_known(cycle_id, NodeType.CYCLE),
            root_id=_known(root_id, NodeType.OBJECTIVE),
            depth=depth,
        )
        row = {"seq": info.context.snapshot.seq, **found}
        tree: ObjectiveTree = await load_given(info, "ObjectiveTree", row)
        return tree

    @strawberry.field(
        description="The entity with that id; null when there is no such one, or you do not see it."
    )
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The id.")]
    ) -> Node | None:
        """An entity."""
        node: Node | None = (await _nodes(info, [id]))[0]
        return node

    @strawberry.field(
        description="The entities with those ids, in their order, at most 100; null for what is not there."
    )
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="The ids.")]
    ) -> list[Node | None]:
        """Entities."""
        if len(ids) > MOST_NODES:
            raise TooMany(f"At most {MOST_NODES} ids at a time", path=["ids"])
        return await _nodes(info, ids)


def _known(id: str | None, node_type: NodeType) -> UUID | None:
    """The id; one that names nothing becomes one that nothing has."""
    return None if id is None else id_of_type(id, node_type) or UUID(int=0)


async def _nodes(info: Info, ids: list[strawberry.ID]) -> list[Any]:
    loader = await loader_of(info)
    decoded = [decode_id(id) for id in ids]
    named = [(TYPE_NAMES[one[0]], one[1]) if one else None for one in decoded]
    return await loader.one_of(raw(info).field_nodes, named)
