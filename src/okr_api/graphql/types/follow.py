"""GraphQL type of follows, and the fields of who follows what."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.fields import (
    column,
    created_at,
    external_id,
    gathered,
    global_id,
    one,
    paged,
    updated_at,
    version,
    view_of,
)
from okr_api.graphql.types.node import After, Before, Connection, First, Last, Node
from okr_api.okr.entity import NodeType
from okr_api.query_engine.column_expressions import recorded
from okr_api.query_engine.discussion import followed_by_viewer
from okr_api.query_engine.field_sources import Page
from okr_api.store.discussed_nodes import HIDDEN_FOLLOW, OBJECTIVE_OF_FOLLOW
from okr_api.store.followers import followers_of

if TYPE_CHECKING:
    from okr_api.graphql.types.key_result import KeyResult
    from okr_api.graphql.types.objective import Objective
    from okr_api.graphql.types.people import Person, Team

FOLLOWERS = (
    "People who follow it and see it, in order of creation: by `follow`, and without it the {automatic} and "
    "those who have commented on it or were mentioned there, unless they have unfollowed it."
)
VIEWER_FOLLOWS = "Whether you are among its `followers`; false for a service."


def followers_page(node_type: NodeType) -> Page:
    """Return the source of a page of the followers of nodes of a type."""
    joined = f"join ({followers_of(node_type)}) follower on follower.person = {{row}}.id"
    return Page(by="follower.node", joined=joined, seen=True)


@view_of(
    "follow",
    hidden=HIDDEN_FOLLOW,
    expressions={**recorded("follow_version"), "holder_id": OBJECTIVE_OF_FOLLOW},
)
@strawberry.type(
    description="A person's choice to follow an objective, a key result or a team, or not to. It is visible "
    "where that is."
)
class Follow(Node):
    id: strawberry.ID = global_id(NodeType.FOLLOW)
    external_id: str | None = external_id()
    person: Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")] = one(
        "person_id", "Who has chosen."
    )
    objective: Annotated["Objective", strawberry.lazy("okr_api.graphql.types.objective")] | None = one(
        "holder_id", "The objective, or that of the key result; null for a team.", seen=True
    )
    key_result: Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")] | None = one(
        "key_result_id", "The key result; null if it is of something else.", seen=True
    )
    team: Annotated["Team", strawberry.lazy("okr_api.graphql.types.people")] | None = one(
        "team_id", "The team; null if it is of something else."
    )
    is_following: bool = column(
        "is_following", "Whether the person follows it; false for one who has unfollowed it."
    )
    version: int = version()
    created_at: datetime = created_at()
    updated_at: datetime = updated_at()


@strawberry.type
class FollowersOfObjective:
    """Base of the type of objectives: who follows it."""

    viewer_follows: bool = gathered(followed_by_viewer(NodeType.OBJECTIVE), VIEWER_FOLLOWS, otherwise=False)

    @paged(followers_page(NodeType.OBJECTIVE), FOLLOWERS.format(automatic="owner, contributors"))
    def followers(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")]]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class FollowersOfKeyResult:
    """Base of the type of key results: who follows it."""

    viewer_follows: bool = gathered(followed_by_viewer(NodeType.KEY_RESULT), VIEWER_FOLLOWS, otherwise=False)

    @paged(
        followers_page(NodeType.KEY_RESULT),
        FOLLOWERS.format(automatic="owner, `checkInOwner`") + " Comments on its check-ins count as well.",
    )
    def followers(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")]]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class FollowersOfTeam:
    """Base of the type of teams: who follows it."""

    viewer_follows: bool = gathered(followed_by_viewer(NodeType.TEAM), VIEWER_FOLLOWS, otherwise=False)

    @paged(followers_page(NodeType.TEAM), "People who follow the team by `follow`, in order of creation.")
    def followers(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")]]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class FollowsOfPerson:
    """Base of the type of people: what a person has chosen to follow."""

    @paged(
        Page(by="{row}.person_id", where="{row}.is_following"),
        "What the person follows by `follow`, without what you cannot see; oldest first. What they follow "
        "automatically is not listed.",
    )
    def follows(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Follow]:
        raise AssertionError("It is read by its declaration")
