"""Members of teams in files: a plain section, read and written as it is declared."""

import json
from typing import Any

import pytest

from okr_api.okr.people import TeamRole
from okr_api.services.teams import add_member, remove_member
from okr_api.store.time_slicing import MAX_BATCH_ROWS
from tests.acme import Acme, Workplace
from tests.services.import_export.files import bring, by_name, exported, told

PEOPLE = [{"id": "P1", "name": "Ann"}, {"id": "P2", "name": "Ben"}]
TEAMS = [{"id": "T1", "name": "Support"}]


def members(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"people": PEOPLE, "teams": TEAMS, "team_members": list(rows)}


def member(id: str = "M1", person_id: str | None = "P1", **fields: Any) -> dict[str, Any]:
    return {"id": id, "team_id": "T1", "person_id": person_id} | fields


async def test_members_come_in_are_edited_and_removed_and_twice_changes_nothing(tenant: Workplace):
    for row, counts, expected in (
        (member(), "created", ("MEMBER", 1)),
        (member(), "unchanged", ("MEMBER", 1)),
        (member(role="lead"), "updated", ("LEAD", 2)),
        (member(), "unchanged", ("LEAD", 2)),
        (member(removed=True), "updated", None),
        (member(removed=True), "unchanged", None),
    ):
        report = await bring(tenant, members(row))
        assert report.errors == []
        assert getattr(report.counts["team_members"], counts) == 1
        kept = (await by_name(tenant, "team_membership")).get("small:M1")
        assert (kept and (kept["role"], kept["version"])) == expected
    rows = await tenant.fetch(
        "select removed, version, external_id from team_membership where organization_id = $1",
        tenant.organization.id,
    )
    assert [tuple(row.values()) for row in rows] == [(True, 3, None)]


@pytest.mark.parametrize(
    ("row", "code", "message"),
    (
        (member(person_id=None), "ROW_IS_UNCLEAR", "person_id is missing"),
        (member(person_id="P9"), "REFERENCE_IS_UNKNOWN", "person_id names 'P9', which is not among the people"),
        (member(role="boss"), "ROW_IS_UNCLEAR", "role is 'boss', not one of LEAD, MEMBER"),
        (member(removed="perhaps"), "ROW_IS_UNCLEAR", "removed is 'perhaps', not true or false"),
        (member("M2"), "ALREADY_EXISTS", "Another team membership has the same team_id and person_id"),
    ),
)  # fmt: skip
async def test_a_row_that_cannot_be_taken_is_told(tenant: Workplace, row: Any, code: str, message: str):
    await bring(tenant, members(member()))
    report = await bring(tenant, members(row))
    assert [(each.code, each.message) for each in report.errors] == [(code, message)]


async def test_a_person_can_join_again_in_the_file_that_removes_the_membership(tenant: Workplace):
    await bring(tenant, members(member()))
    report = await bring(tenant, members(member(removed=True), member("M2")))
    assert told(report) == []
    assert list(await by_name(tenant, "team_membership")) == ["small:M2"]


async def test_an_export_has_members_with_their_history_also_removed_ones(acme: Acme, elsewhere: Workplace):
    await acme.done(add_member, team="support", person="ann", external_id="gone")
    await acme.done(remove_member, team_membership="gone")
    await acme.done(add_member, team="support", person="ann", role=TeamRole.LEAD, external_id="here")
    whole = await exported(acme)
    rows = json.loads(whole)["team_members"]
    assert [(row["role"], row.get("removed", False), len(row.get("history", []))) for row in rows] == [
        ("MEMBER", True, 1),
        ("LEAD", False, 0),
    ]
    await bring(elsewhere, json.loads(whole))
    assert await exported(elsewhere) == whole


async def test_a_person_can_join_again_whatever_the_order_of_the_rows(tenant: Workplace):
    await bring(tenant, members(member()))
    report = await bring(tenant, members(member("M2"), member(removed=True)))
    assert told(report) == []
    assert list(await by_name(tenant, "team_membership")) == ["small:M2"]


async def test_more_memberships_than_a_batch_can_be_replaced_at_once(tenant: Workplace):
    many = range(MAX_BATCH_ROWS + 50)
    people = [{"id": f"P{i}", "name": f"Person {i}"} for i in many]
    old = [member(f"M{i}", f"P{i}") for i in many]
    await bring(tenant, {"people": people, "teams": TEAMS, "team_members": old})
    gone = [{**row, "removed": True} for row in old]
    new = [member(f"X{i}", f"P{i}") for i in many]
    report = await bring(tenant, {"people": people, "teams": TEAMS, "team_members": [*new, *gone]})
    assert report.errors == []
    assert set(await by_name(tenant, "team_membership")) == {f"small:X{i}" for i in many}


async def test_an_earlier_export_brings_a_removed_membership_back(acme: Acme):
    await acme.done(add_member, team="support", person="ann", external_id="here")
    before = json.loads(await exported(acme))
    await acme.done(remove_member, team_membership="here")
    report = await bring(acme, before)
    assert report.errors == []
    assert not (await by_name(acme, "team_membership"))["here"]["removed"]
