"""Calendar: days are an organisation's own, also where a clock change skips midnight or a whole day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from okr_api.okr.calendar import (
    day_within_reach,
    end_of,
    noon_of,
    start_of,
    time_zone,
)
from okr_api.okr.errors import InvalidInput

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("day", "hours"), ((date(2026, 3, 28), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25))
)
def test_a_day_is_as_long_as_summer_time_makes_it(day, hours):
    assert end_of(day, BERLIN) - start_of(day, BERLIN) == timedelta(hours=hours)


def test_noon_is_local_noon_in_summer_and_winter():
    assert noon_of(date(2026, 1, 10), BERLIN) == datetime(2026, 1, 10, 11, tzinfo=UTC)
    assert noon_of(date(2026, 7, 10), BERLIN) == datetime(2026, 7, 10, 10, tzinfo=UTC)


def test_a_day_whose_midnight_is_skipped_begins_at_its_first_instant():
    """In São Paulo the clock went from 3 November 2018, 23:59:59, to 4 November, 1:00."""
    zone = ZoneInfo("America/Sao_Paulo")
    begins = start_of(date(2018, 11, 4), zone)
    assert begins == datetime(2018, 11, 4, 1, tzinfo=zone)
    assert (begins - timedelta(microseconds=1)).astimezone(zone).date() == date(2018, 11, 3)


def test_a_day_whose_midnight_comes_twice_begins_at_the_first():
    """In Havana the clock went back from 1:00 to midnight on 1 November 2026."""
    zone = ZoneInfo("America/Havana")
    day = date(2026, 11, 1)
    assert end_of(day, zone) - start_of(day, zone) == timedelta(hours=25)


def test_a_day_that_was_left_out_is_empty():
    """Samoa went from 29 to 31 December 2011."""
    zone = ZoneInfo("Pacific/Apia")
    assert start_of(date(2011, 12, 30), zone) == end_of(date(2011, 12, 30), zone)
    assert end_of(date(2011, 12, 29), zone) == start_of(date(2011, 12, 31), zone)


@pytest.mark.parametrize(
    "zone", ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Africa/Cairo")
)
def test_days_follow_one_another_without_gap_or_overlap(zone):
    for number in range(366):
        day = date(2026, 1, 1) + timedelta(days=number)
        begins, ends = start_of(day, ZoneInfo(zone)), end_of(day, ZoneInfo(zone))
        assert begins < noon_of(day, ZoneInfo(zone)) < ends
        assert begins.astimezone(ZoneInfo(zone)).date() == day
        assert (begins - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date() == day - timedelta(
            days=1
        )


@pytest.mark.parametrize("name", ("Europe/Atlantis", "", "../etc/passwd", "europe"))
def test_a_zone_that_nobody_knows_is_refused(name):
    with pytest.raises(InvalidInput) as refused:
        time_zone(name)
    assert refused.value.path == ("timeZone",)


def test_a_known_zone_is_found():
    assert time_zone("Europe/Berlin") == BERLIN


@pytest.mark.parametrize("day", (date(1899, 12, 31), date(2201, 1, 1), date.min, date.max))
def test_days_out_of_reach_are_refused(day):
    with pytest.raises(InvalidInput) as refused:
        day_within_reach(day, "startsOn")
    assert refused.value.path == ("startsOn",)


@pytest.mark.parametrize("day", (date(1900, 1, 1), date(2200, 12, 31)))
def test_the_first_and_the_last_day_within_reach_have_their_instants(day):
    assert day_within_reach(day, "startsOn") == day
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        assert start_of(day, ZoneInfo(zone)) < end_of(day, ZoneInfo(zone))
