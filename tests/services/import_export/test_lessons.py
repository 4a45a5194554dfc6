"""Experiments and lessons in files: states that fit, references, and what was deleted."""

from typing import Any

import pytest

from tests.acme import Workplace
from tests.services.import_export.files import bring, by_name
from tests.services.import_export.test_initiatives import PLAN

TRIAL = {"id": "E1", "hypothesis": "We believe", "key_result_id": "K1"}
RUNNING = {"state": "running", "started_on": "2026-01-05"}
OVER = {"state": "CONCLUDED", "started_on": "2026-01-05", "ended_on": "2026-01-09", "outcome": "confirmed"}
LESSON = {"id": "L1", "title": "So", "key_result_id": "K1"}
SAID = {"id": "S1", "key_result_id": "K1", "value": 1, "date": "2026-01-05"}


def file(**sections: Any) -> dict[str, Any]:
    """Return a file with one row in each of the sections, or with several."""
    return PLAN | {name: rows if isinstance(rows, list) else [rows] for name, rows in sections.items()}


async def test_they_come_in_are_edited_and_removed_and_twice_changes_nothing(tenant: Workplace):
    learned = LESSON | {"experiment_id": "E1", "tags": ["One", "one", "Two"], "owner_id": "P1"}
    for trial, lesson, counts in (
        (TRIAL | RUNNING | {"owner_id": "P1"}, learned, "created"),
        (TRIAL, LESSON, "unchanged"),
        (TRIAL | OVER | {"conclusion": "Yes"}, LESSON | {"carry_forward": True}, "updated"),
        (TRIAL | {"removed": True}, LESSON | {"removed": True}, "updated"),
    ):
        report = await bring(tenant, file(experiments=trial, lessons=lesson))
        assert report.errors == []
        for section in ("experiments", "lessons"):
            assert getattr(report.counts[section], counts) == 1, (section, counts)
    for table in ("experiment", "lesson"):
        assert "small:" not in "".join(await by_name(tenant, table))
        [row] = await tenant.fetch(f"select removed, version from {table}")
        assert row == {"removed": True, "version": 3}
    [row] = await tenant.fetch("select tags, experiment_id = (select id from experiment) as same from lesson")
    assert row == {"tags": ["one", "two"], "same": True}


async def test_a_lesson_names_a_check_in_of_the_file(tenant: Workplace):
    report = await bring(tenant, file(check_ins=SAID, lessons=LESSON | {"check_in_id": "S1"}))
    assert report.errors == []
    [row] = await tenant.fetch(
        "select check_in_id = (select id from check_in) as same from lesson where check_in_id is not null"
    )
    assert row == {"same": True}


@pytest.mark.parametrize(
    ("section", "row", "code", "message"),
    (
        ("experiments", TRIAL | {"key_result_id": None}, "ROW_IS_UNCLEAR", "key_result_id is missing"),
        ("experiments", TRIAL | {"state": "RUNNING"}, "STATE_DOES_NOT_FIT", "started_on: An experiment that has started has a first day"),
        ("experiments", TRIAL | {"started_on": "2026-01-05"}, "STATE_DOES_NOT_FIT", "started_on: A planned experiment has not started; experimentStart starts it"),
        ("experiments", TRIAL | RUNNING | {"ended_on": "2026-01-06"}, "STATE_DOES_NOT_FIT", "ended_on: An experiment has a last day exactly if it is concluded or abandoned"),
        ("experiments", TRIAL | OVER | {"outcome": None}, "OUTCOME_REQUIRED", "A concluded experiment has an outcome: CONFIRMED, REFUTED or INCONCLUSIVE"),
        ("experiments", TRIAL | RUNNING | {"outcome": "REFUTED"}, "STATE_DOES_NOT_FIT", "Only a concluded experiment has an outcome"),
        ("experiments", TRIAL | RUNNING | {"conclusion": "x"}, "STATE_DOES_NOT_FIT", "An experiment that is not over has no conclusion"),
        ("experiments", TRIAL | OVER | {"ended_on": "2026-01-04"}, "EXPERIMENT_ENDS_BEFORE_IT_STARTS", "ended_on: It would end on 2026-01-04, before it starts on 2026-01-05"),
        ("lessons", LESSON | {"objective_id": "O1"}, "ROW_IS_UNCLEAR", "The row has not one of objective_id and key_result_id"),
        ("lessons", LESSON | {"experiment_id": "E9"}, "REFERENCE_IS_UNKNOWN", "experiment_id names 'E9', which is not among the experiments"),
        ("lessons", LESSON | {"check_in_id": "S9"}, "REFERENCE_IS_UNKNOWN", "check_in_id names 'S9', which is not among the check_ins"),
    ),
)  # fmt: skip
async def test_a_row_that_is_wrong_is_refused(
    section: str, row: dict[str, Any], code: str, message: str, tenant: Workplace
):
    report = await bring(tenant, file(**{section: row}))
    assert [(note.place, note.code, note.message) for note in report.errors] == [
        (f"{section}[0] ({row['id']})", code, message)
    ]
    assert report.refused


async def test_a_lesson_is_from_an_experiment_a_check_in_or_a_review_where_it_was_learned(tenant: Workplace):
    both = LESSON | {"experiment_id": "E1", "check_in_id": "S1"}
    report = await bring(tenant, file(experiments=TRIAL, check_ins=SAID, lessons=both))
    assert [note.message for note in report.errors] == ["The row has both experiment_id and check_in_id"]
    elsewhere = {"id": "L1", "title": "So", "objective_id": "O1", "experiment_id": "E1"}
    report = await bring(tenant, file(experiments=TRIAL, lessons=elsewhere))
    assert [note.message for note in report.errors] == [
        "experiment_id: The experiment is not of the key result that the row names"
    ]
    reviewed = {"id": "R1", "objective_id": "O1", "decision": "KEEP", "decision_reason": "R", "learned": "So"}
    both = {"id": "L1", "title": "So", "objective_id": "O1", "review_record_id": "R1", "check_in_id": "S1"}
    report = await bring(tenant, file(check_ins=SAID, review_records=reviewed, lessons=both))
    assert [note.message for note in report.errors] == ["The row has both check_in_id and review_record_id"]
    elsewhere = LESSON | {"review_record_id": "R1"}
    report = await bring(tenant, file(review_records=reviewed, lessons=elsewhere))
    assert [note.message for note in report.errors] == [
        "review_record_id: The review is not of the objective that the row names"
    ]
    there = {"id": "L1", "title": "So", "objective_id": "O1", "review_record_id": "R1"}
    report = await bring(tenant, file(review_records=reviewed, lessons=there))
    assert (report.errors, report.counts["lessons"].created) == ([], 1)
    rows = await tenant.fetch(
        "select title, review_record_id is null as is_alone from lesson where organization_id = $1",
        tenant.organization.id,
    )
    assert rows == [{"title": "So", "is_alone": False}], "the text of a review in a file makes no other"
