"""GraphQL types of cadences, check-in slots and holiday calendars, and the fields that have them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from okr_api.graphql.fields import column, documents, gathered, gathered_by, one, one_of, view_of
from okr_api.graphql.types.node import Node
from okr_api.graphql.work_enums import CheckInSlotState, Weekday
from okr_api.okr import cadence as okr_cadence
from okr_api.okr.entity import NodeType
from okr_api.query_engine.check_in_slots import next_check_in_dues, on_time_shares, slot_documents
from okr_api.query_engine.global_ids import node_named

if TYPE_CHECKING:
    from okr_api.graphql.types.check_in import CheckIn
    from okr_api.graphql.types.people import Person

Document = Mapping[str, Any]
CADENCE = "Cadence of its own, which applies to it unless one above is locked; null if it has none."
EFFECTIVE_CADENCE = (
    "Cadence that applies to it: its own, or the nearest one above; null if none is set anywhere. Then it is "
    "expected to be checked in on every 7 days, and no slots are computed."
)
NEXT_DUE = (
    "When the next check-in is due that is still to be made. It follows from the cadence, not from when "
    "somebody checked in. Null without a cadence, after the last slot of the cycle, and while none is owed. "
    "Of an objective it is by a cadence of its own."
)
SLOTS = (
    "Check-ins that are due in its cycle, in order: those from two years before now to a year after. Empty "
    "without a cadence, in a draft cycle, and while it is not published or not active. An objective has them "
    "only by a cadence of its own; a check-in on the objective meets them."
)
ON_TIME_SHARE = (
    "Share of its slots so far that were met on time, 0 to 1; excused ones do not count. Null while none has "
    "been met or is overdue."
)
SlotsFrom = Annotated[
    date | None,
    strawberry.argument(name="from", description="First local day of due instants; all if omitted."),
]
SlotsTo = Annotated[
    date | None, strawberry.argument(name="to", description="Last local day of due instants; all if omitted.")
]


@view_of()
@strawberry.type(
    description="When check-ins are due: every `weeks` on a `weekday`, or every `months` on a `day`, at a "
    "local time of the organisation."
)
class Cadence:
    weeks: int | None = column("weeks", "Due every so many weeks, 1 to 52; null with `months`.")
    weekday: Weekday | None = column("weekday", "Day of the week; null with `months`.")
    months: int | None = column("months", "Due every so many months, 1 to 12; null with `weeks`.")
    day: int | None = column(
        "day", "Day of the month, 1 to 31; the last one of shorter months. Null with `weeks`."
    )
    time: str = column("time", "Local time, such as `17:00`, in the organisation's time zone.")
    counted_from: date | None = column(
        "counted_from",
        "Day in the week or month from which every n are counted; null for Monday, 3 January 2000.",
    )
    grace_days: int = column(
        "grace_days", "Days after the due instant until which a check-in still meets the slot, as LATE."
    )
    tolerance_days: int = column(
        "tolerance_days", "Days after the due instant until which a check-in is ON_TIME."
    )
    locked: bool = column("locked", "Whether nothing below may have a cadence of its own.")


def cadence_document(stored: Document | None) -> Document | None:
    """Return a stored cadence as its type reads it: with what is null, and days as dates."""
    if stored is None:
        return None
    counted_from = stored.get("counted_from")
    optional = dict.fromkeys(("weeks", "weekday", "months", "day"))
    return {**optional, **stored, "counted_from": counted_from and date.fromisoformat(counted_from)}


def cadence(description: str = CADENCE) -> Any:
    """Return the field of a node's own cadence."""
    return documents(cadence_document, "cadence", description=description)


@view_of()
@strawberry.type(description="The cadence that applies to a node, and where it was set.")
class EffectiveCadence:
    cadence: Cadence = documents(cadence_document, "cadence", description="The cadence.")
    source: Node = one_of(
        node_named,
        "source_type",
        "source_id",
        description="Node that it was set on: the organisation, a team, the objective or the key result.",
    )


