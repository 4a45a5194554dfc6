"""Query field `objectiveTree`: a cycle, an objective, or narrowed to a team, a person or a priority."""

from typing import Annotated, Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from okr_api.graphql.argument_values import only_one_of
from okr_api.graphql.context import Info
from okr_api.graphql.past_reads import AsOf, reader_as_of
from okr_api.graphql.scan_cost import tree_key
from okr_api.graphql.types.tree import ObjectiveTree
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import InvalidInput
from okr_api.query_engine.change_queries import is_there
from okr_api.query_engine.global_ids import TYPE_NAMES, id_of_argument
from okr_api.query_engine.reader import Reader
from okr_api.query_engine.tree_layout_cache import TreeLayoutCache
from okr_api.query_engine.tree_query import tree_of
from okr_api.query_engine.tree_selection import TreeSelection, teams_beneath

Id = strawberry.ID | None
CycleId = Annotated[Id, strawberry.argument(description="Only objectives of this cycle.")]
CycleExternalId = Annotated[
    str | None, strawberry.argument(description="Only objectives of the cycle with this external id.")
]
RootId = Annotated[
    Id, strawberry.argument(description="Only this objective and everything below it; not with a cycle.")
]
RootExternalId = Annotated[
    str | None,
    strawberry.argument(description="Only the objective with this external id and everything below it."),
]
TeamId = Annotated[
    Id, strawberry.argument(description="Only objectives of this team; see `includeSubteams`.")
]
TeamExternalId = Annotated[
    str | None, strawberry.argument(description="Only objectives of the team with this external id.")
]
PersonId = Annotated[
    Id, strawberry.argument(description="Only objectives that this person owns or contributes to.")
]
PersonExternalId = Annotated[
    str | None,
    strawberry.argument(
        description="Only objectives that the person with this external id owns or contributes to."
    ),
]
PriorityId = Annotated[
    Id,
    strawberry.argument(
        description="Only objectives that serve this priority, themselves or through one above."
    ),
]
PriorityExternalId = Annotated[
    str | None,
    strawberry.argument(description="Only objectives that serve the priority with this external id."),
]
IncludeSubteams = Annotated[
    bool,
    strawberry.argument(
        description="Whether objectives of teams under the team belong to its tree; only with a team."
    ),
]
Depth = Annotated[
    int | None,
    strawberry.argument(description="Maximum depth of `rows`; roots have 0. No limit if omitted."),
]
Scope = dict[str, str]  # the arguments that say which objectives a tree has, by Python name


@strawberry.type
class TreeQuery:
    @strawberry.field(
        description="Objective tree of a cycle, of one objective with everything below it, of a team, a "
        "person or a priority; at most 20,000 objectives. Give at least one; not both a cycle and a root. "
        "With several an objective has to meet all of them: `cycleId` and `teamId` give what the team does "
        "in the cycle. An objective whose parent does not belong to the tree hangs on the nearest one above "
        "that does; without one it is a root. In the tree of a cycle alone it is a root. "
        "Null if something that is named does not exist or you cannot see it."
    )
    async def objective_tree(
        self,
        info: Info,
        cycle_id: CycleId = None,
        cycle_external_id: CycleExternalId = None,
        root_id: RootId = None,
        root_external_id: RootExternalId = None,
        team_id: TeamId = None,
        team_external_id: TeamExternalId = None,
        include_subteams: IncludeSubteams = False,
        person_id: PersonId = None,
        person_external_id: PersonExternalId = None,
        priority_id: PriorityId = None,
        priority_external_id: PriorityExternalId = None,
        depth: Depth = None,
        as_of: AsOf = None,
    ) -> ObjectiveTree | None:
        start = {
            "cycle_id": cycle_id,
            "cycle_external_id": cycle_external_id,
            "root_id": root_id,
            "root_external_id": root_external_id,
        }
        others = (
            {"team_id": team_id, "team_external_id": team_external_id},
            {"person_id": person_id, "person_external_id": person_external_id},
            {"priority_id": priority_id, "priority_external_id": priority_external_id},
        )
        scope = _scope_of(start, *others)
        if depth is not None and depth < 0:
            raise InvalidInput("depth begins at 0", path=["depth"])
        if include_subteams and team_id is None and team_external_id is None:
            raise InvalidInput("includeSubteams needs a team", path=["includeSubteams"])
        async with reader_as_of(info, as_of) as reader:
            await reader.snapshot.begin()
            selection = await _selection_of(reader, scope, subteams=include_subteams)
            return selection and await _tree_of(
                info, reader, scope, selection, depth, subteams=include_subteams
            )


def _scope_of(start: dict[str, str | None], *others: dict[str, str | None]) -> Scope:
    """Return the arguments that are given.

    Raises:
        InvalidInput: none is, or two that exclude one another.
    """
    named = [of for of in others if any(value is not None for value in of.values())]
    if any(value is not None for value in start.values()):
        named.insert(0, start)
    elif not named:
        names = ", ".join(to_camel_case(name) for of in (start, *others) for name in of)
        raise InvalidInput(f"Give at least one of {names}", path=["cycleId"])
    return dict(only_one_of(**of) for of in named)


async def _selection_of(reader: Reader, scope: Scope, *, subteams: bool) -> TreeSelection | None:
    """Return what the arguments select; None if one of them names nothing, or nothing that is visible.

    A cycle or a root alone may not be there: an empty tree shows it, without a statement for each tree.
    """
    found: dict[str, Any] = {}
    alone = len(scope) == 1
    for name, value in scope.items():
        of = name.partition("_")[0]
        node_type = NodeType.OBJECTIVE if of == "root" else NodeType(of.upper())
        id = await id_of_argument(reader.snapshot, node_type, name, value)
        if id is not None and not (alone and of in ("cycle", "root")):
            id = await reader.id_of_visible(TYPE_NAMES[node_type], id)
        if id is None:
            return None
        if of == "team":
            found["team_ids"] = await teams_beneath(reader.snapshot, id) if subteams else (id.hex,)
        else:
            found[f"{of}_id"] = id
    return TreeSelection(**found)


async def _tree_of(
    info: Info,
    reader: Reader,
    scope: Scope,
    selection: TreeSelection,
    depth: int | None,
    *,
    subteams: bool,
) -> ObjectiveTree | None:
    """Return the tree of the selected objectives, None if its root or cycle is not there; keep its size."""
    if selection.cycle_id is not None and not selection.is_narrowed:
        reader.loader.within["Objective"] = ("cycle_id", selection.cycle_id)
    app_services, is_shadow = info.context.app_services, reader.snapshot.is_shadow
    layouts = TreeLayoutCache() if is_shadow else app_services.layouts
    layout = await tree_of(reader.snapshot, layouts, selection, depth)
    sizes = app_services.sizes.get(info.context.actor.organization_id)
    if sizes is not None and not is_shadow:  # the cost of its next query is computed from it
        named = {to_camel_case(name): value for name, value in scope.items()}
        sizes.measured(tree_key(named, depth, subteams=subteams), len(layout.rows))
    empty = not layout.root_ids and not selection.is_narrowed
    if empty and not await is_there(reader.snapshot, selection.root_id, selection.cycle_id):
        return None
    tree: ObjectiveTree = await reader.made("ObjectiveTree", {"seq": reader.snapshot.seq, **layout._asdict()})
    return tree
