"""Load the check-in slots of many nodes, in a number of statements that does not depend on theirs.

Slots are computed from versions: which cadence was in force at an instant, and whether the key result was
active and its objective published. The place of an objective among the teams is the present one. Key results
have slots by any cadence above them, objectives only by one of their own. Slots of a closed cycle are as they
were when it was closed, by what was recorded then.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from okr_api.okr.absence import Absences
from okr_api.okr.check_in_slots import Due, Rhythm, Slot, dues_within, slots_of, when_closed
from okr_api.okr.frozen_rules import FrozenRules
from okr_api.okr.latest_slots import latest_dues
from okr_api.okr.people import Organization

from .absence_lookup import absences_of, absences_recorded_by
from .bulk_write import Row, RowReader
from .cadence_histories import load_histories
from .slot_statements import MET_BY_KEY_RESULTS, MET_BY_OBJECTIVES, OWED
from .time_slicing import Batches, TimeSlice, collect

MAX_SLOT_DAYS_BEFORE = 731  # of which slots are computed, before now
MAX_SLOT_DAYS_AFTER = 366  # and after now


async def load_slots(
    connection: RowReader,
    organization: Organization,
    nodes: Sequence[UUID],
    now: datetime,
    *,
    latest: int | None = None,
) -> dict[UUID, list[Slot]]:
    """Return the slots of key results and objectives as they are at an instant, by id, in order.

    These are at most those from two years before now to a year after. A node of a cycle that is a draft has
    none, and an objective without a cadence of its own. With `latest` they are the last so many whose windows
    have opened, perhaps with some before them, as they are met by the check-ins that are effective by then.
    """
    owed = await connection.fetch(OWED, organization.id, list(nodes))
    dues = await _load_dues(connection, organization, owed, now)
    if latest is not None:
        dues = {id: latest_dues(some, now, latest) for id, some in dues.items()}
    met = await _load_met(connection, organization, owed, dues, now, until=now if latest else None)
    absences = await load_absences(connection, organization, owed)
    found: dict[UUID, list[Slot]] = {}
    time_slice = TimeSlice()
    for row in owed:
        id, rules = row["id"], rules_of(row)
        at, of_people = rules.at if rules else now, absences[rules.at if rules else None]
        slots = slots_of(
            dues[id], met.get(id, ()), owner_id=row["owner_id"], absences=of_people, now=min(now, at)
        )
        found[id] = when_closed(slots) if rules else slots
        await time_slice.pause()
    return found


def rules_of(row: Row) -> FrozenRules | None:
    """Return what the cycle of a node was closed under; None if it is not closed."""
    return FrozenRules.of_document(row["rules"]) if row["rules"] else None


async def _load_dues(
    connection: RowReader, organization: Organization, owed: Sequence[Row], now: datetime
) -> dict[UUID, Sequence[Due]]:
    histories = await load_histories(connection, organization, owed)
    found, time_slice = dict[UUID, Sequence[Due]](), TimeSlice()
    for row in owed:
        rules = rules_of(row)
        zone = rules.zone if rules else organization.zone
        today = now.astimezone(zone).date()
        if rules:
            today = min(today, row["ends_on"])
        rhythms = histories.rhythms_of(row, rules.at if rules else None)
        found[row["id"]] = _dues(row, rhythms, zone, today) if row["has_begun"] else []
        await time_slice.pause()
    return found


def _dues(row: Row, rhythms: Sequence[Rhythm], zone: ZoneInfo, today: date) -> list[Due]:
    first, last = days_with_slots(row, today)
    return dues_within(rhythms, zone, first, last, begin=row["created_at"])


def days_with_slots(cycle: Mapping[str, Any] | Row, today: date) -> tuple[date, date]:
    """Return the first and the last day of a cycle of which slots are computed on a day."""
    first = max(cycle["starts_on"], today - timedelta(days=MAX_SLOT_DAYS_BEFORE))
    return first, min(cycle["ends_on"], today + timedelta(days=MAX_SLOT_DAYS_AFTER))


async def _load_met(
    connection: RowReader,
    organization: Organization,
    owed: Sequence[Row],
    dues: Mapping[UUID, Sequence[Due]],
    now: datetime,
    until: datetime | None,
) -> dict[UUID, set[tuple[datetime, UUID]]]:
    """Return the check-ins that can have met slots, by node: the first ones of each window.

    With `until` they are those that are effective by then.
    """
    found: defaultdict[UUID, set[tuple[datetime, UUID]]] = defaultdict(set)
    for statement, is_key_result in ((MET_BY_KEY_RESULTS, True), (MET_BY_OBJECTIVES, False)):
        nodes = [row["id"] for row in owed if (row["key_result_id"] is not None) == is_key_result]
        windows = await collect(
            (id, *window) for id in nodes for window in _windows(dues[id]) if window[0] <= now
        )
        async for batch in Batches(windows):
            columns = [list(column) for column in zip(*batch, strict=True)]
            for row in await connection.fetch(statement, organization.id, *columns):
                if until is None or row["effective_at"] <= until:
                    found[row["node_id"]].add((row["effective_at"], row["id"]))
    return found


def _windows(dues: Sequence[Due]) -> Iterator[tuple[datetime, datetime, int]]:
    """Yield when each slot opens and closes, and how many check-ins in between decide what met it.

    These are one more than the earlier slots with overlapping windows, each of which can take one of them.
    """
    longest = max((due.closes_at - due.due_at for due in dues), default=timedelta())
    for place, due in enumerate(dues):
        overlapping = 0
        for earlier in (dues[before] for before in range(place - 1, -1, -1)):
            if earlier.due_at + longest < due.opens_at:
                break
            overlapping += earlier.closes_at >= due.opens_at
        yield due.opens_at, due.closes_at, 1 + overlapping


async def load_absences(
    connection: RowReader, organization: Organization, owed: Sequence[Row]
) -> dict[datetime | None, Absences]:
    """Return the absences of those who owe check-ins, and of their delegates, by person.

    Those at present are under None, those that were recorded when a cycle was closed under that instant.
    """
    running = {row["owner_id"] for row in owed if not row["rules"] and row["owner_id"]}
    found: dict[datetime | None, Absences] = {
        None: await _with_delegates(connection, organization.id, running)
    }
    people = {row["owner_id"] for row in owed if row["rules"] and row["owner_id"]}
    instants = {rules.at for row in owed if (rules := rules_of(row))}
    return found | dict(await absences_recorded_by(connection, organization.id, people, instants))


async def _with_delegates(connection: RowReader, organization_id: UUID, people: Collection[UUID]) -> Absences:
    absences = await absences_of(connection, organization_id, people)
    delegates = {one.delegate_id for of in absences.values() for one in of if one.delegate_id}
    return absences | await absences_of(connection, organization_id, delegates.difference(people))
