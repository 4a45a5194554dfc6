"""GraphQL types of activities: pages of changes with a cursor each."""

import strawberry

from okr_api.graphql.fields import column, documents, view_of
from okr_api.graphql.types.change import Change
from okr_api.graphql.types.node import PageInfo


@view_of()
@strawberry.type(description="A change in an activity with its cursor.")
class ChangeEdge:
    cursor: str = column("cursor", "Position of the change in the activity, to pass as `after` or `before`.")
    node: Change = documents(lambda node: node, "node", description="The change.")


@view_of()
@strawberry.type(
    description="One page of an activity, per the Relay connection specification. It has no total: counting "
    "would take reading the whole feed."
)
class ChangeConnection:
    edges: list[ChangeEdge] = documents(
        lambda edges: edges, "edges", description="Changes with a cursor each; use `nodes` if you need none."
    )
    nodes: list[Change] = documents(
        lambda nodes: nodes, "nodes", description="Changes without their cursors."
    )
    page_info: PageInfo = documents(
        lambda info: info,
        "page_info",
        description="Whether more changes exist, and the cursors to continue from. Of a page that ended "
        "early they are where it ended.",
    )
