"""Calibration: each row of the table in docs/review.md is a test."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okr_api.scoring.calibration import (
    MIN_CALIBRATION_CASES,
    CalibrationCase,
    CalibrationDecile,
    CalibrationMoment,
    calibration_of,
    decile_of,
)
from tests.scoring.tables import ANSWER, DOCUMENT, NOTHING, Row, tables

CASES = re.compile(r"(\d+) × ([\d.]+) (yes|no)")
[EXAMPLES] = (table for table in tables(DOCUMENT.with_name("review.md")) if table.heading == "Calibration")


def case(confidence: float, is_achieved: bool) -> CalibrationCase:
    return CalibrationCase(confidence, confidence, confidence, is_achieved)


def cases(cell: str) -> list[CalibrationCase]:
    found = CASES.findall(cell)
    assert ", ".join(f"{n} × {confidence} {came}" for n, confidence, came in found) == cell
    return [case(float(confidence), came == "yes") for n, confidence, came in found for _ in range(int(n))]


def written(one: CalibrationDecile) -> str:
    return (
        f"{one.lower:.4g} to {one.upper:.4g}: {one.case_count} at {one.mean_confidence:.4g}, "
        f"{one.achieved_share:.4g} achieved"
    )


@pytest.mark.parametrize("row", EXAMPLES.rows, ids=lambda row: row["cases"])
def test_a_worked_example_is_true(row: Row):
    found = calibration_of(cases(row["cases"]))
    answers = dict.fromkeys(("Brier score", "achieved", "deciles"), NOTHING)
    if found is not None:
        assert found.first == found.middle == found.last
        answers = {
            "Brier score": f"{found.last.brier_score:.4g}",
            "achieved": f"{found.achieved_share:.4g}",
            "deciles": "; ".join(map(written, found.last.deciles)),
        }
        assert found.case_count == sum(one.case_count for one in found.last.deciles)
    assert answers == {
        name.removeprefix(ANSWER): cell for name, cell in row.items() if name.startswith(ANSWER)
    }


def test_each_check_in_has_a_calibration_of_its_own():
    found = calibration_of([CalibrationCase(0.0, 0.5, 1.0, is_achieved=True)] * MIN_CALIBRATION_CASES)
    assert found is not None
    scores = [moment.brier_score for moment in (found.first, found.middle, found.last)]
    assert scores == [1.0, 0.25, 0.0]


def test_hundredths_lie_in_the_tenth_that_they_begin_with():
    assert [decile_of(percent / 100) for percent in range(101)] == [
        min(percent // 10, 9) for percent in range(101)
    ]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=MIN_CALIBRATION_CASES, max_size=40))
def test_deciles_add_up_to_all_cases_and_order_is_nothing(pairs: list[tuple[float, bool]]):
    def moment(of: list[tuple[float, bool]]) -> CalibrationMoment:
        found = calibration_of(case(*each) for each in of)
        assert found is not None
        return found.last

    whole = moment(pairs)
    assert moment(pairs[::-1]) == whole
    assert 0 <= whole.brier_score <= 1
    assert sum(one.case_count for one in whole.deciles) == len(pairs)
    achieved = sum(one.achieved_share * one.case_count for one in whole.deciles)
    assert achieved == pytest.approx(sum(came for _, came in pairs))
    for one in whole.deciles:
        assert one.lower - 1e-9 <= one.mean_confidence <= one.upper + 1e-9
