"""Comments, reactions and follows in files."""

import json
from typing import Any

import pytest

from tests.acme import Workplace
from tests.services.import_export.files import bring, by_name

PLAN: dict[str, Any] = {
    "people": [{"id": "P1", "name": "Ann"}, {"id": "P2", "name": "Ben"}],
    "teams": [{"id": "T1", "name": "Support"}],
    "cycles": [
        {"id": "C1", "name": "Quarter", "start": "2026-10-01", "end": "2026-12-31", "state": "ACTIVE"}
    ],
    "objectives": [{"id": "O1", "title": "Grow", "cycle_id": "C1"}],
    "key_results": [{"id": "K1", "title": "Guests", "objective_id": "O1", "start": 0, "target": 9}],
    "check_ins": [{"id": "S1", "key_result_id": "K1", "date": "2026-10-05", "value": 3}],
}
REMARK = {"id": "R1", "text": "Hm", "author_name": "Ann", "author_person_id": "P1", "check_in_id": "S1"}
REPLY = {"id": "R2", "text": "Yes", "author_name": "Ben", "check_in_id": "S1", "parent_id": "R1"}
CHEER = {"id": "E1", "emoji": "\u2764", "person_id": "P1", "comment_id": "R2"}
CHOICE = {"id": "F1", "person_id": "P2", "team_id": "T1", "is_following": False}


def file(**sections: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a file with a thread on a check-in, the reply first."""
    return PLAN | {"comments": [REPLY, REMARK], "reactions": [CHEER], "follows": [CHOICE]} | sections


async def test_a_thread_on_a_check_in_comes_in_and_twice_changes_nothing(tenant: Workplace):
    for again in (False, True):
        report = await bring(tenant, file())
        assert report.errors == []
        counts = {name: report.counts[name] for name in ("comments", "reactions", "follows")}
        assert [each.unchanged if again else each.created for each in counts.values()] == [2, 1, 1]
    comments = await by_name(tenant, "comment")
    check_in = (await by_name(tenant, "check_in"))["small:S1"]["id"]
    remark, reply = comments["small:R1"], comments["small:R2"]
    assert (remark["check_in_id"], remark["author_name"], remark["parent_id"]) == (check_in, "Ann", None)
    assert (reply["check_in_id"], reply["author_person_id"], reply["parent_id"]) == (
        check_in,
        None,
        remark["id"],
    )
    [cheer] = (await by_name(tenant, "reaction")).values()
    assert (cheer["comment_id"], cheer["emoji"]) == (reply["id"], "\u2764\ufe0f")
    [choice] = (await by_name(tenant, "follow")).values()
    assert choice["is_following"] is False
    later = {"comments": [{**REMARK, "id": "R3"}], "reactions": [{**CHEER, "id": "E2", "comment_id": "R3"}]}
    report = await bring(tenant, later)  # the check-in is not in this file, but in the organisation
    assert (report.errors, report.counts["comments"].created) == ([], 1)


async def test_what_is_said_on_roadblocks_and_decisions_comes_in(tenant: Workplace):
    records = {
        "roadblocks": [{"id": "W1", "title": "Wall", "key_result_id": "K1"}],
        "decisions": [{"id": "D1", "text": "Go"}],
        "comments": [
            {"id": "R1", "text": "Hm", "author_name": "Ann", "roadblock_id": "W1"},
            {"id": "R2", "text": "Hm", "author_name": "Ann", "decision_id": "D1"},
        ],
        "reactions": [{"id": "E1", "emoji": "🎉", "person_id": "P1", "decision_id": "D1"}],
    }
    for again in (False, True):
        report = await bring(tenant, file(**records))
        assert report.errors == []
        assert (report.counts["comments"].unchanged == 2) is again
    wall, decision = (await by_name(tenant, "roadblock"))["small:W1"], (await by_name(tenant, "decision"))
    comments = await by_name(tenant, "comment")
    assert comments["small:R1"]["roadblock_id"] == wall["id"]
    assert comments["small:R2"]["decision_id"] == decision["small:D1"]["id"]
    both = {**records["comments"][0], "id": "R3", "decision_id": "D1"}
    report = await bring(tenant, file(**records | {"comments": [both]}))
    assert [note.code for note in report.errors] == ["ROW_IS_UNCLEAR"]


@pytest.mark.parametrize(
    ("section", "row", "code"),
    (
        ("comments", {**REMARK, "text": None}, "ROW_IS_UNCLEAR"),
        ("comments", {**REMARK, "author_name": None}, "ROW_IS_UNCLEAR"),
        ("comments", {**REMARK, "check_in_id": None}, "ROW_IS_UNCLEAR"),
        ("comments", {**REMARK, "objective_id": "O1"}, "ROW_IS_UNCLEAR"),
        ("comments", {**REMARK, "check_in_id": "S9"}, "REFERENCE_IS_UNKNOWN"),
        ("comments", {**REMARK, "parent_id": "R9"}, "REFERENCE_IS_UNKNOWN"),
        ("comments", {**REMARK, "parent_id": "R1"}, "REPLY_TO_REPLY"),
        ("comments", {**REMARK, "mention_ids": ["P9"]}, "REFERENCE_IS_UNKNOWN"),
        ("reactions", {**CHEER, "emoji": "great"}, "NOT_AN_EMOJI"),
        ("reactions", {**CHEER, "comment_id": None}, "ROW_IS_UNCLEAR"),
        ("reactions", {**CHEER, "person_id": None}, "ROW_IS_UNCLEAR"),
        ("follows", {**CHOICE, "objective_id": "O1"}, "ROW_IS_UNCLEAR"),
        ("follows", {**CHOICE, "person_id": "P9"}, "REFERENCE_IS_UNKNOWN"),
    ),
)
async def test_a_row_that_is_wrong_is_refused(
    section: str, row: dict[str, Any], code: str, tenant: Workplace
):
    others = {"comments": [], "reactions": [], "follows": []}
    if section == "reactions":
        others["comments"] = [REMARK, REPLY]
    report = await bring(tenant, file(**others | {section: [row]}))
    assert [(note.place, note.code) for note in report.errors] == [(f"{section}[0] ({row['id']})", code)]


@pytest.mark.parametrize(
    ("section", "rows", "code"),
    (
        ("comments", [REMARK, REPLY, {**REPLY, "id": "R3", "parent_id": "R2"}], "REPLY_TO_REPLY"),
        ("comments", [REMARK, {**REPLY, "check_in_id": None, "key_result_id": "K1"}], "ROW_IS_UNCLEAR"),
        ("reactions", [CHEER, {**CHEER, "id": "E2"}], "ALREADY_EXISTS"),
        ("follows", [CHOICE, {**CHOICE, "id": "F2"}], "ALREADY_EXISTS"),
    ),
)
async def test_rows_that_do_not_fit_together_are_refused(
    section: str, rows: list[dict[str, Any]], code: str, tenant: Workplace
):
    others = {"comments": [REMARK, REPLY], "reactions": [], "follows": []}
    report = await bring(tenant, json.loads(json.dumps(file(**others | {section: rows}))))
    assert [note.code for note in report.errors] == [code]
