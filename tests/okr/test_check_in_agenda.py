"""Rules of agendas, as tables: facts of a node, and what is said of it."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from okr_api.okr import check_in_agenda as agenda
from okr_api.okr.absence import Absence
from okr_api.okr.cadence import Cadence, Weekday
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.check_in_agenda import AgendaItem, AgendaSectionKind, Said
from okr_api.okr.check_in_slots import Rhythm, Slot, dues_within, slots_of
from okr_api.okr.measure import KeyResultMeasure

ZONE = ZoneInfo("UTC")
ANA, BEN = UUID(int=1), UUID(int=2)
NAMES = {ANA: "Ana", BEN: "Ben"}
ON, RISK, OFF = ReportedStatus
# Fridays, 5 to 26 June 2026 at noon: weekly, with a day of tolerance and three of grace.
WEEKLY = Rhythm(datetime(2020, 1, 1, tzinfo=UTC), Cadence(1, Weekday.FRIDAY, at=time(12)))
DUES = dues_within([WEEKLY], ZONE, date(2026, 6, 1), date(2026, 6, 30))


def june(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 6, day, hour, tzinfo=UTC)


def slots(at: datetime, *check_ins: datetime, owner: UUID | None = ANA) -> list[Slot]:
    """Return the slots whose windows have opened."""
    opened = [due for due in DUES if due.opens_at <= at]
    made = [(one, UUID(int=place)) for place, one in enumerate(check_ins)]
    return slots_of(opened, made, owner_id=owner, absences={}, now=at)


@pytest.mark.parametrize(
    ("at", "check_ins", "why", "due_on"),
    (
        (june(2, 0), (), "A check-in is due on 2026-06-05; Ana owes it", 5),
        (june(5, 11), (), "A check-in is due on 2026-06-05; Ana owes it", 5),
        (june(5), (), "A check-in was due on 2026-06-05; Ana owes it", 5),
        (june(8), (), "A check-in was due on 2026-06-05; Ana owes it", 5),
        (june(8, 13), (), "The check-in that was due on 2026-06-05 was missed; Ana owes it", 5),
        (june(9), (), "A check-in is due on 2026-06-12; Ana owes it", 12),
        (june(8), (june(4),), None, None),
        (june(8, 13), (june(8),), None, None),
        (june(9), (june(4),), "A check-in is due on 2026-06-12; Ana owes it", 12),
        (june(1), (), None, None),
    ),
)
def test_what_is_due_was_due_or_was_missed(at: datetime, check_ins: tuple[datetime, ...], why: str | None, due_on: int | None):  # fmt: skip
    item = agenda.due(slots(at, *check_ins), at, ZONE, NAMES)
    assert (item and item.why, item and item.due_at) == (why, due_on and june(due_on))
    if item:
        assert item.since == june(due_on or 1) - timedelta(days=3.5)


@pytest.mark.parametrize(
    ("at", "delegate", "why"),
    (
        (june(5, 11), BEN, "A check-in is due on 2026-06-05; Ben owes it, as Ana is absent"),
        (june(8), BEN, "A check-in was due on 2026-06-05; Ben owes it, as Ana is absent"),
        (june(8, 13), BEN, None),  # excused, and its window has closed: neither owed nor missed
        (june(5), None, None),
        (june(8, 13), None, None),
        (june(9), BEN, "A check-in is due on 2026-06-12; Ana owes it"),
    ),
)
def test_what_is_excused_is_due_by_the_delegate_until_its_window_closes(at: datetime, delegate: UUID | None, why: str | None):  # fmt: skip
    away = Absence(UUID(int=9), None, ANA, date(2026, 6, 5), date(2026, 6, 5), delegate)
    opened = [due for due in DUES if due.opens_at <= at]
    item = agenda.due(slots_of(opened, [], owner_id=ANA, absences={ANA: [away]}, now=at), at, ZONE, NAMES)
    assert (item and item.why) == why


def test_what_nobody_is_known_to_owe_is_due_without_a_name():
    item = agenda.due(slots(june(5), owner=None), june(5), ZONE, NAMES)
    assert item is not None
    assert item.why == "A check-in was due on 2026-06-05"


@pytest.mark.parametrize(
    ("said", "why", "since"),
    (
        (Said(confidence=0.4, confidence_before=0.7, confidence_at=june(3)), "Confidence fell from 70 % to 40 %", 3),
        (Said(confidence=0.698, confidence_before=0.7, confidence_at=june(3)), "Confidence fell from 70.0 % to 69.8 %", 3),
        (Said(confidence=0.7, confidence_before=0.7, confidence_at=june(3)), None, None),
        (Said(confidence=0.8, confidence_before=0.7, confidence_at=june(3)), None, None),
        (Said(confidence=0.0, confidence_before=0.7, confidence_at=june(3)), "Confidence fell from 70 % to 0 %", 3),
        (Said(status=OFF, status_before=ON, status_at=june(4)), "The reported status went from on track to off track", 4),
        (Said(status=RISK, status_before=ON, status_at=june(4)), "The reported status went from on track to at risk", 4),
        (Said(status=RISK, status_before=RISK, status_at=june(4)), None, None),
        (Said(status=RISK, status_before=OFF, status_at=june(4)), None, None),
        (Said(0.4, 0.7, june(3), OFF, RISK, june(2)), "Confidence fell from 70 % to 40 % and the reported status went from at risk to off track", 2),
        (Said(0.8, 0.7, june(3), OFF, RISK, june(2)), "The reported status went from at risk to off track", 2),
        (Said(), None, None),
    ),
)  # fmt: skip
def test_what_fell_is_said_with_both_numbers(said: Said, why: str | None, since: int | None):
    item = agenda.dropped(said)
    assert (item and item.why, item and item.since) == (why, since and june(since))


INCREASE, MILESTONES = KeyResultMeasure.INCREASE, KeyResultMeasure.MILESTONES
STILL = "Unchanged at 1,200 calls through the last 2 check-ins that were due"


@pytest.mark.parametrize(
    ("at", "measure", "value", "value_since", "why"),
    (
        (june(19), INCREASE, 1200, june(5), STILL),
        (june(19), INCREASE, 1200, june(8, 23), STILL),
        (june(19), INCREASE, 1200, june(9, 0), None),
        (june(19, 11), INCREASE, 1200, june(5), None),
        (june(19, 11), INCREASE, 1200, june(1), STILL),
        (june(12), INCREASE, 1200, june(1), STILL),
        (june(11), INCREASE, 1200, june(1), None),
        (june(19), INCREASE, None, None, None),
        (june(19), MILESTONES, None, june(5), "No other milestone through the last 2 check-ins that were due"),
        (june(19), KeyResultMeasure.DECREASE, 1200, june(5), STILL),
        (june(19), KeyResultMeasure.ZONES, 1200, june(5), STILL),
        *((june(19), measure, 1200, june(1), None) for measure in KeyResultMeasure if measure not in agenda.MOVING),
    ),
)  # fmt: skip
def test_a_value_is_stuck_that_has_stood_for_two_check_ins(
    at: datetime,
    measure: KeyResultMeasure,
    value: float | None,
    value_since: datetime | None,
    why: str | None,
):
    said = Said(value=value, value_since=value_since)
    for met in ((), (june(5), june(12))):
        item = agenda.stuck(said, slots(at, *met), at, measure, "calls")
        assert (item and item.why, item and item.since) == (why, value_since if why else None)


@pytest.mark.parametrize(
    ("item", "why", "order"),
    (
        (agenda.decided(june(1), june(9), date(2026, 6, 8), ZONE), "Decided on 2026-06-01 and still open, to be done by 2026-06-08", (False, june(9))),
        (agenda.decided(june(1), None, None, ZONE), "Decided on 2026-06-01 and still open", (True, june(1))),
        (agenda.blocked(june(1), None, "Ana", None), "Blocked: Ana sees to it", (True, june(1))),
        (agenda.blocked(june(1), june(2), None, "Ben"), "Blocked: nobody sees to it, escalated to Ben", (False, june(2))),
        (agenda.divergent("ON_TRACK", "OFF_TRACK", june(1)), "Reported on track, off track by its numbers", (True, june(1))),
        (agenda.needed(june(1), june(9), date(2026, 6, 8), june(8), None), "To be given by 2026-06-08", (False, june(9))),
        (agenda.needed(june(1), june(9), date(2026, 6, 8), june(9), None), "Was to be given by 2026-06-08", (False, june(9))),
        (agenda.needed(june(1), june(9), date(2026, 6, 8), june(8), "Fleet"), "Needed from Fleet by 2026-06-08", (False, june(9))),
        (agenda.needed(june(1), june(9), date(2026, 6, 8), june(9), "Fleet"), "Was needed from Fleet by 2026-06-08", (False, june(9))),
        (agenda.won(june(1), is_key_result=True), "Reached its target", (True, june(1))),
        (agenda.won(june(1), is_key_result=False), "Reached a progress of 100 %", (True, june(1))),
    ),
)  # fmt: skip
def test_every_item_says_why_it_is_there(item: AgendaItem, why: str, order: tuple[bool, datetime]):
    assert (item.why, item.order) == (why, order)


def test_the_sections_are_in_the_order_of_a_meeting():
    assert [kind.value for kind in AgendaSectionKind] == [
        "OPEN_DECISIONS",
        "CHECK_INS_DUE",
        "DROPPED",
        "STUCK",
        "BLOCKED",
        "DIVERGENT",
        "DEPENDENCIES_DUE",
        "WON",
    ]
