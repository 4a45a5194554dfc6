"""Strategic priorities in files, and the objectives that serve them."""

import json
from typing import Any

import pytest

from okr_api.services.objectives import edit_objective
from okr_api.services.priorities import add_priority, remove_priority
from tests.acme import Acme, Workplace, ref
from tests.services.import_export.files import bring, by_name, exported, told

CYCLES = [{"id": "C1", "name": "Quarter", "start": "2026-01-01", "end": "2026-03-31", "state": "ACTIVE"}]
PEOPLE = [{"id": "P1", "name": "Ann"}]


def priority(id: str = "S1", **fields: Any) -> dict[str, Any]:
    return {"id": id, "title": "Calm"} | fields


def objective(id: str = "O1", **fields: Any) -> dict[str, Any]:
    return {"id": id, "title": "Serve", "cycle_id": "C1"} | fields


def document(*priorities: dict[str, Any], objectives: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "people": PEOPLE,
        "cycles": CYCLES,
        "priorities": list(priorities),
        "objectives": list(objectives),
    }


FULL = priority(
    description=" As *written*\n",
    owner_id="P1",
    rank=2.5,
    starts_on="2026-01-01",
    ends_on="2028-12-31T12:00:00Z",
    state="archived",
)


async def test_priorities_come_in_are_edited_and_removed_and_twice_changes_nothing(tenant: Workplace):
    for row, counts, expected in (
        (FULL, "created", ("Calm", 2.5, "ARCHIVED", 1)),
        (FULL, "unchanged", ("Calm", 2.5, "ARCHIVED", 1)),
        (priority(rank=3, state=None), "updated", ("Calm", 3.0, "ACTIVE", 2)),
        (priority(title="Loud"), "updated", ("Loud", 3.0, "ACTIVE", 3)),
        (priority(title="Loud", removed=True), "updated", None),
        (priority(title="Loud", removed=True), "unchanged", None),
    ):
        report = await bring(tenant, document(row))
        assert report.errors == []
        assert getattr(report.counts["priorities"], counts) == 1
        kept = (await by_name(tenant, "priority")).get("small:S1")
        assert (kept and (kept["title"], kept["rank"], kept["state"], kept["version"])) == expected


async def test_every_field_of_a_row_is_kept(tenant: Workplace):
    await bring(tenant, document(FULL))
    row = (await by_name(tenant, "priority"))["small:S1"]
    assert (row["description"], str(row["starts_on"]), str(row["ends_on"])) == (
        " As *written*\n",
        "2026-01-01",
        "2028-12-31",
    )
    assert row["owner_id"] == (await by_name(tenant, "person"))["small:P1"]["id"]


async def test_rows_without_a_rank_are_in_their_order(tenant: Workplace):
    await bring(tenant, document(*(priority(f"S{number}", title=f"T{number}") for number in (3, 1, 2))))
    rows = await tenant.fetch(
        "select title, rank from priority where organization_id = $1 order by rank, id",
        tenant.organization.id,
    )
    assert [(row["title"], row["rank"]) for row in rows] == [("T3", 1), ("T1", 1), ("T2", 1)]


@pytest.mark.parametrize(
    ("row", "code", "message"),
    (
        ({"id": "S1"}, "ROW_IS_UNCLEAR", "title is missing"),
        (priority(title="x" * 501), "INVALID_INPUT", "title has 1 to 500 characters"),
        (priority(rank="first"), "ROW_IS_UNCLEAR", "rank is 'first', not a number"),
        (priority(rank=1e16), "INVALID_INPUT", "rank must be a finite number within ±1e15"),
        (priority(state="new"), "ROW_IS_UNCLEAR", "state is 'new', not one of ACTIVE, ARCHIVED"),
        (priority(owner_id="P9"), "REFERENCE_IS_UNKNOWN", "owner_id names 'P9', which is not among the people"),
        (priority(starts_on="soon"), "ROW_IS_UNCLEAR", "starts_on is 'soon', not a day such as 2026-01-31"),
        (priority(starts_on="2026-02-01", ends_on="2026-01-31"), "INVALID_INPUT",
         "ends_on: A priority's last day cannot lie before its first"),
    ),
)  # fmt: skip
async def test_a_row_that_cannot_be_taken_is_told(tenant: Workplace, row: Any, code: str, message: str):
    report = await bring(tenant, document(row))
    assert [(each.code, each.message) for each in report.errors] == [(code, message)]


