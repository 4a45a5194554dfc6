"""Bases of the types that have an `activity`: what happened to an entity, or what a person did."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.activity_filter import (
    PAGED,
    ActivityFilterArgument,
    IsDirect,
    activity_loader,
)
from okr_api.graphql.fields import gathered_by
from okr_api.graphql.types.node import After, Before, First, Last
from okr_api.query_engine.activity_statements import ActivityScope

if TYPE_CHECKING:
    from okr_api.graphql.types.activity import ChangeConnection


@strawberry.type
class ActivityOfTeam:
    """Base of the type of teams: what happened to a team and its objectives."""

    @gathered_by(
        activity_loader(ActivityScope.TEAM),
        "What happened to the team, to its meetings with their decisions, and to the objectives that belong "
        "to it now and that you see, with what belongs to them." + PAGED,
    )
    def activity(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ActivityFilterArgument = None,
        is_direct: IsDirect = None,
    ) -> Annotated["ChangeConnection", strawberry.lazy("okr_api.graphql.types.activity")]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class ActivityOfPerson:
    """Base of the type of people: what a person did."""

    @gathered_by(
        activity_loader(ActivityScope.PERSON), "What the person did: changes that they made." + PAGED
    )
    def activity(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ActivityFilterArgument = None,
    ) -> Annotated["ChangeConnection", strawberry.lazy("okr_api.graphql.types.activity")]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class ActivityOfOrganization:
    """Base of the type of the organisation: everything that happened."""

    @gathered_by(
        activity_loader(ActivityScope.ORGANIZATION),
        "Everything that happened: the change feed." + PAGED,
    )
    def activity(
        self,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ActivityFilterArgument = None,
    ) -> Annotated["ChangeConnection", strawberry.lazy("okr_api.graphql.types.activity")]:
        raise AssertionError("It is read by its declaration")
