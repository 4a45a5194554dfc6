"""Dependencies in files: rows that belong to objectives or key results; a loop or the own team is rejected."""

import json
from typing import Any

import pytest

from okr_api.okr.dependency import DependencyState
from okr_api.okr.entity import NodeType
from okr_api.services.dependencies import add_dependency, delete_dependency, edit_dependency
from tests.acme import Acme, Workplace, measured
from tests.services.import_export.files import bring, by_name, exported

PLAN: dict[str, Any] = {
    "people": [{"id": "P1", "name": "Ann"}],
    "teams": [{"id": "T1", "name": "Support"}, {"id": "T2", "name": "Platform"}],
    "cycles": [
        {"id": "C1", "name": "Quarter", "start": "2026-10-01", "end": "2026-12-31", "state": "ACTIVE"}
    ],
    "objectives": [
        {"id": "O1", "title": "Grow", "cycle_id": "C1", "team_id": "T1"},
        {"id": "O2", "title": "Stay up", "cycle_id": "C1"},
        {"id": "O3", "title": "Learn", "cycle_id": "C1"},
    ],
    "key_results": [
        {"id": "K2", "title": "Up", "objective_id": "O2", "type": "milestone"},
        {"id": "K3", "title": "Known", "objective_id": "O3", "type": "milestone"},
    ],
}


def need(id: str = "D1", **fields: Any) -> dict[str, Any]:
    """Return a row: Grow needs something of Platform unless the fields say otherwise."""
    return {"id": id, "description": "Help", "needing_objective_id": "O1", "giving_team_id": "T2"} | fields


def file_of(*rows: dict[str, Any]) -> dict[str, Any]:
    return PLAN | {"dependencies": list(rows)}


def errors(report: Any) -> list[tuple[str, str]]:
    return [(note.place, note.code) for note in report.errors]


async def test_dependencies_come_in_are_edited_and_removed_and_twice_changes_nothing(tenant: Workplace):
    for row, counts, expected in (
        (need(owner_id="P1", giving_objective_id="O2"), "created", ("OPEN", 1)),
        (need(), "unchanged", ("OPEN", 1)),
        (need(state="agreed", needed_by="2027-02-01"), "updated", ("AGREED", 2)),
        (need(giving_objective_id=None, giving_key_result_id="K2"), "updated", ("AGREED", 3)),
        (need(removed=True), "updated", None),
        (need(removed=True), "unchanged", None),
    ):
        report = await bring(tenant, file_of(row))
        assert errors(report) == []
        assert getattr(report.counts["dependencies"], counts) == 1
        kept = (await by_name(tenant, "dependency")).get("small:D1")
        assert (kept and (kept["state"], kept["version"])) == expected


@pytest.mark.parametrize(
    ("fields", "code"),
    (
        ({"needing_objective_id": None}, "ROW_IS_UNCLEAR"),
        ({"needing_key_result_id": "K2"}, "ROW_IS_UNCLEAR"),
        ({"giving_objective_id": "O2", "giving_key_result_id": "K2"}, "ROW_IS_UNCLEAR"),
        ({"giving_team_id": None}, "ROW_IS_UNCLEAR"),
        ({"giving_team_id": "T9"}, "REFERENCE_IS_UNKNOWN"),
        ({"giving_team_id": "T1"}, "TEAM_NEEDS_ITSELF"),
        ({"giving_objective_id": "O1"}, "DEPENDENCY_LOOPS"),
        ({"description": " "}, "INVALID_INPUT"),
        ({"state": "asleep"}, "ROW_IS_UNCLEAR"),
    ),
)
async def test_a_row_that_is_wrong_is_refused(fields: dict[str, Any], code: str, tenant: Workplace):
    report = await bring(tenant, file_of(need(**fields)))
    assert errors(report) == [("dependencies[0] (D1)", code)]
    assert report.refused


async def test_the_row_that_closes_a_loop_is_refused_and_the_others_come_in(tenant: Workplace):
    rows = (
        need("D1", giving_objective_id="O2"),
        need("D2", needing_objective_id=None, needing_key_result_id="K2", giving_key_result_id="K3"),
        need("D3", needing_objective_id="O3", giving_objective_id="O1"),
        need("D4", needing_objective_id="O3"),
    )
    report = await bring(tenant, file_of(*rows), skip_invalid=True)
    assert errors(report) == [("dependencies[2] (D3)", "DEPENDENCY_LOOPS")]
    assert set(await by_name(tenant, "dependency")) == {"small:D1", "small:D2", "small:D4"}
    removed = (need("D1", removed=True), rows[2])
    assert errors(await bring(tenant, file_of(*removed))) == []


async def test_a_key_result_that_a_file_moves_into_a_loop_is_refused(tenant: Workplace):
    rows = (
        need("D1", giving_key_result_id="K3"),
        need("D2", needing_objective_id=None, needing_key_result_id="K3", giving_objective_id="O2"),
    )
    assert errors(await bring(tenant, file_of(*rows))) == []
    for to in ("O1", "O2"):
        moved = PLAN["key_results"][1] | {"objective_id": to}
        report = await bring(tenant, PLAN | {"key_results": [moved]})
        assert errors(report) == [("key_results[0] (K3)", "DEPENDENCY_LOOPS")]


async def test_what_belongs_to_a_closed_cycle_is_not_changed(tenant: Workplace):
    assert errors(await bring(tenant, file_of(need()))) == []
    await tenant.fetch("update cycle set state = 'CLOSED' returning id")
    rows = [need(description="Other"), need("D2")]
    report = await bring(tenant, {"dependencies": rows})
    assert errors(report) == [
        ("dependencies[0] (D1)", "CYCLE_IS_CLOSED"),
        ("dependencies[1] (D2)", "CYCLE_IS_CLOSED"),
    ]


async def test_an_export_has_dependencies_with_their_history_also_deleted_ones(acme: Acme):
    giving = measured("answer_fast", NodeType.OBJECTIVE)
    made = await acme.done(
        add_dependency,
        needing=measured("uptime"),
        giving_team="support",
        giving=giving,
        description="Help",
        external_id="help",
    )
    await acme.done(edit_dependency, dependency=made, edits={"state": DependencyState.DELIVERED})
    await acme.done(delete_dependency, dependency=made)
    [row] = json.loads(await exported(acme))["dependencies"]
    named = ("id", "removed", "needing_key_result_id", "giving_objective_id", "giving_team_id")
    assert [row[name] for name in named] == [str(made), True, "uptime", "answer_fast", "support"]
    history = [(each["id"], each["state"], each["removed"]) for each in row["history"]]
    assert history == [("help", "OPEN", False), ("help", "DELIVERED", False)]