async def test_objectives_serve_priorities_of_the_file(tenant: Workplace):
    serving = objective(priority_ids=["S1", "S2", "S1"], stands_alone_reason=" On its *own*\n")
    for _ in range(2):
        report = await bring(tenant, document(priority(), priority("S2"), objectives=(serving,)))
        assert report.errors == []
        kept = await by_name(tenant, "priority")
        row = (await by_name(tenant, "objective"))["small:O1"]
        assert row["priority_ids"] == [kept["small:S1"]["id"], kept["small:S2"]["id"]]
        assert (row["stands_alone_reason"], row["version"]) == (" On its *own*\n", 1)
    await bring(tenant, document(objectives=(objective(priority_ids=None, stands_alone_reason=None),)))
    row = (await by_name(tenant, "objective"))["small:O1"]
    assert (row["priority_ids"], row["stands_alone_reason"]) == ([], None)


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    (
        ({"priority_ids": ["S99"]}, "REFERENCE_IS_UNKNOWN",
         "priority_ids names 'S99', which is not among the priorities"),
        ({"priority_ids": ["S1"] * 21}, None, ""),
        ({"priority_ids": [f"S{number}" for number in range(21)]}, "INVALID_INPUT",
         "priority_ids: An objective has at most 20 priorities"),
        ({"priority_ids": "S1"}, "ROW_IS_UNCLEAR", "priority_ids is 'S1', not a list"),
        ({"stands_alone_reason": "x" * 10_001}, "INVALID_INPUT",
         "stands_alone_reason has at most 10000 characters"),
    ),
)  # fmt: skip
async def test_what_an_objective_cannot_serve_is_told(
    tenant: Workplace, fields: Any, code: str | None, message: str
):
    known = [priority(f"S{number}") for number in range(21)]
    report = await bring(tenant, document(*known, objectives=(objective(**fields),)))
    expected = [] if code is None else [(code, message)]
    assert [(each.code, each.message) for each in report.errors] == expected


SERVING = document(priority(), objectives=(objective(priority_ids=["S1"]),))
GONE = priority(removed=True)


async def test_a_served_priority_cannot_be_removed(tenant: Workplace):
    await bring(tenant, SERVING)
    report = await bring(tenant, document(GONE))
    assert [(each.place, each.code, each.message) for each in report.errors] == [
        ("priorities[0] (S1)", "PRIORITY_IS_SERVED", "removed: Objectives serve 'Calm'; archive it instead")
    ]
    before = await tenant.tables()
    report = await bring(tenant, document(GONE), skip_invalid=True)
    counts = report.counts["priorities"]
    assert (counts.updated, counts.skipped, report.changed) == (0, 1, False)
    assert await tenant.tables() == before


async def test_it_can_be_removed_with_the_row_that_ceases_to_serve_it(tenant: Workplace):
    await bring(tenant, SERVING)
    report = await bring(tenant, document(GONE, objectives=(objective(priority_ids=[]),)))
    assert report.errors == []
    assert "small:S1" not in await by_name(tenant, "priority")


async def test_an_objective_cannot_serve_what_its_file_removes(tenant: Workplace):
    await bring(tenant, document(priority()))
    report = await bring(tenant, document(GONE, objectives=(objective(priority_ids=["S1"]),)))
    assert told(report) == [("objectives[0] (O1)", "REFERENCE_IS_UNKNOWN")]
    report = await bring(
        tenant, document(GONE, objectives=(objective(priority_ids=["S1"]),)), skip_invalid=True
    )
    assert (report.counts["priorities"].updated, report.counts["objectives"].skipped) == (1, 1)


async def test_where_the_row_that_ceases_to_serve_it_is_left_out_so_is_the_removal(tenant: Workplace):
    await bring(tenant, SERVING)
    ceasing = objective(priority_ids=[], title="x" * 501)
    report = await bring(tenant, document(GONE, objectives=(ceasing,)), skip_invalid=True)
    assert (report.counts["priorities"].skipped, report.counts["objectives"].skipped) == (1, 1)
    assert "small:S1" in await by_name(tenant, "priority")


async def test_an_export_has_removed_priorities_and_what_once_served_them(acme: Acme, elsewhere: Workplace):
    gone = await acme.done(add_priority, title="Gone", external_id="gone")
    served = await acme.objective("Served it", priorities=[ref(gone)])
    await acme.done(edit_objective, objective=served, edits={"priorities": []})
    await acme.done(remove_priority, priority=gone)
    whole = await exported(acme)
    [row] = json.loads(whole)["priorities"]
    assert (row["removed"], row["title"], len(row["history"])) == (True, "Gone", 1)
    await bring(elsewhere, json.loads(whole))
    assert await exported(elsewhere) == whole
