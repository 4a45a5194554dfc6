"""Mutations of notifications: mark them as read, and choose how to be told; each person their own."""

from typing import Any

import strawberry

from okr_api.auth.actor import Scope
from okr_api.graphql.context import Info
from okr_api.graphql.fields import documents, one
from okr_api.graphql.mutations.inputs import Retryable, Versioned, given, perhaps
from okr_api.graphql.mutations.payloads import Do, MutationPayload, answered, performed
from okr_api.graphql.scalars import Seq
from okr_api.graphql.types.people import Person
from okr_api.graphql.types.viewer import Viewer, viewer_row
from okr_api.okr.notification_settings import NotificationDelivery, NotificationReason
from okr_api.services import notifications
from okr_api.store.saved_rows import as_read


@strawberry.input(description="Input of `notificationsRead`. Give `upTo`, `seqs`, or both.")
class NotificationsReadInput(Retryable):
    up_to: Seq | None = perhaps(
        "Mark all notifications up to this position of the feed, such as the `seq` of the latest one shown."
    )
    seqs: list[Seq] | None = perhaps("Mark the notifications with these `seq`, at most 100.")


@strawberry.input(description="How to be told of notifications with a reason.")
class NotificationSettingInput:
    reason: NotificationReason = given("The reason, each at most once.")
    delivery: NotificationDelivery = given("How to be told.")


@strawberry.input(description="Input of `notificationSettingsUpdate`.")
class NotificationSettingsUpdateInput(Versioned):
    settings: list[NotificationSettingInput] = given(
        "Reasons with their new deliveries, at least one; other reasons stay as they are."
    )


@strawberry.type(description="Result of a mutation of notifications.")
class NotificationsPayload(MutationPayload):
    person: Person | None = one("node_id", "You, as a person; null if rejected.")
    viewer: Viewer | None = documents(
        lambda viewer: viewer,
        "viewer",
        description="You, with `notifications` and `notificationSettings` after the mutation; null if "
        "rejected.",
    )


async def _answer(info: Info, input: Retryable, do: Do) -> Any:
    """Run a mutation of the actor's own notifications, and return what its payload selects."""
    outcome = await performed(info, Scope.READ, input, do)
    viewer = as_read(viewer_row(info.context.actor)) if outcome.applied else None
    return await answered(info, outcome, viewer=viewer)


@strawberry.type
class NotificationsMutation:
    """Mutations of notifications."""

    @strawberry.mutation(
        description="Mark notifications as read; those that are read stay so. It does not appear in the "
        "feed. A service has none (PEOPLE_ONLY). Needs READ."
    )
    async def notifications_read(
        self, info: Info, input: NotificationsReadInput
    ) -> NotificationsPayload | None:
        payload: NotificationsPayload = await _answer(
            info,
            input,
            lambda work, actor: notifications.mark_read(work, actor, up_to=input.up_to, seqs=input.seqs),
        )
        return payload

    @strawberry.mutation(
        description="Choose how you are told of notifications, by reason; from this change on. It is an "
        "edit of your person, of which `expectedVersion` is. A service has none (PEOPLE_ONLY). Needs READ."
    )
    async def notification_settings_update(
        self, info: Info, input: NotificationSettingsUpdateInput
    ) -> NotificationsPayload | None:
        payload: NotificationsPayload = await _answer(
            info,
            input,
            lambda work, actor: notifications.choose_deliveries(
                work,
                actor,
                [(one.reason, one.delivery) for one in input.settings],
                expected_version=input.expected_version,
            ),
        )
        return payload
