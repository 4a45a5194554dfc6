"""Settings of notifications: the reasons, and how a person chooses to be told of each."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from enum import StrEnum

from .errors import InvalidInput
from .people import Person


class NotificationReason(StrEnum):
    """Why somebody is notified; of several the first, unless its delivery is OFF."""

    MENTION = "MENTION"
    REPLY = "REPLY"
    ASSIGNED = "ASSIGNED"
    DUE = "DUE"
    REVIEW = "REVIEW"
    FOLLOWED_CHANGE = "FOLLOWED_CHANGE"


class NotificationDelivery(StrEnum):
    """How somebody is notified of notifications with a reason."""

    IMMEDIATE = "IMMEDIATE"
    DAILY = "DAILY"
    OFF = "OFF"


def delivery_in(
    daily: Collection[str], off: Collection[str], reason: NotificationReason
) -> NotificationDelivery:
    """Return how somebody with these choices is notified of notifications with a reason."""
    if reason in off:
        return NotificationDelivery.OFF
    return NotificationDelivery.DAILY if reason in daily else NotificationDelivery.IMMEDIATE


def with_deliveries(
    person: Person, chosen: Mapping[NotificationReason, NotificationDelivery]
) -> dict[str, tuple[str, ...]]:
    """Return the fields of a person with these choices; other reasons stay as they are."""
    daily, off = person.notifications_daily, person.notifications_off
    deliveries = {
        reason: chosen.get(reason, delivery_in(daily, off, reason)) for reason in NotificationReason
    }

    def having(delivery: NotificationDelivery) -> tuple[str, ...]:
        return tuple(str(reason) for reason, one in deliveries.items() if one is delivery)

    return {
        "notifications_daily": having(NotificationDelivery.DAILY),
        "notifications_off": having(NotificationDelivery.OFF),
    }


def checked_deliveries(person: Person) -> Person:
    """Return a person with their choices in the usual order, each reason once.

    Raises:
        InvalidInput: there is no such reason, or it has two deliveries.
    """
    chosen: dict[NotificationReason, NotificationDelivery] = {}
    for field, delivery in (
        ("notifications_daily", NotificationDelivery.DAILY),
        ("notifications_off", NotificationDelivery.OFF),
    ):
        for place, name in enumerate(getattr(person, field)):
            if name not in set(NotificationReason):
                raise InvalidInput(f"{name!r:.60} is no reason of notifications", path=[field, place])
            reason = NotificationReason(name)
            if chosen.setdefault(reason, delivery) is not delivery:
                raise InvalidInput(f"{reason} has two deliveries", path=[field, place])
    values = with_deliveries(person, chosen)
    return replace(
        person,
        notifications_daily=values["notifications_daily"],
        notifications_off=values["notifications_off"],
    )
