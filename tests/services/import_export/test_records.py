"""Roadblocks, meetings and decisions in files: states that fit, references, and what was deleted."""

import json
from typing import Any

import pytest

from okr_api.services.decisions import NewDecision
from okr_api.services.meetings import delete_meeting, record_meeting
from tests.acme import Acme, Workplace
from tests.services.import_export.files import bring, by_name, exported
from tests.services.import_export.test_initiatives import PLAN

TEAM = {"teams": [{"id": "T1", "name": "Crew"}]}
HELD = {"id": "M1", "team_id": "T1", "cycle_id": "C1", "held_at": "2026-11-02T10:00:00+01:00"}
WALL = {"id": "R1", "title": "Wall", "objective_id": "O1"}
GONE = {"state": "Resolved", "resolved_at": "2026-11-03T09:00:00Z"}


def file(**sections: dict[str, Any]) -> dict[str, Any]:
    """Return a file with one row in each of the sections."""
    return PLAN | TEAM | {section: [row] for section, row in sections.items()}


async def test_records_come_in_are_edited_and_removed_and_twice_changes_nothing(tenant: Workplace):
    decided = {"id": "D1", "text": "Go", "meeting_id": "M1", "key_result_id": "K1", "owner_id": "P1"}
    for sections, counts in (
        ({"roadblocks": WALL, "meetings": HELD | {"attendee_ids": ["P1"]}, "decisions": decided}, "created"),
        ({"roadblocks": WALL, "meetings": HELD, "decisions": {"id": "D1", "text": "Go"}}, "unchanged"),
        (
            {
                "roadblocks": WALL | GONE | {"resolution": "Bread", "escalated_to_id": "P1"},
                "meetings": HELD | {"notes": "All", "attendee_ids": []},
                "decisions": decided | {"state": "done", "objective_id": None},
            },
            "updated",
        ),
        (
            {
                "roadblocks": WALL | {"removed": True},
                "meetings": HELD | {"removed": True},
                "decisions": {"id": "D1", "text": "Go", "removed": True},
            },
            "updated",
        ),
    ):
        report = await bring(tenant, file(**sections))
        assert report.errors == []
        for section in sections:
            assert getattr(report.counts[section], counts) == 1, section
    for table in ("roadblock", "meeting", "decision"):
        assert "small:" not in "".join(await by_name(tenant, table))
        [row] = await tenant.fetch(f"select removed, version from {table}")
        assert row == {"removed": True, "version": 3}


@pytest.mark.parametrize(
    ("section", "row", "code", "message"),
    (
        ("roadblocks", WALL | {"objective_id": None}, "ROW_IS_UNCLEAR", "The row has not one of objective_id and key_result_id"),
        ("roadblocks", WALL | {"state": "RESOLVED"}, "ROW_IS_UNCLEAR", "A roadblock has resolved_at exactly if its state is RESOLVED"),
        ("roadblocks", WALL | GONE | {"state": "OPEN"}, "ROW_IS_UNCLEAR", "A roadblock has resolved_at exactly if its state is RESOLVED"),
        ("roadblocks", WALL | {"resolution": "Bread"}, "ROW_IS_UNCLEAR", "A roadblock that is OPEN has no resolution"),
        ("roadblocks", WALL | {"escalation_reason": "Large"}, "ROW_IS_UNCLEAR", "The row has an escalation_reason without escalated_to_id"),
        ("roadblocks", WALL | {"type": "stone"}, "ROW_IS_UNCLEAR", "type is 'stone', not one of DEPENDENCY, RESOURCE, DECISION, TECHNICAL, PRIORITY, EXTERNAL, OTHER"),
        ("roadblocks", WALL | {"owner_id": "P9"}, "REFERENCE_IS_UNKNOWN", "owner_id names 'P9', which is not among the people"),
        ("meetings", HELD | {"held_at": "2199-01-01T00:00:00Z"}, "INVALID_INPUT", "held_at lies more than five minutes ahead; record a meeting once it has begun"),
        ("meetings", HELD | {"held_at": None}, "ROW_IS_UNCLEAR", "held_at is missing"),
        ("meetings", HELD | {"team_id": "T9"}, "REFERENCE_IS_UNKNOWN", "team_id names 'T9', which is not among the teams"),
        ("meetings", HELD | {"attendee_ids": ["P1", "P9"]}, "REFERENCE_IS_UNKNOWN", "attendee_ids names 'P9', which is not among the people"),
        ("decisions", {"id": "D1", "text": " "}, "INVALID_INPUT", "text has 1 to 10000 characters"),
        ("decisions", {"id": "D1", "text": "Go", "objective_id": "O1", "key_result_id": "K1"}, "ROW_IS_UNCLEAR", "The row has both objective_id and key_result_id"),
        ("decisions", {"id": "D1", "text": "Go", "meeting_id": "M1"}, "REFERENCE_IS_UNKNOWN", "meeting_id names 'M1', which is not among the meetings"),
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


async def test_records_of_closed_cycles_come_in_as_mutations_take_them(tenant: Workplace):
    assert (await bring(tenant, file())).errors == []
    await tenant.fetch("update cycle set state = 'CLOSED' returning id")
    rows = {"roadblocks": [WALL | GONE], "meetings": [HELD], "decisions": [{"id": "D1", "text": "Go", "objective_id": "O1"}]}  # fmt: skip
    assert (await bring(tenant, rows)).errors == []


async def test_an_export_has_the_decisions_of_a_deleted_meeting(acme: Acme):
    new = [NewDecision(values={"text": "Go", "external_id": "go"})]
    held = {"team": "support", "cycle": "quarter", "external_id": "weekly"}
    meeting = await acme.done(record_meeting, decisions=new, **held)
    await acme.done(delete_meeting, meeting=meeting)
    document = json.loads(await exported(acme))
    [row], [decision] = document["meetings"], document["decisions"]
    assert (row["id"], row["removed"], [each["id"] for each in row["history"]]) == (
        str(meeting),
        True,
        ["weekly"],
    )
    assert (decision["id"], decision["meeting_id"]) == ("go", str(meeting))
