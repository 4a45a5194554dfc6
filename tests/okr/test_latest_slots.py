"""The latest slots are those that all slots together would be."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from okr_api.okr.cadence import Cadence, Weekday
from okr_api.okr.check_in_slots import Rhythm, dues_within, slots_of
from okr_api.okr.latest_slots import latest_dues, owed_slot

ZONE = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = st.integers(0, 24 * 120).map(lambda hours: BEGIN + timedelta(hours=hours))
CADENCES = st.builds(
    lambda weeks, weekday, grace, at: Cadence(
        weeks, weekday, at=at, grace_days=min(grace, 7 * weeks - 1), tolerance_days=0
    ).checked(),
    st.integers(1, 3),
    st.sampled_from(Weekday),
    st.integers(0, 20),
    st.sampled_from((time(0), time(12), time(23, 59))),
)


@given(
    st.lists(CADENCES, min_size=1, max_size=3),
    st.lists(HOURS, max_size=2),
    st.lists(HOURS, max_size=20),
    HOURS,
    st.integers(1, 3),
)
def test_the_latest_slots_are_met_as_all_are(
    cadences: list[Cadence], changed: list[datetime], check_ins: list[datetime], now: datetime, count: int
):
    begins = [BEGIN - timedelta(days=400), *sorted(changed)]
    rhythms = [Rhythm(since, cadence) for since, cadence in zip(begins, cadences, strict=False)]
    dues = dues_within(rhythms, ZONE, date(2026, 1, 1), date(2026, 6, 30))
    made = [(at, UUID(int=place)) for place, at in enumerate(sorted(check_ins)) if at <= now]
    few = latest_dues(dues, now, count)
    all_slots = slots_of(dues, made, owner_id=None, absences={}, now=now)
    opened = [place for place, due in enumerate(dues) if due.opens_at <= now]
    end = opened[-1] + 1 if opened else 0
    slots = slots_of(few, made, owner_id=None, absences={}, now=now)
    assert slots[-count:] == all_slots[:end][-count:]
    assert len(slots) >= min(count, end)
    assert owed_slot(slots, now) == owed_slot(all_slots, now)
