"""Who sees an objective, in files: visibility, people it is shared with, and the audiences that follow."""

import json
from typing import Any

import pytest

from tests.acme import Workplace
from tests.services.import_export.files import bring, by_name, exported
from tests.services.test_audiences import check_law, stored

PEOPLE = [{"id": f"P{number}", "name": f"Person {number}"} for number in range(4)]
CYCLES = [{"id": "C1", "name": "Quarter", "start": "2026-01-01", "end": "2026-03-31", "state": "ACTIVE"}]
TEAMS = [{"id": "T1", "name": "Above"}, {"id": "T2", "name": "Beneath", "parent_id": "T1"}]


def objective(**fields: Any) -> dict[str, Any]:
    return {"id": "O1", "title": "Seen", "cycle_id": "C1"} | fields


def member(id: str, team: str, person: str, **fields: Any) -> dict[str, Any]:
    return {"id": id, "team_id": team, "person_id": person, **fields}


def document(*objectives: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return {"people": PEOPLE, "cycles": CYCLES, "teams": TEAMS, "objectives": list(objectives)} | sections


async def test_who_sees_it_comes_in_is_edited_and_twice_changes_nothing(tenant: Workplace):
    for fields, counts, expected in (
        ({"visibility": "private", "shared_with_ids": ["P1", "P1"]}, "created", ("PRIVATE", ["P1"])),
        ({"visibility": "PRIVATE", "shared_with_ids": ["P1"]}, "unchanged", ("PRIVATE", ["P1"])),
        ({}, "unchanged", ("PRIVATE", ["P1"])),
        ({"visibility": None}, "unchanged", ("PRIVATE", ["P1"])),
        ({"shared_with_ids": None}, "updated", ("PRIVATE", [])),
        ({"visibility": "ORGANIZATION"}, "updated", ("ORGANIZATION", [])),
    ):
        report = await bring(tenant, document(objective(**fields)))
        assert report.errors == []
        assert getattr(report.counts["objectives"], counts) == 1
        people = {
            row["id"]: name.removeprefix("small:") for name, row in (await by_name(tenant, "person")).items()
        }
        kept = (await by_name(tenant, "objective"))["small:O1"]
        assert (kept["visibility"], [people[id] for id in kept["shared_with_ids"]]) == expected
        await check_law(tenant)


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    (
        ({"visibility": "SECRET"}, "ROW_IS_UNCLEAR",
         "visibility is 'SECRET', not one of ORGANIZATION, TEAM, PRIVATE"),
        ({"shared_with_ids": ["P9"]}, "REFERENCE_IS_UNKNOWN",
         "shared_with_ids names 'P9', which is not among the people"),
        ({"shared_with_ids": [f"M{number}" for number in range(101)]}, "INVALID_INPUT",
         "An objective has at most 100 entries in shared_with_ids"),
    ),
)  # fmt: skip
async def test_a_row_that_cannot_be_taken_is_told(tenant: Workplace, fields: Any, code: str, message: str):
    many = [{"id": f"M{number}", "name": f"Many {number}"} for number in range(101)]
    report = await bring(tenant, document(objective(**fields), people=[*PEOPLE, *many]))
    assert [(each.code, each.message) for each in report.errors] == [(code, message)]