def _effective(stored: Document | None) -> Document | None:
    return stored and {**stored, "source_id": UUID(stored["source_id"])}


def _effective_of_key_result(own: Document | None, id: str, inherited: Document | None) -> Document | None:
    """Return the cadence that applies to a key result; `inherited` is that of its objective."""
    if own is None:
        return _effective(inherited)
    above = okr_cadence.EffectiveCadence.of_document(inherited) if inherited else None
    cadence = okr_cadence.Cadence.of_document(own)
    effective = okr_cadence.overridden(above, cadence, NodeType.KEY_RESULT, UUID(str(id)))
    return _effective(effective.document if effective else None)


@view_of()
@strawberry.type(
    description="A check-in that is due, computed from the cadence and never stored. It is met by the first "
    "check-in within its window that no earlier slot took: one of a person, or one with a status or a "
    "confidence."
)
class CheckInSlot:
    due_at: datetime = column("due_at", "When it is due.")
    opens_at: datetime = column("opens_at", "When its window opens: half an interval before it is due.")
    on_time_until: datetime = column("on_time_until", "Until when a check-in is on time.")
    closes_at: datetime = column("closes_at", "When its window closes: after it nothing meets it any more.")
    state: CheckInSlotState = column("state", "What became of it, as of now.")
    check_in: Annotated["CheckIn", strawberry.lazy("okr_api.graphql.types.check_in")] | None = one(
        "check_in_id", "Check-in that met it; null if none has.", seen=True
    )
    owed_by: Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")] | None = one(
        "owed_by_id",
        "Person who owes it: who checks in, else the owner of the key result, else of the objective; in an "
        "absence the delegate. Null if nobody does.",
    )
    excused: Annotated["Person", strawberry.lazy("okr_api.graphql.types.people")] | None = one(
        "excused_id", "Person who is excused because of an absence on its day; null if nobody is."
    )


@view_of()
@strawberry.type(
    description="Days on which nothing is due: a slot on one of them moves to the next working day."
)
class HolidayCalendar:
    country: str | None = column(
        "country", "Country whose public holidays count, by its ISO 3166-1 code, such as `DE`; null for none."
    )
    subdivision: str | None = column(
        "subdivision",
        "Part of the country, by its ISO 3166-2 code without the country, such as `BE`; null for the whole.",
    )
    days: list[date] = column("days", "Days of its own, in order.")


def _holidays(stored: Document | None) -> Document | None:
    return stored and {**stored, "days": [date.fromisoformat(day) for day in stored["days"]]}


def holiday_calendar() -> Any:
    """Return the field of the organisation's holidays."""
    return documents(
        _holidays, "holiday_calendar", description="Days on which no check-in is due; null if there are none."
    )


@strawberry.type
class CheckInsDue:
    """Base of the types of objectives and key results: when check-ins are due."""

    cadence: Cadence | None = cadence()
    next_check_in_due_at: datetime | None = gathered(next_check_in_dues, NEXT_DUE)
    on_time_share: float | None = gathered(on_time_shares, ON_TIME_SHARE)

    @gathered_by(slot_documents, SLOTS)
    def check_in_slots(self, since: SlotsFrom = None, until: SlotsTo = None) -> list[CheckInSlot]:
        raise AssertionError("It is read by its declaration")


@strawberry.type
class CadenceOfObjective(CheckInsDue):
    """Base of the type of objectives."""

    effective_cadence: EffectiveCadence | None = documents(
        _effective, "effective_cadence", description=EFFECTIVE_CADENCE
    )


@strawberry.type
class CadenceOfKeyResult(CheckInsDue):
    """Base of the type of key results."""

    effective_cadence: EffectiveCadence | None = documents(
        _effective_of_key_result, "cadence", "id", "inherited_cadence", description=EFFECTIVE_CADENCE
    )
