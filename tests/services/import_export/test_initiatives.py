"""Initiatives in files: a plain section whose rows belong to objectives or key results of the file."""

import json
from typing import Any

import pytest

from okr_api.okr.initiative import InitiativeState
from okr_api.services.initiatives import add_initiative, delete_initiative, edit_initiative
from tests.acme import Acme, Workplace, measured
from tests.services.import_export.files import bring, by_name, exported

PLAN: dict[str, Any] = {
    "people": [{"id": "P1", "name": "Ann"}],
    "cycles": [
        {"id": "C1", "name": "Quarter", "start": "2026-10-01", "end": "2026-12-31", "state": "ACTIVE"}
    ],
    "objectives": [{"id": "O1", "title": "Grow", "cycle_id": "C1"}],
    "key_results": [
        {"id": "K1", "title": "Guests", "objective_id": "O1", "type": "milestone"},
    ],
}


def work(id: str = "I1", **fields: Any) -> dict[str, Any]:
    """Return a file with one initiative, of the objective unless the fields say otherwise."""
    return PLAN | {"initiatives": [{"id": id, "title": "Paint", "objective_id": "O1"} | fields]}


async def test_initiatives_come_in_are_edited_and_removed_and_twice_changes_nothing(tenant: Workplace):
    for document, counts, expected in (
        (work(owner_id="P1", link="https://x.example"), "created", ("TODO", 1)),
        (work(), "unchanged", ("TODO", 1)),
        (work(state="doing", due_on="2027-02-01"), "updated", ("DOING", 2)),
        (work(objective_id=None, key_result_id="K1"), "updated", ("DOING", 3)),
        (work(objective_id=None, key_result_id="K1", removed=True), "updated", None),
        (work(removed=True), "unchanged", None),
    ):
        report = await bring(tenant, document)
        assert report.errors == []
        assert getattr(report.counts["initiatives"], counts) == 1
        kept = (await by_name(tenant, "initiative")).get("small:I1")
        assert (kept and (kept["state"], kept["version"])) == expected


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    (
        ({"objective_id": None}, "ROW_IS_UNCLEAR", "The row has not one of objective_id and key_result_id"),
        ({"key_result_id": "K1"}, "ROW_IS_UNCLEAR", "The row has not one of objective_id and key_result_id"),
        ({"objective_id": "O9"}, "REFERENCE_IS_UNKNOWN", "objective_id names 'O9', which is not among the objectives"),
        ({"title": None}, "ROW_IS_UNCLEAR", "title is missing"),
        ({"state": "asleep"}, "ROW_IS_UNCLEAR", "state is 'asleep', not one of TODO, DOING, DONE, DROPPED"),
        ({"due_on": "soon"}, "ROW_IS_UNCLEAR", "due_on is 'soon', not a day such as 2026-01-31"),
        ({"link": "javascript:alert(1)"}, "INVALID_INPUT", "link must be the URL of a page, such as https://example.com/plan: with http or https, a host, and no spaces"),
    ),
)  # fmt: skip
async def test_a_row_that_is_wrong_is_refused(
    fields: dict[str, Any], code: str, message: str, tenant: Workplace
):
    report = await bring(tenant, work(**fields))
    assert [(note.place, note.code, note.message) for note in report.errors] == [
        ("initiatives[0] (I1)", code, message)
    ]
    assert report.refused


async def test_what_belongs_to_a_closed_cycle_is_not_changed(tenant: Workplace):
    assert (await bring(tenant, work())).errors == []
    await tenant.fetch("update cycle set state = 'CLOSED' returning id")
    rows = work(title="Other")["initiatives"] + work("I2")["initiatives"]
    report = await bring(tenant, {"initiatives": rows})
    assert [(note.place, note.code) for note in report.errors] == [
        ("initiatives[0] (I1)", "CYCLE_IS_CLOSED"),
        ("initiatives[1] (I2)", "CYCLE_IS_CLOSED"),
    ]
    assert (await bring(tenant, {"initiatives": work()["initiatives"]})).errors == []


async def test_an_export_has_initiatives_with_their_history_also_deleted_ones(acme: Acme):
    made = await acme.done(add_initiative, measured=measured("uptime"), title="Watch", external_id="watch")
    await acme.done(edit_initiative, initiative=made, edits={"state": InitiativeState.DONE})
    await acme.done(delete_initiative, initiative=made)
    [row] = json.loads(await exported(acme))["initiatives"]
    assert (row["id"], row["removed"], row["key_result_id"]) == (str(made), True, "uptime")
    history = [(each["id"], each["state"], each["removed"]) for each in row["history"]]
    assert history == [("watch", "TODO", False), ("watch", "DONE", False)]