async def test_an_import_of_anything_leaves_the_audiences_right(tenant: Workplace):
    first = objective(visibility="TEAM", team_id="T2", owner_id="P0", contributor_ids=["P1"])
    members = [member("M1", "T1", "P2"), member("M2", "T2", "P3", role="LEAD")]
    steps: list[tuple[dict[str, Any], list[str] | None]] = [
        (document(first, team_members=members), ["P0", "P1", "P2", "P3"]),
        (document(team_members=[member("M1", "T1", "P2", removed=True)]), ["P0", "P1", "P3"]),
        (document(team_members=members[:1]), ["P0", "P1", "P2", "P3"]),
        (document(teams=[TEAMS[0], {**TEAMS[1], "parent_id": None}]), ["P0", "P1", "P3"]),
        (document(), ["P0", "P1", "P2", "P3"]),
        (document(objective(team_id="T1")), ["P0", "P1", "P2"]),
        (document(objective(contributor_ids=[])), ["P0", "P2"]),
        (document(objective(visibility="PRIVATE", shared_with_ids=["P3"])), ["P0", "P3"]),
        (document(objective(owner_id=None)), ["P3"]),
        (document(objective(visibility="ORGANIZATION")), None),
    ]
    for step, names in steps:
        report = await bring(tenant, step)
        assert report.errors == []
        await check_law(tenant)
        ids = {
            name.removeprefix("small:"): row["id"] for name, row in (await by_name(tenant, "person")).items()
        }
        row = (await by_name(tenant, "objective"))["small:O1"]
        viewers = (await stored(tenant))[row["id"]]
        assert viewers == (None if names is None else sorted(ids[name] for name in names))


async def test_an_export_has_every_objective_whoever_sees_it(tenant: Workplace):
    await bring(tenant, document(objective(visibility="PRIVATE", shared_with_ids=["P1"])))
    [row] = json.loads(await exported(tenant))["objectives"]
    assert row["visibility"] == "PRIVATE"
    assert len(row["shared_with_ids"]) == 1


FACTS = """
    select node_type, coalesce(objective.title, key_result.title) as title, new_role,
        viewers_before as before, viewers_after as after, was_unpublished, is_unpublished
    from visibility_change moved
    left join objective on objective.organization_id = moved.organization_id and objective.id = node_id
    left join key_result on key_result.organization_id = moved.organization_id and key_result.id = node_id
    where moved.organization_id = $2 and moved.seq = $1 order by title, new_role
"""


async def test_what_an_import_shows_and_hides_is_recorded_with_its_change(tenant: Workplace):
    """People in both audiences are left out; a new objective is not recorded, whatever else moves."""
    kind = {"kind": "INCREASE", "start": 0, "target": 10}
    measured = {"id": "K1", "title": "Part", "objective_id": "O1", "measure": kind}
    others = [objective(id="O2", title="Other"), objective(id="O3", title="Draft", state="DRAFT")]
    first = document(
        objective(visibility="TEAM", team_id="T2", owner_id="P2"),
        *others,
        team_members=[member("M1", "T1", "P1")],
        key_results=[measured],
    )
    assert (await bring(tenant, first)).errors == []
    [made] = await tenant.fetch(
        "select count(*) from visibility_change where organization_id = $1", tenant.organization.id
    )
    assert made["count"] == 0
    people = [PEOPLE[0] | {"role": "ADMIN"}, PEOPLE[1] | {"role": "VIEWER"}, *PEOPLE[2:]]
    second = document(
        objective(visibility="PRIVATE", shared_with_ids=["P3"]),
        *others[:1],
        objective(id="O3", title="Draft", state="PUBLISHED", visibility="PRIVATE", owner_id="P3"),
        objective(id="O4", title="New", visibility="PRIVATE", owner_id="P3"),
        key_results=[measured | {"objective_id": "O2"}],
    ) | {"people": people}
    assert (await bring(tenant, second)).errors == []
    p0, p1, p2, p3 = [(await by_name(tenant, "person"))[f"small:P{number}"]["id"] for number in range(4)]
    found = await tenant.fetch(FACTS, await tenant.seq(), tenant.organization.id)
    assert [tuple(row.values()) for row in found] == [
        ("OBJECTIVE", "Draft", "", None, [p3], True, False),
        ("KEY_RESULT", "Part", "", [p1, p2], None, False, False),
        ("OBJECTIVE", "Seen", "", [p1], [p3], False, False),
        ("OBJECTIVE", "Seen", "ADMIN", [], [p0], False, False),
    ]
