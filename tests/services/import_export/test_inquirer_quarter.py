"""The Inquirer's quarter, worked out by hand from the figures of its file.

Second quarter of 2022: 1 April to 30 June. All twelve key results increase from 0; no weights are given, so
each counts equally within its objective. Progress is the last reading divided by the target.

| key result | target | readings (day: value) | last | raw = progress |
|---|---|---|---|---|
| K0001 | 5 | 31 Mar: 1, 7 Jun: 2 | 2 | 2/5 |
| K0002 | 14 | 31 Mar: 4, 11 May: 7, 18 May: 12 | 12 | 12/14 = 6/7 |
| K0003 | 100 % | 31 Mar: 30 | 30 | 3/10 |
| K0004 | 3 | 31 Mar: 0 | 0 | 0 |
| K0005 | 3 | 31 Mar: 0, 11 May: 1, 7 Jun: 2 | 2 | 2/3 |
| K0006 | 8 | 31 Mar: 0, 11 May: 1, 7 Jun: 5 | 5 | 5/8 |
| K0007 | 1 | 31 Mar: 0 | 0 | 0 |
| K0008 | 4 | 31 Mar: 1.5, 11 May: 2.5 | 2.5 | 5/8 |
| K0009 | 4, until 11 May 6 | 31 Mar: 0, 11 May: 0 | 0 | 0 |
| K0010 | 18 | 31 Mar: 6 | 6 | 1/3 |
| K0011 | 100 % | 31 Mar: 20 | 20 | 1/5 |
| K0012 | 3 | 31 Mar: 0 | 0 | 0 |

| objective | parts | mean |
|---|---|---|
| O0001 | 2/5, 6/7 | 22/35 |
| O0002 | 3/10, 0 | 3/20 |
| O0003 | 2/3, 5/8 | 31/48 |
| O0004 | 0, 5/8 | 5/16 |
| O0005 | 0, 1/3 | 1/6 |
| O0006 | 1/5, 0 | 1/10 |

The readings of 31 March are dated the day before the quarter; the quarter starts from them.
"""

from fractions import Fraction

import orjson
import pytest

from tests.services.import_export.files import bring, by_name, exported, real

KEY_RESULTS = {
    "K0001": (2.0, Fraction(2, 5)),
    "K0002": (12.0, Fraction(6, 7)),
    "K0003": (30.0, Fraction(3, 10)),
    "K0004": (0.0, Fraction(0)),
    "K0005": (2.0, Fraction(2, 3)),
    "K0006": (5.0, Fraction(5, 8)),
    "K0007": (0.0, Fraction(0)),
    "K0008": (2.5, Fraction(5, 8)),
    "K0009": (0.0, Fraction(0)),
    "K0010": (6.0, Fraction(1, 3)),
    "K0011": (20.0, Fraction(1, 5)),
    "K0012": (0.0, Fraction(0)),
}
OBJECTIVES = {
    "O0001": Fraction(22, 35),
    "O0002": Fraction(3, 20),
    "O0003": Fraction(31, 48),
    "O0004": Fraction(5, 16),
    "O0005": Fraction(1, 6),
    "O0006": Fraction(1, 10),
}
NAME = "inquirer-cy22q2:"


@pytest.fixture
async def quarter(place):
    """Return the organisation after the import of the Inquirer's quarter."""
    report = await bring(place, real("inquirer-cy22q2"), namespace="inquirer-cy22q2")
    assert report.errors == []
    return place


async def test_each_key_result_is_as_worked_by_hand(quarter):
    found = await by_name(quarter, "key_result")
    assert found.keys() == {NAME + id for id in KEY_RESULTS}
    for id, (current, progress) in KEY_RESULTS.items():
        row = found[NAME + id]
        assert (row["current_value"], row["counted_from"], row["coverage"]) == (current, 0.0, 1.0)
        assert row["raw_progress"] == row["progress"] == row["score_at_end"] == pytest.approx(float(progress))


async def test_each_objective_is_as_worked_by_hand(quarter):
    found = await by_name(quarter, "objective")
    assert found.keys() == {NAME + id for id in OBJECTIVES}
    for id, progress in OBJECTIVES.items():
        row = found[NAME + id]
        assert row["progress"] == row["score_at_end"] == row["score_floor"] == pytest.approx(float(progress))
        assert (row["progress_from"], row["coverage"], row["partial"]) == ("KEY_RESULTS", 1.0, False)


async def test_the_sources_own_scores_are_its_readings_over_its_targets(quarter):
    """The file's rounded `score` of each last reading equals the computed progress."""
    last = {row["key_result_id"]: row for row in real("inquirer-cy22q2")["check_ins"]}
    found = await by_name(quarter, "key_result")
    for id, row in last.items():
        assert found[NAME + id]["progress"] == pytest.approx(row["score"], abs=0.00005)


async def test_a_target_changed_on_the_way_makes_two_versions(quarter):
    id = (await by_name(quarter, "key_result"))[NAME + "K0009"]["id"]
    versions = [
        (row["version"], row["target_value"], row["definition"], row["recorded_at"].isoformat())
        for row in await quarter.versions("key_result", id)
    ]
    assert versions == [
        (1, 6.0, 1, "2022-04-01T04:00:00+00:00"),  # the quarter's first instant in New York
        (2, 4.0, 1, "2022-05-11T16:00:00+00:00"),  # noon of the day on which it was changed
    ]


async def test_both_versions_go_out_and_come_back(quarter, elsewhere):
    whole = await exported(quarter)
    assert whole.count(b'"history"') == 1
    await bring(elsewhere, orjson.loads(whole))
    assert await exported(elsewhere) == whole


async def test_the_one_member_owns_three_objectives(quarter):
    people, found = await by_name(quarter, "person"), await by_name(quarter, "objective")
    member = people[NAME + "P0001"]["id"]
    assert [row["owner_id"] == member for _, row in sorted(found.items())] == [False] * 3 + [True] * 3
