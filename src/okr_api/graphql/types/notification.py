"""GraphQL types of notifications, their pages and settings, and the loaders of both."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry

from okr_api.graphql.comparators import said
from okr_api.graphql.enums import describe
from okr_api.graphql.fields import column, documents, gathered, view_of
from okr_api.graphql.filter_validation import validate_filter
from okr_api.graphql.scalars import Seq
from okr_api.graphql.types.change import Change
from okr_api.graphql.types.node import PageInfo
from okr_api.okr.notification_settings import NotificationDelivery, NotificationReason
from okr_api.query_engine.cursors import PageRequest
from okr_api.query_engine.notifications import (
    NotificationConditions,
    count_unread,
    load_notifications,
    load_settings,
)
from okr_api.query_engine.snapshot import Snapshot
from okr_api.query_engine.sql_filters import given_fields

describe(
    NotificationReason,
    "Why you are notified of a change; of several reasons the first, unless its delivery is OFF.",
    MENTION="A comment mentions you.",
    REPLY="Somebody replies to a comment of yours, or to one that you have replied to.",
    ASSIGNED="You have become owner, contributor or check-in owner; the owner of an initiative, dependency, "
    "roadblock, decision, experiment, lesson, priority or metric; a member of a team; or the delegate in an "
    "absence. Or a roadblock was escalated to you, a check-in prepared for you, or a webhook of yours "
    "disabled.",
    DUE="A check-in that you owe fell due, is late or was missed.",
    REVIEW="The review of a cycle has begun in which you own a published objective.",
    FOLLOWED_CHANGE="Something that you follow has changed, or was commented on; who follows a team follows "
    "its objectives, and who follows an objective its key results.",
)
describe(
    NotificationDelivery,
    "How you are told of notifications with a reason.",
    IMMEDIATE="They are listed, and sent to `notificationReceived` at once.",
    DAILY="They are listed, but not sent: for clients that read the list now and then.",
    OFF="You are not notified; another reason may still apply. What was listed before stays.",
)


@view_of()
@strawberry.type(
    description="A change of which you are notified: at most one for each change, known by its `seq`. You "
    "see only your own, and none about what you cannot see now."
)
class Notification:
    seq: Seq = column(
        "seq", "Position of the change in the feed: pass it to `notificationsRead`, or as `after` to resume."
    )
    at: datetime = column("recorded_at", "When the change was recorded.")
    reason: NotificationReason = column("reason", "Why you are notified.")
    is_read: bool = column("is_read", "Whether you have marked it as read; false for one that is sent.")
    change: Change = documents(
        lambda change: change,
        "change",
        description="The change, with its `node`, its actor and a `summary`. `nodeId` is null if you see "
        "something that it is about, but not its own node. Of statuses that turned at once it is of one that "
        "you follow.",
    )


@view_of()
@strawberry.type(description="A notification with its cursor.")
class NotificationEdge:
    cursor: str = column(
        "cursor", "Position of the notification in the list, to pass as `after` or `before`."
    )
    node: Notification = documents(lambda node: node, "node", description="The notification.")


@view_of(key="person_id")
@strawberry.type(
    description="One page of notifications, per the Relay connection specification. It has no total: "
    "`unreadCount` counts those that matter."
)
class NotificationConnection:
    edges: list[NotificationEdge] = documents(
        lambda edges: edges,
        "edges",
        description="Notifications with a cursor each; use `nodes` if you need none.",
    )
    nodes: list[Notification] = documents(
        lambda nodes: nodes, "nodes", description="Notifications without their cursors."
    )
    unread_count: int = gathered(
        count_unread,
        "Number of your unread notifications, whatever `filter` says; at most 100 are counted, so that 100 "
        "means 100 or more.",
        otherwise=0,
    )
    page_info: PageInfo = documents(
        lambda info: info,
        "page_info",
        description="Whether more notifications exist, and the cursors to continue from. Of a page that "
        "ended early they are where it ended.",
    )


@view_of()
@strawberry.type(description="How you are told of notifications with a reason.")
class NotificationSetting:
    reason: NotificationReason = column("reason", "The reason.")
    delivery: NotificationDelivery = column(
        "delivery", "How you are told; IMMEDIATE unless you chose otherwise."
    )


@strawberry.input(description="Filter for notifications; all conditions are ANDed.")
class NotificationFilter:
    """Filter for notifications."""

    is_unread: bool | None = said("true: only unread ones; false: only those that are read.")
    reasons: list[NotificationReason] | None = said("The reason is one of these.")


NotificationFilterArgument = Annotated[
    NotificationFilter | None,
    strawberry.argument(description="Only notifications that match; all conditions are ANDed."),
]


async def notifications_of_viewer(
    snapshot: Snapshot, keys: Sequence[str | None], **given: Any
) -> Mapping[str | None, Any]:
    """Return the page of the notifications of the person who reads; a service has none."""
    filter: NotificationFilter | None = given.get("filter")
    validate_filter(filter)
    conditions = NotificationConditions(**dict(given_fields(filter)) if filter is not None else {})
    wanted = PageRequest.of(given)
    return {key: await load_notifications(snapshot, key, wanted, conditions) for key in dict.fromkeys(keys)}


async def settings_of_viewer(
    snapshot: Snapshot, keys: Sequence[str | None]
) -> Mapping[str | None, Sequence[Any]]:
    """Return the settings of the person who reads; a service has none."""
    return {key: await load_settings(snapshot, key) for key in dict.fromkeys(keys)}
